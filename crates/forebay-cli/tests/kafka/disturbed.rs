//! Brokers that are away, slow or forgetful: what can be waited for is waited for, and counted; what cannot has an error that
//! names the place; nothing is lost, and nobody else notices.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use forebay_testkit::broker::{Broker, Options, Tool};
use serde_json::Value;

use crate::desk::{Desk, admin_of, announced, get, wait_for};
use crate::stand::{Change, Stand, drain};

fn broker() -> Broker {
    Broker::start(Options::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// The pipeline as `/pipelines` shows it.
fn look(desk: &Desk) -> Value {
    let (_, shown) = get(&admin_of(&announced(desk)), "/pipelines");
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    shown[0].clone()
}

/// Waits until it waits, and says why.
fn why(desk: &Desk) -> String {
    wait_for("a reason to wait", || {
        let shown = look(desk);
        (shown["phase"] == "waiting").then(|| shown["why"].as_str().unwrap_or_default().to_string())
    })
}

fn is_running(desk: &Desk) {
    wait_for("it runs", || (look(desk)["phase"] == "running").then_some(()));
}

/// All payments of these numbers came out, once at least.
#[track_caller]
fn came_out(stand: &Stand, ids: usize) {
    stand.out(ids);
}

#[test]
fn a_broker_that_is_away_is_waited_for_at_the_start_and_in_between() {
    let mut broker = broker();
    let stand = Stand::on(&broker.bootstrap(), 2);
    stand.pipeline(&Change::default());
    stand.pay(0..500);
    broker.kill();
    let going = stand.run("");
    let said = why(&stand.desk);
    assert!(said.contains("connection `here`") && said.contains(&broker.bootstrap()), "{said}");
    broker.restart().expect("it starts again");
    came_out(&stand, 500);
    is_running(&stand.desk);
    // Once more while it is at work.
    stand.pay(500..900);
    broker.kill();
    let said = why(&stand.desk);
    assert!(said.contains("connection `here`"), "{said}");
    std::thread::sleep(Duration::from_secs(3));
    broker.restart().expect("it starts again");
    came_out(&stand, 900);
    stand.pay(900..1_000);
    came_out(&stand, 1_000);
    is_running(&stand.desk);
    let (_, metrics) = get(&admin_of(&announced(&stand.desk)), "/metrics");
    let waited = metrics.lines().filter(|line| line.starts_with("forebay_node_waited_seconds_total"));
    let most = waited.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).fold(0.0, f64::max);
    assert!(most >= 3.0, "the wait is counted: {most} s\n{metrics}");
    drain(going).good();
}

#[test]
fn a_pipeline_that_never_had_a_broker_has_nothing_to_drain() {
    let mut broker = broker();
    let stand = Stand::on(&broker.bootstrap(), 2);
    stand.pipeline(&Change::default());
    broker.kill();
    let going = stand.run("");
    why(&stand.desk);
    let began = Instant::now();
    drain(going).good();
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
}

#[test]
fn a_topic_that_is_not_there_is_refused_with_the_nearest_name() {
    let stand = Stand::new(1);
    stand.pipeline(&Change::default());
    let text = stand.desk.read("pay.yaml");
    stand.desk.write(
        "pay.yaml",
        &text.replace(&format!("topic: {},", stand.input), &format!("topic: {}x,", stand.input)),
    );
    let ended = stand.run("").end();
    let said = ended.refused();
    assert!(
        ended.code == Some(1)
            && said.contains("FB0873")
            && said.contains(&format!("did you mean `{}`", stand.input)),
        "{}",
        ended.err
    );
    stand.desk.write(
        "pay.yaml",
        &text.replace(&format!("topic: {},", stand.output), &format!("topic: {}x,", stand.output)),
    );
    let ended = stand.run("").end();
    assert!(
        ended.err.contains("FB0873") && ended.err.contains(&format!("did you mean `{}`", stand.output)),
        "{}",
        ended.err
    );
}

#[test]
fn a_topic_that_is_forgotten_is_waited_for_where_it_is_written() {
    let broker = broker();
    let stand = Stand::on(&broker.bootstrap(), 1);
    stand.pipeline(&Change::default());
    stand.pay(0..100);
    let going = stand.run("");
    came_out(&stand, 100);
    broker.tool(Tool::Topics, &["--delete", "--topic", &stand.output]).expect("it is deleted");
    stand.pay(100..200);
    let said = why(&stand.desk);
    assert!(said.contains(&format!("topic `{}`", stand.output)), "{said}");
    stand.cluster.create(&stand.output, 1);
    let out = wait_for("what was not committed before", || {
        let seen = stand.cluster.read(&stand.output, usize::MAX, Duration::from_millis(600));
        (seen.len() >= 100).then_some(seen)
    });
    let last = out.last().and_then(|seen| seen.value.clone()).unwrap_or_default();
    assert!(last.starts_with("{\"id\":199,"), "{last}");
    drain(going).good();
}

#[test]
fn a_topic_that_is_forgotten_ends_what_is_read_from_it() {
    let broker = broker();
    let stand = Stand::on(&broker.bootstrap(), 1);
    stand.pipeline(&Change::default());
    stand.pay(0..100);
    let going = stand.run("");
    came_out(&stand, 100);
    broker.tool(Tool::Topics, &["--delete", "--topic", &stand.input]).expect("it is deleted");
    let ended = going.end();
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(ended.err.contains("FB0873") && ended.err.contains(&stand.input), "{}", ended.err);
    assert!(ended.err.contains("\"node\":\"tx\""), "{}", ended.err);
    // Made anew it is another one.
    stand.cluster.create(&stand.input, 1);
    let ended = stand.run("").end();
    assert!(ended.err.contains("FB0804") && ended.err.contains("--fresh"), "{}", ended.err);
}

#[test]
fn positions_that_retention_has_passed_stop_the_partition_or_are_skipped_and_counted() {
    let broker = broker();
    let stand = Stand::on(&broker.bootstrap(), 1);
    stand.pipeline(&Change::default());
    stand.pay(0..100);
    let going = stand.run("");
    came_out(&stand, 100);
    drain(going).good();
    stand.pay(100..200);
    let what = format!(
        "{{\"partitions\": [{{\"topic\": \"{}\", \"partition\": 0, \"offset\": 150}}], \"version\": 1}}",
        stand.input
    );
    stand.desk.write("delete.json", &what);
    let path = stand.desk.path("delete.json").display().to_string();
    broker.tool(Tool::DeleteRecords, &["--offset-json-file", &path]).expect("they are deleted");
    let ended = stand.run("").end();
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    let said = format!(
        "topic `{}`, partition 0: 50 messages (100 to 149) were deleted before they were read",
        stand.input
    );
    assert!(ended.err.contains("FB0875") && ended.err.contains(&said), "{}", ended.err);
    stand.pipeline(&Change { source: ", on_lost: skip", ..Change::default() });
    let going = stand.run("");
    came_out(&stand, 150);
    let ended = drain(going).good();
    let total = &ended.events("ended")[0]["ledger"]["total"];
    assert_eq!((total["dropped"]["FB0875"].as_u64(), total["in"].as_u64()), (Some(50), Some(200)), "{total}");
}

#[test]
fn a_message_larger_than_the_topic_takes_is_rejected_and_everything_else_goes_on() {
    let stand = Stand::new(1);
    let large = crate::stand::fresh("large");
    stand.cluster.create_with(&large, 4, &[("max.message.bytes", "2000"), ("retention.ms", "-1")]);
    stand.pipeline(&Change::default());
    let text = stand.desk.read("pay.yaml");
    let text = text.replace("amount: decimal(2), ts", "amount: decimal(2), note: optional(string), ts");
    let text = text.replace("[id, card, amount, ts]", "[id, card, amount, note, ts]");
    stand.desk.write(
        "pay.yaml",
        &text.replace(&format!("topic: {}, key", stand.output), &format!("topic: {large}, key")),
    );
    stand.pay(0..300);
    // What cannot be packed.
    let mut state = 7u64;
    let mut letter = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'A' + (state >> 32) as u8 % 26)
    };
    // Several, in several partitions: what is refused in one is not known where another one is found out.
    let mut message = |card: u64| {
        let noise: String = (0..8_000).map(&mut letter).collect();
        let id = 1_000 + card;
        format!("{{\"id\":{id},\"card\":{card},\"amount\":1.00,\"note\":\"{noise}\",\"ts\":1767225600000}}")
    };
    let messages: Vec<(String, String)> = (0..12).map(|card| (card.to_string(), message(card))).collect();
    stand.cluster.fill(&stand.input, messages.iter().map(|(key, value)| (key.as_str(), value.clone())));
    stand.pay(300..600);
    let going = stand.run("");
    let dead = stand.dead(12);
    let out = wait_for("all others", || {
        let seen = stand.cluster.read(&large, usize::MAX, Duration::from_millis(600));
        let mut values: Vec<_> = seen.iter().map(|seen| seen.value.clone()).collect();
        values.sort();
        values.dedup();
        (values.len() >= 600).then_some(values.len())
    });
    assert_eq!(out, 600);
    let mut positions = BTreeSet::new();
    for letter in &dead {
        let letter: Value = serde_json::from_str(letter.value.as_deref().expect("a value")).expect("JSON");
        assert_eq!(letter["code"], "FB0742", "{letter}");
        assert!(letter["reason"].as_str().is_some_and(|reason| reason.contains(&large)), "{letter}");
        positions.insert(letter["position"].as_str().map(str::to_string));
    }
    assert_eq!(positions, (300..312).map(|position| Some(position.to_string())).collect());
    let ended = drain(going).good();
    let total = &ended.events("ended")[0]["ledger"]["total"];
    assert_eq!((total["in"].as_u64(), total["published"].as_u64()), (Some(612), Some(600)), "{total}");
}

