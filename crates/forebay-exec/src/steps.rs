//! Keeps lanes that read sources in step: which round of each lane has the barrier that ends an epoch, and that none of them
//! falls behind where others wait for its rounds.
//!
//! A segment that gets rows from several lanes works on a round when it has come from all of them. A lane that has nothing to say
//! while others work gives empty ones; one that rests, since nothing comes, is passed over: the others say in its name that it has
//! nothing in a round, and it goes on with a later one. Who wants to end an epoch proposes it, and it is behind the same round of
//! every lane: one that no lane has begun yet. Where no rows cross, each lane ends the epoch with its own next round.
//!
//! Invariants: every lane gets the barriers in the same order, each once; while lanes are in step, a barrier has the same round
//! everywhere, and no lane is passed over there; a lane's rounds before its `passed` were sent or are empty; what belongs to an older
//! generation changes nothing.

use std::sync::atomic::{AtomicU64, Ordering};
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
    passed: Vec<Passed>,
}

/// Of a lane: everything that it had for rounds before this one is on its edges. For receivers, who look for a round there once
/// more after they have seen it.
pub type Passed = Arc<AtomicU64>;

#[derive(Default)]
struct Table {
    generation: Generation,
    /// The round that comes next, by lane.
    next: Vec<u64>,
    /// By lane: nothing comes, and it sleeps.
    rests: Vec<bool>,
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
    let passed = (0..count).map(|_| Passed::default()).collect();
    let table = Mutex::new(Table::new(Generation(0), count));
    let steps = Arc::new(Steps { lanes, is_in_step, table, passed });
    let step = |lane| Step { steps: steps.clone(), lane, generation: Generation(0), has_ended: false };
    (0..count).map(step).collect()
}

/// A round that a lane begins.
pub struct Round {
    /// Its number, where lanes are counted together.
    pub number: Option<u64>,
    pub barrier: Option<Barrier>,
}

impl Table {
    fn new(generation: Generation, lanes: usize) -> Table {
        Table {
            generation,
            next: vec![0; lanes],
            rests: vec![false; lanes],
            proposed: None,
            ends: vec![End::No; lanes],
        }
    }

    /// How far a lane that rests may be passed over.
    fn limit(&self, lane: usize) -> u64 {
        let open = self.proposed.as_ref().filter(|proposed| proposed.is_open[lane]);
        open.and_then(|proposed| proposed.round).unwrap_or(u64::MAX)
    }
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

    /// What receivers look at.
    pub fn passed(&self) -> Option<Passed> {
        (!self.is_alone() && self.steps.is_in_step).then(|| self.steps.passed[self.lane].clone())
    }

    /// The lane begins no round for now, and nobody has to wait for one: for those that the others have begun neither.
    pub fn rest(&self) {
        if self.is_alone() {
            return;
        }
        let mut table = self.steps.table();
        if table.generation != self.generation {
            return;
        }
        table.rests[self.lane] = true;
        let begun = table.next.iter().copied().max().unwrap_or(0);
        if self.steps.is_in_step && table.next[self.lane] < begun {
            self.pass_over(&mut table, begun);
            self.wake_others(|_| true);
        }
    }

    /// Begins the lane's next round, and proposes to end the epoch. The barrier that the round has may be another lane's, and
    /// one's own may come with a later round.
    pub fn begin(&self, wanted: Option<Barrier>) -> Round {
        if self.is_alone() {
            return Round { number: None, barrier: wanted };
        }
        let mut table = self.steps.table();
        let table = &mut *table;
        if table.generation != self.generation {
            return Round { number: None, barrier: None };
        }
        table.rests[self.lane] = false;
        if let (Some(barrier), None) = (wanted, &table.proposed) {
            let round = self.steps.is_in_step.then(|| table.next.iter().copied().max().unwrap_or(0));
            table.proposed = Some(Proposed { barrier, round, is_open: vec![true; self.lanes()] });
            self.wake_others(|_| true);
        }
        let round = table.next[self.lane];
        table.next[self.lane] += 1;
        if self.steps.is_in_step {
            self.pass_over(table, round + 1);
            self.wake_others(|lane| table.next[lane] <= round);
        }
        let has_it = |proposed: &&mut Proposed| {
            proposed.is_open[self.lane] && proposed.round.is_none_or(|behind| behind == round)
        };
        let mut barrier = None;
        if let Some(proposed) = table.proposed.as_mut().filter(has_it) {
            proposed.is_open[self.lane] = false;
            barrier = Some(proposed.barrier);
            if !proposed.is_open.contains(&true) {
                table.proposed = None;
                // They may want to end the next one.
                self.wake_others(|_| true);
            }
        }
        Round { number: self.steps.is_in_step.then_some(round), barrier }
    }

    /// Says for those that rest that they have nothing in the rounds before this one.
    fn pass_over(&self, table: &mut Table, next: u64) {
        for lane in 0..self.lanes() {
            let to = next.min(table.limit(lane));
            if table.rests[lane] && table.next[lane] < to {
                table.next[lane] = to;
                self.steps.passed[lane].store(to, Ordering::Release);
            }
        }
    }

