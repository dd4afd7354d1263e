//! Labels that came before their event. They are few and wait long, so they lie in ordered maps, which also
//! give the same order to everybody who writes them down.

use std::collections::{BTreeMap, BTreeSet};

use smallvec::SmallVec;

/// The words of a label.
pub type LabelWords = SmallVec<[u64; 2]>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// It is forgotten once the watermark of its stream has come here.
    pub deadline: i64,
    pub words: LabelWords,
}

/// All waiting labels of a shard, by slot and hash of the label key.
#[derive(Default)]
pub struct WaitingRoom {
    labels: BTreeMap<(u32, u64), Waiting>,
    deadlines: BTreeSet<(i64, u32, u64)>,
}

impl WaitingRoom {
    pub fn get(&self, slot: u32, hash: u64) -> Option<&Waiting> {
        self.labels.get(&(slot, hash))
    }

    pub fn add(&mut self, slot: u32, hash: u64, label: Waiting) {
        self.deadlines.insert((label.deadline, slot, hash));
        let before = self.labels.insert((slot, hash), label);
        debug_assert!(before.is_none(), "a label that waits already is taken out first");
    }

    pub fn remove(&mut self, slot: u32, hash: u64) -> Option<Waiting> {
        let label = self.labels.remove(&(slot, hash))?;
        self.deadlines.remove(&(label.deadline, slot, hash));
        Some(label)
    }

    /// A label whose deadline is not after `watermark`.
    pub fn expired(&self, watermark: i64) -> Option<(u32, u64)> {
        let (deadline, slot, hash) = self.deadlines.first()?;
        (*deadline <= watermark).then_some((*slot, *hash))
    }

    pub fn len(&self) -> usize {
        self.labels.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&(u32, u64), &Waiting)> {
        self.labels.iter()
    }
}
