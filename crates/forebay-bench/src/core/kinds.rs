//! Kinds that do nothing: a source that gives the same batch again and again, stages that pass it on, streams that are
//! silent, a sink that takes everything. What is left is the engine.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use forebay_stage::batch::{Batch, Builder, Columns};
use forebay_stage::types::kind::{Facts, Kind, MAIN, ONE, Role};
use forebay_stage::types::shape::{Field, Shape};
use forebay_stage::types::{Column, Epoch, Ty};
use forebay_stage::{
    Build, Chunk, Cx, Factory, Fault, Make, Position, Read, Reader, Registry, Sealed, Sink, SinkCx, Source,
    Stage, Stream,
};

use super::allocations;
use crate::machine;

const INT: Shape = Shape::Int { min: 0, max: i64::MAX };

pub fn registry() -> Registry {
    Registry::new([
        Factory { kind: &TICKS, make: Make::Source(|build| Ok(Box::new(Ticks::new(build)))) },
        Factory { kind: &QUIET, make: Make::Source(|build| Ok(Box::new(Quiet::new(build)))) },
        Factory { kind: &PASS, make: Make::Stage(|build| Ok(Box::new(Pass::new(build)))) },
        Factory { kind: &KEYED, make: Make::Stage(|build| Ok(Box::new(Pass::new(build)))) },
        Factory { kind: &NOWHERE, make: Make::Sink(|_| Ok(Box::new(Nowhere))) },
    ])
}

fn int(build: &Build<'_>, name: &str) -> u64 {
    build.config.int(name).unwrap_or(0) as u64
}

const fn kind(name: &'static str, role: Role, facts: Facts) -> Kind {
    Kind {
        name,
        role,
        summary: "",
        doc: "",
        fields: &[],
        inputs: &[],
        outputs: ONE,
        facts,
        example: "",
        check: |_| {},
    }
}

/// What stood on the counters when a batch was asked for.
#[derive(Clone, Copy)]
pub struct Note {
    /// Of the lane that reads.
    pub lane: Duration,
    /// Of all threads.
    pub process: Duration,
    pub allocations: u64,
}

impl Note {
    pub fn now() -> Note {
        Note {
            lane: machine::thread_time(),
            process: machine::process_time(),
            allocations: allocations::count(),
        }
    }
}

/// Notes of the run that is under way: makers of nodes are plain functions, so a source has no other way to tell.
static NOTES: Mutex<Vec<Note>> = Mutex::new(Vec::new());

pub fn take_notes() -> Vec<Note> {
    std::mem::take(&mut NOTES.lock().unwrap_or_else(PoisonError::into_inner))
}

static TICKS: Kind = Kind {
    fields: &[
        Field::required("rows", INT, "Records a batch."),
        Field::required("span", INT, "Batches between two notes."),
        Field::required("spans", INT, "Spans that are noted, after one that warms up."),
        Field::default("streams", INT, "1", "With several, records of all take turns by event time."),
    ],
    ..kind("ticks", Role::Source, Facts { replayable: true, ends: true, ..Facts::NONE })
};

/// Streams of which every batch is the same group of columns; or, where there are several, records of all take turns by
/// event time.
struct Ticks {
    rows: u64,
    span: u64,
    end: u64,
    streams: u64,
    types: Vec<Ty>,
}

impl Ticks {
    fn new(build: &Build<'_>) -> Ticks {
        let declared = build.declared.iter().filter(|c| c.slot.is_some());
        let span = int(build, "span");
        Ticks {
            rows: int(build, "rows"),
            span,
            end: span * (int(build, "spans") + 1),
            streams: int(build, "streams"),
            types: declared.map(|c| c.ty.clone()).collect(),
        }
    }

    fn reader(&self, at: u64) -> TickReader {
        let Ticks { rows, span, end, streams, .. } = *self;
        // One stream is asked what stands on the counters.
        let notes = (at == 0).then(|| Vec::with_capacity(1 + (end / span) as usize));
        let turns = (streams > 1).then_some((at, streams));
        let mut reader = TickReader {
            rows,
            span,
            end,
            batch: 0,
            turns,
            notes,
            builder: Builder::new(&self.types),
            columns: None,
        };
        reader.build();
        reader
    }
}

