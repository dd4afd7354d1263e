//! Changes and shards as bytes: what a commit writes down and a restart reads.
//!
//! Numbers are varints, values in the form of their word (integers small, floats as they are), times as the
//! step from the event before. Both formats begin with their version and the layout's signature; bytes of another
//! layout are refused, never guessed at.

use forebay_stage::{Fault, Shards};

use super::bytes::{
    Reader, broken, label_words, put, put_event, put_head, put_key, put_waiting, put_words, unzigzag, zigzag,
};
use super::journal::{Change, Entry};
use super::layout::Layout;
use super::shard::{Key, Shard};

const DELTA: u8 = 1;
const IMAGE: u8 = 1;

/// Writes the delta of an epoch, a section for each shard that changed.
pub struct DeltaWriter {
    /// One for each shard of the state, empty where nothing changed.
    sections: Vec<Section>,
}

#[derive(Clone, Default)]
struct Section {
    bytes: Vec<u8>,
    /// Time of the last event, which the next one is counted from.
    time: i64,
}

impl DeltaWriter {
    pub fn new(shards: usize) -> DeltaWriter {
        DeltaWriter { sections: vec![Section::default(); shards] }
    }

    pub fn write(&mut self, layout: &Layout, entry: Entry<'_>) {
        let Section { bytes, time } = &mut self.sections[entry.shard as usize];
        let kind = match entry.change {
            Change::AddKey { .. } => 0,
            Change::DropKey { .. } => 1,
            Change::Insert { .. } => 2,
            Change::Evict { .. } => 3,
            Change::Label { .. } => 4,
            Change::Wait { .. } => 5,
            Change::Found { .. } => 6,
            Change::Sweep { .. } => 7,
            Change::Slack { .. } => 8,
        };
        bytes.push(kind);
        put(bytes, entry.slot.into());
        match entry.change {
            Change::AddKey { hash, key, .. } => put_key(bytes, hash, key),
            Change::DropKey { .. } => {}
            Change::Insert { event } => put_event(layout, bytes, time, event),
            Change::Evict { events } => put(bytes, (events.len() / layout.stride) as u64),
            Change::Label { index, after, .. } => {
                put(bytes, index.into());
                put_words(label_words(layout), bytes, after);
            }
            Change::Wait { hash, deadline, words } => put_waiting(layout, bytes, hash, deadline, words),
            Change::Found { hash, .. } => bytes.extend(hash.to_le_bytes()),
            Change::Sweep { after, .. } => put(bytes, after.into()),
            Change::Slack { after, .. } => put(bytes, zigzag(after)),
        }
    }

    /// Appends the sections and begins anew.
    pub fn finish(&mut self, layout: &Layout, shards: Shards, delta: &mut Vec<u8>) {
        put_head(layout, DELTA, delta);
        let changed = self.sections.iter().filter(|section| !section.bytes.is_empty()).count();
        put(delta, changed as u64);
        for (section, shard) in self.sections.iter_mut().zip(shards.owned()) {
            if !section.bytes.is_empty() {
                put(delta, shard.into());
                put(delta, section.bytes.len() as u64);
                delta.extend_from_slice(&section.bytes);
                section.bytes.clear();
                section.time = 0;
            }
        }
    }
}

/// The sections of a delta with their shards.
pub fn sections<'a>(layout: &Layout, delta: &'a [u8]) -> Result<Vec<(u32, &'a [u8])>, Fault> {
    let mut reader = Reader::new(delta);
    reader.head(layout, DELTA)?;
    let count = reader.count()?;
    let section = |_| {
        let (shard, len) = (reader.number()?, reader.number()?);
        Ok((shard as u32, reader.bytes(len as usize)?))
    };
    (0..count).map(section).collect()
}

