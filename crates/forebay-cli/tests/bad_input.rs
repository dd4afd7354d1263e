//! What bad input gets: a record that is wrong is rejected with its origin and every other one is published as if it had
//! not been there; a run that cannot go on says where, why and what to do, and goes on once that is done.

#[allow(dead_code, reason = "each test uses a part of it")]
#[path = "it/desk.rs"]
mod desk;
mod support;

use std::fs;

use serde_json::Value;

use desk::{Desk, wait_for};

const PIPELINE: &str = "\
apiVersion: forebay.dev/v1alpha1
kind: Pipeline
metadata: { name: bad, namespace: tests }
spec:
  sources:
    tx:
      file: { path: in.jsonl }
      format: json
      schema: { id: u64, card: u64, place: string, amount: decimal(2), ts: timestamp(ms) }
      event_time: { column: ts, out_of_order: 1s }
  stages:
    habits: { input: tx, window_features: { by: card, windows: [1h], emit: { paid: count(), spent: sum(amount) } } }
  sinks:
    out: { input: habits, file: { path: out.jsonl }, columns: [id, card, place, paid_1h, spent_1h] }
    dead: { input: rejected, file: { path: dead.jsonl } }
";

/// A record a second, from 2026-01-01 on, three cards in turn.
fn good(id: u64) -> String {
    let (card, ts) = (id % 3, 1_767_225_600_000 + id * 1_000);
    format!("{{\"id\":{id},\"card\":{card},\"place\":\"zrh\",\"amount\":{id}.50,\"ts\":{ts}}}")
}

fn with_records(lines: &[String]) -> Desk {
    let desk = Desk::new();
    desk.write("bad.yaml", PIPELINE);
    desk.write("in.jsonl", &(lines.join("\n") + "\n"));
    desk
}

fn ten_good() -> Vec<String> {
    (0..10).map(good).collect()
}

/// What ten good records alone give.
fn expected() -> String {
    let desk = with_records(&ten_good());
    desk.forebay("run bad.yaml").good();
    assert_eq!(desk.read("dead.jsonl"), "");
    assert_eq!(desk.lines("out.jsonl"), 10);
    desk.read("out.jsonl")
}

/// Puts a record on line 6, between good ones, and returns its dead letter.
#[track_caller]
fn check_rejected(bad: &str, node: &str, code: &str, reason: &str) -> Value {
    let mut lines = ten_good();
    lines.insert(5, bad.into());
    let desk = with_records(&lines);
    let ended = desk.forebay("run bad.yaml --json").good();
    assert_eq!(desk.read("out.jsonl"), expected());
    let dead: Value = serde_json::from_str(&desk.read("dead.jsonl")).expect("one dead letter");
    let origin =
        ["code", "node", "source", "stream", "position"].map(|name| dead[name].as_str().unwrap_or_default());
    assert_eq!(origin, [code, node, "tx", "in.jsonl", "6"], "{dead}");
    assert!(dead["reason"].as_str().unwrap_or_default().contains(reason), "{dead}");
    let ledger = &ended.json()["pipelines"][0]["ledger"]["streams"][0];
    assert_eq!((&ledger["in"], &ledger["published"]), (&11.into(), &10.into()), "{ledger}");
    assert_eq!(ledger["rejected"], serde_json::json!({ code: 1 }));
    dead
}

#[test]
fn files_of_which_every_record_is_wrong() {
    let desk = with_records(&[]);
    desk.write("bad.yaml", &PIPELINE.replace("path: in.jsonl", "path: in/*.jsonl"));
    fs::create_dir(desk.path("in")).expect("a folder");
    desk.write("in/a.jsonl", "not JSON\n");
    desk.write("in/b.jsonl", "nor this\n");
    desk.forebay("run bad.yaml").good();
    assert_eq!((desk.lines("dead.jsonl"), desk.lines("out.jsonl")), (2, 0));
}

#[test]
fn a_line_that_is_no_json() {
    let dead = check_rejected("not JSON", "tx", "FB0701", "this is no JSON");
    assert_eq!(dead["bytes"], "bm90IEpTT04=");
}

#[test]
fn a_number_where_text_was_declared() {
    let bad = good(5).replace("\"zrh\"", "7");
    check_rejected(&bad, "tx", "FB0706", "field `place`: string was declared, a number came: 7");
}

#[test]
fn a_decimal_with_too_many_digits() {
    let bad = good(5).replace("5.50", "5.505");
    check_rejected(&bad, "tx", "FB0708", "field `amount`: decimal(2) has 2 digits behind the point");
}

