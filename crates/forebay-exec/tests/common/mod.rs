//! Small kinds for tests of the engine: a source of numbers, stages that misbehave on demand, a keyed stage with
//! state, a sink whose committed records can be looked at.
#![allow(dead_code, reason = "each test file uses a part")]

pub mod topic;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use forebay_exec::{Job, Options, Ready, Running, prepare};
use forebay_plan::{Known, Plan, plan, resolve};
use forebay_spec::{Configs, MemoryLoader};
use forebay_stage::batch::{Batch, Builder};
use forebay_stage::types::kind::{Facts, Kind, MAIN, NoModels, ONE, Role};
use forebay_stage::types::shape::{Field, Shape};
use forebay_stage::types::{Column, Epoch, Files, Report, Schema, Ty, code};
use forebay_stage::{
    Build, Chunk, Cx, Factory, Fault, Make, Mark, Position, Read, Reader, Refused, Registry, Savepoint,
    Sealed, Shards, Sink, SinkCx, Source, Stage, State, Stream, Synced, Turn,
};

/// Whole numbers: any size.
const INT: Shape = Shape::Int { min: 0, max: i64::MAX };

pub static NUMBERS: Kind = Kind {
    name: "numbers",
    role: Role::Source,
    summary: "",
    doc: "",
    fields: &[
        Field::required("count", INT, ""),
        Field::default("streams", INT, "1", ""),
        Field::default("keys", INT, "5", ""),
        Field::default("refuse_every", INT, "0", ""),
        Field::default("counted", Shape::Text, "", "the name under which work on the streams is counted"),
    ],
    inputs: &[],
    outputs: ONE,
    facts: Facts { replayable: true, ends: true, ..Facts::NONE },
    example: "",
    check: |_| {},
};

struct Numbers {
    count: u64,
    streams: u64,
    keys: u64,
    refuse_every: u64,
    counted: Arc<Counted>,
    slots: Vec<(String, usize)>,
    opened: bool,
}

/// Work on the streams of a source.
#[derive(Default)]
pub struct Counted {
    pub reads: AtomicU64,
    /// How often a stream was put on record.
    pub stated: AtomicU64,
}

static COUNTED: LazyLock<Mutex<HashMap<String, Arc<Counted>>>> = LazyLock::new(Mutex::default);

pub fn counted(name: &str) -> Arc<Counted> {
    COUNTED.lock().unwrap_or_else(PoisonError::into_inner).entry(name.to_string()).or_default().clone()
}

impl Source for Numbers {
    fn open(&mut self) -> Result<Vec<Stream>, Fault> {
        if std::mem::replace(&mut self.opened, true) {
            return Ok(Vec::new());
        }
        let stream = |at: u64| {
            let mut slots = self.slots.clone();
            slots.sort_by_key(|(_, slot)| *slot);
            let reader = NumberReader {
                at: 0,
                stream: at,
                count: self.count,
                keys: self.keys,
                refuse_every: self.refuse_every,
                counted: self.counted.clone(),
                builder: Builder::new(slots.iter().map(|_| &Ty::I64)),
                names: slots.into_iter().map(|(name, _)| name).collect(),
            };
            Stream::new(format!("s{at}"), Box::new(reader))
        };
        Ok((0..self.streams).map(stream).collect())
    }
}

struct NumberReader {
    at: u64,
    stream: u64,
    count: u64,
    keys: u64,
    refuse_every: u64,
    counted: Arc<Counted>,
    builder: Builder,
    names: Vec<String>,
}

/// A number that looks random and is always the same.
pub fn mix(a: u64, b: u64) -> u64 {
    let mut x = a.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ b.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^= x >> 31;
    x.wrapping_mul(0x94d0_49bb_1331_11eb) >> 20
}

