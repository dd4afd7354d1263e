//! Writes what came into the file as what is expected. Only values that differ are replaced, in their own places;
//! where records came or went, the list is written anew. Comments and everything else stay as they are.

use forebay_spec::pipeline::Records;
use forebay_types::{Files, Node, Span, Value};

use super::data;
use super::differing::{is_cell_met, pairs};
use super::engine::Captured;

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

/// The edits that make an expectation true.
pub(super) fn edits(
    files: &Files,
    records: &Records,
    span: Span,
    expected: &[Node],
    captured: &Captured,
) -> Vec<Edit> {
    if let Records::File(path) = records {
        let names = names(expected, captured);
        let line = |record: &Node| {
            let mut line = String::new();
            let fields = names.iter().filter_map(|name| Some((name.as_str(), data::find(record, name)?)));
            data::write_object(fields.collect::<Vec<_>>().into_iter(), &mut line);
            line + "\n"
        };
        let text = captured.records.iter().map(line).collect();
        return vec![Edit { place: Place::File(path.value.clone()), text }];
    }
    let cells = cells(expected, captured);
    cells.unwrap_or_else(|| {
        vec![Edit { place: Place::Span(span), text: list(files, span, expected, captured) }]
    })
}

/// The values that differ, each replaced; `None` where that is not all.
fn cells(expected: &[Node], captured: &Captured) -> Option<Vec<Edit>> {
    let mut edits = Vec::new();
    for pair in pairs(expected, captured) {
        let (Some(e), Some(g)) = pair else { return None };
        let got = &captured.records[g];
        for field in data::columns(&expected[e]) {
            if !is_cell_met(&field.key, &field.node, got, &captured.columns) {
                let text = flow(data::find(got, &field.key)?);
                edits.push(Edit { place: Place::Span(field.node.span), text });
            }
        }
    }
    Some(edits)
}

/// The columns that matter: those that some expected record names, or all where none does.
fn names(expected: &[Node], captured: &Captured) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for field in expected.iter().flat_map(data::columns) {
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

/// Every record that came, in the style of the list that stands there.
fn list(files: &Files, span: Span, expected: &[Node], captured: &Captured) -> String {
    let names = names(expected, captured);
    let record = |record: &Node| {
        let named = names
            .iter()
            .filter_map(|name| Some(format!("{}: {}", scalar(name), flow(data::find(record, name)?))));
        format!("{{ {} }}", named.collect::<Vec<_>>().join(", "))
    };
    let records: Vec<String> = captured.records.iter().map(record).collect();
    let old = files.slice(span);
    let indent = " ".repeat(files.position(span).column - 1);
    if old.starts_with('-') && !records.is_empty() {
        // What ends in an end of line goes on with one.
        let end = &old[old.trim_end().len()..];
        let items: Vec<String> = records.iter().map(|record| format!("- {record}")).collect();
        return items.join(&format!("\n{indent}")) + end;
    }
    let one_line = format!("[{}]", records.join(", "));
    if one_line.len() + indent.len() <= 110 || records.len() < 2 {
        return one_line;
    }
    format!("[\n{indent}  {}\n{indent}]", records.join(&format!(",\n{indent}  ")))
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
    const WORDS: [&str; 11] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "any", "nan"];
    if is_plain && !WORDS.contains(&text.to_ascii_lowercase().as_str()) {
        text.into()
    } else {
        data::quoted(text)
    }
}

/// The texts of the files with these edits, by name. Of two edits of one place the first counts.
pub fn apply(files: &Files, edits: &[Edit]) -> Vec<(String, String)> {
    let mut spans: Vec<(Span, &str)> = Vec::new();
    let mut texts: Vec<(String, String)> = Vec::new();
    for edit in edits {
        match &edit.place {
            Place::File(path) => texts.push((path.clone(), edit.text.clone())),
            Place::Span(span) => {
                let meets = |(other, _): &(Span, &str)| {
                    other.file == span.file && other.start < span.end && span.start < other.end
                };
                if !spans.iter().any(meets) {
                    spans.push((*span, &edit.text));
                }
            }
        }
    }
    // From the end, so that what is still to be edited stays where it is.
    spans.sort_by_key(|(span, _)| std::cmp::Reverse(*span));
    for (span, new) in spans {
        let name = files.name(span.file);
        let at = texts.iter().position(|(file, _)| file == name).unwrap_or_else(|| {
            texts.push((name.to_string(), files.text(span.file).to_string()));
            texts.len() - 1
        });
        texts[at].1.replace_range(span.start as usize..span.end as usize, new);
    }
    texts
}
