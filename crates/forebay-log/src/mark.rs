//! What a process was doing when it died: a few words a lane in shared memory, which the system keeps when
//! the process is killed. A store costs a few nanoseconds and no system call; the next process, or the
//! parent, reads it.
//!
//! The file is a line of 64 bytes (magic, version, count) and one line of eight words a slot, so that no two
//! lanes share a cache line. A slot's first word is its sequence: 0 when the slot is empty, odd while the
//! other words change. A reader that finds it odd, or changed while it read, knows that the words are torn.
//! Words are in the machine's own byte order: the file says nothing to another machine, and nothing after a
//! power cut.
//!
//! Two processes meet in this memory, which is what the `unsafe` is for: the mapping is turned into atomics
//! and touched in no other way.
#![allow(unsafe_code)]

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};

use memmap2::{MmapOptions, MmapRaw};

use crate::LogError;
use crate::disk::Disk;

/// Words that a slot holds.
pub const WORDS: usize = 7;

const LINE_BYTES: usize = 64;
const MAGIC: [u8; 7] = *b"FBAYMRK";
const VERSION: u8 = 1;

/// The one writer of a slot.
#[derive(Debug)]
pub struct Slot {
    lines: Arc<Lines>,
    at: usize,
    sequence: u64,
}

impl Slot {
    pub fn store(&mut self, words: [u64; WORDS]) {
        let [sequence, slots @ ..] = self.lines.line(self.at);
        self.sequence += 2;
        sequence.store(self.sequence - 1, Ordering::Relaxed);
        // The odd number is seen before any of the words ...
        fence(Ordering::Release);
        for (slot, word) in slots.iter().zip(words) {
            slot.store(word, Ordering::Relaxed);
        }
        // ... and all of the words before the even one.
        sequence.store(self.sequence, Ordering::Release);
    }

    /// Nothing is being done.
    pub fn clear(&mut self) {
        self.lines.line(self.at)[0].store(0, Ordering::Release);
    }
}

/// Makes the file with this many empty slots, in place of one that has the name, and gives out their writers
/// in order. Whoever still has the old file mapped is not disturbed.
pub fn create(path: &Path, slots: usize) -> Result<Vec<Slot>, LogError> {
    // Zeros are written, not left as a hole: a store must never have to ask a full disk for room.
    let file = Disk::default().publish(path, &header(slots), &[&vec![0; slots * LINE_BYTES]])?;
    let lines = Arc::new(Lines::map(&file, path, slots)?);
    Ok((0..slots).map(|at| Slot { lines: lines.clone(), at, sequence: 0 }).collect())
}

/// The words of each slot; None for a slot that is empty, or was being written just then. A file that is not
/// there has no slots.
pub fn read(path: &Path) -> Result<Vec<Option<[u64; WORDS]>>, LogError> {
    let read = |e| LogError::io("read", path, e);
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(read(error)),
    };
    let length = file.metadata().map_err(read)?.len();
    let slots = (length as usize / LINE_BYTES).saturating_sub(1);
    let mut found = [0; LINE_BYTES];
    if length >= LINE_BYTES as u64 {
        file.read_exact(&mut found).map_err(read)?;
    }
    if found[..7] == MAGIC && found[7] > VERSION {
        return Err(LogError::Newer { path: path.to_path_buf(), version: found[7], known: VERSION });
    }
    if found != header(slots) || !length.is_multiple_of(LINE_BYTES as u64) {
        return Err(LogError::corrupt(path, 0, "it is no mark of this version and size"));
    }
    let lines = Lines::map_read_only(&file, path, slots)?;
    Ok((0..slots).map(|at| lines.load(at)).collect())
}

fn header(slots: usize) -> [u8; LINE_BYTES] {
    let mut line = [0; LINE_BYTES];
    line[..7].copy_from_slice(&MAGIC);
    line[7] = VERSION;
    line[8..16].copy_from_slice(&(slots as u64).to_ne_bytes());
    line
}

/// The mapped file: a header line and `slots` lines of words.
#[derive(Debug)]
struct Lines {
    map: MmapRaw,
    slots: usize,
}

impl Lines {
    fn map(file: &File, path: &Path, slots: usize) -> Result<Lines, LogError> {
        let map = MmapOptions::new().len((slots + 1) * LINE_BYTES).map_raw(file);
        Ok(Lines { map: map.map_err(|e| LogError::io("map", path, e))?, slots })
    }

