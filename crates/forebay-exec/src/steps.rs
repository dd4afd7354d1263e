//! Keeps lanes that read sources in step: which round of each lane has the barrier that ends an epoch, and that none of them
//! falls behind where others wait for its rounds.
//!
//! A segment that gets rows from several lanes works on a round when all of them have sent theirs, so a lane that has nothing to
//! say sends an empty one. Who wants to end an epoch proposes it, and it is behind the same round of every lane: one that no lane has
//! begun yet. Where no rows cross, each lane ends the epoch with its own next round.
//!
//! Invariants: every lane gets the barriers in the same order, each once; while lanes are in step, a barrier has the same round
//! everywhere; what belongs to an older generation changes nothing.

use std::sync::{Mutex, MutexGuard, PoisonError};

use forebay_sched::epochs::Generation;

use crate::edge::Barrier;
use crate::node::Stop;
use crate::park::Waker;
use crate::sync::Arc;

/// What all lanes with sources share.
struct Steps {
    lanes: Vec<Waker>,
    /// Rows of all lanes meet somewhere.
    is_in_step: bool,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    generation: Generation,
    /// The round that comes next, by lane.
    next: Vec<u64>,
    proposed: Option<Proposed>,
    /// By lane.
    ends: Vec<End>,
}

/// A barrier that not every lane has taken yet.
struct Proposed {
    barrier: Barrier,
    /// The round that has it, for lanes in step.
    round: Option<u64>,
    /// By lane: it was not taken yet.
    is_open: Vec<bool>,
}

/// Whether streams of a lane can go on.
#[derive(Clone, Default)]
enum End {
    #[default]
    No,
    /// None of them can, and why the first of those that failed did.
    Yes(Option<Stop>),
}

/// One lane's side.
pub struct Step {
    steps: Arc<Steps>,
    lane: usize,
    generation: Generation,
    /// What was said last of the end.
    has_ended: bool,
}

/// For lanes with these wakers, the first of which is lane 0; where rows of all of them meet they are kept in step.
pub fn steps(lanes: Vec<Waker>, is_in_step: bool) -> Vec<Step> {
    let count = lanes.len();
    let table = Table { next: vec![0; count], ends: vec![End::No; count], ..Table::default() };
    let steps = Arc::new(Steps { lanes, is_in_step, table: Mutex::new(table) });
    let step = |lane| Step { steps: steps.clone(), lane, generation: Generation(0), has_ended: false };
    (0..count).map(step).collect()
}

impl Steps {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Step {
    /// How many lanes read sources.
    pub fn lanes(&self) -> usize {
        self.steps.lanes.len()
    }

    pub fn lane(&self) -> usize {
        self.lane
    }

    fn is_alone(&self) -> bool {
        self.lanes() == 1
    }

    /// Whether others wait for a round of this lane, which may be empty.
    pub fn owes(&self) -> bool {
        if self.is_alone() {
            return false;
        }
        let table = self.steps.table();
        let is_behind = || table.next.iter().any(|next| *next > table.next[self.lane]);
        table.generation == self.generation
            && (table.proposed.as_ref().is_some_and(|proposed| proposed.is_open[self.lane])
                || self.steps.is_in_step && is_behind())
    }

    /// Whether an epoch can be ended: the one before has ended everywhere.
    pub fn may_propose(&self) -> bool {
        self.is_alone() || self.steps.table().proposed.is_none()
    }

    /// Begins the lane's next round, and proposes to end the epoch. Gives the barrier that the round has: it may be another
    /// lane's, and one's own may come with a later round.
    pub fn begin(&self, wanted: Option<Barrier>) -> Option<Barrier> {
        if self.is_alone() {
            return wanted;
        }
        let mut table = self.steps.table();
        let table = &mut *table;
        if table.generation != self.generation {
            return None;
        }
        if let (Some(barrier), None) = (wanted, &table.proposed) {
            let round = self.steps.is_in_step.then(|| table.next.iter().copied().max().unwrap_or(0));
            table.proposed = Some(Proposed { barrier, round, is_open: vec![true; self.lanes()] });
            self.wake_others(|_| true);
        }
        let round = table.next[self.lane];
        table.next[self.lane] += 1;
        if self.steps.is_in_step {
            self.wake_others(|lane| table.next[lane] <= round);
        }
        let has_it = |proposed: &&mut Proposed| {
            proposed.is_open[self.lane] && proposed.round.is_none_or(|behind| behind == round)
        };
        let proposed = table.proposed.as_mut().filter(has_it)?;
        proposed.is_open[self.lane] = false;
        let barrier = proposed.barrier;
        if !proposed.is_open.contains(&true) {
            table.proposed = None;
            // They may want to end the next one.
            self.wake_others(|_| true);
        }
        Some(barrier)
    }

