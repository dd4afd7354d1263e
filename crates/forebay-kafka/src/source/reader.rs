//! Reads one partition on the lane: messages become columns straight from where they were fetched to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use forebay_codec::{Extra, FieldSpec, JsonReader, RECORD_LIMIT};
use forebay_stage::batch::{BufMut, Builder, Presence, Raw, UNKNOWN};
use forebay_stage::types::{Ty, code};
use forebay_stage::{Chunk, Fault, Position, Read, Reader, Refused};

use super::keys::KeySamples;
use super::partition::Partition;
use super::shared::{Command, Shared};
use crate::raw::{Consumer, Message};

/// A chunk takes about so many bytes at most: together with what one message may have, that bounds a round.
const CHUNK_BYTES: usize = 4 << 20;

/// When it is looked again for what is on its way.
const SOON_NS: i64 = 1_000_000;

/// What is the same for all partitions of a source.
pub struct Form {
    pub fields: Vec<FieldSpec>,
    pub extra: Extra,
    /// Types of the columns of the group.
    pub types: Vec<Ty>,
    pub keep_raw: bool,
    /// A message without a value is absorbed and not rejected.
    pub skip_tombstones: bool,
    /// The column that messages are keyed by.
    pub key: Option<FieldSpec>,
}

pub struct PartitionReader {
    shared: Arc<Shared>,
    partition: Arc<Partition>,
    /// What the topic is, as of now.
    fingerprint: String,
    form: Arc<Form>,
    json: JsonReader,
    keys: Option<KeySamples>,
    builder: Builder,
    messages: Vec<Message>,
    /// The offset that comes next.
    next: i64,
    /// It has to be there for as long as messages of it are.
    _consumer: Arc<Consumer>,
}

impl PartitionReader {
    pub fn new(
        shared: Arc<Shared>,
        partition: Arc<Partition>,
        form: Arc<Form>,
        next: i64,
        fingerprint: String,
        consumer: Arc<Consumer>,
    ) -> Result<PartitionReader, Fault> {
        let json = JsonReader::new(&form.fields, form.extra).map_err(|error| {
            Fault::fatal(error.code, format!("a default of the schema: {}", error.message))
        })?;
        let keys = form.key.clone().map(KeySamples::new).transpose()?;
        let builder = Builder::new(&form.types);
        partition.next.store(next, Ordering::Relaxed);
        let messages = Vec::new();
        Ok(PartitionReader {
            shared,
            partition,
            fingerprint,
            form,
            json,
            keys,
            builder,
            messages,
            next,
            _consumer: consumer,
        })
    }

    fn add(&mut self, message: &Message, chunk: &mut Chunk, raw: &mut BufMut) {
        let row = chunk.rows() as u32;
        let offset = u64::try_from(message.offset()).unwrap_or(0);
        chunk.seqs.push(offset);
        chunk.ends.push(offset + 1);
        chunk.produced.push(message.timestamp_ms().map_or(UNKNOWN, |at| at.saturating_mul(1_000_000)));
        let value = message.value();
        let wrong = match value {
            None if self.form.skip_tombstones => {
                self.builder.cols().iter_mut().for_each(|col| col.push_absent(Presence::Missing));
                chunk.absorbed.push((row, "tombstone"));
                None
            }
            None => {
                Some((&code::MESSAGE_WITHOUT_VALUE, "the message has no value: its key is gone".to_string()))
            }
            Some(value) if value.len() > RECORD_LIMIT => {
                let reason = format!("the message has {} bytes, and {RECORD_LIMIT} are read", value.len());
                Some((&code::RECORD_TOO_LONG, reason))
            }
            Some(value) => match self.json.read_record(value, &mut self.builder) {
                Ok(()) => None,
                Err(error) => Some((error.code, format!("{} (byte {})", error.message, error.at + 1))),
            },
        };
        if self.form.keep_raw {
            let mut keep = |bytes: Option<&[u8]>| {
                let start = raw.len() as u32;
                raw.extend(bytes.unwrap_or_default());
                bytes.map_or(Raw::NONE, |_| (start, raw.len() as u32))
            };
            let (value, key) = (keep(value), keep(message.key()));
            chunk.raw.ranges.push(value);
            chunk.raw.keys.push(key);
        }
        if let Some((code, reason)) = wrong {
            // Rows of every part have to stay beside each other.
            self.builder.cols().iter_mut().for_each(|col| col.push_absent(Presence::Missing));
            chunk.refused.push(Refused { row, code, reason });
        }
    }
}

impl Reader for PartitionReader {
    fn read(&mut self, now: i64, max: usize, chunk: &mut Chunk) -> Result<Read, Fault> {
        let mut messages = std::mem::take(&mut self.messages);
        let taken = self.partition.take(max, CHUNK_BYTES, &mut messages, &self.shared.buffered);
        self.shared.made_room();
        if messages.is_empty() {
            self.messages = messages;
            // The bell rings for it as well.
            let is_on_its_way = self.shared.brings(&self.partition, self.next);
            return taken.map(|()| if is_on_its_way { Read::NotBefore(now + SOON_NS) } else { Read::Idle });
        }
        let mut raw = BufMut::default();
        self.builder.begin();
        for message in messages.drain(..) {
            self.next = message.offset() + 1;
            if let Some(said) = self.keys.as_mut().and_then(|keys| keys.look(&message)) {
                let place = format!("`{}`, offset {}", self.partition.name, message.offset());
                self.shared.condition.warns(&code::KAFKA_UNKEYED, format!("{place}: {said}"));
            }
            self.add(&message, chunk, &mut raw);
        }
        self.messages = messages;
        self.partition.next.store(self.next, Ordering::Relaxed);
        chunk.columns = Some(self.builder.finish());
        if self.form.keep_raw {
            chunk.raw.buf = raw.freeze();
        }
        Ok(Read::More)
    }

    fn seek(&mut self, to: Position) -> Result<(), Fault> {
        let to = to.offset as i64;
        if to != self.next || self.partition.has_failed() {
            self.next = to;
            self.partition.next.store(to, Ordering::Relaxed);
            self.partition.seek(&self.shared.buffered);
            self.shared.tell(Command::Seek { partition: self.partition.clone(), offset: to });
        }
        Ok(())
    }

    fn fingerprint(&self) -> String {
        self.fingerprint.clone()
    }

    fn lag(&self) -> Option<Arc<AtomicU64>> {
        Some(self.partition.lag.clone())
    }
}

impl Drop for PartitionReader {
    fn drop(&mut self) {
        self.messages.clear();
        self.partition.seek(&self.shared.buffered);
        self.shared.tell(Command::Released(self.partition.clone()));
    }
}
