//! The state of a part of the key space: a table from keys to slots, the slots, and the events behind them.
//!
//! Here is what can be done to a shard, all of it written to a journal; [`change`](super::change) is what each change does.

use forebay_stage::key::hash_words;
use smallvec::SmallVec;

use super::arena::Arena;
use super::journal::{Change, Journal, MAX_PAYLOAD};
use super::layout::{KeyForm, Layout, slot};
use super::near;
use super::ring::Ring;
use super::slots::{self, Slots, bound, is_free, set_bound, set_ring, sums};
use super::sums::apply;
use super::table::Table;
use super::view::{Events, View};
use super::waiting::{LabelWords, Waiting, WaitingRoom};

/// A key as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key<'a> {
    Words(&'a [u64]),
    Text(&'a [u8]),
}

/// Every so many events a shard looks at [`SWEPT`] slots, for keys that nobody touches any more. It need not be soon: what
/// such a key holds is bounded, and slots that are looked at are taken from memory that others wait for.
const SWEEP: u64 = 64;
const SWEPT: u32 = 16;

/// Words of a cache line.
const LINE_WORDS: usize = 8;

#[derive(Default)]
pub struct Shard {
    pub(super) slots: Slots,
    pub(super) free: Vec<u32>,
    pub(super) table: Table,
    pub(super) arena: Arena,
    pub(super) waiting: WaitingRoom,
    /// Events that were put in over the life of the shard.
    pub(super) taken: u64,
    /// The slot that is swept next.
    pub(super) broom: u32,
    /// The largest out-of-orderness of the streams so far: no record that is still to come has a watermark below
    /// the newest high less this, where streams are merged by their highs.
    pub(super) slack: i64,
}

/// What a record brings.
pub struct Taken<'a> {
    pub hash: u64,
    pub key: Key<'a>,
    /// Time, hash of the label key where there are labels, values.
    pub event: &'a [u64],
    pub high: i64,
    pub watermark: i64,
}

/// A journal that knows which shard writes into it.
pub struct Log<'a> {
    pub journal: &'a mut Journal,
    pub shard: u32,
}

impl Log<'_> {
    #[inline]
    fn push(&mut self, slot: u32, change: Change<'_>) {
        self.journal.push(self.shard, slot, change);
    }
}

/// What can be done to a shard; all of it is written to the log.
impl Shard {
    /// Takes an event in, and everything that follows from it. Gives the slot, whose windows then stand at the event.
    pub fn take(&mut self, layout: &Layout, log: &mut Log<'_>, at: Option<u32>, taken: &Taken<'_>) -> u32 {
        let at = self.slot_of(layout, log, at, taken.hash, taken.key);
        let slack = taken.high.saturating_sub(taken.watermark);
        if slack > self.slack {
            log.push(at, Change::Slack { before: self.slack, after: slack });
            self.slack = slack;
        }
        match self.waiting_label(layout, log, at, taken.event) {
            None => self.put(layout, log, at, taken.event),
            Some(words) => {
                let mut event: SmallVec<[u64; 8]> = SmallVec::from_slice(taken.event);
                event[layout.values + layout.labels_from..].copy_from_slice(&words);
                self.put(layout, log, at, &event);
            }
        }
        self.evict(layout, log, at, taken.watermark.saturating_sub(layout.reach_ns));
        if self.taken.is_multiple_of(SWEEP) {
            self.sweep(layout, log, taken.high);
        }
        at
    }

