//! What `infer` says about a pipeline before it runs, and what it answers to the plan.

mod common;

use common::{Cards, card, check, model};
use forebay_stage::testing::schema;
use forebay_stage::types::card::{Batching, Card};
use forebay_stage::types::code::{self, Code};
use forebay_stage::types::{Files, Report, Schema};

fn named(name: &str, version: &str, lines: &str) -> Card {
    let card = card(name, Batching::Invariant, &model("none.onnx"), lines);
    Card { version: Some(version.into()), ..card }
}

const FRAUD: &str = "in input f32 [n,2] amount night=0\nout probabilities f32 [n,2] - score";

fn cards() -> Cards {
    Cards(vec![
        named("card-fraud", "3", FRAUD),
        named("whole-clip", "1", "in waveform f32 [15600]\nout scores f32 [n,521] speech"),
        named("twice", "1", FRAUD),
        named("twice", "2", FRAUD),
        named("counts", "1", "in c i64 [n,2] a b=0.5\nout y f32 [n] y"),
        named("holes", "1", "in x f32 [n,3] a - c\nout y f32 [n] y"),
        named("labels", "1", "in x f32 [n,1] a\nout y string [n] y"),
        named("none", "1", "in x f32 [n,1] a\nout y f32 [n,2] - -"),
        named("whole", "1", "in x i64 [n,1] a\nout y f32 [n] y"),
    ])
}

/// The diagnostics as a user reads them, without the places, which these tests do not have.
#[track_caller]
fn says(infer: &str, columns: &str, expect: &[&str]) -> Schema {
    let (report, mut answer) = check(&cards(), infer, schema(columns));
    assert_eq!(lines(&report), expect);
    answer.outputs.remove(0)
}

fn lines(report: &Report) -> Vec<String> {
    let rendered = report.render(&Files::default(), false);
    rendered.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_string).collect()
}

const GOOD: &str = "amount: decimal(2), night: bool";

#[test]
fn a_stage_adds_the_cards_columns_and_tells_the_plan_what_it_needs() {
    let columns = format!("id: string, sum: optional(f64), {GOOD}");
    let (report, answer) =
        check(&cards(), "model: card-fraud@3, as: fraud, with: { night: sum }", schema(&columns));
    assert_eq!(lines(&report), [""; 0]);
    let adds: Vec<String> =
        answer.outputs[0].columns.iter().map(|c| format!("{}: {}", c.name, c.ty)).collect();
    assert_eq!((adds.join(", "), answer.outputs[0].open), ("fraud_score: f32".into(), false));
    assert_eq!(answer.reads, [(0, "amount".to_string()), (0, "sum".to_string())]);
    assert_eq!(answer.models, ["card-fraud@3"]);
    assert_eq!(answer.copies.iter().map(|copy| copy.bytes_per_record).collect::<Vec<_>>(), [8]);
    assert_eq!(answer.memory.iter().map(|term| term.bytes).collect::<Vec<_>>(), [8 * 1024]);
}

#[test]
fn a_model_that_is_not_known_is_one_error_with_the_nearest_name() {
    let unknown = says(
        "model: card-froud",
        GOOD,
        &["error[FB0620]: there is no model `card-froud`", "help: did you mean `card-fraud`?"],
    );
    assert!(unknown.open, "what it would add is not known, so whoever reads it is in no second error");
    says(
        "model: weather",
        GOOD,
        &[
            "error[FB0620]: there is no model `weather`",
            "help: a model is a card in `configs/models/`, `NAME.yaml`",
        ],
    );
    says(
        "model: card-fraud@4",
        GOOD,
        &["error[FB0621]: the model `card-fraud` has no version `4`", "help: write `card-fraud@3`"],
    );
    says(
        "model: twice",
        GOOD,
        &[
            "error[FB0621]: the model `twice` has 2 versions, and none is named",
            "help: write `twice@1` or `twice@2`",
        ],
    );
    assert!(says("model: broken", GOOD, &[]).open);
}