impl Source for Ticks {
    fn open(&mut self) -> Result<Vec<Stream>, Fault> {
        let stream = |at: u64| Stream::new(format!("ticks-{at}"), Box::new(self.reader(at)));
        Ok((0..self.streams).map(stream).collect())
    }
}

struct TickReader {
    rows: u64,
    span: u64,
    end: u64,
    batch: u64,
    /// Its number, and of how many streams.
    turns: Option<(u64, u64)>,
    notes: Option<Vec<Note>>,
    builder: Builder,
    columns: Option<Arc<Columns>>,
}

impl TickReader {
    fn build(&mut self) {
        let first = self.batch * self.rows;
        let value = |row: u64| match self.turns {
            None => row,
            Some((at, streams)) => (first + row) * streams + at,
        };
        // The one before goes back to the builder, where nobody works on it.
        self.columns = None;
        self.builder.begin();
        for col in self.builder.cols() {
            (0..self.rows).for_each(|row| col.push(value(row) as i64));
        }
        self.columns = Some(self.builder.finish());
    }
}

impl Reader for TickReader {
    fn read(&mut self, _now: i64, max: usize, chunk: &mut Chunk) -> Result<Read, Fault> {
        assert!(self.rows as usize <= max, "a batch is one round");
        let at_note = self.batch > 0 && self.batch.is_multiple_of(self.span);
        if let Some(notes) = self.notes.as_mut().filter(|_| at_note) {
            notes.push(Note::now());
        }
        if self.batch == self.end {
            let all = &mut *NOTES.lock().unwrap_or_else(PoisonError::into_inner);
            self.notes.iter_mut().for_each(|notes| all.append(notes));
            return Ok(Read::End);
        }
        let first = self.batch * self.rows;
        chunk.seqs.extend(first..first + self.rows);
        chunk.ends.extend(first + 1..first + self.rows + 1);
        if self.turns.is_some() {
            self.build();
        }
        chunk.columns.clone_from(&self.columns);
        self.batch += 1;
        Ok(Read::More)
    }

    fn seek(&mut self, to: Position) -> Result<(), Fault> {
        self.batch = to.seq / self.rows;
        Ok(())
    }

    fn fingerprint(&self) -> String {
        "ticks".into()
    }
}

static QUIET: Kind = Kind {
    fields: &[
        Field::required("streams", INT, ""),
        Field::required("every_ms", INT, "How often each is looked at, in milliseconds."),
    ],
    ..kind("quiet", Role::Source, Facts { replayable: true, ..Facts::NONE })
};

/// Streams that are there and have nothing to say.
struct Quiet {
    streams: u64,
    every_ns: i64,
}

impl Quiet {
    fn new(build: &Build<'_>) -> Quiet {
        Quiet { streams: int(build, "streams"), every_ns: int(build, "every_ms") as i64 * 1_000_000 }
    }
}

/// How often a silent stream was looked at, over all streams.
pub static LOOKS: AtomicU64 = AtomicU64::new(0);

impl Source for Quiet {
    fn open(&mut self) -> Result<Vec<Stream>, Fault> {
        let Quiet { streams, every_ns } = *self;
        self.streams = 0;
        let stream = |at: u64| {
            let reader = QuietReader { every_ns, next: every_ns * at as i64 / streams as i64 };
            Stream::new(format!("quiet-{at:03}"), Box::new(reader))
        };
        Ok((0..streams).map(stream).collect())
    }
}

/// Each stream has its own phase: their times do not fall together.
struct QuietReader {
    every_ns: i64,
    next: i64,
}

impl Reader for QuietReader {
    fn read(&mut self, now: i64, _max: usize, _chunk: &mut Chunk) -> Result<Read, Fault> {
        LOOKS.fetch_add(1, Ordering::Relaxed);
        let periods = (now - self.next).div_euclid(self.every_ns) + 1;
        self.next += periods * self.every_ns;
        Ok(Read::NotBefore(self.next))
    }

