//! Memory of a shard for rings and texts: chunks that never move, so growing copies nothing but the ring that grows.
//!
//! Blocks of 64-bit words are cut from chunks by halves, and three quarters of a half (the *buddy* system): a block
//! that is given back grows together with its other half when that is free too, so the blocks that all keys
//! leave behind as they grow become larger ones for them to grow into. A block larger than a chunk has a chunk
//! of its own, which goes back whole. Chunks begin at a cache line.

use bytemuck::{Pod, Zeroable, cast_slice, cast_slice_mut};

const CHUNK_BITS: u32 = 13;
/// Words of a chunk: 64 KiB.
const CHUNK: u32 = 1 << CHUNK_BITS;
const UNIT_BITS: u32 = 2;
/// Words of the smallest block.
const UNIT: u32 = 1 << UNIT_BITS;
/// Sizes of free blocks: UNIT words and each double, up to a chunk.
const ORDERS: usize = (CHUNK_BITS - UNIT_BITS) as usize + 1;

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([u64; 8]);

/// Words that begin at a cache line.
pub struct Chunk(Vec<Line>);

impl Chunk {
    pub fn new(words: usize) -> Chunk {
        Chunk(vec![Line::zeroed(); words.div_ceil(8)])
    }

    #[inline]
    pub fn words(&self) -> &[u64] {
        cast_slice(&self.0)
    }

    #[inline]
    pub fn words_mut(&mut self) -> &mut [u64] {
        cast_slice_mut(&mut self.0)
    }
}

/// The size of the block that holds so many words: 4, 8, 12, 16, 24, 32, …
pub fn block_size(words: u32) -> u32 {
    let size = words.max(UNIT).next_power_of_two();
    if size > 2 * UNIT && words <= size / 4 * 3 { size / 4 * 3 } else { size }
}

#[derive(Default)]
pub struct Arena {
    chunks: Vec<Chunk>,
    /// For each unit of each chunk the order of the free block that begins there, counted from 1; 0 elsewhere.
    orders: Vec<Vec<u8>>,
    /// By order where blocks were given back. Those that have joined another since are still named here, and told by
    /// `orders`: taking one out of the middle would touch memory that is in no cache.
    free: [Vec<u32>; ORDERS],
    /// How many of them are free.
    counts: [usize; ORDERS],
    /// Chunks whose only block was given back.
    empty: Vec<u32>,
    held: u64,
}

impl Arena {
    /// A block of a [block size](block_size) with unspecified content.
    pub fn take(&mut self, size: u32) -> u32 {
        debug_assert_eq!(size, block_size(size));
        self.held += u64::from(size);
        if size > CHUNK {
            return self.chunk(size);
        }
        let whole = size.next_power_of_two();
        let at = self.take_order((whole >> UNIT_BITS).trailing_zeros() as usize);
        if size < whole {
            self.give_order(at + size, ((whole - size) >> UNIT_BITS).trailing_zeros() as usize);
        }
        at
    }

    pub fn give(&mut self, at: u32, size: u32) {
        self.held -= u64::from(size);
        if size > CHUNK {
            let chunk = at >> CHUNK_BITS;
            self.chunks[chunk as usize] = Chunk::new(0);
            return self.empty.push(chunk);
        }
        let whole = size.next_power_of_two();
        if size == whole {
            return self.give_order(at, (whole >> UNIT_BITS).trailing_zeros() as usize);
        }
        let half = ((whole / 2) >> UNIT_BITS).trailing_zeros() as usize;
        self.give_order(at, half);
        self.give_order(at + whole / 2, half - 1);
    }

    fn take_order(&mut self, order: usize) -> u32 {
        let mut from = (order..ORDERS).find(|order| self.counts[*order] > 0).unwrap_or(ORDERS - 1);
        if self.counts[from] == 0 {
            let at = self.chunk(CHUNK);
            self.add_free(at, from);
        }
        let at = loop {
            let at = self.free[from].pop().expect("as many are named as are free");
            if *self.order(at) == from as u8 + 1 {
                break at;
            }
        };
        self.remove_free(at, from);
        while from > order {
            from -= 1;
            self.add_free(at + (UNIT << from), from);
        }
        at
    }

    /// Joins a block with its other half as long as that is free.
    fn give_order(&mut self, mut at: u32, mut order: usize) {
        while order + 1 < ORDERS {
            let other = at ^ UNIT << order;
            if *self.order(other) != order as u8 + 1 {
                break;
            }
            self.remove_free(other, order);
            at &= !(UNIT << order);
            order += 1;
        }
        self.add_free(at, order);
    }

    fn order(&mut self, at: u32) -> &mut u8 {
        &mut self.orders[(at >> CHUNK_BITS) as usize][((at % CHUNK) >> UNIT_BITS) as usize]
    }

