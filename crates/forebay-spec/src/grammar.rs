//! The grammar of a pipeline file as shapes: what may stand where, with which default, and what it means. The
//! reader, the JSON Schema and the printed file all come from here. What a kind's own fields are its kind says.

use crate::pipeline::{Breaker, CrossingMode, From, Guarantee, OnFull, OnLate, Scale, Sensitive, WhenLate};
use forebay_types::format::{Extra, Format};
use forebay_types::shape::{Access, Field, Names, Shape};

pub const API_VERSION: &str = "forebay.dev/v1alpha1";

/// Names that no node, var or list may have.
pub const RESERVED: &[&str] = &["rejected", "vars", "lists", "stream"];

/// How often an epoch is committed where nobody says otherwise.
pub const COMMIT_EVERY: &str = "50ms";

pub const TOP: &[Field] = &[
    Field::required(
        "apiVersion",
        Shape::Word(&[(API_VERSION, "the version of the format")]),
        "The version of the format.",
    ),
    Field::required("kind", Shape::Word(&[("Pipeline", "a pipeline")]), "What the file describes."),
    Field::required("metadata", Shape::Record(METADATA), "Name, team and labels, as Kubernetes has them."),
    Field::required("spec", Shape::Record(SPEC), "The pipeline."),
    Field::optional(
        "tests",
        TESTS,
        "Tests that `forebay test` runs; they may lie in other files (`file: PATH`).",
    ),
    Field::optional("status", Shape::Any, "What Kubernetes adds to a resource; it means nothing here."),
];

/// Kubernetes' ObjectMeta.
pub const METADATA: &[Field] = &[
    Field::required("name", Shape::Label, "The pipeline's name, unique in its namespace."),
    Field::default("namespace", Shape::Label, "default", "The team that owns it."),
    Field::optional("labels", Shape::Map(&Shape::Text), "Labels for people and tools."),
    Field::optional("annotations", Shape::Map(&Shape::Text), "Notes for people and tools."),
    Field::optional("generateName", Shape::Any, "Kubernetes' own."),
    Field::optional("uid", Shape::Any, "Kubernetes' own."),
    Field::optional("resourceVersion", Shape::Any, "Kubernetes' own."),
    Field::optional("generation", Shape::Any, "Kubernetes' own."),
    Field::optional("creationTimestamp", Shape::Any, "Kubernetes' own."),
    Field::optional("deletionTimestamp", Shape::Any, "Kubernetes' own."),
    Field::optional("deletionGracePeriodSeconds", Shape::Any, "Kubernetes' own."),
    Field::optional("finalizers", Shape::Any, "Kubernetes' own."),
    Field::optional("ownerReferences", Shape::Any, "Kubernetes' own."),
    Field::optional("managedFields", Shape::Any, "Kubernetes' own."),
    Field::optional("selfLink", Shape::Any, "Kubernetes' own."),
];

/// What stands under `spec`. The entries of sources, stages and sinks are read by `nodes`.
pub const SPEC: &[Field] = &[
    Field::optional(
        "vars",
        Shape::Map(&Shape::Record(VAR)),
        "Typed values that can be set from outside; expressions read them as `vars.NAME`.",
    ),
    Field::optional(
        "lists",
        Shape::Map(&Shape::Record(LIST)),
        "Lists of values in files; expressions read them as `lists.NAME`.",
    ),
    Field::optional(
        "slo",
        Shape::Record(SLO),
        "By when results have to be published, and how often they may be late.",
    ),
    Field::optional(
        "delivery",
        DELIVERY,
        "The least that every sink gives; left out, it is the strongest that there is.",
    ),
    Field::optional(
        "breaker",
        BREAKER,
        "When so much of what a source gives is rejected that nothing more is taken in; left out, it is more than 5% over 1m of at least 100 records.",
    ),
    Field::default("scale", Shape::Word(Scale::WORDS), "group", "How the work is spread over processes."),
    Field::required("sources", NODES, "Where records come from, each with exactly one kind."),
    Field::optional("stages", NODES, "What is done with them, each with exactly one kind."),
    Field::required("sinks", NODES, "Where results go, each with exactly one kind."),
    Field::optional(
        "placement",
        Shape::Record(PLACEMENT),
        "Where stages run, and what may leave a jurisdiction.",
    ),
];

const NODES: Shape = Shape::Map(&Shape::Any);

pub const VAR: &[Field] = &[
    Field::required("type", Shape::Ty, "The type of the var."),
    Field::required("default", Shape::Any, "The value, unless `--set`, the PoP or `--env` gives another."),
    Field::optional("doc", Shape::Text, "What it is, for people."),
];

