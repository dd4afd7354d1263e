//! What the lane, the thread that fetches and its client share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use crossbeam_channel::Sender;
use forebay_stage::{Bell, Change, Condition, Fault};

use super::partition::{Buffered, Partition};
use crate::raw::{Consumer, KafkaError, Listener, Place};

/// What the lane tells the thread.
pub enum Command {
    /// Set a partition back (or forth) to an offset.
    Seek {
        partition: Arc<Partition>,
        offset: i64,
    },
    /// Its reader is gone.
    Released(Arc<Partition>),
    /// Committed offsets, by partition.
    Committed(Vec<(i32, i64)>),
    /// There is room again.
    Room,
    Stop,
}

/// What thread, lane and client share.
pub struct Shared {
    pub buffered: Buffered,
    /// The thread waits for room.
    pub waits_for_room: AtomicBool,
    changes: Mutex<Vec<Change>>,
    fault: Mutex<Option<Fault>>,
    rebalances: Mutex<Vec<(bool, Vec<Place>)>>,
    errors: Mutex<Vec<KafkaError>>,
    commands: Sender<Command>,
    pub bell: Bell,
    pub condition: Condition,
    consumer: OnceLock<Weak<Consumer>>,
}

impl Shared {
    pub fn new(bell: Bell, condition: Condition, commands: Sender<Command>) -> Shared {
        Shared {
            buffered: Buffered::default(),
            waits_for_room: AtomicBool::new(false),
            changes: Mutex::default(),
            fault: Mutex::default(),
            rebalances: Mutex::default(),
            errors: Mutex::default(),
            commands,
            bell,
            condition,
            consumer: OnceLock::new(),
        }
    }

    /// Says which consumer is to be woken. Once.
    pub fn wakes(&self, consumer: &Arc<Consumer>) {
        let _ = self.consumer.set(Arc::downgrade(consumer));
    }

    pub fn tell(&self, command: Command) {
        let _ = self.commands.send(command);
        if let Some(consumer) = self.consumer.get().and_then(Weak::upgrade) {
            consumer.wake();
        }
    }

    /// Tells something that has time until the thread looks by itself.
    pub fn note(&self, command: Command) {
        let _ = self.commands.send(command);
    }

    /// Something was read.
    pub fn made_room(&self) {
        if self.waits_for_room.load(Ordering::Relaxed)
            && self.buffered.has_room()
            && self.waits_for_room.swap(false, Ordering::AcqRel)
        {
            self.tell(Command::Room);
        }
    }

    /// Whether more of a partition is on its way behind this offset: it is there, and fetching does not wait for others to be read.
    pub fn brings(&self, partition: &Partition, next: i64) -> bool {
        next < partition.end.load(Ordering::Relaxed) && !self.waits_for_room.load(Ordering::Relaxed)
    }

    /// What came and went since the last call.
    pub fn changes(&self) -> Result<Vec<Change>, Fault> {
        match lock(&self.fault).clone() {
            Some(fault) => Err(fault),
            None => Ok(std::mem::take(&mut *lock(&self.changes))),
        }
    }

    /// What the client has told since the last call.
    pub fn take_errors(&self) -> Vec<KafkaError> {
        std::mem::take(&mut *lock(&self.errors))
    }

    /// What the group has asked for since the last call: partitions to take on, or to give up.
    pub fn take_rebalances(&self) -> Vec<(bool, Vec<Place>)> {
        std::mem::take(&mut *lock(&self.rebalances))
    }

    pub fn change(&self, change: Change) {
        lock(&self.changes).push(change);
        self.bell.ring();
    }

    pub fn fail(&self, fault: Fault) {
        lock(&self.fault).get_or_insert(fault);
        self.bell.ring();
    }
}

impl Listener for Shared {
    fn error(&self, error: KafkaError) {
        lock(&self.errors).push(error);
    }

    fn rebalance(&self, assign: bool, places: Vec<Place>) {
        lock(&self.rebalances).push((assign, places));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_fetched_for_lack_of_room_is_not_on_its_way() {
        let (commands, _received) = crossbeam_channel::unbounded();
        let shared = Shared::new(Bell::new(|| {}), Condition::default(), commands);
        let partition = Partition::new("t", 0);
        partition.end.store(10, Ordering::Relaxed);
        assert!(shared.brings(&partition, 9) && !shared.brings(&partition, 10));
        shared.waits_for_room.store(true, Ordering::Relaxed);
        assert!(!shared.brings(&partition, 9));
    }
}
