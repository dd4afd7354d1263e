//! The tests of a pipeline: what they give, mock and expect exists and has values of the right types.

use forebay_spec::pipeline::{Declared, Mock, MockTarget, MockWith, OutputRef, Records, Source, Test};
use forebay_spec::{fits, matcher};
use forebay_types::format::EXTRA;
use forebay_types::value::Entry as Field;
use forebay_types::{Diagnostic, Node, Report, Schema, Span, Ty, Value, code};

use crate::OWN_COLUMNS;
use crate::graph::{Entry, Link, Names};
use crate::resolve::{Resolved, Write, extra};

/// What a test may say of an input record beside its columns.
const INPUT_OWN: &[&str] = &["stream", "_time", "_arrival"];

/// Reports every mistake of the tests that the rest of the file shows. Only who runs or checks tests needs to know: a value
/// from outside may well change what they are about.
pub fn check(resolved: &Resolved<'_>, report: &mut Report) {
    let names = Names::new(resolved.pipeline);
    for test in &resolved.pipeline.tests {
        let mut cx = Case { resolved, names: &names, bad_input: expects_bad_input(test), report };
        test.input.iter().for_each(|(source, records)| cx.input(&source.value, source.span, records));
        test.mock.iter().for_each(|mock| cx.mock(mock));
        test.expect.iter().for_each(|(output, records)| cx.expect(output, records));
    }
}

/// A test of what is rejected gives wrong records on purpose.
fn expects_bad_input(test: &Test) -> bool {
    test.expect.iter().any(|(output, _)| output.node == "rejected" || output.port == "rejected")
}

struct Case<'c, 'p> {
    resolved: &'c Resolved<'p>,
    names: &'c Names<'p>,
    bad_input: bool,
    report: &'c mut Report,
}