#[test]
fn a_null_that_was_not_declared() {
    let bad = good(5).replace("5.50", "null");
    check_rejected(&bad, "tx", "FB0709", "field `amount`: null came; declare optional(decimal(2))");
}

#[test]
fn an_event_that_is_behind() {
    // Line 5 is at second 4, and a second out of order is allowed.
    check_rejected(&good(1), "habits", "FB0770", "older than the watermark");
}

#[test]
fn an_event_far_in_the_future() {
    // In the year 2099. The records after it would be behind, had it moved the watermark.
    let bad = good(5).replace("\"ts\":1767", "\"ts\":4095");
    check_rejected(&bad, "tx", "FB0771", "past the last change of its file, and `max_ahead` is 1d");
}

#[test]
fn a_record_over_one_mebibyte() {
    let bad = good(5).replace("zrh", &"z".repeat(1 << 20));
    let dead = check_rejected(&bad, "tx", "FB0715", "at most 1048576 are allowed");
    assert_eq!(dead["bytes"], "", "a record that is too long is not carried on");
}

#[test]
fn many_bad_records_at_once() {
    let bad = ["{", "[1]", "{}", "{\"id\":-1}", "null", "\u{1}"];
    let mut lines = Vec::new();
    for (at, line) in ten_good().into_iter().enumerate() {
        lines.push(bad[at % bad.len()].to_string());
        lines.push(line);
        lines.push(bad[(at + 1) % bad.len()].to_string());
    }
    let desk = with_records(&lines);
    desk.forebay("run bad.yaml").good();
    assert_eq!(desk.read("out.jsonl"), expected());
    let letters = desk.read("dead.jsonl");
    let positions = letters.lines().map(|line| {
        let letter: Value = serde_json::from_str(line).expect("a dead letter");
        letter["position"].as_str().and_then(|text| text.parse::<u32>().ok()).expect("a line number")
    });
    assert!(positions.eq((1..=30).filter(|line| line % 3 != 2)), "{letters}");
}

#[test]
fn an_output_file_that_exists() {
    let desk = with_records(&ten_good());
    desk.write("out.jsonl", "of somebody else\n");
    let refused = desk.forebay("run bad.yaml");
    assert_eq!(refused.code, Some(1), "{}", refused.err);
    let said = refused.refused();
    assert!(said.contains("error[FB0820]: sink `out`: `out.jsonl` exists already"), "{said}");
    assert!(said.contains("move it away or remove it") && said.contains("--> bad.yaml:14:41"), "{said}");
    assert_eq!(desk.read("out.jsonl"), "of somebody else\n");
    fs::rename(desk.path("out.jsonl"), desk.path("theirs.jsonl")).expect("moved away");
    desk.forebay("run bad.yaml").good();
    assert_eq!(desk.read("out.jsonl"), expected());
}

#[test]
fn a_second_process_on_the_same_state() {
    let desk = with_records(&ten_good());
    // For longer than the second one waits.
    let run = desk.start("run bad.yaml --state state --set sources.tx.file.rate=2/s");
    // The one to stop is the parent, not the worker that has the lock.
    let holder = format!("state is in use by the process with pid {}: stop that one first", run.parent());
    wait_for("the state", || desk.path("state/lock").exists().then_some(()));
    wait_for("output", || (desk.lines("out.jsonl") > 0).then_some(()));
    let second = desk.forebay("run bad.yaml --state state");
    assert_eq!(second.code, Some(3), "{}", second.err);
    let said = second.refused();
    assert!(said.contains("error[FB0801]") && said.contains(&holder), "{holder} in {said}");
    assert!(said.contains("or use another directory"), "{said}");
    run.end().good();
    assert_eq!(desk.read("out.jsonl"), expected());
}

#[test]
fn two_processes_that_begin_the_same_state_at_once() {
    for _ in 0..5 {
        let desk = with_records(&ten_good());
        desk.write("bad.yaml", &PIPELINE.replace("path: out.jsonl", "path: '-'"));
        let runs = [(); 2].map(|()| desk.start("run bad.yaml --state state"));
        let lines = runs.map(|run| run.end().good().out.lines().count());
        // Whoever comes second goes on behind the first, where there is nothing left.
        assert_eq!(lines.iter().sum::<usize>(), 10, "{lines:?}");
    }
}

