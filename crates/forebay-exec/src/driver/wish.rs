//! What the outside wants of a pipeline that runs.

use std::sync::atomic::{AtomicU8, Ordering};

/// What the outside asks of the sources. A drain is never taken back, and wins over a pause.
#[derive(Debug, Default)]
pub struct Wish(AtomicU8);

const RUN: u8 = 0;
const PAUSE: u8 = 1;
const DRAIN: u8 = 2;
const TRIPPED: u8 = 3;

impl Wish {
    /// Take in nothing more and give out what is there.
    pub fn drain(&self) {
        self.0.store(DRAIN, Ordering::Release);
    }

    /// Take in nothing until [`resume`](Self::resume); what was taken in goes its way and is committed.
    pub fn pause(&self) {
        let _ = self.0.compare_exchange(RUN, PAUSE, Ordering::AcqRel, Ordering::Acquire);
    }

    pub fn resume(&self) {
        let held = |wish| [PAUSE, TRIPPED].contains(&wish).then_some(RUN);
        let _ = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, held);
    }

    /// A pause that nobody asked for: the breaker tripped. Says whether it begins; one that somebody asked for goes on as it is.
    pub fn trip(&self) -> bool {
        self.0.compare_exchange(RUN, TRIPPED, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    pub fn is_tripped(&self) -> bool {
        self.0.load(Ordering::Acquire) == TRIPPED
    }

    pub fn is_drain(&self) -> bool {
        self.0.load(Ordering::Acquire) == DRAIN
    }

    pub fn is_pause(&self) -> bool {
        [PAUSE, TRIPPED].contains(&self.0.load(Ordering::Acquire))
    }
}
