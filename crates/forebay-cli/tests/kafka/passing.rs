//! Records come out as they went in: values, keys, timestamps, headers, order; and a restart goes on.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::desk::Ended;
use crate::stand::{Change, Stand, WINDOW, drain, payment};

/// Where a partition was read to, by the account that a run ends with.
fn taken(ended: &Ended) -> u64 {
    let events = ended.events("ended");
    events.last().and_then(|event| event["in"].as_u64()).unwrap_or_else(|| panic!("{}", ended.err))
}

#[test]
fn what_goes_in_comes_out_with_key_time_headers_and_order() {
    passes_through(&Change::default(), "");
}

#[test]
fn partitions_are_spread_over_lanes_and_keep_their_order() {
    passes_through(&Change::default(), "--lanes 2");
    // Rows of one card, and those that lie by another key when they are written.
    for by in ["card", "id"] {
        let window = WINDOW.replace("by: card", &format!("by: {by}"));
        passes_through(
            &Change { stages: &window, reads: "habits", spec: "  scale: one", ..Change::default() },
            "--lanes 3",
        );
    }
}

/// Runs a pipeline that writes what it reads.
#[track_caller]
fn passes_through(change: &Change<'_>, arguments: &str) {
    let stand = Stand::new(3);
    stand.pipeline(change);
    stand.pay(0..5_000);
    let going = stand.run(arguments);
    let out = stand.out(5_000);
    let ended = drain(going).good();
    assert_eq!(out.len(), 5_000, "nothing went wrong, so each came once");
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    let mut partitions: BTreeMap<&str, i32> = BTreeMap::new();
    for seen in &out {
        let value = seen.value.as_deref().expect("a value");
        let id = serde_json::from_str::<Value>(value).expect("JSON")["id"].as_u64().expect("an id");
        let sent = payment(id);
        assert_eq!(value.as_bytes(), sent.value.expect("a value"));
        assert_eq!((&seen.key, seen.timestamp_ms), (&sent.key, sent.timestamp_ms));
        let key = seen.key.as_deref().expect("a key");
        assert_eq!(
            *partitions.entry(key).or_insert(seen.partition),
            seen.partition,
            "a key has one partition"
        );
        assert!(
            last.insert(key, id).is_none_or(|before| before < id),
            "{id} came after a later one of its card"
        );
        let stream = seen.header("stream").expect("where it came from");
        assert!(
            stream.starts_with(&stand.input)
                && seen.header("_seq").is_some()
                && seen.header("_late").is_none()
        );
    }
    // The test's own client chose partitions as Java does, and so does the sink.
    assert!(out.iter().all(|seen| seen.header("stream").unwrap().ends_with(&format!("/{}", seen.partition))));
    assert_eq!(taken(&ended), 5_000);
}

#[test]
fn a_restart_goes_on_and_others_see_how_far_it_is() {
    let stand = Stand::new(2);
    stand.pipeline(&Change::default());
    stand.pay(0..1_000);
    let going = stand.run("");
    stand.out(1_000);
    drain(going).good();
    stand.pay(1_000..1_500);
    let going = stand.run("");
    stand.out(1_500);
    let ended = drain(going).good();
    assert_eq!(stand.cluster.count(&stand.output), 1_500, "nothing was written twice");
    assert_eq!(taken(&ended), 1_500);
    let broker = forebay_testkit::broker::Broker::shared().expect("a broker");
    let group = format!("{}.pay", stand.input);
    let said = broker.tool(forebay_testkit::broker::Tool::Groups, &["--describe", "--group", &group], "");
    let said = said.expect("the group");
    let lag: u64 = said
        .lines()
        .filter(|line| line.contains(&stand.input))
        .map(|line| line.split_whitespace().nth(5).and_then(|lag| lag.parse::<u64>().ok()).expect("a lag"))
        .sum();
    assert_eq!(lag, 0, "{said}");
}

#[test]
fn what_is_no_record_goes_to_the_dead_letters_and_nothing_else_does() {
    let stand = Stand::new(1);
    stand.pipeline(&Change { source: ", tombstones: skip", ..Change::default() });
    let text = |value: Option<&str>| forebay_kafka::testing::Sent {
        key: Some("7".into()),
        value: value.map(|value| value.as_bytes().to_vec()),
        timestamp_ms: 1_767_225_600_000,
    };
    stand.pay(0..3);
    stand.cluster.send(&stand.input, [text(Some("{\"id\":")), text(None), text(Some("{\"id\":1}"))]);
    stand.pay(3..5);
    let going = stand.run("");
    stand.out(5);
    let dead = stand.dead(2);
    let ended = drain(going).good();
    let of = |at: usize| serde_json::from_str::<Value>(dead[at].value.as_deref().unwrap()).expect("JSON");
    let stream = format!("{}/0", stand.input);
    for (at, code, position) in [(0, "FB0701", "3"), (1, "FB0710", "5")] {
        let letter = of(at);
        assert_eq!(
            (letter["code"].as_str(), letter["position"].as_str(), letter["stream"].as_str()),
            (Some(code), Some(position), Some(stream.as_str())),
            "{letter}"
        );
        assert!(letter["bytes"].is_string() && letter["reason"].is_string() && letter["node"] == "tx");
    }
    let events = ended.events("ended");
    assert_eq!(events[0]["ledger"]["total"]["absorbed"]["tombstone"], 1, "{}", events[0]);
}
