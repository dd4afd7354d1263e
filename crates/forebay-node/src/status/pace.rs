//! How fast a number grows now: over the last while, and over two commits at least, since in between nothing changes.
//!
//! Whoever looks keeps the window moving. Where nobody looked for a while it reaches back to the look before.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

const WHILE: Duration = Duration::from_secs(2);

#[derive(Debug, Default)]
pub(super) struct Pace {
    /// What was seen, oldest first.
    seen: VecDeque<(Instant, u64)>,
}

impl Pace {
    /// Notes what the number is now; gives by how much it grows a second.
    pub fn of(&mut self, number: u64, commit_every: Duration, now: Instant) -> u64 {
        self.seen.push_back((now, number));
        let span = WHILE.max(commit_every * 2);
        while self.seen.len() > 2 && now - self.seen[1].0 >= span {
            self.seen.pop_front();
        }
        // Two looks at nearly one time say the same: the window stays short however often it is looked at.
        let ago = |back: usize| self.seen.get(self.seen.len().wrapping_sub(back)).map(|(at, _)| now - *at);
        if self.seen.len() > 2 && ago(3).is_some_and(|ago| ago < span / 20) {
            self.seen.remove(self.seen.len() - 2);
        }
        let (from, before) = self.seen[0];
        let seconds = (now - from).as_secs_f64();
        if seconds > 0.0 { (number.saturating_sub(before) as f64 / seconds) as u64 } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_last_moments_however_often_somebody_looks() {
        let start = Instant::now();
        for every_ms in [1, 10, 250, 700] {
            let mut pace = Pace::default();
            let mut look = |ms: u64| {
                // 1,000 a second for ten seconds, and then nothing.
                pace.of(ms.min(10_000), Duration::from_millis(50), start + Duration::from_millis(ms))
            };
            let looks: Vec<(u64, u64)> =
                (0..=15_000 / every_ms).map(|n| (n * every_ms, look(n * every_ms))).collect();
            let at = |ms: u64| looks.iter().rev().find(|(at, _)| *at <= ms).expect("a look").1;
            assert_eq!((at(0), at(9_000)), (0, 1_000), "a look each {every_ms} ms");
            assert!((1..1_000).contains(&at(11_000)), "{}", at(11_000));
            assert_eq!(at(15_000), 0, "a look each {every_ms} ms");
            assert!(pace.seen.len() < 60, "{}", pace.seen.len());
        }
    }
}
