//! A pipeline of kinds that do nothing, planned and run by the real engine, with its log and crash marks on the disk.

use std::time::Duration;

use forebay_exec::{Job, Options, Outcome, Running, start};
use forebay_plan::{Known, Plan, plan, resolve};
use forebay_spec::{Configs, MemoryLoader};
use forebay_stage::expr::Values;
use forebay_stage::types::kind::NoModels;
use forebay_stage::types::{Files, Report};

use super::kinds::{self, Note};
use crate::failure::Failure;
use crate::machine;

/// What a span of batches took, for each batch.
pub struct Cost {
    /// On the core, by the lane that reads, nanoseconds.
    pub lane_ns: f64,
    /// On the cores, by all threads, nanoseconds.
    pub process_ns: f64,
    pub allocations: f64,
}

/// Runs `stages` between `ticks` and `nowhere`; one cost a span.
pub fn ticks(
    stages: &str,
    last: &str,
    streams: u32,
    lanes: u32,
    rows: usize,
    span: u64,
    spans: u64,
) -> Result<Vec<Cost>, Failure> {
    let spec = format!(
        "\
delivery: {{ guarantee: exactly_once, commit_every: 1h }}
sources:
  in:
    ticks: {{ rows: {rows}, span: {span}, spans: {spans}, streams: {streams} }}
    schema: {{ k: i64, at: timestamp(ns) }}
    event_time: {{ column: at, out_of_order: 1h }}
stages:
{stages}sinks: {{ out: {{ input: {last}, nowhere: {{}} }} }}
"
    );
    kinds::take_notes();
    let outcome = begin(&spec, lanes, rows)?.wait();
    if !matches!(outcome, Outcome::Complete) {
        return Err(Failure::new(format!("the pipeline did not end well: {outcome:?}")));
    }
    let notes = kinds::take_notes();
    Ok(notes.windows(2).map(|pair| cost(&pair[0], &pair[1], span)).collect())
}

fn cost(from: &Note, to: &Note, batches: u64) -> Cost {
    let each = |from: Duration, to: Duration| (to - from).as_nanos() as f64 / batches as f64;
    Cost {
        lane_ns: each(from.lane, to.lane),
        process_ns: each(from.process, to.process),
        allocations: (to.allocations - from.allocations) as f64 / batches as f64,
    }
}

/// Starts the pipeline with this `spec`.
pub fn begin(spec: &str, lanes: u32, rows: usize) -> Result<Running, Failure> {
    let plan = plan_of(spec, lanes)?;
    let options = Options {
        state_dir: Some(machine::empty_folder("core-run")?),
        max_batch: rows.max(1),
        ..Options::default()
    };
    let (registry, values) = (kinds::registry(), Values::default());
    start(Job {
        plan: &plan,
        registry: &registry,
        values: &values,
        models: &NoModels,
        connections: &NoModels,
        base: ".".into(),
        options,
    })
    .map_err(Failure::doing("start the pipeline"))
}

fn plan_of(spec: &str, lanes: u32) -> Result<Plan, Failure> {
    let indented: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    let text = format!(
        "apiVersion: forebay.dev/v1alpha1\nkind: Pipeline\nmetadata: {{ name: core }}\nspec:\n{indented}"
    );
    let loader = MemoryLoader::default().with("core.yaml", &text);
    let (mut files, mut report) = (Files::default(), Report::default());
    let (configs, options) = (Configs::default(), forebay_spec::Options::default());
    let kinds = kinds::registry().kinds();
    let read = forebay_spec::read_pipeline(
        &mut files,
        &loader,
        "core.yaml",
        &kinds,
        &configs,
        &options,
        &mut report,
    );
    let planned = read.and_then(|read| {
        let resolved = resolve(&read.pipeline, &Known { models: &configs, files: &files }, &mut report);
        let options = forebay_plan::Options { lanes, ..forebay_plan::Options::default() };
        plan(resolved, &options, &mut report)
    });
    planned.ok_or_else(|| Failure::new(report.render(&files, false)))
}
