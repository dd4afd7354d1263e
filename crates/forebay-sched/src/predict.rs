//! How long a call will take: a high quantile of what it took before, followed online.
//!
//! The estimate moves by steps that balance at the quantile (stochastic approximation of a quantile: up by
//! `step × q` on a sample above, down by `step × (1 − q)` on one below), with the step relative to the estimate, so
//! that it follows a changed load within some hundred samples and needs two words of memory.

/// The quantile that is followed.
pub const QUANTILE: f64 = 0.99;
const STEP: f64 = 0.05;

/// Sizes of calls up to 2^15 records are told apart by their power of two; larger ones are one class.
const CLASSES: usize = 16;

/// Predicted service time of a call with so many records. A call takes some time for itself, so calls of a size tell
/// about calls of that size: each class of sizes has an estimate of its own.
#[derive(Clone, Copy, Debug, Default)]
pub struct Predictor {
    classes: [Class; CLASSES],
}

#[derive(Clone, Copy, Debug, Default)]
struct Class {
    /// Nanoseconds for a record, the call's share included.
    per_record_ns: f64,
    is_known: bool,
}

impl Predictor {
    pub fn observe(&mut self, records: usize, took_ns: u64) {
        let sample = took_ns as f64 / records.max(1) as f64;
        let class = &mut self.classes[class_of(records)];
        if !std::mem::replace(&mut class.is_known, true) {
            class.per_record_ns = sample;
            return;
        }
        let step = (class.per_record_ns * STEP).max(1.0);
        if sample > class.per_record_ns {
            class.per_record_ns += step * QUANTILE;
        } else {
            class.per_record_ns -= step * (1.0 - QUANTILE);
        }
    }

    /// A call with so many records was not made since it was expected to take too long. Nothing is learnt while nothing is tried, so
    /// each time a little less of that is believed: what was slow for a while is tried again.
    pub fn spare(&mut self, records: usize) {
        for class in &mut self.classes[..=class_of(records)] {
            class.per_record_ns *= 1.0 - STEP;
        }
    }

    /// Nanoseconds that a call with so many records will hardly exceed; 0 before anything is known. Of a size that was not seen yet,
    /// smaller calls are asked, which take longer for a record, and then larger ones.
    pub fn predict_ns(&self, records: usize) -> u64 {
        let (up_to, above) = self.classes.split_at(class_of(records) + 1);
        let known = up_to.iter().rev().chain(above).find(|class| class.is_known);
        known.map_or(0, |class| (class.per_record_ns * records.max(1) as f64) as u64)
    }
}

fn class_of(records: usize) -> usize {
    (records.max(1).ilog2() as usize).min(CLASSES - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_settles_at_the_high_quantile_and_follows_a_change() {
        let mut predictor = Predictor::default();
        // 1 µs mostly, 5 µs in 2 of 100: the 99th percentile is 5 µs.
        let mut run = |slow: u64, count: usize| {
            for i in 0..count {
                predictor.observe(1, if i % 50 == 0 { slow } else { 1_000 });
            }
            predictor.predict_ns(1)
        };
        let first = run(5_000, 20_000);
        assert!((3_500..=6_500).contains(&first), "{first}");
        let later = run(20_000, 20_000);
        assert!((14_000..=26_000).contains(&later), "{later}");
    }

    #[test]
    fn what_small_calls_take_for_a_record_is_not_asked_of_large_ones() {
        let mut predictor = Predictor::default();
        // 50 µs a call and 1 µs a record.
        let took = |records: usize| 50_000 + 1_000 * records as u64;
        for _ in 0..500 {
            predictor.observe(1, took(1));
        }
        assert!(predictor.predict_ns(1_000) > 50_000_000, "nothing better is known");
        for _ in 0..500 {
            predictor.observe(1_000, took(1_000));
        }
        let found = [1, 1_000].map(|records| predictor.predict_ns(records) as f64 / took(records) as f64);
        assert!(found.iter().all(|ratio| (0.8..1.3).contains(ratio)), "{found:?}");
    }

    #[test]
    fn what_was_slow_for_a_while_is_tried_again() {
        let mut predictor = Predictor::default();
        predictor.observe(100, 1_000_000_000);
        let mut spared = 0;
        while predictor.predict_ns(100) > 200_000_000 {
            predictor.spare(100);
            spared += 1;
        }
        assert!((10..100).contains(&spared), "{spared}");
    }
}
