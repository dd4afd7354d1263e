//! `window_features`: aggregates over sliding windows by key, in event time.

mod spec;
mod answer;
mod columns;
mod stage;

use forebay_stage::types::kind::{Check, Facts, InPort, Kind, MemoryTerm, ONE, Role};
use forebay_stage::types::shape::{Field, Shape};
use forebay_stage::types::{Column, Diagnostic, Schema, Ty, code};
use forebay_stage::{Factory, Make};

use spec::{Reading, Spec};

pub const FACTORY: Factory = Factory { kind: &KIND, make: Make::Stage(stage::make) };

/// Index of the input for labels.
const LABELS: usize = 1;

pub static KIND: Kind = Kind {
    name: "window_features",
    role: Role::Stage,
    summary: "Adds counts, sums, means and other aggregates over sliding windows by key, in event time.",
    doc: DOC,
    fields: &[
        Field::required(
            "by",
            Shape::List(&Shape::ColumnName),
            "The key: a column or several, of whole numbers, decimals, texts, bools or times.",
        ),
        Field::required(
            "windows",
            Shape::List(&Shape::NamedDuration),
            "Lengths of the windows as durations (`1d`, `12h`); each is part of the names of its columns as it is written.",
        ),
        Field::required(
            "emit",
            Shape::Map(&Shape::Expr),
            "NAME: AGGREGATE(EXPR). Adds the column NAME_WINDOW for each window.",
        ),
        Field::default(
            "delay",
            Shape::Duration,
            "0s",
            "How far the windows stand back: they end this long before the record. For labels that come late.",
        ),
        Field::optional(
            "labels",
            Shape::Record(LABEL_FIELDS),
            "What becomes known of a record later, from the input `labels`.",
        ),
        Field::default(
            "answer",
            Shape::Word(&[
                ("on_arrival", "from what came before the record and the record itself; at once"),
                ("on_watermark", "as if the input were sorted by event time; later by the out-of-orderness"),
            ]),
            "on_arrival",
            "What a record's windows are worked out from.",
        ),
    ],
    inputs: &[
        InPort {
            name: "main",
            required: true,
            doc: "The records that get features, and that the windows consist of.",
        },
        InPort {
            name: "labels",
            required: false,
            doc: "Labels: the key's columns, the label key and the label columns. Every one ends here as absorbed (`label`).",
        },
    ],
    outputs: ONE,
    facts: Facts { adds: true, keyed: true, ..Facts::NONE },
    example: "\
input: { main: tx, labels: chargebacks }
window_features:
  by: terminal_id
  windows: [1d, 7d, 30d]
  delay: 7d
  labels: { by: tx_id, unknown: { fraud: false } }
  emit: { terminal_n: count(), terminal_risk: share(fraud) }
",
    check,
};

const LABEL_FIELDS: &[Field] = &[
    Field::required("by", Shape::ColumnName, "The column that names a record, in both inputs (`tx_id`)."),
    Field::required(
        "unknown",
        Shape::Map(&Shape::Any),
        "The label columns, each with the value that stands until a label has come.",
    ),
];

const DOC: &str = "\
A record at event time *t* gets, for each window of length *n*, the aggregate over the records of its key with event times in
(*t* − delay − *n*, *t* − delay]. Without a delay the record itself counts. Records count that came before it in the log, whatever
their event time, and of those with the same event time the ones that came earlier. A record that is out of order within
the declared bound gets exactly its own windows too; what is behind gets nowhere near them.

| aggregate | gives | |
|---|---|---|
| `count()` | i64 | records |
| `sum(x)` | i64, the decimal of `x`, or f64 | exact; what its type cannot hold rejects the record (FB0740) |
| `mean(x)` | f64 | the exact quotient, rounded once |
| `min(x)` `max(x)` `first(x)` `last(x)` | the type of `x` | in order of (event time, arrival) |
| `share(c)` | f64 | the part of the records for which `c` is true; 0.0 where there are none |

Only a delay makes windows without records: then `mean`, `min`, `max`, `first` and `last` are null there (and their columns optional), `count`
and `sum` 0. Where `x` is null the record counts for `count()` and for nothing else; a window in which it is null throughout is, for `x`, one
without records.

