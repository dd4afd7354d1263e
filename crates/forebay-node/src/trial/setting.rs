//! The pipeline of a test: the pipeline as it is, with records for its sources, sinks that keep what comes, and
//! stand-ins for what is mocked. It is resolved, planned and run like every other.
//!
//! What only mocked stages read is left out: nothing of it could be seen.

use std::collections::BTreeSet;
use std::path::Path;

use forebay_plan::Resolved;
use forebay_spec::Loader as _;
use forebay_spec::pipeline::{
    Body, ColumnSpec, Declared, Extra, Guarantee, Input, MockTarget, MockWith, OutputRef, Pipeline, Records,
    Scale, Sensitive, Sink, Source, Spanned, Stage, Test, WhenLate,
};
use forebay_stage::batch::Builder;
use forebay_types::kind::Role;
use forebay_types::{Diagnostic, Kind, Node, Record, Report, Schema, Span, Value, code};

use super::source::{self, Item};
use super::{capture, data, stand_in};
use crate::disk::Disk;

/// The sink that takes whatever is rejected. Names with a space cannot be taken.
pub(super) const REJECTED: &str = "all rejected";

/// A test that is ready to be planned.
pub(super) struct Setting {
    pub pipeline: Pipeline,
    /// For each output that the test expects something of, what shows it.
    pub views: Vec<View>,
    /// Values of mocked lists.
    pub lists: Vec<(String, Vec<Node>)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum View {
    /// A sink of this name keeps it.
    Sink(String),
    /// Rejected records of one node, or of all.
    Rejected(Option<String>),
}

/// The pipeline between empty sources and sinks of tests, on one machine: what all its tests have in common.
pub(super) fn neutral(pipeline: &Pipeline, folder: &Path) -> Pipeline {
    let mut neutral = pipeline.clone();
    neutral.placement = None;
    neutral.scale.value = Scale::One;
    // Nothing is published, so nothing has to be promised.
    neutral.delivery.guarantee = Some(unwritten(Guarantee::AtLeastOnce));
    for source in &mut neutral.sources {
        let event_time = source.event_time.as_ref().map(|time| time.column.value.as_str());
        let config = source::config(&[], event_time);
        become_kind(&mut source.body, &source::KIND, config);
        (source.format, source.on_full) = (None, None);
    }
    for (at, sink) in neutral.sinks.iter_mut().enumerate() {
        become_kind(&mut sink.body, &capture::KIND, capture::config(&folder.join(format!("{at}.jsonl"))));
        (sink.format, sink.delivery) = (None, None);
    }
    neutral
}

/// The pipeline of one test; what is wrong with it goes into the report.
pub(super) fn of(
    neutral: &Pipeline,
    test: &Test,
    resolved: &Resolved<'_>,
    folder: &Path,
    report: &mut Report,
) -> Setting {
    let pipeline = Pipeline { tests: Vec::new(), ..neutral.clone() };
    let mut setting = Setting { pipeline, views: Vec::new(), lists: Vec::new() };
    for (name, records) in &test.input {
        let sources = &mut setting.pipeline.sources;
        let Some(source) = sources.iter_mut().find(|source| source.body.name.value == name.value) else {
            continue;
        };
        match input(source, records) {
            Ok(items) => give(source, &items),
            Err(diagnostic) => report.push(*diagnostic),
        }
    }
    for mock in &test.mock {
        match (&mock.target, &mock.with) {
            (MockTarget::List(name), MockWith::Items(values)) => {
                setting.lists.push((name.clone(), values.clone()))
            }
            (MockTarget::List(_), _) => {}
            (MockTarget::Node(name), with) => {
                if let Err(diagnostic) = setting.mock(name, with, mock.span, resolved) {
                    report.push(*diagnostic);
                }
            }
        }
    }
    setting.expect(test, folder);
    setting.leave_out(test);
    setting
}

fn input(source: &Source, records: &Records) -> Result<Vec<Item>, Box<Diagnostic>> {
    match records {
        Records::Rows(rows) => {
            let declared = match &source.schema {
                Some(Declared::Columns { columns, .. }) => columns.as_slice(),
                _ => &[],
            };
            let input_name = |name: &str| {
                let column = declared.iter().find(|column| column.name.value == name)?;
                Some(column.from.as_ref().unwrap_or(&column.name).value.as_str())
            };
            source::items(rows, &input_name).map_err(unreadable_time)
        }
        Records::File(path) => {
            let lines = lines_of(path)?;
            let items = lines.lines().filter(|line| !line.is_empty());
            Ok(items.map(|line| Item { line: line.to_string(), ..Item::default() }).collect())
        }
    }
}

fn unreadable_time((span, why): (Span, String)) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error(&code::TEST_VALUE, span, why)
            .help("write 1767225600000, or \"2026-01-01T00:00:00Z\""),
    )
}

