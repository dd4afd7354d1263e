//! How a lane sleeps without missing a wake-up: it announces that it sleeps, looks once more, and only then
//! parks. Whoever has something for it acts first and then looks whether it sleeps. The fences make sure that
//! at least one of the two sees the other.

use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Arc, OnceLock};
use std::thread::{self, Thread};
use std::time::Duration;

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
}

impl Waker {
    /// Makes the lane look again, now or, if it is awake, instead of its next sleep: for what its own look does not show.
    pub fn insist(&self) {
        if let Some(thread) = self.shared.thread.get() {
            thread.unpark();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use super::*;

    /// Two threads hand a number back and forth; a lost wake-up would hang, the time limit makes it fail.
    #[test]
    fn no_wake_up_is_lost() {
        const ROUNDS: u64 = 20_000;
        let value = Arc::new(AtomicU64::new(0));
        let parkers = [Parker::default(), Parker::default()];
        let wakers = [parkers[1].waker(), parkers[0].waker()];
        let threads: Vec<_> = parkers
            .into_iter()
            .zip(wakers)
            .enumerate()
            .map(|(me, (parker, other))| {
                let value = value.clone();
                thread::spawn(move || {
                    parker.bind();
                    loop {
                        let now = value.load(Ordering::Acquire);
                        if now >= ROUNDS {
                            other.wake();
                            return true;
                        }
                        if now % 2 == me as u64 {
                            value.store(now + 1, Ordering::Release);
                            other.wake();
                        } else {
                            let start = std::time::Instant::now();
                            parker
                                .park(Some(Duration::from_secs(5)), || value.load(Ordering::Acquire) != now);
                            if start.elapsed() > Duration::from_secs(4) {
                                return false;
                            }
                        }
                    }
                })
            })
            .collect();
        assert!(threads.into_iter().all(|thread| thread.join().unwrap()));
    }
}
