//! Frames as people read them: for each pipeline a line, its nodes and its streams.

use std::time::Duration;

use serde_json::Value;

use super::frame::list;
use crate::output::Paint;
use crate::table::{count, elapsed, table, time};

/// All frames below each other.
pub fn text(frames: &[Value], paint: Paint) -> String {
    let one = |frame: &Value| format!("{}{}{}", head(frame, paint), nodes(frame), streams(frame));
    frames.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// What the pipeline as a whole does, and why it does not.
fn head(frame: &Value, paint: Paint) -> String {
    let state = text_of(&frame["state"]);
    let mut parts = vec![if state == "running" { state } else { paint.yellow(&state) }];
    if frame["per_second"].is_u64() {
        parts.push(format!("{} records/s", number(&frame["per_second"])));
        parts.push(format!("{} in flight", number(&frame["in_flight"])));
        let latency = &frame["latency_to_sink_ns"];
        if latency["p99"].is_u64() {
            parts.push(format!("p50 {}, p99 {} to the sink", nanos(&latency["p50"]), nanos(&latency["p99"])));
        }
        if frame["rejected_per_second"].as_u64() > Some(0) {
            parts.push(paint.red(&format!("{} rejected/s", number(&frame["rejected_per_second"]))));
        }
        parts.push(format!("up {}", elapsed(frame["seconds"].as_f64().unwrap_or_default())));
    }
    let why = frame["why"].as_str().map_or(String::new(), |why| format!("  {}\n", paint.yellow(why)));
    format!("{}  {}\n{why}", paint.bold(&text_of(&frame["pipeline"])), parts.join(" · "))
}

fn nodes(frame: &Value) -> String {
    let head = ["node", "kind", "in/s", "out/s", "busy", "p50", "p99", "keys", "rejected/s"];
    let cells = |node: &Value| {
        let latency = &node["latency_to_sink_ns"];
        let kind = match node["lanes"].as_u64() {
            Some(lanes) if lanes > 1 => format!("{} ×{lanes}", text_of(&node["kind"])),
            _ => text_of(&node["kind"]),
        };
        vec![
            text_of(&node["node"]),
            kind,
            number(&node["in_per_second"]),
            number(&node["out_per_second"]),
            node["busy"].as_f64().map_or(String::new(), |busy| format!("{:.0} %", busy * 100.0)),
            nanos(&latency["p50"]),
            nanos(&latency["p99"]),
            some(&node["state_keys"]),
            some(&node["rejected_per_second"]),
        ]
    };
    below(&head, list(&frame["nodes"]).iter().map(cells).collect(), &[2, 3, 4, 5, 6, 7, 8])
}

fn streams(frame: &Value) -> String {
    let streams = list(&frame["streams"]);
    // Not every source can tell how much is still to come.
    let has_lag = streams.iter().any(|stream| stream["lag"].is_u64());
    let mut head = vec!["stream", "in/s", "in flight", "rejected"];
    head.extend(has_lag.then_some("lag"));
    let cells = |stream: &Value| {
        let mut cells = vec![
            format!("{} {}", text_of(&stream["source"]), text_of(&stream["stream"])),
            number(&stream["in_per_second"]),
            number(&stream["in_flight"]),
            some(&stream["rejected"]),
        ];
        cells.extend(has_lag.then(|| number(&stream["lag"])));
        cells
    };
    let mut rows: Vec<Vec<String>> = streams.iter().map(cells).collect();
    if let Some(more) = frame["more_streams"].as_u64().filter(|more| *more > 0) {
        rows.push(vec![format!("and {} more", count(more))]);
    }
    below(&head, rows, &[1, 2, 3, 4])
}

/// Rows below their heads; nothing where there are none.
fn below(head: &[&str], rows: Vec<Vec<String>>, right: &[usize]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let head = head.iter().map(|name| name.to_string()).collect();
    table(&[vec![head], rows].concat(), right)
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_string()
}

fn number(value: &Value) -> String {
    value.as_u64().map_or(String::new(), count)
}

/// A number that is worth its place.
fn some(value: &Value) -> String {
    value.as_u64().filter(|number| *number > 0).map_or(String::new(), count)
}

fn nanos(value: &Value) -> String {
    value.as_u64().map_or(String::new(), |nanos| time(Duration::from_nanos(nanos)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_lag_has_a_column_where_a_source_can_tell_it() {
        let frame = |lag: Value| {
            let stream = json!({ "source": "tx", "stream": "0", "in_per_second": 1_200, "in_flight": 3, "rejected": 0, "lag": lag });
            json!({ "pipeline": "team/pay", "state": "starting", "streams": [stream], "more_streams": 2 })
        };
        let check = |lag: Value, expect: &str| assert_eq!(streams(&frame(lag)), expect);
        check(
            Value::Null,
            "  stream       in/s  in flight  rejected\n  tx 0        1,200          3\n  and 2 more\n",
        );
        check(
            json!(4_500),
            "  stream       in/s  in flight  rejected    lag\n  tx 0        1,200          3            4,500\n  and 2 more\n",
        );
        assert_eq!(head(&frame(Value::Null), Paint::stdout()), "team/pay  starting\n");
    }
}
