//! Small kinds, of the shapes that matter to a plan.

use forebay_expr::{Names, compile};
use forebay_types::kind::{Check, CopyTerm, Facts, InPort, MAIN, MemoryTerm, ONE, OutPort, Promise, Role};
use forebay_types::shape::{Access, Field, Shape};
use forebay_types::value::Text;
use forebay_types::{Column, Kind, Schema, Ty, Value};

pub const ALL: &[&Kind] =
    &[&FILE, &KAFKA, &MEDIA, &SET, &SAMPLE, &SCORE, &WINDOW_FEATURES, &SPLIT, &FILE_SINK, &KAFKA_SINK];

const fn kind(
    name: &'static str,
    role: Role,
    fields: &'static [Field],
    facts: Facts,
    check: fn(&mut Check<'_>),
) -> Kind {
    let inputs: &[InPort] = if matches!(role, Role::Source) { &[] } else { MAIN };
    let outputs: &[OutPort] = if matches!(role, Role::Sink) { &[] } else { ONE };
    Kind { name, role, summary: "", doc: "", fields, inputs, outputs, facts, example: "", check }
}

static FILE: Kind = kind(
    "file",
    Role::Source,
    &[Field::required("path", Shape::Path(Access::Read), ""), Field::optional("rate", Shape::Rate, "")],
    Facts { replayable: true, ends: true, ..Facts::NONE },
    |check| {
        check.answer.outputs = vec![Schema::default()];
        if check.config.text("path") == Some("-") {
            check.answer.promise = Promise::ReadOnce;
        }
    },
);

static FILE_SINK: Kind = kind(
    "file",
    Role::Sink,
    &[
        Field::required("path", Shape::Path(Access::Write), ""),
        Field::optional("rotate", Shape::Duration, ""),
    ],
    Facts::NONE,
    |check| {
        if check.config.text("path") == Some("-") {
            check.answer.promise = Promise::MayRepeat;
        }
        check.answer.memory.push(MemoryTerm { bytes: 1 << 18, each: "sink".into() });
    },
);

static KAFKA: Kind = kind(
    "kafka",
    Role::Source,
    &[
        Field::required("connection", Shape::Text, ""),
        Field::required("topic", Shape::Text, ""),
        Field::required("key", Shape::ColumnName, ""),
        Field::required("start", Shape::Text, ""),
    ],
    Facts { replayable: true, spreads: true, ..Facts::NONE },
    |check| check.answer.outputs = vec![Schema::default()],
);

static KAFKA_SINK: Kind = kind(
    "kafka",
    Role::Sink,
    &[
        Field::required("connection", Shape::Text, ""),
        Field::required("topic", Shape::Text, ""),
        Field::optional("key", Shape::ColumnName, ""),
    ],
    Facts { spreads: true, ..Facts::NONE },
    |check| {
        let key: Vec<String> = check.config.text("key").map(str::to_string).into_iter().collect();
        check.read(0, key.iter().map(String::as_str));
        check.answer.keys = key.into_iter().map(|key| vec![key]).collect();
    },
);

static MEDIA: Kind = Kind {
    outputs: &[OutPort { name: "video", doc: "" }, OutPort { name: "status", doc: "" }],
    ..kind(
        "media",
        Role::Source,
        &[Field::required("streams", Shape::Path(Access::Read), "")],
        Facts::NONE,
        |check| {
            let zones = Column::new("zones", Ty::Zones, check.span);
            check.answer.outputs = vec![Schema::of(vec![zones.clone()]), Schema::of(vec![zones])];
        },
    )
};

/// One column for each entry: 64-bit for a literal, the expression's type for an expression.
static SET: Kind = Kind {
    ..kind("set", Role::Stage, SET_FIELDS, Facts { adds: true, ..Facts::NONE }, |check| {
        let main = check.main();
        let names = Names { columns: &main, scope: check.scope };
        let mut columns = Vec::new();
        let mut reads = Vec::new();
        for field in ["x", "z", "amount", "share"] {
            let Some(node) = check.config.get(field) else { continue };
            let ty = match &node.value {
                Value::Expr(text) => {
                    let Some(typed) = compile(text, node.span, &names, None, check.report) else { continue };
                    reads.extend(typed.columns().to_vec());
                    typed.ty().clone()
                }
                _ => Ty::I64,
            };
            columns.push(Column::new(field, ty, node.span));
        }
        check.read(0, reads.iter().map(String::as_str));
        check.gives(columns);
    })
};

const SET_FIELDS: &[Field] = &[
    Field::optional("x", Shape::Plain, ""),
    Field::optional("z", Shape::Plain, ""),
    Field::optional("amount", Shape::Plain, ""),
    Field::optional("share", Shape::Plain, ""),
];

/// Lets some records through, as records of its own.
static SAMPLE: Kind =
    kind("sample", Role::Stage, &[Field::required("rate", Shape::Rate, "")], Facts::NONE, |check| {
        let main = check.main();
        let names: Vec<String> = main.names().map(String::from).collect();
        check.read(0, names.iter().map(String::as_str));
        check.answer.outputs = vec![main];
    });

/// Stands for a model.
static SCORE: Kind = kind(
    "score",
    Role::Stage,
    &[
        Field::required("model", Shape::Text, ""),
        Field::required("reads", Shape::List(&Shape::ColumnName), ""),
    ],
    Facts { adds: true, foreign: true, ..Facts::NONE },
    |check| {
        let columns: Vec<&str> = check.config.list("reads").iter().map(|node| node.str()).collect();
        let bytes = columns.len() as u64 * 4;
        check.read(0, columns);
        check.answer.models = vec![check.config.text("model").unwrap().to_string()];
        check.answer.copies = vec![CopyTerm { what: "columns to a tensor".into(), bytes_per_record: bytes }];
        check.gives(vec![Column::new("score", Ty::F32, check.span)]);
    },
);

/// Two outputs of its own: a record for each half.
static SPLIT: Kind = Kind {
    outputs: &[OutPort { name: "left", doc: "" }, OutPort { name: "right", doc: "" }],
    ..kind("split", Role::Stage, &[], Facts::NONE, |check| {
        let main = check.main();
        let key =
            |check: &Check<'_>| main.get("key").cloned().unwrap_or(Column::new("key", Ty::U64, check.span));
        let half = Column::new("half", Ty::String, check.span);
        check.answer.outputs =
            vec![Schema::of(vec![key(check), half.clone()]), Schema::of(vec![key(check), half])];
        check.read(0, ["key"]);
    })
};

static WINDOW_FEATURES: Kind = Kind {
    inputs: &[
        InPort { name: "main", required: true, doc: "" },
        InPort { name: "labels", required: false, doc: "" },
    ],
    ..kind(
        "window_features",
        Role::Stage,
        &[
            Field::required("by", Shape::List(&Shape::ColumnName), ""),
            Field::required("windows", Shape::List(&Shape::Text), ""),
            Field::required("emit", Shape::Map(&Shape::Expr), ""),
            Field::optional("labels", Shape::Any, ""),
            Field::default(
                "answer",
                Shape::Word(&[("on_arrival", ""), ("on_watermark", "")]),
                "on_arrival",
                "",
            ),
        ],
        Facts { adds: true, keyed: true, ..Facts::NONE },
        |check| {
            let by: Vec<String> = check.config.list("by").iter().map(|node| node.str().to_string()).collect();
            check.read(0, by.iter().map(String::as_str));
            let mut columns = Vec::new();
            for entry in check.config.map("emit") {
                for window in check.config.list("windows") {
                    let name = format!("{}_{}", entry.key, window.str());
                    columns.push(Column::new(name, Ty::I64, entry.key_span));
                }
                let Some(Text { text, .. }) = entry.node.text() else { continue };
                let argument = text.split_once('(').map_or("", |(_, rest)| rest.trim_end_matches(')'));
                if check.main().get(argument).is_some() {
                    check.read(0, [argument]);
                }
            }
            check.answer.keys = check.inputs.iter().map(|_| by.clone()).collect();
            check.answer.memory = vec![
                MemoryTerm { bytes: 24, each: "event in the longest window".into() },
                MemoryTerm { bytes: 128, each: "key".into() },
            ];
            check.gives(columns);
        },
    )
};
