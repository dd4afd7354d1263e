//! Dead letters as a topic: what stands in them, and `forebay dlq ls|show|replay`.

use serde_json::Value;

use crate::desk::Ended;
use crate::stand::{Change, Stand, drain, payment};
use forebay_kafka::testing::{Seen, Sent};

const TIME_MS: i64 = 1_767_225_600_000;

/// A payment whose amount is null, which the pipeline does not take before it is mended.
fn without_amount(id: u64) -> Sent {
    let value = format!("{{\"id\":{id},\"card\":7,\"amount\":null,\"ts\":{TIME_MS}}}");
    Sent { key: Some("7".into()), value: Some(value.into_bytes()), timestamp_ms: TIME_MS + id as i64 }
}

/// Payments 0 to 4, one that is no JSON, two without an amount and one without key and value; run until the letters are there.
fn stand_with_letters(change: impl Fn(String) -> String) -> Stand {
    let stand = Stand::new(1);
    stand.pipeline(&Change::default());
    stand.desk.write("pay.yaml", &change(stand.desk.read("pay.yaml")));
    stand.pay(0..5);
    let broken = Sent { key: Some("b".into()), value: Some(b"{\"id\":".to_vec()), timestamp_ms: TIME_MS };
    let empty = Sent { timestamp_ms: TIME_MS, ..Sent::default() };
    stand.cluster.send(&stand.input, [broken, without_amount(100), without_amount(101), empty]);
    let going = stand.run("");
    stand.out(5);
    stand.dead(4);
    drain(going).good();
    stand
}

fn mend(stand: &Stand) {
    let mended = stand.desk.read("pay.yaml").replace("amount: decimal(2)", "amount: optional(decimal(2))");
    stand.desk.write("pay.yaml", &mended);
}

fn json(seen: &Seen) -> Value {
    serde_json::from_str(seen.value.as_deref().expect("a value")).expect("JSON")
}

fn dlq(stand: &Stand, arguments: &str) -> Ended {
    stand.desk.forebay(&format!("dlq {arguments}"))
}

/// What was sent back so far: value and the letter that it is about.
fn sent_back(stand: &Stand) -> Vec<Seen> {
    let all = stand.cluster.read(&stand.input, usize::MAX, std::time::Duration::from_millis(800));
    all.into_iter().filter(|seen| seen.header("forebay-replay").is_some()).collect()
}

#[test]
fn a_letter_has_the_key_the_time_and_headers_of_its_message() {
    let stand = stand_with_letters(|text| text);
    let dead = stand.dead(4);
    let stream = format!("{}/0", stand.input);
    let expect = [
        (5, "FB0701", Some("b"), TIME_MS),
        (6, "FB0709", Some("7"), TIME_MS + 100),
        (7, "FB0709", Some("7"), TIME_MS + 101),
        (8, "FB0717", None, TIME_MS),
    ];
    for (letter, (position, code, key, time)) in dead.iter().zip(expect) {
        let said = json(letter);
        assert_eq!(said["position"], position.to_string(), "{said}");
        assert_eq!((letter.key.as_deref(), letter.timestamp_ms), (key, time), "{said}");
        let headers = ["code", "node", "source", "stream", "_seq", "key"].map(|name| letter.header(name));
        let at = position.to_string();
        let own = [Some(code), Some("tx"), Some("tx"), Some(stream.as_str()), Some(at.as_str()), key];
        assert_eq!(headers, own, "{said}");
        assert_eq!(
            said["bytes"].is_null(),
            code == "FB0717",
            "a message without a value has no bytes: {said}"
        );
    }
}

