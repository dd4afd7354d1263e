//! Files in `configs/`: models, connections, environments and PoPs, found by name.
//!
//! Invariant: a file that is in error is reported and still known by its name, so that a pipeline which names it
//! is not reported as well.

mod card;
pub mod shapes;

use std::collections::BTreeMap;

use crate::extract;
use crate::header;
use crate::loader::{LoadError, Loader};
use crate::paths;
use crate::pipeline::Spanned;
use crate::read::{Anything, At, Known, Reader};
use crate::yaml::{self, Tree};
use forebay_types::card::Card;
use forebay_types::code;
use forebay_types::kind::{Models, NoCard};
use forebay_types::nearest::nearest;
use forebay_types::shape::{Field, Names};
use forebay_types::{FileId, Files, Record, Report, Span, Value};

/// What is known under `configs/`.
#[derive(Debug, Default)]
pub struct Configs {
    /// The folder, `None` where there is none.
    pub folder: Option<String>,
    cards: Vec<Found<Card>>,
    connections: Vec<Found<Config>>,
    environments: Vec<Found<Config>>,
    pops: Vec<Found<Config>>,
}

/// A file that is there; `what` is `None` where it is in error.
#[derive(Debug)]
struct Found<T> {
    name: String,
    what: Option<T>,
}

/// A connection, environment or PoP.
#[derive(Debug)]
pub struct Config {
    pub name: Spanned<String>,
    pub file: FileId,
    /// What stands under `spec`, by the shapes of [`shapes`].
    pub spec: Record,
    /// `vars` of an environment or PoP as they stand there, typed by the pipeline that declares them.
    pub(crate) vars: Option<Tree>,
}

impl Config {
    /// What an environment or PoP uses in place of a connection.
    pub(crate) fn connections(&self) -> impl Iterator<Item = (String, String)> {
        extract::text_map(&self.spec, "connections").into_iter()
    }
}

/// The nearest `configs/` upwards of a file.
pub fn configs_folder(loader: &dyn Loader, path: &str) -> Option<String> {
    let above = loader.folders_above(path).into_iter();
    above.map(|folder| paths::join(&folder, "configs")).find(|folder| loader.is_folder(folder))
}

impl Configs {
    /// Reads every file of the folder. Mistakes are reported; files that cannot be read too.
    pub fn read(files: &mut Files, loader: &dyn Loader, folder: &str, report: &mut Report) -> Configs {
        let mut configs = Configs { folder: Some(folder.to_string()), ..Configs::default() };
        // Names come first: files name each other.
        configs.pops = names(loader, folder, "pops");
        configs.connections = names(loader, folder, "connections");
        configs.environments = names(loader, folder, "env");
        let mut pops = Vec::new();
        let mut connections = Vec::new();
        let mut environments = Vec::new();
        let mut read = Read { files, loader, report, known: &configs };
        for path in paths_of(loader, folder, "pops") {
            pops.push(read.config(&path, "PoP", shapes::POP_TOP));
        }
        for path in paths_of(loader, folder, "connections") {
            connections.push(read.config(&path, "Connection", shapes::CONNECTION_TOP));
        }
        for path in paths_of(loader, folder, "env") {
            environments.push(read.config(&path, "Environment", shapes::ENVIRONMENT_TOP));
        }
        let mut cards = Vec::new();
        for path in paths_of(loader, folder, "models") {
            read.card(&path, &mut cards);
        }
        Configs { folder: configs.folder, cards, connections, environments, pops }
    }

    pub fn connection(&self, name: &str) -> Option<&Config> {
        find(&self.connections, name)
    }

    pub fn environment(&self, name: &str) -> Option<&Config> {
        find(&self.environments, name)
    }

    pub fn pop(&self, name: &str) -> Option<&Config> {
        find(&self.pops, name)
    }

    /// Every card that is right.
    pub fn cards(&self) -> impl Iterator<Item = &Card> {
        self.cards.iter().filter_map(|found| found.what.as_ref())
    }

