//! A pipeline file from its path to its meaning.

use std::collections::BTreeMap;

use crate::cases;
use crate::configs::{Config, Configs, Replaced, unreadable};
use crate::extract;
use crate::grammar;
use crate::header;
use crate::loader::Loader;
use crate::nodes::{self, Entered, Nodes};
use crate::overlay::{self, Options, Origin};
use crate::pipeline::*;
use crate::read::{At, Level, Reader};
use crate::yaml::{self, Data, Tree};
use forebay_types::kind::Role;
use forebay_types::value::Entry;
use forebay_types::{Diagnostic, FileId, Files, Kind, Node, Record, Report, Span, Value};

/// A pipeline with what outside of it counts.
#[derive(Debug)]
pub struct Loaded {
    pub pipeline: Pipeline,
    /// What is wrong with the tests as they are written; nobody else cares.
    pub test_mistakes: Vec<Diagnostic>,
    origins: Vec<(FileId, Origin)>,
    connections: Replaced,
    /// Paths that are read, from the working directory, by where they stand.
    pub(crate) paths: Vec<(Span, String)>,
    pub(crate) printed: Printed,
}

/// The file as read, for printing.
#[derive(Debug)]
pub(crate) struct Printed {
    pub metadata: Record,
    pub spec: Vec<Entry>,
    pub tests: Vec<Node>,
}

impl Loaded {
    /// Where a value came from, by its span.
    pub fn origin(&self, span: Span) -> Origin {
        if span.is_none() {
            return Origin::Default;
        }
        let known = self.origins.iter().find(|(file, _)| *file == span.file);
        known.map_or(Origin::File, |(_, origin)| origin.clone())
    }

    /// The connection that is used where the pipeline names this one: the environment or PoP may replace it.
    pub fn connection<'c>(&self, configs: &'c Configs, name: &str) -> Option<&'c Config> {
        configs.connection(self.connections.get(name).map_or(name, String::as_str))
    }
}

