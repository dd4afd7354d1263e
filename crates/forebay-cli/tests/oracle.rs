//! Window features of the binary beside those of an independent program: every field of every record is equal, at any
//! number of lanes.

#[allow(dead_code, reason = "each test uses a part of it")]
#[path = "it/desk.rs"]
mod desk;
mod support;

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use desk::Desk;

/// The definition of the features, in Python.
const REFERENCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/card-fraud-model/reference.py");

/// What the definition gives for the stream, or nothing where there is no Python.
fn reference(desk: &Desk) -> Option<String> {
    let mut python = Command::new("python3");
    python.arg(REFERENCE).args([desk.path("transactions.jsonl"), desk.path("chargebacks.jsonl")]);
    let ended = match python.output() {
        Ok(ended) => ended,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => panic!("python3: {error}"),
    };
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    Some(String::from_utf8(ended.stdout).expect("Python prints UTF-8"))
}

/// One object a line; numbers that are equal are equal values, however they are written.
fn records(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("JSON Lines")).collect()
}

#[test]
fn features_equal_their_definition_at_any_number_of_lanes() {
    assert!(Path::new(REFERENCE).exists(), "{REFERENCE} is not there");
    let (desk, summary) = support::cards(11, 45);
    desk.forebay("run cards.yaml --lanes 1").good();
    let ours = desk.read("features.jsonl");
    assert_eq!(desk.read("dead.jsonl"), "");

    let (two, _) = support::cards(11, 45);
    two.forebay("run cards.yaml --lanes 2").good();
    assert!(two.read("features.jsonl") == ours, "two lanes give another file than one");

    let Some(expected) = reference(&desk) else {
        println!("skipped: there is no python3 to work out the definition with");
        return;
    };
    let (ours, expected) = (records(&ours), records(&expected));
    assert_eq!((ours.len() as u64, expected.len() as u64), (summary.transactions, summary.transactions));
    for (ours, expected) in ours.iter().zip(&expected) {
        assert_eq!(ours, expected);
        assert_eq!(ours.as_object().map(|fields| fields.len()), Some(15));
    }
    let risky = expected.iter().filter(|record| record["terminal_risk_30d"] != 0.0).count();
    assert!(risky * 20 > expected.len(), "the stream has so little fraud that it proves nothing: {risky}");
}