#[test]
fn letters_are_listed_and_shown() {
    let stand = stand_with_letters(|text| text);
    let listed = dlq(&stand, "ls pay.yaml --json").good().json();
    let counts: Vec<(&str, u64)> = listed["letters"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|kind| (kind["code"].as_str().expect("a code"), kind["count"].as_u64().expect("a count")))
        .collect();
    assert_eq!(counts, [("FB0701", 1), ("FB0709", 2), ("FB0717", 1)]);
    let table = dlq(&stand, "ls pay.yaml").good().out;
    assert!(table.contains("FB0709  tx          2"), "{table}");
    let shown = dlq(&stand, "show pay.yaml --code fb0701").good().out;
    assert!(shown.contains("{\"id\":") && shown.contains("key     b"), "{shown}");
    let at = format!("show pay.yaml {}/0@7 --json", stand.input);
    let one = dlq(&stand, &at).good().json();
    assert_eq!((one["position"].as_str(), one["key"].as_str()), (Some("7"), Some("Nw==")), "{one}");
    let newest = dlq(&stand, "show pay.yaml --limit 1").good();
    assert!(newest.out.contains("FB0717") && newest.err.contains("the newest 1 of 4"), "{}", newest.err);
    assert!(dlq(&stand, "show pay.yaml --node out").good().out.contains("no such letters"));
    assert!(dlq(&stand, "ls pay.yaml --since 2000d").good().out.contains("FB0717"));
    // Somebody else's message is passed over and said.
    stand.cluster.send(&stand.dead, [Sent { value: Some(b"hello".to_vec()), ..Sent::default() }]);
    let listed = dlq(&stand, "ls pay.yaml").good();
    assert!(listed.err.contains("warning[FB0889]"), "{}", listed.err);
}

#[test]
fn what_is_replayed_comes_through_a_mended_pipeline_and_is_not_replayed_again() {
    let stand = stand_with_letters(|text| text);
    mend(&stand);
    let dry = dlq(&stand, "replay pay.yaml --code FB0709 --dry-run").good().out;
    assert!(dry.contains("2 messages would be sent; nothing was") && sent_back(&stand).is_empty(), "{dry}");
    let sent = dlq(&stand, "replay pay.yaml --code FB0709").good().out;
    assert!(sent.contains("2 messages sent back"), "{sent}");
    let back = sent_back(&stand);
    for (seen, id) in back.iter().zip([100, 101]) {
        let was = without_amount(id);
        assert_eq!(seen.value.as_deref().map(str::as_bytes), was.value.as_deref());
        assert_eq!((&seen.key, seen.timestamp_ms), (&was.key, was.timestamp_ms));
    }
    assert_eq!(back[0].header("forebay-replay"), Some(&*format!("{}/0@1", stand.dead)));
    let going = stand.run("");
    let out = stand.out(7);
    drain(going).good();
    assert_eq!(out.len(), 7, "each came once");
    // Neither the same part nor the whole sends them once more.
    assert!(dlq(&stand, "replay pay.yaml --code FB0709").good().out.contains("nothing to send"));
    let rest = dlq(&stand, "replay pay.yaml").good().out;
    assert!(rest.contains("2 messages sent back") && rest.contains("2 were sent back before"), "{rest}");
    assert!(dlq(&stand, "replay pay.yaml").good().out.contains("nothing to send"));
    assert_eq!(sent_back(&stand).len(), 4);
    let again = dlq(&stand, "replay pay.yaml --again --code FB0709 --json").good().json();
    assert_eq!((again["sent"].as_u64(), sent_back(&stand).len()), (Some(2), 6), "{again}");
}

#[test]
fn of_sensitive_sources_nothing_is_kept_and_a_replay_reads_the_origin() {
    let sensitive = |text: String| text.replace("card: u64", "card: { type: u64, sensitive: true }");
    let stand = stand_with_letters(sensitive);
    for letter in stand.dead(4) {
        assert!(json(&letter)["bytes"].is_null(), "{letter:?}");
        assert_eq!((&letter.key, letter.header("key")), (&None, None));
    }
    let sent = dlq(&stand, "replay pay.yaml").good().out;
    assert!(sent.contains("4 messages sent back"), "{sent}");
    let back = sent_back(&stand);
    let was = without_amount(100);
    assert_eq!(back[1].value.as_deref().map(str::as_bytes), was.value.as_deref());
    assert_eq!((&back[1].key, back[1].timestamp_ms), (&was.key, was.timestamp_ms));
    assert_eq!(
        (&back[3].key, &back[3].value),
        (&None, &None),
        "a message without key and value is one again"
    );
}

