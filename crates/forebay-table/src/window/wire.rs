//! Changes and shards as bytes: what a commit writes down and a restart reads.
//!
//! Numbers are varints, values in the form of their word (integers small, floats as they are), times as the
//! step from the event before. Both formats begin with their version and the layout's signature; bytes of another
//! layout are refused, never guessed at.

use forebay_stage::types::code;
use forebay_stage::{Fault, Shards};

use super::journal::{Change, Entry};
use super::layout::{Form, KeyForm, Layout, Word};
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
        // Slots that a change goes to have to be there; only a new key may be the next one.
        let known = at < state.slots.count() && !state.is_free(layout, at);
        if !known && !matches!(kind, 0 | 7 | 8) {
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
                let (hash, deadline) = (reader.hash()?, unzigzag(reader.number()?));
                reader.words(label_words(layout), &mut words)?;
                Change::Wait { hash, deadline, words: &words }
            }
            6 => Change::Found { hash: reader.hash()?, deadline: 0, words: &[] },
            7 => Change::Sweep { before: 0, after: reader.number()? as u32 },
            8 => Change::Slack { before: 0, after: unzigzag(reader.number()?) },
            _ => return Err(broken()),
        };
        state.redo(layout, at, change);
    }
    Ok(())
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
    let free = (0..reader.count()?).map(|_| Ok(reader.number()? as u32)).collect::<Result<Vec<u32>, Fault>>()?;
    let slots = reader.number()? as u32;
    let mut is_free = free.clone();
    is_free.sort_unstable();
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
        let (hash, deadline) = (reader.hash()?, unzigzag(reader.number()?));
        reader.words(label_words(layout), &mut words)?;
        if at >= slots || state.is_free(layout, at) {
            return Err(broken());
        }
        state.redo(layout, at, Change::Wait { hash, deadline, words: &words });
    }
    if free.iter().any(|at| *at >= slots) || !reader.rest.is_empty() {
        return Err(broken());
    }
    (state.free, state.taken, state.broom, state.slack) = (free, taken, broom, slack);
    Ok(state)
}

fn broken() -> Fault {
    Fault::fatal(
        &code::WINDOW_STATE,
        "the saved windows of this stage cannot be read: they are damaged, or another version wrote them. \
         Restore the state directory, or begin anew with --fresh",
    )
}

fn label_words(layout: &Layout) -> &[Word] {
    &layout.words[layout.labels_from..]
}

fn put_head(layout: &Layout, version: u8, out: &mut Vec<u8>) {
    let signature = layout.signature();
    out.extend([version, signature.len() as u8]);
    out.extend(signature);
}

fn put_key(out: &mut Vec<u8>, hash: u64, key: Key<'_>) {
    out.extend(hash.to_le_bytes());
    match key {
        Key::Words(words) => words.iter().for_each(|word| put(out, *word)),
        Key::Text(text) => {
            put(out, text.len() as u64);
            out.extend_from_slice(text);
        }
    }
}

fn put_event(layout: &Layout, out: &mut Vec<u8>, time: &mut i64, event: &[u64]) {
    let at = event[0] as i64;
    put(out, zigzag(at.wrapping_sub(*time)));
    *time = at;
    if layout.labelled {
        out.extend(event[1].to_le_bytes());
    }
    put_words(&layout.words, out, &event[layout.values..]);
}

fn put_waiting(layout: &Layout, out: &mut Vec<u8>, hash: u64, deadline: i64, words: &[u64]) {
    out.extend(hash.to_le_bytes());
    put(out, zigzag(deadline));
    put_words(label_words(layout), out, words);
}

fn put_words(words: &[Word], out: &mut Vec<u8>, values: &[u64]) {
    for (word, value) in words.iter().zip(values) {
        match word.form {
            Form::Int => put(out, zigzag(*value as i64)),
            Form::Uint | Form::Flag => put(out, *value),
            Form::Float => out.extend(value.to_le_bytes()),
        }
    }
}

fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// Seven bits a byte, the lowest first.
#[inline]
fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn new(rest: &'a [u8]) -> Reader<'a> {
        Reader { rest }
    }

    fn head(&mut self, layout: &Layout, version: u8) -> Result<(), Fault> {
        let found = self.byte()?;
        let len = self.byte()?;
        let signature = self.bytes(len.into())?;
        if found == version && signature == layout.signature() { Ok(()) } else { Err(broken()) }
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        let (byte, rest) = self.rest.split_first().ok_or_else(broken)?;
        self.rest = rest;
        Ok(*byte)
    }

    fn bytes(&mut self, len: usize) -> Result<&'a [u8], Fault> {
        let (bytes, rest) = self.rest.split_at_checked(len).ok_or_else(broken)?;
        self.rest = rest;
        Ok(bytes)
    }

    fn number(&mut self) -> Result<u64, Fault> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(broken())
    }

    /// A number of things of which each takes a byte at least.
    fn count(&mut self) -> Result<u64, Fault> {
        let count = self.number()?;
        if count <= self.rest.len() as u64 { Ok(count) } else { Err(broken()) }
    }

    fn hash(&mut self) -> Result<u64, Fault> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or_else(broken)?;
        self.rest = rest;
        Ok(u64::from_le_bytes(*bytes))
    }

    fn key<'k>(&mut self, layout: &Layout, words: &'k mut Vec<u64>) -> Result<Key<'k>, Fault>
    where
        'a: 'k,
    {
        match layout.key {
            KeyForm::Words(count) => {
                words.clear();
                for _ in 0..count {
                    words.push(self.number()?);
                }
                Ok(Key::Words(words))
            }
            KeyForm::Text => {
                let len = self.number()?;
                Ok(Key::Text(self.bytes(len as usize)?))
            }
        }
    }

    fn event(&mut self, layout: &Layout, time: &mut i64, event: &mut Vec<u64>) -> Result<(), Fault> {
        *time = time.wrapping_add(unzigzag(self.number()?));
        let hash = if layout.labelled { Some(self.hash()?) } else { None };
        self.words(&layout.words, event)?;
        event.splice(0..0, [*time as u64].into_iter().chain(hash));
        Ok(())
    }

    fn words(&mut self, words: &[Word], out: &mut Vec<u64>) -> Result<(), Fault> {
        out.clear();
        for word in words {
            out.push(match word.form {
                Form::Int => unzigzag(self.number()?) as u64,
                Form::Uint | Form::Flag => self.number()?,
                Form::Float => self.hash()?,
            });
        }
        Ok(())
    }
}
