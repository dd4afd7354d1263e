//! Every change of a state in the order it happened: what an epoch's delta is written from, and what takes
//! changes back.
//!
//! An entry is its payload and, behind it, one word that says what it is, so the journal is read from its end. It
//! holds what is needed in both directions: what was put in, and what was there before.

use std::collections::VecDeque;

use bytemuck::cast_slice;
use forebay_stage::types::Epoch;

use super::layout::{KeyForm, Layout};
use super::shard::Key;

/// A change of a shard, of the slot beside it.
#[derive(Clone, Copy, Debug)]
pub enum Change<'a> {
    /// `fresh`: the slot did not exist before.
    AddKey {
        hash: u64,
        key: Key<'a>,
        fresh: bool,
    },
    /// The key has no events left.
    DropKey {
        hash: u64,
        key: Key<'a>,
    },
    Insert {
        event: &'a [u64],
    },
    /// The oldest events.
    Evict {
        events: &'a [u64],
    },
    Label {
        index: u32,
        before: &'a [u64],
        after: &'a [u64],
    },
    /// A label waits for its event.
    Wait {
        hash: u64,
        deadline: i64,
        words: &'a [u64],
    },
    /// It does no more.
    Found {
        hash: u64,
        deadline: i64,
        words: &'a [u64],
    },
    Sweep {
        before: u32,
        after: u32,
    },
    Slack {
        before: i64,
        after: i64,
    },
}

/// A change with the shard (as the state numbers its own) and the slot that it happened to.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub shard: u32,
    pub slot: u32,
    pub change: Change<'a>,
}

/// At most so many words are the payload of one entry.
pub const MAX_PAYLOAD: usize = (1 << LEN_BITS) - 1;
/// The shards of a state are fewer than this.
pub const MAX_SHARDS: u32 = 1 << SHARD_BITS;

const LEN_BITS: u32 = 18;
const SHARD_BITS: u32 = 10;

#[derive(Default)]
pub struct Journal {
    open: Vec<u64>,
    /// Position of the first word of `open`.
    base: u64,
    /// Epochs that are sealed and not committed, oldest first.
    sealed: VecDeque<(Epoch, Vec<u64>)>,
    spare: Vec<Vec<u64>>,
}

impl Journal {
    pub fn position(&self) -> u64 {
        self.base + self.open.len() as u64
    }

    #[inline]
    pub fn push(&mut self, shard: u32, slot: u32, change: Change<'_>) {
        let start = self.open.len();
        let words = &mut self.open;
        let kind = match change {
            Change::Insert { event } => {
                words.extend_from_slice(event);
                2
            }
            Change::Evict { events } => {
                words.extend_from_slice(events);
                3
            }
            Change::AddKey { hash, key, fresh } => {
                push_key(words, hash, key);
                words.push(fresh.into());
                0
            }
            Change::DropKey { hash, key } => {
                push_key(words, hash, key);
                1
            }
            Change::Label { index, before, after } => {
                words.push(index.into());
                words.extend_from_slice(before);
                words.extend_from_slice(after);
                4
            }
            Change::Wait { hash, deadline, words: label }
            | Change::Found { hash, deadline, words: label } => {
                words.extend([hash, deadline as u64]);
                words.extend_from_slice(label);
                if matches!(change, Change::Wait { .. }) { 5 } else { 6 }
            }
            Change::Sweep { before, after } => {
                words.push(u64::from(before) << 32 | u64::from(after));
                7
            }
            Change::Slack { before, after } => {
                words.extend([before as u64, after as u64]);
                8
            }
        };
        let len = (words.len() - start) as u64;
        debug_assert!(len as usize <= MAX_PAYLOAD && shard < MAX_SHARDS);
        words.push((kind << SHARD_BITS | u64::from(shard)) << LEN_BITS << 32 | len << 32 | u64::from(slot));
    }

