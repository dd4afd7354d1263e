//! Sleeping and waking: with real threads for long, and with every order in which two threads can meet, by loom.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use forebay_exec::park::Parker;

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
                        parker.park(Some(Duration::from_secs(5)), || value.load(Ordering::Acquire) != now);
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

/// The file itself, compiled against loom's threads and atomics.
#[allow(dead_code, reason = "the model needs no limits")]
#[path = "../src/park.rs"]
mod modelled;

mod sync {
    pub use loom::sync::Arc;
    pub use loom::sync::atomic::{AtomicBool, Ordering, fence};
    pub use loom::thread::Thread;

    pub mod thread {
        pub use loom::thread::{current, park};

        /// Time does not pass in a model: only a wake-up ends the sleep.
        pub fn park_timeout(_limit: std::time::Duration) {
            park();
        }
    }
}

/// A wake-up that is lost leaves the sleeper asleep for ever, which loom reports.
#[test]
fn whoever_acts_before_it_wakes_is_seen_in_every_order() {
    loom::model(|| {
        let parker = modelled::Parker::default();
        let waker = parker.waker();
        parker.bind();
        let ready = sync::Arc::new(sync::AtomicBool::new(false));
        let acted = ready.clone();
        // Not joined: a wake-up that comes after the sleep would end loom's waiting for the thread. A model ends with its threads.
        loom::thread::spawn(move || {
            acted.store(true, sync::Ordering::Release);
            waker.wake();
        });
        let is_ready = || ready.load(sync::Ordering::Acquire);
        while !is_ready() {
            parker.park(None, is_ready);
        }
    });
}

#[test]
fn insisting_ends_a_sleep_that_sees_no_reason() {
    loom::model(|| {
        let parker = modelled::Parker::default();
        let waker = parker.waker();
        parker.bind();
        loom::thread::spawn(move || waker.insist());
        parker.park(None, || false);
    });
}
