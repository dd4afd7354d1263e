//! A partition between the thread that fetches and the lane that reads: messages that were fetched and not read.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use forebay_stage::{Fault, FaultKind};

use crate::raw::Message;

/// One partition for as long as this process has it. It has another one when it comes back.
pub struct Partition {
    pub number: i32,
    /// `TOPIC/PARTITION`.
    pub name: String,
    /// The offset that is read next, for whoever counts what is still to come.
    pub next: AtomicI64,
    /// The offset that is written next, as of the last fetch.
    pub end: AtomicI64,
    /// Messages that are there and were not read, as of the last look.
    pub lag: Arc<AtomicU64>,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    messages: VecDeque<Message>,
    /// It is being set back: what comes until then is of before.
    seeking: bool,
    /// Why nothing comes any more.
    fault: Option<Fault>,
}

/// What was fetched and not read, over all partitions of a source.
#[derive(Default)]
pub struct Buffered {
    messages: AtomicUsize,
    bytes: AtomicUsize,
}

/// Fetching stops at the first of these and goes on at half of them.
pub const MOST_MESSAGES: usize = 32 << 10;
pub const MOST_BYTES: usize = 32 << 20;

impl Buffered {
    pub fn add(&self, messages: usize, bytes: usize) {
        self.messages.fetch_add(messages, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub fn take(&self, messages: usize, bytes: usize) {
        self.messages.fetch_sub(messages, Ordering::Relaxed);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub fn is_full(&self) -> bool {
        self.holds(MOST_MESSAGES, MOST_BYTES)
    }

    pub fn has_room(&self) -> bool {
        !self.holds(MOST_MESSAGES / 2, MOST_BYTES / 2)
    }

    fn holds(&self, messages: usize, bytes: usize) -> bool {
        self.messages.load(Ordering::Relaxed) >= messages || self.bytes.load(Ordering::Relaxed) >= bytes
    }
}

impl Partition {
    pub fn new(topic: &str, number: i32) -> Partition {
        Partition {
            number,
            name: format!("{topic}/{number}"),
            next: AtomicI64::new(0),
            end: AtomicI64::new(0),
            lag: Arc::default(),
            queue: Mutex::default(),
        }
    }

    /// Messages of this partition, in order.
    pub fn push(&self, messages: impl Iterator<Item = Message>, buffered: &Buffered) {
        let mut queue = self.lock();
        if queue.seeking {
            return messages.for_each(drop);
        }
        let (before, mut bytes) = (queue.messages.len(), 0);
        queue.messages.extend(messages.inspect(|message| bytes += message.size()));
        // Under the lock: nobody takes of it what is not counted.
        buffered.add(queue.messages.len() - before, bytes);
    }

    /// Nothing more comes, because of this; the first reason stays.
    pub fn fail(&self, fault: Fault) {
        self.lock().fault.get_or_insert(fault);
    }

    /// Takes up to so many messages and about so many bytes; says why where there are none and none will come.
    pub fn take(
        &self,
        max: usize,
        max_bytes: usize,
        into: &mut Vec<Message>,
        buffered: &Buffered,
    ) -> Result<(), Fault> {
        let mut queue = self.lock();
        let (before, mut bytes) = (into.len(), 0);
        while into.len() - before < max
            && bytes < max_bytes
            && let Some(message) = queue.messages.pop_front()
        {
            bytes += message.size();
            into.push(message);
        }
        buffered.take(into.len() - before, bytes);
        match (into.len() == before, &queue.fault) {
            (true, Some(fault)) => Err(fault.clone()),
            _ => Ok(()),
        }
    }

    /// Whether it cannot go on from where it is.
    pub fn has_failed(&self) -> bool {
        self.lock().fault.is_some()
    }

    /// It is set back: what is here is forgotten, and so is what comes until [`sought`](Self::sought). What was away may be
    /// there again.
    pub fn seek(&self, buffered: &Buffered) {
        let mut queue = self.lock();
        queue.seeking = true;
        queue.fault.take_if(|fault| fault.kind == FaultKind::Away);
        let bytes = queue.messages.iter().map(Message::size).sum();
        buffered.take(queue.messages.len(), bytes);
        queue.messages.clear();
    }

    pub fn sought(&self) {
        self.lock().seeking = false;
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