#[test]
fn a_fresh_start_over_what_a_run_has_written() {
    let desk = with_records(&ten_good());
    desk.forebay("run bad.yaml --state state").good();
    let refused = desk.forebay("run bad.yaml --state state --fresh");
    assert!(refused.code == Some(1) && refused.refused().contains("error[FB0820]"), "{}", refused.err);
    assert_eq!(desk.read("out.jsonl"), expected());
    // With the outputs out of the way it begins with the first record, of a file that has grown.
    desk.write("in.jsonl", &((0..12).map(good).collect::<Vec<_>>().join("\n") + "\n"));
    for name in ["out.jsonl", "dead.jsonl"] {
        fs::rename(desk.path(name), desk.path(&format!("old-{name}"))).expect("moved away");
    }
    let ended = desk.forebay("run bad.yaml --state state --fresh --json").good();
    assert_eq!(ended.json()["pipelines"][0]["ledger"]["total"]["in"], 12);
    assert!(desk.read("out.jsonl").starts_with(&expected()));
    assert_eq!((desk.lines("out.jsonl"), desk.lines("old-out.jsonl")), (12, 10));
}

/// The cards of `support` with the project's model in front of the sink.
fn with_model() -> Desk {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../configs/models");
    let (desk, _) = support::cards(3, 10);
    fs::create_dir_all(desk.path("configs/models/files")).expect("a folder");
    for name in ["card-fraud.yaml", "files/card-fraud.onnx"] {
        let copied = fs::copy(format!("{root}/{name}"), desk.path(&format!("configs/models/{name}")));
        copied.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let scored = support::CARDS
        .replace("  sinks:", "    score: { input: terminal, infer: { model: card-fraud@3 } }\n  sinks:")
        .replace("input: terminal\n      file", "input: score\n      file")
        .replace("terminal_risk_30d]\n    dead", "terminal_risk_30d, score]\n    dead");
    desk.write("cards.yaml", &scored);
    desk
}

/// Refused with an exit code and each of the parts; with the card mended, it runs. Nothing was written before.
#[track_caller]
fn check_model(desk: &Desk, code: i32, parts: &[&str], mend: impl Fn(&Desk)) {
    let refused = desk.forebay("run cards.yaml");
    if refused.err.contains("the file of onnxruntime") {
        println!("skipped: ONNX Runtime is not there; `forebay model pull` brings it");
        return;
    }
    assert_eq!(refused.code, Some(code), "{}", refused.err);
    let said = refused.refused();
    for part in parts {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert_eq!(desk.lines("features.jsonl"), 0);
    mend(desk);
    desk.forebay("run cards.yaml").good();
    assert_eq!(desk.lines("features.jsonl"), desk.lines("transactions.jsonl"));
}

#[test]
fn a_model_that_nobody_knows() {
    let desk = with_model();
    desk.write("cards.yaml", &desk.read("cards.yaml").replace("card-fraud@3", "card-froud@3"));
    let parts = [
        "error[FB0620]: there is no model `card-froud@3`",
        "--> cards.yaml:30:47",
        "did you mean `card-fraud`?",
    ];
    check_model(&desk, 1, &parts, |desk| {
        desk.write("cards.yaml", &desk.read("cards.yaml").replace("froud", "fraud"));
    });
}

#[test]
fn a_model_whose_file_is_missing() {
    let desk = with_model();
    let [file, aside] = ["configs/models/files/card-fraud.onnx", "aside.onnx"].map(|name| desk.path(name));
    fs::rename(&file, &aside).expect("moved");
    let parts =
        ["error[FB0831]: stage `score`: the file of card-fraud@3 is not there: ", "put the right file there"];
    check_model(&desk, 3, &parts, |_| fs::rename(&aside, &file).expect("moved back"));
}

#[test]
fn a_model_with_a_wrong_digest() {
    let wrong = "fb".repeat(32);
    let desk = with_model();
    let card = desk.read("configs/models/card-fraud.yaml");
    let right =
        card.split_once("sha256: ").and_then(|(_, rest)| rest.lines().next()).expect("a card has a digest");
    desk.write("configs/models/card-fraud.yaml", &card.replace(right, &wrong));
    let found = format!("its sha256 is {right}, and should be {wrong}");
    let parts =
        ["error[FB0832]: stage `score`: ", "is not card-fraud@3: ", &found, "put the right file there"];
    check_model(&desk, 1, &parts, |desk| desk.write("configs/models/card-fraud.yaml", &card));
}

#[test]
fn a_model_whose_inputs_differ_from_its_card() {
    let desk = with_model();
    let card = desk.read("configs/models/card-fraud.yaml");
    desk.write("configs/models/card-fraud.yaml", &card.replace("tensor: input,", "tensor: inputs,"));
    check_model(&desk, 1, &["error[FB0835]: stage `score`: ", "`inputs`"], |desk| {
        desk.write("configs/models/card-fraud.yaml", &card);
    });
}
