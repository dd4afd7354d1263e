//! From the hash of a key to its slot: a table with open addressing in one array, so that a look-up touches one cache
//! line. At a million keys that line is not in any cache, and a second one beside it (the control bytes of a
//! Swiss table) would cost as much again: measured, it was a fifth of the whole stage.
//!
//! An entry is the lower half of the key's hash, the *tag*, above the slot's number from 1; 0 is nobody's. Keys of one tag
//! stand side by side, and whoever asks looks at the keys themselves.

use super::near;

#[derive(Default)]
pub struct Table {
    /// A power of two of them, at most three quarters in use.
    entries: Vec<u64>,
    used: usize,
}

const LEAST: usize = 16;

impl Table {
    pub fn len(&self) -> usize {
        self.used
    }

    pub fn held_bytes(&self) -> u64 {
        self.entries.len() as u64 * 8
    }

    /// Asks for where a tag stands.
    #[inline]
    pub fn fetch(&self, tag: u32) {
        if self.used > 0 {
            near::fetch(&self.entries[self.home(tag)]);
        }
    }

    /// The first slot of this tag that `is` the right one.
    #[inline]
    pub fn find(&self, tag: u32, mut is: impl FnMut(u32) -> bool) -> Option<u32> {
        if self.used == 0 {
            return None;
        }
        let mut at = self.home(tag);
        loop {
            let entry = self.entries[at];
            if entry == 0 {
                return None;
            }
            if tag_of(entry) == tag && is(slot_of(entry)) {
                return Some(slot_of(entry));
            }
            at = self.next(at);
        }
    }

    /// Adds a slot that is not there yet.
    pub fn insert(&mut self, tag: u32, slot: u32) {
        if (self.used + 1) * 4 > self.entries.len() * 3 {
            let larger = vec![0; (self.entries.len() * 2).max(LEAST)];
            let entries = std::mem::replace(&mut self.entries, larger);
            entries.into_iter().filter(|entry| *entry != 0).for_each(|entry| self.place(entry));
        }
        self.place(u64::from(tag) << 32 | u64::from(slot + 1));
        self.used += 1;
    }

    /// Takes a slot out and closes the gap, so that nothing stands behind an empty place that it should be found before.
    pub fn remove(&mut self, tag: u32, slot: u32) {
        let mut gap = self.home(tag);
        while self.entries[gap] != u64::from(tag) << 32 | u64::from(slot + 1) {
            assert!(self.entries[gap] != 0, "a slot with a key is in the table");
            gap = self.next(gap);
        }
        let mut at = self.next(gap);
        while self.entries[at] != 0 {
            let home = self.home(tag_of(self.entries[at]));
            // It may move to the gap if that is not before its home, round the end of the array.
            if self.distance(home, at) >= self.distance(gap, at) {
                self.entries[gap] = self.entries[at];
                gap = at;
            }
            at = self.next(at);
        }
        self.entries[gap] = 0;
        self.used -= 1;
    }

    fn place(&mut self, entry: u64) {
        let mut at = self.home(tag_of(entry));
        while self.entries[at] != 0 {
            at = self.next(at);
        }
        self.entries[at] = entry;
    }

    /// Shards go by the upper half of a hash; the lower one is spread once more, so that both may be weak.
    #[inline]
    fn home(&self, tag: u32) -> usize {
        let spread = u64::from(tag).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (spread >> (64 - self.entries.len().trailing_zeros())) as usize
    }

    #[inline]
    fn next(&self, at: usize) -> usize {
        (at + 1) & (self.entries.len() - 1)
    }

    fn distance(&self, from: usize, to: usize) -> usize {
        to.wrapping_sub(from) & (self.entries.len() - 1)
    }
}

fn tag_of(entry: u64) -> u32 {
    (entry >> 32) as u32
}

fn slot_of(entry: u64) -> u32 {
    entry as u32 - 1
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Few tags make long runs, with wraps and ties.
        #[test]
        fn it_is_a_set_of_tags_and_slots(steps in proptest::collection::vec((0u32..12, 0u32..9, any::<bool>()), 1..200)) {
            let (mut table, mut model) = (Table::default(), BTreeSet::new());
            for (tag, slot, add) in steps {
                let entry = (tag, tag * 100 + slot);
                if add && model.insert(entry) {
                    table.insert(entry.0, entry.1);
                } else if !add && model.remove(&entry) {
                    table.remove(entry.0, entry.1);
                }
                prop_assert_eq!(table.len(), model.len());
                for tag in 0..12 {
                    for slot in 0..9 {
                        let slot = tag * 100 + slot;
                        prop_assert_eq!(table.find(tag, |found| found == slot).is_some(), model.contains(&(tag, slot)));
                    }
                }
            }
        }
    }
}