impl Reader for NumberReader {
    fn read(&mut self, _now: i64, max: usize, chunk: &mut Chunk) -> Result<Read, Fault> {
        self.counted.reads.fetch_add(1, Ordering::Relaxed);
        self.builder.begin();
        while chunk.rows() < max && self.at < self.count {
            let seq = self.at;
            for (at, name) in self.names.iter().enumerate() {
                let value = match name.as_str() {
                    "k" => mix(seq, self.stream) % self.keys,
                    // Event times wander, in seconds; streams interleave unevenly.
                    "ts" => (1_000 + seq * (1 + self.stream % 3) + mix(seq, 77) % 4) * 1_000_000_000,
                    _ => seq * 10 + self.stream,
                };
                self.builder.col(at).push(value as i64);
            }
            chunk.seqs.push(seq);
            self.at += 1;
            chunk.ends.push(self.at);
            if self.refuse_every > 0 && seq % self.refuse_every == self.refuse_every - 1 {
                let row = chunk.rows() as u32 - 1;
                chunk.refused.push(Refused { row, code: &code::NOT_JSON, reason: "no JSON".into() });
            }
        }
        chunk.columns = Some(self.builder.finish());
        Ok(if self.at == self.count { Read::End } else { Read::More })
    }

    fn seek(&mut self, to: Position) -> Result<(), Fault> {
        self.at = to.offset;
        Ok(())
    }

    fn fingerprint(&self) -> String {
        self.counted.stated.fetch_add(1, Ordering::Relaxed);
        format!("numbers {}", self.stream)
    }
}

pub static FRAGILE: Kind = Kind {
    name: "fragile",
    role: Role::Stage,
    summary: "",
    doc: "",
    fields: &[
        Field::default("panic_at", Shape::List(&INT), "[]", "values of `v` at which the stage panics"),
        Field::default("fail_at", Shape::List(&INT), "[]", "values of `v` at which the call fails"),
        Field::default("lose_at", Shape::List(&INT), "[]", "values of `v` that the stage loses"),
        Field::default("bare_at", Shape::List(&INT), "[]", "values of `v` without the promised group"),
        Field::default("takes_ms", INT, "0", "by how much a call turns the clock that is turned by hand"),
        Field::default(
            "slow_below",
            INT,
            "9000000000000000000",
            "calls with larger values of `v` take no time",
        ),
    ],
    inputs: MAIN,
    outputs: ONE,
    facts: Facts { adds: true, ..Facts::NONE },
    example: "",
    check: |check| {
        check.read(0, ["v"]);
        check.gives(vec![]);
    },
};

/// The hand of the clock that tests turn.
pub static HAND: LazyLock<Arc<AtomicI64>> = LazyLock::new(|| Arc::new(AtomicI64::new(1_000_000_000_000)));

struct Fragile {
    v: forebay_stage::types::Addr,
    panic_at: Vec<i64>,
    fail_at: Vec<i64>,
    lose_at: Vec<i64>,
    bare_at: Vec<i64>,
    takes_ms: i64,
    slow_below: i64,
    empty: Builder,
}

impl Stage for Fragile {
    fn push(&mut self, cx: &mut Cx<'_>, _port: usize, batch: &Batch) -> Result<(), Fault> {
        let values = batch.col(self.v).fixed::<i64>();
        if batch.rows().iter().all(|row| values[row] < self.slow_below) {
            HAND.fetch_add(self.takes_ms * 1_000_000, Ordering::Relaxed);
        }
        let has = |list: &[i64]| {
            batch.rows().iter().find(|row| list.contains(&values[*row])).map(|row| values[row])
        };
        if let Some(value) = has(&self.panic_at) {
            panic!("cannot bear {value}");
        }
        if let Some(value) = has(&self.fail_at) {
            return Err(Fault::call(&code::MODEL_FAILED, format!("cannot work with {value}")));
        }
        let kept = cx.filter(batch.rows(), |row| !self.lose_at.contains(&values[row]));
        if has(&self.bare_at).is_some() {
            cx.emit(0, batch.clone());
            return Ok(());
        }
        self.empty.begin();
        let added = self.empty.finish();
        cx.add(kept, added);
        Ok(())
    }
}

/// Keeps batches and gives them out in turns, the oldest first, once it has more than three of them.
pub static HOARD: Kind = Kind {
    name: "hoard",
    role: Role::Stage,
    summary: "",
    doc: "",
    fields: &[Field::default("forgets_marks", INT, "0", "1: it keeps records over the end of an epoch")],
    inputs: MAIN,
    outputs: ONE,
    facts: Facts { adds: true, keeps: true, ..Facts::NONE },
    example: "",
    check: |check| check.gives(vec![]),
};