    fn wake_others(&self, which: impl Fn(usize) -> bool) {
        let others = self.steps.lanes.iter().enumerate().filter(|(lane, _)| *lane != self.lane);
        others.filter(|(lane, _)| which(*lane)).for_each(|(_, waker)| waker.wake());
    }

    /// The lane has gone back to the last commit.
    pub fn begin_anew(&mut self, generation: Generation) {
        self.generation = generation;
        self.has_ended = false;
        let mut table = self.steps.table();
        if table.generation < generation {
            let lanes = self.lanes();
            *table = Table { generation, next: vec![0; lanes], ends: vec![End::No; lanes], proposed: None };
        }
    }

    /// Says whether streams of this lane can go on, and why one cannot. Gives a reason where those of no lane can.
    pub fn ends(&mut self, has_ended: bool, why: impl FnOnce() -> Option<Stop>) -> Option<Stop> {
        if !has_ended && !self.has_ended {
            return None;
        }
        self.has_ended = has_ended;
        let mut table = self.steps.table();
        table.ends[self.lane] = if has_ended { End::Yes(why()) } else { End::No };
        let reasons = table.ends.iter().map(|end| match end {
            End::No => None,
            End::Yes(reason) => Some(reason.clone()),
        });
        reasons.collect::<Option<Vec<_>>>()?.into_iter().flatten().next()
    }
}

#[cfg(test)]
mod tests {
    use forebay_stage::Fault;
    use forebay_stage::types::code;
    use forebay_types::Epoch;
    use proptest::prelude::*;

    use super::*;
    use crate::park::Parker;

    fn barrier(epoch: u64) -> Barrier {
        Barrier { epoch: Epoch(epoch), drain: false, complete: false }
    }

    fn lanes(count: usize, is_in_step: bool) -> Vec<Step> {
        steps((0..count).map(|_| Parker::default().waker()).collect(), is_in_step)
    }

    proptest! {
        /// Lanes take turns in any order, and some want to end their epoch: every barrier comes to every lane, in order, and in step
        /// behind the same round.
        #[test]
        fn barriers_come_to_all_lanes_in_one_order(
            turns in proptest::collection::vec((0..3usize, any::<bool>()), 1..200),
            is_in_step: bool,
        ) {
            let steps = lanes(3, is_in_step);
            let mut rounds = [0u64; 3];
            let mut taken: [Vec<(u64, u64)>; 3] = Default::default();
            let mut turn = |lane: usize, wants: bool| {
                let epoch = taken[lane].len() as u64 + 1;
                if let Some(got) = steps[lane].begin(wants.then(|| barrier(epoch))) {
                    prop_assert_eq!(got.epoch.0, epoch);
                    taken[lane].push((epoch, rounds[lane]));
                }
                rounds[lane] += 1;
                Ok(())
            };
            for (lane, wants) in turns {
                let may = steps[lane].may_propose();
                turn(lane, wants && may)?;
            }
            // Whoever owes a round gives it, and then nobody does.
            for _ in 0..1000 {
                for (lane, step) in steps.iter().enumerate() {
                    if step.owes() {
                        turn(lane, false)?;
                    }
                }
            }
            prop_assert!(steps.iter().all(|step| !step.owes() && step.may_propose()));
            let epochs = |lane: usize| taken[lane].iter().map(|(epoch, _)| *epoch).collect::<Vec<_>>();
            prop_assert_eq!(epochs(0), epochs(1));
            prop_assert_eq!(epochs(1), epochs(2));
            if is_in_step {
                prop_assert_eq!(&taken[0], &taken[1]);
                prop_assert_eq!(&taken[1], &taken[2]);
                prop_assert!(rounds.iter().all(|round| *round == rounds[0]));
            }
        }
    }

    #[test]
    fn what_was_proposed_before_a_set_back_is_void() {
        let mut steps = lanes(2, true);
        assert_eq!(steps[0].begin(Some(barrier(1))), Some(barrier(1)));
        assert!(steps[1].owes());
        steps[0].begin_anew(Generation(1));
        assert_eq!(steps[1].begin(Some(barrier(1))), None, "a lane that has not gone back yet");
        assert!(!steps[1].owes() && !steps[0].owes());
        steps[1].begin_anew(Generation(1));
        assert_eq!(steps[1].begin(Some(barrier(1))), Some(barrier(1)));
        assert_eq!(steps[0].begin(None), Some(barrier(1)));
    }

    #[test]
    fn a_pipeline_ends_for_what_failed_when_no_lane_can_go_on() {
        let mut steps = lanes(2, false);
        let failed = || Some(Stop::new("tx", Fault::fatal(&code::KAFKA_FAILED, "gone")));
        assert!(steps[0].ends(true, failed).is_none(), "the other one goes on");
        assert!(steps[1].ends(false, || None).is_none());
        assert!(steps[1].ends(true, || None).is_some());
        assert!(steps[0].ends(false, || None).is_none());
        assert!(steps[1].ends(true, || None).is_none());
    }
}
