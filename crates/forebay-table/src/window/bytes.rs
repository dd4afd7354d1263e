//! Numbers, keys, events and labels as bytes, and back. Bytes that do not read are an error, never a panic.

use forebay_stage::Fault;
use forebay_stage::types::code;

use super::layout::{Form, KeyForm, Layout, Word};
use super::shard::{Key, Shard};

pub fn broken() -> Fault {
    Fault::fatal(
        &code::WINDOW_STATE,
        "the saved windows of this stage cannot be read: they are damaged, or another version wrote them. \
         Restore the state directory, or begin anew with --fresh",
    )
}

pub fn label_words(layout: &Layout) -> &[Word] {
    &layout.words[layout.labels_from..]
}

pub fn put_head(layout: &Layout, version: u8, out: &mut Vec<u8>) {
    let signature = layout.signature();
    out.extend([version, signature.len() as u8]);
    out.extend(signature);
}

pub fn put_key(out: &mut Vec<u8>, hash: u64, key: Key<'_>) {
    out.extend(hash.to_le_bytes());
    match key {
        Key::Words(words) => words.iter().for_each(|word| put(out, *word)),
        Key::Text(text) => {
            put(out, text.len() as u64);
            out.extend_from_slice(text);
        }
    }
}

pub fn put_event(layout: &Layout, out: &mut Vec<u8>, time: &mut i64, event: &[u64]) {
    let at = event[0] as i64;
    put(out, zigzag(at.wrapping_sub(*time)));
    *time = at;
    if layout.labelled {
        out.extend(event[1].to_le_bytes());
    }
    put_words(&layout.words, out, &event[layout.values..]);
}

pub fn put_waiting(layout: &Layout, out: &mut Vec<u8>, hash: u64, deadline: i64, words: &[u64]) {
    out.extend(hash.to_le_bytes());
    put(out, zigzag(deadline));
    put_words(label_words(layout), out, words);
}

pub fn put_words(words: &[Word], out: &mut Vec<u8>, values: &[u64]) {
    for (word, value) in words.iter().zip(values) {
        match word.form {
            Form::Int => put(out, zigzag(*value as i64)),
            Form::Uint | Form::Flag => put(out, *value),
            Form::Float => out.extend(value.to_le_bytes()),
        }
    }
}

pub fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

pub fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// Seven bits a byte, the lowest first.
#[inline]
pub fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub struct Reader<'a> {
    pub rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(rest: &'a [u8]) -> Reader<'a> {
        Reader { rest }
    }

    pub fn head(&mut self, layout: &Layout, version: u8) -> Result<(), Fault> {
        let found = self.byte()?;
        let len = self.byte()?;
        let signature = self.bytes(len.into())?;
        if found == version && signature == layout.signature() { Ok(()) } else { Err(broken()) }
    }

    pub fn byte(&mut self) -> Result<u8, Fault> {
        let (byte, rest) = self.rest.split_first().ok_or_else(broken)?;
        self.rest = rest;
        Ok(*byte)
    }

    pub fn bytes(&mut self, len: usize) -> Result<&'a [u8], Fault> {
        let (bytes, rest) = self.rest.split_at_checked(len).ok_or_else(broken)?;
        self.rest = rest;
        Ok(bytes)
    }

    pub fn number(&mut self) -> Result<u64, Fault> {
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
    pub fn count(&mut self) -> Result<u64, Fault> {
        let count = self.number()?;
        if count <= self.rest.len() as u64 { Ok(count) } else { Err(broken()) }
    }

    pub fn hash(&mut self) -> Result<u64, Fault> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or_else(broken)?;
        self.rest = rest;
        Ok(u64::from_le_bytes(*bytes))
    }

    pub fn key<'k>(&mut self, layout: &Layout, words: &'k mut Vec<u64>) -> Result<Key<'k>, Fault>
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

    pub fn event(&mut self, layout: &Layout, time: &mut i64, event: &mut Vec<u64>) -> Result<(), Fault> {
        *time = time.wrapping_add(unzigzag(self.number()?));
        let hash = if layout.labelled { Some(self.hash()?) } else { None };
        self.words(&layout.words, event)?;
        event.splice(0..0, [*time as u64].into_iter().chain(hash));
        Ok(())
    }

    /// A label that does not wait yet: its hash and deadline, and its words in `words`.
    pub fn waiting(
        &mut self,
        layout: &Layout,
        state: &Shard,
        at: u32,
        words: &mut Vec<u64>,
    ) -> Result<(u64, i64), Fault> {
        let (hash, deadline) = (self.hash()?, unzigzag(self.number()?));
        self.words(label_words(layout), words)?;
        if layout.labelled && state.waiting.get(at, hash).is_none() {
            Ok((hash, deadline))
        } else {
            Err(broken())
        }
    }

    pub fn words(&mut self, words: &[Word], out: &mut Vec<u64>) -> Result<(), Fault> {
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
