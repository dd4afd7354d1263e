//! What a file is: the hash of how its text begins. A file that has only grown begins as it did, so a saved
//! fingerprint says how many bytes it was made of, and is compared with that many.

use xxhash_rust::xxh3::xxh3_64;

/// The first bytes of a text, as many as are known and at most [`Prefix::LIMIT`].
#[derive(Default)]
pub(crate) struct Prefix {
    bytes: Vec<u8>,
}

impl Prefix {
    pub const LIMIT: usize = 4 << 10;

    pub fn new(bytes: Vec<u8>) -> Prefix {
        Prefix { bytes }
    }

    /// Takes notice of bytes at a place of the text, where they go on from what is known.
    pub fn learn(&mut self, offset: u64, bytes: &[u8]) {
        let known = self.bytes.len();
        if known < Prefix::LIMIT && offset <= known as u64 {
            let fresh = bytes.get(known - offset as usize..).unwrap_or_default();
            self.bytes.extend_from_slice(&fresh[..fresh.len().min(Prefix::LIMIT - known)]);
        }
    }

    pub fn fingerprint(&self) -> String {
        format!("{}-{:016x}", self.bytes.len(), xxh3_64(&self.bytes))
    }

    pub fn matches(&self, saved: &str) -> bool {
        let Some((length, hash)) = saved.split_once('-') else { return false };
        let then = length.parse().ok().and_then(|length: usize| self.bytes.get(..length));
        then.is_some_and(|then| format!("{:016x}", xxh3_64(then)) == hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_grew_is_the_same_and_a_changed_or_shorter_one_is_not() {
        let saved = Prefix::new(b"one\ntwo\n".to_vec()).fingerprint();
        let check = |now: &[u8]| Prefix::new(now.to_vec()).matches(&saved);
        assert!(check(b"one\ntwo\n") && check(b"one\ntwo\nthree\n"));
        assert!(!check(b"one\ntwO\nthree\n") && !check(b"one\n") && !check(b""));
        assert!(!Prefix::default().matches("nonsense"));
    }

    #[test]
    fn what_is_read_is_learned_once_and_up_to_the_limit() {
        let mut prefix = Prefix::new(b"ab".to_vec());
        prefix.learn(0, b"abc");
        prefix.learn(9, b"not here");
        prefix.learn(3, b"d");
        assert_eq!(prefix.bytes, b"abcd");
        prefix.learn(4, &[b'x'; 9_000]);
        assert_eq!(prefix.bytes.len(), Prefix::LIMIT);
    }
}
