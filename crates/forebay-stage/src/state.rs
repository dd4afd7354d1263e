//! State that survives: a journal of changes that can be undone, committed with the epoch, and restored.

use forebay_types::Epoch;

use crate::Fault;

/// A position in a state's undo journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Savepoint(pub u64);

/// State of a stage, divided into shards of the key space (see [`Shards`](crate::Shards)).
///
/// Every change is in two journals: the epoch's delta, which applied to the state before the epoch gives the
/// state after it bit by bit, and the undo journal, which takes changes back in reverse order.
pub trait State {
    /// Where the undo journal stands now; taken before each call.
    fn savepoint(&self) -> Savepoint;

    /// Takes every change since the savepoint back, from the delta as well.
    fn rollback(&mut self, to: Savepoint);

    /// Ends the epoch: appends its delta to `delta` and begins the next one. Undo for it is kept until
    /// [`committed`](Self::committed).
    fn seal(&mut self, epoch: Epoch, delta: &mut Vec<u8>);

    /// The epoch is durable: undo for it and those before is not needed any more.
    fn committed(&mut self, epoch: Epoch);

    /// Takes everything after the last committed epoch back.
    fn abort(&mut self);

    /// Appends the whole state of a shard, as of now. Only asked for between a seal and the first change after it.
    fn image(&self, shard: u32, image: &mut Vec<u8>);

    /// Sets a shard to an image, before any delta.
    fn load(&mut self, shard: u32, image: &[u8]) -> Result<(), Fault>;

    /// Applies a sealed delta, as far as it concerns shards that are wanted. A state that runs on several lanes is
    /// given the deltas of all of them and takes what is its own.
    fn apply(&mut self, delta: &[u8], wanted: &dyn Fn(u32) -> bool) -> Result<(), Fault>;

    /// Keys and bytes held, for metrics and the memory check.
    fn size(&self) -> (u64, u64);
}
