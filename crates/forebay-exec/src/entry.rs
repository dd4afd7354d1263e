//! The commit entry: one for each epoch, the point at which outputs, source positions and state changes are
//! committed together. JSON for what people may want to read, followed by the bytes of deltas and sinks.
//!
//! Streams, sinks and images are stated as absolute values when they have changed; reading a log from its beginning
//! and letting the later value win gives the state at its end. A *full* entry states everything, so that what
//! lies before it is only needed for the deltas that follow the images.

use std::collections::BTreeMap;

use forebay_log::{Entry, LogError};
use forebay_stage::Position;
use forebay_types::Epoch;
use serde::{Deserialize, Serialize};

/// Version of the format; a newer one is refused.
const VERSION: u32 = 1;

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Head {
    pub version: u32,
    pub epoch: u64,
    pub full: bool,
    pub streams: Vec<StreamEntry>,
    /// Node and length of each sink's part.
    pub sinks: Vec<(String, usize)>,
    /// Node and length of each state's delta, one for each lane that had one.
    pub deltas: Vec<(String, usize)>,
    pub images: Vec<ImageEntry>,
    /// By node, where it has changed: what deadlines did so far.
    #[serde(default)]
    pub missed: Vec<(String, Missed)>,
}

/// What deadlines did to the records that came to a node, over the life of the pipeline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missed {
    /// Records that the stage was left out for.
    pub skipped: u64,
    /// Records that came to the sink past their deadline, whatever became of them.
    pub late: u64,
}

/// A stream as of this epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StreamEntry {
    pub source: String,
    pub stream: String,
    pub seq: u64,
    pub offset: u64,
    pub high: Option<i64>,
    pub not_after: Option<i64>,
    pub fingerprint: String,
    pub taken: u64,
    /// Ended records: fate, reason, count.
    pub ends: Vec<(String, String, u64)>,
    pub lost: u64,
    /// It was read to its end.
    #[serde(default)]
    pub ended: bool,
}

impl StreamEntry {
    pub fn position(&self) -> Position {
        Position { seq: self.seq, offset: self.offset }
    }
}

/// A state image that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageEntry {
    pub node: String,
    pub shard: u32,
    pub epoch: u64,
    pub blob: String,
}

/// The bytes of an entry, in parts for the log.
pub fn encode(head: &Head) -> Vec<u8> {
    let json = serde_json::to_vec(head).expect("a head of strings and numbers");
    let mut bytes = Vec::with_capacity(json.len() + 4);
    bytes.extend_from_slice(&(json.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&json);
    bytes
}

/// An entry that was read back.
pub struct Read<'a> {
    pub head: Head,
    rest: &'a [u8],
}

/// Reads an entry. The log has checked its bytes, so what does not read is of another version.
pub fn decode(entry: &Entry) -> Result<Read<'_>, String> {
    let wrong = || {
        format!("entry {} of the state does not read: it is of another version of Forebay", entry.sequence)
    };
    let (len, rest) = entry.bytes.split_first_chunk::<4>().ok_or_else(wrong)?;
    let len = u32::from_le_bytes(*len) as usize;
    let json = rest.get(..len).ok_or_else(wrong)?;
    let head: Head = serde_json::from_slice(json).map_err(|_| wrong())?;
    if head.version > VERSION {
        return Err(wrong());
    }
    Ok(Read { head, rest: &rest[len..] })
}

impl Read<'_> {
    /// The sinks' parts by node.
    pub fn sinks(&self) -> impl Iterator<Item = (&str, &[u8])> {
        cut(&self.head.sinks, self.rest, 0)
    }

    /// The deltas by node.
    pub fn deltas(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let before = self.head.sinks.iter().map(|(_, len)| len).sum();
        cut(&self.head.deltas, self.rest, before)
    }
}

fn cut<'a>(
    parts: &'a [(String, usize)],
    bytes: &'a [u8],
    mut at: usize,
) -> impl Iterator<Item = (&'a str, &'a [u8])> {
    parts.iter().map(move |(node, len)| {
        let part = bytes.get(at..at + len).unwrap_or(&[]);
        at += len;
        (node.as_str(), part)
    })
}

impl Head {
    pub fn new(epoch: Epoch) -> Head {
        Head { version: VERSION, epoch: epoch.0, ..Head::default() }
    }
}

/// Everything that was committed, as read from a log.
#[derive(Clone, Debug, Default)]
pub struct Committed {
    pub epoch: Epoch,
    /// By source and stream.
    pub streams: BTreeMap<(String, String), StreamEntry>,
    pub sinks: BTreeMap<String, Vec<u8>>,
    /// The newest image of each shard, by node and shard.
    pub images: BTreeMap<(String, u32), ImageEntry>,
    /// By node.
    pub missed: BTreeMap<String, Missed>,
}

impl Committed {
    /// Adds an entry that came after all before.
    pub fn fold(&mut self, read: &Read<'_>) {
        let head = &read.head;
        self.epoch = Epoch(head.epoch);
        for stream in &head.streams {
            self.streams.insert((stream.source.clone(), stream.stream.clone()), stream.clone());
        }
        for (node, bytes) in read.sinks() {
            self.sinks.insert(node.to_string(), bytes.to_vec());
        }
        for image in &head.images {
            self.images.insert((image.node.clone(), image.shard), image.clone());
        }
        self.missed.extend(head.missed.iter().cloned());
    }