struct Hoard {
    kept: VecDeque<Batch>,
    flushes: bool,
    forgets_marks: bool,
    empty: Builder,
}

impl Stage for Hoard {
    fn push(&mut self, _cx: &mut Cx<'_>, _port: usize, batch: &Batch) -> Result<(), Fault> {
        self.kept.push_back(batch.clone());
        Ok(())
    }

    fn turn(&mut self, cx: &mut Cx<'_>) -> Result<Turn, Fault> {
        if self.kept.len() <= 3 && !self.flushes {
            return Ok(Turn::Idle);
        }
        self.flushes &= !self.kept.is_empty();
        let Some(batch) = self.kept.pop_front() else { return Ok(Turn::Idle) };
        self.empty.begin();
        cx.emit(0, batch.with(self.empty.finish()));
        Ok(Turn::Again)
    }

    fn mark(&mut self, _cx: &mut Cx<'_>, mark: Mark) -> Result<(), Fault> {
        self.flushes = !self.forgets_marks || mark == Mark::Drain;
        Ok(())
    }

    fn reset(&mut self) {
        self.kept.clear();
        self.flushes = false;
    }
}

pub static TALLY: Kind = Kind {
    name: "tally",
    role: Role::Stage,
    summary: "",
    doc: "",
    fields: &[Field::default("by", Shape::ColumnName, "k", "")],
    inputs: MAIN,
    outputs: ONE,
    facts: Facts { adds: true, keyed: true, ..Facts::NONE },
    example: "",
    check: |check| {
        let by = check.config.text("by").unwrap_or("k").to_string();
        check.read(0, [by.as_str(), "v"]);
        check.answer.keys = vec![vec![by]];
        let name = check.name;
        let columns = [format!("{name}_n"), format!("{name}_total")];
        check.gives(columns.into_iter().map(|name| Column::new(name, Ty::I64, check.span)).collect());
    },
};

/// Count and order-dependent digest by key: anything done twice, left out or out of order shows.
struct Tally {
    by: forebay_stage::types::Addr,
    v: forebay_stage::types::Addr,
    outputs: Vec<bool>,
    shards: Shards,
    states: BTreeMap<i64, (i64, i64)>,
    undo: Vec<(i64, Option<(i64, i64)>)>,
    undone: u64,
    epochs: Vec<(Epoch, u64)>,
    delta: Vec<(i64, i64, i64)>,
    builder: Builder,
}

/// The shard of a key, worked out once for each.
fn shard_of(shards: Shards, key: i64) -> u32 {
    static KNOWN: LazyLock<Mutex<HashMap<i64, u64>>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    shards.of(*known.entry(key).or_insert_with(|| hash_of(key)))
}

fn hash_of(key: i64) -> u64 {
    let mut schema = forebay_stage::testing::schema("k: i64");
    schema.columns[0].addr = forebay_stage::types::Addr { group: 0, column: 0 };
    let batch = forebay_stage::testing::batch(&schema, &format!("k\n{key}"), 0);
    let mut hashes = Vec::new();
    forebay_stage::key::hash_keys(&batch, &[(schema.columns[0].addr, Ty::I64)], &mut hashes);
    hashes[0]
}

impl Stage for Tally {
    fn push(&mut self, cx: &mut Cx<'_>, _port: usize, batch: &Batch) -> Result<(), Fault> {
        let rows = batch.header().rows();
        let (keys, values) = (batch.col(self.by).fixed::<i64>(), batch.col(self.v).fixed::<i64>());
        let mut out = vec![(0i64, 0i64); rows];
        for row in batch.rows().iter() {
            let key = keys[row];
            assert!(self.shards.owns(shard_of(self.shards, key)), "a key came to the wrong lane");
            let before = self.states.get(&key).copied();
            let (n, total) = before.unwrap_or((0, 7));
            let now = (n + 1, total.wrapping_mul(31).wrapping_add(values[row]) & 0xffff_ffff);
            self.undo.push((key, before));
            self.states.insert(key, now);
            self.delta.push((key, now.0, now.1));
            out[row] = now;
        }
        self.builder.begin();
        let wanted = (0..2).filter(|at| self.outputs[*at]);
        for (col, at) in wanted.enumerate() {
            let slice = self.builder.col(col).fixed::<i64>(rows);
            slice
                .iter_mut()
                .zip(&out)
                .for_each(|(cell, value)| *cell = if at == 0 { value.0 } else { value.1 });
        }
        let added = self.builder.finish();
        cx.add(batch.rows().clone(), added);
        Ok(())
    }

