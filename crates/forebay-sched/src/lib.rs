//! The decisions of the engine as pure functions and state machines: facts in, decisions out. No thread, no I/O,
//! and no clock: whoever calls says what time it is. That makes exhaustive tests and simulation from a seed cheap.

pub mod backoff;
pub mod breaker;
pub mod epochs;
pub mod ledger;
pub mod merge;
pub mod predict;
pub mod suspects;
