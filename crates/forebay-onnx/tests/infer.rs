//! The kind `infer` on ONNX Runtime: records in, columns out, and what becomes of what does not work.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use common::{Made, card, make, model, runtime, shown, sum};
use forebay_onnx::{Error, Session};
use forebay_stage::batch::Rows;
use forebay_stage::testing::{self, push_into};
use forebay_stage::types::card::{Batching, Card};
use forebay_stage::{Cx, FaultKind, ModelFile, Outbox};

/// A table in, a table out.
#[track_caller]
fn run(made: Made, input: &str, expect: &str) {
    let Made { mut stage, columns, all } = made;
    let called = push_into(&mut *stage, 0, testing::batch(&columns, input, 1));
    assert_eq!(shown(&called, &all), expect);
}

#[track_caller]
fn check(card: Card, infer: &str, columns: &str, input: &str, expect: &str) {
    let made = make(card, infer, columns).unwrap_or_else(|fault| panic!("{fault}"));
    run(made, input, expect);
}

fn above(batch: Batching) -> Card {
    card("above", batch, &model("above.onnx"), "in x f32 [n,1] x\nout y f32 [n,1] above")
}

fn pick() -> Card {
    card("pick", Batching::Invariant, &model("pick.onnx"), "in i i64 [n,1] i\nout y f32 [n,1] y")
}

#[test]
fn columns_of_any_number_go_in_and_the_cards_columns_come_out() {
    check(
        sum(),
        "model: sum",
        "a: decimal(2), b: bool, c: u8, note: string",
        "a | b | c | note\n 0.25 | true | 2 | x\n 4.00 | false | 0 | y",
        "a | b | c | note | total | log | whole\n0.25 | true | 2 | x | 3.25 | 1.178655 | 3\n4.00 | false | 0 | y | 4 | 1.3862944 | 4",
    );
    check(
        sum(),
        "model: sum@1, as: s, with: { a: first, c: third }",
        "first: f64, b: i32, third: u64",
        "first | b | third\n0.5 | -1 | 2",
        "first | b | third | s_total | s_log | s_whole\n0.5 | -1 | 2 | 1.5 | 0.4054651 | 1",
    );
}

#[test]
fn inputs_may_be_several_tensors_of_several_types() {
    let lines = "in b i64 [n,1] count\nin a f64 [n,2] x y\nout t i64 [n,1] next\nout s f64 [n] s";
    check(
        card("pair", Batching::Invariant, &model("pair.onnx"), lines),
        "model: pair",
        "x: decimal(1), y: f32, count: u32",
        "x | y | count\n0.1 | 0.5 | 4294967295\n-7.5 | 7 | 0",
        "x | y | count | next | s\n0.1 | 0.5 | 4294967295 | 4294967296 | 0.6\n-7.5 | 7 | 0 | 1 | -0.5",
    );
}

#[test]
fn null_and_missing_are_what_the_card_says() {
    let lines = "in x f32 [n,3] a b=0.5 c=-1\nout y f32 [n,2] total";
    check(
        card("sum", Batching::Invariant, &model("sum.onnx"), lines),
        "model: sum",
        "a: f32, b: optional(f32), c: optional(decimal(1))",
        "a | b | c\n4 | 1 | 2.0\n4 | null | 2.0\n4 | - | null",
        "a | b | c | total\n4 | 1 | 2.0 | 7\n4 | null | 2.0 | 6.5\n4 | - | null | 3.5",
    );
}

#[test]
fn an_answer_that_is_no_number_rejects_its_record_alone() {
    let reason = "[FB0760] the model sum@1 gave no finite number for `log`";
    check(
        sum(),
        "model: sum",
        "a: f32, b: f32, c: f32",
        "a | b | c\n1 | 0 | 0\n-2 | 0 | 0\n0 | 0 | 0\n1 | 1 | 1",
        &format!(
            "a | b | c | total | log | whole\n1 | 0 | 0 | 1 | 0 | 1\n1 | 1 | 1 | 3 | 1.0986123 | 3\nrejected 2: {reason}\n\
             rejected 3: {reason}"
        ),
    );
    let rejected = format!("rejected 1: {reason}");
    check(sum(), "model: sum", "a: f32, b: f32, c: f32", "a | b | c\n-1 | 0 | 0", &rejected);
}

#[test]
fn a_record_is_rejected_once_and_the_next_batch_is_none_the_worse() {
    let Made { mut stage, columns, all } = make(sum(), "model: sum", "a: f64, b: f32, c: f32").unwrap();
    let mut run = |table: &str| shown(&push_into(&mut *stage, 0, testing::batch(&columns, table, 1)), &all);
    let rejected = "rejected 1: [FB0760] the model sum@1 gave no finite number for `total`";
    assert_eq!(run("a | b | c\n1e300 | 0 | 0"), rejected);
    assert_eq!(run("a | b | c\n1 | 0 | 0"), "a | b | c | total | log | whole\n1 | 0 | 0 | 1 | 0 | 1");
}

