//! What time it is: the system's clock, one that a test turns by hand, or one that stands at the records.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Nanoseconds since 1970.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    #[default]
    System,
    Manual(Arc<AtomicI64>),
    /// It is always the arrival of the record that is worked on, which has to wait for nothing: for tests of pipelines.
    Arrivals(Arc<AtomicI64>),
}

impl Clock {
    #[inline]
    pub fn now(&self) -> i64 {
        match self {
            Clock::System => {
                SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as i64)
            }
            Clock::Manual(time) | Clock::Arrivals(time) => time.load(Ordering::Relaxed),
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