pub const LIST: &[Field] = &[
    Field::required(
        "file",
        Shape::Path(Access::Read),
        "A CSV file with a header, or a file with one value a line.",
    ),
    Field::optional(
        "column",
        Shape::ColumnName,
        "The column of the CSV file; left out, each line is one value.",
    ),
    Field::required("type", Shape::Ty, "The type of the values."),
    Field::optional(
        "reload",
        Shape::Duration,
        "How often to look for a new version; left out, it is read once.",
    ),
];

pub const SLO: &[Field] = &[
    Field::required("deadline", Shape::Duration, "How long after `from` a result has to be published."),
    Field::default("from", Shape::Word(From::WORDS), "arrival", "What the deadline counts from."),
    Field::default("objective", Shape::Share, "99%", "The share of records that have to be in time."),
    Field::default(
        "on_late",
        Shape::Word(OnLate::WORDS),
        "publish",
        "What becomes of a result that is late.",
    ),
];

pub const DELIVERY: Shape = Shape::Short {
    to: "guarantee",
    short: &Shape::Word(Guarantee::WORDS),
    long: &[
        Field::required("guarantee", Shape::Word(Guarantee::WORDS), "What holds when something crashes."),
        Field::default(
            "commit_every",
            Shape::Duration,
            COMMIT_EVERY,
            "How often outputs, positions and state are committed together.",
        ),
    ],
};

pub const BREAKER: Shape = Shape::Forms {
    scalar: Some(&Shape::Word(&[("none", "it goes on however much is rejected")])),
    list: None,
    map: Some(&Shape::Record(BREAKER_FIELDS)),
};

const BREAKER_FIELDS: &[Field] = &[
    Field::default(
        "share",
        Shape::Share,
        "5%",
        "More than this share of the records of a source that ended.",
    ),
    Field::default("over", Shape::Duration, "1m", "The time over which they are counted."),
    Field::default(
        "least",
        Shape::Int { min: 1, max: i64::MAX },
        "100",
        "With fewer records in that time it does not trip.",
    ),
];

/// What `BREAKER_FIELDS` come to.
pub const USUAL_BREAKER: Breaker = Breaker { share: 0.05, over: 60_000_000_000, least: 100 };

/// Beside the kind of a source.
pub const SOURCE: &[Field] = &[
    Field::default("format", Shape::Word(Format::WORDS), "json", "How records look outside."),
    Field::optional(
        "schema",
        SCHEMA,
        "The columns, or a file (`.avsc`, `.proto`, `.json`) or `registry:SUBJECT@VERSION` that declares them.",
    ),
    Field::default(
        "extra",
        Shape::Word(Extra::WORDS),
        "ignore",
        "What becomes of input fields that are not declared. Kept are those of the record itself, not of structs in it; what is in them is unknown, so they count as sensitive.",
    ),
    Field::optional("event_time", EVENT_TIME, "The column that says when a record happened."),
    Field::optional("slo", Shape::Record(SLO), "The source's own deadline; by default the pipeline's."),
    Field::optional(
        "on_full",
        Shape::Word(OnFull::WORDS),
        "What a live source gives up when it is not read fast enough; a replayable one waits.",
    ),
];

pub const SCHEMA: Shape =
    Shape::Forms { scalar: Some(&Shape::Text), list: None, map: Some(&Shape::Map(&Shape::Column)) };

pub const EVENT_TIME: Shape = Shape::Short {
    to: "column",
    short: &Shape::ColumnName,
    long: &[
        Field::required("column", Shape::ColumnName, "A column of type timestamp."),
        Field::default(
            "out_of_order",
            Shape::Duration,
            "0s",
            "How much older than the newest record of its stream a record may be.",
        ),
        Field::default(
            "idle_after",
            Shape::Duration,
            "30s",
            "After how long without records a stream no longer holds others up.",
        ),
        Field::default(
            "max_ahead",
            Shape::Duration,
            "1d",
            "How far past its arrival an event may claim to be; what claims more is rejected.",
        ),
    ],
};

/// Beside the kind of a stage.
pub const STAGE: &[Field] = &[
    Field::required(
        "input",
        INPUT,
        "Where its records come from: `NAME` or `NAME.PORT`, a list of them (a union), or a map that fills named ports.",
    ),
    Field::optional("where", Shape::Expr, "Only records of the main input for which this is true."),
    Field::default(
        "on_late",
        Shape::Word(WhenLate::WORDS),
        "run",
        "What it does with a record for which there is no time left.",
    ),
    Field::optional(
        "renamed_from",
        Shape::Name,
        "The name that the stage had before, so that it keeps its state.",
    ),
];

