//! The breaker of a pipeline that reads Kafka: it waits until somebody lets it go on.

use forebay_kafka::testing::Sent;
use serde_json::Value;

use crate::desk::wait_for;
use crate::stand::{Change, Stand, drain, payment};

fn broken(id: u64) -> Sent {
    Sent { value: Some(b"{".to_vec()), ..payment(id) }
}

/// What `ps` says of the pipeline.
fn phase(stand: &Stand) -> Value {
    let said = stand.desk.forebay("ps --json").good().json();
    said[0].clone()
}

fn wait_until(stand: &Stand, state: &str) -> Value {
    wait_for(state, || Some(phase(stand)).filter(|said| said["state"] == state))
}

#[test]
fn too_much_that_is_rejected_stops_the_sources_until_somebody_lets_them_go_on() {
    let stand = Stand::new(1);
    stand.pipeline(&Change::default());
    stand.pay(0..190);
    stand.cluster.send(&stand.input, (0..10).map(broken));
    let going = stand.run("");
    stand.out(190);
    stand.dead(1);
    assert_eq!(phase(&stand)["state"], "running", "5 % are allowed");
    stand.cluster.send(&stand.input, (0..30).map(broken));
    let said = wait_until(&stand, "tripped");
    let why = said["why"].as_str().expect("a reason");
    assert!(why.contains("of the 230 records of `tx`") && why.contains("FB0701"), "{why}");
    // What comes now is not taken in, and what was taken in is committed.
    stand.pay(190..300);
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert_eq!(stand.cluster.count(&stand.output), 190);
    assert_eq!(phase(&stand)["in_flight"], 0);
    let resumed = stand.desk.forebay("resume pay").good().out;
    assert!(resumed.contains("it goes on"), "{resumed}");
    stand.out(300);
    wait_until(&stand, "running");
    let ended = drain(going).good();
    let tripped = ended.events("tripped");
    assert_eq!(
        (tripped.len(), &tripped[0]["code"], &tripped[0]["rejected"]),
        (1, &"FB0701".into(), &40.into())
    );
    assert!(tripped[0]["example"].as_str().is_some_and(|text| text.contains("byte")), "{}", tripped[0]);
}

#[test]
fn a_restart_lets_it_go_on_too() {
    let stand = Stand::new(1);
    stand.pipeline(&Change::default());
    stand.cluster.send(&stand.input, (0..100).map(broken));
    let going = stand.run("");
    wait_until(&stand, "tripped");
    stand.pay(0..50);
    drain(going).good();
    let going = stand.run("");
    stand.out(50);
    drain(going).good();
}
