//! The whole pipeline as fast as it goes, and where its time goes.

use std::time::Duration;

use super::alone;
use super::engine::{Pipeline, Run};
use super::stream::Stream;
use crate::failure::Failure;
use crate::row::{Row, Rows};

const RUNS: usize = 5;
/// Where we are going, transactions a second.
const GOAL: f64 = 200_000.0;

pub fn measure(stream: &Stream, rows: &mut Rows) -> Result<(), Failure> {
    let pipeline = Pipeline::load(stream, &[])?;
    let runs = runs(&pipeline)?;
    let (slowest, best) = match (runs.first(), runs.last()) {
        (Some(slowest), Some(best)) => (slowest, best),
        _ => return Err(Failure::new("the machine is too busy: in each run the model was left out")),
    };
    let rate = best.rate();
    rows.add(Row::new("JSON to JSON on one core", rate, "tx/s").target(">= 100000"))?;
    rows.add(Row::new("of the 200,000/s that we are going to", 100.0 * rate / GOAL, "%"))?;
    rows.add(Row::new(format!("slowest of {RUNS} runs"), slowest.rate(), "tx/s"))?;
    let busy_rate = best.published as f64 / best.busy.as_secs_f64();
    rows.add(Row::new("for each second that the core gave", busy_rate, "tx/s"))?;
    rows.add(Row::new("commits", best.epochs as f64 / best.wall.as_secs_f64(), "/s"))?;
    time(best, rows)?;
    model(stream, best, rows)
}

/// Some runs, the slowest first. One in which the model was left out for transactions that were late did less work than
/// the others, so it does not count.
fn runs(pipeline: &Pipeline) -> Result<Vec<Run>, Failure> {
    let mut runs = Vec::new();
    for number in 1..=RUNS {
        let run = pipeline.run(None)?;
        eprintln!(
            "run {number} of {RUNS}: {} transactions, {:.0} a second, {} of them without the model",
            run.published,
            run.rate(),
            run.skipped
        );
        if run.skipped == 0 {
            runs.push(run);
        }
    }
    runs.sort_by(|a, b| a.rate().total_cmp(&b.rate()));
    Ok(runs)
}

/// Where the time goes: each part beside the whole, so that the ratio is its share. All of it is time as it passes, also
/// where the core worked for somebody else.
fn time(run: &Run, rows: &mut Rows) -> Result<(), Failure> {
    let each = |took: Duration| took.as_nanos() as f64 / run.published as f64;
    let mut rest = run.wall;
    let mut part = |rows: &mut Rows, name: &str, took: Duration| {
        rest = rest.saturating_sub(took);
        rows.add(Row::new(format!("time: {name}"), each(took), "ns/tx").beside("all", each(run.wall)))
    };
    for node in run.nodes.iter().filter(|node| !node.busy.is_zero()) {
        part(rows, &format!("{}, {}", node.name, node.kind), node.busy)?;
    }
    part(rows, "commits", run.commit)?;
    rows.add(
        Row::new("time: the engine between them, with sealing", each(rest), "ns/tx")
            .beside("all", each(run.wall)),
    )
}

/// The model's share beside ONNX Runtime alone.
fn model(stream: &Stream, run: &Run, rows: &mut Rows) -> Result<(), Failure> {
    let score = run.node("score")?;
    rows.add(Row::new("transactions in a call of the model", score.batch(), "tx"))?;
    let (alone, count) = alone::model(stream, score.batch().round() as usize)?;
    let each = score.busy.as_nanos() as f64 / score.records as f64;
    let alone = alone.as_nanos() as f64 / count as f64;
    rows.add(Row::new("score, with columns to tensors and back", each, "ns/tx").beside("ONNX Runtime", alone))
}
