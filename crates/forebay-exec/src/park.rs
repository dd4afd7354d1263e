//! How a lane sleeps without missing a wake-up: it announces that it sleeps, looks once more, and only then
//! parks. Whoever has something for it acts first and then looks whether it sleeps. The fences make sure that
//! at least one of the two sees the other.

use std::sync::OnceLock;
use std::time::Duration;

use crate::sync::{Arc, AtomicBool, Ordering, Thread, fence, thread};

#[derive(Default)]
struct Shared {
    sleeping: AtomicBool,
    thread: OnceLock<Thread>,
}

/// The sleeping side, owned by the lane's thread.
#[derive(Default)]
pub struct Parker {
    shared: Arc<Shared>,
}

/// The waking side.
#[derive(Clone)]
pub struct Waker {
    shared: Arc<Shared>,
}

impl Parker {
    pub fn waker(&self) -> Waker {
        Waker { shared: self.shared.clone() }
    }

    /// Says that the current thread is the one to wake. Once, before the first park.
    pub fn bind(&self) {
        let _ = self.shared.thread.set(thread::current());
    }

    /// Sleeps until woken or the time is over, unless `ready` says that there is something to do.
    pub fn park(&self, limit: Option<Duration>, ready: impl FnOnce() -> bool) {
        self.shared.sleeping.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        if !ready() {
            match limit {
                Some(limit) => thread::park_timeout(limit),
                None => thread::park(),
            }
        }
        self.shared.sleeping.store(false, Ordering::Relaxed);
    }
}

impl Waker {
    /// Wakes the lane if it sleeps. Call it after whatever it is to find was made visible.
    pub fn wake(&self) {
        fence(Ordering::SeqCst);
        if self.shared.sleeping.load(Ordering::Relaxed)
            && let Some(thread) = self.shared.thread.get()
        {
            thread.unpark();
        }
    }

    /// Makes the lane look again, now or, if it is awake, instead of its next sleep: for what its own look does not show.
    pub fn insist(&self) {
        if let Some(thread) = self.shared.thread.get() {
            thread.unpark();
        }
    }
}
