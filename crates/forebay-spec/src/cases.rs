//! The tests of a pipeline file, and of the files in which they may lie.

use crate::extract;
use crate::grammar;
use crate::loader::Loader;
use crate::pipeline::*;
use crate::read::{At, Reader, is_name};
use crate::yaml::{self, Data, Tree};
use forebay_types::code;
use forebay_types::shape::Shape;
use forebay_types::value::Entry;
use forebay_types::{Diagnostic, Node, Record, Span, Value};

/// Every test under `tests`, and what was read of them for printing.
pub(crate) fn read(reader: &mut Reader<'_>, loader: &dyn Loader, tree: &Tree) -> (Vec<Test>, Vec<Node>) {
    let mut cases = Cases { tests: Vec::new(), printed: Vec::new() };
    if tree.is_null() || tree.scalar().is_some() {
        reader.wrong_type(tree, "a list of tests, or `{ file: PATH }`", At::named("tests", tree.span));
        return (Vec::new(), Vec::new());
    }
    cases.items(reader, Some(loader), tree);
    (cases.tests, cases.printed)
}

struct Cases {
    tests: Vec<Test>,
    printed: Vec<Node>,
}

impl Cases {
    /// `loader` is there where a test may lie in another file.
    fn items(&mut self, reader: &mut Reader<'_>, loader: Option<&dyn Loader>, tree: &Tree) {
        let items = match &tree.data {
            Data::List(items) => items.as_slice(),
            _ => std::slice::from_ref(tree),
        };
        for item in items {
            match (loader, file_of(item)) {
                (Some(loader), Some(_)) => self.file(reader, loader, item),
                _ => self.case(reader, item),
            }
        }
    }

    fn file(&mut self, reader: &mut Reader<'_>, loader: &dyn Loader, item: &Tree) {
        let Some(path) = item.get("file").and_then(|tree| read_path(reader, tree)) else { return };
        match loader.read(&path.value) {
            Ok(text) => {
                let file = reader.files.add(path.value.as_str(), text);
                if let Some(tree) = yaml::parse(reader.files, file, reader.report) {
                    self.items(reader, None, &tree);
                }
            }
            Err(why) => {
                let message = format!("`{}` cannot be read: {why}", path.value);
                reader.error(why.code(), path.span, message, "a path counts from the file that names it");
            }
        }
    }

    fn case(&mut self, reader: &mut Reader<'_>, tree: &Tree) {
        let at = At::named("test", tree.span);
        let Some(Value::Record(record)) = reader.fields(grammar::TEST, tree, at) else { return };
        let Some(name) = extract::text(&record, "name") else { return };
        if let Some(first) = self.tests.iter().find(|test| test.name.value == name.value) {
            let message = format!("two tests are called `{}`", name.value);
            let diagnostic = Diagnostic::error(&code::DUPLICATE_TEST, name.span, message)
                .also(first.name.span, "first here");
            reader.report.push(diagnostic.help("say what this one shows"));
        }
        let (expect, expect_spans) = expects(reader, &record).into_iter().unzip();
        let test = Test {
            name,
            input: inputs(reader, &record),
            mock: record.map("mock").iter().filter_map(|entry| mock(reader, entry)).collect(),
            expect,
            expect_spans,
        };
        self.tests.push(test);
        self.printed.push(Node { value: Value::Record(record), span: tree.span });
    }
}

/// The value of `file` when that is all there is.
fn file_of(tree: &Tree) -> Option<&Tree> {
    match tree.pairs() {
        [pair] if pair.key == "file" => Some(&pair.value),
        _ => None,
    }
}

fn read_path(reader: &mut Reader<'_>, tree: &Tree) -> Option<Spanned<String>> {
    let shape = &Shape::Path(forebay_types::shape::Access::Read);
    let node = reader.read(shape, tree, At::named("file", tree.span))?;
    Some(Spanned { value: node.str().to_string(), span: node.span })
}