#[test]
fn a_model_that_is_none_of_rows_is_refused_with_every_reason() {
    let check = |model: &str, reasons: &[&str]| {
        let mut expect =
            vec![format!("error[FB0622]: `infer` cannot run the model `{model}`: {}", reasons[0])];
        expect.push("= its card".into());
        expect.extend(reasons[1..].iter().map(|reason| format!("= {reason}")));
        expect.push("help: name a model of rows, or mend the tensors on its card".into());
        let expect: Vec<&str> = expect.iter().map(String::as_str).collect();
        assert!(says(&format!("model: {model}"), "a: i32, b: i32, c: i32", &expect).open);
    };
    check("whole-clip", &["the input `waveform` is not `[batch, n]` with a fixed n"]);
    check("counts", &["`null` of the column `b` is no whole number, and the input `c` is of i64"]);
    check("holes", &["element 1 of the input `x` has no column"]);
    check("labels", &["the tensor `y` is of string, and not of f32, f64 or i64"]);
    check("none", &["its card names no column of an output"]);
    let mut twice = named("twice-at", "1", "in x f32 [n,2] a b\nout y f32 [n] y");
    twice.inputs[0].columns[1].at = 0;
    twice.outputs[0].columns[0].at = 7;
    let (report, _) = check_one(twice, "model: twice-at", "a: i8, b: i8");
    assert_eq!(
        report[0],
        "error[FB0622]: `infer` cannot run the model `twice-at`: the column `y` is element 7 of the \
                           tensor `y`, whose rows have 1"
    );
    assert_eq!(report[2], "= element 1 of the input `x` has no column");
}

fn check_one(card: Card, infer: &str, columns: &str) -> (Vec<String>, Vec<Schema>) {
    let (report, answer) = check(&Cards(vec![card]), infer, schema(columns));
    (lines(&report), answer.outputs)
}

#[test]
fn columns_that_are_not_there_are_told_together() {
    says(
        "model: card-fraud",
        "id: string",
        &[
            "error[FB0624]: the model `card-fraud` reads columns that the input does not have: `amount`, `night`",
            "= the card asks for it here",
            "help: make them upstream, or name what stands for them: `with: { amount: COLUMN }`",
        ],
    );
    says(
        "model: card-fraud",
        "amuont: f32, night: bool",
        &[
            "error[FB0624]: the model `card-fraud` reads the column `amount`, which the input does not have",
            "= the card asks for it here",
            "help: did you mean `amuont`? then write `with: { amount: amuont }`",
        ],
    );
    says(
        "model: card-fraud, with: { amuont: id, night: nigth }",
        "id: f32, amount: f32, night: bool",
        &[
            "error[FB0623]: the model `card-fraud` has no input column `amuont`",
            "help: did you mean `amount`?",
            "error[FB0624]: there is no column `nigth` for the model's `night`",
            "help: did you mean `night`?",
        ],
    );
    let (report, answer) = check(&cards(), "model: card-fraud", Schema::unknown());
    assert_eq!(
        (lines(&report), answer.outputs[0].columns.len()),
        (vec![], 1),
        "behind a mistake nothing is missed"
    );
}

#[test]
fn a_column_has_to_be_a_number_that_is_there() {
    says(
        "model: card-fraud",
        "amount: timestamp, night: bool",
        &[
            "error[FB0625]: the column `amount` is timestamp, which has no place in a tensor of f32",
            "= declared here",
            "= asked for here",
            "help: make a number of it in a `set` stage before",
        ],
    );
    says(
        "model: whole",
        "a: decimal(2)",
        &[
            "error[FB0625]: the column `a` is decimal(2), which has no place in a tensor of i64",
            "= declared here",
            "= asked for here",
            "help: make an integer of it in a `set` stage before, such as `int(x)`",
        ],
    );
    says(
        "model: card-fraud",
        "amount: optional(f32), night: optional(bool)",
        &[
            "error[FB0626]: the column `amount` may be null, and the card of `card-fraud` says nothing about null",
            "= declared here",
            "= asked for here",
            "help: say on the card what the model was trained with, `{ name: amount, null: 0 }`, or give the value before: \
         `set: { amount_or_0: \"= coalesce(amount, 0)\" }` with `with: { amount: amount_or_0 }`",
        ],
    );
}

/// The part of an example between two texts.
fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let start = text.find(from).expect(from) + from.len();
    &text[start..start + text[start..].find(to).expect(to)]
}

#[test]
fn the_examples_of_the_codes_are_right_and_wrong() {
    let codes: [&Code; 7] = [
        &code::MODEL_UNKNOWN,
        &code::MODEL_VERSION,
        &code::MODEL_SHAPE,
        &code::MODEL_RENAME,
        &code::MODEL_COLUMN,
        &code::MODEL_COLUMN_TYPE,
        &code::MODEL_NULL,
    ];
    for code in codes {
        for example in code.examples {
            let found = |text: &str| {
                let columns = schema(between(text, "schema: {", "} }"));
                let (report, _) = check(&cards(), between(text, "infer: {", "} }\nsinks"), columns);
                report.diagnostics.iter().map(|d| d.code.id).collect::<Vec<_>>()
            };
            assert_eq!(found(example.wrong), [code.id]);
            assert_eq!(found(example.right), [""; 0], "{}", code.id);
        }
    }
}