    fn state(&mut self) -> Option<&mut dyn State> {
        Some(self)
    }
}

impl Tally {
    fn back_to(&mut self, to: u64) {
        while self.undone + self.undo.len() as u64 > to {
            let Some((key, before)) = self.undo.pop() else { return };
            match before {
                Some(value) => self.states.insert(key, value),
                None => self.states.remove(&key),
            };
        }
    }
}

impl State for Tally {
    fn savepoint(&self) -> Savepoint {
        Savepoint(self.undone + self.undo.len() as u64)
    }

    fn rollback(&mut self, to: Savepoint) {
        let gone = self.savepoint().0 - to.0;
        self.back_to(to.0);
        self.delta.truncate(self.delta.len() - gone as usize);
    }

    fn seal(&mut self, epoch: Epoch, delta: &mut Vec<u8>) {
        for (a, b, c) in self.delta.drain(..) {
            [a, b, c].iter().for_each(|word| delta.extend_from_slice(&word.to_le_bytes()));
        }
        self.epochs.push((epoch, self.undone + self.undo.len() as u64));
    }

    fn committed(&mut self, epoch: Epoch) {
        let Some(at) = self.epochs.iter().position(|(sealed, _)| *sealed == epoch) else { return };
        let upto = self.epochs[at].1;
        self.epochs.drain(..=at);
        self.undo.drain(..(upto - self.undone) as usize);
        self.undone = upto;
    }

    fn abort(&mut self) {
        self.back_to(self.undone);
        self.epochs.clear();
        self.delta.clear();
    }

    fn image(&self, shard: u32, image: &mut Vec<u8>) {
        for (key, (n, total)) in self.states.iter().filter(|(key, _)| shard_of(self.shards, **key) == shard) {
            [*key, *n, *total].iter().for_each(|word| image.extend_from_slice(&word.to_le_bytes()));
        }
    }

    fn load(&mut self, _shard: u32, image: &[u8]) -> Result<(), Fault> {
        self.apply(image, &|_| true)
    }

    fn apply(&mut self, delta: &[u8], wanted: &dyn Fn(u32) -> bool) -> Result<(), Fault> {
        for chunk in delta.chunks_exact(24) {
            let word = |at: usize| i64::from_le_bytes(chunk[at..at + 8].try_into().unwrap());
            if wanted(shard_of(self.shards, word(0))) {
                self.states.insert(word(0), (word(8), word(16)));
            }
        }
        Ok(())
    }

    fn size(&self) -> (u64, u64) {
        (self.states.len() as u64, 24 * self.states.len() as u64)
    }
}

pub static COLLECT: Kind = Kind {
    name: "collect",
    role: Role::Sink,
    summary: "",
    doc: "",
    fields: &[
        Field::required("name", Shape::Text, ""),
        Field::default(
            "panic_at",
            Shape::List(&INT),
            "[]",
            "values of the first column at which the sink panics",
        ),
    ],
    inputs: MAIN,
    outputs: &[],
    facts: Facts::NONE,
    example: "",
    check: |_| {},
};

/// What sinks of this name hold: like a file, it outlives the engine.
#[derive(Default)]
pub struct Shelf {
    pub lines: Vec<String>,
    pub complete: bool,
    /// The next so many seals fail, as if the disk were full.
    pub full: usize,
    /// The next so many times that an epoch is committed the sink cannot do what follows.
    pub clumsy: usize,
    /// What the sink does at a commit panics the next so many times, in one of its steps.
    pub brittle: (usize, Step),
}

