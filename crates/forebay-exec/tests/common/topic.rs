//! A source of streams that come and go as a test says, with numbers in them, and a sink that may have an instance on each
//! lane.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use forebay_stage::batch::{Batch, Builder};
use forebay_stage::types::kind::{Facts, Kind, MAIN, ONE, Role};
use forebay_stage::types::shape::{Field, Shape};
use forebay_stage::types::{Epoch, Schema, Ty, code};
use forebay_stage::{
    Bell, Build, Change, Chunk, Fault, Position, Read, Reader, Sealed, Sink, SinkCx, Source, Stream,
};

use super::mix;

pub static TOPIC: Kind = Kind {
    name: "topic",
    role: Role::Source,
    summary: "",
    doc: "",
    fields: &[Field::required("name", Shape::Text, "")],
    inputs: &[],
    outputs: ONE,
    facts: Facts { replayable: true, spreads: true, ..Facts::NONE },
    example: "",
    check: |_| {},
};

/// What the test and the source of a topic share.
#[derive(Default)]
pub struct Topic {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    bell: Option<Bell>,
    changes: VecDeque<(u64, bool)>,
    /// Records that are there, by stream.
    records: HashMap<u64, u64>,
    /// As it was told.
    committed: BTreeMap<String, u64>,
}

static TOPICS: LazyLock<Mutex<HashMap<String, Arc<Topic>>>> = LazyLock::new(Mutex::default);

pub fn topic(name: &str) -> Arc<Topic> {
    TOPICS.lock().unwrap_or_else(PoisonError::into_inner).entry(name.to_string()).or_default().clone()
}

impl Topic {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Inner)) {
        let mut inner = self.inner();
        change(&mut inner);
        let bell = inner.bell.clone();
        drop(inner);
        bell.iter().for_each(Bell::ring);
    }

    pub fn open(&self, stream: u64) {
        self.change(|inner| inner.changes.push_back((stream, true)));
    }

    pub fn close(&self, stream: u64) {
        self.change(|inner| inner.changes.push_back((stream, false)));
    }

    pub fn add(&self, stream: u64, records: u64) {
        self.change(|inner| *inner.records.entry(stream).or_default() += records);
    }

    /// What the source was told of a stream.
    pub fn committed(&self, stream: u64) -> u64 {
        self.inner().committed.get(&name_of(stream)).copied().unwrap_or(0)
    }
}

fn name_of(stream: u64) -> String {
    format!("p{stream}")
}

pub struct TopicSource {
    topic: Arc<Topic>,
    names: Vec<String>,
}

impl TopicSource {
    pub fn new(build: &Build<'_>) -> TopicSource {
        let topic = topic(build.config.text("name").unwrap());
        topic.inner().bell = Some(build.bell.clone());
        let mut slots: Vec<_> =
            build.declared.iter().filter_map(|c| Some((c.slot?, c.name.clone()))).collect();
        slots.sort();
        TopicSource { topic, names: slots.into_iter().map(|(_, name)| name).collect() }
    }
}

impl Source for TopicSource {
    fn open(&mut self) -> Result<Vec<Stream>, Fault> {
        Ok(Vec::new())
    }

    fn committed(&mut self, streams: &[(&str, Position)]) {
        let offsets = streams.iter().map(|(name, position)| (name.to_string(), position.offset));
        self.topic.inner().committed.extend(offsets);
    }

    fn changes(&mut self) -> Result<Vec<Change>, Fault> {
        let changes = std::mem::take(&mut self.topic.inner().changes);
        let change = |(stream, opens)| match opens {
            false => Change::Closing(name_of(stream)),
            true => Change::Opened(Stream::new(
                name_of(stream),
                Box::new(TopicReader {
                    topic: self.topic.clone(),
                    stream,
                    at: 0,
                    names: self.names.clone(),
                    builder: Builder::new(self.names.iter().map(|_| &Ty::I64)),
                }),
            )),
        };
        Ok(changes.into_iter().map(change).collect())
    }
}

struct TopicReader {
    topic: Arc<Topic>,
    stream: u64,
    at: u64,
    names: Vec<String>,
    builder: Builder,
}