    /// Takes changes back, the last one first, until the journal ends at `position`.
    pub fn roll_back(&mut self, layout: &Layout, position: u64, mut undo: impl FnMut(Entry<'_>)) {
        debug_assert!(position >= self.base, "a savepoint of an epoch that is sealed");
        let keep = position.saturating_sub(self.base) as usize;
        unwind(layout, &mut self.open, keep, &mut undo);
    }

    /// Takes everything back that is not committed.
    pub fn abort(&mut self, layout: &Layout, mut undo: impl FnMut(Entry<'_>)) {
        unwind(layout, &mut self.open, 0, &mut undo);
        while let Some((_, mut words)) = self.sealed.pop_back() {
            unwind(layout, &mut words, 0, &mut undo);
            self.spare.push(words);
        }
    }

    /// Ends an epoch and shows its changes in order.
    pub fn seal(&mut self, layout: &Layout, epoch: Epoch, mut show: impl FnMut(Entry<'_>)) {
        let mut ends = Vec::new();
        let mut end = self.open.len();
        while end > 0 {
            ends.push(end);
            end = start_of(&self.open, end);
        }
        ends.iter().rev().for_each(|end| show(entry(layout, &self.open, *end)));
        self.base += self.open.len() as u64;
        let next = self.spare.pop().unwrap_or_default();
        self.sealed.push_back((epoch, std::mem::replace(&mut self.open, next)));
    }

    /// Forgets epochs up to this one.
    pub fn committed(&mut self, epoch: Epoch) {
        while self.sealed.front().is_some_and(|(sealed, _)| *sealed <= epoch) {
            if let Some((_, mut words)) = self.sealed.pop_front() {
                words.clear();
                self.spare.push(words);
            }
        }
    }
}

fn unwind(layout: &Layout, words: &mut Vec<u64>, keep: usize, undo: &mut impl FnMut(Entry<'_>)) {
    while words.len() > keep {
        undo(entry(layout, words, words.len()));
        words.truncate(start_of(words, words.len()));
    }
}

/// Where the entry that ends at `end` begins.
fn start_of(words: &[u64], end: usize) -> usize {
    end - 1 - (words[end - 1] >> 32) as usize % (1 << LEN_BITS)
}

fn entry<'a>(layout: &Layout, words: &'a [u64], end: usize) -> Entry<'a> {
    let head = words[end - 1];
    let payload = &words[start_of(words, end)..end - 1];
    let change = match head >> (32 + LEN_BITS + SHARD_BITS) {
        0 => {
            let (fresh, key) = payload.split_last().expect("a flag behind the key");
            let (hash, key) = read_key(layout, key);
            Change::AddKey { hash, key, fresh: *fresh != 0 }
        }
        1 => {
            let (hash, key) = read_key(layout, payload);
            Change::DropKey { hash, key }
        }
        2 => Change::Insert { event: payload },
        3 => Change::Evict { events: payload },
        4 => {
            let (before, after) = payload[1..].split_at(layout.label_words());
            Change::Label { index: payload[0] as u32, before, after }
        }
        5 => Change::Wait { hash: payload[0], deadline: payload[1] as i64, words: &payload[2..] },
        6 => Change::Found { hash: payload[0], deadline: payload[1] as i64, words: &payload[2..] },
        7 => Change::Sweep { before: (payload[0] >> 32) as u32, after: payload[0] as u32 },
        8 => Change::Slack { before: payload[0] as i64, after: payload[1] as i64 },
        other => unreachable!("the journal has no entries of kind {other}"),
    };
    let shard = (head >> (32 + LEN_BITS)) as u32 % MAX_SHARDS;
    Entry { shard, slot: head as u32, change }
}

/// The hash, the key and, of a text, its length in bytes.
fn push_key(words: &mut Vec<u64>, hash: u64, key: Key<'_>) {
    words.push(hash);
    match key {
        Key::Words(key) => words.extend_from_slice(key),
        Key::Text(text) => {
            words.extend(text_words(text));
            words.push(text.len() as u64);
        }
    }
}

fn read_key<'a>(layout: &Layout, words: &'a [u64]) -> (u64, Key<'a>) {
    let (hash, key) = words.split_first().expect("a hash before the key");
    match layout.key {
        KeyForm::Words(_) => (*hash, Key::Words(key)),
        KeyForm::Text => {
            let (len, text) = key.split_last().expect("a length behind the text");
            (*hash, Key::Text(&cast_slice(text)[..*len as usize]))
        }
    }
}

/// A text in whole words, the last one filled with zeros.
pub fn text_words(text: &[u8]) -> impl Iterator<Item = u64> + '_ {
    text.chunks(8).map(|chunk| {
        let mut bytes = [0; 8];
        bytes[..chunk.len()].copy_from_slice(chunk);
        u64::from_ne_bytes(bytes)
    })
}