/// The text of a file of records.
pub(super) fn lines_of(path: &Spanned<String>) -> Result<String, Box<Diagnostic>> {
    Disk.read(&path.value).map_err(|why| {
        let message = format!("`{}` cannot be read: {why}", path.value);
        let help = "records of a test are JSON Lines, not packed; a path counts from the file that names it";
        Box::new(Diagnostic::error(&code::UNREADABLE, path.span, message).help(help))
    })
}

fn give(source: &mut Source, items: &[Item]) {
    let event_time = source.event_time.as_ref().map(|time| time.column.value.as_str());
    source.body.config = Some(source::config(items, event_time));
}

fn become_kind(body: &mut Body, kind: &'static Kind, config: Record) {
    (body.role, body.kind, body.config) = (kind.role, Some(kind), Some(config));
    body.kind_name.value = kind.name.to_string();
}

fn unwritten<T>(value: T) -> Spanned<T> {
    Spanned { value, span: Span::NONE }
}

impl Setting {
    fn mock(
        &mut self,
        name: &str,
        with: &MockWith,
        span: Span,
        resolved: &Resolved<'_>,
    ) -> Result<(), Box<Diagnostic>> {
        let stages = &mut self.pipeline.stages;
        let Some(at) = stages.iter().position(|stage| stage.body.name.value == name) else { return Ok(()) };
        let Some((all, own)) = resolved.first_output(name) else { return Ok(()) };
        let stage = &mut stages[at];
        match with {
            MockWith::Columns(given) => stand_in(stage, own, &given_line(name, own, given)?, false),
            MockWith::Late if stage.on_late.value != WhenLate::Skip => {
                let message = format!("`{name}` is never left out: it does not say `on_late: skip`");
                let help = "say so at the stage, or give its columns here";
                return Err(Box::new(Diagnostic::error(&code::TEST_MOCK, span, message).help(help)));
            }
            MockWith::Late => stand_in(stage, own, &null_line(own), true),
            MockWith::Error => {
                become_kind(&mut stage.body, &stand_in::FAILING, stand_in::config(all, "{}", false));
                only_main(stage);
            }
            MockWith::Items(rows) => {
                rows.iter().try_for_each(|row| complete(name, all, row))?;
                let items = source::items(rows, &|_| None).map_err(unreadable_time)?;
                let stage = stages.remove(at);
                self.pipeline.sources.push(in_place_of(stage, all, &items));
                self.each_output(|output| {
                    if output.node == name && !["rejected", "behind"].contains(&output.port.as_str()) {
                        output.port.clear();
                    }
                });
            }
        }
        Ok(())
    }

    fn each_output(&mut self, mut change: impl FnMut(&mut OutputRef)) {
        let Pipeline { stages, sinks, .. } = &mut self.pipeline;
        let inputs = stages.iter_mut().flat_map(|stage| &mut stage.inputs);
        let inputs = inputs.chain(sinks.iter_mut().flat_map(|sink| &mut sink.inputs));
        inputs.flat_map(|input| &mut input.from).for_each(&mut change);
    }

    /// Sinks for what is expected, and for everything that is rejected.
    fn expect(&mut self, test: &Test, folder: &Path) {
        let rejected = OutputRef { node: "rejected".into(), port: String::new(), span: Span::NONE };
        self.add_sink(REJECTED.into(), rejected, folder);
        for (output, _) in &test.expect {
            let is_sink = self.pipeline.sinks.iter().any(|sink| sink.body.name.value == output.node);
            let view = match (output.node.as_str(), output.port.as_str()) {
                ("rejected", "") => View::Rejected(None),
                (node, "rejected") => View::Rejected(Some(node.into())),
                (sink, "") if is_sink => View::Sink(sink.into()),
                (node, port) => {
                    let name = format!("expect {output}");
                    let stays = self.pipeline.sources.iter().all(|source| source.body.name.value != node);
                    let port = if stays || port == "behind" { port } else { "" };
                    let output = OutputRef { node: node.into(), port: port.into(), span: output.span };
                    self.add_sink(name.clone(), output, folder);
                    View::Sink(name)
                }
            };
            self.views.push(view);
        }
    }

