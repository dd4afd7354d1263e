//! A stage turns batches into batches, on one thread.

use forebay_batch::Batch;
use forebay_types::Epoch;

use crate::{Cx, Fault, State};

/// Code that turns batches into batches. What never changes about it (ports, columns, whether it keeps state) is
/// its [`Kind`](forebay_types::Kind).
pub trait Stage: Send {
    /// Works on a batch that came in on a port (the index into the kind's inputs). Every selected record has to be handed
    /// on, rejected, absorbed, or kept together with its header (in a clone of the batch): a record that is none of these
    /// is lost, and counted as a defect.
    fn push(&mut self, cx: &mut Cx<'_>, port: usize, batch: &Batch) -> Result<(), Fault>;

    /// Goes on with what a push left: for kinds that keep records ([`Facts::keeps`](forebay_types::kind::Facts)). Called after
    /// each push, and again as the answer says. With several lanes each gives out what it kept when it wants to, so the order
    /// between records of different lanes is free behind such a stage.
    fn turn(&mut self, cx: &mut Cx<'_>) -> Result<Turn, Fault> {
        let _ = cx;
        Ok(Turn::Idle)
    }

    /// Something that stands between batches. What belongs before the mark is emitted here and in the turns that follow at
    /// once, until one says that nothing is left: behind an epoch's mark a stage keeps no record of the epoch, but for what
    /// it took into its [state](Self::state) and absorbed.
    fn mark(&mut self, cx: &mut Cx<'_>, mark: Mark) -> Result<(), Fault> {
        let _ = (cx, mark);
        Ok(())
    }

    /// Forgets what is kept beside the state: the pipeline goes back to its last commit, and the records come again.
    fn reset(&mut self) {}

    /// The stage's state, where it keeps any that has to survive.
    fn state(&mut self) -> Option<&mut dyn State> {
        None
    }
}

/// When a stage wants to be called again without new input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Not before there is new input.
    Idle,
    /// As soon as others had their turn.
    Again,
    /// At this time, nanoseconds since 1970.
    At(i64),
}

/// A notice in band, in order with the batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Everything before belongs to this epoch.
    Epoch(Epoch),
    /// No more input will come: emit what is left.
    Drain,
}
