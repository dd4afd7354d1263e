//! `fraud`: card transactions from JSON through window features, a model and rules to JSON, as `pipelines/card-fraud.yaml`
//! has it, with files in place of topics. Everything runs on one core.
//!
//! Reading order: `stream` makes the transactions; `engine` runs the pipeline on them; `whole` measures how fast it is and
//! where the time goes, beside what `alone` finds of parts that run by themselves; `latency` measures it at a given pace;
//! `windows` is window features alone, with as many keys as wanted. `parts` makes single nodes from a plan.

mod stream;
mod engine;
mod parts;
mod alone;
mod whole;
mod latency;
mod windows;

use crate::failure::Failure;
use crate::machine;
use crate::row::Rows;

pub fn run(rows: &mut Rows) -> Result<(), Failure> {
    let stream = stream::make()?;
    let core = machine::stay_on_one_core()?;
    eprintln!("all threads stay on core {core}");
    whole::measure(&stream, rows)?;
    latency::measure(&stream, rows)?;
    windows::measure(rows)
}
