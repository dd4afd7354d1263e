//! The engine with nothing to do: what a batch costs on its way through stages that pass it on, across lanes, and when a
//! lane has to be woken for it; whether anything is allocated meanwhile; what streams cost that have nothing to say.
//!
//! The peer is a crossbeam channel that carries the same batches.

mod allocations;
mod kinds;
mod pipeline;
mod pass;
mod hop;
mod idle;

use crate::failure::Failure;
use crate::row::Rows;

/// Records a batch.
const SIZES: [usize; 5] = [1, 16, 256, 1_024, 4_096];

pub fn run(rows: &mut Rows) -> Result<(), Failure> {
    hop::run(rows)?;
    pass::run(rows)?;
    idle::run(rows)
}

/// The median; a figure that one disturbed span cannot move.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