/// Reads a pipeline file. Every mistake is reported, those of its tests by themselves; what comes back holds all that was right, so that the plan can
/// go on looking. `None` where there is no pipeline at all (no file, no YAML, another kind of file).
pub fn read_pipeline(
    files: &mut Files,
    loader: &dyn Loader,
    path: &str,
    kinds: &[&'static Kind],
    configs: &Configs,
    options: &Options,
    report: &mut Report,
) -> Option<Loaded> {
    let text = match loader.read(path) {
        Ok(text) => text,
        Err(why) => {
            unreadable(files, path, &why, report);
            return None;
        }
    };
    let file = files.add(path, text);
    let mut tree = yaml::parse(files, file, report)?;
    let mut reader = Reader::new(files, report, configs);
    if !header::check(&mut reader, &mut tree, "Pipeline") {
        return None;
    }
    let applied = overlay::apply(&mut reader, &mut tree, kinds, configs, options);
    reader.vars = var_texts(&tree);
    let (pipeline, printed, test_mistakes) = pipeline(&mut reader, loader, path, file, &tree, kinds);
    Some(Loaded {
        pipeline,
        test_mistakes,
        origins: applied.origins,
        connections: applied.connections,
        paths: reader.paths,
        printed,
    })
}

/// What `${var:N}` stands for: the text of the var's value, as it counts.
fn var_texts(tree: &Tree) -> BTreeMap<String, Option<String>> {
    let vars = tree.get("spec").and_then(|spec| spec.get("vars"));
    let pairs = vars.map_or(&[][..], Tree::pairs).iter();
    let text = |value: &Tree| value.get("default").and_then(Tree::scalar).map(|scalar| scalar.text.clone());
    // A var that holds `${…}` itself would have to be filled in first; nothing is filled in twice.
    pairs.map(|pair| (pair.key.clone(), text(&pair.value).filter(|text| !text.contains("${")))).collect()
}

fn pipeline(
    reader: &mut Reader<'_>,
    loader: &dyn Loader,
    path: &str,
    file: FileId,
    tree: &Tree,
    kinds: &[&'static Kind],
) -> (Pipeline, Printed, Vec<Diagnostic>) {
    reader.levels.push(Level { fields: grammar::TOP, place: "at the top, beside `spec`".into() });
    let top = top(reader, tree);
    reader.levels.push(Level { fields: grammar::SPEC, place: "directly under `spec`".into() });
    let null = Tree { span: tree.span, data: Data::Map(Vec::new()) };
    let spec_tree = tree.get("spec").unwrap_or(&null);
    let empty = Record::default();
    let spec = top.record("spec").unwrap_or(&empty);
    let mut nodes = Nodes::new(kinds);
    let mut entered =
        [Role::Source, Role::Stage, Role::Sink].map(|role| nodes.section(reader, role, spec_tree));
    let printed_nodes = entered.each_mut().map(|section| section.iter().map(|e| e.printed.clone()).collect());
    let [sources, stages, sinks] = entered;
    let sources = each(reader, sources, nodes::source);
    let stages = each(reader, stages, nodes::stage);
    let sinks = each(reader, sinks, nodes::sink);
    let before_tests = reader.report.diagnostics.len();
    let (tests, printed_tests) = match tree.get("tests") {
        Some(tests) => cases::read(reader, loader, tests),
        None => (Vec::new(), Vec::new()),
    };
    let test_mistakes = reader.report.diagnostics.split_off(before_tests);
    let printed = printed(&top, spec, printed_nodes, printed_tests);
    let pipeline = Pipeline {
        path: path.to_string(),
        file,
        metadata: metadata(&top, tree.span),
        vars: extract::vars(reader, spec),
        lists: extract::lists(reader, spec),
        slo: extract::slo(spec),
        delivery: extract::delivery(spec),
        breaker: extract::breaker(spec),
        scale: extract::word(spec, "scale", Scale::of)
            .unwrap_or(Spanned { value: Scale::Group, span: Span::NONE }),
        sources,
        stages,
        sinks,
        placement: extract::placement(reader, spec),
        tests,
    };
    reader.levels.clear();
    (pipeline, printed, test_mistakes)
}

fn each<T>(
    reader: &mut Reader<'_>,
    entered: Vec<Entered>,
    make: fn(&mut Reader<'_>, Entered) -> T,
) -> Vec<T> {
    entered.into_iter().map(|entered| make(reader, entered)).collect()
}

/// Everything by its shape. Nodes and tests pass as they are and are read by `nodes` and `cases`.
fn top(reader: &mut Reader<'_>, tree: &Tree) -> Record {
    let mut tree = tree.clone();
    // Left to those who know more than the shape says; what they hold must not be reported twice.
    if let Data::Map(pairs) = &mut tree.data {
        pairs.retain(|pair| pair.key != "tests");
    }
    if let Some(spec) = tree.get_mut("spec") {
        for role in [Role::Source, Role::Stage, Role::Sink] {
            if let Some(section) = spec.get_mut(nodes::section(role))
                && let Data::Map(pairs) = &mut section.data
            {
                pairs.clear();
            }
        }
    }
    let span = Span { end: tree.span.start, ..tree.span };
    // For a field of `spec` that stands beside it.
    reader.levels.push(Level { fields: grammar::SPEC, place: "under `spec`".into() });
    let read = reader.record(grammar::TOP, &tree, At::named("the file", span));
    reader.levels.pop();
    match read {
        Value::Record(record) => record,
        _ => Record::default(),
    }
}

fn metadata(top: &Record, span: Span) -> Metadata {
    let empty = Record::default();
    let fields = top.record("metadata").unwrap_or(&empty);
    let or = |name: &str, usual: &str| {
        extract::text(fields, name).unwrap_or(Spanned { value: usual.to_string(), span })
    };
    Metadata {
        name: or("name", ""),
        namespace: or("namespace", "default"),
        labels: extract::text_map(fields, "labels"),
        annotations: extract::text_map(fields, "annotations"),
    }
}

fn printed(top: &Record, spec: &Record, nodes: [Vec<Entry>; 3], tests: Vec<Node>) -> Printed {
    let mut nodes = nodes.into_iter();
    let mut entries = Vec::new();
    for field in grammar::SPEC {
        let is_section = matches!(field.name, "sources" | "stages" | "sinks");
        let node = match is_section {
            true => nodes
                .next()
                .filter(|section| !section.is_empty())
                .map(|section| Node { value: Value::Map(section), span: spec.span(field.name) }),
            false => spec.get(field.name).cloned(),
        };
        let key = field.name.to_string();
        entries.extend(node.map(|node| Entry { key, key_span: node.span, node }));
    }
    Printed { metadata: top.record("metadata").cloned().unwrap_or_default(), spec: entries, tests }
}