    /// Gives the event with this label key its label, or lets the label wait for it until `deadline`.
    pub fn label(
        &mut self,
        layout: &Layout,
        log: &mut Log<'_>,
        (key_hash, key): (u64, Key<'_>),
        hash: u64,
        words: &[u64],
        deadline: i64,
    ) {
        let at = self.slot_of(layout, log, None, key_hash, key);
        let Some(index) = self.labelled_event(layout, at, hash) else {
            self.forget_label(layout, log, at, hash);
            log.push(at, Change::Wait { hash, deadline, words });
            self.wait(layout, at, hash, deadline, words);
            return;
        };
        let ring = self.ring(layout, at);
        let event = ring.event(ring.block(layout, &self.arena), layout.stride, index);
        let before = &event[layout.values + layout.labels_from..];
        if before != words {
            log.push(at, Change::Label { index, before, after: words });
            self.set_label(layout, at, index, words);
        }
    }

    /// Forgets labels that waited in vain.
    pub fn expire_labels(&mut self, layout: &Layout, log: &mut Log<'_>, watermark: i64) {
        while let Some((at, hash)) = self.waiting.expired(watermark) {
            self.forget_label(layout, log, at, hash);
        }
    }

    fn slot_of(
        &mut self,
        layout: &Layout,
        log: &mut Log<'_>,
        at: Option<u32>,
        hash: u64,
        key: Key<'_>,
    ) -> u32 {
        // Where the caller looked before others had their turn, the slot may have changed hands.
        match at.filter(|at| self.has_key(layout, *at, key)).or_else(|| self.find(layout, hash, key)) {
            Some(at) => at,
            None => {
                let (at, fresh) = self.add_key(layout, hash, key);
                log.push(at, Change::AddKey { hash, key, fresh });
                at
            }
        }
    }

    fn waiting_label(
        &mut self,
        layout: &Layout,
        log: &mut Log<'_>,
        at: u32,
        event: &[u64],
    ) -> Option<LabelWords> {
        if !layout.labelled || self.slots.get(layout, at)[layout.waiting_at] == 0 {
            return None;
        }
        self.forget_label(layout, log, at, event[1])
    }

    fn forget_label(&mut self, layout: &Layout, log: &mut Log<'_>, at: u32, hash: u64) -> Option<LabelWords> {
        let Waiting { deadline, words } = self.waiting.get(at, hash)?.clone();
        log.push(at, Change::Found { hash, deadline, words: &words });
        self.found(layout, at, hash);
        Some(words)
    }

    #[inline]
    fn put(&mut self, layout: &Layout, log: &mut Log<'_>, at: u32, event: &[u64]) {
        let time = event[0] as i64;
        log.push(at, Change::Insert { event });
        let fields = self.slots.get_mut(layout, at);
        let mut ring = slots::ring(fields);
        let block = ring.block(layout, &self.arena);
        Events { layout, ring, block }.move_to(fields, time);
        let index = ring.upper_bound(block, layout.stride, time);
        ring.insert(layout, &mut self.arena, index, event);
        set_ring(fields, ring);
        if layout.delay_ns == 0 {
            // The event stands at the cursor: it is in every window, and the last one of them.
            let windows = layout.windows_ns.len();
            set_bound(fields, windows, bound(fields, windows) + 1);
            for window in 0..windows {
                apply::<true>(layout, sums(layout, fields, window), &event[layout.values..]);
            }
        }
        self.taken += 1;
    }

    /// Drops events that are not after `last`.
    #[inline]
    fn evict(&mut self, layout: &Layout, log: &mut Log<'_>, at: u32, last: i64) {
        let ring = self.ring(layout, at);
        let block = ring.block(layout, &self.arena);
        let mut gone = 0;
        while gone < ring.len && ring.time(block, layout.stride, gone) <= last {
            gone += 1;
        }
        if gone > 0 {
            self.evict_first(layout, log, at, gone);
        }
    }

    fn evict_first(&mut self, layout: &Layout, log: &mut Log<'_>, at: u32, count: u32) {
        let most = (MAX_PAYLOAD / layout.stride) as u32;
        let mut left = count;
        while left > 0 {
            let now = left.min(most);
            let ring = self.ring(layout, at);
            let block = ring.block(layout, &self.arena);
            if now == 1 {
                log.push(at, Change::Evict { events: ring.event(block, layout.stride, 0) });
            } else {
                let events = (0..now).flat_map(|i| ring.event(block, layout.stride, i));
                let events: SmallVec<[u64; 32]> = events.copied().collect();
                log.push(at, Change::Evict { events: &events });
            }
            self.drop_events(layout, at, now);
            left -= now;
        }
    }

    /// Frees keys that have nothing left for any record that is still to come.
    fn sweep(&mut self, layout: &Layout, log: &mut Log<'_>, high: i64) {
        let last = high.saturating_sub(self.slack).saturating_sub(layout.reach_ns);
        let count = self.slots.count();
        let before = self.broom;
        for _ in 0..SWEPT.min(count) {
            let at = self.broom;
            self.broom = if at + 1 < count { at + 1 } else { 0 };
            if self.is_over(layout, at, last) {
                let len = self.ring(layout, at).len;
                self.evict_first(layout, log, at, len);
                log.push(at, Change::DropKey { hash: self.hash(layout, at), key: self.key(layout, at) });
                self.drop_key(layout, at);
            }
        }
        log.push(0, Change::Sweep { before, after: self.broom });
    }

    fn is_over(&self, layout: &Layout, at: u32, last: i64) -> bool {
        let fields = self.slots.get(layout, at);
        if is_free(fields) || layout.labelled && fields[layout.waiting_at] != 0 {
            return false;
        }
        // The event that the windows stand at is there; that saves a look at most rings.
        if fields[slot::CURSOR] as i64 > last {
            return false;
        }
        let ring = slots::ring(fields);
        ring.len == 0 || ring.time(ring.block(layout, &self.arena), layout.stride, ring.len - 1) <= last
    }
}

/// Looking things up.
impl Shard {
    /// Asks for the place in the table where a key most likely is.
    #[inline]
    pub fn fetch_entry(&self, hash: u64) {
        self.table.fetch(hash as u32);
    }