/// Beside the kind of a sink.
pub const SINK: &[Field] = &[
    Field::required(
        "input",
        INPUT,
        "Where its records come from: `NAME` or `NAME.PORT`, or a list of them (a union). `rejected` alone is all that is rejected.",
    ),
    Field::optional("where", Shape::Expr, "Only records for which this is true."),
    Field::optional(
        "columns",
        Shape::List(&Shape::ColumnName),
        "The columns to write, and nothing else; by default text, numbers and lists, and what `extra: keep` brought along.",
    ),
    Field::default("format", Shape::Word(Format::WORDS), "json", "How records look outside."),
    Field::optional(
        "delivery",
        Shape::Word(Guarantee::WORDS),
        "A weaker guarantee for this sink; by default the pipeline's, or else the strongest that it can give.",
    ),
    Field::default(
        "sensitive",
        Shape::Word(Sensitive::WORDS),
        "omit",
        "Whether dead letters keep original bytes that hold sensitive columns.",
    ),
];

pub const INPUT: Shape = Shape::Forms {
    scalar: Some(&Shape::Output),
    list: Some(&Shape::List(&Shape::Output)),
    map: Some(&Shape::Map(&Shape::List(&Shape::Output))),
};

pub const PLACEMENT: &[Field] = &[
    Field::default("prefer", PREFER, "near_sources", "What is best where several places would do."),
    Field::optional("jurisdictions", Shape::List(&Shape::Text), "Where stages may run; left out, anywhere."),
    Field::optional("stages", Shape::Map(&Shape::Record(PIN)), "Stages that have to run somewhere."),
    Field::optional(
        "crossings",
        Shape::Map(&Shape::List(&Shape::Record(CROSSING))),
        "Outputs that may leave their jurisdiction, by name.",
    ),
];

pub const PREFER: Shape = Shape::Forms {
    scalar: Some(&Shape::Word(&[
        ("near_sources", "as near to where the records arise as possible"),
        ("cheapest", "the least money"),
    ])),
    list: None,
    map: Some(&Shape::Record(WEIGHTS)),
};

const WEIGHT: Shape = Shape::Float { min: 0.0, max: 1e9 };

pub const WEIGHTS: &[Field] = &[
    Field::default("money", WEIGHT, "0", "Weight of one dollar an hour."),
    Field::default("power", WEIGHT, "0", "Weight of one kilowatt."),
    Field::default("lateness", WEIGHT, "0", "Weight of one second of delay."),
    Field::default("egress", WEIGHT, "0", "Weight of one gigabyte that leaves a PoP."),
];

pub const PIN: &[Field] = &[
    Field::optional("gpu", Shape::Bool, "Whether it needs a GPU, or must not have one."),
    Field::optional("pops", Shape::List(&Shape::Ref(Names::Pop)), "The PoPs in which it may run."),
    Field::optional("standby", Shape::List(&Shape::Ref(Names::Pop)), "The PoPs that take over."),
];

pub const CROSSING: &[Field] = &[
    Field::required("as", Shape::Word(CrossingMode::WORDS), "How it crosses."),
    Field::required("from", Shape::Text, "The jurisdiction that it leaves."),
    Field::required("to", Shape::Text, "The jurisdiction that it enters."),
    Field::required("columns", Shape::List(&Shape::ColumnName), "The columns that cross; no others do."),
    Field::optional("basis", Shape::Text, "The agreement that allows it."),
    Field::optional("until", Shape::Date, "The last day on which it is allowed."),
];

pub const TESTS: Shape =
    Shape::Forms { scalar: None, list: Some(&Shape::List(&Shape::Any)), map: Some(&Shape::Any) };

/// One test. What it holds under `input`, `mock` and `expect` is read by `cases`.
pub const TEST: &[Field] = &[
    Field::required("name", Shape::Text, "What the test shows, as a sentence."),
    Field::required("input", Shape::Map(&Shape::Any), "Records for each source, or `{ file: PATH }`."),
    Field::optional(
        "mock",
        Shape::Map(&Shape::Any),
        "For a stage its columns (a map), its records (a list), `late` or `error`; for `lists.NAME` its values.",
    ),
    Field::required(
        "expect",
        Shape::Map(&Shape::Any),
        "For each output the complete list of records, in order per key.",
    ),
];
