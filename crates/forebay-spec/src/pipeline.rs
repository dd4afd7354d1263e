//! What a pipeline file says, as plain structs: the meaning of a file whose every field has been read by its
//! shape. Defaults are filled in; names are not resolved and expressions not parsed, that is the plan's part.
//!
//! Invariants: what is in error was reported and is left out here, and whoever holds it says so (`broken`,
//! `open`, `config: None`), so that nobody reports the consequence of a mistake as another one. Paths that are
//! read already count from the working directory.

pub use forebay_types::format::{Extra, Format};
use forebay_types::kind::Role;
use forebay_types::value::Text;
use forebay_types::{FileId, Kind, Node, Record, Span, Ty, words};

/// A value and where it stands; `Span::NONE` for a default.
#[derive(Clone, Debug, PartialEq)]
pub struct Spanned<T> {
    pub value: T,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Pipeline {
    /// The file, as it was named to us.
    pub path: String,
    pub file: FileId,
    pub metadata: Metadata,
    pub vars: Vec<Var>,
    pub lists: Vec<List>,
    pub slo: Option<Slo>,
    pub delivery: Delivery,
    /// `None`: it goes on however much is rejected.
    pub breaker: Option<Breaker>,
    pub scale: Spanned<Scale>,
    pub sources: Vec<Source>,
    pub stages: Vec<Stage>,
    pub sinks: Vec<Sink>,
    pub placement: Option<Placement>,
    pub tests: Vec<Test>,
}

impl Pipeline {
    /// Every node in the order of the file: sources, stages, sinks.
    pub fn bodies(&self) -> impl Iterator<Item = &Body> {
        let sources = self.sources.iter().map(|source| &source.body);
        let stages = self.stages.iter().map(|stage| &stage.body);
        sources.chain(stages).chain(self.sinks.iter().map(|sink| &sink.body))
    }
}

/// Kubernetes' ObjectMeta, as far as it means something here.
#[derive(Clone, Debug, PartialEq)]
pub struct Metadata {
    pub name: Spanned<String>,
    /// The team.
    pub namespace: Spanned<String>,
    pub labels: Vec<(String, String)>,
    pub annotations: Vec<(String, String)>,
}

/// `vars.NAME`: a typed value from outside.
#[derive(Clone, Debug, PartialEq)]
pub struct Var {
    pub name: Spanned<String>,
    /// `Ty::Unknown` where the type is in error.
    pub ty: Ty,
    /// The value that counts (`--set`, PoP, `--env` or the file: its span tells), a literal that fits the type.
    /// `None` where it is in error.
    pub value: Option<Node>,
    pub doc: Option<String>,
}

/// `lists.NAME`: values in a file that may change while the pipeline runs.
#[derive(Clone, Debug, PartialEq)]
pub struct List {
    pub name: Spanned<String>,
    pub file: Spanned<String>,
    /// The column of the file; `None` for a file of one value a line.
    pub column: Option<Spanned<String>>,
    pub ty: Ty,
    /// How often to look for changes, ns; `None` for a list that is read once.
    pub reload: Option<i64>,
    pub broken: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Slo {
    pub span: Span,
    /// Nanoseconds.
    pub deadline: Spanned<i64>,
    pub from: Spanned<From>,
    /// Share of records that are to be in time.
    pub objective: f64,
    pub on_late: Spanned<OnLate>,
}

/// Delivery as the pipeline states it.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// `None`: the file asks for nothing, and the plan gives the strongest there is.
    pub guarantee: Option<Spanned<Guarantee>>,
    /// Nanoseconds.
    pub commit_every: Spanned<i64>,
}

/// When too much is rejected to go on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breaker {
    pub share: f64,
    /// Nanoseconds.
    pub over: i64,
    /// Records within that time, at least.
    pub least: u64,
}

/// What sources, stages and sinks have in common.
#[derive(Clone, Debug)]
pub struct Body {
    pub role: Role,
    pub name: Spanned<String>,
    /// The whole entry.
    pub span: Span,
    /// The kind's name as written, empty where there is none.
    pub kind_name: Spanned<String>,
    /// `None` where there is no such kind: its outputs have unknown columns.
    pub kind: Option<&'static Kind>,
    /// The kind's own fields; `None` where one of them is in error, or the kind is unknown.
    pub config: Option<Record>,
    /// A field beside the kind (`input`, `schema`, …) is in error and was left out.
    pub broken: bool,
}

#[derive(Clone, Debug)]
pub struct Source {
    pub body: Body,
    pub format: Spanned<Format>,
    pub schema: Option<Declared>,
    pub extra: Spanned<Extra>,
    pub event_time: Option<EventTime>,
    pub slo: Option<Slo>,
    pub on_full: Option<Spanned<OnFull>>,
}

#[derive(Clone, Debug)]
pub struct Stage {
    pub body: Body,
    /// In the order of the file; `main` for what stands without a port.
    pub inputs: Vec<Input>,
    pub filter: Option<Spanned<Text>>,
    pub on_late: Spanned<WhenLate>,
    pub renamed_from: Option<Spanned<String>>,
}

#[derive(Clone, Debug)]
pub struct Sink {
    pub body: Body,
    pub inputs: Vec<Input>,
    pub filter: Option<Spanned<Text>>,
    /// `None`: text, numbers and lists.
    pub columns: Option<Vec<Spanned<String>>>,
    pub format: Spanned<Format>,
    pub delivery: Option<Spanned<Guarantee>>,
    pub sensitive: Spanned<Sensitive>,
}

/// What fills one input port; several outputs are a union.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    pub port: Spanned<String>,
    pub from: Vec<OutputRef>,
}

