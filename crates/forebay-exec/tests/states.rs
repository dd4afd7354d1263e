//! What a run finds in the state of an earlier one: what it goes on with, and what it refuses.

mod common;

use std::path::Path;

use common::{begin, plan_of, prepared, shelf};
use forebay_exec::{Options, Outcome};

const SPEC: &str = "\
delivery: { guarantee: exactly_once, commit_every: 1ms }
sources: { a: { numbers: { count: COUNT, keys: 7 }, schema: { k: i64, v: i64, ts: timestamp(ns) }, event_time: { column: ts, out_of_order: 10s } } }
stages:
  sum: { input: a, tally: { by: k } }
sinks: { out: { input: sum, collect: { name: NAME }, columns: [k, v, sum_n, sum_total] } }
";

/// Runs it to the end with this state; what it collected, or why it did not start.
fn run(spec: &str, count: u32, name: &str, dir: &Path) -> Result<Vec<String>, String> {
    let plan = plan_of(&spec.replace("COUNT", &count.to_string()).replace("NAME", name), 2);
    let options = Options {
        state_dir: Some(dir.to_path_buf()),
        max_batch: 30,
        image_after_bytes: 20_000,
        retry_ns: (1_000_000, 2_000_000),
        ..Options::default()
    };
    let outcome = begin(&plan, options).map_err(|fault| fault.to_string())?.wait();
    assert!(matches!(outcome, Outcome::Complete), "{outcome:?}");
    Ok(shelf(name).lock().unwrap().lines.clone())
}

/// A run of `SPEC` over 100 records, then one of `next` over 200 with the same state.
fn go_on(name: &str, next: &str) -> Result<Vec<String>, String> {
    let dir = tempfile::tempdir().unwrap();
    run(SPEC, 100, name, dir.path()).unwrap();
    run(next, 200, name, dir.path())
}

#[track_caller]
fn refused(name: &str, next: &str, expect: &str) {
    let why = go_on(name, next).expect_err("the state is another pipeline's");
    assert!(why.contains(expect), "{why}");
}

#[test]
fn another_pipeline_is_refused_with_what_differs() {
    let renamed_source = SPEC.replace("{ a: { numbers", "{ b: { numbers").replace("input: a", "input: b");
    refused("other-source", &renamed_source, "how far `a` had come");
    refused("other-sink", &SPEC.replace("{ out: {", "{ results: {"), "how far `out` had come");
    let more = SPEC.replace("sinks:", "  more: { input: sum, tally: { by: k } }\nsinks:").replace(
        "{ input: sum, collect: { name: NAME }, columns: [k, v, sum_n, sum_total] }",
        "{ input: more, collect: { name: NAME }, columns: [k, v, more_n] }",
    );
    refused("new-stage", &more, "begun without the stage `more`");
    refused("other-key", &SPEC.replace("by: k", "by: v"), "other settings of stage `sum`");
    refused("renamed", &SPEC.replace("sum", "total"), "`renamed_from: sum`");
}

/// The state goes along, deltas and images, and the log is shortened after it as before.
#[test]
fn a_renamed_stage_takes_its_state_along() {
    let renamed =
        SPEC.replace("sum", "total").replace("input: a, tally", "input: a, renamed_from: sum, tally");
    let (dir, name) = (tempfile::tempdir().unwrap(), "taken-along");
    let whole = tempfile::tempdir().unwrap();
    let wanted = run(SPEC, 60_000, "not-renamed", whole.path()).unwrap();
    run(SPEC, 20_000, name, dir.path()).unwrap();
    let first = |dir: &Path| {
        let names =
            std::fs::read_dir(dir).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(".log")).min().unwrap()
    };
    let before = first(dir.path());
    assert!(run(&renamed, 60_000, name, dir.path()).unwrap() == wanted, "the lines differ");
    assert!(first(dir.path()) > before, "the log is shortened");
}

/// Another pipeline may keep a prepared one from beginning: what it would have changed is not changed then.
#[test]
fn a_state_that_is_only_looked_at_stays_the_one_before() {
    let (dir, name) = (tempfile::tempdir().unwrap(), "looked-at");
    let lines = run(SPEC, 100, name, dir.path()).unwrap();
    let renamed =
        SPEC.replace("sum", "total").replace("input: a, tally", "input: a, renamed_from: sum, tally");
    for (spec, fresh) in [(renamed.as_str(), false), (SPEC, true)] {
        let plan = plan_of(&spec.replace("COUNT", "200").replace("NAME", name), 2);
        let options = Options { state_dir: Some(dir.path().to_path_buf()), fresh, ..Options::default() };
        drop(prepared(&plan, options).unwrap());
    }
    // This sink takes its lines back when it begins anew.
    shelf(name).lock().unwrap().lines = lines;
    assert_eq!(run(SPEC, 200, name, dir.path()).unwrap().len(), 200);
}

#[test]
fn what_a_kill_before_the_first_commit_leaves_is_no_state() {
    let dir = tempfile::tempdir().unwrap();
    drop(forebay_log::Log::open(dir.path(), forebay_log::Options::default()).unwrap());
    assert_eq!(run(SPEC, 100, "killed-early", dir.path()).unwrap().len(), 100);
    std::fs::remove_file(dir.path().join("manifest.json")).unwrap();
    let why = run(SPEC, 100, "killed-early", dir.path()).unwrap_err();
    assert!(why.contains("a log and no manifest"), "{why}");
}
