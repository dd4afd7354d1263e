//! What was expected of an output beside what came: which records belong together, and where they differ.
//!
//! Where the expected records say their key, only records of one key have to be in order; otherwise all have to.

use forebay_types::{Node, Value};

use super::data;
use super::engine::{Captured, Column};
use super::matching::matches;

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

/// A record that differs.
#[derive(Debug)]
pub struct Record {
    /// Its place in the expected list; `None` for one that was not expected.
    pub expected_at: Option<usize>,
    /// Its place among those that came; `None` for one that did not come.
    pub got_at: Option<usize>,
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
    /// Its values are shown nowhere.
    pub sensitive: bool,
}

/// What stands for a sensitive value.
const HIDDEN: &str = "•••";

/// An expected record and one that came.
type Pair = (Option<usize>, Option<usize>);

pub(super) fn difference(output: &str, expected: &[Node], captured: &Captured) -> Option<Difference> {
    let pairs = pairs(expected, captured);
    let differing = pairs.iter().filter(|pair| !is_good(pair, expected, captured));
    let records: Vec<Record> = differing.map(|pair| record(*pair, expected, captured)).collect();
    (!records.is_empty()).then(|| Difference {
        output: output.to_string(),
        expected: expected.len(),
        got: captured.records.len(),
        records,
    })
}

fn is_good(pair: &Pair, expected: &[Node], captured: &Captured) -> bool {
    match *pair {
        (Some(e), Some(g)) => is_met(&expected[e], &captured.records[g], &captured.columns),
        _ => false,
    }
}

fn is_met(expected: &Node, got: &Node, columns: &[Column]) -> bool {
    data::columns(expected).iter().all(|field| is_cell_met(&field.key, &field.node, got, columns))
}

pub(super) fn is_cell_met(name: &str, expected: &Node, got: &Node, columns: &[Column]) -> bool {
    let column = columns.iter().find(|column| column.name == name);
    column.is_some_and(|column| matches(expected, data::find(got, name), &column.ty))
}

/// Which records belong together.
pub(super) fn pairs(expected: &[Node], captured: &Captured) -> Vec<Pair> {
    let got = &captured.records;
    if let Some(pairs) = pairs_by_key(expected, captured) {
        return pairs;
    }
    if expected.len() == got.len() || expected.len() * got.len() > 1 << 20 {
        let at = |at: usize, len: usize| (at < len).then_some(at);
        return (0..expected.len().max(got.len()))
            .map(|i| (at(i, expected.len()), at(i, got.len())))
            .collect();
    }
    longest_in_order(expected.len(), got.len(), |e, g| is_met(&expected[e], &got[g], &captured.columns))
}

/// Each expected record with the next one of its key; `None` where not every one says its key.
fn pairs_by_key(expected: &[Node], captured: &Captured) -> Option<Vec<Pair>> {
    let key = &captured.key;
    let literal =
        |node: &Node| !matches!(node.value, Value::Map(_)) && node.text().is_none_or(|t| t.text != "any");
    let says = |record: &Node| key.iter().all(|name| data::find(record, name).is_some_and(literal));
    if key.is_empty() || !expected.iter().all(says) {
        return None;
    }
    let got = &captured.records;
    let mut taken = vec![false; got.len()];
    let mut pairs: Vec<Pair> = Vec::with_capacity(expected.len());
    for (at, record) in expected.iter().enumerate() {
        let of_key = |g: &usize| {
            let is_equal = |name: &String| {
                data::find(record, name)
                    .is_some_and(|wanted| is_cell_met(name, wanted, &got[*g], &captured.columns))
            };
            !taken[*g] && key.iter().all(is_equal)
        };
        let next = (0..got.len()).find(of_key);
        next.into_iter().for_each(|g| taken[g] = true);
        pairs.push((Some(at), next));
    }
    pairs.extend((0..got.len()).filter(|g| !taken[*g]).map(|g| (None, Some(g))));
    Some(pairs)
}

/// As many pairs as can be made without leaving the order; everything else stands alone.
fn longest_in_order(expected: usize, got: usize, meets: impl Fn(usize, usize) -> bool) -> Vec<Pair> {
    let met: Vec<Vec<bool>> = (0..expected).map(|e| (0..got).map(|g| meets(e, g)).collect()).collect();
    let mut longest = vec![vec![0usize; got + 1]; expected + 1];
    for e in (0..expected).rev() {
        for g in (0..got).rev() {
            let skipped = longest[e + 1][g].max(longest[e][g + 1]);
            longest[e][g] = if met[e][g] { skipped.max(longest[e + 1][g + 1] + 1) } else { skipped };
        }
    }
    let (mut e, mut g, mut pairs) = (0, 0, Vec::new());
    while e < expected || g < got {
        if e < expected && g < got && met[e][g] && longest[e][g] == longest[e + 1][g + 1] + 1 {
            pairs.push((Some(e), Some(g)));
            (e, g) = (e + 1, g + 1);
        } else if e < expected && (g == got || longest[e + 1][g] >= longest[e][g + 1]) {
            pairs.push((Some(e), None));
            e += 1;
        } else {
            pairs.push((None, Some(g)));
            g += 1;
        }
    }
    pairs
}

fn record((e, g): Pair, expected: &[Node], captured: &Captured) -> Record {
    let wanted = e.map(|at| &expected[at]);
    let came = g.map(|at| &captured.records[at]);
    let fields = wanted.map_or(&[][..], data::columns);
    let expected_cells = fields.iter().map(|field| {
        let column = captured.columns.iter().find(|column| column.name == field.key);
        let is_hidden = column.is_some_and(|column| column.sensitive);
        let got = came.map(|record| data::find(record, &field.key));
        Cell {
            column: field.key.clone(),
            expected: Some(shown(&field.node, is_hidden)),
            got: got.map(|node| node.map_or("(missing)".into(), |node| shown(node, is_hidden))),
            differs: came.is_none_or(|got| !is_cell_met(&field.key, &field.node, got, &captured.columns)),
            sensitive: is_hidden,
        }
    });
    let unexpected = || {
        let columns = captured.columns.iter().filter(|column| !column.own);
        columns.filter_map(|column| {
            let got = shown(data::find(came?, &column.name)?, column.sensitive);
            let (column, sensitive) = (column.name.clone(), column.sensitive);
            Some(Cell { column, expected: None, got: Some(got), differs: true, sensitive })
        })
    };
    let cells = if wanted.is_some() { expected_cells.collect() } else { unexpected().collect() };
    Record { expected_at: e, got_at: g, cells }
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
        Value::Text(text) if text.text == "any" => "any".into(),
        Value::Text(text) | Value::Expr(text) => super::accept::scalar(&text.text),
        Value::List(items) => format!("[{}]", list(items.iter().map(plain).collect())),
        Value::Map(entries) => {
            let entries = entries.iter().map(|entry| format!("{}: {}", entry.key, plain(&entry.node)));
            format!("{{ {} }}", list(entries.collect()))
        }
        other => format!("{other:?}"),
    }
}
