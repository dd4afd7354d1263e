//! Records that a test gives or expects: as they stand in the pipeline file, or as lines of a file of JSON.
//!
//! A line that is no record is a mistake of the test, told with its place. Only a source whose rejected records the test
//! expects may be given such lines, as it may be given wrong values.

use std::ops::Range;

use forebay_spec::pipeline::{Declared, Records, Source, Spanned};
use forebay_spec::{Loader as _, matcher};
use forebay_types::{Diagnostic, Files, Node, Span, Value, code};

use super::data;
use super::source::Item;
use crate::disk::Disk;

/// What a record of a test may say beside its columns.
const OWN: [&str; 3] = ["_time", "_arrival", "stream"];

/// What a test expects of one output.
#[derive(Debug, Default)]
pub(super) struct Expected {
    pub records: Vec<Node>,
    /// Where each of them stands: `FILE:LINE`.
    pub places: Vec<String>,
    /// The file that they are lines of.
    pub file: Option<LineFile>,
}

#[derive(Debug)]
pub(super) struct LineFile {
    pub path: Spanned<String>,
    pub text: String,
    /// The bytes of each record, without the end of its line.
    pub lines: Vec<Range<usize>>,
}

pub(super) fn expected(files: &Files, records: &Records) -> Result<Expected, Box<Diagnostic>> {
    let path = match records {
        Records::File(path) => path,
        Records::Rows(rows) => {
            let place =
                |row: &Node| format!("{}:{}", files.name(row.span.file), files.position(row.span).line);
            let places = rows.iter().map(place).collect();
            return Ok(Expected { records: rows.clone(), places, file: None });
        }
    };
    let text = text_of(path)?;
    let (mut expected, mut lines) = (Expected::default(), Vec::new());
    for line in lines_of(&text) {
        expected.records.push(line.record().map_err(|why| line.mistake(path, why, WHOLE))?);
        expected.places.push(format!("{}:{}", path.value, line.number));
        lines.push(line.start..line.start + line.text.len());
    }
    expected.file = Some(LineFile { path: path.clone(), text, lines });
    Ok(expected)
}

/// The records for a source; `may_be_bad` where it is expected to reject some.
pub(super) fn input(
    source: &Source,
    records: &Records,
    may_be_bad: bool,
) -> Result<Vec<Item>, Box<Diagnostic>> {
    let declared = match &source.schema {
        Some(Declared::Columns { columns, .. }) => columns.as_slice(),
        _ => &[],
    };
    let path = match records {
        Records::File(path) => path,
        Records::Rows(rows) => {
            let input_name = |name: &str| {
                let column = declared.iter().find(|column| column.name.value == name)?;
                Some(column.from.as_ref().unwrap_or(&column.name).value.as_str())
            };
            return rows.iter().map(|row| item(row, &input_name)).collect();
        }
    };
    // In a file, fields have the names of the input; one that a column is read from is no word of ours.
    let is_read =
        |name: &str| declared.iter().any(|column| column.from.as_ref().unwrap_or(&column.name).value == name);
    let own: Vec<&str> = OWN.into_iter().filter(|name| !is_read(name)).collect();
    let text = text_of(path)?;
    let mut items = Vec::new();
    for line in lines_of(&text) {
        items.push(match line.record() {
            Ok(record) if own.iter().any(|name| data::find(&record, name).is_some()) => {
                item_of(&record, &own, &|_| None).map_err(|(_, why)| line.mistake(path, (0, why), TIMES))?
            }
            Err(why) if !may_be_bad => return Err(line.mistake(path, why, BAD_INPUT)),
            _ => Item { line: line.text.to_string(), ..Item::default() },
        });
    }
    Ok(items)
}

/// Records in place of a stage's own.
pub(super) fn in_place(rows: &[Node]) -> Result<Vec<Item>, Box<Diagnostic>> {
    rows.iter().map(|row| item(row, &|_| None)).collect()
}

/// A record as a test writes it; `input_name` is what the input calls a column.
fn item<'d>(row: &Node, input_name: &dyn Fn(&str) -> Option<&'d str>) -> Result<Item, Box<Diagnostic>> {
    item_of(row, &OWN, input_name)
        .map_err(|(span, why)| Box::new(Diagnostic::error(&code::TEST_VALUE, span, why).help(TIMES)))
}

fn item_of<'d>(
    row: &Node,
    own: &[&str],
    input_name: &dyn Fn(&str) -> Option<&'d str>,
) -> Result<Item, (Span, String)> {
    let said = |name: &str| data::find(row, name).filter(|_| own.contains(&name));
    let time = |name: &str| match said(name) {
        Some(node) => matcher::time(node).map(Some).map_err(|why| (node.span, format!("`{name}`: {why}"))),
        None => Ok(None),
    };
    let stream = said("stream").map(|node| match node.text() {
        Some(text) => Ok(text.text.clone()),
        None => Err((node.span, "`stream`: the name of a stream is a text".to_string())),
    });
    let fields = data::columns(row).iter().filter(|field| !own.contains(&field.key.as_str()));
    let fields: Vec<(&str, &Node)> =
        fields.map(|field| (input_name(&field.key).unwrap_or(&field.key), &field.node)).collect();
    let mut line = String::new();
    data::write_object(fields.into_iter(), &mut line);
    Ok(Item { line, stream: stream.transpose()?, time: time("_time")?, arrival: time("_arrival")? })
}

fn text_of(path: &Spanned<String>) -> Result<String, Box<Diagnostic>> {
    Disk.read(&path.value).map_err(|why| {
        let message = format!("`{}` cannot be read: {why}", path.value);
        let help = "records of a test are JSON Lines, not packed; a path counts from the file that names it";
        Box::new(Diagnostic::error(&code::UNREADABLE, path.span, message).help(help))
    })
}

/// A line that is not empty.
struct Line<'t> {
    /// From 1.
    number: usize,
    /// Its first byte in the text.
    start: usize,
    text: &'t str,
}

fn lines_of(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut next = 0;
    let lines = text.split_inclusive('\n').enumerate().map(move |(at, whole)| {
        let start = next;
        next += whole.len();
        let text = whole.strip_suffix('\n').unwrap_or(whole);
        Line { number: at + 1, start, text: text.strip_suffix('\r').unwrap_or(text) }
    });
    lines.filter(|line| !line.text.trim().is_empty())
}

impl Line<'_> {
    /// The record, or why it is none and at which byte.
    fn record(&self) -> Result<Node, (usize, String)> {
        match data::read_json(self.text) {
            Ok(node) if matches!(node.value, Value::Map(_)) => Ok(node),
            Ok(_) => Err((0, "a record is an object: `{ … }`".into())),
            Err(error) => Err((error.at, error.why)),
        }
    }

    fn mistake(&self, path: &Spanned<String>, (at, why): (usize, String), help: &str) -> Box<Diagnostic> {
        let before = &self.text[..self.text.floor_char_boundary(at)];
        let place = format!("{}:{}:{}", path.value, self.number, before.chars().count() + 1);
        let message = format!("{place}: this line is no record: {why}");
        Box::new(Diagnostic::error(&code::TEST_VALUE, path.span, message).help(help))
    }
}

const WHOLE: &str = "write one whole record a line, such as {\"id\":1}";
const BAD_INPUT: &str =
    "write one whole record a line, such as {\"id\":1}, or expect `rejected` if that is what the test shows";
const TIMES: &str = "write 1767225600000, \"2026-01-01T00:00:00Z\" or \"10.0s\"";
