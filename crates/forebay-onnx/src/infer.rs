//! The kind `infer`: a model over the columns of records, by its card.
//!
//! `check` holds the card against the columns, before anything runs; `stage` runs it: columns are gathered into one
//! row-major buffer for each input tensor, which ONNX Runtime reads where it lies, and what comes back is scattered
//! into a group of its own.

mod check;
mod number;
mod gather;
mod stage;

use forebay_stage::types::kind::{Facts, Kind, MAIN, ONE, Role};
use forebay_stage::types::shape::{Field, Names, Shape};
use forebay_stage::{Factory, Make};

/// The most rows that go to a model in one call; more go in several.
const MAX_ROWS: usize = 1024;

pub fn factories() -> Vec<Factory> {
    vec![Factory { kind: &KIND, make: Make::Stage(stage::make) }]
}

pub static KIND: Kind = Kind {
    name: "infer",
    role: Role::Stage,
    summary: "Runs an ONNX model over the columns that its card names.",
    doc: "\
Reads the input columns of the model's card, in the card's order, and adds its output columns with the element
type of their tensor. Any model of rows will do: inputs `[batch, n]`, outputs `[batch]` or `[batch, m]`, of f32,
f64 or i64.

**Rounding.** Here, and only here, exact numbers become the model's: an integer is rounded once to the tensor's
type, a decimal to the nearest f64 and, for a tensor of f32, from there to the nearest f32 (ties to even); a
boolean is 0 or 1. A value beyond the range of f32 becomes infinity. A tensor of i64 takes booleans and integers
but u64, unchanged.

**Null.** A column that may be null needs `null: VALUE` beside its name on the card; null and missing are both
that value.

**Batches.** By the card's `batch`: `invariant` and a tolerance give the model up to 1,024 records a call, `one`
gives it one. The call runs on the lane's own thread.

**Errors.** A record for which the model answers NaN or infinity in a column that somebody reads is rejected
(FB0760). A call that fails is repeated on halves, down to the records at fault (FB0836). A model that cannot be
opened, or whose file is not what its card says, stops the pipeline before the first record.",
    fields: &[
        Field::required(
            "model",
            Shape::Ref(Names::Model),
            "The model, as `NAME` or `NAME@VERSION`; the version may be left out while there is only one.",
        ),
        Field::optional(
            "as",
            Shape::Name,
            "Goes before the names of the columns that are added: with `as: vest` the card's `score` is `vest_score`.",
        ),
        Field::optional(
            "with",
            Shape::Map(&Shape::ColumnName),
            "Columns that have another name than on the card: `{ card_name: column }`.",
        ),
    ],
    inputs: MAIN,
    outputs: ONE,
    facts: Facts { adds: true, foreign: true, ..Facts::NONE },
    example: "input: terminal\ninfer: { model: card-fraud@3 }",
    check: check::check,
};
