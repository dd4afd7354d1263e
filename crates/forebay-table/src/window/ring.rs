//! The events of a key: a ring in a block of the arena, in order of (event time, arrival), and behind the events the
//! summaries of [`extremes`](super::extremes).
//!
//! Events are numbered from the oldest, which is 0. Blocks grow by a third to a half, so a ring is never much
//! emptier than that unless it is tiny; nearly all events come in at the end, and those that do not move as few as they can.

use super::arena::{Arena, block_size};
use super::extremes;
use super::layout::Layout;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ring {
    /// Where its block begins in the arena.
    pub at: u32,
    pub capacity: u32,
    /// Where in the block event 0 lies.
    pub head: u32,
    pub len: u32,
}

impl Ring {
    /// Words that so many events take with their summaries.
    pub fn words(layout: &Layout, capacity: u32) -> u32 {
        capacity * layout.stride as u32 + extremes::words(layout, capacity)
    }

    #[inline]
    pub fn block<'a>(&self, layout: &Layout, arena: &'a Arena) -> &'a [u64] {
        arena.block(self.at, Ring::words(layout, self.capacity))
    }

    #[inline]
    pub fn block_mut<'a>(&self, layout: &Layout, arena: &'a mut Arena) -> &'a mut [u64] {
        arena.block_mut(self.at, Ring::words(layout, self.capacity))
    }

    /// The position of an event within the ring.
    #[inline]
    pub fn position(&self, index: u32) -> u32 {
        let position = self.head + index;
        if position >= self.capacity { position - self.capacity } else { position }
    }

    /// An event within the ring's block.
    #[inline]
    pub fn event<'a>(&self, block: &'a [u64], stride: usize, index: u32) -> &'a [u64] {
        let start = self.position(index) as usize * stride;
        &block[start..start + stride]
    }

    #[inline]
    pub fn time(&self, block: &[u64], stride: usize, index: u32) -> i64 {
        block[self.position(index) as usize * stride] as i64
    }

    /// The number of events that are not later than `time`, searched from the end.
    #[inline]
    pub fn upper_bound(&self, block: &[u64], stride: usize, time: i64) -> u32 {
        let mut high = self.len;
        // What is out of order is so by little.
        for _ in 0..4 {
            if high == 0 || self.time(block, stride, high - 1) <= time {
                return high;
            }
            high -= 1;
        }
        let mut low = 0;
        while low < high {
            let middle = low + (high - low) / 2;
            if self.time(block, stride, middle) <= time { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// Puts an event before the one that is number `index` now.
    pub fn insert(&mut self, layout: &Layout, arena: &mut Arena, index: u32, event: &[u64]) {
        if self.len == self.capacity {
            self.resize(layout, arena, capacity_for(layout, self.len + 1));
        }
        let stride = layout.stride;
        let block = self.block_mut(layout, arena);
        let front = index < self.len / 2;
        if front {
            self.head = if self.head == 0 { self.capacity - 1 } else { self.head - 1 };
        }
        self.len += 1;
        if front {
            (0..index).for_each(|i| self.shift(block, stride, i + 1, i));
        } else {
            (index + 1..self.len).rev().for_each(|i| self.shift(block, stride, i - 1, i));
        }
        let start = self.position(index) as usize * stride;
        block[start..start + stride].copy_from_slice(event);
        if !layout.extremes.is_empty() {
            let touched = if front { 0..index + 1 } else { index..self.len };
            touched.for_each(|i| extremes::update(layout, block, self.capacity, self.position(i)));
        }
    }

    /// Takes an event out.
    pub fn remove(&mut self, layout: &Layout, arena: &mut Arena, index: u32) {
        let stride = layout.stride;
        let block = self.block_mut(layout, arena);
        for i in index + 1..self.len {
            self.shift(block, stride, i, i - 1);
        }
        self.len -= 1;
        if !layout.extremes.is_empty() {
            (index..self.len).for_each(|i| extremes::update(layout, block, self.capacity, self.position(i)));
        }
    }

    /// Takes the oldest events out; gives memory back where most of it is empty.
    #[inline]
    pub fn drop_front(&mut self, layout: &Layout, arena: &mut Arena, count: u32) {
        self.head = self.position(count);
        self.len -= count;
        if self.capacity > 8 && self.len * 4 <= self.capacity {
            self.resize(layout, arena, capacity_for(layout, self.len * 2));
        }
    }

    fn shift(&self, block: &mut [u64], stride: usize, from: u32, to: u32) {
        let from = self.position(from) as usize * stride;
        let to = self.position(to) as usize * stride;
        block.copy_within(from..from + stride, to);
    }

    /// Moves to a block for `capacity` events, which hold all there are.
    pub fn resize(&mut self, layout: &Layout, arena: &mut Arena, capacity: u32) {
        let stride = layout.stride;
        let size = Ring::words(layout, capacity);
        let at = arena.take(block_size(size));
        if self.len > 0 {
            let (from, to) = arena.two((self.at, Ring::words(layout, self.capacity)), (at, size));
            let first = self.len.min(self.capacity - self.head) as usize * stride;
            let head = self.head as usize * stride;
            let all = self.len as usize * stride;
            to[..first].copy_from_slice(&from[head..head + first]);
            to[first..all].copy_from_slice(&from[..all - first]);
        }
        self.give(layout, arena);
        *self = Ring { at, capacity, head: 0, len: self.len };
        if !layout.extremes.is_empty() {
            let block = self.block_mut(layout, arena);
            extremes::rebuild(layout, block, capacity, self.len);
        }
    }

    /// Gives the block back.
    pub fn give(&self, layout: &Layout, arena: &mut Arena) {
        if self.capacity > 0 {
            arena.give(self.at, block_size(Ring::words(layout, self.capacity)));
        }
    }
}

/// The smallest capacity that a block gives to at least `len` events.
fn capacity_for(layout: &Layout, len: u32) -> u32 {
    let size = block_size(Ring::words(layout, len));
    let mut capacity = size / layout.stride as u32;
    while Ring::words(layout, capacity) > size {
        let over = Ring::words(layout, capacity) - size;
        capacity -= (over / (layout.stride as u32 + 1)).max(1);
    }
    while Ring::words(layout, capacity + 1) <= size {
        capacity += 1;
    }
    capacity
}

#[cfg(test)]
mod tests {
    use super::super::layout::{Form, KeyForm, Word};
    use super::*;

    #[test]
    fn a_capacity_fills_its_block_and_leads_back_to_it() {
        for extremes in [false, true] {
            for words in 1..6 {
                let word = Word {
                    form: Form::Int,
                    optional: false,
                    summed: true,
                    least: extremes,
                    greatest: extremes,
                };
                let layout = Layout::new(KeyForm::Words(1), vec![1], 0, vec![word; words], words, false);
                for len in 1..3000 {
                    let capacity = capacity_for(&layout, len);
                    let size = block_size(Ring::words(&layout, capacity));
                    assert!(capacity >= len && Ring::words(&layout, capacity) <= size, "{len}");
                    assert_eq!(size, block_size(Ring::words(&layout, len)), "{len}");
                }
            }
        }
    }
}
