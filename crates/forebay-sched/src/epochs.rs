//! The life of epochs: open, sealing (barriers under way), ready, committing, committed; or undone all together.
//!
//! Invariants: commits happen in order and one at a time; an epoch is committed only when every part has sealed
//! it and every record of it has ended; after an abort nothing of an uncommitted epoch is ever committed, since
//! its generation is gone.

use std::collections::VecDeque;

use forebay_types::Epoch;

/// How often the pipeline was set back to its last commit. What belongs to an older generation is void.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Generation(pub u32);

/// The coordinator's view of the epochs in flight.
#[derive(Debug)]
pub struct Epochs {
    /// Parts (instances of segments) that have to seal each epoch.
    parts: u32,
    /// Lanes that have to go back when epochs are undone.
    lanes: u32,
    /// Lanes with sources, each of which says when the records that it brought in have ended.
    sources: u32,
    generation: Generation,
    committed: Epoch,
    /// The epochs after the committed one that are sealing, in order.
    sealing: VecDeque<Sealing>,
    committing: bool,
    /// Lanes that have not gone back yet, while an abort is under way.
    undoing: Option<u32>,
}

#[derive(Debug)]
struct Sealing {
    epoch: Epoch,
    waiting: u32,
    /// Lanes with sources of which records have not ended.
    unsettled: u32,
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Wait,
    /// Every part has sealed it: each lane with sources is to see whether all its records have ended.
    Settle(Epoch),
    Commit(Epoch),
    /// Every lane has gone back: the sources may go on.
    Resume(Generation),
}

impl Epochs {
    pub fn new(parts: u32, lanes: u32, sources: u32, committed: Epoch) -> Epochs {
        let sealing = VecDeque::new();
        Epochs {
            parts,
            lanes,
            sources,
            generation: Generation(0),
            committed,
            sealing,
            committing: false,
            undoing: None,
        }
    }

    pub fn generation(&self) -> Generation {
        self.generation
    }

    pub fn committed(&self) -> Epoch {
        self.committed
    }

    /// A part has passed the barrier of an epoch.
    pub fn sealed(&mut self, generation: Generation, epoch: Epoch) -> Step {
        if generation != self.generation || self.undoing.is_some() {
            return Step::Wait;
        }
        let at = match self.sealing.iter().position(|s| s.epoch == epoch) {
            Some(at) => at,
            None => {
                let last = self.sealing.back().map_or(self.committed, |s| s.epoch);
                assert_eq!(epoch, last.next(), "barriers come in order");
                self.sealing.push_back(Sealing { epoch, waiting: self.parts, unsettled: self.sources });
                self.sealing.len() - 1
            }
        };
        let sealing = &mut self.sealing[at];
        sealing.waiting -= 1;
        if sealing.waiting == 0 { Step::Settle(epoch) } else { Step::Wait }
    }

    /// Every record that a lane has brought in up to the end of this epoch has ended. Each lane says it once of each epoch.
    pub fn settled(&mut self, generation: Generation, epoch: Epoch) -> Step {
        if generation == self.generation
            && self.undoing.is_none()
            && let Some(sealing) = self.sealing.iter_mut().find(|sealing| sealing.epoch == epoch)
        {
            sealing.unsettled -= 1;
        }
        self.next()
    }

    /// The commit that was asked for is durable.
    pub fn committed_now(&mut self, epoch: Epoch) -> Step {
        assert!(self.committing, "a commit that nobody asked for");
        self.committing = false;
        let front = self.sealing.pop_front().expect("the committed epoch was sealing");
        assert_eq!(front.epoch, epoch, "commits come in order");
        self.committed = epoch;
        self.next()
    }

    fn next(&mut self) -> Step {
        match self.sealing.front() {
            Some(front)
                if !self.committing
                    && self.undoing.is_none()
                    && front.waiting == 0
                    && front.unsettled == 0 =>
            {
                self.committing = true;
                Step::Commit(front.epoch)
            }
            _ => Step::Wait,
        }
    }

    /// Everything after the last commit is void; a commit under way has failed. Every lane has to go back and say so.
    pub fn abort(&mut self) -> Generation {
        self.generation.0 += 1;
        self.sealing.clear();
        self.committing = false;
        self.undoing = Some(self.lanes);
        self.generation
    }

