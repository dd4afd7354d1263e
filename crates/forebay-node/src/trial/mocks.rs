//! What a test mocks: a stage gives way to one that adds given columns, to a source of given records, or to one whose calls
//! fail.

use forebay_plan::Resolved;
use forebay_spec::pipeline::{ColumnSpec, Declared, MockWith, Pipeline, Source, Spanned, Stage, WhenLate};
use forebay_stage::batch::Builder;
use forebay_types::format::{Extra, Format};
use forebay_types::{Column, Diagnostic, Node, Schema, Span, Value, code};

use super::setting::{become_kind, each_output, unwritten};
use super::source::{self, Item};
use super::{data, records, stand_in};

/// Puts what the test says in place of the stage `name`; `span` is where it says so.
pub(super) fn mock(
    pipeline: &mut Pipeline,
    name: &str,
    with: &MockWith,
    span: Span,
    resolved: &Resolved<'_>,
) -> Result<(), Box<Diagnostic>> {
    let stages = &mut pipeline.stages;
    let Some(at) = stages.iter().position(|stage| stage.body.name.value == name) else { return Ok(()) };
    let Some((all, own)) = resolved.first_output(name) else { return Ok(()) };
    let stage = &mut stages[at];
    match with {
        MockWith::Columns(given) => give(stage, own, &given_line(name, own, given)?, false),
        MockWith::Late if stage.on_late.value != WhenLate::Skip => {
            let message = format!("`{name}` is never left out: it does not say `on_late: skip`");
            let help = "say so at the stage, or give its columns here";
            return Err(Box::new(Diagnostic::error(&code::TEST_MOCK, span, message).help(help)));
        }
        MockWith::Late => give(stage, own, &null_line(own), true),
        MockWith::Error => {
            become_kind(&mut stage.body, &stand_in::FAILING, stand_in::config(all, "{}", false));
            only_main(stage);
        }
        MockWith::Items(rows) => {
            rows.iter().try_for_each(|row| complete(name, all, row))?;
            let items = records::in_place(rows)?;
            let stage = stages.remove(at);
            pipeline.sources.push(in_place_of(stage, all, &items));
            each_output(pipeline, |output| {
                if output.node == name && !["rejected", "behind"].contains(&output.port.as_str()) {
                    output.port.clear();
                }
            });
        }
    }
    Ok(())
}

fn give(stage: &mut Stage, own: &Schema, line: &str, late: bool) {
    become_kind(&mut stage.body, &stand_in::GIVEN, stand_in::config(own, line, late));
    only_main(stage);
}

/// A stand-in looks at nothing but the records that pass.
fn only_main(stage: &mut Stage) {
    stage.inputs.retain(|input| input.port.value == "main");
    stage.on_late = unwritten(WhenLate::Run);
}

/// A source of a stage's name that gives records in place of the stage's own.
fn in_place_of(stage: Stage, columns: &Schema, items: &[Item]) -> Source {
    let column = |column: &Column| ColumnSpec {
        name: Spanned { value: column.name.clone(), span: column.span },
        ty: column.ty.clone(),
        ty_span: column.span,
        from: None,
        default: None,
        sensitive: column.sensitive,
        doc: None,
    };
    let columns = columns.columns.iter().map(column).collect();
    let mut body = stage.body;
    become_kind(&mut body, &source::KIND, source::config(items, None));
    Source {
        body,
        format: unwritten(Format::Json),
        schema: Some(Declared::Columns { columns, open: false }),
        extra: unwritten(Extra::Ignore),
        event_time: None,
        slo: None,
        on_full: None,
    }
}

/// A record in place of a stage's own has every column that may not be null.
fn complete(name: &str, columns: &Schema, row: &Node) -> Result<(), Box<Diagnostic>> {
    let needed = |column: &&Column| !column.ty.is_optional() && value(row, &column.name).is_none();
    match columns.columns.iter().find(needed) {
        Some(column) => Err(unnamed(name, &column.name, row.span)),
        None => Ok(()),
    }
}

/// What a record says of a column, where it is not null.
fn value<'n>(row: &'n Node, column: &str) -> Option<&'n Node> {
    data::find(row, column).filter(|node| node.value != Value::Null)
}

fn unnamed(stage: &str, column: &str, span: Span) -> Box<Diagnostic> {
    let message = format!("the mock of `{stage}` gives no `{column}`, which may not be null");
    let help = format!("write `{column}: …` beside the others");
    Box::new(Diagnostic::error(&code::TEST_MOCK, span, message).help(help))
}

/// The columns of a stage as a test gives them, null where it does not say.
fn given_line(name: &str, own: &Schema, given: &Node) -> Result<String, Box<Diagnostic>> {
    let null = data::node(Value::Null);
    let mut fields = Vec::new();
    for column in &own.columns {
        match value(given, &column.name) {
            Some(node) => fields.push((column.name.as_str(), node)),
            None if column.ty.is_optional() => fields.push((column.name.as_str(), &null)),
            None => return Err(unnamed(name, &column.name, given.span)),
        }
    }
    let mut line = String::new();
    data::write_object(fields.into_iter(), &mut line);
    let mut builder = Builder::new(own.columns.iter().map(|column| &column.ty));
    builder.begin();
    let read = stand_in::reader(own).and_then(|mut json| json.read_record(line.as_bytes(), &mut builder));
    read.map_err(|error| {
        let help = "write a value that the stage could give";
        Box::new(Diagnostic::error(&code::TEST_MOCK, given.span, error.message).help(help))
    })?;
    Ok(line)
}

fn null_line(own: &Schema) -> String {
    let null = data::node(Value::Null);
    let mut line = String::new();
    data::write_object(own.names().map(|name| (name, &null)), &mut line);
    line
}