    /// Everything that the round had is on its way.
    pub fn sent(&self, round: u64) {
        let table = self.steps.table();
        if table.generation == self.generation {
            self.steps.passed[self.lane].store(round + 1, Ordering::Release);
        }
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
            *table = Table::new(generation, self.lanes());
            self.steps.passed.iter().for_each(|passed| passed.store(0, Ordering::Release));
        }
    }

    /// Says whether streams of this lane can go on, and why one cannot. Gives a reason where those of no lane can.
    pub fn ends(&mut self, has_ended: bool, why: impl FnOnce() -> Option<Stop>) -> Option<Stop> {
        if !has_ended && !self.has_ended {
            return None;
        }
        let mut table = self.steps.table();
        if table.generation != self.generation {
            return None;
        }
        self.has_ended = has_ended;
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

    /// What a lane did, and what a receiver would see of it.
    #[derive(Default)]
    struct Seen {
        /// Rounds that were begun, each with the epoch that ends there.
        rounds: Vec<(u64, Option<u64>)>,
        epochs: u64,
    }

    impl Seen {
        fn turn(&mut self, step: &Step, wants: bool) {
            let epoch = self.epochs + 1;
            let Round { number, barrier: got } = step.begin(wants.then(|| barrier(epoch)));
            let number = number.unwrap_or(self.rounds.len() as u64);
            self.epochs += u64::from(got.is_some());
            assert!(got.is_none_or(|barrier| barrier.epoch.0 == epoch));
            self.rounds.push((number, got.map(|barrier| barrier.epoch.0)));
            if let Some(passed) = step.passed() {
                assert!(
                    passed.load(Ordering::Acquire) <= number,
                    "it was passed over, and goes on behind that"
                );
                step.sent(number);
            }
        }

        fn ends(&self) -> Vec<(u64, u64)> {
            self.rounds.iter().filter_map(|(round, epoch)| Some((*round, (*epoch)?))).collect()
        }
    }

    proptest! {
        /// Lanes take turns in any order, rest, and some want to end their epoch: every barrier comes to every lane, in order, and in
        /// step behind the same round; and nobody waits for ever for a round of a lane.
        #[test]
        fn barriers_come_to_all_lanes_in_one_order(
            turns in proptest::collection::vec((0..3usize, 0..4u8), 1..200),
            is_in_step: bool,
        ) {
            let steps = lanes(3, is_in_step);
            let mut seen: [Seen; 3] = Default::default();
            for (lane, what) in turns {
                match what {
                    0 => steps[lane].rest(),
                    _ => seen[lane].turn(&steps[lane], what == 1 && steps[lane].may_propose()),
                }
            }
            // Whoever owes a round gives it, and then nobody does.
            for _ in 0..1000 {
                for (lane, step) in steps.iter().enumerate() {
                    if step.owes() {
                        seen[lane].turn(step, false);
                    }
                }
            }
            prop_assert!(steps.iter().all(|step| !step.owes() && step.may_propose()));
            let epochs = |lane: usize| seen[lane].ends().into_iter().map(|(_, epoch)| epoch).collect::<Vec<_>>();
            prop_assert_eq!(epochs(0), epochs(1));
            prop_assert_eq!(epochs(1), epochs(2));
            if is_in_step {
                prop_assert_eq!(seen[0].ends(), seen[1].ends());
                prop_assert_eq!(seen[1].ends(), seen[2].ends());
                let passed = |lane: usize| steps[lane].passed().map(|passed| passed.load(Ordering::Acquire));
                prop_assert!(passed(0) == passed(1) && passed(1) == passed(2), "a receiver would wait");
            }
        }
    }

    #[test]
    fn what_was_proposed_before_a_set_back_is_void() {
        let mut steps = lanes(2, true);
        assert_eq!(steps[0].begin(Some(barrier(1))).barrier, Some(barrier(1)));
        assert!(steps[1].owes());
        steps[0].begin_anew(Generation(1));
        assert_eq!(steps[1].begin(Some(barrier(1))).barrier, None, "a lane that has not gone back yet");
        steps[1].sent(0);
        assert_eq!(steps[1].passed().map(|passed| passed.load(Ordering::Acquire)), Some(0));
        assert!(!steps[1].owes() && !steps[0].owes());
        steps[1].begin_anew(Generation(1));
        assert_eq!(steps[1].begin(Some(barrier(1))).barrier, Some(barrier(1)));
        assert_eq!(steps[0].begin(None).barrier, Some(barrier(1)));
    }

    #[test]
    fn a_lane_that_rests_is_passed_over_but_not_where_an_epoch_ends() {
        let steps = lanes(2, true);
        let passed = steps[1].passed().expect("in step");
        steps[1].rest();
        (0..3).for_each(|_| assert!(steps[0].begin(None).barrier.is_none()));
        assert_eq!((passed.load(Ordering::Acquire), steps[1].owes()), (3, false));
        assert!(steps[0].begin(Some(barrier(1))).barrier.is_some());
        steps[0].begin(None);
        assert_eq!((passed.load(Ordering::Acquire), steps[1].owes()), (3, true));
        let Round { number, barrier } = steps[1].begin(None);
        assert_eq!((number, barrier.is_some()), (Some(3), true));
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