#[test]
fn a_slow_broker_holds_the_source_back_within_a_bound() {
    let broker = broker();
    let stand = Stand::on(&broker.bootstrap(), 2);
    stand.pipeline(&Change::default());
    stand.pay(0..120_000);
    // What a client may write a second, from now on.
    let all = ["--alter", "--entity-type", "clients", "--entity-default"];
    let slow = [&all[..], &["--add-config", "producer_byte_rate=40000"]].concat();
    broker.tool(Tool::Configs, &slow).expect("a quota");
    let going = stand.run("--lanes 2");
    wait_for("what comes through", || {
        (look(&stand.desk)["ledger"]["total"]["in"].as_u64()? > 1_000).then_some(())
    });
    let until = Instant::now() + Duration::from_secs(12);
    let mut most = 0;
    while Instant::now() < until {
        most = most.max(resident_kib(going.worker(None)));
        std::thread::sleep(Duration::from_millis(200));
    }
    let shown = look(&stand.desk);
    let total = &shown["ledger"]["total"];
    let taken = total["in"].as_u64().expect("a count");
    assert!(taken < 120_000, "it was held back: {total}");
    assert!(most < 300 << 10, "{most} KiB");
    let fast = [&all[..], &["--delete-config", "producer_byte_rate"]].concat();
    broker.tool(Tool::Configs, &fast).expect("no quota");
    wait_for("everything", || (look(&stand.desk)["committed"].as_u64()? == 120_000).then_some(()));
    drain(going).good();
}

fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}
