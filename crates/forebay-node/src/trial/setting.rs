//! The pipeline of a test: the pipeline as it is, with records for its sources, sinks that keep what comes, and
//! stand-ins for what is mocked. It is resolved, planned and run like every other.
//!
//! What only mocked stages read is left out: nothing of it could be seen.

use std::path::Path;

use forebay_plan::Resolved;
use forebay_spec::pipeline::{
    Body, Guarantee, Input, MockTarget, MockWith, OutputRef, Pipeline, Scale, Sensitive, Sink, Spanned, Test,
};
use forebay_types::format::Format;
use forebay_types::kind::Role;
use forebay_types::{Kind, Node, Record, Report, Span};

use super::needed::{is_rejected, keep_needed};
use super::{capture, mocks, records, source};

/// The sink that takes whatever is rejected. Names with a space cannot be taken.
pub(super) const REJECTED: &str = "all rejected";

/// A test that is ready to be planned.
pub(super) struct Setting {
    pub pipeline: Pipeline,
    /// For each output that the test expects something of, what shows it.
    pub views: Vec<View>,
    /// Nodes whose rejected records the test expects, by themselves or in a sink; `None` stands for all.
    pub may_reject: Vec<Option<String>>,
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
        (source.format, source.on_full) = (unwritten(Format::Json), None);
    }
    for (at, sink) in neutral.sinks.iter_mut().enumerate() {
        become_kind(&mut sink.body, &capture::KIND, capture::config(&folder.join(format!("{at}.jsonl"))));
        (sink.format, sink.delivery) = (unwritten(Format::Json), None);
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
    let mut setting = Setting { pipeline, views: Vec::new(), may_reject: Vec::new(), lists: Vec::new() };
    setting.expect_rejected(test);
    setting.give(test, report);
    setting.mock(test, resolved, report);
    setting.expect(test, folder);
    let rejecting = test.expect.iter().map(|(output, _)| output).filter(|output| is_rejected(output));
    keep_needed(&mut setting.pipeline, rejecting.map(|output| output.node.clone()).collect());
    setting
}

pub(super) fn become_kind(body: &mut Body, kind: &'static Kind, config: Record) {
    (body.role, body.kind, body.config) = (kind.role, Some(kind), Some(config));
    body.kind_name.value = kind.name.to_string();
}

pub(super) fn unwritten<T>(value: T) -> Spanned<T> {
    Spanned { value, span: Span::NONE }
}

/// Every place where an output is read.
pub(super) fn each_output(pipeline: &mut Pipeline, change: impl FnMut(&mut OutputRef)) {
    let Pipeline { stages, sinks, .. } = pipeline;
    let inputs = stages.iter_mut().flat_map(|stage| &mut stage.inputs);
    let inputs = inputs.chain(sinks.iter_mut().flat_map(|sink| &mut sink.inputs));
    inputs.flat_map(|input| &mut input.from).for_each(change);
}

impl Setting {
    /// Whether rejected records of this node are expected.
    pub(super) fn may_reject(&self, node: &str) -> bool {
        self.may_reject.iter().any(|named| named.as_deref().is_none_or(|named| named == node))
    }

    fn expect_rejected(&mut self, test: &Test) {
        let named = |output: &OutputRef| match (output.node.as_str(), output.port.as_str()) {
            ("rejected", "") => Some(None),
            (node, "rejected") => Some(Some(node.to_string())),
            _ => None,
        };
        for (output, _) in &test.expect {
            let sink = self.pipeline.sinks.iter().find(|sink| sink.body.name.value == output.node);
            let read = sink.iter().flat_map(|sink| &sink.inputs).flat_map(|input| &input.from);
            self.may_reject.extend(read.chain([output]).filter_map(named));
        }
    }

    fn give(&mut self, test: &Test, report: &mut Report) {
        for (name, given) in &test.input {
            let may_be_bad = self.may_reject(&name.value);
            let sources = &mut self.pipeline.sources;
            let Some(source) = sources.iter_mut().find(|source| source.body.name.value == name.value) else {
                continue;
            };
            match records::input(source, given, may_be_bad) {
                Ok(items) => {
                    let event_time = source.event_time.as_ref().map(|time| time.column.value.as_str());
                    source.body.config = Some(source::config(&items, event_time));
                }
                Err(diagnostic) => report.push(*diagnostic),
            }
        }
    }

    fn mock(&mut self, test: &Test, resolved: &Resolved<'_>, report: &mut Report) {
        for mock in &test.mock {
            match (&mock.target, &mock.with) {
                (MockTarget::List(name), MockWith::Items(values)) => {
                    self.lists.push((name.clone(), values.clone()))
                }
                (MockTarget::List(_), _) => {}
                (MockTarget::Node(name), with) => {
                    if let Err(why) = mocks::mock(&mut self.pipeline, name, with, mock.span, resolved) {
                        report.push(*why);
                    }
                }
            }
        }
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
                    // What is mocked with records is a source, which has one output.
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
            format: unwritten(Format::Json),
            delivery: None,
            sensitive: unwritten(Sensitive::Omit),
        });
    }
}