Sums are integers inside: of integers and decimals their own, of floats multiples of 2⁻⁶⁴, which is exact for sizes from 2⁻¹¹ to 2⁶² and off by at
most 2⁻⁶⁵ for smaller ones. So neither the order of records, nor a restart, nor the size of batches changes a bit. NaN, infinities and larger
floats reject their record (FB0741).

With `labels` an expression may read label columns *instead of* columns of `main`. A label sets the values of the record with the
same key and label key (the first one, should there be several) from the moment it is taken in. One that comes before its record waits
for it until its own stream's watermark has passed its event time by the delay and the longest window; one whose record has left the
windows changes nothing. A second label replaces the first.

State: an event takes 8 bytes for its time and 8 for each different expression (and 8 for its label key), in blocks that are up to a half larger; a key
about 60 bytes and 16 for each sum and window. An event goes when the watermark of a record of its key has passed it by delay and
longest window, a key when nobody has touched it for as long. Work is O(1) amortised per record, O(log n) for `min` and `max`, and for records out of order
as many steps as there are newer events of the same key.";

fn check(check: &mut Check<'_>) {
    let labels = check.inputs.get(LABELS).cloned().flatten();
    report_labels_input(check, labels.is_some());
    let main = check.main();
    let mut reading = Reading {
        config: check.config,
        main: &main,
        labels: labels.as_ref(),
        scope: check.scope,
        report: check.report,
    };
    let spec = reading.read();
    read_columns(check, &spec, &main, labels.as_ref());
    let span = |name: &str| {
        let entry = check.config.map("emit").iter().find(|entry| entry.key == name);
        entry.map_or(check.span, |entry| entry.key_span)
    };
    let columns =
        spec.outputs().map(|output| Column::new(output.name, output.ty, span(output.emit))).collect();
    check.answer.memory = memory(&spec);
    check.gives(columns);
}

fn report_labels_input(check: &mut Check<'_>, connected: bool) {
    let configured = check.config.get("labels");
    let diagnostic = match (configured, connected) {
        (Some(node), false) => Diagnostic::error(
            &code::LABELS_INPUT,
            node.span,
            format!("`{}` says how to use labels, and its input `labels` is not filled", check.name),
        )
        .help("write input: { main: NODE, labels: NODE }, or leave `labels` out"),
        (None, true) => Diagnostic::error(
            &code::LABELS_INPUT,
            check.span,
            format!("`{}` has an input `labels` and does not say what to do with it", check.name),
        )
        .help("write labels: { by: COLUMN, unknown: { COLUMN: VALUE } }, or fill `main` alone"),
        _ => return,
    };
    check.report.push(diagnostic);
}

/// Says which columns are read, and the keys.
fn read_columns(check: &mut Check<'_>, spec: &Spec, main: &Schema, labels: Option<&Schema>) {
    let known = |schema: &Schema, name: &&str| schema.get(name).is_some();
    let by: Vec<&str> = spec.by.iter().map(String::as_str).collect();
    let label_key = spec.labels.as_ref().map(|labels| labels.by.as_str());
    let words = |from_labels: bool| spec.words.iter().filter(move |word| word.from_labels == from_labels);
    let main_words = words(false).flat_map(|word| word.typed.columns()).map(String::as_str);
    check.read(0, by.iter().copied().chain(label_key).chain(main_words).filter(|name| known(main, name)));
    check.answer.keys = vec![spec.by.clone()];
    if let Some(schema) = labels {
        let label_words = words(true).flat_map(|word| word.typed.columns()).map(String::as_str);
        check.read(
            LABELS,
            by.iter().copied().chain(label_key).chain(label_words).filter(|name| known(schema, name)),
        );
        check.answer.keys.push(spec.by.clone());
    }
}

fn memory(spec: &Spec) -> Vec<MemoryTerm> {
    let layout = spec.layout(&[Ty::I64], |_, _| true);
    vec![
        MemoryTerm {
            bytes: layout.stride as u64 * 8 * 5 / 4,
            each: "event in delay + longest window".into(),
        },
        MemoryTerm { bytes: layout.slot_words as u64 * 8 + 16, each: "key".into() },
    ]
}