#[test]
fn an_answer_of_another_shape_than_promised_fails_the_call() {
    let lines = "in x f32 [n,3] a b c\nout y i64 [n,2] row at";
    let card = card("nonzero", Batching::Invariant, &model("nonzero.onnx"), lines);
    let Made { mut stage, columns, .. } = make(card, "model: nonzero", "a: f32, b: f32, c: f32").unwrap();
    let batch = testing::batch(&columns, "a | b | c\n1 | 2 | 3", 1);
    let fault = stage.push(&mut Cx::new(0, &mut Outbox::default()), 0, &batch).unwrap_err();
    assert_eq!((fault.kind, fault.code.id), (FaultKind::Call, "FB0836"));
    assert!(
        fault.message.ends_with("output `y` came as Tensor<i64>(3, 2), where 2 values of i64 were due"),
        "{fault}"
    );
}

#[test]
fn what_nobody_reads_is_not_asked_for() {
    let lines = "in x f32 [n,3] a b c\nout whole i64 [n] whole";
    let card = card("sum", Batching::Invariant, &model("sum.onnx"), lines);
    // Its logarithm is NaN, and no column of this card.
    let expect = "a | b | c | whole\n-1 | 0 | 0 | -1";
    check(card, "model: sum", "a: f32, b: f32, c: f32", "a | b | c\n-1 | 0 | 0", expect);
}

#[test]
fn only_selected_rows_go_to_the_model() {
    let Made { mut stage, columns, all } =
        make(above(Batching::Invariant), "model: above", "x: i64").unwrap();
    let batch = |rows: Rows| testing::batch(&columns, "x\n100\n1\n2\n3\n100", 1).select(rows);
    let called = push_into(&mut *stage, 0, batch(Rows::Range(1, 4)));
    assert_eq!(shown(&called, &all), "x | above\n1 | -1\n2 | 0\n3 | 1");
    let called = push_into(&mut *stage, 0, batch(Rows::List(Arc::new(vec![1, 3]))));
    assert_eq!(shown(&called, &all), "x | above\n1 | -1\n3 | 1");
    let called = push_into(&mut *stage, 0, batch(Rows::Range(2, 2)));
    assert_eq!(shown(&called, &all), "");
}

/// The mean of the rows of the call that row 0 and the last row went into; the model gives the distance to it. The
/// values are the rows' numbers, from 1,024 on three apart.
fn means(batching: Batching, rows: usize, list: bool) -> (f32, f32) {
    let Made { mut stage, columns, .. } = make(above(batching), "model: above", "x: i64").unwrap();
    let value = |row: usize| row + 2 * row.saturating_sub(1024);
    let table: String = (0..rows).map(|row| format!("\n{}", value(row))).collect();
    let mut batch = testing::batch(&columns, &format!("x{table}"), 1);
    if list {
        batch = batch.select(Rows::List(Arc::new((0..rows as u32).collect())));
    }
    let called = push_into(&mut *stage, 0, batch);
    let above = called.emitted[0].1.groups()[1].cols()[0].fixed::<f32>();
    (0.0 - above[0], value(rows - 1) as f32 - above[rows - 1])
}

#[test]
fn a_call_takes_one_row_or_at_most_1024() {
    for list in [false, true] {
        assert_eq!(means(Batching::One, 5, list), (0.0, 4.0));
        assert_eq!(means(Batching::Invariant, 1024, list), (511.5, 511.5));
        assert_eq!(means(Batching::Tolerance(0.1), 1030, list), (511.5, 1031.5));
    }
}

#[test]
fn a_call_that_fails_has_done_nothing_and_the_next_one_works() {
    let Made { mut stage, columns, all } = make(pick(), "model: pick", "i: i8").unwrap();
    let mut outbox = Outbox::default();
    let batch = testing::batch(&columns, "i\n0\n9", 1);
    let fault = stage.push(&mut Cx::new(0, &mut outbox), 0, &batch).unwrap_err();
    assert_eq!((fault.kind, fault.code.id), (FaultKind::Call, "FB0836"));
    for word in ["pick@1", "pick.onnx", "out of data bounds"] {
        assert!(fault.message.contains(word), "`{word}` in: {fault}");
    }
    assert!(outbox.emitted.is_empty() && outbox.rejects.is_empty());
    let called = push_into(&mut *stage, 0, batch.select(Rows::Range(0, 1)));
    assert_eq!(shown(&called, &all), "i | y\n0 | 10");
}

#[test]
fn a_group_that_is_let_go_is_used_again() {
    let Made { mut stage, columns, .. } = make(sum(), "model: sum", "a: f32, b: f32, c: f32").unwrap();
    let mut address = || {
        let called = push_into(&mut *stage, 0, testing::batch(&columns, "a | b | c\n1 | 2 | 3", 1));
        called.emitted[0].1.groups()[1].cols()[0].fixed::<f32>().as_ptr()
    };
    let first = address();
    assert_eq!([address(), address()], [first, first]);
}

