//! The windows of a key: moving them to a time, and looking at them where they stand.

use super::extremes;
use super::layout::{Layout, slot};
use super::ring::Ring;
use super::slots::{bound, set_bound, sums};
use super::sums::apply;

/// The windows of a key where they stand.
pub struct View<'a> {
    pub fields: &'a [u64],
    pub events: Events<'a>,
}

impl<'a> View<'a> {
    pub fn layout(&self) -> &'a Layout {
        self.events.layout
    }

    /// The events of a window, by number.
    #[inline]
    pub fn range(&self, window: usize) -> std::ops::Range<u32> {
        bound(self.fields, window)..bound(self.fields, self.layout().windows_ns.len())
    }

    /// The running sum with this number, and behind it the count of values where they are counted.
    #[inline]
    pub fn sum(&self, window: usize, sum: usize) -> &[u64] {
        let layout = self.events.layout;
        let start = layout.sums_at + window * layout.sum_words + layout.sums[sum].at;
        &self.fields[start..layout.slot_words]
    }

    /// The smallest rank of a window in the summary with this number.
    pub fn extreme(&self, window: usize, which: usize) -> u64 {
        let Events { layout, ring, block } = &self.events;
        let range = self.range(window);
        extremes::least(layout, which, ring, block, range.start, range.end)
    }
}

/// The events of a key.
#[derive(Clone, Copy)]
pub struct Events<'a> {
    pub layout: &'a Layout,
    pub ring: Ring,
    pub block: &'a [u64],
}

impl<'a> Events<'a> {
    pub fn len(&self) -> u32 {
        self.ring.len
    }

    /// All words of an event.
    #[inline]
    pub fn event(&self, index: u32) -> &'a [u64] {
        self.ring.event(self.block, self.layout.stride, index)
    }

    /// A value of an event.
    #[inline]
    pub fn value(&self, index: u32, word: usize) -> u64 {
        self.event(index)[self.layout.values + word]
    }

    #[inline]
    fn time(&self, index: u32) -> i64 {
        self.ring.time(self.block, self.layout.stride, index)
    }

    /// Moves the windows of a slot to end at `time` less the delay: what comes in is added, what falls out taken away.
    #[inline]
    pub fn move_to(&self, fields: &mut [u64], time: i64) {
        let was = fields[slot::CURSOR] as i64;
        if was == time {
            return;
        }
        fields[slot::CURSOR] = time as u64;
        let last = time.saturating_sub(self.layout.delay_ns);
        if was < time { self.forward(fields, last) } else { self.back(fields, last) }
    }

    #[inline]
    fn add<const ADD: bool>(&self, fields: &mut [u64], window: usize, index: u32) {
        let values = &self.event(index)[self.layout.values..];
        apply::<ADD>(self.layout, sums(self.layout, fields, window), values);
    }

    #[inline]
    fn forward(&self, fields: &mut [u64], last: i64) {
        let windows = self.layout.windows_ns.len();
        let mut end = bound(fields, windows);
        while end < self.ring.len && self.time(end) <= last {
            (0..windows).for_each(|window| self.add::<true>(fields, window, end));
            end += 1;
        }
        set_bound(fields, windows, end);
        for (window, length) in self.layout.windows_ns.iter().enumerate() {
            let first = last.saturating_sub(*length);
            let mut start = bound(fields, window);
            while start < end && self.time(start) <= first {
                self.add::<false>(fields, window, start);
                start += 1;
            }
            set_bound(fields, window, start);
        }
    }

    fn back(&self, fields: &mut [u64], last: i64) {
        let windows = self.layout.windows_ns.len();
        for (window, length) in self.layout.windows_ns.iter().enumerate() {
            let first = last.saturating_sub(*length);
            let mut start = bound(fields, window);
            while start > 0 && self.time(start - 1) > first {
                start -= 1;
                self.add::<true>(fields, window, start);
            }
            set_bound(fields, window, start);
        }
        let mut end = bound(fields, windows);
        while end > 0 && self.time(end - 1) > last {
            end -= 1;
            (0..windows).for_each(|window| self.add::<false>(fields, window, end));
        }
        set_bound(fields, windows, end);
    }
}
