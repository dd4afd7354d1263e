//! The tests of a pipeline file: each runs the real stages on the real engine, from records that it gives to what it
//! expects, with time under its control.
//!
//! Reading order: `data` and `records` are what a test gives and expects; `setting` makes its pipeline, with `mocks` in place
//! of stages and `source`, `capture` and `stand_in` in place of what is outside, and takes out what is not `needed`; `engine`
//! runs the plan; `matching`, `pairing` and `differing` compare, `shown` tells it; `accept` writes what came into the file.
//!
//! What holds: a test touches nothing that is outside of the file but models and lists. Time is the arrival of the record
//! that is worked on, so its result is the same each time and on each machine.

mod data;
mod records;

mod setting;
mod mocks;
mod needed;
mod source;
mod capture;
mod stand_in;

mod engine;

mod matching;
mod pairing;
mod differing;
mod shown;
mod accept;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use forebay_plan::{Known, Resolved};
use forebay_spec::pipeline::{Pipeline, Test};
use forebay_stage::Registry;
use forebay_types::{Diagnostic, Files, Node, Report, Severity, Span, code};

use crate::{Error, Loaded, PipelineFile};
use engine::{Captured, Stopped};
use records::Expected;
use setting::{REJECTED, Setting, View};

pub use accept::{Edit, Place, accept, apply};
pub use differing::{Cell, Difference, Record};

/// A test that was run.
#[derive(Debug)]
pub struct Trial {
    pub name: String,
    pub span: Span,
    pub took: Duration,
    pub verdict: Verdict,
}

#[derive(Debug)]
pub enum Verdict {
    Passed,
    /// Something that it needs is not on this machine.
    Skipped(String),
    /// The test itself is wrong.
    Wrong(Report),
    /// It did not get to its end.
    Stopped(Error),
    Failed(Failure),
}

/// What was not as expected.
#[derive(Debug, Default)]
pub struct Failure {
    pub differences: Vec<Difference>,
    /// Records that were rejected and that the test does not expect.
    pub rejected: Vec<Rejected>,
    /// What would make the file say what came.
    pub edits: Vec<Edit>,
}

#[derive(Debug)]
pub struct Rejected {
    pub code: String,
    pub reason: String,
    pub node: String,
    pub stream: String,
    pub position: String,
}

/// The tests of a file, and what is wrong with it as far as they care: not that kinds of sources and sinks are unknown.
#[derive(Debug, Default)]
pub struct Trials {
    pub trials: Vec<Trial>,
    pub report: Report,
}

/// Runs the tests of a file that was loaded; `say` hears of each as it ends.
pub fn run_tests(
    registry: &Registry,
    loaded: &Loaded,
    file: &PipelineFile,
    say: &mut dyn FnMut(&Trial),
) -> Result<Trials, Error> {
    let mut trials = Trials::default();
    let Some(spec) = &file.spec else { return Ok(trials) };
    let folder = tempfile::tempdir().map_err(|error| {
        let message = format!(
            "there is no place for what tests give: {error}; set TMPDIR to a folder that can be written"
        );
        Error::new(&code::OUTPUT_UNWRITABLE, message)
    })?;
    let neutral = setting::neutral(&spec.pipeline, folder.path());
    let known = Known { models: loaded.configs(file), files: &loaded.files };
    let resolved = forebay_plan::resolve(&neutral, &known, &mut trials.report);
    forebay_plan::check_tests(&resolved, &mut trials.report);
    trials.report.diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
    trials.report.sort();
    if trials.report.errors() > 0 {
        return Ok(trials);
    }
    let registry = engine::registry(registry);
    let bench = Bench {
        registry: &registry,
        loaded,
        file,
        neutral: &neutral,
        known,
        resolved,
        folder: folder.path(),
    };
    for test in &spec.pipeline.tests {
        let began = Instant::now();
        let verdict = bench.run(test);
        let trial =
            Trial { name: test.name.value.clone(), span: test.name.span, took: began.elapsed(), verdict };
        say(&trial);
        trials.trials.push(trial);
    }
    Ok(trials)
}

