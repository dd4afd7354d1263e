//! What happened between two looks at a pipeline, as a value.

use std::net::SocketAddr;
use std::time::Instant;

use serde_json::{Map, Value, json};

use super::super::client::Silent;
use super::super::ps::rejected;

/// Streams that have a row of their own.
const STREAMS: usize = 12;

/// A pipeline as it was seen last, and the time before.
pub struct Look {
    pub admin: SocketAddr,
    pub pipeline: String,
    file: String,
    now: Seen,
    before: Option<Seen>,
}

struct Seen {
    at: Instant,
    said: Result<Value, String>,
}

impl Look {
    pub fn after(
        last: Option<Look>,
        admin: SocketAddr,
        pipeline: &str,
        file: &str,
        said: Result<Option<&Value>, &Silent>,
    ) -> Look {
        let said = match said {
            Ok(Some(said)) => Ok(said.clone()),
            Ok(None) | Err(Silent::Starting) => Err("starting".to_string()),
            Err(Silent::Away(_) | Silent::Refused(_)) => Err("no answer".to_string()),
        };
        Look {
            admin,
            pipeline: pipeline.to_string(),
            file: file.to_string(),
            now: Seen { at: Instant::now(), said },
            before: last.map(|last| last.now),
        }
    }

    /// What the table shows, and `--json` prints.
    pub fn frame(&self) -> Value {
        let mut frame = json!({
            "time": format!("{:.3}", jiff::Timestamp::now()),
            "pipeline": self.pipeline,
            "file": self.file,
            "admin": format!("http://{}", self.admin),
        });
        let fields = match &self.now.said {
            Err(state) => json!({ "state": state }),
            Ok(now) => {
                let before = self.before.as_ref().and_then(|seen| Some((seen.said.as_ref().ok()?, seen.at)));
                let span = before.map_or(0.0, |(_, at)| (self.now.at - at).as_secs_f64());
                Between { now, before: before.map_or(&Value::Null, |(said, _)| said), span }.fields()
            }
        };
        if let (Value::Object(frame), Value::Object(fields)) = (&mut frame, fields) {
            frame.extend(fields);
        }
        frame
    }
}

/// Two looks that are so many seconds apart.
struct Between<'a> {
    now: &'a Value,
    before: &'a Value,
    span: f64,
}

impl Between<'_> {
    fn fields(&self) -> Value {
        let total = &self.now["ledger"]["total"];
        json!({
            "state": self.now["phase"],
            "why": self.now["why"],
            "seconds": self.now["elapsed_seconds"],
            "per_second": self.now["per_second"],
            "in_flight": total["in_flight"],
            "rejected_per_second": self.rate(Some(rejected(total)), || Some(rejected(&self.before["ledger"]["total"]))),
            "latency_to_sink_ns": self.now["latency_to_sink_ns"],
            "nodes": self.nodes(),
            "streams": self.streams(),
            "more_streams": list(&self.now["ledger"]["streams"]).len().saturating_sub(STREAMS),
        })
    }

    /// Growth a second; nothing at the first look, and where a counter began anew.
    fn rate(&self, now: Option<u64>, before: impl Fn() -> Option<u64>) -> Value {
        let before = if self.before.is_null() { None } else { before() };
        match (now, before) {
            (Some(now), Some(before)) if now >= before && self.span > 0.0 => {
                json!(((now - before) as f64 / self.span).round() as u64)
            }
            _ => Value::Null,
        }
    }

    /// A row for each node, its lanes together.
    fn nodes(&self) -> Value {
        let instances = list(&self.now["nodes"]);
        let mut names: Vec<&Value> = Vec::new();
        instances.iter().for_each(|node| {
            if !names.contains(&&node["node"]) {
                names.push(&node["node"]);
            }
        });
        // As the file has them, which is not how lanes hold them.
        let planned = list(&self.now["plan"]["nodes"]);
        let place = |name: &Value| planned.iter().position(|node| node["name"] == *name);
        names.sort_by_key(|name| place(name));
        names.into_iter().map(|name| self.node(name)).collect()
    }

    fn node(&self, name: &Value) -> Value {
        let of = |look: &Value, what: &str| -> Option<u64> {
            let mut instances = list(&look["nodes"]).iter().filter(|node| node["node"] == *name).peekable();
            instances.peek()?;
            Some(instances.filter_map(|node| node[what].as_u64()).sum())
        };
        let rate = |what: &str| self.rate(of(self.now, what), || of(self.before, what));
        let first = list(&self.now["nodes"]).iter().find(|node| node["node"] == *name);
        let first = first.unwrap_or(&Value::Null);
        let lanes = list(&self.now["nodes"]).iter().filter(|node| node["node"] == *name).count();
        let busy = rate("busy_ns").as_u64().map(|nanos| nanos as f64 / 1e9);
        json!({
            "node": name,
            "kind": first["kind"],
            "lanes": lanes,
            "in_per_second": rate("records_in"),
            "out_per_second": rate("records_out"),
            "busy": busy.map(|busy| (busy * 1_000.0).round() / 1_000.0),
            "latency_to_sink_ns": first["latency_to_sink_ns"],
            "state_keys": of(self.now, "state_keys"),
            "rejected_per_second": rate("rejected"),
            "queue_rounds": list(&self.now["nodes"]).iter().filter(|node| node["node"] == *name)
                .filter_map(|node| node["queue_rounds"].as_u64()).max(),
        })
    }

    /// Those that say most come first.
    fn streams(&self) -> Value {
        let stream = |now: &Value| {
            let is_it = |other: &&Value| other["source"] == now["source"] && other["stream"] == now["stream"];
            let before = list(&self.before["ledger"]["streams"]).iter().find(is_it);
            let mut row = Map::new();
            row.insert("source".into(), now["source"].clone());
            row.insert("stream".into(), now["stream"].clone());
            row.insert("in_per_second".into(), self.rate(now["in"].as_u64(), || before?["in"].as_u64()));
            row.insert("in_flight".into(), now["in_flight"].clone());
            row.insert("lag".into(), now["lag"].clone());
            row.insert("rejected".into(), json!(rejected(now)));
            Value::Object(row)
        };
        let mut all: Vec<Value> = list(&self.now["ledger"]["streams"]).iter().map(stream).collect();
        if all.len() > STREAMS {
            let weight = |row: &Value| {
                ["lag", "in_per_second", "in_flight"].map(|what| row[what].as_u64().unwrap_or_default())
            };
            all.sort_by_cached_key(|row| std::cmp::Reverse(weight(row)));
            all.truncate(STREAMS);
        }
        Value::Array(all)
    }
}