impl<'p> Case<'_, 'p> {
    fn input(&mut self, name: &str, span: Span, records: &Records) {
        let Some(at) = self.resolved.graph.find(name) else {
            let sources = self.resolved.pipeline.sources.iter().map(|source| source.body.name.value.as_str());
            let message = format!("there is no source `{name}`");
            self.report.push(Diagnostic::error(&code::TEST_SOURCE, span, message).meant(name, sources));
            return;
        };
        let Entry::Source(source) = self.resolved.graph.nodes[at].entry else {
            let role = self.resolved.graph.nodes[at].body().role.noun();
            let message = format!("`{name}` is a {role}, and a test gives its input to sources");
            let help = format!(
                "put records in place of what it makes under `mock: {{ {name}: [...] }}`, or give them to a source"
            );
            self.report.push(Diagnostic::error(&code::TEST_SOURCE, span, message).help(help));
            return;
        };
        let (Records::Rows(rows), Some(columns)) = (records, self.resolved.checked[at].outputs.first())
        else {
            return;
        };
        if self.bad_input {
            return;
        }
        let keeps = self.resolved.checked[at].extra.is_some();
        let named = Schema { open: columns.open || keeps, ..columns.clone() };
        for row in rows {
            self.record(row, &named, INPUT_OWN, name, false);
            self.complete(source, columns, row);
        }
    }

    /// An input record has every column that has to be there. A value that is in error is there as well.
    fn complete(&mut self, source: &Source, columns: &Schema, row: &Node) {
        let is_inside =
            |at: Span| at.file == row.span.file && row.span.start <= at.start && at.end <= row.span.end;
        if self.report.diagnostics.iter().any(|diagnostic| is_inside(diagnostic.span)) {
            return;
        }
        let (Some(Declared::Columns { columns: declared, .. }), Value::Map(fields)) =
            (&source.schema, &row.value)
        else {
            return;
        };
        let missing = declared.iter().find(|column| {
            let needed = !column.ty.is_optional() && column.ty != Ty::Unknown && column.default.is_none();
            needed && !fields.iter().any(|field| field.key == column.name.value)
        });
        if let (Some(column), false) = (missing, columns.open) {
            let message = format!(
                "the record has no `{}`, so `{}` would reject it",
                column.name.value, source.body.name.value
            );
            let diagnostic = Diagnostic::error(&code::TEST_INCOMPLETE, row.span, message)
                .also(column.name.span, "declared here");
            let help =
                "write it, declare it `optional(…)`, or expect `rejected` if that is what the test shows";
            self.report.push(diagnostic.help(help));
        }
    }

    fn mock(&mut self, mock: &Mock) {
        match &mock.target {
            MockTarget::List(name) => self.mock_list(name, mock),
            MockTarget::Node(name) => self.mock_node(name, mock),
        }
    }

    fn mock_list(&mut self, name: &str, mock: &Mock) {
        let lists = &self.resolved.pipeline.lists;
        let Some(list) = lists.iter().find(|list| list.name.value == name) else {
            let known = lists.iter().map(|list| list.name.value.as_str());
            let message = format!("there is no list `{name}`");
            self.report.push(Diagnostic::error(&code::TEST_MOCK, mock.span, message).meant(name, known));
            return;
        };
        let MockWith::Items(items) = &mock.with else { return };
        items
            .iter()
            .for_each(|item| self.value(item, &list.ty, list.name.span, &format!("lists.{name}"), false));
    }

    fn mock_node(&mut self, name: &str, mock: &Mock) {
        let found = self.resolved.graph.find(name);
        let node = found.map(|at| (at, self.resolved.graph.nodes[at].entry));
        let Some((at, Entry::Stage(stage))) = node else {
            let stages = self.resolved.pipeline.stages.iter().map(|stage| stage.body.name.value.as_str());
            let message = match node {
                Some((_, entry)) => format!(
                    "`{name}` is a {}, and only stages and lists are mocked",
                    entry.body().role.noun()
                ),
                None => format!("there is no stage `{name}`"),
            };
            self.report.push(Diagnostic::error(&code::TEST_MOCK, mock.span, message).meant(name, stages));
            return;
        };
        let Some(kind) = stage.body.kind else { return };
        let checked = &self.resolved.checked[at];
        match &mock.with {
            MockWith::Columns(node) if kind.facts.adds => {
                if let Some(own) = checked.own.first() {
                    self.record(node, own, &[], name, true);
                }
            }
            MockWith::Columns(node) => {
                let message = format!(
                    "{} does not add columns to records, so its records are mocked as a list",
                    kind.name
                );
                let help = format!("write `{name}: [{{ column: value, … }}]`");
                self.report.push(Diagnostic::error(&code::TEST_MOCK, node.span, message).help(help));
            }
            MockWith::Items(items) => {
                if let Some(columns) = checked.outputs.first() {
                    items.iter().for_each(|item| self.record(item, columns, INPUT_OWN, name, true));
                }
            }
            MockWith::Late | MockWith::Error => {}
        }
    }

    fn expect(&mut self, output: &OutputRef, records: &Records) {
        let Some(columns) = self.expected(output) else { return };
        let Records::Rows(rows) = records else { return };
        let name = output.to_string();
        rows.iter().for_each(|row| self.matchers(row, &columns, &name));
    }

    /// The columns of an output, or of what a sink writes.
    fn expected(&mut self, output: &OutputRef) -> Option<Schema> {
        if output.node == "rejected" && output.port.is_empty() {
            return Some(crate::rejected_schema());
        }
        let found = self.resolved.graph.find(&output.node);
        if let (Some(at), "") = (found, output.port.as_str())
            && let Entry::Sink(_) = self.resolved.graph.nodes[at].entry
        {
            let checked = &self.resolved.checked[at];
            let input = checked.inputs.first().cloned().flatten().unwrap_or_else(Schema::unknown);
            let written = |name: &str| checked.writes.contains(&Write::Column(name.to_string()));
            let columns = input.columns.into_iter().filter(|column| written(&column.name)).collect();
            return Some(Schema { columns, open: input.open || written(EXTRA) });
        }
        if found.is_none() {
            let nodes = self.resolved.graph.nodes.iter().map(|node| node.name());
            let message = format!("there is no source, stage or sink `{}`", output.node);
            let diagnostic = Diagnostic::error(&code::TEST_OUTPUT, output.span, message);
            self.report.push(diagnostic.meant(&output.node, nodes.chain(["rejected"])));
            return None;
        }
        let (_, out) = self.names.output(output, self.report)?;
        let link = Link { from: found?, output: out, span: Span::NONE };
        let columns = self.resolved.columns(&link);
        Some(Schema { open: columns.open || extra::carried(self.resolved, &link).is_some(), ..columns })
    }

    /// A record of literals.
    fn record(&mut self, row: &Node, columns: &Schema, own: &[&str], name: &str, null_fits: bool) {
        let Value::Map(fields) = &row.value else { return };
        for field in fields.iter().filter(|field| !own.contains(&field.key.as_str())) {
            if let Some(column) = self.column(field, columns, own, name) {
                self.value(&field.node, &column.0, column.1, &field.key, null_fits);
            }
        }
    }

    /// A record of what is expected: literals and matchers.
    fn matchers(&mut self, row: &Node, columns: &Schema, name: &str) {
        let Value::Map(fields) = &row.value else { return };
        for field in fields.iter().filter(|field| !OWN_COLUMNS.contains(&field.key.as_str())) {
            let Some((ty, span)) = self.column(field, columns, OWN_COLUMNS, name) else { continue };
            match &field.node.value {
                Value::Text(text) if text.text == "any" => {}
                Value::Map(fields) if matcher::is_matcher(fields, ty.inner()) => {
                    if let Some(why) = matcher::mistake(&field.node, &ty) {
                        let message = format!("`{}`: {why}", field.key);
                        let diagnostic = Diagnostic::error(&code::TEST_VALUE, field.node.span, message);
                        self.report.push(diagnostic.help(matcher::HELP));
                    }
                }
                _ => self.value(&field.node, &ty, span, &field.key, true),
            }
        }
    }

    fn column(&mut self, field: &Field, columns: &Schema, own: &[&str], name: &str) -> Option<(Ty, Span)> {
        if let Some(column) = columns.get(&field.key) {
            return Some((column.ty.clone(), column.span));
        }
        if !columns.open {
            let message = format!("`{name}` has no column `{}`", field.key);
            let diagnostic = Diagnostic::error(&code::TEST_COLUMN, field.key_span, message);
            self.report.push(diagnostic.meant(&field.key, columns.names().chain(own.iter().copied())));
        }
        None
    }

    fn value(&mut self, node: &Node, ty: &Ty, declared: Span, name: &str, null_fits: bool) {
        if null_fits && node.value == Value::Null {
            return;
        }
        if let Err(why) = fits(node, ty) {
            let message = format!("`{name}` is {ty}: {why}");
            let mut diagnostic = Diagnostic::error(&code::TEST_VALUE, node.span, message);
            if !declared.is_none() {
                diagnostic = diagnostic.also(declared, "declared here");
            }
            self.report.push(diagnostic.help("write a value of that type"));
        }
    }
}
