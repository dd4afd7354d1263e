//! Which messages of which epoch have been acknowledged. The lane sends, the client's thread counts answers.
//!
//! What is sent between two seals, or between two set-backs, is a *leg*. A leg has a slot with counters, and each message carries the
//! slot and its number in the leg: an answer is one atomic addition, and only a refused message is looked up.

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

    /// A message was answered.
    pub fn answered(&self, opaque: u64, error: Option<KafkaError>) {
        let slot = &self.slots[(opaque >> NUMBER_BITS) as usize % SLOTS];
        if let Some(error) = error {
            lock(&slot.refused).push((opaque & ((1 << NUMBER_BITS) - 1), error));
        }
        // After what it says of itself: whoever sees the count sees that too.
        slot.answered.fetch_add(1, Ordering::Release);
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
        legs.answered(opaques[2], None);
        legs.answered(other, None);
        assert!(legs.is_answered(&second) && !legs.is_answered(&first) && !legs.has_refused(&first));
        let refused = KafkaError::of(ErrorCode::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
        legs.answered(opaques[1], Some(refused.clone()));
        legs.answered(opaques[0], None);
        assert!(legs.is_answered(&first) && legs.has_refused(&first));
        assert_eq!(legs.take_refused(&first), [(1, refused)]);
        // A slot is used again when its leg is forgotten.
        let again = legs.begin([second].iter()).expect("a slot");
        assert_eq!(again, Leg { slot: 0, sent: 0 });
        assert!(legs.is_answered(&again));
    }
}
