//! `extra: keep`: fields that nobody declared, from file to file.

use crate::desk::Desk;

/// `kept` keeps them, `plain` does not; both go through a keyed stage into `out`.
const PIPELINE: &str = "\
apiVersion: forebay.dev/v1alpha1
kind: Pipeline
metadata: { name: keep, namespace: team }
spec:
  sources:
    kept: { file: { path: kept.jsonl }, schema: { id: u64, ts: timestamp(ms) }, event_time: ts, extra: keep }
    plain: { file: { path: plain.jsonl }, schema: { id: u64, ts: timestamp(ms) }, event_time: ts }
  stages:
    times: { input: [kept, plain], window_features: { by: id, windows: [1h], emit: { seen: count() } } }
    large: { input: times, where: id < 9, set: { large: \"= id > 2\" } }
  sinks:
    out: { input: large, file: { path: out.jsonl } }
    some: { input: large, file: { path: some.jsonl }, columns: [id] }
    dead: { input: rejected, file: { path: dead.jsonl } }
";

const KEPT: &str = r#"
{"id":1,"ts":1000,"more":{"a":[1,2,{"b":null}]}}
{"x":"a, \"b\"","id":3, "ts":3000, "large":"mine", "last":1.50}
{"id":3,"ts":4000}
{"id":9,"ts":5000,"y":1}
"#;

const PLAIN: &str = r#"
{"id":3,"ts":2000,"more":1}
"#;

const OUT: &str = r#"{"id":1,"ts":1000,"seen_1h":1,"large":false,"more":{"a":[1,2,{"b":null}]}}
{"id":3,"ts":2000,"seen_1h":1,"large":true}
{"id":3,"ts":3000,"seen_1h":2,"large":true,"x":"a, \"b\"","last":1.50}
{"id":3,"ts":4000,"seen_1h":3,"large":true}
"#;

#[test]
fn kept_fields_come_through_stages_lanes_and_unions() {
    for lanes in [1, 3] {
        let desk = Desk::new();
        desk.write("p.yaml", PIPELINE);
        desk.write("kept.jsonl", KEPT.trim_start());
        desk.write("plain.jsonl", PLAIN.trim_start());
        desk.forebay(&format!("run p.yaml --lanes {lanes}")).good();
        assert_eq!(desk.read("out.jsonl"), OUT, "{lanes} lanes");
        assert_eq!(desk.read("some.jsonl"), "{\"id\":1}\n{\"id\":3}\n{\"id\":3}\n{\"id\":3}\n");
    }
}

/// Inside a lane a union is brought to one layout without a copy.
#[test]
fn a_union_of_unequal_layouts_has_nothing_for_those_without() {
    let desk = Desk::new();
    let spec = PIPELINE.replace("    times: { input: [kept, plain], window_features: { by: id, windows: [1h], emit: { seen: count() } } }\n", "    times: { input: [kept, plain], set: { seen_1h: 1 } }\n");
    desk.write("p.yaml", &spec);
    desk.write("kept.jsonl", KEPT.trim_start());
    desk.write("plain.jsonl", PLAIN.trim_start());
    desk.forebay("run p.yaml").good();
    let out = desk.read("out.jsonl");
    assert_eq!(out.lines().filter(|line| line.contains("more")).count(), 1, "{out}");
    assert_eq!(out.lines().count(), 4, "{out}");
}
