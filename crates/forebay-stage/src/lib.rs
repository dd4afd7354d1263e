//! What the author of a source, stage or sink writes against: four short traits, the context that a call gets,
//! the factory that makes a node from its configuration, and helpers that take a test's input and output as
//! text tables.
//!
//! The engine calls; nobody here starts a thread or waits. A call is short, emits at most one batch a port, and
//! keeps what remains for its next turn.

mod build;
mod connection;
mod cx;
mod fault;
mod own;
mod registry;
pub mod key;
mod sink;
mod signal;
mod source;
mod stage;
mod state;
mod streams;
pub mod testing;

pub use build::{Build, Declared, ModelFile, ModelFiles, Process, Shards, SinkColumn};
pub use connection::{Connections, Secret};
pub use cx::{Cx, Outbox, Reject};
pub use fault::{Fault, FaultKind};
pub use own::{OwnColumn, OwnColumns};
pub use registry::{Factory, Make, Registry};
pub use signal::{Bell, Condition, Gate, Warning};
pub use sink::{Sealed, Sink, SinkCx, Synced};
pub use source::{Change, Chunk, Position, Read, Reader, Refused, Source, Stream};
pub use stage::{Mark, Stage, Turn};
pub use state::{Savepoint, State};
pub use streams::{StreamName, StreamNames};

// What every author needs, so that a stage names one crate.
pub use forebay_batch as batch;
pub use forebay_expr as expr;
pub use forebay_types as types;
