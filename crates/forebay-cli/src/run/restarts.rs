//! When a worker that has died is started again, and when no more. A state machine without a clock: times come from outside.
//!
//! What holds: a worker that was killed from outside is always started again, since that says nothing about its work; one that
//! died by its own doing is, while crashes get somewhere and are not too many. Nothing is ever started in a tight loop.

use std::collections::VecDeque;
use std::time::Duration;

/// Crashes in a row that may happen without anything being committed. A record that crashes its worker is set aside at the
/// third start, so that several bad records at the very beginning fit.
const BARREN: u32 = 8;

/// Crashes within [`SPAN`] that may happen although each one gets somewhere: a few bad records cost two each, and what takes
/// more than these is no matter of records.
const CRASHES: usize = 50;
const SPAN: Duration = Duration::from_secs(600);

/// How long the next worker waits, doubled with each one in a row that committed nothing.
const FIRST: Duration = Duration::from_millis(100);
/// After a crash it is back soon: after [`BARREN`] of them it is over.
const LONGEST_AFTER_CRASH: Duration = Duration::from_secs(1);
/// Who is killed again and again most likely lacks memory, and a start costs more of it.
const LONGEST_AFTER_KILL: Duration = Duration::from_secs(30);

/// Why a worker died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// By what it was doing: the records in flight are suspects.
    Crash,
    /// By running into a limit of the system, which it would do with other records too.
    Limit,
    /// By somebody else, the system that is out of memory included.
    Kill,
}

#[derive(Debug, Default)]
pub struct Restarts {
    /// Crashes within the span, oldest first.
    crashes: VecDeque<Duration>,
    /// Deaths, and crashes among them, since something was last committed.
    barren: u32,
    barren_crashes: u32,
}

impl Restarts {
    /// A worker died at a time; `progress` when it had committed something. Gives the wait for the next one, or why there
    /// is to be none.
    pub fn died(&mut self, cause: Cause, progress: bool, at: Duration) -> Result<Duration, String> {
        if progress {
            (self.barren, self.barren_crashes) = (0, 0);
        }
        self.barren = self.barren.saturating_add(1);
        let longest = if cause == Cause::Kill { LONGEST_AFTER_KILL } else { LONGEST_AFTER_CRASH };
        if cause != Cause::Kill {
            self.barren_crashes += 1;
            self.crashes.push_back(at);
            self.crashes.retain(|crash| at.saturating_sub(*crash) < SPAN);
            if self.barren_crashes >= BARREN {
                return Err(format!("{BARREN} workers crashed without anything being committed in between"));
            }
            if self.crashes.len() >= CRASHES {
                let minutes = SPAN.as_secs() / 60;
                return Err(format!("{CRASHES} workers crashed within {minutes} minutes"));
            }
        }
        Ok(FIRST.saturating_mul(1 << (self.barren - 1).min(16)).min(longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Waits in milliseconds of deaths a second apart, each `c`rash, `l`imit or `k`ill, in capitals with a commit before; the
    /// last word is why it is over.
    fn check(deaths: &str, expect: &str) {
        let mut restarts = Restarts::default();
        let mut at = Duration::ZERO;
        let waits = deaths.chars().map(|death| {
            let cause = match death.to_ascii_lowercase() {
                'c' => Cause::Crash,
                'l' => Cause::Limit,
                _ => Cause::Kill,
            };
            at += Duration::from_secs(1);
            match restarts.died(cause, death.is_ascii_uppercase(), at) {
                Ok(wait) => wait.as_millis().to_string(),
                Err(why) => why,
            }
        });
        assert_eq!(waits.collect::<Vec<_>>().join(" "), expect, "{deaths}");
    }

    const OVER: &str = "8 workers crashed without anything being committed in between";

    #[test]
    fn crashes_that_get_nowhere_end_it() {
        check("ccccccc", "100 200 400 800 1000 1000 1000");
        check("Cccccccc", &format!("100 200 400 800 1000 1000 1000 {OVER}"));
        check("llllllll", &format!("100 200 400 800 1000 1000 1000 {OVER}"));
        check("cccCcc", "100 200 400 100 200 400");
    }

    #[test]
    fn kills_never_do_and_the_waits_grow() {
        check("KKKK", "100 100 100 100");
        check("kkkkkkkkkkkk", "100 200 400 800 1600 3200 6400 12800 25600 30000 30000 30000");
        // They leave the count of crashes as it was.
        check("cccckkcccc", &format!("100 200 400 800 1600 3200 1000 1000 1000 {OVER}"));
    }

    #[test]
    fn too_many_crashes_within_a_while_end_it_whatever_they_committed() {
        let mut restarts = Restarts::default();
        let mut crash = |second: u64| restarts.died(Cause::Crash, true, Duration::from_secs(second)).is_ok();
        assert!((0..200).all(|number| crash(number * 20)), "one in 20 s goes on and on");
        let over = (0..100).position(|_| !crash(4_000));
        assert_eq!(over, Some(50 - 29 - 1), "those of the last ten minutes count");
    }

    #[test]
    fn a_worker_that_crashed_is_back_within_three_seconds() {
        let mut restarts = Restarts::default();
        let waits = (0..BARREN - 1).map(|_| restarts.died(Cause::Crash, false, Duration::ZERO).unwrap());
        assert!(waits.max().unwrap() < Duration::from_secs(3));
    }
}