/// Whether tests care about a mistake of the file: what they put others in place of may be unknown.
pub fn concerns_tests(pipeline: &Pipeline, diagnostic: &Diagnostic) -> bool {
    let is_inside = |body: Span| {
        let at = diagnostic.span;
        at.file == body.file && body.start <= at.start && at.end <= body.end
    };
    let sources = pipeline.sources.iter().map(|source| source.body.span);
    let mut ends = sources.chain(pipeline.sinks.iter().map(|sink| sink.body.span));
    diagnostic.code != &code::UNKNOWN_KIND || !ends.any(is_inside)
}

struct Bench<'a> {
    registry: &'a Registry,
    loaded: &'a Loaded,
    file: &'a PipelineFile,
    neutral: &'a Pipeline,
    known: Known<'a>,
    resolved: Resolved<'a>,
    folder: &'a Path,
}

impl Bench<'_> {
    fn run(&self, test: &Test) -> Verdict {
        let mut report = Report::default();
        let setting = setting::of(self.neutral, test, &self.resolved, self.folder, &mut report);
        let expected = self.expected(test, &mut report);
        let plan = match report.errors() {
            0 => {
                let resolved = forebay_plan::resolve(&setting.pipeline, &self.known, &mut report);
                forebay_plan::plan(resolved, &forebay_plan::Options::default(), &mut report)
            }
            _ => None,
        };
        let Some(plan) = plan else {
            report.diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
            report.sort();
            return Verdict::Wrong(report);
        };
        let captured = match engine::run(self.registry, self.loaded, self.file, plan, &setting.lists) {
            Ok(captured) => captured,
            Err(Stopped::Missing(why)) => return Verdict::Skipped(why),
            Err(Stopped::Failed(error)) => return Verdict::Stopped(error),
        };
        judge(&self.loaded.files, test, &setting, &expected, captured)
    }

    /// The expected records of each output.
    fn expected(&self, test: &Test, report: &mut Report) -> Vec<Expected> {
        let mut expected = Vec::with_capacity(test.expect.len());
        for (_, records) in &test.expect {
            match records::expected(&self.loaded.files, records) {
                Ok(records) => expected.push(records),
                Err(diagnostic) => report.push(*diagnostic),
            }
        }
        expected
    }
}

fn judge(
    files: &Files,
    test: &Test,
    setting: &Setting,
    expected: &[Expected],
    mut captured: BTreeMap<String, Captured>,
) -> Verdict {
    let mut failure = Failure::default();
    let mut report = Report::default();
    let rejected = captured.remove(REJECTED).unwrap_or_default();
    let nothing = Captured::default();
    let outputs = test.expect.iter().zip(&test.expect_spans).zip(expected).zip(&setting.views);
    for ((((output, _), span), expected), view) in outputs {
        let some_rejected;
        let came = match view {
            View::Sink(name) => captured.get(name).unwrap_or(&nothing),
            View::Rejected(None) => &rejected,
            View::Rejected(Some(node)) => {
                some_rejected = of_node(&rejected, node);
                &some_rejected
            }
        };
        differing::mistakes(expected, came, &mut report);
        if let Some(difference) = differing::difference(&output.to_string(), expected, came) {
            failure.differences.push(difference);
            failure.edits.extend(accept::edits(files, *span, expected, came));
        }
    }
    let unexpected = rejected.records.iter().filter(|record| !setting.may_reject(text(record, "node")));
    failure.rejected.extend(unexpected.map(|record| Rejected {
        code: text(record, "code").into(),
        reason: text(record, "reason").into(),
        node: text(record, "node").into(),
        stream: text(record, "stream").into(),
        position: text(record, "position").into(),
    }));
    if report.errors() > 0 {
        Verdict::Wrong(report)
    } else if failure.differences.is_empty() && failure.rejected.is_empty() {
        Verdict::Passed
    } else {
        Verdict::Failed(failure)
    }
}

fn of_node(rejected: &Captured, node: &str) -> Captured {
    let records = rejected.records.iter().filter(|record| text(record, "node") == node).cloned().collect();
    Captured { columns: rejected.columns.clone(), key: Vec::new(), records }
}

fn text<'r>(record: &'r Node, column: &str) -> &'r str {
    data::find(record, column).and_then(Node::text).map_or("", |text| &text.text)
}
