//! The slots of a shard: for each key a few words that say where its events lie, where its windows stand, and what
//! their sums are. They lie in chunks that never move, two cache lines for a key of the ordinary kind.

use super::arena::Chunk;
use super::layout::{Layout, slot};
use super::ring::Ring;

const CHUNK_BITS: u32 = 9;
/// Slots of a chunk.
const CHUNK: usize = 1 << CHUNK_BITS;

#[derive(Default)]
pub struct Slots {
    chunks: Vec<Chunk>,
    count: u32,
}

impl Slots {
    pub fn count(&self) -> u32 {
        self.count
    }

    /// One more slot, of zeros.
    pub fn push(&mut self, layout: &Layout) -> u32 {
        let at = self.count;
        if at as usize == self.chunks.len() * CHUNK {
            self.chunks.push(Chunk::new(CHUNK * layout.slot_words));
        }
        self.count += 1;
        self.get_mut(layout, at).fill(0);
        at
    }

    /// Takes the newest slot back.
    pub fn pop(&mut self) {
        self.count -= 1;
    }

    #[inline]
    pub fn get(&self, layout: &Layout, at: u32) -> &[u64] {
        let start = at as usize % CHUNK * layout.slot_words;
        &self.chunks[(at >> CHUNK_BITS) as usize].words()[start..start + layout.slot_words]
    }

    #[inline]
    pub fn get_mut(&mut self, layout: &Layout, at: u32) -> &mut [u64] {
        let start = at as usize % CHUNK * layout.slot_words;
        &mut self.chunks[(at >> CHUNK_BITS) as usize].words_mut()[start..start + layout.slot_words]
    }

    pub fn held_bytes(&self, layout: &Layout) -> u64 {
        u64::from(self.count) * layout.slot_words as u64 * 8
    }
}

#[inline]
pub fn ring(fields: &[u64]) -> Ring {
    let (block, span) = (fields[slot::BLOCK], fields[slot::SPAN]);
    Ring { at: block as u32, capacity: (block >> 32) as u32, head: span as u32, len: (span >> 32) as u32 }
}

#[inline]
pub fn set_ring(fields: &mut [u64], ring: Ring) {
    fields[slot::BLOCK] = u64::from(ring.at) | u64::from(ring.capacity) << 32;
    fields[slot::SPAN] = u64::from(ring.head) | u64::from(ring.len) << 32;
}

#[inline]
pub fn is_free(fields: &[u64]) -> bool {
    fields[slot::SPAN] == slot::FREE
}

/// Where a window begins among the events; the number of windows asks for where all of them end.
#[inline]
pub fn bound(fields: &[u64], window: usize) -> u32 {
    (fields[slot::BOUNDS + window / 2] >> (window % 2 * 32)) as u32
}

#[inline]
pub fn set_bound(fields: &mut [u64], window: usize, index: u32) {
    let shift = window % 2 * 32;
    let word = &mut fields[slot::BOUNDS + window / 2];
    *word = *word & !(u64::from(u32::MAX) << shift) | u64::from(index) << shift;
}

#[inline]
pub fn sums<'a>(layout: &Layout, fields: &'a mut [u64], window: usize) -> &'a mut [u64] {
    let start = layout.sums_at + window * layout.sum_words;
    &mut fields[start..start + layout.sum_words]
}

/// Sets the windows before all time, where they are empty.
pub fn forget_windows(layout: &Layout, fields: &mut [u64]) {
    fields[slot::CURSOR] = i64::MIN as u64;
    fields[slot::BOUNDS..layout.waiting_at].fill(0);
    fields[layout.sums_at..].fill(0);
}
