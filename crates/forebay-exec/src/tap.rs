//! Taps: others look at what a node gives, and hold nothing of it.
//!
//! What is shown is lent for the call alone: a batch that somebody kept would hold its header, and with it the commit. Where
//! nobody looks a batch costs one look at a flag, on a cache line that every call counts on anyway. Nobody waits for whoever
//! looks: while one is added or taken away the batch goes by unseen.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

use forebay_batch::Batch;
use forebay_plan::plan::Output;
use forebay_stage::Reject;

use crate::metrics::NodeMetrics;

/// Whoever looks, on the lane's time: it has to be quick, and must not wait.
pub trait Watch: Send + Sync {
    /// A batch that leaves by an output. Records that are behind are those of the main input.
    fn batch(&self, output: Output, batch: &Batch);

    /// Records that the node has rejected, whether or not somebody reads them.
    fn rejects(&self, rejects: &[Reject]);
}

/// Everybody who looks at one instance of a node.
#[derive(Default)]
pub struct Taps(Mutex<Vec<Arc<dyn Watch>>>);

impl fmt::Debug for Taps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Taps")
    }
}

impl NodeMetrics {
    /// Shows to `watch` what the node gives from now on.
    pub fn tap(&self, watch: Arc<dyn Watch>) {
        self.change_taps(|taps| taps.push(watch));
    }

    /// Shows it nothing more.
    pub fn untap(&self, watch: &Arc<dyn Watch>) {
        self.change_taps(|taps| taps.retain(|known| !Arc::ptr_eq(known, watch)));
    }

    fn change_taps(&self, change: impl FnOnce(&mut Vec<Arc<dyn Watch>>)) {
        let mut taps = self.taps.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut taps);
        self.tapped.store(!taps.is_empty(), Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn is_tapped(&self) -> bool {
        self.tapped.load(Ordering::Relaxed)
    }

    #[cold]
    pub(crate) fn show(&self, output: Output, batch: &Batch) {
        self.each(|watch| watch.batch(output, batch));
    }

    #[cold]
    pub(crate) fn show_rejects(&self, rejects: &[Reject]) {
        if !rejects.is_empty() {
            self.each(|watch| watch.rejects(rejects));
        }
    }

    /// Who panics looks no more: a look must not end the lane.
    fn each(&self, look: impl Fn(&dyn Watch)) {
        let mut taps = match self.taps.0.try_lock() {
            Ok(taps) => taps,
            Err(TryLockError::Poisoned(taps)) => taps.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        taps.retain(|watch| catch_unwind(AssertUnwindSafe(|| look(&**watch))).is_ok());
        self.tapped.store(!taps.is_empty(), Ordering::Relaxed);
    }
}
