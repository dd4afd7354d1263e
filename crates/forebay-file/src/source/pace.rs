//! When records are due that are replayed at a pace: record `i` of the source at start + i / rate, counted over all
//! its streams. A reader that is behind gets all that is due by now, so the pace holds on the average whatever
//! happens in between.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) struct Pace {
    per_second: f64,
    /// The time of the first read.
    start: OnceLock<i64>,
    /// Records that were given out so far, over all streams.
    taken: AtomicU64,
}

/// Records that are due: `count` of them from number `first`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    pub first: u64,
    pub count: usize,
}

impl Pace {
    pub fn new(per_second: f64) -> Pace {
        Pace { per_second, start: OnceLock::new(), taken: AtomicU64::new(0) }
    }

    /// Takes up to `max` records that are due.
    pub fn take(&self, now: i64, max: usize) -> Due {
        let start = *self.start.get_or_init(|| now);
        let seconds = now.saturating_sub(start) as f64 / 1e9;
        // One more than the whole intervals that have passed: record 0 is due at the start.
        let mut due = (seconds * self.per_second).floor().max(0.0) as u64 + 1;
        // The two roundings have to agree, or a reader would be told a time and then find nothing due.
        if self.time_of(due) <= now {
            due += 1;
        } else if self.time_of(due - 1) > now {
            due -= 1;
        }
        let mut count = 0;
        let taken = self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |taken| {
            count = due.saturating_sub(taken).min(max as u64);
            Some(taken + count)
        });
        Due { first: taken.unwrap_or_default(), count: count as usize }
    }

    /// Gives records back that were taken and not read, or that will be read again.
    pub fn give_back(&self, count: u64) {
        let _ = self
            .taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |taken| Some(taken.saturating_sub(count)));
    }

    /// When record `number` is due.
    pub fn time_of(&self, number: u64) -> i64 {
        let start = self.start.get().copied().unwrap_or_default();
        start.saturating_add((number as f64 * 1e9 / self.per_second).ceil() as i64)
    }

    /// When the next record is due.
    pub fn next(&self) -> i64 {
        self.time_of(self.taken.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_due_one_after_the_other_and_what_is_late_is_caught_up() {
        let pace = Pace::new(4.0);
        let second = 1_000_000_000;
        let take = |at: i64, max| (pace.take(7 + at, max), pace.next() - 7);
        assert_eq!(take(0, 9), (Due { first: 0, count: 1 }, second / 4));
        assert_eq!(take(second / 4 - 1, 9), (Due { first: 1, count: 0 }, second / 4));
        assert_eq!(take(second / 4, 9), (Due { first: 1, count: 1 }, second / 2));
        assert_eq!(take(3 * second, 5), (Due { first: 2, count: 5 }, 7 * second / 4));
        assert_eq!(take(3 * second, 99), (Due { first: 7, count: 6 }, 13 * second / 4));
        pace.give_back(2);
        assert_eq!(take(3 * second, 99), (Due { first: 11, count: 2 }, 13 * second / 4));
    }

    #[test]
    fn at_the_time_that_was_named_something_is_due() {
        for rate in [3.0, 7.0, 0.1, 20_000.0, 333_333.3] {
            let pace = Pace::new(rate);
            let mut now = 1_767_225_600_000_000_000;
            for number in 0..5_000 {
                assert_eq!(pace.take(now, 1), Due { first: number, count: 1 }, "{rate}/s");
                assert_eq!(pace.take(now, 1).count, 0, "{rate}/s");
                now = pace.next();
            }
        }
    }
}