fn inputs(reader: &mut Reader<'_>, record: &Record) -> Vec<(Spanned<String>, Records)> {
    let mut inputs = Vec::new();
    for entry in record.map("input") {
        if !is_name(&entry.key) {
            let message = format!("`{}` is no name of a source", entry.key);
            reader.error(&code::NAME, entry.key_span, message, "a test gives its input to sources");
            continue;
        }
        let name = Spanned { value: entry.key.clone(), span: entry.key_span };
        inputs.extend(records(reader, entry).map(|records| (name, records)));
    }
    inputs
}

/// Records by output, and where they stand.
fn expects(reader: &mut Reader<'_>, record: &Record) -> Vec<((OutputRef, Records), Span)> {
    let mut expects = Vec::new();
    for entry in record.map("expect") {
        if !output_name(&entry.key) {
            let message = format!("`{}` is not the name of an output", entry.key);
            reader.error(&code::OUTPUT, entry.key_span, message, "write NAME or NAME.PORT");
            continue;
        }
        let output = extract::output(&entry.key, entry.key_span);
        expects.extend(records(reader, entry).map(|records| ((output, records), entry.node.span)));
    }
    expects
}

fn output_name(text: &str) -> bool {
    text.split('.').all(is_name) && text.matches('.').count() < 2
}

/// Records, of which one may stand alone, or `{ file: PATH }`.
fn records(reader: &mut Reader<'_>, entry: &Entry) -> Option<Records> {
    let node = &entry.node;
    if let Value::Map(fields) = &node.value
        && let [Entry { key, node: Node { value: Value::Text(path), span }, .. }] = fields.as_slice()
        && key == "file"
    {
        let value = reader.path(&path.text, *span);
        return Some(Records::File(Spanned { value, span: *span }));
    }
    let rows = match &node.value {
        Value::List(items) => items.clone(),
        Value::Map(_) => vec![node.clone()],
        _ => {
            not_records(reader, &entry.key, node.span);
            return None;
        }
    };
    let before = reader.errors();
    for row in rows.iter().filter(|row| !matches!(row.value, Value::Map(_))) {
        not_records(reader, &entry.key, row.span);
    }
    (reader.errors() == before).then_some(Records::Rows(rows))
}

fn not_records(reader: &mut Reader<'_>, name: &str, span: Span) {
    let message = format!("`{name}`: expected records, each a map of columns");
    reader.error(&code::WRONG_TYPE, span, message, "write `[{ column: value, … }]`, or `{ file: PATH }`");
}

fn mock(reader: &mut Reader<'_>, entry: &Entry) -> Option<Mock> {
    let target = match entry.key.split_once('.') {
        Some(("lists", list)) if is_name(list) => MockTarget::List(list.to_string()),
        None if is_name(&entry.key) => MockTarget::Node(entry.key.clone()),
        _ => {
            let message = format!("`{}` is nothing that can be mocked", entry.key);
            reader.error(&code::MOCK, entry.key_span, message, "name a stage, or a list as `lists.NAME`");
            return None;
        }
    };
    let with = match (&entry.node.value, &target) {
        (Value::List(items), _) => MockWith::Items(items.clone()),
        (Value::Map(_), MockTarget::Node(_)) => MockWith::Columns(entry.node.clone()),
        (Value::Text(word), MockTarget::Node(_)) if word.text == "late" => MockWith::Late,
        (Value::Text(word), MockTarget::Node(_)) if word.text == "error" => MockWith::Error,
        _ => {
            let (what, help) = match &target {
                MockTarget::Node(_) => {
                    ("stage", "write a map of its columns, a list of records, `late` or `error`")
                }
                MockTarget::List(_) => ("list", "write a list of values"),
            };
            let message = format!("this does not mock the {what} `{}`", entry.key);
            reader.error(&code::MOCK, entry.node.span, message, help);
            return None;
        }
    };
    Some(Mock { target, span: entry.key_span, with })
}
