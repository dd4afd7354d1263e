//! The breaker: says when too many of a source's records were rejected of late.
//!
//! Time is cut into slots, a sixtieth of the window each; what was counted in a slot is forgotten as a whole, so that the window is
//! at most one slot shorter than asked for. It has no clock: each count says when it is.
//!
//! What holds: it trips only on what stands in the window, when that is at least so many records and more than the share of them
//! was rejected; nothing that was counted before [`Breaker::clear`] counts after it.

use std::collections::{BTreeMap, VecDeque};

use forebay_types::end::ReasonId;

const SLOTS: i64 = 60;

/// When it trips.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// More than this share of the records that ended.
    pub share: f64,
    /// Within so many nanoseconds.
    pub over_ns: i64,
    /// Of at least so many records.
    pub least: u64,
}

#[derive(Clone, Debug)]
pub struct Breaker {
    limits: Limits,
    slots: VecDeque<Slot>,
    ended: u64,
    rejected: u64,
}

#[derive(Clone, Debug, Default)]
struct Slot {
    number: i64,
    ended: u64,
    rejected: BTreeMap<ReasonId, u64>,
}

/// What stands in the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tripped {
    pub ended: u64,
    pub rejected: u64,
    /// The reason of most of them, and how many.
    pub most: (ReasonId, u64),
}

impl Breaker {
    pub fn new(limits: Limits) -> Breaker {
        Breaker { limits, slots: VecDeque::new(), ended: 0, rejected: 0 }
    }

    /// So many records have ended at a time; the reason says that they were rejected. Time that goes back counts as the time
    /// before.
    pub fn add(&mut self, now: i64, rejected: Option<ReasonId>, count: u64) {
        let number = now.div_euclid((self.limits.over_ns / SLOTS).max(1));
        let number = self.slots.back().map_or(number, |last| last.number.max(number));
        self.forget(number);
        if self.slots.back().is_none_or(|last| last.number != number) {
            self.slots.push_back(Slot { number, ..Slot::default() });
        }
        let slot = self.slots.back_mut().expect("it was put there");
        slot.ended += count;
        self.ended += count;
        if let Some(reason) = rejected {
            *slot.rejected.entry(reason).or_default() += count;
            self.rejected += count;
        }
    }

    /// Whether too many were rejected, as of the last count.
    pub fn tripped(&self) -> Option<Tripped> {
        let is_over = self.rejected as f64 > self.limits.share * self.ended as f64;
        if !is_over || self.ended < self.limits.least {
            return None;
        }
        let mut by_reason: BTreeMap<ReasonId, u64> = BTreeMap::new();
        for (reason, count) in self.slots.iter().flat_map(|slot| &slot.rejected) {
            *by_reason.entry(*reason).or_default() += count;
        }
        let most = by_reason.into_iter().max_by_key(|(_, count)| *count)?;
        Some(Tripped { ended: self.ended, rejected: self.rejected, most })
    }

    /// The window begins anew.
    pub fn clear(&mut self) {
        self.slots.clear();
        (self.ended, self.rejected) = (0, 0);
    }

    fn forget(&mut self, now: i64) {
        while self.slots.front().is_some_and(|slot| slot.number <= now - SLOTS) {
            let Some(slot) = self.slots.pop_front() else { break };
            self.ended -= slot.ended;
            self.rejected -= slot.rejected.values().sum::<u64>();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: i64 = 1_000_000_000;
    const LIMITS: Limits = Limits { share: 0.05, over_ns: 60 * SECOND, least: 100 };

    /// `SECONDS GOOD BAD`, one after the other; what is said after the last.
    #[track_caller]
    fn check(counts: &[(i64, u64, u64)], expect: Option<(u64, u64)>) {
        let mut breaker = Breaker::new(LIMITS);
        for (second, good, bad) in counts {
            breaker.add(second * SECOND, None, *good);
            breaker.add(second * SECOND, Some(ReasonId(3)), *bad);
        }
        let tripped = breaker.tripped();
        assert_eq!(tripped.map(|tripped| (tripped.rejected, tripped.ended)), expect, "{counts:?}");
    }

    #[test]
    fn it_trips_on_more_than_the_share_of_enough_records() {
        check(&[(0, 0, 1)], None);
        check(&[(0, 0, 99)], None);
        check(&[(0, 0, 100)], Some((100, 100)));
        check(&[(0, 95, 5)], None);
        check(&[(0, 94, 6)], Some((6, 100)));
        check(&[(0, 9_600, 400)], None);
        check(&[(0, 94, 6), (1, 1_000, 0)], None);
        check(&[(0, 500, 0), (30, 0, 30)], Some((30, 530)));
        // What was good long ago excuses nothing, and what was bad long ago counts no more.
        check(&[(0, 5_000, 0), (61, 90, 10)], Some((10, 100)));
        check(&[(0, 0, 90), (61, 100, 0)], None);
    }

    #[test]
    fn the_reason_of_most_is_told_and_nothing_from_before_counts_again() {
        let mut breaker = Breaker::new(LIMITS);
        for (at, reason, count) in [(0, 1, 40), (1, 2, 30), (2, 2, 30)] {
            breaker.add(at * SECOND, Some(ReasonId(reason)), count);
        }
        assert_eq!(breaker.tripped().map(|tripped| tripped.most), Some((ReasonId(2), 60)));
        breaker.clear();
        assert_eq!(breaker.tripped(), None);
        breaker.add(3 * SECOND, Some(ReasonId(1)), 99);
        assert_eq!(breaker.tripped(), None);
    }

    proptest! {
        /// Beside a list of everything that was counted.
        #[test]
        fn it_counts_what_stands_in_the_window(
            counts in prop::collection::vec((0..20_i64, prop::option::of(0..3_u16), 1..50_u64), 1..200)
        ) {
            let mut breaker = Breaker::new(LIMITS);
            let (mut all, mut now) = (Vec::new(), 0);
            for (later, reason, count) in counts {
                now += later;
                breaker.add(now * SECOND, reason.map(ReasonId), count);
                all.push((now, reason, count));
                let inside = || all.iter().filter(|(at, ..)| *at > now - 60);
                let ended: u64 = inside().map(|(.., count)| count).sum();
                let rejected: u64 = inside().filter(|(_, reason, _)| reason.is_some()).map(|(.., count)| count).sum();
                let trips = ended >= 100 && rejected * 20 > ended;
                let tripped = breaker.tripped();
                prop_assert_eq!(tripped.is_some(), trips);
                if let Some(tripped) = tripped {
                    prop_assert_eq!((tripped.ended, tripped.rejected), (ended, rejected));
                    let of = |id: u16| inside().filter(|(_, reason, _)| *reason == Some(id)).map(|(.., count)| count).sum::<u64>();
                    prop_assert_eq!(tripped.most.1, (0..3).map(of).max().unwrap_or(0));
                    prop_assert_eq!(of(tripped.most.0.0), tripped.most.1);
                }
            }
        }
    }
}
