//! Mistakes with their places, and that one mistake is one diagnostic.

use forebay_types::Severity;

use super::{Options, check, run, run_with};

const TX: &str = "sources: { tx: { file: { path: in.jsonl }, schema: { key: u64, amount: decimal(2), ts: timestamp }, event_time: ts } }";

#[test]
fn names_lead_to_the_nearest() {
    let spec = format!("{TX}\nsinks: {{ out: {{ input: tz, file: {{ path: o }} }} }}");
    let ran = run(&spec, &Options::default());
    assert!(ran.text().contains("did you mean `tx`?"), "{}", ran.text());
}

#[test]
fn a_missing_kind_is_one_error() {
    check(
        &format!(
            "{TX}
stages:
  seen: {{ input: tx, transcribe: {{ model: x }} }}
  more: {{ input: seen.final, where: words > 3, set: {{ x: \"= words + 1\", z: \"= x2\" }} }}
sinks:
  out: {{ input: [more, seen.partial], columns: [x, words, anything], file: {{ path: o }} }}"
        ),
        "FB0210 7:24: the stage kind `transcribe` is not in this version yet\n",
    );
}

#[test]
fn a_missing_source_kind_is_one_error() {
    check(
        "sources: { cams: { rtsp: { url: x } } }
stages: { a: { input: cams.video, where: size > 3, set: { x: \"= size + 1\" } } }
sinks: { out: { input: [a, cams.status], columns: [x, size], file: { path: o } } }",
        "FB0210 5:22: there is no source kind `rtsp`\n",
    );
}

#[test]
fn a_mistake_in_a_schema_is_one_error() {
    check(
        "sources: { tx: { file: { path: in.jsonl }, schema: { key: u63, amount: decimal(2) } } }
stages: { a: { input: tx, where: key > 3, set: { x: \"= key + 1\" } } }
sinks: { out: { input: a, columns: [key, x, amount], file: { path: o } } }",
        "FB0130 5:61: `u63` is no column type: there is no such type\n",
    );
}

#[test]
fn a_mistake_in_an_expression_is_one_error() {
    let spec = format!(
        "{TX}
stages: {{ a: {{ input: tx, set: {{ x: \"= amount + 'a'\" }} }} }}
sinks: {{ out: {{ input: a, where: x > 3, columns: [x, key], file: {{ path: o }} }} }}"
    );
    let ran = run(&spec, &Options::default());
    assert_eq!(ran.report.errors(), 1, "{}", ran.text());
    assert!(ran.codes(Severity::Error)[0].starts_with("FB04"));
}

#[test]
fn cycles_are_said_once_and_with_their_path() {
    check(
        &format!(
            "{TX}
stages:
  a: {{ input: {{ main: c }}, set: {{ x: 1 }} }}
  b: {{ input: a, set: {{ z: 1 }} }}
  c: {{ input: b, set: {{ share: 1 }} }}
sinks: {{ out: {{ input: c, file: {{ path: o }} }} }}"
        ),
        "FB0308 7:25: records would go in a circle: a → b → c → a\n",
    );
}

#[test]
fn a_union_names_the_first_difference() {
    let union = |b: &str, expect: &str| {
        check(
            &format!(
                "sources:
  a: {{ file: {{ path: a }}, schema: {{ id: string, amount: decimal(2) }} }}
  b: {{ file: {{ path: b }}, schema: {{ {b} }} }}
sinks: {{ out: {{ input: [a, b], file: {{ path: o }} }} }}"
            ),
            expect,
        );
    };
    union("amount: decimal(2), id: string", "");
    union(
        "id: string",
        "FB0309 8:30: the outputs of a union have equal columns: `amount` of `a` is not in `b`\n",
    );
    union(
        "id: string, amount: decimal(3)",
        "FB0309 8:30: the outputs of a union have equal columns: `amount` is decimal(2) in `a` and decimal(3) in `b`\n",
    );
    union(
        "id: string, amount: decimal(2), more: i8",
        "FB0309 8:30: the outputs of a union have equal columns: `more` of `b` is not in `a`\n",
    );
}

#[test]
fn a_filter_is_a_bool_that_is_never_null() {
    let filter = |expr: &str| {
        let spec = format!("{TX}\nsinks: {{ out: {{ input: tx, where: \"{expr}\", file: {{ path: o }} }} }}");
        let ran = run(&spec, &Options::default());
        ran.report.diagnostics.iter().any(|diagnostic| diagnostic.code.id.starts_with("FB04"))
    };
    assert!(!filter("amount > 3.00"));
    assert!(filter("amount"));
    assert!(filter("nothing > 3"));
}

#[test]
fn every_mistake_of_a_file_is_said() {
    check(
        &format!(
            "slo: {{ deadline: 1s, from: produced }}
{TX}
stages:
  a: {{ input: tx.rejekted, set: {{ x: 1 }} }}
  b: {{ input: {{ main: tx, labls: tx }}, window_features: {{ by: key, windows: [1d], emit: {{ seen: count() }} }} }}
sinks:
  out: {{ input: b, columns: [seen_1d, seen_2d], file: {{ path: o }} }}
  more: {{ input: out, file: {{ path: o }} }}"
        ),
        "FB0321 5:30: records of a file like `tx` were not produced to Kafka
FB0302 8:17: `tx` has no output `rejekted`
FB0306 9:29: window_features has no input `labls`
FB0315 11:41: `out` has no column `seen_2d`
FB0304 12:20: `out` is a sink: nothing comes out of it
FB0330 12:39: `more` and `out` write the same file
",
    );
}

#[test]
fn what_never_ends_is_cut_into_files_but_not_on_standard_output() {
    let spec = |file: &str| {
        format!(
            "scale: one
sources:
  tx: {{ kafka: {{ connection: c, topic: t, key: id, start: earliest }}, schema: {{ id: u64 }} }}
sinks:
  out: {{ input: tx, file: {{ {file} }} }}"
        )
    };
    check(&spec("path: o"), "FB0512 9:23: `out` would never finish a file: `tx` has no end\n");
    check(&spec("path: o, rotate: 1h"), "");
    check(&spec("path: '-'"), "");
}

#[test]
fn rejected_means_what_every_source_and_stage_rejects() {
    let spec = format!(
        "{TX}
stages: {{ a: {{ input: tx, set: {{ x: 1 }} }} }}
sinks:
  out: {{ input: a, file: {{ path: o }} }}
  dead: {{ input: rejected, file: {{ path: d }} }}"
    );
    let plan = run(&spec, &Options::default()).plan();
    let name = |node: &forebay_types::id::NodeId| plan.nodes[usize::from(node.0)].name.as_str();
    let dead = plan.nodes.iter().find(|node| node.name == "dead").unwrap();
    let from: Vec<_> = dead.inputs[0].as_ref().unwrap().from.iter().map(|feed| name(&feed.node)).collect();
    assert_eq!(from, ["tx", "a", "out"], "what `out` cannot write goes there as well");
    assert!(dead.rejected.is_empty(), "what a sink for dead letters cannot write stops the pipeline");
    assert!(dead.sink.as_ref().unwrap().dead_letters);
}

#[test]
fn a_stage_on_rejected_records_does_not_read_its_own() {
    let spec = format!(
        "{TX}
stages: {{ tidy: {{ input: rejected, set: {{ x: 1 }} }} }}
sinks:
  out: {{ input: tx, file: {{ path: o }} }}
  dead: {{ input: tidy, columns: [code, reason, x], file: {{ path: d }} }}
  worst: {{ input: tidy.rejected, file: {{ path: w }} }}"
    );
    let plan = run(&spec, &Options::default()).plan();
    let tidy = plan.nodes.iter().find(|node| node.name == "tidy").unwrap();
    assert_eq!(tidy.inputs[0].as_ref().unwrap().from.len(), 1);
    assert_eq!(tidy.rejected.len(), 1);
}

#[test]
fn tests_are_checked_against_what_they_test() {
    let head = format!(
        "apiVersion: forebay.dev/v1alpha1\nkind: Pipeline\nmetadata: {{ name: a }}\nspec:\n  lists: {{ l: {{ file: l.csv, type: u64 }} }}\n  {TX}\n"
    );
    let rest = "  stages: { a: { input: tx, where: key in lists.l, set: { x: 1 } } }\n  sinks: { out: { input: a, columns: [key, x], file: { path: o } } }\ntests:\n  - name: t\n";
    let test = |test: &str, expect: &str| check(&format!("{head}{rest}{test}"), expect);
    let none = "    input: { tx: [] }\n    expect: { out: [] }\n";
    test(
        &format!("{none}    mock: {{ lists.l: [1, x], a: {{ z: 1 }} }}\n"),
        "FB0903 13:26: `lists.l` is u64: it is a text\nFB0902 13:35: `a` has no column `z`\n",
    );
    test(
        "    input: { tx: [] }\n    expect: { out: [{ key: any, x: { min: 1 }, _late: true, amount: 1 }] }\n",
        "FB0902 12:61: `out` has no column `amount`\n",
    );
    test(
        "    input: { tx: { key: 1 } }\n    expect: { out: [] }\n",
        "FB0905 11:18: the record has no `amount`, so `tx` would reject it\n",
    );
    test("    input: { tx: { key: x } }\n    expect: { tx.rejected: [{ code: FB0706 }] }\n", "");
    test(
        "    input: { a: [] }\n    expect: { tx: [{ amount: 1.5 }], b: [] }\n",
        "FB0901 11:14: `a` is a stage, and a test gives its input to sources\nFB0906 12:38: there is no source, stage or sink `b`\n",
    );
}

#[test]
fn a_cure_cures() {
    let spec = "sources: { cams: { media: { streams: c } } }
delivery: results_once
sinks: { out: { input: cams.status, file: { path: o, rotate: 1h }, columns: [_time] } }";
    assert!(run(spec, &Options::default()).plan.is_none());
    assert!(run_with(spec, &Options::default(), &["delivery=best_effort"]).plan.is_some());
    let spec = format!(
        "{TX}\nplacement: {{ jurisdictions: [CH] }}\nsinks: {{ out: {{ input: tx, file: {{ path: o }} }} }}"
    );
    assert!(run(&spec, &Options::default()).plan.is_none());
    let ran = run_with(&spec, &Options::default(), &["placement={}"]);
    assert!(ran.plan.is_some(), "{}", ran.text());
}