/// Does the changes of a section.
pub fn apply(layout: &Layout, state: &mut Shard, section: &[u8]) -> Result<(), Fault> {
    let mut reader = Reader::new(section);
    let mut time = 0;
    let (mut words, mut event) = (Vec::new(), Vec::new());
    while !reader.rest.is_empty() {
        let kind = reader.byte()?;
        let at = reader.number()? as u32;
        if !may_follow(layout, state, at, kind) {
            return Err(broken());
        }
        let change = match kind {
            0 => {
                let hash = reader.hash()?;
                let key = reader.key(layout, &mut words)?;
                Change::AddKey { hash, key, fresh: false }
            }
            1 => Change::DropKey { hash: 0, key: Key::Words(&[]) },
            2 => {
                reader.event(layout, &mut time, &mut event)?;
                Change::Insert { event: &event }
            }
            3 => {
                let count = reader.number()?;
                if count > u64::from(state.view(layout, at).events.len()) {
                    return Err(broken());
                }
                event.resize(count as usize * layout.stride, 0);
                Change::Evict { events: &event }
            }
            4 => {
                let index = reader.number()?;
                if index >= u64::from(state.view(layout, at).events.len()) {
                    return Err(broken());
                }
                reader.words(label_words(layout), &mut words)?;
                Change::Label { index: index as u32, before: &[], after: &words }
            }
            5 => {
                let (hash, deadline) = reader.waiting(layout, state, at, &mut words)?;
                Change::Wait { hash, deadline, words: &words }
            }
            6 => Change::Found { hash: reader.hash()?, deadline: 0, words: &[] },
            7 => {
                let after = reader.number()?;
                if after >= u64::from(state.slots.count()) {
                    return Err(broken());
                }
                Change::Sweep { before: 0, after: after as u32 }
            }
            8 => Change::Slack { before: 0, after: unzigzag(reader.number()?) },
            _ => return Err(broken()),
        };
        state.redo(layout, at, change);
    }
    Ok(())
}

/// Whether a change of this kind can come next for a slot: bytes that pass every checksum may still be of another state.
fn may_follow(layout: &Layout, state: &Shard, at: u32, kind: u8) -> bool {
    let known = at < state.slots.count() && !state.is_free(layout, at);
    match kind {
        0 => at == state.free.last().copied().unwrap_or(state.slots.count()),
        1 => known && state.is_bare(layout, at),
        2..=6 => known && (layout.labelled || kind < 4),
        _ => true,
    }
}

/// Appends everything that is state of a shard, slot after slot.
pub fn write_image(layout: &Layout, state: &Shard, image: &mut Vec<u8>) {
    put_head(layout, IMAGE, image);
    put(image, state.taken);
    put(image, state.broom.into());
    put(image, zigzag(state.slack));
    put(image, state.free.len() as u64);
    state.free.iter().for_each(|at| put(image, (*at).into()));
    let slots = state.slots.count();
    put(image, slots.into());
    for at in (0..slots).filter(|at| !state.is_free(layout, *at)) {
        put_key(image, state.hash(layout, at), state.key(layout, at));
        let events = state.view(layout, at).events;
        put(image, events.len().into());
        let mut time = 0;
        (0..events.len()).for_each(|index| put_event(layout, image, &mut time, events.event(index)));
    }
    put(image, state.waiting.len() as u64);
    for ((at, hash), label) in state.waiting.iter() {
        put(image, (*at).into());
        put_waiting(layout, image, *hash, label.deadline, &label.words);
    }
}

/// A shard from its image.
pub fn read_image(layout: &Layout, image: &[u8]) -> Result<Shard, Fault> {
    let mut reader = Reader::new(image);
    reader.head(layout, IMAGE)?;
    let mut state = Shard::default();
    let (taken, broom, slack) = (reader.number()?, reader.number()? as u32, unzigzag(reader.number()?));
    let free =
        (0..reader.count()?).map(|_| Ok(reader.number()? as u32)).collect::<Result<Vec<u32>, Fault>>()?;
    let slots = reader.number()? as u32;
    let mut is_free = free.clone();
    is_free.sort_unstable();
    is_free.dedup();
    if is_free.len() < free.len() || is_free.last().is_some_and(|at| *at >= slots) {
        return Err(broken());
    }
    let (mut words, mut event) = (Vec::new(), Vec::new());
    for at in 0..slots {
        if is_free.binary_search(&at).is_ok() {
            state.add_free_slot(layout);
            continue;
        }
        let hash = reader.hash()?;
        let key = reader.key(layout, &mut words)?;
        state.redo(layout, at, Change::AddKey { hash, key, fresh: true });
        let mut time = 0;
        for _ in 0..reader.number()? {
            reader.event(layout, &mut time, &mut event)?;
            state.redo(layout, at, Change::Insert { event: &event });
        }
    }
    for _ in 0..reader.number()? {
        let at = reader.number()? as u32;
        if at >= slots || state.is_free(layout, at) {
            return Err(broken());
        }
        let (hash, deadline) = reader.waiting(layout, &state, at, &mut words)?;
        state.redo(layout, at, Change::Wait { hash, deadline, words: &words });
    }
    if broom >= slots.max(1) || !reader.rest.is_empty() {
        return Err(broken());
    }
    (state.free, state.taken, state.broom, state.slack) = (free, taken, broom, slack);
    Ok(state)
}
