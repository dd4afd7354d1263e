//! Which messages of which epoch have been acknowledged. The lane sends, the client's thread counts answers.
//!
//! What is sent between two seals, or between two set-backs, is a *leg*. A leg has a slot with counters, and each message carries the
//! slot and its number in the leg: answers that come together are one atomic addition, and only a refused message is looked up.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::raw::KafkaError;

/// Legs that may be under way at once: epochs that wait for their commit, and those that were undone.
const SLOTS: usize = 64;
const NUMBER_BITS: u32 = 48;

#[derive(Default)]
struct Slot {
    answered: AtomicU64,
    refused: Mutex<Vec<(u64, KafkaError)>>,
}

/// The counters of all legs.
pub struct Legs {
    slots: [Slot; SLOTS],
}

/// A leg under way, on the side that sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leg {
    slot: usize,
    pub sent: u64,
}

impl Legs {
    pub fn new() -> Legs {
        Legs { slots: std::array::from_fn(|_| Slot::default()) }
    }

    /// What the next message of a leg is sent with.
    pub fn opaque(&self, leg: &Leg) -> u64 {
        (leg.slot as u64) << NUMBER_BITS | leg.sent
    }

    /// To count answers that come together.
    pub fn answers(&self) -> Answers<'_> {
        Answers { legs: self, slot: 0, count: 0 }
    }

    /// Whether everything that was sent in a leg has been answered.
    pub fn is_answered(&self, leg: &Leg) -> bool {
        self.slots[leg.slot].answered.load(Ordering::Acquire) == leg.sent
    }

    /// Whether something of a leg was refused so far.
    pub fn has_refused(&self, leg: &Leg) -> bool {
        !lock(&self.slots[leg.slot].refused).is_empty()
    }

    /// What was refused of a leg, by number.
    pub fn take_refused(&self, leg: &Leg) -> Vec<(u64, KafkaError)> {
        std::mem::take(&mut *lock(&self.slots[leg.slot].refused))
    }

    /// A leg in a slot that none of these has; `None` while all have one.
    pub fn begin<'l>(&self, others: impl Iterator<Item = &'l Leg> + Clone) -> Option<Leg> {
        let is_free = |slot: &usize| others.clone().all(|leg| leg.slot != *slot);
        let slot = (0..SLOTS).find(is_free)?;
        self.slots[slot].answered.store(0, Ordering::Relaxed);
        lock(&self.slots[slot].refused).clear();
        Some(Leg { slot, sent: 0 })
    }
}

/// Counts answers: they come in the order of sending, so those of a leg lie together. They are seen when this is dropped, if not
/// before.
pub struct Answers<'l> {
    legs: &'l Legs,
    /// The leg of the last ones, and how many were not added yet.
    slot: usize,
    count: u64,
}

impl Answers<'_> {
    pub fn add(&mut self, opaque: u64, error: Option<KafkaError>) {
        let slot = (opaque >> NUMBER_BITS) as usize % SLOTS;
        if slot != self.slot {
            self.give();
            self.slot = slot;
        }
        if let Some(error) = error {
            lock(&self.legs.slots[slot].refused).push((opaque & ((1 << NUMBER_BITS) - 1), error));
        }
        self.count += 1;
    }

    /// After what is said of messages: whoever sees the count sees that too.
    fn give(&mut self) {
        if self.count > 0 {
            self.legs.slots[self.slot].answered.fetch_add(self.count, Ordering::Release);
            self.count = 0;
        }
    }
}

impl Drop for Answers<'_> {
    fn drop(&mut self) {
        self.give();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raw::ErrorCode;

    #[test]
    fn answers_go_to_their_leg_and_refused_ones_keep_their_number() {
        let legs = Legs::new();
        let mut first = legs.begin([].iter()).expect("a slot");
        let opaques: Vec<u64> = (0..3)
            .map(|_| {
                let opaque = legs.opaque(&first);
                first.sent += 1;
                opaque
            })
            .collect();
        let mut second = legs.begin([first].iter()).expect("another slot");
        let other = legs.opaque(&second);
        second.sent += 1;
        let answer = |opaque, error| legs.answers().add(opaque, error);
        answer(opaques[2], None);
        answer(other, None);
        assert!(legs.is_answered(&second) && !legs.is_answered(&first) && !legs.has_refused(&first));
        let refused = KafkaError::of(ErrorCode::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
        answer(opaques[1], Some(refused.clone()));
        answer(opaques[0], None);
        assert!(legs.is_answered(&first) && legs.has_refused(&first));
        assert_eq!(legs.take_refused(&first), [(1, refused)]);
        // A slot is used again when its leg is forgotten.
        let again = legs.begin([second].iter()).expect("a slot");
        assert_eq!(again, Leg { slot: 0, sent: 0 });
        assert!(legs.is_answered(&again));
    }

    #[test]
    fn answers_that_come_together_go_each_to_its_leg() {
        let check = |count: [u64; 2], answered: &[(usize, u64)], expect: [bool; 2]| {
            let legs = Legs::new();
            let first = legs.begin([].iter()).expect("a slot");
            let second = legs.begin([first].iter()).expect("another slot");
            let sent = [first, second].map(|leg| Leg { sent: count[leg.slot], ..leg });
            let mut answers = legs.answers();
            for (leg, number) in answered {
                answers.add(legs.opaque(&Leg { sent: *number, ..sent[*leg] }), None);
            }
            drop(answers);
            assert_eq!(sent.map(|leg| legs.is_answered(&leg)), expect, "{answered:?} of {count:?}");
        };
        check([2, 1], &[(0, 0), (0, 1), (1, 0)], [true, true]);
        check([1, 2], &[(1, 0), (0, 0), (1, 1)], [true, true]);
        check([2, 1], &[(0, 0), (1, 0)], [false, true]);
        check([0, 3], &[(1, 2), (1, 0)], [true, false]);
    }
}