/// What a sink does for a commit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Step {
    Seal,
    #[default]
    Sync,
    Committed,
}

impl Shelf {
    fn breaks(&mut self, at: Step) -> bool {
        let (left, step) = &mut self.brittle;
        let breaks = *left > 0 && *step == at;
        *left -= usize::from(breaks);
        breaks
    }
}

static SHELVES: LazyLock<Mutex<HashMap<String, Arc<Mutex<Shelf>>>>> = LazyLock::new(Mutex::default);

pub fn shelf(name: &str) -> Arc<Mutex<Shelf>> {
    SHELVES.lock().unwrap_or_else(PoisonError::into_inner).entry(name.to_string()).or_default().clone()
}

struct Collect {
    shelf: Arc<Mutex<Shelf>>,
    panic_at: Vec<i64>,
    schema: Schema,
}

impl Sink for Collect {
    fn push(&mut self, cx: &mut SinkCx<'_>, batch: &Batch) -> Result<(), Fault> {
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        for row in batch.rows().iter() {
            if !self.panic_at.is_empty() {
                let value = batch.col(self.schema.columns[0].addr).fixed::<i64>()[row];
                assert!(!self.panic_at.contains(&value), "cannot write {value}");
            }
            let cells = self
                .schema
                .columns
                .iter()
                .map(|column| forebay_stage::testing::cell(batch.col(column.addr), &column.ty, row));
            shelf.lines.push(cells.collect::<Vec<_>>().join(" "));
            cx.written(batch, row);
        }
        Ok(())
    }

    fn seal(&mut self, _epoch: Epoch, last: bool) -> Result<Sealed, Fault> {
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        if shelf.full > 0 {
            shelf.full -= 1;
            return Err(Fault::away(&code::COMMIT_FAILED, "the shelf is full"));
        }
        shelf.complete = last;
        let entry = (shelf.lines.len() as u64).to_le_bytes().to_vec();
        assert!(!shelf.breaks(Step::Seal), "the shelf breaks");
        let breaks = shelf.breaks(Step::Sync);
        let sync = move || if breaks { panic!("the shelf breaks") } else { Ok(Synced::Done) };
        Ok(Sealed { entry, sync: Some(Box::new(sync)) })
    }

    fn committed(&mut self, _epoch: Epoch) -> Result<(), Fault> {
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(!shelf.breaks(Step::Committed), "the shelf breaks");
        if shelf.clumsy > 0 {
            shelf.clumsy -= 1;
            return Err(Fault::away(&code::COMMIT_FAILED, "the shelf has no label"));
        }
        Ok(())
    }

    fn restore(&mut self, entry: Option<&[u8]>) -> Result<(), Fault> {
        let len = entry.map_or(0, |entry| u64::from_le_bytes(entry.try_into().unwrap()));
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner).lines.truncate(len as usize);
        Ok(())
    }
}

pub fn registry() -> Registry {
    Registry::new([
        Factory { kind: &NUMBERS, make: Make::Source(|build| Ok(Box::new(numbers(build)))) },
        Factory { kind: &FRAGILE, make: Make::Stage(|build| Ok(Box::new(fragile(build)))) },
        Factory {
            kind: &HOARD,
            make: Make::Stage(|build| {
                let forgets_marks = build.config.int("forgets_marks") == Some(1);
                let (kept, empty) = (VecDeque::new(), Builder::new([]));
                Ok(Box::new(Hoard { kept, flushes: false, forgets_marks, empty }))
            }),
        },
        Factory { kind: &TALLY, make: Make::Stage(|build| Ok(Box::new(tally(build)))) },
        Factory {
            kind: &topic::TOPIC,
            make: Make::Source(|build| Ok(Box::new(topic::TopicSource::new(build)))),
        },
        Factory { kind: &topic::PILES, make: Make::Sink(|build| Ok(Box::new(topic::PileSink::new(build)))) },
        Factory { kind: &COLLECT, make: Make::Sink(|build| Ok(Box::new(collect(build)))) },
    ])
}