    fn map_read_only(file: &File, path: &Path, slots: usize) -> Result<Lines, LogError> {
        let map = MmapOptions::new().len((slots + 1) * LINE_BYTES).map_raw_read_only(file);
        Ok(Lines { map: map.map_err(|e| LogError::io("map", path, e))?, slots })
    }

    /// The words of a slot. Through `map_read_only` they may only be loaded.
    fn line(&self, at: usize) -> &[AtomicU64; WORDS + 1] {
        assert!(at < self.slots, "slot {at} of {}", self.slots);
        // SAFETY: the mapping is (slots + 1) lines long and `at < slots`, so line `at + 1` lies inside it; it
        // begins on a page, so every line is aligned for AtomicU64. The reference borrows `self`, which owns
        // the mapping. All access to a mapped line, here and in other processes, is by atomics or by the
        // kernel, and nobody shortens the file: it is only ever replaced by another one (`publish`).
        unsafe { &*self.map.as_mut_ptr().add((at + 1) * LINE_BYTES).cast::<[AtomicU64; WORDS + 1]>() }
    }

    fn load(&self, at: usize) -> Option<[u64; WORDS]> {
        let [sequence, slots @ ..] = self.line(at);
        // Relaxed loads and fences: an acquiring load is not promised to work on memory that is read-only.
        let before = sequence.load(Ordering::Relaxed);
        fence(Ordering::Acquire);
        let words = std::array::from_fn(|word| slots[word].load(Ordering::Relaxed));
        fence(Ordering::Acquire);
        let whole = before != 0 && before % 2 == 0 && before == sequence.load(Ordering::Relaxed);
        whole.then_some(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_words_are_read_and_empty_or_torn_slots_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mark");
        assert_eq!(read(&path).unwrap(), []);
        let mut slots = create(&path, 4).unwrap();
        slots[1].store([1, 2, 3, 4, 5, 6, 7]);
        slots[1].store([u64::MAX; WORDS]);
        slots[2].store([9; WORDS]);
        slots[2].clear();
        slots[3].store([8; WORDS]);
        // As a process leaves it that dies inside `store`.
        slots[3].lines.line(3)[0].store(3, Ordering::Relaxed);
        assert_eq!(read(&path).unwrap(), [None, Some([u64::MAX; WORDS]), None, None]);
        slots[2].store([7; WORDS]);
        drop(slots);
        assert_eq!(read(&path).unwrap(), [None, Some([u64::MAX; WORDS]), Some([7; WORDS]), None]);
    }

    #[test]
    fn a_new_mark_leaves_the_old_one_to_its_holder() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mark");
        let mut old = create(&path, 2).unwrap();
        let _new = create(&path, 1).unwrap();
        old[1].store([1; WORDS]);
        assert_eq!(read(&path).unwrap(), [None]);
    }

    /// One thread writes equal words as fast as it can, another reads: never two kinds of words at once.
    #[test]
    fn a_reader_beside_the_writer_never_sees_a_torn_slot() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mark");
        let mut slot = create(&path, 1).unwrap().pop().unwrap();
        let writer = std::thread::spawn(move || (1..=200_000).for_each(|n| slot.store([n; WORDS])));
        let file = File::open(&path).unwrap();
        let lines = Lines::map_read_only(&file, &path, 1).unwrap();
        while !writer.is_finished() {
            if let Some(words) = lines.load(0) {
                assert_eq!(words, [words[0]; WORDS]);
            }
        }
        writer.join().unwrap();
        assert_eq!(lines.load(0), Some([200_000; WORDS]));
    }

    #[test]
    fn what_is_no_mark_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let check = |change: &dyn Fn(&mut Vec<u8>), expect: &str| {
            let path = dir.path().join("mark");
            drop(create(&path, 2).unwrap());
            let mut bytes = std::fs::read(&path).unwrap();
            change(&mut bytes);
            std::fs::write(&path, bytes).unwrap();
            let error = read(&path).unwrap_err().to_string();
            assert!(error.contains(expect), "{error}");
        };
        check(&|bytes| bytes[0] ^= 1, "no mark of this version and size");
        check(&|bytes| bytes[8] = 3, "no mark of this version and size");
        check(&|bytes| bytes.truncate(150), "no mark of this version and size");
        check(&|bytes| bytes.clear(), "no mark of this version and size");
        check(&|bytes| bytes[7] = 2, "format version 2");
    }
}
