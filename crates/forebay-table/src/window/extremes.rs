//! Smallest and greatest values over any run of a ring: behind the events, one node for eight of them, one
//! for eight of those, and so on.
//!
//! A monotone deque answers for one end that only moves forward. Events that are out of order move it back and
//! come in between, and a delay asks in the middle; a summary answers all of them alike, in O(log₈ n), takes a
//! seventh of a word an event, and is right after an undo by the same few steps.
//!
//! Nodes hold ranks (see [`Form::rank`](super::Form::rank)), turned round for greatest values so that the smaller one always
//! wins. They stand for positions, whether an event lies there or not; only nodes whose positions all lie in
//! the run are asked.

use super::layout::{Extreme, Layout};
use super::ring::Ring;

const FAN: u32 = 8;
/// The rank of what is absent, and of nothing at all.
pub const NONE: u64 = u64::MAX;

/// Words of all summaries of a ring.
#[inline]
pub fn words(layout: &Layout, capacity: u32) -> u32 {
    if layout.extremes.is_empty() { 0 } else { layout.extremes.len() as u32 * nodes(capacity) }
}

fn nodes(capacity: u32) -> u32 {
    levels(capacity).map(|(_, size)| size).sum()
}

/// Levels above the events, from the lowest: where its nodes begin, and how many there are.
fn levels(capacity: u32) -> impl Iterator<Item = (u32, u32)> {
    let (mut start, mut below) = (0, capacity);
    std::iter::from_fn(move || {
        (below > FAN).then(|| {
            let size = below.div_ceil(FAN);
            let level = (start, size);
            (start, below) = (start + size, size);
            level
        })
    })
}

fn rank(layout: &Layout, extreme: &Extreme, block: &[u64], position: u32) -> u64 {
    let word = block[position as usize * layout.stride + layout.values + extreme.word];
    if extreme.optional && word == extreme.form.absent() {
        return NONE;
    }
    let rank = extreme.form.rank(word);
    if extreme.greatest { !rank } else { rank }
}

/// The event at a position has changed.
pub fn update(layout: &Layout, block: &mut [u64], capacity: u32, position: u32) {
    let mut tree = capacity as usize * layout.stride;
    for extreme in &layout.extremes {
        let (mut at, mut below_size, mut below) = (position, capacity, None);
        for (start, size) in levels(capacity) {
            let children = at / FAN * FAN..(at / FAN * FAN + FAN).min(below_size);
            let least = children.map(|child| match below {
                None => rank(layout, extreme, block, child),
                Some(level) => block[tree + (level + child) as usize],
            });
            let least = least.min().unwrap_or(NONE);
            at /= FAN;
            block[tree + (start + at) as usize] = least;
            (below_size, below) = (size, Some(start));
        }
        tree += nodes(capacity) as usize;
    }
}

/// The block is new and its first `len` positions hold events.
pub fn rebuild(layout: &Layout, block: &mut [u64], capacity: u32, len: u32) {
    block[capacity as usize * layout.stride..].fill(NONE);
    for position in (0..len).step_by(FAN as usize) {
        update(layout, block, capacity, position);
    }
}

/// The smallest rank of events `from..to`, [`NONE`] where none has a value.
pub fn least(layout: &Layout, which: usize, ring: &Ring, block: &[u64], from: u32, to: u32) -> u64 {
    if from >= to {
        return NONE;
    }
    let (first, last) = (ring.position(from), ring.position(to - 1));
    if first <= last {
        return least_of(layout, which, ring.capacity, block, first, last + 1);
    }
    let wrapped = least_of(layout, which, ring.capacity, block, 0, last + 1);
    wrapped.min(least_of(layout, which, ring.capacity, block, first, ring.capacity))
}

fn least_of(layout: &Layout, which: usize, capacity: u32, block: &[u64], from: u32, to: u32) -> u64 {
    let extreme = &layout.extremes[which];
    let tree = capacity as usize * layout.stride + which * nodes(capacity) as usize;
    let (mut from, mut to, mut size, mut level) = (from, to, capacity, None);
    let mut upper = levels(capacity);
    let mut best = NONE;
    loop {
        let node = |at: u32| match level {
            None => rank(layout, extreme, block, at),
            Some(start) => block[tree + (start + at) as usize],
        };
        let Some((start, above)) = upper.next() else {
            return (from..to).map(node).fold(best, u64::min);
        };
        // The last node of a level is whole however many children it has.
        let (left, right) = (from.next_multiple_of(FAN), if to == size { to } else { to / FAN * FAN });
        if left >= right {
            return (from..to).map(node).fold(best, u64::min);
        }
        best = (from..left).chain(right..to).map(node).fold(best, u64::min);
        (from, to, size, level) = (left / FAN, right.div_ceil(FAN), above, Some(start));
    }
}