    fn add_sink(&mut self, name: String, from: OutputRef, folder: &Path) {
        let path = folder.join(format!("{}.jsonl", self.pipeline.sinks.len()));
        let kind = &capture::KIND;
        self.pipeline.sinks.push(Sink {
            body: Body {
                role: Role::Sink,
                name: unwritten(name),
                span: Span::NONE,
                kind_name: unwritten(kind.name.to_string()),
                kind: Some(kind),
                config: Some(capture::config(&path)),
                broken: false,
            },
            inputs: vec![Input { port: unwritten("main".into()), from: vec![from] }],
            filter: None,
            columns: None,
            format: None,
            delivery: None,
            sensitive: unwritten(Sensitive::Omit),
        });
    }

    /// Takes out what nothing that can be seen depends on.
    fn leave_out(&mut self, test: &Test) {
        let of_rejected = |output: &&OutputRef| output.port == "rejected" || output.node == "rejected";
        let mut open: Vec<String> = test
            .expect
            .iter()
            .map(|(output, _)| output)
            .filter(of_rejected)
            .map(|o| o.node.clone())
            .collect();
        let upstream = |inputs: &[Input]| -> Vec<String> {
            let outputs = inputs.iter().flat_map(|input| &input.from).filter(|output| !of_rejected(output));
            outputs.map(|output| output.node.clone()).collect()
        };
        open.extend(self.pipeline.sinks.iter().flat_map(|sink| upstream(&sink.inputs)));
        let mut needed = BTreeSet::new();
        while let Some(name) = open.pop() {
            let stage = self.pipeline.stages.iter().find(|stage| stage.body.name.value == name);
            if needed.insert(name) {
                open.extend(stage.iter().flat_map(|stage| upstream(&stage.inputs)));
            }
        }
        let Pipeline { sources, stages, sinks, .. } = &mut self.pipeline;
        let names: Vec<&Body> =
            sources.iter().map(|s| &s.body).chain(stages.iter().map(|s| &s.body)).collect();
        let gone: BTreeSet<String> = names
            .into_iter()
            .map(|body| body.name.value.clone())
            .filter(|name| !needed.contains(name))
            .collect();
        let cut = |inputs: &mut Vec<Input>| {
            inputs.iter_mut().for_each(|input| input.from.retain(|output| !gone.contains(&output.node)));
            inputs.retain(|input| !input.from.is_empty());
        };
        sources.retain(|source| !gone.contains(&source.body.name.value));
        stages.retain(|stage| !gone.contains(&stage.body.name.value));
        stages.iter_mut().for_each(|stage| cut(&mut stage.inputs));
        sinks.iter_mut().for_each(|sink| cut(&mut sink.inputs));
        sinks.retain(|sink| !sink.inputs.is_empty());
    }
}

fn stand_in(stage: &mut Stage, own: &Schema, line: &str, late: bool) {
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
    let column = |column: &forebay_types::Column| ColumnSpec {
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
        format: None,
        schema: Some(Declared::Columns { columns, open: false }),
        extra: unwritten(Extra::Ignore),
        event_time: None,
        slo: None,
        on_full: None,
    }
}

/// A record in place of a stage's own has every column that may not be null.
fn complete(name: &str, columns: &Schema, row: &Node) -> Result<(), Box<Diagnostic>> {
    let needed = |column: &&forebay_types::Column| {
        let given = data::find(row, &column.name).filter(|node| node.value != Value::Null);
        !column.ty.is_optional() && given.is_none()
    };
    match columns.columns.iter().find(needed) {
        Some(column) => Err(unnamed(name, &column.name, row.span)),
        None => Ok(()),
    }
}

fn unnamed(stage: &str, column: &str, span: Span) -> Box<Diagnostic> {
    let message = format!("the mock of `{stage}` gives no `{column}`, which may not be null");
    Box::new(
        Diagnostic::error(&code::TEST_MOCK, span, message)
            .help(format!("write `{column}: …` beside the others")),
    )
}

/// The columns of a stage as a test gives them, null where it does not say.
fn given_line(name: &str, own: &Schema, given: &Node) -> Result<String, Box<Diagnostic>> {
    let null = data::node(Value::Null);
    let mut fields = Vec::new();
    for column in &own.columns {
        match data::find(given, &column.name).filter(|node| node.value != Value::Null) {
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
