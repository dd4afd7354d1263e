//! The state behind `window_features`: for each key its events in order of (event time, arrival), and from them the
//! aggregates of sliding windows.
//!
//! Reading order: `layout` says what is kept of an event; `ring` and `arena` where events lie, and `near` how memory is asked for before
//! it is needed; `sums` and `extremes` how aggregates follow the events; `table`, `slots` and `view` are the way to a key and its windows;
//! `shard` is the state of a part of the key space; `journal` records every change, `change` does and undoes it, and `bytes` and `wire`
//! write changes and whole shards as bytes; `state` ties them together.
//!
//! Invariants:
//! - Only keys, events and waiting labels are state. Where a window begins and what its sum is, is worked out from
//!   them and may be forgotten at any time: a key whose cursor stands before all time starts over.
//! - Sums and counts are integers, so the same events give the same bits in whatever way they came to be there.
//! - A shard is a function of the records of that shard, in order: neither batches nor other shards have a say.
//!   So its image is the same bytes on any number of lanes.

mod layout;
mod number;
mod near;
mod arena;
mod ring;
mod sums;
mod extremes;
mod table;
mod slots;
mod view;
mod waiting;
mod shard;
mod change;
mod journal;
mod bytes;
mod wire;
mod state;

#[cfg(test)]
mod tests;

pub use layout::{Form, KeyForm, Layout, Word};
pub use number::{Fixed192, UNIT as FIXED_UNIT};
pub use shard::Key;
pub use state::{Arrival, Guess, Windows};
pub use sums::integer;
pub use view::View;
