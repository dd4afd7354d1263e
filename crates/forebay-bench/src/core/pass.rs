//! Batches through stages that pass them on, on one lane; from two streams that are merged; and by key to two lanes and back.
//!
//! The way of each batch is timed from the first stage of a row to the last one; the mean without the slowest hundredth, in
//! which the system took the core away, divided by the stages between is what a stage costs: the median of several runs. It
//! holds all that the engine does for a call: counters, clock, crash mark, protection from panics, the batch handed on.

use super::pipeline::{self, Cost};
use super::{SIZES, kinds, median};
use crate::failure::Failure;
use crate::row::{Row, Rows};

const STAGES: usize = 7;
/// Runs of each size, in turns: what disturbs the machine for a second disturbs one run of each. The median counts.
const RUNS: usize = 7;
/// Spans that warm up, and spans that count.
const WARM: usize = 4;
const SPANS: usize = 6;

pub fn run(rows: &mut Rows) -> Result<(), Failure> {
    let mut chains: Vec<Chain> = SIZES.iter().map(|_| Chain::default()).collect();
    for run in 1..=RUNS {
        eprintln!("passing batches on, run {run} of {RUNS}");
        for (size, chain) in SIZES.into_iter().zip(&mut chains) {
            chain.run(size)?;
        }
    }
    for (size, Chain { a_stage, rest, costs }) in SIZES.into_iter().zip(chains) {
        let a_stage = median(a_stage);
        rows.add(
            Row::new(format!("a pass-through stage, {size} a batch"), a_stage, "ns/batch").target("<= 150"),
        )?;
        let case = format!("source, claims and sink around them, {size} a batch");
        rows.add(Row::new(case, median(rest), "ns/batch"))?;
        rows.add(allocations(format!("allocations, one lane, {size} a batch"), &costs))?;
    }
    for size in SIZES {
        eprintln!("two streams, merged, batches of {size}");
        let stages = format!("  one: {{ input: in, pass: {{ rows: {size} }} }}\n");
        let costs = ticks(&stages, "one", 2, 1, size, span(size))?;
        let lane = median(costs.iter().map(|cost| cost.lane_ns).collect());
        rows.add(Row::new(format!("two streams merged record by record, {size} a batch"), lane, "ns/batch"))?;
        rows.add(allocations(format!("allocations, two streams merged, {size} a batch"), &costs))?;
    }
    for size in SIZES {
        eprintln!("batches of {size} to two lanes by key and back");
        let (one, two) = (by_key(1, size)?, by_key(2, size)?);
        let process = |costs: &[Cost]| median(costs.iter().map(|cost| cost.process_ns).collect());
        let more = process(&two) - process(&one);
        rows.add(Row::new(
            format!("by key to two lanes and back, copies included, {size} a batch"),
            more,
            "ns/batch",
        ))?;
        rows.add(allocations(format!("allocations, two lanes by key, {size} a batch"), &two))?;
    }
    Ok(())
}

/// What the runs of one size gave.
#[derive(Default)]
struct Chain {
    a_stage: Vec<f64>,
    rest: Vec<f64>,
    costs: Vec<Cost>,
}

impl Chain {
    fn run(&mut self, size: usize) -> Result<(), Failure> {
        kinds::take_ways();
        let costs = chain(size)?;
        let mut ways = kinds::take_ways();
        ways.sort_unstable();
        ways.truncate(ways.len() - ways.len() / 100);
        let way = ways.iter().sum::<u64>() as f64 / ways.len() as f64;
        let a_stage = way / (STAGES - 1) as f64;
        let whole = median(costs.iter().map(|cost| cost.lane_ns).collect());
        self.a_stage.push(a_stage);
        self.rest.push(whole - way - a_stage);
        self.costs.extend(costs);
        Ok(())
    }
}

/// The worst of the spans: what a steady state has, it has in each.
fn allocations(case: String, costs: &[Cost]) -> Row {
    let most = costs.iter().map(|cost| cost.allocations).fold(0.0, f64::max);
    Row::new(case, most, "/batch").target("<= 0")
}

/// Batches a span, so that each takes some ten milliseconds.
fn span(rows: usize) -> u64 {
    (20_000_000 / (1_000 + 10 * rows as u64)).max(200)
}

fn chain(rows: usize) -> Result<Vec<Cost>, Failure> {
    let mut text = String::new();
    for at in 0..STAGES {
        let input = if at == 0 { "in".to_string() } else { format!("s{}", at - 1) };
        let gate = match at {
            0 => 1,
            last if last == STAGES - 1 => 2,
            _ => 0,
        };
        text += &format!("  s{at}: {{ input: {input}, pass: {{ rows: {rows}, gate: {gate} }} }}\n");
    }
    ticks(&text, &format!("s{}", STAGES - 1), 1, 1, rows, span(rows))
}

fn by_key(lanes: u32, rows: usize) -> Result<Vec<Cost>, Failure> {
    let stages = format!("  keyed: {{ input: in, keyed: {{ rows: {rows} }} }}\n");
    ticks(&stages, "keyed", 1, lanes, rows, span(rows))
}

fn ticks(
    stages: &str,
    last: &str,
    streams: u32,
    lanes: u32,
    rows: usize,
    span: u64,
) -> Result<Vec<Cost>, Failure> {
    let mut costs = pipeline::ticks(stages, last, streams, lanes, rows, span, (WARM + SPANS) as u64)?;
    Ok(costs.split_off(WARM))
}
