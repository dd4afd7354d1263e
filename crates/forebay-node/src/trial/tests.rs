//! Small pipelines with their tests, each in a form that holds and in forms that fail. What a test says is told in short:
//! `pass`, or what was not as expected.

mod accepting;
mod files;

use std::fs;
use std::path::Path;

use super::*;
use crate::{Goal, LoadOptions, load};

/// A pipeline with the inside of `spec` and `tests`, and files beside it; what its tests say.
#[track_caller]
fn check(spec: &str, tests: &str, expect: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (said, _) = run(folder.path(), spec, tests);
    assert_eq!(said.trim_end(), expect, "{spec}\n{tests}");
}

fn run(folder: &Path, spec: &str, tests: &str) -> (String, Vec<(String, String)>) {
    let indent = |text: &str| text.trim().lines().map(|line| format!("  {line}\n")).collect::<String>();
    let text = format!(
        "apiVersion: forebay.dev/v1alpha1\nkind: Pipeline\nmetadata: {{ name: example }}\nspec:\n{}tests:\n{}",
        indent(spec),
        indent(tests)
    );
    let path = folder.join("p.yaml");
    fs::write(&path, text).unwrap();
    let registry = crate::registry();
    let path = path.to_str().unwrap().to_string();
    let loaded = load(&registry, &[path], &LoadOptions::default(), &Goal::Check);
    let file = &loaded.pipelines[0];
    let pipeline = file.spec.as_ref().map(|spec| &spec.pipeline);
    let concerns = |diagnostic: &&Diagnostic| {
        diagnostic.severity == Severity::Error
            && pipeline.is_none_or(|pipeline| concerns_tests(pipeline, diagnostic))
    };
    let wrong: Vec<Diagnostic> = loaded.report.diagnostics.iter().filter(concerns).cloned().collect();
    if !wrong.is_empty() {
        return (problems(&wrong), Vec::new());
    }
    let mut edits = Vec::new();
    let trials = run_tests(&registry, &loaded, file, &mut |_| {}).unwrap();
    let mut said = problems(&trials.report.diagnostics);
    for trial in trials.trials {
        said.push_str(&match trial.verdict {
            Verdict::Passed => "pass\n".into(),
            Verdict::Skipped(why) => format!("skip: {why}\n"),
            Verdict::Wrong(report) => problems(&report.diagnostics),
            Verdict::Stopped(error) => format!("stopped: [{}] {error}\n", error.code.id),
            Verdict::Failed(failure) => {
                edits.extend(failure.edits.iter().cloned());
                short(&failure)
            }
        });
    }
    (said, apply(&loaded.files, &edits))
}

fn problems(diagnostics: &[Diagnostic]) -> String {
    diagnostics
        .iter()
        .map(|diagnostic| format!("wrong: [{}] {}\n", diagnostic.code.id, diagnostic.message))
        .collect()
}

fn short(failure: &Failure) -> String {
    let mut out = String::new();
    for difference in &failure.differences {
        for record in &difference.records {
            let differing = record.cells.iter().filter(|cell| cell.differs);
            let cells: Vec<String> = match (record.expected_at, record.got_at) {
                (Some(_), None) => vec!["did not come".into()],
                (None, _) => {
                    differing.map(|c| format!("{}: {}", c.column, c.got.as_deref().unwrap_or("-"))).collect()
                }
                (_, Some(g)) if record.cells.iter().all(|cell| !cell.differs) => {
                    vec![format!("out of order, as {}", g + 1)]
                }
                _ => differing
                    .map(|cell| {
                        let text = |text: &Option<String>| text.clone().unwrap_or_default();
                        format!("{}: {} is not {}", cell.column, text(&cell.got), text(&cell.expected))
                    })
                    .collect(),
            };
            let which = match (record.expected_at, record.got_at) {
                (Some(at), _) => format!("{}", at + 1),
                (None, at) => format!("+{}", at.unwrap_or_default() + 1),
            };
            out.push_str(&format!("{} {which}: {}\n", difference.output, cells.join(", ")));
        }
    }
    for rejected in &failure.rejected {
        out.push_str(&format!("rejected by {}: [{}] {}\n", rejected.node, rejected.code, rejected.reason));
    }
    out
}