/// The items of a list, or none.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn said(records: u64, busy_ms: u64) -> Value {
        let node = |node: &str, lane: u64, records: u64| {
            json!({ "node": node, "kind": "rules", "lane": lane, "records_in": records, "records_out": records,
                    "busy_ns": busy_ms * 1_000_000, "rejected": 0, "state_keys": 3, "queue_rounds": lane })
        };
        json!({
            "phase": "running",
            "per_second": 7,
            "elapsed_seconds": 61.0,
            "plan": { "nodes": [{ "name": "b" }, { "name": "a" }] },
            "nodes": [node("a", 0, records), node("b", 0, records), node("b", 1, records)],
            "ledger": {
                "total": { "in_flight": 2, "rejected": { "FB0701": records / 10 } },
                "streams": [{ "source": "tx", "stream": "in", "in": records, "in_flight": 2, "rejected": {} }],
            },
        })
    }

    fn look(before: Option<Value>, now: Value) -> Look {
        let at = Instant::now();
        let seen = |at: Instant, said: Value| Seen { at, said: Ok(said) };
        Look {
            admin: "127.0.0.1:1".parse().expect("an address"),
            pipeline: "team/pay".into(),
            file: "pay.yaml".into(),
            before: before.map(|before| seen(at, before)),
            now: seen(at + Duration::from_secs(2), now),
        }
    }

    #[test]
    fn rates_are_what_grew_between_two_looks_over_all_lanes() {
        let frame = look(Some(said(1_000, 100)), said(3_000, 700)).frame();
        let node = |at: usize, what: &str| frame["nodes"][at][what].clone();
        assert_eq!((node(0, "node"), node(1, "node")), (json!("b"), json!("a")), "in the order of the file");
        assert_eq!((node(0, "in_per_second"), node(1, "in_per_second")), (json!(2_000), json!(1_000)));
        assert_eq!((node(0, "busy"), node(1, "busy")), (json!(0.6), json!(0.3)));
        assert_eq!((node(0, "state_keys"), node(0, "queue_rounds")), (json!(6), json!(1)));
        assert_eq!(
            (&frame["rejected_per_second"], &frame["streams"][0]["in_per_second"]),
            (&json!(100), &json!(1_000))
        );
    }

    #[test]
    fn nothing_is_said_where_nothing_is_known() {
        let rates = |before: Option<Value>| {
            let frame = look(before, said(10, 0)).frame();
            [&frame["nodes"][0]["in_per_second"], &frame["streams"][0]["in_per_second"]].map(Value::clone)
        };
        assert_eq!(rates(None), [Value::Null, Value::Null], "the first look");
        assert_eq!(rates(Some(said(50, 0))), [Value::Null, Value::Null], "a worker that began anew");
        assert_eq!(rates(Some(said(10, 0))), [json!(0), json!(0)]);
    }
}