    /// The names of environments or PoPs, right or not.
    pub(crate) fn names_of(&self, what: Overlay) -> Vec<&str> {
        let found = match what {
            Overlay::Environment => &self.environments,
            Overlay::Pop => &self.pops,
        };
        found.iter().map(|found| found.name.as_str()).collect()
    }
}

/// What may replace vars and connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overlay {
    Environment,
    Pop,
}

fn find<'c>(found: &'c [Found<Config>], name: &str) -> Option<&'c Config> {
    found.iter().find(|found| found.name == name)?.what.as_ref()
}

impl Known for Configs {
    fn names(&self, names: Names) -> Option<Vec<&str>> {
        match names {
            Names::Connection => Some(self.connections.iter().map(|found| found.name.as_str()).collect()),
            Names::Pop => Some(self.pops.iter().map(|found| found.name.as_str()).collect()),
            Names::Model | Names::Node => None,
        }
    }
}

impl Models for Configs {
    fn card(&self, name: &str) -> Result<&Card, NoCard> {
        let (base, version) = match name.split_once('@') {
            Some((base, version)) => (base, Some(version)),
            None => (name, None),
        };
        let of_name: Vec<_> = self.cards.iter().filter(|found| found.name == base).collect();
        if of_name.is_empty() {
            let near = nearest(base, self.cards.iter().map(|found| found.name.as_str()));
            return Err(NoCard::Unknown { near: near.map(String::from) });
        }
        let right = || of_name.iter().filter_map(|found| found.what.as_ref());
        match version {
            Some(version) => match right().find(|card| card.version.as_deref() == Some(version)) {
                Some(card) => Ok(card),
                None if right().count() < of_name.len() => Err(NoCard::Broken),
                None => Err(NoCard::Version { known: right().map(Card::label).collect() }),
            },
            None if of_name.len() > 1 => Err(NoCard::Version { known: right().map(Card::label).collect() }),
            None => right().next().ok_or(NoCard::Broken),
        }
    }
}

fn paths_of(loader: &dyn Loader, folder: &str, part: &str) -> Vec<String> {
    let folder = paths::join(folder, part);
    let names = loader.list(&folder).into_iter().filter(|name| name.ends_with(".yaml"));
    names.map(|name| paths::join(&folder, &name)).collect()
}

fn names(loader: &dyn Loader, folder: &str, part: &str) -> Vec<Found<Config>> {
    let paths = paths_of(loader, folder, part);
    paths.iter().map(|path| Found { name: paths::stem(path).to_string(), what: None }).collect()
}

struct Read<'a> {
    files: &'a mut Files,
    loader: &'a dyn Loader,
    report: &'a mut Report,
    known: &'a Configs,
}

impl Read<'_> {
    /// The tree of a file, where there is one.
    fn tree(&mut self, path: &str) -> Option<(Tree, FileId)> {
        match self.loader.read(path) {
            Ok(text) => {
                let file = self.files.add(path, text);
                Some((yaml::parse(self.files, file, self.report)?, file))
            }
            Err(why) => {
                unreadable(self.files, path, &why, self.report);
                None
            }
        }
    }

    fn config(&mut self, path: &str, kind: &str, top: &'static [Field]) -> Found<Config> {
        let name = paths::stem(path).to_string();
        let before = self.report.errors();
        let what = self.tree(path).and_then(|(tree, file)| {
            let (record, tree) = read_file(self.files, self.report, self.known, tree, kind, top)?;
            let named = named(self.files, self.report, &record, &name)?;
            let vars = tree.get("spec").and_then(|spec| spec.get("vars")).cloned();
            Some(Config { name: named, file, spec: record.record("spec")?.clone(), vars })
        });
        Found { name, what: what.filter(|_| self.report.errors() == before) }
    }

    fn card(&mut self, path: &str, cards: &mut Vec<Found<Card>>) {
        let stem = paths::stem(path);
        let name = stem.split('@').next().unwrap_or(stem).to_string();
        let before = self.report.errors();
        let what = self.tree(path).and_then(|(tree, _)| {
            let (record, _) =
                read_file(self.files, self.report, self.known, tree, "Model", shapes::MODEL_TOP)?;
            let named = named(self.files, self.report, &record, &name)?;
            card::card(self.report, record.record("spec")?, named)
        });
        let mut what = what.filter(|_| self.report.errors() == before);
        if let Some(card) = &what
            && let Some(same) = cards
                .iter()
                .filter_map(|found| found.what.as_ref())
                .find(|other| other.label() == card.label())
        {
            let message = format!("there are two cards of `{}`", card.label());
            let diagnostic = forebay_types::Diagnostic::error(&code::DUPLICATE_CARD, card.span, message)
                .also(same.span, "the other one");
            self.report.push(diagnostic.help("give each a `version` of its own"));
            what = None;
        }
        cards.push(Found { name, what });
    }
}

