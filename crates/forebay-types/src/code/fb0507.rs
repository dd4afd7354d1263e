//! A key needs a repartition topic, which is not there yet.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0507",
    title: "a key needs a repartition topic, which is not there yet",
    text: "\
Where several processes share the work, a record has to reach the one that owns its key: through a topic that is
partitioned by that key. That is not there yet. One process does it with an exchange between its lanes: `scale: one`.",
    examples: &[Example {
        wrong: "\
scale: group
sources:
  tx: { kafka: { connection: payments, topic: tx, key: id, start: earliest }, schema: { id: u64, key: u64, ts: timestamp }, event_time: ts }
stages: { seen: { input: tx, window_features: { by: key, windows: [1d], emit: { seen: count() } } } }
sinks: { out: { input: seen, file: { path: out.jsonl, rotate: 1h } } }",
        right: "\
scale: one
sources:
  tx: { kafka: { connection: payments, topic: tx, key: id, start: earliest }, schema: { id: u64, key: u64, ts: timestamp }, event_time: ts }
stages: { seen: { input: tx, window_features: { by: key, windows: [1d], emit: { seen: count() } } } }
sinks: { out: { input: seen, file: { path: out.jsonl, rotate: 1h } } }",
    }],
};