    /// Where a key most likely is: whoever takes the answer looks at the key itself.
    #[inline]
    pub fn guess(&self, hash: u64) -> Option<u32> {
        self.table.find(hash as u32, |_| true)
    }

    fn find(&self, layout: &Layout, hash: u64, key: Key<'_>) -> Option<u32> {
        self.table.find(hash as u32, |at| self.has_key(layout, at, key))
    }

    /// The windows of a key.
    #[inline]
    pub fn view<'a>(&'a self, layout: &'a Layout, at: u32) -> View<'a> {
        let fields = self.slots.get(layout, at);
        let ring = slots::ring(fields);
        View { fields, events: Events { layout, ring, block: ring.block(layout, &self.arena) } }
    }

    /// Asks for a slot.
    #[inline]
    pub fn fetch_slot(&self, layout: &Layout, at: u32) {
        self.slots.get(layout, at).chunks(LINE_WORDS).for_each(|line| near::fetch(&line[0]));
    }

    /// Asks for the events of a slot that is near: where windows begin, and the end of the ring, where the event will most
    /// likely go.
    #[inline]
    pub fn fetch_events(&self, layout: &Layout, at: u32) {
        let fields = self.slots.get(layout, at);
        let ring = slots::ring(fields);
        // A free slot has no block either.
        if ring.capacity > 0 {
            let begin = (0..layout.windows_ns.len()).map(|window| bound(fields, window));
            for index in begin.chain([ring.len]) {
                let position = ring.position(index.min(ring.capacity - 1));
                near::fetch(self.arena.word(ring.at, position * layout.stride as u32));
            }
        }
    }

    pub fn keys(&self) -> u64 {
        self.table.len() as u64
    }

    pub fn held_bytes(&self, layout: &Layout) -> u64 {
        // A waiting label has its place in two maps.
        let waiting = self.waiting.len() as u64 * 112;
        self.arena.held_bytes() + self.slots.held_bytes(layout) + self.table.held_bytes() + waiting
    }

    pub fn is_free(&self, layout: &Layout, at: u32) -> bool {
        is_free(self.slots.get(layout, at))
    }

    /// Nothing is left of a key but its slot.
    pub fn is_bare(&self, layout: &Layout, at: u32) -> bool {
        let waiting = layout.labelled && self.slots.get(layout, at)[layout.waiting_at] != 0;
        self.ring(layout, at).len == 0 && !waiting
    }

    /// The hash of a slot's key: worked out from words, kept before a text.
    pub fn hash(&self, layout: &Layout, at: u32) -> u64 {
        match self.key(layout, at) {
            Key::Words(words) => hash_words(words),
            Key::Text(_) => {
                let text = self.slots.get(layout, at)[layout.key_at];
                self.arena.block((text >> 32) as u32, 1)[0]
            }
        }
    }

    pub fn key<'a>(&'a self, layout: &Layout, at: u32) -> Key<'a> {
        let held = &self.slots.get(layout, at)[layout.key_at..layout.sums_at];
        match layout.key {
            KeyForm::Words(_) => Key::Words(held),
            KeyForm::Text => {
                let len = held[0] as u32;
                let words = self.arena.block((held[0] >> 32) as u32, len.div_ceil(8) + 1);
                Key::Text(&bytemuck::cast_slice(&words[1..])[..len as usize])
            }
        }
    }

    #[inline]
    fn has_key(&self, layout: &Layout, at: u32, key: Key<'_>) -> bool {
        if at >= self.slots.count() {
            return false;
        }
        let fields = self.slots.get(layout, at);
        // A slot that was freed holds zeros, and zero may be a key.
        !is_free(fields)
            && match key {
                Key::Words(words) => words.iter().zip(&fields[layout.key_at..]).all(|(a, b)| a == b),
                Key::Text(_) => self.key(layout, at) == key,
            }
    }

    /// The first event with this label key.
    fn labelled_event(&self, layout: &Layout, at: u32, hash: u64) -> Option<u32> {
        let ring = self.ring(layout, at);
        let block = ring.block(layout, &self.arena);
        (0..ring.len).find(|index| ring.event(block, layout.stride, *index)[1] == hash)
    }

    #[inline]
    fn ring(&self, layout: &Layout, at: u32) -> Ring {
        slots::ring(self.slots.get(layout, at))
    }
}
