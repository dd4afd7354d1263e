//! Values from outside the file: `--set`, `--from`, `--to`, the PoP and the environment. They are put into the tree before it is
//! read, so that they are checked like everything else, and their spans say where they came from.

mod walk;

use crate::configs::{Config, Configs, Overlay, Replaced};
use crate::nodes::{beside, section};
use crate::read::Reader;
use crate::yaml::{Data, Pair, Scalar, Tree};
use forebay_types::code;
use forebay_types::kind::Role;
use forebay_types::{FileId, Kind, Span};

/// What the command line says about a pipeline.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `PATH=VALUE`, each.
    pub set: Vec<String>,
    /// `SOURCE=PATH` or `SOURCE=-`, each.
    pub from: Vec<String>,
    /// `SINK=PATH`, `*=FOLDER/` or `*=-`, each.
    pub to: Vec<String>,
    pub env: Option<String>,
    pub pop: Option<String>,
}

/// Where a value that does not stand in the pipeline's own file came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Default,
    File,
    /// `--set`, `--from` or `--to`.
    Argument(&'static str),
    Environment(String),
    Pop(String),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File => f.write_str("file"),
            Origin::Argument(verb) => f.write_str(verb),
            Origin::Environment(name) => write!(f, "env {name}"),
            Origin::Pop(name) => write!(f, "PoP {name}"),
        }
    }
}

/// What overlays leave beside the changed tree.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    pub origins: Vec<(FileId, Origin)>,
    pub connections: Replaced,
}