fn open(card: Card, path: &Path) -> Result<Session, Error> {
    runtime();
    let outputs: Vec<usize> = (0..card.outputs.len()).collect();
    Session::open(&ModelFile { card: Arc::new(card), path: path.to_path_buf() }, &outputs)
}

#[test]
fn every_difference_between_a_file_and_its_card_is_told_at_once() {
    let lines = "in x f32 [n,4] a b c d\nin mask f32 [n,1] m\nout y f64 [n,2] - log\nout whole i64 [n,1] whole\nout z f32 [n] z";
    let wrong = card("sum", Batching::Invariant, &model("sum.onnx"), lines);
    let error = open(wrong, &model("sum.onnx")).map(drop).unwrap_err();
    let expect = format!(
        "the card of sum@1 and the file {} differ:
  - the input `x` is f32 [any, 4] on the card and f32 [any, 3] in the file
  - the card has the input `mask` (f32 [any, 1]), and the file has `x`
  - the output `y` is f64 [any, 2] on the card and f32 [any, 2] in the file
  - the output `whole` is i64 [any, 1] on the card and i64 [any] in the file
  - the card has the output `z` (f32 [any]), and the file has `y`, `whole`
mend the card if the file is right, or take the file that the card means",
        model("sum.onnx").display()
    );
    assert_eq!((error.code().id, error.to_string()), ("FB0835", expect));
    let pair = card("pair", Batching::One, &model("pair.onnx"), "in a f64 [n,2] x y\nout s f64 [n] s");
    let error = open(pair, &model("pair.onnx")).map(drop).unwrap_err().to_string();
    assert!(error.contains("the file has the input `b` (i64 [any, 1]), and the card has none"), "{error}");
}

#[test]
fn a_file_that_is_no_model_is_named_with_what_onnx_runtime_says() {
    let dir = tempfile::tempdir().unwrap();
    let whole = fs::read(model("sum.onnx")).unwrap();
    for (name, bytes) in
        [("cut.onnx", &whole[..whole.len() / 2]), ("empty.onnx", b""), ("text.onnx", b"no model")]
    {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        let error = open(sum(), &path).map(drop).unwrap_err();
        let text = error.to_string();
        assert!(error.code().id == "FB0836" && text.contains(name) && text.contains("sum@1"), "{text}");
    }
    let error = open(sum(), &dir.path().join("none.onnx")).map(drop).unwrap_err();
    assert!(error.to_string().contains("does not exist"), "{error}");
}

#[test]
fn a_process_has_one_onnx_runtime() {
    runtime();
    let dir = tempfile::tempdir().unwrap();
    let other = dir.path().join("other.so");
    fs::write(&other, "").unwrap();
    let error = forebay_onnx::load(&other).unwrap_err();
    assert_eq!(error.code().id, "FB0830");
    assert!(
        error.to_string().contains("other.so") && error.to_string().contains("a process has one"),
        "{error}"
    );
    let error = forebay_onnx::load(&dir.path().join("none.so")).unwrap_err();
    assert!(error.code().id == "FB0830" && error.to_string().contains("`forebay model pull`"), "{error}");
}

/// Not a test of its own: the other process of the test below. ONNX Runtime has something to say about this call.
#[test]
#[ignore = "run by another test"]
fn fail_a_call() {
    let Made { mut stage, columns, .. } = make(pick(), "model: pick", "i: i8").unwrap();
    let mut outbox = Outbox::default();
    stage.push(&mut Cx::new(0, &mut outbox), 0, &testing::batch(&columns, "i\n9", 1)).unwrap_err();
}

#[test]
fn onnx_runtime_writes_nothing_by_itself() {
    runtime();
    let mut child = Command::new(std::env::current_exe().unwrap());
    let done = child.args(["--exact", "fail_a_call", "--ignored"]).output().unwrap();
    assert_eq!(
        (done.status.success(), String::from_utf8_lossy(&done.stderr).into_owned()),
        (true, String::new())
    );
    let out = String::from_utf8_lossy(&done.stdout);
    assert!(out.contains("1 passed") && !out.contains("onnxruntime"), "{out}");
}

/// Larger models, where this machine has them: only their names and shapes are read.
#[test]
fn larger_models_open_with_their_cards() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let data = std::env::var_os("FOREBAY_TEST_DATA").map_or(beside, PathBuf::from).join("models");
    let cards = [
        ("yolox_nano_416.onnx", "in images f32 [1,3,416,416]\nout output f32 [1,3549,85]"),
        (
            "version-RFB-320.onnx",
            "in input f32 [1,3,240,320]\nout scores f32 [1,4420,2]\nout boxes f32 [1,4420,4]",
        ),
    ];
    for (file, lines) in cards {
        let path = data.join(file);
        if !path.is_file() {
            println!("skipped: {} is not there", path.display());
            continue;
        }
        open(card("larger", Batching::One, &path, lines), &path).unwrap_or_else(|error| panic!("{error}"));
    }
}