/// A source, one stage and a sink of unknown kinds, as a broker would be.
const PAY: &str = "\
vars: { limit: { type: decimal(2), default: 100.00 } }
sources:
  tx: { nobody_knows: { it: 1 }, schema: { id: string, card: u64, amount: decimal(2), note: optional(string), ts: timestamp(ms) }, event_time: { column: ts, out_of_order: 1s } }
stages:
  size: { input: tx, set: { large: \"= amount > vars.limit\", share: \"= double(amount) / 3.0\" } }
sinks:
  out: { input: size, nobody_knows: { it: 1 }, columns: [id, amount, large, note] }
  dead: { input: rejected, nobody_knows: { it: 1 } }";

#[test]
fn records_go_through_the_real_stages() {
    let test = |expect: &str| {
        format!(
            "- name: a\n  input: {{ tx: [{{ id: a, card: 7, amount: 612.5, ts: 1000 }}] }}\n  expect: {{ out: [{{ {expect} }}] }}"
        )
    };
    check(PAY, &test("id: a, large: true, amount: 612.50"), "pass");
    check(
        PAY,
        &test("id: a, large: false, amount: 612.51"),
        "out 1: large: true is not false, amount: 612.50 is not 612.51",
    );
    check(PAY, &test("note: null"), "out 1: note: (missing) is not null");
    check(PAY, &test("_time: 1000, stream: test, _late: false"), "pass");
    check(PAY, &test("_time: 1001"), "out 1: _time: \"1970-01-01T00:00:01Z\" is not 1001");
}

#[test]
fn undeclared_fields_that_are_kept_can_be_given_and_expected() {
    let spec =
        PAY.replace("schema:", "extra: keep, schema:").replace(", columns: [id, amount, large, note]", "");
    let test = |given: &str, expect: &str| {
        format!(
            "- name: a\n  input: {{ tx: [{{ id: a, card: 7, amount: 1, ts: 1000, {given} }}] }}\n  expect: {{ out: [{{ {expect} }}] }}"
        )
    };
    let more = "more: { a: [1, 2.50, null] }, large: mine";
    check(&spec, &test(more, "id: a, more: { a: [1, 2.5, null] }, large: false"), "pass");
    check(&spec, &test(more, "more: any"), "pass");
    check(&spec, &test(more, "more: { a: [1] }"), "out 1: more: ••• is not •••");
    check(&spec, &test(more, "les: 1"), "out 1: les: (missing) is not •••");
}

#[test]
fn an_expected_list_is_complete_and_in_order() {
    let test = |expect: &str| {
        format!(
            "- name: a\n  input: {{ tx: [{{ id: a, card: 7, amount: 1, ts: 1000 }}, {{ id: b, card: 7, amount: 2, ts: 1001 }}] }}\n  \
             expect: {{ out: [{expect}] }}"
        )
    };
    check(PAY, &test("{ id: a }, { id: b }"), "pass");
    check(PAY, &test("{ id: b }, { id: a }"), "out 1: out of order, as 2\nout 2: out of order, as 1");
    check(
        PAY,
        &test("{ id: b }"),
        "out +1: id: a, amount: 1.00, large: \"false\"".replace("\"false\"", "false").as_str(),
    );
    check(PAY, &test("{ id: a }, { id: x }, { id: b }"), "out 2: did not come");
    check(
        PAY,
        &test(""),
        "out +1: id: a, amount: 1.00, large: false\nout +2: id: b, amount: 2.00, large: false",
    );
}

#[test]
fn any_output_can_be_expected_with_all_its_columns() {
    let test = |expect: &str| {
        format!(
            "- name: a\n  input: {{ tx: {{ id: a, card: 7, amount: 1.00, ts: 1000, note: null }} }}\n  expect: {{ {expect} }}"
        )
    };
    check(PAY, &test("tx: { card: 7, note: null }, size: { card: 7, share: 0.33 }"), "pass");
    check(
        PAY,
        &test("tx: { card: 8 }, size: { share: 0.34 }"),
        "tx 1: card: 7 is not 8\nsize 1: share: 0.3333333333333333 is not 0.34",
    );
    check(PAY, &test("size: { share: { min: 0.3, max: 0.34 }, id: any }"), "pass");
    check(
        PAY,
        &test("size: { share: { min: 0.34 }, note: any }"),
        "size 1: share: 0.3333333333333333 is not { min: 0.34 }, note: null is not any",
    );
}

#[test]
fn nothing_is_rejected_that_is_not_expected() {
    let test = |input: &str, expect: &str| {
        format!("- name: a\n  input: {{ tx: [{input}] }}\n  expect: {{ {expect} }}")
    };
    let bad = "{ id: a, card: x, amount: 1.00, ts: 1000 }";
    check(PAY, &test(bad, "rejected: [{ code: FB0706, node: tx, position: \"1\" }], out: []"), "pass");
    check(PAY, &test(bad, "tx.rejected: [{ code: FB0706 }]"), "pass");
    check(PAY, &test(bad, "dead: [{ code: FB0706 }]"), "wrong: [FB0903] `card` is u64: it is a text");
    check(PAY, &test(bad, "rejected: [{ code: FB0707 }]"), "rejected 1: code: FB0706 is not FB0707");
    check(PAY, &test("", "size.rejected: [{ code: FB0707 }]"), "size.rejected 1: did not come");
    // A file may hold what a record of a test may not.
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("bad.jsonl"),
        "nonsense\n\n{\"id\":\"b\",\"card\":1,\"amount\":2,\"ts\":5}\n",
    )
    .unwrap();
    let file = "- name: a\n  input: { tx: { file: bad.jsonl } }\n  expect: { out: [{ id: b, amount: 2.00 }]";
    let (said, _) = run(folder.path(), PAY, &format!("{file} }}"));
    assert!(said.contains("bad.jsonl:1:2: this line is no record: "), "{said}");
    let (said, _) = run(folder.path(), PAY, &format!("{file}, dead: [{{ code: FB0701 }}] }}"));
    assert_eq!(said, "pass\n");
    let (said, _) = run(folder.path(), PAY, &file.replace("bad", "none").replace("2.00 }]", "2.00 }] }"));
    assert!(said.starts_with("wrong: [FB0601] "), "{said}");
}

/// State by key, a stage that may be skipped, and a rule that knows a list.
const KEYED: &str = "\
lists: { blocked: { file: blocked.csv, type: u64 } }
slo: { deadline: 100ms, from: event_time, on_late: publish }
sources:
  tx: { broker: {}, schema: { id: string, card: u64, amount: { type: decimal(2), sensitive: true }, at: { type: timestamp(ms), from: ts } }, event_time: { column: at, out_of_order: 1s } }
stages:
  counted: { input: tx, window_features: { by: card, windows: [1h], emit: { seen: count() } } }
  scored: { input: counted, on_late: skip, set: { score: \"= double(seen_1h) / 4.0\" } }
  decided:
    input: scored
    rules:
      first: [{ name: blocked, when: card in lists.blocked, set: { d: stop } }, { name: unsure, when: score == null, set: { d: ask } }]
      else: { d: go }
sinks:
  out: { input: decided, broker: {}, columns: [id, card, seen_1h, score, d, amount] }";

/// Two cards in turn.
fn keyed(rest: &str) -> String {
    format!(
        "- name: a\n  input: {{ tx: [{{ id: a, card: 1, amount: 5, at: 1000 }}, {{ id: b, card: 2, amount: 6, at: 1000 }}, \
         {{ id: c, card: 1, amount: 7, at: 2000 }}] }}\n  {rest}"
    )
}

#[test]
fn records_are_in_order_per_key() {
    let in_turn = "mock: { lists.blocked: [] }\n  expect: { out: [{ id: a, seen_1h: 1 }, { id: b, seen_1h: 1 }, { id: c, seen_1h: 2 }] }";
    check(KEYED, &keyed(in_turn), "pass");
    let by_card = "mock: { lists.blocked: [] }\n  expect: { out: [{ card: 2, id: b }, { card: 1, id: a }, { card: 1, id: c }] }";
    check(KEYED, &keyed(by_card), "pass");
    let wrong = by_card.replace("id: a", "id: x").replace("id: c", "id: a").replace("id: x", "id: c");
    check(KEYED, &keyed(&wrong), "out 2: out of order, as 3\nout 3: out of order, as 1");
    let gone = "mock: { lists.blocked: [] }\n  expect: { out: [{ card: 2 }, { card: 3 }, { card: 1 }, { card: 1 }] }";
    check(KEYED, &keyed(gone), "out 2: did not come");
}

#[test]
fn sensitive_values_are_shown_nowhere() {
    let expect =
        "mock: { lists.blocked: [] }\n  expect: { out: [{ amount: 5 }, { amount: 9 }, { amount: 7.00 }] }";
    check(KEYED, &keyed(expect), "out 2: amount: ••• is not •••");
}

#[test]
fn lists_are_mocked_or_read() {
    let expect = "expect: { out: [{ d: stop, rule: blocked }, { d: go, rule: null }, { d: stop }] }";
    let spec = KEYED.replace(", d, amount]", ", d, rule]");
    check(&spec, &keyed(&format!("mock: {{ lists.blocked: [1] }}\n  {expect}")), "pass");
    check(
        &spec,
        &keyed(&format!("mock: {{ lists.blocked: [2] }}\n  {expect}")),
        "out 1: d: go is not stop, rule: null is not blocked\nout 2: d: stop is not go, rule: blocked is not null\n\
         out 3: d: go is not stop",
    );
    let folder = tempfile::tempdir().unwrap();
    let (said, _) = run(folder.path(), &spec, &keyed(expect));
    assert!(said.starts_with("stopped: [FB0840] "), "{said}");
    fs::write(folder.path().join("blocked.csv"), "1\n").unwrap();
    assert_eq!(run(folder.path(), &spec, &keyed(expect)).0, "pass\n");
}

#[test]
fn a_stage_is_mocked_with_columns() {
    let test = |mock: &str, expect: &str| {
        keyed(&format!("mock: {{ lists.blocked: [], {mock} }}\n  expect: {{ out: [{expect}] }}"))
    };
    let all = |record: &str| [record; 3].join(", ");
    check(KEYED, &test("counted: { seen_1h: 40 }", &all("{ seen_1h: 40, score: 10.0 }")), "pass");
    check(KEYED, &test("scored: { score: 0.5 }", &all("{ score: 0.5, d: go }")), "pass");
    // What may be null and is not named is null.
    check(KEYED, &test("scored: {}", &all("{ score: null, d: ask }")), "pass");
    check(
        KEYED,
        &test("counted: {}", &all("{ seen_1h: 1 }")),
        "wrong: [FB0904] the mock of `counted` gives no `seen_1h`, which may not be null",
    );
    check(
        KEYED,
        &test("counted: { seen_1h: null }", &all("{ seen_1h: 1 }")),
        "wrong: [FB0904] the mock of `counted` gives no `seen_1h`, which may not be null",
    );
    check(
        KEYED,
        &test("counted: { seen_1h: x }", &all("{ seen_1h: 1 }")),
        "wrong: [FB0903] `seen_1h` is i64: it is a text",
    );
}

#[test]
fn a_stage_is_mocked_as_late_or_failing() {
    let test = |mock: &str, expect: &str| {
        keyed(&format!("mock: {{ lists.blocked: [], {mock} }}\n  expect: {{ {expect} }}"))
    };
    let late = "{ score: null, _late: true, d: ask }";
    check(KEYED, &test("scored: late", &format!("out: [{late}, {late}, {late}]")), "pass");
    check(
        KEYED,
        &test("counted: late", "out: []"),
        "wrong: [FB0904] `counted` is never left out: it does not say `on_late: skip`",
    );
    let failed = "{ code: FB0907, node: scored }";
    check(
        KEYED,
        &test("scored: error", &format!("out: [], rejected: [{failed}, {failed}, {failed}]")),
        "pass",
    );
    let why = "rejected by scored: [FB0907] the test makes every call of this stage fail\n".repeat(3);
    check(KEYED, &test("scored: error", "out: []"), why.trim_end());
}

#[test]
fn a_list_of_records_stands_in_place_of_a_stage() {
    let test = |rows: &str, expect: &str| {
        format!(
            "- name: a\n  input: {{ tx: [] }}\n  mock: {{ lists.blocked: [], counted: [{rows}] }}\n  expect: {{ {expect} }}"
        )
    };
    let row = "{ id: z, card: 3, amount: 1, at: 1000, seen_1h: 8, _time: 5000 }";
    check(KEYED, &test(row, "out: [{ id: z, score: 2, _time: 5000 }], counted: [{ card: 3 }]"), "pass");
    check(KEYED, &test(row, "out: [{ id: z, score: 3 }]"), "out 1: score: 2.0 is not 3");
    check(
        KEYED,
        &test("{ id: z, card: 3, amount: 1, at: 1000 }", "out: []"),
        "wrong: [FB0904] the mock of `counted` gives no `seen_1h`, which may not be null",
    );
}

#[test]
fn time_is_that_of_the_records() {
    let test = |input: &str, expect: &str| {
        format!(
            "- name: a\n  input: {{ tx: [{input}] }}\n  mock: {{ lists.blocked: [] }}\n  expect: {{ {expect} }}"
        )
    };
    let first = "{ id: a, card: 1, amount: 5, at: 10000 }";
    // What comes after its deadline is skipped where there is no time, and says that it is late.
    let late = "{ id: b, card: 1, amount: 5, at: 10000, _arrival: 10200 }";
    check(
        KEYED,
        &test(
            &format!("{first}, {late}"),
            "out: [{ score: 0.25, _late: false }, { score: null, _late: true }]",
        ),
        "pass",
    );
    check(
        KEYED,
        &test(&format!("{first}, {late}"), "out: [{ score: 0.25 }, { score: 0.5 }]"),
        "out 2: score: null is not 0.5",
    );
    let behind = "{ id: b, card: 1, amount: 5, at: 8000 }";
    let both = test(&format!("{first}, {behind}"), "out: [{ id: a }], counted.behind: [{ id: b }]");
    check(KEYED, &both, "pass");
    check(
        KEYED,
        &test(&format!("{first}, {behind}"), "out: [{ id: a }]"),
        "rejected by counted: [FB0770] its event time is older than the watermark of its stream",
    );
    // `_time` counts in place of the column.
    let moved = "{ id: b, card: 1, amount: 5, at: 8000, _time: \"1970-01-01T00:00:10Z\" }";
    check(
        KEYED,
        &test(&format!("{first}, {moved}"), "out: [{ seen_1h: 1 }, { seen_1h: 2, _time: 10s }]"),
        "pass",
    );
    // Streams have watermarks of their own.
    let other = "{ id: b, card: 1, amount: 5, at: 8000, stream: other }";
    check(
        KEYED,
        &test(
            &format!("{first}, {other}"),
            "out: [{ id: b, stream: other }, { id: a, stream: test, seen_1h: 2 }]",
        ),
        "pass",
    );
    check(
        KEYED,
        &test("{ id: b, card: 1, amount: 5, at: 8000, _time: soon }", "out: []"),
        "wrong: [FB0903] `_time`: a time is a number of milliseconds, a text in RFC 3339 or a duration such as `10.0s`",
    );
}

/// Two sources that meet, and a union.
const MEETING: &str = "\
sources:
  tx: { broker: {}, schema: { id: string, card: u64, ts: timestamp(ms) }, event_time: ts }
  more: { broker: {}, schema: { id: string, card: u64, ts: timestamp(ms) }, event_time: ts }
  labels: { broker: {}, schema: { id: string, card: u64, bad: bool, ts: timestamp(ms) }, event_time: { column: ts, out_of_order: 1h } }
stages:
  same: { input: tx, set: { x: 1 } }
  other: { input: more, set: { x: 2 } }
  both: { input: [same, other], where: x > 0, set: { z: 3 } }
  risk:
    input: { main: both, labels: labels }
    window_features: { by: card, windows: [1h], labels: { by: id, unknown: { bad: false } }, emit: { risk: share(bad) } }
sinks:
  out: { input: risk, broker: {}, columns: [id, x, risk_1h] }
  dead: { input: [labels.rejected, risk.rejected], broker: {} }";

#[test]
fn sources_meet_in_the_order_of_their_times() {
    let test = |rest: &str| {
        format!(
            "- name: a\n  input: {{ tx: [{{ id: a, card: 1, ts: 1000 }}, {{ id: c, card: 1, ts: 3000 }}], more: {{ id: b, card: 1, ts: 2000 }}, \
             labels: {{ id: a, card: 1, bad: true, ts: 2500 }} }}\n  {rest}"
        )
    };
    let in_order = "expect: { out: [{ id: a, x: 1, risk_1h: 0 }, { id: b, x: 2, risk_1h: 0.0 }, { id: c, x: 1, risk_1h: 0.33 }] }";
    check(MEETING, &test(in_order), "pass");
    check(
        MEETING,
        &test(&in_order.replace("0.33", "0.25")),
        "out 3: risk_1h: 0.3333333333333333 is not 0.25",
    );
    // Nobody reads the labels then, and nothing of them can be seen.
    let mocked = "mock: { risk: { risk_1h: 0.5 } }\n  expect: { out: [{ id: a }, { id: b }, { id: c, risk_1h: 0.5 }] }";
    check(MEETING, &test(mocked), "pass");
    let list = "mock: { other: [{ id: z, card: 2, ts: 1, x: 7, _time: 1500 }] }\n  \
                expect: { both: [{ id: a, z: 3 }, { id: z, x: 7 }, { id: c }], labels: [{ bad: true }] }";
    check(MEETING, &test(list), "pass");
    check(MEETING, &test(&list.replace("id: z, x: 7", "id: b")), "both 2: id: z is not b");
}

#[test]
fn a_model_that_is_away_skips_the_test_unless_it_is_mocked() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("configs/models")).unwrap();
    let card = "apiVersion: forebay.dev/v1alpha1\nkind: Model\nmetadata: { name: guess }\nspec:\n  source: { file: none.onnx }\n  \
                sha256: 160c4f6deb5e19de9061f38347b16a738a2bd739292a5bd948c103552f2196a3\n  licence: Apache-2.0\n  batch: invariant\n  \
                inputs: [{ tensor: i, type: f32, dims: [batch, 1], columns: [x] }]\n  \
                outputs: [{ tensor: o, type: f32, dims: [batch, 1], columns: [score] }]\n";
    fs::write(folder.path().join("configs/models/guess.yaml"), card).unwrap();
    let spec = "sources: { in: { broker: {}, schema: { x: f32 } } }\nstages: { guess: { input: in, infer: { model: guess } } }\n\
                sinks: { out: { input: guess, broker: {} } }";
    let test = |mock: &str, score: &str| {
        format!(
            "- name: a\n  input: {{ in: [{{ x: 1 }}] }}\n  {mock}\n  expect: {{ out: [{{ x: 1, score: {score} }}] }}"
        )
    };
    let said = |mock: &str, score: &str| run(folder.path(), spec, &test(mock, score)).0;
    assert_eq!(
        said("", "0.25"),
        "skip: the model `guess` is not here; `forebay model pull guess` brings it\n"
    );
    assert_eq!(said("mock: { guess: { score: 0.25 } }", "0.25"), "pass\n");
    assert_eq!(said("mock: { guess: { score: 0.25 } }", "0.26"), "out 1: score: 0.25 is not 0.26\n");
}

#[test]
fn stages_that_do_not_exist_are_wrong_and_so_are_tests_of_nothing() {
    let spec = PAY.replace("set:", "sett:");
    let test = "- name: a\n  input: { tx: [] }\n  expect: { out: [] }";
    check(&spec, test, "wrong: [FB0210] there is no stage kind `sett`");
    let wrong = "wrong: [FB0902] `tx` has no column `idd`";
    check(
        PAY,
        "- name: a\n  input: { tx: [{ id: a, idd: b, card: 1, amount: 1, ts: 1 }] }\n  expect: { out: [] }",
        wrong,
    );
}
