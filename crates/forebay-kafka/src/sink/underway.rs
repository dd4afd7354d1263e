//! How much is on its way to the brokers. The lane counts what it sends and the client's thread what is answered; each number has
//! one writer, and lies on a cache line that the other side only reads.
//!
//! Invariant: what is on its way is what was sent less what was answered. An answer may be counted before the lane has said that
//! it sent the message; that is nothing on its way, and not less.

use std::sync::atomic::{AtomicU64, Ordering};

/// No round begins while so much waits for its acknowledgement, or half of it once that much did. A round that has begun is sent
/// whole, so there may be one round more. Instances of a sink on several lanes have each their share of it.
pub const MOST_BYTES: usize = 32 << 20;
pub const MOST_MESSAGES: usize = 64 << 10;

/// Counts up only. Two cache lines, since processors fetch them in pairs.
#[derive(Default)]
#[repr(align(128))]
struct Count {
    messages: AtomicU64,
    bytes: AtomicU64,
}

impl Count {
    /// For the one writer.
    fn add(&self, messages: usize, bytes: usize) {
        for (number, more) in [(&self.messages, messages), (&self.bytes, bytes)] {
            number.store(number.load(Ordering::Relaxed) + more as u64, Ordering::Relaxed);
        }
    }
}

pub struct Underway {
    sent: Count,
    answered: Count,
    most_messages: usize,
    most_bytes: usize,
}

impl Underway {
    /// For one of so many instances.
    pub fn new(instances: u32) -> Underway {
        let share = |most: usize| most / instances.max(1) as usize;
        Underway {
            sent: Count::default(),
            answered: Count::default(),
            most_messages: share(MOST_MESSAGES),
            most_bytes: share(MOST_BYTES),
        }
    }

    /// For the lane alone.
    pub fn sent(&self, messages: usize, bytes: usize) {
        self.sent.add(messages, bytes);
    }

    /// For the thread that takes answers alone.
    pub fn answered(&self, messages: usize, bytes: usize) {
        self.answered.add(messages, bytes);
    }

    pub fn is_nothing(&self) -> bool {
        self.left(|count| &count.messages) == 0
    }

    pub fn is_full(&self) -> bool {
        self.holds(self.most_messages, self.most_bytes)
    }

    pub fn has_room(&self) -> bool {
        !self.holds(self.most_messages / 2, self.most_bytes / 2)
    }

    fn holds(&self, messages: usize, bytes: usize) -> bool {
        self.left(|count| &count.messages) >= messages || self.left(|count| &count.bytes) >= bytes
    }

    fn left(&self, of: impl Fn(&Count) -> &AtomicU64) -> usize {
        let load = |count| of(count).load(Ordering::Relaxed);
        load(&self.sent).saturating_sub(load(&self.answered)) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_under_way_is_what_was_sent_less_what_was_answered() {
        let underway = Underway::new(1);
        let check = |sent: (usize, usize), answered: (usize, usize), expect: [bool; 3]| {
            underway.sent(sent.0, sent.1);
            underway.answered(answered.0, answered.1);
            let found = [underway.is_nothing(), underway.has_room(), underway.is_full()];
            assert_eq!(found, expect, "{sent:?} more, {answered:?} answered");
        };
        check((0, 0), (0, 0), [true, true, false]);
        // The answer may be counted first.
        check((0, 0), (2, 20), [true, true, false]);
        check((3, 30), (0, 0), [false, true, false]);
        check((MOST_MESSAGES / 2 - 2, 0), (0, 0), [false, true, false]);
        check((1, 0), (0, 0), [false, false, false]);
        check((MOST_MESSAGES / 2, 0), (0, 0), [false, false, true]);
        check((0, 0), (MOST_MESSAGES, 0), [true, true, false]);
        check((1, MOST_BYTES), (0, 0), [false, false, true]);
        check((0, 0), (1, MOST_BYTES + 10), [true, true, false]);
    }

    #[test]
    fn instances_share_the_room() {
        let underway = Underway::new(4);
        underway.sent(1, MOST_BYTES / 4 - 1);
        assert!(!underway.is_full() && !underway.has_room());
        underway.sent(0, 1);
        assert!(underway.is_full());
    }
}