impl Reader for TopicReader {
    fn read(&mut self, _now: i64, max: usize, chunk: &mut Chunk) -> Result<Read, Fault> {
        let there = self.topic.inner().records.get(&self.stream).copied().unwrap_or(0);
        self.builder.begin();
        while chunk.rows() < max && self.at < there {
            for (at, name) in self.names.iter().enumerate() {
                let value = match name.as_str() {
                    // A key is in one stream.
                    "k" => mix(self.at, self.stream) % 5 * 100 + self.stream,
                    "ts" => (1_000 + self.at) * 1_000_000_000,
                    _ => self.at * 100 + self.stream,
                };
                self.builder.col(at).push(value as i64);
            }
            chunk.seqs.push(self.at);
            self.at += 1;
            chunk.ends.push(self.at);
        }
        if chunk.rows() == 0 {
            return Ok(Read::Idle);
        }
        chunk.columns = Some(self.builder.finish());
        Ok(Read::More)
    }

    fn seek(&mut self, to: Position) -> Result<(), Fault> {
        self.at = to.offset;
        Ok(())
    }

    fn fingerprint(&self) -> String {
        name_of(self.stream)
    }
}

pub static PILES: Kind = Kind {
    name: "piles",
    role: Role::Sink,
    summary: "",
    doc: "",
    fields: &[Field::required("name", Shape::Text, ""), Field::optional("key", Shape::ColumnName, "")],
    inputs: MAIN,
    outputs: &[],
    facts: Facts { spreads: true, ..Facts::NONE },
    example: "",
    check: |check| {
        let key: Vec<String> = check.config.text("key").map(str::to_string).into_iter().collect();
        check.read(0, key.iter().map(String::as_str));
        check.answer.keys = key.into_iter().map(|key| vec![key]).collect();
    },
};

/// One for each lane, with what is committed there.
#[derive(Default)]
pub struct Pile {
    pub lines: Vec<String>,
    /// The next so many seals fail.
    pub full: usize,
}

type Piles = HashMap<(String, u32), Arc<Mutex<Pile>>>;

static ALL_PILES: LazyLock<Mutex<Piles>> = LazyLock::new(Mutex::default);

/// The pile of a lane.
pub fn pile(name: &str, lane: u32) -> Arc<Mutex<Pile>> {
    let mut piles = ALL_PILES.lock().unwrap_or_else(PoisonError::into_inner);
    piles.entry((name.to_string(), lane)).or_default().clone()
}

pub struct PileSink {
    pile: Arc<Mutex<Pile>>,
    schema: Schema,
    open: Vec<String>,
    sealed: VecDeque<(Epoch, Vec<String>)>,
}

impl PileSink {
    pub fn new(build: &Build<'_>) -> PileSink {
        PileSink {
            pile: pile(build.config.text("name").unwrap(), build.shards.lane),
            schema: build.inputs[0].clone().unwrap(),
            open: Vec::new(),
            sealed: VecDeque::new(),
        }
    }
}

impl Sink for PileSink {
    fn push(&mut self, cx: &mut SinkCx<'_>, batch: &Batch) -> Result<(), Fault> {
        for row in batch.rows().iter() {
            let columns = self.schema.columns.iter();
            let cells = columns.map(|c| forebay_stage::testing::cell(batch.col(c.addr), &c.ty, row));
            self.open.push(cells.collect::<Vec<_>>().join(" "));
            cx.written(batch, row);
        }
        Ok(())
    }

    fn seal(&mut self, epoch: Epoch, _last: bool) -> Result<Sealed, Fault> {
        let mut pile = self.pile.lock().unwrap();
        if pile.full > 0 {
            pile.full -= 1;
            return Err(Fault::away(&code::COMMIT_FAILED, "the pile is full"));
        }
        self.sealed.push_back((epoch, std::mem::take(&mut self.open)));
        Ok(Sealed { entry: Vec::new(), sync: None })
    }

    fn committed(&mut self, epoch: Epoch) -> Result<(), Fault> {
        while self.sealed.front().is_some_and(|(sealed, _)| *sealed <= epoch) {
            let (_, lines) = self.sealed.pop_front().unwrap();
            self.pile.lock().unwrap().lines.extend(lines);
        }
        Ok(())
    }

    fn restore(&mut self, _entry: Option<&[u8]>) -> Result<(), Fault> {
        self.open.clear();
        self.sealed.clear();
        Ok(())
    }
}
