//! A kind is what a node does, as a value: its fields, its ports, its facts, and one pure function from a
//! configuration and input types to output types and diagnostics. Whoever runs it is elsewhere.

use crate::card::Card;
use crate::shape::Field;
use crate::{Column, Record, Report, Schema, Span, Ty};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    Source,
    Stage,
    Sink,
}

impl Role {
    pub fn noun(self) -> &'static str {
        match self {
            Role::Source => "source",
            Role::Stage => "stage",
            Role::Sink => "sink",
        }
    }
}

#[derive(Debug)]
pub struct Kind {
    pub name: &'static str,
    pub role: Role,
    /// One line.
    pub summary: &'static str,
    /// What it does exactly: units, ties, nulls, errors, the source of an algorithm. Markdown.
    pub doc: &'static str,
    /// The kind's own fields. One field with the empty name stands for all of them: what stands behind the kind is
    /// of its shape (`set: { NAME: VALUE }`), and the record holds it under that empty name.
    pub fields: &'static [Field],
    /// Named inputs; the first is `main`. Empty for a source.
    pub inputs: &'static [InPort],
    /// Named outputs; one with the empty name is the node itself. Empty for a sink.
    pub outputs: &'static [OutPort],
    pub facts: Facts,
    /// The node as one would write it, without its name, beginning with `input` where it has one.
    pub example: &'static str,
    pub check: fn(&mut Check<'_>),
}

#[derive(Debug)]
pub struct InPort {
    pub name: &'static str,
    pub required: bool,
    pub doc: &'static str,
}

#[derive(Debug)]
pub struct OutPort {
    pub name: &'static str,
    pub doc: &'static str,
}

/// What never changes about a kind and what the plan builds on.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// One record out for each record in: the columns of `main` pass on and the checked outputs are what is
    /// added. Otherwise the outputs are all there is.
    pub adds: bool,
    /// Keeps state by key: has a `.behind` port and goes where its key lives.
    pub keyed: bool,
    /// A source that can go back to a committed position; false for live ones and for everything else.
    pub replayable: bool,
    /// A source whose input comes to an end: a file. False for everything else.
    pub ends: bool,
    /// Executes code that is not ours (a model): it is called on its own when it fails.
    pub foreign: bool,
    /// A stage that keeps records beyond the call that brought them, and gives them out in turns.
    pub keeps: bool,
    /// A source whose streams have no order among each other, or a sink that may have an instance on each lane: records are
    /// read and written where there is room for them.
    pub spreads: bool,
}

impl Facts {
    pub const NONE: Facts = Facts {
        adds: false,
        keyed: false,
        replayable: false,
        ends: false,
        foreign: false,
        keeps: false,
        spreads: false,
    };
}

/// The one input of most stages and sinks.
pub const MAIN: &[InPort] = &[InPort { name: "main", required: true, doc: "The records to work on." }];

/// The one output of most sources and stages.
pub const ONE: &[OutPort] = &[OutPort { name: "", doc: "The records." }];

/// Names with types that expressions may use beside columns.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    pub vars: Vec<(String, Ty)>,
    pub lists: Vec<(String, Ty)>,
}

/// The models that can be named.
pub trait Models {
    /// The card that `NAME` or `NAME@VERSION` stands for, or why there is none.
    fn card(&self, name: &str) -> Result<&Card, NoCard>;
}

/// No models at all.
pub struct NoModels;

impl Models for NoModels {
    fn card(&self, _name: &str) -> Result<&Card, NoCard> {
        Err(NoCard::Unknown { near: None })
    }
}

/// Why a model name leads to no card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoCard {
    /// No card of that name; perhaps a near one.
    Unknown { near: Option<String> },
    /// The name is known, the version is not, or several are and none was named; `known` are labels (`NAME@VERSION`).
    Version { known: Vec<String> },
    /// There is a card and it is in error, which was reported.
    Broken,
}

/// What a kind's check sees and what it answers.
pub struct Check<'a> {
    /// The node's name and where it stands.
    pub name: &'a str,
    pub span: Span,
    /// The kind's own fields.
    pub config: &'a Record,
    /// The columns of each input in the order of [`Kind::inputs`]; `None` for one that is not connected.
    pub inputs: &'a [Option<Schema>],
    pub scope: &'a Scope,
    pub models: &'a dyn Models,
    pub report: &'a mut Report,
    pub answer: Answer,
}

/// What a check found out.
#[derive(Debug, Default)]
pub struct Answer {
    /// For each output of [`Kind::outputs`] its columns, or what it adds where the kind adds.
    pub outputs: Vec<Schema>,
    /// Columns that the node reads, by input and name. Only these (and what readers downstream want) are carried.
    pub reads: Vec<(usize, String)>,
    /// The key of each input, for keyed kinds: the columns whose values decide where a record's state lives. For a sink that
    /// spreads: those whose values have an order that is kept.
    pub keys: Vec<Vec<String>>,
    /// What its state keeps, for the memory sum of the plan.
    pub memory: Vec<MemoryTerm>,
    /// What it copies of each record, for the plan.
    pub copies: Vec<CopyTerm>,
    /// Models that it runs, as resolved names.
    pub models: Vec<String>,
    /// What is left of the kind's promise in this configuration.
    pub promise: Promise,
}

/// What the way in which a node is configured leaves of what its kind can promise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Promise {
    /// All of it.
    #[default]
    Whole,
    /// A source that cannot be read again after a restart, although its kind can: standard input.
    ReadOnce,
    /// A sink that may show a record twice after a fault, and so gives `at_least_once` at most: standard output.
    MayRepeat,
    /// A sink that does so as long as it does not commit together with the pipeline, which a later version will do: Kafka.
    RepeatsYet,
}

/// Bytes that a node copies for each record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyTerm {
    /// `columns into a tensor`.
    pub what: String,
    pub bytes_per_record: u64,
}

/// One term of the memory sum: so many bytes for each of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryTerm {
    pub bytes: u64,
    /// `event in the longest window`, `key`; `lane` or `sink` for a buffer, of which each instance of the node has one.
    pub each: String,
}

impl Check<'_> {
    /// The columns of the main input; an open schema when it is not known.
    pub fn main(&self) -> Schema {
        self.inputs.first().cloned().flatten().unwrap_or_else(Schema::unknown)
    }

    /// Says that the node reads these columns of an input.
    pub fn read<'n>(&mut self, input: usize, names: impl IntoIterator<Item = &'n str>) {
        for name in names {
            if !self.answer.reads.iter().any(|(i, n)| *i == input && n == name) {
                self.answer.reads.push((input, name.to_string()));
            }
        }
    }

    /// The answer of a kind with one output that adds (or consists of) these columns.
    pub fn gives(&mut self, columns: Vec<Column>) {
        self.answer.outputs = vec![Schema::of(columns)];
    }
}