    fn add_free(&mut self, at: u32, order: usize) {
        *self.order(at) = order as u8 + 1;
        self.counts[order] += 1;
        if self.free[order].len() > 2 * self.counts[order] + 64 {
            self.forget_joined(order);
        }
        self.free[order].push(at);
    }

    fn remove_free(&mut self, at: u32, order: usize) {
        *self.order(at) = 0;
        self.counts[order] -= 1;
    }

    #[cold]
    fn forget_joined(&mut self, order: usize) {
        let mut named = std::mem::take(&mut self.free[order]);
        named.sort_unstable();
        named.dedup();
        named.retain(|at| *self.order(*at) == order as u8 + 1);
        self.free[order] = named;
    }

    fn chunk(&mut self, words: u32) -> u32 {
        let units = if words == CHUNK { CHUNK >> UNIT_BITS } else { 0 };
        let (chunk, orders) = (Chunk::new(words as usize), vec![0; units as usize]);
        let number = match self.empty.pop() {
            Some(number) => {
                (self.chunks[number as usize], self.orders[number as usize]) = (chunk, orders);
                number
            }
            None => {
                self.chunks.push(chunk);
                self.orders.push(orders);
                self.chunks.len() as u32 - 1
            }
        };
        assert!(number + 1 < 1 << (32 - CHUNK_BITS), "a shard of a window state outgrew 32 GiB");
        number << CHUNK_BITS
    }

    #[inline]
    pub fn block(&self, at: u32, size: u32) -> &[u64] {
        if size == 0 {
            return &[];
        }
        let start = (at % CHUNK) as usize;
        &self.chunks[(at >> CHUNK_BITS) as usize].words()[start..start + size as usize]
    }

    /// A word of the block at `at`.
    #[inline]
    pub fn word(&self, at: u32, offset: u32) -> &u64 {
        &self.chunks[(at >> CHUNK_BITS) as usize].words()[(at % CHUNK + offset) as usize]
    }

    #[inline]
    pub fn block_mut(&mut self, at: u32, size: u32) -> &mut [u64] {
        if size == 0 {
            return &mut [];
        }
        let start = (at % CHUNK) as usize;
        &mut self.chunks[(at >> CHUNK_BITS) as usize].words_mut()[start..start + size as usize]
    }

    /// Two blocks at once, the first to read, the second to write. They differ.
    pub fn two(&mut self, from: (u32, u32), to: (u32, u32)) -> (&[u64], &mut [u64]) {
        let (a, b) = ((from.0 >> CHUNK_BITS) as usize, (to.0 >> CHUNK_BITS) as usize);
        let (a_start, b_start) = ((from.0 % CHUNK) as usize, (to.0 % CHUNK) as usize);
        let (a_end, b_end) = (a_start + from.1 as usize, b_start + to.1 as usize);
        if a == b {
            let words = self.chunks[a].words_mut();
            if a_start < b_start {
                let (low, high) = words.split_at_mut(b_start);
                return (&low[a_start..a_end], &mut high[..b_end - b_start]);
            }
            let (low, high) = words.split_at_mut(a_start);
            return (&high[..a_end - a_start], &mut low[b_start..b_end]);
        }
        let [a, b] = self.chunks.get_disjoint_mut([a, b]).expect("two chunks that are there");
        (&a.words()[a_start..a_end], &mut b.words_mut()[b_start..b_end])
    }

    /// Bytes in blocks that somebody holds.
    pub fn held_bytes(&self) -> u64 {
        self.held * 8
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Blocks never overlap, keep what is written into them, and all memory comes together again in the end.
        #[test]
        fn blocks_are_their_owners_alone(steps in proptest::collection::vec((1u32..3000, any::<bool>()), 1..300)) {
            let mut arena = Arena::default();
            let mut held: Vec<(u32, u32)> = Vec::new();
            for (words, give) in steps {
                if give && !held.is_empty() {
                    let (at, size) = held.swap_remove(words as usize % held.len());
                    prop_assert!(arena.block(at, size).iter().all(|word| *word == u64::from(at)));
                    arena.give(at, size);
                } else {
                    let size = block_size(if words % 97 == 0 { words * 9 } else { words });
                    let at = arena.take(size);
                    arena.block_mut(at, size).fill(at.into());
                    held.push((at, size));
                }
            }
            prop_assert_eq!(arena.held_bytes(), held.iter().map(|(_, size)| u64::from(*size) * 8).sum::<u64>());
            for (at, size) in held {
                prop_assert!(arena.block(at, size).iter().all(|word| *word == u64::from(at)));
                arena.give(at, size);
            }
            prop_assert!(arena.counts[..ORDERS - 1].iter().all(|count| *count == 0), "something did not join");
        }
    }
}
