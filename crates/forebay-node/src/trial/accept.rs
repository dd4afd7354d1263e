//! Writes what came into the file as what is expected. Values that differ are replaced in their own places; where records
//! came or went, those that stay keep their bytes. Comments and everything else of the file stay as they are.
//!
//! What came of a sensitive column is not written: it becomes `any`. Test files are shared, and what a test reads may be real.

mod file;
mod list;

use forebay_types::{Files, Node, Span, Value};

use super::data;
use super::engine::{Captured, Column};
use super::pairing::{Pair, is_cell_met, pairs};
use super::records::{Expected, LineFile};

pub use file::{accept, apply};

/// A piece of a file and what is to stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub place: Place,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Span(Span),
    /// A whole file of records, by its path.
    File(String),
}

/// The edits that make an expectation true; `span` is where its records stand.
pub(super) fn edits(files: &Files, span: Span, expected: &Expected, captured: &Captured) -> Vec<Edit> {
    let pairs = pairs(&expected.records, captured);
    let names = names(expected, captured);
    let change = Change { expected: &expected.records, captured, names, any: data::text("any"), pairs };
    if let Some(file) = &expected.file {
        return vec![Edit { place: Place::File(file.path.value.clone()), text: change.lines(file) }];
    }
    let cells = change.cells();
    cells.unwrap_or_else(|| vec![change.list(files, span)])
}

/// The columns that matter: those that some expected record names, or all where none does.
fn names(expected: &Expected, captured: &Captured) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for field in expected.records.iter().flat_map(data::columns) {
        if !names.contains(&field.key) {
            names.push(field.key.clone());
        }
    }
    if names.is_empty() {
        let usual = captured.columns.iter().filter(|column| !column.own);
        names.extend(usual.map(|column| column.name.clone()));
    }
    names
}

struct Change<'a> {
    expected: &'a [Node],
    captured: &'a Captured,
    names: Vec<String>,
    /// The matcher that stands for a sensitive value.
    any: Node,
    pairs: Vec<Pair>,
}

/// A record of the list that is to be: an expected one with what came for it, or one that came; that may be an expected one
/// which stood elsewhere.
#[derive(Clone, Copy)]
enum Item {
    Old(usize, usize),
    New(usize, Option<usize>),
}

impl Change<'_> {
    /// The values that differ, each replaced; `None` where that is not all.
    fn cells(&self) -> Option<Vec<Edit>> {
        let mut edits = Vec::new();
        for pair in &self.pairs {
            let (e, g) = self.stays(pair)?;
            let cells = self.cell_edits(e, g)?.into_iter();
            edits.extend(cells.map(|(span, text)| Edit { place: Place::Span(span), text }));
        }
        Some(edits)
    }

    /// What has to stand in place of the values of a record; `None` where one of them is not there any more.
    fn cell_edits(&self, e: usize, g: usize) -> Option<Vec<(Span, String)>> {
        let got = &self.captured.records[g];
        let fields = data::columns(&self.expected[e]).iter();
        let wrong = fields.filter(|f| !is_cell_met(&f.key, &f.node, got, &self.captured.columns));
        wrong.map(|field| Some((field.node.span, flow(self.said(got, &field.key)?)))).collect()
    }

    /// What is to be said of a value that came.
    fn said<'n>(&'n self, got: &'n Node, name: &str) -> Option<&'n Node> {
        let node = data::find(got, name)?;
        let is_sensitive = Column::find(&self.captured.columns, name).is_some_and(|column| column.sensitive);
        // `any` is not met by null, which says nothing of a value.
        Some(if is_sensitive && node.value != Value::Null { &self.any } else { node })
    }

    /// An expected record and what came for it, unless that came out of order.
    fn stays(&self, pair: &Pair) -> Option<(usize, usize)> {
        let (e, g) = pair.expected.zip(pair.got)?;
        let is_moved = !pair.is_good && self.cell_edits(e, g).is_some_and(|edits| edits.is_empty());
        (!is_moved).then_some((e, g))
    }

    /// The list that is to be: what stays in its order, what is new before that which came after it.
    fn items(&self) -> Vec<Item> {
        let (stay, come): (Vec<&Pair>, Vec<&Pair>) =
            self.pairs.iter().partition(|pair| self.stays(pair).is_some());
        let old = |pair: &Pair| self.stays(pair).map(|(e, g)| (pair.lane, g, Item::Old(e, g)));
        let mut items: Vec<(usize, usize, Item)> = stay.into_iter().filter_map(old).collect();
        let mut new: Vec<(usize, usize, Option<usize>)> =
            come.into_iter().filter_map(|pair| Some((pair.got?, pair.lane, pair.expected))).collect();
        new.sort_unstable();
        for (g, lane, moved) in new {
            let next = items.iter().position(|(other, at, _)| *other == lane && *at > g);
            let last = || items.iter().rposition(|(other, ..)| *other == lane).map(|at| at + 1);
            let at = next.or_else(last).unwrap_or(items.len());
            items.insert(at, (lane, g, Item::New(g, moved)));
        }
        items.into_iter().map(|(_, _, item)| item).collect()
    }

    /// The columns that matter of a record that came, and what is to be said of them.
    fn fields(&self, item: Item) -> Vec<(&str, &Node)> {
        let (Item::Old(_, g) | Item::New(g, _)) = item;
        let got = &self.captured.records[g];
        if let Item::Old(e, _) | Item::New(_, Some(e)) = item {
            // A matcher that is met still says what matters.
            let fields = data::columns(&self.expected[e]).iter();
            let say = fields.filter_map(|field| {
                let is_met = is_cell_met(&field.key, &field.node, got, &self.captured.columns);
                Some((field.key.as_str(), if is_met { &field.node } else { self.said(got, &field.key)? }))
            });
            return say.collect();
        }
        self.names.iter().filter_map(|name| Some((name.as_str(), self.said(got, name)?))).collect()
    }

    fn record(&self, item: Item) -> String {
        let fields = self.fields(item);
        let fields = fields.iter().map(|(name, node)| format!("{}: {}", scalar(name), flow(node)));
        format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
    }

    fn lines(&self, file: &LineFile) -> String {
        let line = |item: Item| match item {
            Item::Old(e, g) if self.cell_edits(e, g).is_some_and(|edits| edits.is_empty()) => {
                file.text[file.lines[e].clone()].to_string()
            }
            item => {
                let mut line = String::new();
                data::write_object(self.fields(item).into_iter(), &mut line);
                line
            }
        };
        let end = if file.text.contains("\r\n") { "\r\n" } else { "\n" };
        self.items().into_iter().map(|item| line(item) + end).collect()
    }
}

fn flow(node: &Node) -> String {
    match &node.value {
        Value::Text(text) => scalar(&text.text),
        Value::List(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) => {
            let fields = entries.iter().map(|entry| format!("{}: {}", scalar(&entry.key), flow(&entry.node)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        _ => {
            let mut text = String::new();
            data::write_json(node, &mut text);
            text
        }
    }
}

/// A text as YAML, in quotes where it would otherwise be something else to somebody.
pub(super) fn scalar(text: &str) -> String {
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./ ".contains(c));
    const WORDS: [&str; 10] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan"];
    if is_plain && !WORDS.contains(&text.to_ascii_lowercase().as_str()) {
        text.into()
    } else {
        data::quoted(text)
    }
}
