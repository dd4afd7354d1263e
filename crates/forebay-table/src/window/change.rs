//! What a change does to a shard, forwards and backwards; nothing here is written to a log.

use super::arena::block_size;
use super::extremes;
use super::journal::{Change, text_words};
use super::layout::{KeyForm, Layout, slot};
use super::shard::{Key, Shard};
use super::slots::{bound, forget_windows, ring, set_bound, set_ring, sums};
use super::sums::apply;
use super::waiting::{LabelWords, Waiting};

impl Shard {
    /// Takes a change back.
    pub fn undo(&mut self, layout: &Layout, at: u32, change: Change<'_>) {
        match change {
            Change::AddKey { fresh, .. } => {
                self.drop_key(layout, at);
                if fresh {
                    self.free.pop();
                    self.slots.pop();
                }
            }
            Change::DropKey { hash, key } => {
                self.add_key(layout, hash, key);
            }
            Change::Insert { event } => {
                let mut ring = ring(self.slots.get(layout, at));
                let block = ring.block(layout, &self.arena);
                let index = ring.upper_bound(block, layout.stride, event[0] as i64) - 1;
                ring.remove(layout, &mut self.arena, index);
                self.begin_anew(layout, at, ring);
                self.taken -= 1;
            }
            Change::Evict { events } => {
                let mut ring = ring(self.slots.get(layout, at));
                for event in events.chunks_exact(layout.stride).rev() {
                    ring.insert(layout, &mut self.arena, 0, event);
                }
                self.begin_anew(layout, at, ring);
            }
            Change::Label { index, before, .. } => self.set_label(layout, at, index, before),
            Change::Wait { hash, .. } => self.found(layout, at, hash),
            Change::Found { hash, deadline, words } => self.wait(layout, at, hash, deadline, words),
            Change::Sweep { before, .. } => self.broom = before,
            Change::Slack { before, .. } => self.slack = before,
        }
    }

    /// Does again what a change did.
    pub fn redo(&mut self, layout: &Layout, at: u32, change: Change<'_>) {
        match change {
            Change::AddKey { hash, key, .. } => {
                self.add_key(layout, hash, key);
            }
            Change::DropKey { .. } => self.drop_key(layout, at),
            Change::Insert { event } => {
                let mut ring = ring(self.slots.get(layout, at));
                let block = ring.block(layout, &self.arena);
                let index = ring.upper_bound(block, layout.stride, event[0] as i64);
                ring.insert(layout, &mut self.arena, index, event);
                self.begin_anew(layout, at, ring);
                self.taken += 1;
            }
            Change::Evict { events } => {
                self.drop_events(layout, at, (events.len() / layout.stride) as u32);
            }
            Change::Label { index, after, .. } => self.set_label(layout, at, index, after),
            Change::Wait { hash, deadline, words } => self.wait(layout, at, hash, deadline, words),
            Change::Found { hash, .. } => self.found(layout, at, hash),
            Change::Sweep { after, .. } => self.broom = after,
            Change::Slack { after, .. } => self.slack = after,
        }
    }

    /// A new key gets the slot that was given back last, or a fresh one.
    pub fn add_key(&mut self, layout: &Layout, hash: u64, key: Key<'_>) -> (u32, bool) {
        let (at, fresh) = match self.free.pop() {
            Some(at) => (at, false),
            None => (self.slots.push(layout), true),
        };
        let text = match key {
            Key::Words(_) => 0,
            Key::Text(text) => {
                let size = text.len().div_ceil(8) as u32 + 1;
                let block = self.arena.take(block_size(size));
                let words = self.arena.block_mut(block, size);
                let all = std::iter::once(hash).chain(text_words(text));
                words.iter_mut().zip(all).for_each(|(to, word)| *to = word);
                u64::from(block) << 32 | text.len() as u64
            }
        };
        let fields = self.slots.get_mut(layout, at);
        fields.fill(0);
        fields[slot::CURSOR] = i64::MIN as u64;
        match key {
            Key::Words(words) => fields[layout.key_at..layout.sums_at].copy_from_slice(words),
            Key::Text(_) => fields[layout.key_at] = text,
        }
        self.table.insert(hash as u32, at);
        (at, fresh)
    }

    /// Frees the slot of a key that has no events and no waiting labels.
    pub fn drop_key(&mut self, layout: &Layout, at: u32) {
        self.table.remove(self.hash(layout, at) as u32, at);
        let fields = self.slots.get_mut(layout, at);
        ring(fields).give(layout, &mut self.arena);
        if let KeyForm::Text = layout.key {
            let text = fields[layout.key_at];
            self.arena.give((text >> 32) as u32, block_size((text as u32).div_ceil(8) + 1));
        }
        fields.fill(0);
        fields[slot::SPAN] = slot::FREE;
        self.free.push(at);
    }

    /// A slot without a key, for a shard that is read back; the list of free slots is set by whoever reads.
    pub fn add_free_slot(&mut self, layout: &Layout) {
        let at = self.slots.push(layout);
        self.slots.get_mut(layout, at)[slot::SPAN] = slot::FREE;
    }

    pub fn wait(&mut self, layout: &Layout, at: u32, hash: u64, deadline: i64, words: &[u64]) {
        self.waiting.add(at, hash, Waiting { deadline, words: LabelWords::from_slice(words) });
        self.slots.get_mut(layout, at)[layout.waiting_at] += 1;
    }

    pub fn found(&mut self, layout: &Layout, at: u32, hash: u64) {
        if self.waiting.remove(at, hash).is_some() {
            self.slots.get_mut(layout, at)[layout.waiting_at] -= 1;
        }
    }

    pub fn set_label(&mut self, layout: &Layout, at: u32, index: u32, words: &[u64]) {
        let fields = self.slots.get_mut(layout, at);
        let ring = ring(fields);
        let block = ring.block_mut(layout, &mut self.arena);
        let position = ring.position(index);
        let start = position as usize * layout.stride + layout.values;
        let values = start..start + layout.words.len();
        let windows = layout.windows_ns.len();
        let inside =
            |fields: &[u64], window| (bound(fields, window)..bound(fields, windows)).contains(&index);
        for window in 0..windows {
            if inside(fields, window) {
                apply::<false>(layout, sums(layout, fields, window), &block[values.clone()]);
            }
        }
        block[start + layout.labels_from..values.end].copy_from_slice(words);
        for window in 0..windows {
            if inside(fields, window) {
                apply::<true>(layout, sums(layout, fields, window), &block[values.clone()]);
            }
        }
        extremes::update(layout, block, ring.capacity, position);
    }

    /// Takes the oldest events out; the windows stay where they are.
    pub fn drop_events(&mut self, layout: &Layout, at: u32, count: u32) {
        let windows = layout.windows_ns.len();
        let fields = self.slots.get_mut(layout, at);
        let mut ring = ring(fields);
        ring.drop_front(layout, &mut self.arena, count);
        if (0..windows).any(|window| bound(fields, window) < count) {
            // Events of a window go, which only a stream of another pace brings about.
            return self.begin_anew(layout, at, ring);
        }
        (0..=windows).for_each(|window| set_bound(fields, window, bound(fields, window) - count));
        set_ring(fields, ring);
    }

    /// Sets the ring of a slot whose windows have to be worked out again.
    fn begin_anew(&mut self, layout: &Layout, at: u32, ring: super::ring::Ring) {
        let fields = self.slots.get_mut(layout, at);
        set_ring(fields, ring);
        forget_windows(layout, fields);
    }
}