/// A file that cannot be read stands in the report under its own name.
pub(crate) fn unreadable(files: &mut Files, path: &str, why: &LoadError, report: &mut Report) {
    let file = files.add(path, "");
    let span = Span { file, start: 0, end: 0 };
    let diagnostic =
        forebay_types::Diagnostic::error(why.code(), span, format!("`{path}` cannot be read: {why}"));
    report.push(match why {
        LoadError::NotFound => {
            diagnostic.help("paths count from the working directory, and inside a file from that file")
        }
        LoadError::NotUtf8 { .. } => diagnostic.help("save it as text in UTF-8"),
        LoadError::Other(_) => diagnostic,
    });
}

/// A file by its shape, as a record and as the tree that it was.
fn read_file(
    files: &mut Files,
    report: &mut Report,
    known: &dyn Known,
    mut tree: Tree,
    kind: &str,
    top: &'static [Field],
) -> Option<(Record, Tree)> {
    let mut reader = Reader::new(files, report, known);
    if !header::check(&mut reader, &mut tree, kind) {
        return None;
    }
    let span = Span { end: tree.span.start, ..tree.span };
    match reader.record(top, &tree, At::named(kind, span)) {
        Value::Record(record) => Some((record, tree)),
        _ => None,
    }
}

/// `metadata.name`, which is the name of the file.
fn named(files: &Files, report: &mut Report, record: &Record, stem: &str) -> Option<Spanned<String>> {
    let name = extract::text(record.record("metadata")?, "name")?;
    if name.value != stem {
        let message = format!("the file is called `{stem}.yaml` and describes `{}`", name.value);
        let file = files.name(name.span.file).to_string();
        let help = format!("files are found by name: rename {file} or write `name: {stem}`");
        report.push(forebay_types::Diagnostic::error(&code::CONFIG_NAME, name.span, message).help(help));
    }
    Some(name)
}

/// One configuration file on its own, as `forebay validate` may be given one. Names of other files are taken as
/// they are.
pub fn check_config(files: &mut Files, loader: &dyn Loader, path: &str, report: &mut Report) {
    let mut read = Read { files, loader, report, known: &Configs::default() };
    let Some((tree, _)) = read.tree(path) else { return };
    let kind = tree.get("kind").and_then(Tree::scalar).map_or("", |scalar| scalar.text.as_str());
    let (kind, top) = match kind {
        "Connection" => ("Connection", shapes::CONNECTION_TOP),
        "Environment" => ("Environment", shapes::ENVIRONMENT_TOP),
        "PoP" => ("PoP", shapes::POP_TOP),
        _ => ("Model", shapes::MODEL_TOP),
    };
    if let Some((record, _)) = read_file(read.files, read.report, &Anything, tree, kind, top)
        && let Some(name) = record.record("metadata").and_then(|metadata| extract::text(metadata, "name"))
        && let (Some(spec), "Model") = (record.record("spec"), kind)
    {
        card::card(read.report, spec, name);
    }
}

/// Replacements of connections, later ones over earlier ones.
pub(crate) type Replaced = BTreeMap<String, String>;
