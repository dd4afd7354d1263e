//! The breaker of a pipeline that reads files: nobody waits beside it, so it ends, and says why.

use crate::desk::{Desk, payments};

/// Payments of which some lines are no JSON.
fn desk(is_bad: impl Fn(u64) -> bool, spec: &str) -> Desk {
    let desk = Desk::with_payments(0);
    let pipeline = desk.read("pay.yaml").replace("spec:\n", &format!("spec:\n{spec}"));
    desk.write("pay.yaml", &pipeline);
    let line = |id: u64| if is_bad(id) { "{\n".to_string() } else { payments(id..id + 1) };
    desk.write("in.jsonl", &(0..5_000).map(line).collect::<String>());
    desk
}

#[track_caller]
fn goes_through(is_bad: impl Fn(u64) -> bool, spec: &str) {
    let rejected = (0..5_000).filter(|id| is_bad(*id)).count();
    let desk = desk(is_bad, spec);
    desk.forebay("run pay.yaml").good();
    assert_eq!((desk.lines("out.jsonl"), desk.lines("dead.jsonl")), (5_000 - rejected, rejected));
}

#[test]
fn a_file_of_garbage_ends_the_run_and_what_was_taken_in_is_committed() {
    let desk = desk(|id| id % 2 == 1, "");
    let ended = desk.forebay("run pay.yaml");
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    let said = ended.events("error");
    assert!(ended.err.contains("FB0885") && ended.err.contains("of `tx`"), "{said:?} {}", ended.err);
    let (good, bad) = (desk.lines("out.jsonl"), desk.lines("dead.jsonl"));
    assert!(bad >= 50 && good.abs_diff(bad) <= 1, "{good} {bad}");
    // Mended, the rest goes through from there.
    let mended = desk.read("pay.yaml").replace("spec:\n", "spec:\n  breaker: none\n");
    desk.write("pay.yaml", &mended);
    desk.forebay("run pay.yaml").good();
    assert_eq!((desk.lines("out.jsonl"), desk.lines("dead.jsonl")), (2_500, 2_500));
}

#[test]
fn a_small_file_of_garbage_ends_the_same_way() {
    let desk = Desk::with_payments(0);
    desk.write("in.jsonl", &"{\n".repeat(150));
    let ended = desk.forebay("run pay.yaml");
    assert!(ended.code == Some(1) && ended.err.contains("FB0885"), "{}", ended.err);
    assert_eq!(desk.lines("dead.jsonl"), 150);
}

#[test]
fn a_few_bad_records_stop_nothing() {
    goes_through(|id| id % 25 == 3, "");
    goes_through(|id| id == 0, "");
    goes_through(|id| id < 5, "");
}

#[test]
fn the_file_says_how_many_are_too_many() {
    goes_through(|id| id % 2 == 1, "  breaker: none\n");
    goes_through(|id| id % 3 == 1, "  breaker: { share: 40% }\n");
    goes_through(|id| id < 900, "  breaker: { least: 10000 }\n");
    let desk = desk(|id| id % 50 == 1, "  breaker: { share: 1%, over: 10s, least: 50 }\n");
    let ended = desk.forebay("run pay.yaml");
    assert!(ended.code == Some(1) && ended.err.contains("within 10s"), "{}", ended.err);
}

#[test]
fn letters_in_files_are_listed_and_shown() {
    let desk = desk(|id| id % 500 == 3, "");
    let all = desk.read("pay.yaml").replace(", columns: [code, node, position]", "");
    desk.write("pay.yaml", &all);
    desk.forebay("run pay.yaml").good();
    let listed = desk.forebay("dlq ls pay.yaml --json").good().json();
    assert_eq!(
        (&listed["letters"][0]["code"], &listed["letters"][0]["count"]),
        (&"FB0701".into(), &10.into())
    );
    let shown = desk.forebay("dlq show pay.yaml --limit 1").good().out;
    assert!(shown.starts_with("dead.jsonl:10 FB0701") && shown.contains("in.jsonl@4504"), "{shown}");
    let refused = desk.forebay("dlq replay pay.yaml");
    assert!(refused.code == Some(1) && refused.err.contains("FB0888"), "{}", refused.err);
}