fn numbers(build: &Build<'_>) -> Numbers {
    let int = |name: &str| build.config.int(name).unwrap_or(0) as u64;
    let slots = build.declared.iter().filter_map(|column| Some((column.name.clone(), column.slot?)));
    Numbers {
        count: int("count"),
        streams: int("streams"),
        keys: int("keys"),
        refuse_every: int("refuse_every"),
        counted: counted(build.config.text("counted").unwrap_or_default()),
        slots: slots.collect(),
        opened: false,
    }
}

fn addr(build: &Build<'_>, name: &str) -> forebay_stage::types::Addr {
    build.inputs[0].as_ref().unwrap().get(name).unwrap().addr
}

fn fragile(build: &Build<'_>) -> Fragile {
    Fragile {
        v: addr(build, "v"),
        panic_at: ints(build, "panic_at"),
        fail_at: ints(build, "fail_at"),
        lose_at: ints(build, "lose_at"),
        bare_at: ints(build, "bare_at"),
        takes_ms: build.config.int("takes_ms").unwrap_or(0),
        slow_below: build.config.int("slow_below").unwrap_or(0),
        empty: Builder::new([]),
    }
}

fn ints(build: &Build<'_>, name: &str) -> Vec<i64> {
    let int = |node: &forebay_stage::types::Node| match node.value {
        forebay_stage::types::Value::Int(value) => value,
        _ => panic!("a list of integers"),
    };
    build.config.list(name).iter().map(int).collect()
}

fn tally(build: &Build<'_>) -> Tally {
    let wanted = |suffix: &str| build.outputs[0].columns.iter().any(|column| column.name.ends_with(suffix));
    Tally {
        by: addr(build, build.config.text("by").unwrap()),
        v: addr(build, "v"),
        outputs: vec![wanted("_n"), wanted("_total")],
        shards: build.shards,
        states: BTreeMap::new(),
        undo: Vec::new(),
        undone: 0,
        epochs: Vec::new(),
        delta: Vec::new(),
        builder: Builder::new(build.outputs[0].columns.iter().map(|column| &column.ty)),
    }
}

fn collect(build: &Build<'_>) -> Collect {
    let schema = build.inputs[0].clone().unwrap();
    let named = build.columns.iter().filter_map(|column| match column {
        forebay_stage::SinkColumn::Column { name, .. } => schema.get(name).cloned(),
        forebay_stage::SinkColumn::Own(_) => None,
    });
    Collect {
        shelf: shelf(build.config.text("name").unwrap()),
        panic_at: ints(build, "panic_at"),
        schema: Schema::of(named.collect()),
    }
}

/// The plan of a pipeline whose `spec` is given.
pub fn plan_of(spec: &str, lanes: u32) -> Plan {
    let indented: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    let text = format!(
        "apiVersion: forebay.dev/v1alpha1\nkind: Pipeline\nmetadata: {{ name: test }}\nspec:\n{indented}"
    );
    let loader = MemoryLoader::default().with("test.yaml", &text);
    let mut files = Files::default();
    let mut report = Report::default();
    let configs = Configs::default();
    let options = forebay_spec::Options::default();
    let kinds = registry().kinds();
    let loaded = forebay_spec::read_pipeline(
        &mut files,
        &loader,
        "test.yaml",
        &kinds,
        &configs,
        &options,
        &mut report,
    );
    let loaded = loaded.unwrap_or_else(|| panic!("{}", report.render(&files, false)));
    let resolved = resolve(&loaded.pipeline, &Known { models: &configs, files: &files }, &mut report);
    let options = forebay_plan::Options { lanes, ..forebay_plan::Options::default() };
    plan(resolved, &options, &mut report).unwrap_or_else(|| panic!("{}", report.render(&files, false)))
}

pub fn begin(plan: &Plan, options: Options) -> Result<Running, Fault> {
    prepared(plan, options)?.begin()?.start()
}

pub fn prepared(plan: &Plan, options: Options) -> Result<Ready, Fault> {
    let values = forebay_expr::Values::default();
    prepare(Job {
        plan,
        registry: &registry(),
        values: &values,
        models: &NoModels,
        connections: &NoModels,
        base: ".".into(),
        options,
    })
}