/// `NAME` or `NAME.PORT`; also `rejected` alone.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputRef {
    pub node: String,
    /// Empty where none is named.
    pub port: String,
    pub span: Span,
}

impl std::fmt::Display for OutputRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.port.as_str() {
            "" => f.write_str(&self.node),
            port => write!(f, "{}.{port}", self.node),
        }
    }
}

/// What a source says about its columns.
#[derive(Clone, Debug, PartialEq)]
pub enum Declared {
    Columns {
        columns: Vec<ColumnSpec>,
        /// A column is in error and was left out.
        open: bool,
    },
    /// A `.avsc`, `.proto` or JSON Schema file.
    File(Spanned<String>),
    /// `registry:SUBJECT@VERSION`.
    Registry { subject: String, version: String, span: Span },
}

/// A declared column.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnSpec {
    pub name: Spanned<String>,
    /// `Ty::Unknown` where it is in error.
    pub ty: Ty,
    pub ty_span: Span,
    /// The name of the field in the input where it is another.
    pub from: Option<Spanned<String>>,
    /// What stands where the field is missing: a literal that fits the type.
    pub default: Option<Node>,
    pub sensitive: bool,
    pub doc: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct EventTime {
    pub column: Spanned<String>,
    /// Nanoseconds.
    pub out_of_order: Spanned<i64>,
    /// Nanoseconds.
    pub idle_after: Spanned<i64>,
    /// How far past its arrival an event may claim to be, in nanoseconds.
    pub max_ahead: Spanned<i64>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Placement {
    pub span: Span,
    pub prefer: Prefer,
    /// Empty: anywhere.
    pub jurisdictions: Vec<Spanned<String>>,
    pub pins: Vec<Pin>,
    pub crossings: Vec<Crossing>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Prefer {
    NearSources,
    Cheapest,
    Weights { money: f64, power: f64, lateness: f64, egress: f64 },
}

/// Where a stage has to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Pin {
    pub stage: Spanned<String>,
    pub gpu: Option<bool>,
    pub pops: Vec<Spanned<String>>,
    pub standby: Vec<Spanned<String>>,
}

/// An output that may leave its jurisdiction.
#[derive(Clone, Debug, PartialEq)]
pub struct Crossing {
    pub output: OutputRef,
    pub mode: Spanned<CrossingMode>,
    pub from: Spanned<String>,
    pub to: Spanned<String>,
    pub columns: Vec<Spanned<String>>,
    pub basis: Option<String>,
    /// `YYYY-MM-DD`.
    pub until: Option<Spanned<String>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    pub name: Spanned<String>,
    /// By source.
    pub input: Vec<(Spanned<String>, Records)>,
    pub mock: Vec<Mock>,
    /// By output.
    pub expect: Vec<(OutputRef, Records)>,
    /// Where the records of each of `expect` stand.
    pub expect_spans: Vec<Span>,
}

/// Records of a test.
#[derive(Clone, Debug, PartialEq)]
pub enum Records {
    /// Each a `Value::Map` of literals as written; matchers of `expect` are maps or the word `any`.
    Rows(Vec<Node>),
    File(Spanned<String>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Mock {
    pub target: MockTarget,
    pub span: Span,
    pub with: MockWith,
}

#[derive(Clone, Debug, PartialEq)]
pub enum MockTarget {
    Node(String),
    List(String),
}

#[derive(Clone, Debug, PartialEq)]
pub enum MockWith {
    /// A stage's columns for each record: a `Value::Map`.
    Columns(Node),
    /// Records in place of a node's own, or the values of a list.
    Items(Vec<Node>),
    Late,
    Error,
}

words! {
    /// What a deadline counts from.
    From {
        Arrival = "arrival": "when Forebay read the record",
        EventTime = "event_time": "the event time of the record",
        Produced = "produced": "the record's Kafka timestamp",
    }
    /// What becomes of a result that is late.
    OnLate {
        Publish = "publish": "it is published, with `_late` set",
        Drop = "drop": "it is dropped and counted",
        Reject = "reject": "its record is rejected",
    }
    /// From the strongest to the weakest.
    Guarantee {
        ExactlyOnce = "exactly_once": "each input counts once, over restarts; sources have to be replayable",
        ResultsOnce = "results_once": "a result that was made is published once, while its outbox's disk survives",
        AtLeastOnce = "at_least_once": "every result is published, after a restart perhaps twice",
        BestEffort = "best_effort": "what a restart interrupts is lost",
    }
    /// How the work is spread over processes.
    Scale {
        Group = "group": "processes of one consumer group share the work; a stage with another key goes through a repartition topic",
        One = "one": "one process does it all; a stage with another key goes through an exchange inside it",
    }
    /// What gives way when a live source is not read fast enough.
    OnFull {
        DropOldest = "drop_oldest": "what has waited longest is dropped",
        DropNewest = "drop_newest": "what has just come is dropped",
        KeepKeyframes = "keep_keyframes": "all but keyframes are dropped first",
    }
    /// What a stage does with a record for which there is no time left.
    WhenLate {
        Run = "run": "it works on it all the same",
        Skip = "skip": "it is left out for this record: its columns are null and `_late` is set",
    }
    /// Whether dead letters hold the original bytes of sources with sensitive columns.
    Sensitive {
        Omit = "omit": "the original bytes are left out, and a replay reads the origin again",
        Keep = "keep": "the original bytes are kept",
    }
    /// How an output crosses a border.
    CrossingMode {
        Durable = "durable": "through a log at both ends",
        Live = "live": "over the wire with credits and deadlines; what is lost is lost",
    }
}
