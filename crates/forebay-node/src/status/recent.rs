//! The last while of a histogram that only ever grows: what it holds now without what it held then.
//!
//! Whoever looks keeps the window moving. Where nobody looked for longer than the window, it reaches back to the look before.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

/// What a user who watches means by "now".
const SPAN: Duration = Duration::from_secs(10);
/// Copies are this far apart: the window is longer than [`SPAN`] by less.
const STEP: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Recent {
    /// Copies, oldest first. The first one is what the window begins with; `None` is nothing, at the very start.
    copies: VecDeque<(Instant, Option<Histogram<u64>>)>,
}

impl Recent {
    pub fn since(start: Instant) -> Recent {
        Recent { copies: [(start, None)].into() }
    }

    /// What `all` has gained within the window.
    pub fn of(&mut self, all: Histogram<u64>, now: Instant) -> Histogram<u64> {
        while self.copies.get(1).is_some_and(|(at, _)| now.duration_since(*at) >= SPAN) {
            self.copies.pop_front();
        }
        let mut gained = all.clone();
        if let Some((_, Some(before))) = self.copies.front() {
            // It only grows, so there is never less now than before.
            let _ = gained.subtract(before);
        }
        if self.copies.back().is_none_or(|(at, _)| now.duration_since(*at) >= STEP) {
            self.copies.push_back((now, Some(all)));
        }
        gained
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Somebody looks every second, and finds so many values and the highest of them.
    #[test]
    fn what_is_older_than_the_window_does_not_count() {
        let start = Instant::now();
        let mut recent = Recent::since(start);
        let mut all = Histogram::new_with_bounds(1, 1_000_000, 3).unwrap();
        let values = [(0, 900), (5, 50), (12, 70), (31, 3)];
        let mut look = |second: u64| {
            let new = values.iter().filter(|(at, _)| *at == second);
            new.for_each(|(_, value)| all.record(*value).unwrap());
            let gained = recent.of(all.clone(), start + Duration::from_secs(second));
            (gained.len(), gained.max())
        };
        let looks: Vec<_> = (0..32).map(&mut look).collect();
        assert_eq!([looks[0], looks[9]], [(1, 900), (2, 900)], "at the start all of it counts");
        assert_eq!([looks[11], looks[12]], [(1, 50), (2, 70)]);
        assert_eq!([looks[15], looks[22], looks[31]], [(1, 70), (0, 0), (1, 3)]);
    }

    #[test]
    fn copies_are_few_however_often_it_is_looked_at() {
        let start = Instant::now();
        let mut recent = Recent::since(start);
        let all = Histogram::new_with_bounds(1, 1_000, 2).unwrap();
        for look in 0..1_000 {
            recent.of(all.clone(), start + look * Duration::from_millis(50));
        }
        assert!(recent.copies.len() <= 12, "{}", recent.copies.len());
    }
}