#[test]
fn sensitive_bytes_that_are_kept_are_not_shown() {
    let stand = stand_with_letters(|text| {
        text.replace("card: u64", "card: { type: u64, sensitive: true }")
            .replace("dead: { input: rejected,", "dead: { input: rejected, sensitive: keep,")
    });
    let dead = stand.dead(4);
    assert!(json(&dead[0])["bytes"].is_string() && dead[0].key.as_deref() == Some("b"));
    let shown = dlq(&stand, "show pay.yaml --code FB0701").good().out;
    assert!(shown.contains("bytes   •••") && shown.contains("key     •••"), "{shown}");
    assert_eq!(dlq(&stand, "show pay.yaml --code FB0701 --json").good().json()["bytes"], "•••");
}

#[test]
fn a_message_that_is_gone_is_said() {
    let stand = stand_with_letters(|text| text.replace("card: u64", "card: { type: u64, sensitive: true }"));
    // Letters of messages that were never written stand for those that were deleted.
    let letter = format!(
        "{{\"code\":\"FB0709\",\"reason\":\"no\",\"node\":\"tx\",\"source\":\"tx\",\"stream\":\"{}/0\",\"position\":\"900\"}}",
        stand.input
    );
    stand.cluster.send(&stand.dead, [Sent { value: Some(letter.into_bytes()), ..Sent::default() }]);
    let ended = dlq(&stand, "replay pay.yaml");
    assert_eq!(ended.code, Some(1), "{}{}", ended.out, ended.err);
    assert!(
        ended.err.contains("error[FB0886]") && ended.out.contains("4 messages sent back"),
        "{}",
        ended.err
    );
    assert!(dlq(&stand, "replay pay.yaml").good().out.contains("nothing to send"));
}

#[test]
fn what_cannot_be_replayed_is_refused() {
    let stand = stand_with_letters(|text| text);
    let text = stand.desk.read("pay.yaml");
    let none: String =
        text.lines().filter(|line| !line.contains("dead:")).map(|line| format!("{line}\n")).collect();
    stand.desk.write("none.yaml", &none);
    let ended = dlq(&stand, "ls none.yaml");
    assert!(ended.code == Some(1) && ended.err.contains("error[FB0887]"), "{}", ended.err);
    let kafka = format!("kafka: {{ connection: here, topic: {}, key: card, start: earliest }}", stand.input);
    let file = text.replace(&kafka, "file: { path: in.jsonl }");
    assert_ne!(file, text);
    stand.desk.write("in.jsonl", "");
    stand.desk.write("file.yaml", &file);
    let ended = dlq(&stand, "replay file.yaml");
    assert!(
        ended.err.contains("error[FB0888]") && ended.err.contains("sources are no topics"),
        "{}",
        ended.err
    );
    let dead = format!("kafka: {{ connection: here, topic: {} }}", stand.dead);
    stand.desk.write(
        "files.yaml",
        &text.replace(&dead, "file: { path: 'dead-${time:%Y-%m-%dT%H}.jsonl', rotate: 1h }"),
    );
    let ended = dlq(&stand, "replay files.yaml");
    assert!(ended.err.contains("error[FB0888]") && ended.err.contains("are in a file"), "{}", ended.err);
}

#[test]
fn a_letter_that_cannot_be_written_stops_the_pipeline() {
    let mut stand = Stand::new(1);
    stand.dead = forebay_testkit::broker::fresh_name("small");
    stand.cluster.create_with(
        &stand.dead,
        1,
        &[("max.message.bytes", "600"), ("compression.type", "uncompressed")],
    );
    stand.pipeline(&Change::default());
    stand.pay(0..3);
    let noise: String = (0..4_000_u64)
        .map(|at| char::from(b'!' + (at.wrapping_mul(2_654_435_761) >> 7) as u8 % 90))
        .collect();
    stand
        .cluster
        .send(&stand.input, [Sent { value: Some(noise.into_bytes()), timestamp_ms: TIME_MS, ..payment(1) }]);
    let ended = stand.run("").end();
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(ended.err.contains("a dead letter cannot be written"), "{}", ended.err);
}
