//! What time it is: the system's clock, one that a test turns by hand, or one that stands at the records.
//!
//! Invariant: the system's clock never goes back. Commits, waits and deadlines are all scheduled by it, and a wall clock
//! that is set back would stop them for as long.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Nanoseconds since 1970. Clones show the same time.
#[derive(Clone, Debug)]
pub enum Clock {
    System(Arc<Steady>),
    Manual(Arc<AtomicI64>),
    /// It is always the arrival of the record that is worked on, which has to wait for nothing: for tests of pipelines.
    Arrivals(Arc<AtomicI64>),
}

/// The time of the wall clock when it was made, carried on by what has passed since. A wall clock that runs ahead (it was
/// set, or the machine slept) is followed; one that was set back is not, and is behind this one for the rest of the run.
#[derive(Debug)]
pub struct Steady {
    began: Instant,
    /// The wall clock's time when it all began, as seen now. It only rises.
    began_at: AtomicI64,
}

impl Clock {
    pub fn system() -> Clock {
        Clock::System(Arc::new(Steady::new(wall())))
    }

    #[inline]
    pub fn now(&self) -> i64 {
        match self {
            Clock::System(steady) => steady.now(),
            Clock::Manual(time) | Clock::Arrivals(time) => time.load(Ordering::Relaxed),
        }
    }

    /// Looks at the wall clock, now and then.
    pub fn look_at_wall(&self) {
        if let Clock::System(steady) = self {
            steady.follow(wall());
        }
    }

    /// Work on a record with this arrival begins.
    #[inline]
    pub fn follow(&self, arrival: i64) {
        if let Clock::Arrivals(time) = self {
            time.store(arrival, Ordering::Relaxed);
        }
    }
}

impl Steady {
    fn new(wall: i64) -> Steady {
        Steady { began: Instant::now(), began_at: AtomicI64::new(wall) }
    }

    #[inline]
    fn now(&self) -> i64 {
        self.began_at.load(Ordering::Relaxed) + self.passed()
    }

    #[inline]
    fn passed(&self) -> i64 {
        self.began.elapsed().as_nanos() as i64
    }

    fn follow(&self, wall: i64) {
        self.began_at.fetch_max(wall - self.passed(), Ordering::Relaxed);
    }
}

fn wall() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_clock_is_followed_ahead_and_never_back() {
        let second = 1_000_000_000;
        let start = 1_767_225_600 * second;
        let clock = Steady::new(start);
        let mut last = clock.now();
        let mut check = |wall: i64, at_least: i64, at_most: i64| {
            clock.follow(wall);
            let now = clock.now();
            assert!(
                now >= last && (at_least..at_most).contains(&now),
                "{now} after {last}, wall clock {wall}"
            );
            last = now;
        };
        // A test that is held up for an hour would fail; nothing shorter does.
        let hour = 3_600 * second;
        check(start, start, start + hour);
        check(start - 24 * hour, start, start + hour);
        check(start + 24 * hour, start + 24 * hour, start + 25 * hour);
        check(start, start + 24 * hour, start + 25 * hour);
        let before = clock.now();
        while clock.now() == before {}
        assert!(clock.now() > before, "it goes on by itself");
    }
}
