//! From a pipeline file to a plan: graph, types, lanes, copies, memory and guarantees, worked out before anything
//! runs and without touching anything.
//!
//! Two steps. [`resolve`] says everything that is wrong with a file by itself; `validate` needs no more, and
//! [`check_tests`] for the tests in it. [`plan`] takes what was resolved, refuses what cannot run here or not yet, each time with the cure, and lays
//! out the rest.
//!
//! What holds: one mistake is one diagnostic. What stands behind a mistake has an open schema, and nothing that
//! could follow from it is reported again. The same file and options give the same plan, byte for byte.

mod graph;
mod resolve;
mod cases;
mod names;
mod delivery;
mod refuse;
mod build;
pub mod plan;
mod text;
mod json;

#[cfg(test)]
mod tests;

pub use build::plan;
pub use cases::check as check_tests;
pub use json::json;
pub use plan::Plan;
pub use resolve::{Known, Resolved, resolve};
pub use text::{explain, summary};

use forebay_types::{Column, Schema, Span, TimeForm, Ty};

/// What the machine gives a plan, and the numbers that it may choose.
#[derive(Clone, Debug)]
pub struct Options {
    /// OS threads that run segments.
    pub lanes: u32,
    /// Shards of every key space; fixed for the life of a state.
    pub shards: u32,
    /// Records in a batch, at most.
    pub max_batch: u32,
    /// Batches that may be under way on one edge between lanes.
    pub credits: u32,
    /// Bytes of the model files that are on this machine, by the label of the card (`NAME@VERSION`).
    pub models: Vec<(String, u64)>,
}

impl Default for Options {
    fn default() -> Options {
        Options { lanes: 1, shards: 64, max_batch: 1024, credits: 8, models: Vec::new() }
    }
}

impl Options {
    /// A lane without a shard would have nothing to do.
    pub(crate) fn lanes(&self) -> u32 {
        self.lanes.clamp(1, self.shards.max(1))
    }
}

/// The columns of rejected records, whoever rejected them.
pub fn rejected_schema() -> Schema {
    let text = ["code", "reason", "node", "source", "stream", "position"].map(|name| (name, Ty::String));
    let rest = [("time", Ty::Timestamp(TimeForm::Rfc3339)), ("bytes", Ty::Bytes.optional())];
    let columns = text.into_iter().chain(rest).map(|(name, ty)| Column::new(name, ty, Span::NONE));
    let mut schema = Schema::of(columns.collect());
    for (at, column) in schema.columns.iter_mut().enumerate() {
        column.addr.column = at as u16;
    }
    schema
}

/// Values of the header that sinks write like columns when they are listed.
pub const OWN_COLUMNS: &[&str] = &["stream", "_seq", "_time", "_arrival", "_deadline", "_late", "_model"];