/// Applies everything to the tree of a whole file, the weakest first.
pub(crate) fn apply(
    reader: &mut Reader<'_>,
    tree: &mut Tree,
    kinds: &[&'static Kind],
    configs: &Configs,
    options: &Options,
) -> Applied {
    let mut applied = Applied::default();
    let Some(spec) = tree.get_mut("spec") else { return applied };
    if let Some(name) = &options.env {
        config(reader, spec, configs, Overlay::Environment, name, &mut applied);
    }
    if let Some(name) = &options.pop {
        config(reader, spec, configs, Overlay::Pop, name, &mut applied);
    }
    for (verb, role, texts) in [("--from", Role::Source, &options.from), ("--to", Role::Sink, &options.to)] {
        for text in texts {
            let file = argument(reader, verb, text, &mut applied);
            replace(reader, spec, role, verb, text, file);
        }
    }
    for text in &options.set {
        let file = argument(reader, "--set", text, &mut applied);
        walk::set(reader, spec, kinds, text, file);
    }
    applied
}

/// A virtual file that holds an argument.
fn argument(reader: &mut Reader<'_>, verb: &'static str, text: &str, applied: &mut Applied) -> FileId {
    let name = text.split_once('=').map_or_else(|| text.to_string(), |(path, _)| format!("{path}=…"));
    let file = reader.files.add(format!("{verb} {name}"), text);
    applied.origins.push((file, Origin::Argument(verb)));
    file
}

fn config(
    reader: &mut Reader<'_>,
    spec: &mut Tree,
    configs: &Configs,
    what: Overlay,
    name: &str,
    applied: &mut Applied,
) {
    let known = configs.names_of(what);
    let (found, verb, folder): (Option<&Config>, _, _) = match what {
        Overlay::Environment => (configs.environment(name), "--env", "env"),
        Overlay::Pop => (configs.pop(name), "--pop", "pops"),
    };
    let Some(config) = found else {
        if !known.contains(&name) {
            let file = reader.files.add(format!("{verb} {name}"), name);
            let span = Span { file, start: 0, end: name.len() as u32 };
            let (code, noun) = match what {
                Overlay::Environment => (&code::UNKNOWN_ENVIRONMENT, "environment"),
                Overlay::Pop => (&code::UNKNOWN_POP, "PoP"),
            };
            let Some(configs) = &configs.folder else {
                let message = format!(
                    "`{verb} {name}` needs a folder `configs/`, and there is none beside the pipeline or above it"
                );
                let help = format!(
                    "write `configs/{folder}/{name}.yaml`, name the folder with `--configs DIR`, or leave `{verb}` out"
                );
                return reader.error(code, span, message, help);
            };
            let message =
                format!("there is no {noun} `{name}`: `{configs}/{folder}/{name}.yaml` does not exist");
            match known.is_empty() {
                true => reader.error(code, span, message, format!("write that file, or leave `{verb}` out")),
                false => reader.unknown(code, span, message, name, &known),
            }
        }
        return;
    };
    let origin = match what {
        Overlay::Environment => Origin::Environment(name.to_string()),
        Overlay::Pop => Origin::Pop(name.to_string()),
    };
    applied.origins.push((config.file, origin));
    applied.connections.extend(config.connections());
    // An environment is shared: what this pipeline does not declare is for others.
    for pair in config.vars.iter().flat_map(Tree::pairs) {
        if let Some(var) = spec.get_mut("vars").and_then(|vars| vars.get_mut(&pair.key)) {
            put(var, Pair { key: "default".into(), key_span: pair.key_span, value: pair.value.clone() });
        }
    }
}

/// Puts an entry into a map, in place of one with the same key.
fn put(tree: &mut Tree, pair: Pair) {
    let Data::Map(pairs) = &mut tree.data else { return };
    match pairs.iter_mut().find(|known| known.key == pair.key) {
        Some(known) => *known = pair,
        None => pairs.push(pair),
    }
}

/// `--from SOURCE=PATH`, `--to SINK=PATH`: a file in place of whatever stands there.
fn replace(reader: &mut Reader<'_>, spec: &mut Tree, role: Role, verb: &str, text: &str, file: FileId) {
    let Some(Tree { data: Data::Map(nodes), .. }) = spec.get_mut(section(role)) else { return };
    let Some((name, path)) = text.split_once('=').filter(|(name, path)| !name.is_empty() && !path.is_empty())
    else {
        let (message, help) = unpaired(role, verb, text, nodes);
        reader.error(&code::ARGUMENT, Span { file, start: 0, end: text.len() as u32 }, message, help);
        return;
    };
    let name_span = Span { file, start: 0, end: name.len() as u32 };
    let path_span = Span { file, start: name.len() as u32 + 1, end: text.len() as u32 };
    let every = role == Role::Sink && name == "*";
    let mut found = false;
    for node in nodes.iter_mut().filter(|node| every || node.key == name) {
        found = true;
        let path = match path {
            // Standard output is one for all.
            folder if every && folder != "-" => {
                format!("{}/{}.jsonl", folder.trim_end_matches('/'), node.key)
            }
            path => path.to_string(),
        };
        file_node(role, &mut node.value, &path, name_span, path_span);
    }
    if !found {
        let names: Vec<_> = nodes.iter().map(|node| node.key.clone()).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let message = format!("there is no {} `{name}`", role.noun());
        reader.unknown(&code::ARGUMENT, name_span, message, name, &names);
    }
}

/// What an argument lacks that is not a name, `=` and a path; and the form, with a name of this pipeline.
fn unpaired(role: Role, verb: &str, text: &str, nodes: &[Pair]) -> (String, String) {
    let noun = role.noun();
    let (name, lacks) = match text.split_once('=') {
        None => (text, format!("has no `=` between the name of a {noun} and a path")),
        Some(("", _)) => ("", format!("names no {noun} before the `=`")),
        Some((name, _)) => (name, "names no file behind the `=`".into()),
    };
    let form = format!("write `{verb} {}=PATH`", noun.to_uppercase());
    let known = nodes.iter().find(|node| node.key == name).or_else(|| nodes.first());
    let help = known.map_or_else(|| form.clone(), |node| format!("{form}, as in `{verb} {}=PATH`", node.key));
    (format!("`{verb} {text}` {lacks}"), help)
}

fn file_node(role: Role, node: &mut Tree, path: &str, name_span: Span, path_span: Span) {
    let Data::Map(pairs) = &mut node.data else { return };
    pairs.retain(|pair| beside(role).iter().any(|field| field.name == pair.key) && pair.key != "on_full");
    let path = Scalar { text: forebay_types::template::escape(path), plain: None, verbatim: None };
    let path = Tree { span: path_span, data: Data::Scalar(path) };
    let fields = Data::Map(vec![Pair { key: "path".into(), key_span: name_span, value: path }]);
    pairs.push(Pair {
        key: "file".into(),
        key_span: name_span,
        value: Tree { span: path_span, data: fields },
    });
}
