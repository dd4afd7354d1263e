//! How long a call will take: a high quantile of what it took before, followed online.
//!
//! The estimate moves by steps that balance at the quantile (stochastic approximation of a quantile: up by
//! `step × q` on a sample above, down by `step × (1 − q)` on one below), with the step relative to the estimate, so
//! that it follows a changed load within some hundred samples and needs two words of memory.

/// The quantile that is followed.
pub const QUANTILE: f64 = 0.99;
const STEP: f64 = 0.05;

/// Predicted service time of a call with so many records: a part for the call and one for each record.
#[derive(Clone, Copy, Debug, Default)]
pub struct Predictor {
    /// Nanoseconds for a record, the call's share included.
    per_record_ns: f64,
    samples: u64,
}

impl Predictor {
    pub fn observe(&mut self, records: usize, took_ns: u64) {
        let sample = took_ns as f64 / records.max(1) as f64;
        self.samples += 1;
        if self.samples == 1 {
            self.per_record_ns = sample;
            return;
        }
        let step = (self.per_record_ns * STEP).max(1.0);
        if sample > self.per_record_ns {
            self.per_record_ns += step * QUANTILE;
        } else {
            self.per_record_ns -= step * (1.0 - QUANTILE);
        }
    }

    /// Nanoseconds that a call with so many records will hardly exceed; 0 before anything is known.
    pub fn predict_ns(&self, records: usize) -> u64 {
        (self.per_record_ns * records.max(1) as f64) as u64
    }
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
}
