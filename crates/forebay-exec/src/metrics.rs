//! What a running pipeline counts. Each counter has one writer, a lane, and any number of readers.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use hdrhistogram::Histogram;

use crate::entry::Missed;
use crate::tap::Taps;

/// A number that one thread writes and others read.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds; only the owning thread may call it, so a load and a store are enough.
    #[inline]
    pub fn add(&self, count: u64) {
        self.0.store(self.0.load(Ordering::Relaxed) + count, Ordering::Relaxed);
    }

    pub fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// One instance of a node on one lane. What every call counts lies on one cache line, which no other lane writes.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub struct NodeMetrics {
    pub records_in: Counter,
    pub records_out: Counter,
    pub batches: Counter,
    /// Nanoseconds in calls, from those that were timed: the first ones, then one in sixteen.
    pub busy_ns: Counter,
    /// Somebody watches what the node gives: `taps` has who.
    pub(crate) tapped: AtomicBool,
    pub absorbed: Counter,
    pub rejected: Counter,
    pub dropped: Counter,
    /// Records that came to a sink past their deadline, whatever became of them.
    pub late: Counter,
    /// Records that a stage was left out for.
    pub skipped: Counter,
    /// Calls that failed and were repeated on halves.
    pub failed_calls: Counter,
    pub state_keys: Counter,
    pub state_bytes: Counter,
    /// Rounds that wait in front of the node's segment.
    pub queue: Counter,
    /// How many of `skipped` and `late` belong to epochs that have ended.
    sealed_skipped: Counter,
    sealed_late: Counter,
    pub(crate) taps: Taps,
}

impl NodeMetrics {
    /// What deadlines did since the last call: the part of the epoch that ends, or is undone, now. For the lane.
    pub fn take_missed(&self) -> Missed {
        let take = |count: &Counter, sealed: &Counter| {
            let taken = count.get() - sealed.get();
            sealed.add(taken);
            taken
        };
        Missed {
            skipped: take(&self.skipped, &self.sealed_skipped),
            late: take(&self.late, &self.sealed_late),
        }
    }
}

/// Latencies of one sink: from the arrival of a record to its being written, nanoseconds.
#[derive(Debug)]
pub struct Latency {
    shared: Mutex<Histogram<u64>>,
}

/// The lane's side of [`Latency`]: recorded without a lock, handed over when an epoch is committed.
#[derive(Debug)]
pub struct LatencyRecorder {
    local: Histogram<u64>,
}

fn histogram() -> Histogram<u64> {
    // Up to an hour, to within 1 %: about 30 KiB. The bounds are constants, so this cannot fail.
    Histogram::new_with_bounds(100, 3_600_000_000_000, 2).expect("valid bounds")
}

impl Default for Latency {
    fn default() -> Latency {
        Latency { shared: Mutex::new(histogram()) }
    }
}

impl Default for LatencyRecorder {
    fn default() -> LatencyRecorder {
        LatencyRecorder { local: histogram() }
    }
}

impl LatencyRecorder {
    #[inline]
    pub fn record(&mut self, nanos: u64, count: u64) {
        self.local.saturating_record_n(nanos.max(100), count);
    }

    /// Forgets what was not handed over: it will be written once more.
    pub fn forget(&mut self) {
        self.local.reset();
    }

    /// Hands over what was recorded unless a reader looks at it just now.
    pub fn publish(&mut self, to: &Latency) {
        if !self.local.is_empty()
            && let Ok(mut shared) = to.shared.try_lock()
            && shared.add(&self.local).is_ok()
        {
            self.local.reset();
        }
    }
}

impl Latency {
    /// A copy of what was handed over so far.
    pub fn snapshot(&self) -> Histogram<u64> {
        self.shared.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }
}
