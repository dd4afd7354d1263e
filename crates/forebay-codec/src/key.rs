//! A key as it mostly stands in a line: quoted, with the colon behind it. It is compared sixteen bytes at once, which is all of
//! most keys.

use crate::text::write_text;

/// How many bytes are compared at once.
const HEAD: usize = size_of::<u128>();

pub(crate) struct Key {
    text: Vec<u8>,
    /// The beginning of the text, zeros behind it, and ones where it counts.
    head: u128,
    mask: u128,
}

impl Key {
    pub fn new(name: &str) -> Key {
        let mut text = Vec::new();
        write_text(name.as_bytes(), &mut text);
        text.push(b':');
        let count = text.len().min(HEAD);
        let mut head = [0; HEAD];
        head[..count].copy_from_slice(&text[..count]);
        let mask = u128::MAX >> (8 * (HEAD - count));
        Key { text, head: u128::from_le_bytes(head), mask }
    }

    /// The place behind the key, if it stands at `at` behind `open` and at most one space.
    #[inline]
    pub fn behind(&self, line: &[u8], at: usize, open: u8) -> Option<usize> {
        if line.get(at) != Some(&open) {
            return None;
        }
        match self.end(line, at + 1) {
            None if line.get(at + 1) == Some(&b' ') => self.end(line, at + 2),
            end => end,
        }
    }

    /// Its end, if it stands at `at`.
    #[inline]
    fn end(&self, line: &[u8], at: usize) -> Option<usize> {
        let rest = line.get(at..)?;
        let stands = match rest.first_chunk() {
            Some(head) => {
                (u128::from_le_bytes(*head) ^ self.head) & self.mask == 0
                    && (self.text.len() <= HEAD || rest.starts_with(&self.text))
            }
            None => rest.starts_with(&self.text),
        };
        stands.then_some(at + self.text.len())
    }
}