    /// What deadlines will have done to these nodes once this is committed too.
    pub fn missed_with(&self, more: &[(String, Missed)]) -> BTreeMap<String, Missed> {
        let mut sums = BTreeMap::new();
        for (node, more) in more {
            let before = || self.missed.get(node).copied().unwrap_or_default();
            let sum: &mut Missed = sums.entry(node.clone()).or_insert_with(before);
            sum.skipped += more.skipped;
            sum.late += more.late;
        }
        sums
    }

    /// Gives images and counts the names that their stages have now; of several images of a shard the newest stays, and of
    /// several counts the highest, which goes on from those before it.
    pub fn rename(&mut self, former_names: &BTreeMap<String, Vec<String>>) {
        for (name, former) in former_names {
            let is_its = |image: &ImageEntry| former.contains(&image.node);
            let old: Vec<ImageEntry> = self.images.values().filter(|image| is_its(image)).cloned().collect();
            for image in old {
                self.images.remove(&(image.node, image.shard));
                let image = ImageEntry { node: name.clone(), ..image };
                let newest = self.images.entry((name.clone(), image.shard)).or_insert_with(|| image.clone());
                if newest.epoch < image.epoch {
                    *newest = image;
                }
            }
            for former in former {
                let Some(Missed { skipped, late }) = self.missed.remove(former) else { continue };
                let now = self.missed.entry(name.clone()).or_default();
                *now = Missed { skipped: now.skipped.max(skipped), late: now.late.max(late) };
            }
        }
    }

    /// Reads a whole log.
    pub fn read(entries: impl Iterator<Item = Result<Entry, LogError>>) -> Result<Committed, String> {
        let mut committed = Committed::default();
        for entry in entries {
            let entry = entry.map_err(|error| error.to_string())?;
            committed.fold(&decode(&entry)?);
        }
        Ok(committed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_later_value_wins_and_parts_come_back_whole() {
        let mut head = Head::new(Epoch(3));
        head.streams.push(StreamEntry {
            source: "tx".into(),
            stream: "a".into(),
            seq: 7,
            ..StreamEntry::default()
        });
        head.sinks.push(("out".into(), 2));
        head.deltas = vec![("w".into(), 1), ("w".into(), 3)];
        let mut bytes = encode(&head);
        bytes.extend_from_slice(b"ssdeee");
        let entry = Entry { sequence: 1, bytes };
        let read = decode(&entry).unwrap();
        assert_eq!(read.deltas().collect::<Vec<_>>(), [("w", &b"d"[..]), ("w", b"eee")]);
        let mut committed = Committed::default();
        committed.fold(&read);
        let mut later = Head::new(Epoch(4));
        later.streams.push(StreamEntry {
            source: "tx".into(),
            stream: "a".into(),
            seq: 9,
            ..StreamEntry::default()
        });
        let entry = Entry { sequence: 2, bytes: encode(&later) };
        committed.fold(&decode(&entry).unwrap());
        assert_eq!(committed.epoch, Epoch(4));
        assert_eq!(committed.streams[&("tx".into(), "a".into())].seq, 9);
        assert_eq!(committed.sinks["out"], b"ss");
        assert!(decode(&Entry { sequence: 3, bytes: vec![9] }).is_err());
    }

    /// An entry whose head is this JSON.
    fn entry(sequence: u64, json: &str) -> Entry {
        Entry { sequence, bytes: [&(json.len() as u32).to_le_bytes(), json.as_bytes()].concat() }
    }

    #[test]
    fn counts_of_deadlines_go_on_under_a_new_name_and_older_entries_have_none() {
        let older = r#"{"version":1,"epoch":7,"full":false,"streams":[],"sinks":[],"deltas":[],"images":[]}"#;
        let mut committed = Committed::default();
        committed.fold(&decode(&entry(1, older)).unwrap());
        assert_eq!((committed.epoch, committed.missed.len()), (Epoch(7), 0));

        let skipped = |skipped| Missed { skipped, late: 0 };
        let commit = |committed: &mut Committed, node: &str, more: &[u64]| {
            let more: Vec<_> = more.iter().map(|more| (node.to_string(), skipped(*more))).collect();
            let mut head = Head::new(committed.epoch.next());
            head.missed = committed.missed_with(&more).into_iter().collect();
            committed.fold(&decode(&Entry { sequence: 2, bytes: encode(&head) }).unwrap());
        };
        // Of two lanes.
        commit(&mut committed, "old", &[3, 2]);
        commit(&mut committed, "old", &[1]);
        let former = BTreeMap::from([("new".to_string(), vec!["old".to_string()])]);
        committed.rename(&former);
        commit(&mut committed, "new", &[4]);
        assert_eq!(committed.missed, BTreeMap::from([("new".to_string(), skipped(10))]));
        // The log has both names, and a later start reads it again.
        committed.missed.insert("old".into(), skipped(6));
        committed.rename(&former);
        assert_eq!(committed.missed, BTreeMap::from([("new".to_string(), skipped(10))]));
    }
}
