//! How long a transaction takes from its arrival to its being written, at a pace that does not wait for the engine.

use std::time::Duration;

use super::engine::{self, Pipeline};
use super::stream::Stream;
use crate::failure::Failure;
use crate::row::{Row, Rows};

const PACE: u32 = 20_000;
const SECONDS: u64 = 20;
const QUANTILES: [(&str, f64); 4] = [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0)];

pub fn measure(stream: &Stream, rows: &mut Rows) -> Result<(), Failure> {
    let pipeline = Pipeline::load(stream, &[format!("sources.tx.file.rate={PACE}/s")])?;
    eprintln!("{SECONDS} s at {PACE} transactions a second");
    let run = pipeline.run(Some(Duration::from_secs(SECONDS)))?;
    rows.add(Row::new(format!("done at {PACE}/s"), run.rate(), "tx/s"))?;
    for (name, quantile) in QUANTILES {
        let micros = run.latency.value_at_quantile(quantile) as f64 / 1e3;
        rows.add(Row::new(format!("arrival to written at {PACE}/s, {name}"), micros, "us"))?;
    }
    let skipped = run.skipped as f64;
    rows.add(Row::new(format!("without a score for lack of time at {PACE}/s"), skipped, "tx"))?;
    let busy = 100.0 * run.busy.as_secs_f64() / run.wall.as_secs_f64();
    rows.add(Row::new(format!("of the core at {PACE}/s"), busy, "%"))?;
    engine::clean();
    Ok(())
}
