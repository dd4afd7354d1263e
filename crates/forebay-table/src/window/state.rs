//! The windows of all keys that an instance owns, as a state of the engine: shards and one journal for them.

use std::sync::Arc;

use forebay_stage::types::Epoch;
use forebay_stage::{Fault, Savepoint, Shards, State};

use super::journal::{Journal, MAX_SHARDS};
use super::layout::Layout;
use super::shard::{Key, Log, Shard, Taken};
use super::view::View;
use super::wire::{self, DeltaWriter};

/// Windows of many keys.
pub struct Windows {
    layout: Arc<Layout>,
    owned: Shards,
    shards: Vec<Shard>,
    journal: Journal,
    delta: DeltaWriter,
}

/// A record for the windows.
pub struct Arrival<'a> {
    pub key_hash: u64,
    pub key: Key<'a>,
    /// Event time, hash of the label key where there are labels, values.
    pub event: &'a [u64],
    pub high: i64,
    pub watermark: i64,
}

/// Where a key may be: its shard, and in it a slot that is looked at before it is believed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Guess {
    local: u32,
    slot: Option<u32>,
}

impl Windows {
    pub fn new(layout: Layout, owned: Shards) -> Windows {
        assert!(owned.total <= MAX_SHARDS, "at most {MAX_SHARDS} shards");
        let shards: Vec<Shard> = owned.owned().map(|_| Shard::default()).collect();
        Windows {
            layout: Arc::new(layout),
            owned,
            delta: DeltaWriter::new(shards.len()),
            shards,
            journal: Journal::default(),
        }
    }

    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Guesses where keys are and brings what belongs to them near: pass after pass, so that what is away in one pass is
    /// fetched for many keys at a time, and is there for the next.
    #[inline]
    pub fn guess(&self, hashes: impl Iterator<Item = u64> + Clone, guesses: &mut [Guess]) {
        let layout = &*self.layout;
        hashes.clone().for_each(|hash| self.shards[self.local(hash)].fetch_entry(hash));
        for (hash, guess) in hashes.zip(&mut *guesses) {
            let local = self.local(hash);
            *guess = Guess { local: local as u32, slot: self.shards[local].guess(hash) };
        }
        let found =
            guesses.iter().filter_map(|guess| Some((&self.shards[guess.local as usize], guess.slot?)));
        found.clone().for_each(|(shard, at)| shard.fetch_slot(layout, at));
        found.for_each(|(shard, at)| shard.fetch_events(layout, at));
    }

    /// Takes a record in and shows the windows of its key, standing at it.
    #[inline]
    pub fn take(&mut self, guess: Guess, arrival: &Arrival<'_>) -> View<'_> {
        let shard = &mut self.shards[guess.local as usize];
        let mut log = Log { journal: &mut self.journal, shard: guess.local };
        let taken = Taken {
            hash: arrival.key_hash,
            key: arrival.key,
            event: arrival.event,
            high: arrival.high,
            watermark: arrival.watermark,
        };
        let at = shard.take(&self.layout, &mut log, guess.slot, &taken);
        shard.view(&self.layout, at)
    }

    /// Takes a label in. It waits for its event until `watermark` comes to `deadline`.
    pub fn label(
        &mut self,
        key: (u64, Key<'_>),
        label_hash: u64,
        words: &[u64],
        deadline: i64,
        watermark: i64,
    ) {
        let local = self.local(key.0);
        let shard = &mut self.shards[local];
        let mut log = Log { journal: &mut self.journal, shard: local as u32 };
        shard.expire_labels(&self.layout, &mut log, watermark);
        shard.label(&self.layout, &mut log, key, label_hash, words, deadline);
    }

    /// The number that this instance gives a shard.
    #[inline]
    fn local(&self, key_hash: u64) -> usize {
        let shard = self.owned.of(key_hash);
        debug_assert!(self.owned.owns(shard), "the engine sends a record to the lane that owns its key");
        (shard / self.owned.lanes) as usize
    }

    fn local_of(&self, shard: u32) -> Option<usize> {
        (shard < self.owned.total && self.owned.owns(shard)).then_some((shard / self.owned.lanes) as usize)
    }
}

impl State for Windows {
    fn savepoint(&self) -> Savepoint {
        Savepoint(self.journal.position())
    }

    fn rollback(&mut self, to: Savepoint) {
        let (layout, shards) = (&self.layout, &mut self.shards);
        self.journal.roll_back(layout, to.0, |e| shards[e.shard as usize].undo(layout, e.slot, e.change));
    }

    fn seal(&mut self, epoch: Epoch, delta: &mut Vec<u8>) {
        let (layout, writer) = (&self.layout, &mut self.delta);
        self.journal.seal(layout, epoch, |entry| writer.write(layout, entry));
        writer.finish(layout, self.owned, delta);
    }

    fn committed(&mut self, epoch: Epoch) {
        self.journal.committed(epoch);
    }

    fn abort(&mut self) {
        let (layout, shards) = (&self.layout, &mut self.shards);
        self.journal.abort(layout, |e| shards[e.shard as usize].undo(layout, e.slot, e.change));
    }

    fn image(&self, shard: u32, image: &mut Vec<u8>) {
        if let Some(local) = self.local_of(shard) {
            wire::write_image(&self.layout, &self.shards[local], image);
        }
    }

    fn load(&mut self, shard: u32, image: &[u8]) -> Result<(), Fault> {
        if let Some(local) = self.local_of(shard) {
            self.shards[local] = wire::read_image(&self.layout, image)?;
        }
        Ok(())
    }

    fn apply(&mut self, delta: &[u8], wanted: &dyn Fn(u32) -> bool) -> Result<(), Fault> {
        for (shard, section) in wire::sections(&self.layout, delta)? {
            if let Some(local) = self.local_of(shard).filter(|_| wanted(shard)) {
                wire::apply(&self.layout, &mut self.shards[local], section)?;
            }
        }
        Ok(())
    }

    fn size(&self) -> (u64, u64) {
        let shards = self.shards.iter();
        shards.fold((0, 0), |(keys, bytes), shard| {
            (keys + shard.keys(), bytes + shard.held_bytes(&self.layout))
        })
    }
}
