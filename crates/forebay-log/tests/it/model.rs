//! Anything that can be done to a log, in any order, against a list in memory.

use std::collections::BTreeMap;
use std::path::PathBuf;

use forebay_log::testing::Fault;
use forebay_log::{Entry, Log, LogError};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::scratch::{SEGMENT_HEADER_BYTES, Scratch, change};

#[derive(Clone, Debug)]
enum Op {
    /// One entry, in parts of these sizes.
    Append(Vec<usize>),
    /// The same, on a disk with this much room.
    AppendOnFullDisk(Vec<usize>, u64),
    Sync,
    /// One entry, a sync of it that fails, and what that forces: opening again.
    FailedSync,
    Reopen,
    /// The machine lost power: of what was not synced, this share of the bytes is left, and the bytes after
    /// it are gone or, with `Some`, are this byte.
    PowerCut(f64, Option<u8>),
    RemoveBefore(f64),
    PutBlob(u8, usize),
    RemoveBlob(u8),
}

fn op() -> impl Strategy<Value = Op> {
    let parts = || vec(0usize..60, 0..4);
    prop_oneof![
        8 => parts().prop_map(Op::Append),
        2 => (parts(), 0u64..200).prop_map(|(parts, free)| Op::AppendOnFullDisk(parts, free)),
        3 => Just(Op::Sync),
        1 => Just(Op::FailedSync),
        2 => Just(Op::Reopen),
        2 => (0.0..1.0f64, any::<Option<u8>>()).prop_map(|(keep, fill)| Op::PowerCut(keep, fill)),
        1 => (0.0..1.2f64).prop_map(Op::RemoveBefore),
        2 => (0u8..3, 0usize..100).prop_map(|(name, bytes)| Op::PutBlob(name, bytes)),
        1 => (0u8..3).prop_map(Op::RemoveBlob),
    ]
}

/// The log and what should be in it.
struct Pair {
    scratch: Scratch,
    log: Option<Log>,
    entries: Vec<Entry>,
    next: u64,
    /// Entries below it must be there whatever happens.
    durable: u64,
    /// The newest segment and its length when everything in it was synced.
    synced: (PathBuf, u64),
    blobs: BTreeMap<String, Vec<u8>>,
    /// Makes no two payloads the same.
    stamp: u8,
}

impl Pair {
    fn new(segment_bytes: u64) -> Pair {
        let scratch = Scratch::new(segment_bytes);
        let log = Some(scratch.open());
        let synced = (PathBuf::new(), 0);
        Pair {
            scratch,
            log,
            entries: Vec::new(),
            next: 1,
            durable: 1,
            synced,
            blobs: BTreeMap::new(),
            stamp: 0,
        }
    }

    fn log(&mut self) -> &mut Log {
        self.log.as_mut().unwrap()
    }

    fn act(&mut self, op: &Op) {
        match op {
            Op::Append(sizes) => self.append(sizes).unwrap(),
            Op::AppendOnFullDisk(sizes, free_bytes) => {
                self.scratch.faults.set_free_bytes(Some(*free_bytes));
                let appended = self.append(sizes);
                self.scratch.faults.set_free_bytes(None);
                assert!(matches!(appended, Ok(()) | Err(LogError::Full { .. })), "{appended:?}");
            }
            Op::Sync => {
                self.log().sync().unwrap();
                self.all_is_durable();
            }
            Op::FailedSync => {
                self.append(&[1]).unwrap();
                self.scratch.faults.inject(1, Fault::SyncError);
                assert!(self.log().sync().is_err() && self.log().append(&[]).is_err());
                self.reopen();
            }
            Op::Reopen => self.reopen(),
            Op::PowerCut(keep, fill) => self.power_cut(*keep, *fill),
            Op::RemoveBefore(share) => {
                let before = self.durable.min((self.next as f64 * share) as u64);
                self.log().remove_before(before).unwrap();
                let first = self.log().first();
                assert!(first <= before.max(self.entries.first().map_or(self.next, |entry| entry.sequence)));
                self.entries.retain(|entry| entry.sequence >= first);
            }
            Op::PutBlob(name, bytes) => {
                let (name, bytes) = (format!("blob-{name}"), vec![*name; *bytes]);
                let (left, right) = bytes.split_at(bytes.len() / 2);
                self.log().put_blob(&name, &[left, right]).unwrap();
                self.blobs.insert(name, bytes);
            }
            Op::RemoveBlob(name) => {
                let name = format!("blob-{name}");
                let was_there = self.blobs.remove(&name).is_some();
                assert_eq!(self.log().remove_blob(&name).unwrap(), was_there);
            }
        }
        self.compare();
    }

    fn append(&mut self, sizes: &[usize]) -> Result<(), LogError> {
        self.stamp = self.stamp.wrapping_add(1);
        let bytes = vec![self.stamp; sizes.iter().sum()];
        let mut rest = &bytes[..];
        let parts: Vec<&[u8]> = sizes
            .iter()
            .map(|size| {
                let (part, after) = rest.split_at(*size);
                rest = after;
                part
            })
            .collect();
        let sequence = self.log().append(&parts)?;
        assert_eq!(sequence, self.next);
        self.entries.push(Entry { sequence, bytes });
        self.next += 1;
        Ok(())
    }

    fn reopen(&mut self) {
        self.log = None;
        let (log, recovered) = self.scratch.try_open().unwrap();
        assert_eq!((recovered.entries, recovered.torn_bytes), (self.entries.len() as u64, 0));
        self.log = Some(log);
        self.all_is_durable();
    }

    fn power_cut(&mut self, keep: f64, fill: Option<u8>) {
        self.log = None;
        let newest = self.scratch.segments().pop().unwrap();
        // A segment is synced before the next one is made, and begins as a synced header.
        let synced = if newest == self.synced.0 { self.synced.1 } else { SEGMENT_HEADER_BYTES };
        change(&newest, |bytes| {
            let at = synced as usize + ((bytes.len() - synced as usize) as f64 * keep) as usize;
            match fill {
                None => bytes.truncate(at),
                Some(byte) => bytes[at..].fill(byte),
            }
        });
        let (log, _) = self.scratch.try_open().unwrap();
        assert!(log.next() >= self.durable, "synced up to {}, left up to {}", self.durable, log.next());
        self.next = log.next();
        self.entries.retain(|entry| entry.sequence < log.next());
        self.log = Some(log);
        self.all_is_durable();
    }

    fn all_is_durable(&mut self) {
        self.durable = self.next;
        let newest = self.scratch.segments().pop().unwrap();
        let bytes = newest.metadata().unwrap().len();
        self.synced = (newest, bytes);
    }

    fn compare(&self) {
        let log = self.log.as_ref().unwrap();
        let entries: Vec<Entry> = log.entries().map(Result::unwrap).collect();
        assert_eq!((entries, log.next()), (self.entries.clone(), self.next));
        assert_eq!(log.blobs().unwrap(), self.blobs.keys().cloned().collect::<Vec<_>>());
        for (name, bytes) in &self.blobs {
            assert_eq!(log.get_blob(name).unwrap().as_ref(), Some(bytes));
        }
        let on_disk: u64 = self.scratch.segments().iter().map(|path| path.metadata().unwrap().len()).sum();
        assert_eq!((log.bytes(), log.segments()), (on_disk, self.scratch.segments().len()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_log_is_a_list_whatever_happens_to_it(ops in vec(op(), 1..40), segment_bytes in 1u64..600) {
        let mut pair = Pair::new(segment_bytes);
        ops.iter().for_each(|op| pair.act(op));
    }
}