    fn seek(&mut self, _to: Position) -> Result<(), Fault> {
        Ok(())
    }

    fn fingerprint(&self) -> String {
        "quiet".into()
    }
}

/// Adds a column, as a stage does; it was built beforehand.
static PASS: Kind = Kind {
    fields: PASS_FIELDS,
    inputs: MAIN,
    check: |check| {
        let column = Column::new(format!("{}_one", check.name), Ty::I64, check.span);
        check.gives(vec![column]);
    },
    ..kind("pass", Role::Stage, Facts { adds: true, ..Facts::NONE })
};

static KEYED: Kind = Kind {
    name: "keyed",
    facts: Facts { adds: true, keyed: true, ..Facts::NONE },
    check: |check| {
        check.read(0, ["k"]);
        check.answer.keys = vec![vec!["k".into()]];
        let column = Column::new(format!("{}_one", check.name), Ty::I64, check.span);
        check.gives(vec![column]);
    },
    fields: PASS_FIELDS,
    inputs: MAIN,
    ..kind("keyed", Role::Stage, Facts::NONE)
};

const PASS_FIELDS: &[Field] = &[
    Field::required("rows", INT, "Records a batch."),
    Field::default("gate", INT, "0", "1: a batch's way is timed from here. 2: it is timed up to here."),
];

struct Pass {
    added: Arc<Columns>,
    gate: Gate,
}

/// One pair of gates at a time: the pipelines of a bench run one after the other.
enum Gate {
    None,
    First,
    Last,
}

static PASSED_FIRST: Mutex<Option<Instant>> = Mutex::new(None);
/// Nanoseconds from the first gate to the last, batch by batch.
static WAYS: Mutex<Vec<u64>> = Mutex::new(Vec::new());

pub fn take_ways() -> Vec<u64> {
    std::mem::replace(&mut WAYS.lock().unwrap_or_else(PoisonError::into_inner), Vec::with_capacity(1 << 20))
}

impl Pass {
    fn new(build: &Build<'_>) -> Pass {
        let mut builder = Builder::new(build.outputs[0].columns.iter().map(|column| &column.ty));
        builder.begin();
        for col in builder.cols() {
            (0..int(build, "rows")).for_each(|row| col.push(row as i64));
        }
        let gate = match int(build, "gate") {
            1 => Gate::First,
            2 => Gate::Last,
            _ => Gate::None,
        };
        Pass { added: builder.finish(), gate }
    }
}

impl Stage for Pass {
    fn push(&mut self, cx: &mut Cx<'_>, _port: usize, batch: &Batch) -> Result<(), Fault> {
        let passed = || PASSED_FIRST.lock().unwrap_or_else(PoisonError::into_inner);
        match self.gate {
            Gate::None => {}
            Gate::First => *passed() = Some(Instant::now()),
            Gate::Last => {
                let way = passed().take().map(|since| since.elapsed().as_nanos() as u64);
                WAYS.lock().unwrap_or_else(PoisonError::into_inner).extend(way);
            }
        }
        cx.add(batch.rows().clone(), self.added.clone());
        Ok(())
    }
}

static NOWHERE: Kind = Kind { inputs: MAIN, outputs: &[], ..kind("nowhere", Role::Sink, Facts::NONE) };

struct Nowhere;

impl Sink for Nowhere {
    fn push(&mut self, cx: &mut SinkCx<'_>, batch: &Batch) -> Result<(), Fault> {
        batch.rows().iter().for_each(|row| cx.written(batch, row));
        Ok(())
    }

    fn seal(&mut self, _epoch: Epoch, _last: bool) -> Result<Sealed, Fault> {
        Ok(Sealed { entry: Vec::new(), sync: None })
    }

    fn committed(&mut self, _epoch: Epoch) -> Result<(), Fault> {
        Ok(())
    }

    fn restore(&mut self, _entry: Option<&[u8]>) -> Result<(), Fault> {
        Ok(())
    }
}
