//! Small numbers with a meaning.

use std::fmt;

/// A stream of a running pipeline: one file, partition, camera or channel in one incarnation. Given by the
/// engine when the stream opens; its names are in the engine's stream table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct StreamId(pub u32);

/// The place of a record in the order that everything is merged by: the highest event time so far in its stream, the
/// stream, the sequence number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MergeKey {
    /// Nanoseconds since 1970.
    pub high: i64,
    pub stream: StreamId,
    pub seq: u64,
}

/// A node of a plan, by position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct NodeId(pub u16);

/// What is committed together. Epochs count from 1 over the life of a pipeline's state; 0 is the state before
/// the first one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Epoch(pub u64);

impl Epoch {
    pub fn next(self) -> Epoch {
        Epoch(self.0 + 1)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