    /// A lane has gone back to the last commit.
    pub fn undone(&mut self, generation: Generation) -> Step {
        if generation != self.generation {
            return Step::Wait;
        }
        match &mut self.undoing {
            Some(1) => {
                self.undoing = None;
                Step::Resume(self.generation)
            }
            Some(left) => {
                *left -= 1;
                Step::Wait
            }
            None => Step::Wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    #[test]
    fn an_epoch_commits_when_all_parts_have_sealed_it_and_all_records_ended() {
        let mut epochs = Epochs::new(2, 2, 1, Epoch(4));
        let now = epochs.generation();
        assert_eq!(epochs.sealed(now, Epoch(5)), Step::Wait);
        assert_eq!(epochs.sealed(now, Epoch(5)), Step::Settle(Epoch(5)));
        assert_eq!(epochs.sealed(now, Epoch(6)), Step::Wait);
        assert_eq!(epochs.settled(now, Epoch(5)), Step::Commit(Epoch(5)));
        assert_eq!(epochs.sealed(now, Epoch(6)), Step::Settle(Epoch(6)));
        assert_eq!(epochs.settled(now, Epoch(6)), Step::Wait, "one commit at a time");
        assert_eq!(epochs.committed_now(Epoch(5)), Step::Commit(Epoch(6)));
        assert_eq!(epochs.committed_now(Epoch(6)), Step::Wait);
        assert_eq!(epochs.committed(), Epoch(6));
    }

    #[test]
    fn after_an_abort_what_was_under_way_counts_for_nothing() {
        let mut epochs = Epochs::new(2, 2, 1, Epoch(0));
        let old = epochs.generation();
        epochs.sealed(old, Epoch(1));
        let new = epochs.abort();
        assert_eq!(epochs.sealed(old, Epoch(1)), Step::Wait);
        assert_eq!(epochs.undone(new), Step::Wait);
        assert_eq!(epochs.undone(new), Step::Resume(new));
        assert_eq!(epochs.sealed(new, Epoch(1)), Step::Wait);
        assert_eq!(epochs.sealed(new, Epoch(1)), Step::Settle(Epoch(1)));
    }

    /// Every order in which two parts, the settling, the disk and one abort can act, up to a depth: no commit out
    /// of order, none before all parts sealed it, none of a void generation.
    #[test]
    fn no_interleaving_breaks_the_order() {
        let mut todo = vec![Vec::new()];
        let mut longest = 0;
        while let Some(path) = todo.pop() {
            for action in 0u8..7 {
                let next: Vec<u8> = path.iter().copied().chain([action]).collect();
                // The machine is run anew along each path: it has no clone, as nobody else should need one.
                let Some(log) = run(&mut Epochs::new(2, 2, 1, Epoch(0)), &next) else { continue };
                assert!(log.windows(2).all(|w| w[0] + 1 == w[1]), "{next:?} commits {log:?}");
                longest = longest.max(log.len());
                if next.len() < 12 {
                    todo.push(next);
                }
            }
        }
        assert_eq!(longest, 3, "the search has to get as far as three commits");
    }

    /// Runs a path of actions against a machine and a model of its surroundings; false where an action cannot happen.
    fn run(epochs: &mut Epochs, path: &[u8]) -> Option<Vec<u64>> {
        let mut sealed = [0u64; 2];
        let mut settle: VecDeque<u64> = VecDeque::new();
        let mut commit: Option<u64> = None;
        let mut undo = [false; 2];
        let mut aborted = false;
        let mut log: Vec<u64> = Vec::new();
        for action in path {
            let generation = epochs.generation();
            let step = match action {
                part @ (0 | 1) => {
                    let part = *part as usize;
                    if undo[part] || undo.contains(&true) || sealed[part] >= 3 {
                        return None;
                    }
                    sealed[part] += 1;
                    epochs.sealed(generation, Epoch(sealed[part]))
                }
                2 => epochs.settled(generation, Epoch(settle.pop_front()?)),
                3 => {
                    let epoch = commit.take()?;
                    log.push(epoch);
                    epochs.committed_now(Epoch(epoch))
                }
                4 if !aborted => {
                    aborted = true;
                    undo = [true; 2];
                    settle.clear();
                    commit = None;
                    epochs.abort();
                    Step::Wait
                }
                part @ (5 | 6) => {
                    let part = *part as usize - 5;
                    if !undo[part] {
                        return None;
                    }
                    undo[part] = false;
                    sealed[part] = epochs.committed().0;
                    epochs.undone(generation)
                }
                _ => return None,
            };
            match step {
                Step::Settle(epoch) => settle.push_back(epoch.0),
                Step::Commit(epoch) => {
                    assert!(
                        sealed.iter().all(|s| *s >= epoch.0),
                        "{path:?}: {epoch} before all had sealed it"
                    );
                    assert!(commit.replace(epoch.0).is_none(), "{path:?}: two commits at once");
                }
                Step::Wait | Step::Resume(_) => {}
            }
        }
        Some(log)
    }
}
