//! What was expected of an output beside what came: where they differ, record by record and column by column.
//!
//! What a record was not expected to say is not told, and what is sensitive is shown nowhere.

use forebay_spec::matcher;
use forebay_types::value::Entry;
use forebay_types::{Diagnostic, Node, Report, Value, code};

use super::engine::{Captured, Column};
use super::pairing::{Pair, is_cell_met, pairs};
use super::records::Expected;
use super::{data, matching};

/// How an output differs from what was expected of it.
#[derive(Debug)]
pub struct Difference {
    /// `NAME` or `NAME.PORT`.
    pub output: String,
    /// Numbers of records.
    pub expected: usize,
    pub got: usize,
    /// The records that differ, in order.
    pub records: Vec<Record>,
}

/// A record that differs. One that came and differs in no column is out of order.
#[derive(Debug)]
pub struct Record {
    /// Its place in the expected list; `None` for one that was not expected.
    pub expected_at: Option<usize>,
    /// Its place among those that came; `None` for one that did not come.
    pub got_at: Option<usize>,
    /// Where it is expected: `FILE:LINE`.
    pub place: Option<String>,
    pub cells: Vec<Cell>,
}

/// One column of a record that differs, as people may see it.
#[derive(Debug)]
pub struct Cell {
    pub column: String,
    /// `None` where nothing was expected of it, or nothing came.
    pub expected: Option<String>,
    pub got: Option<String>,
    pub differs: bool,
    /// By how much it differs, where that can be said.
    pub note: Option<String>,
    /// Its values are shown nowhere.
    pub sensitive: bool,
}

/// What stands for a sensitive value.
const HIDDEN: &str = "•••";

pub(super) fn difference(output: &str, expected: &Expected, captured: &Captured) -> Option<Difference> {
    let differing = pairs(&expected.records, captured).into_iter().filter(|pair| !pair.is_good);
    let records: Vec<Record> = differing.map(|pair| record(pair, expected, captured)).collect();
    (!records.is_empty()).then(|| Difference {
        output: output.to_string(),
        expected: expected.records.len(),
        got: captured.records.len(),
        records,
    })
}

/// Matchers that nothing could meet, or anything, in a file of records; those in the pipeline file were checked with it.
pub(super) fn mistakes(expected: &Expected, captured: &Captured, report: &mut Report) {
    let Some(file) = &expected.file else { return };
    for (record, place) in expected.records.iter().zip(&expected.places) {
        for field in data::columns(record) {
            let column = Column::find(&captured.columns, &field.key);
            if let Some(why) = column.and_then(|column| matcher::mistake(&field.node, &column.ty)) {
                let message = format!("{place}: `{}`: {why}", field.key);
                report
                    .push(Diagnostic::error(&code::TEST_VALUE, file.path.span, message).help(matcher::HELP));
            }
        }
    }
}

fn record(pair: Pair, expected: &Expected, captured: &Captured) -> Record {
    let wanted = pair.expected.map(|at| &expected.records[at]);
    let came = pair.got.map(|at| &captured.records[at]);
    let cells = match wanted {
        Some(wanted) => {
            data::columns(wanted).iter().map(|field| expected_cell(field, came, captured)).collect()
        }
        None => came.iter().flat_map(|came| unexpected_cells(came, captured)).collect(),
    };
    Record {
        expected_at: pair.expected,
        got_at: pair.got,
        place: pair.expected.map(|at| expected.places[at].clone()),
        cells,
    }
}

fn expected_cell(field: &Entry, came: Option<&Node>, captured: &Captured) -> Cell {
    let column = Column::find(&captured.columns, &field.key);
    let sensitive = column.is_some_and(|column| column.sensitive);
    let got = came.map(|came| match data::find(came, &field.key) {
        Some(node) => shown(node, sensitive),
        None if column.is_none() => "(no such column)".into(),
        None => "(missing)".into(),
    });
    let differs = came.is_none_or(|got| !is_cell_met(&field.key, &field.node, got, &captured.columns));
    let words = came.and_then(|came| matching::word_errors_of(&field.node, data::find(came, &field.key)?));
    Cell {
        column: field.key.clone(),
        expected: Some(shown(&field.node, sensitive)),
        got,
        differs,
        note: words
            .filter(|_| differs && !sensitive)
            .map(|share| format!("{:.1}% of the words differ", share * 100.0)),
        sensitive,
    }
}

fn unexpected_cells(came: &Node, captured: &Captured) -> impl Iterator<Item = Cell> {
    let columns = captured.columns.iter().filter(|column| !column.own);
    columns.filter_map(move |column| {
        Some(Cell {
            column: column.name.clone(),
            expected: None,
            got: Some(shown(data::find(came, &column.name)?, column.sensitive)),
            differs: true,
            note: None,
            sensitive: column.sensitive,
        })
    })
}

fn shown(node: &Node, is_hidden: bool) -> String {
    if is_hidden { HIDDEN.into() } else { plain(node) }
}

/// A value for people: as it is written in a file, where it can be told apart from other values.
fn plain(node: &Node) -> String {
    let list = |parts: Vec<String>| parts.join(", ");
    match &node.value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Number(digits) => digits.clone(),
        Value::Text(text) | Value::Expr(text) => super::accept::scalar(&text.text),
        Value::List(items) => format!("[{}]", list(items.iter().map(plain).collect())),
        Value::Map(entries) => {
            let entries = entries.iter().map(|entry| format!("{}: {}", entry.key, plain(&entry.node)));
            format!("{{ {} }}", list(entries.collect()))
        }
        other => format!("{other:?}"),
    }
}
