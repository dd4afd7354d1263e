//! Partitions that are shared by several processes, move between them, or change their number.

use forebay_testkit::broker::{Broker, Options, Tool};
use serde_json::Value;

use crate::desk::{Going, signal, wait_for};
use crate::stand::{Change, Stand, WINDOW, drain, fresh, payment};
use rustix::process::Signal;

fn taken(ended: &crate::desk::Ended) -> u64 {
    ended
        .events("ended")
        .last()
        .and_then(|event| event["in"].as_u64())
        .unwrap_or_else(|| panic!("{}", ended.err))
}

#[test]
fn two_processes_share_partitions_and_one_goes_on_where_the_other_left() {
    let stand = Stand::new(4);
    stand.pipeline(&Change::default());
    stand.pay(0..2_000);
    let first = stand.run("--state one");
    stand.out(2_000);
    let second = stand.run("--state two --lanes 2");
    // Both have something to do once the partitions are shared.
    let mut next = 2_000;
    wait_for("both to read", || {
        stand.pay(next..next + 200);
        next += 200;
        stand.out(next as usize);
        let metrics = metrics(&second, &stand)?;
        let taken = metrics.lines().filter(|line| line.starts_with("forebay_source_records_total"));
        taken
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .any(|count| count > 0.0)
            .then_some(())
    });
    let ended = drain(second).good();
    let shared = taken(&ended);
    assert!(shared > 0 && shared < next, "{shared} of {next}");
    stand.pay(next..next + 500);
    next += 500;
    stand.out(next as usize);
    let ended = drain(first).good();
    assert_eq!(taken(&ended) + shared, next, "a planned move reads nothing twice");
    assert_eq!(stand.cluster.count(&stand.output), next, "and writes nothing twice");
}

/// What a process that goes on counts, once its admin address is known.
fn metrics(going: &Going, stand: &Stand) -> Option<String> {
    let path = stand.desk.path(&format!("run/forebay/{}.json", going.parent()));
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
    Some(crate::desk::get(&crate::desk::admin_of(&file), "/metrics").1)
}

#[test]
fn a_process_that_is_killed_is_followed_by_the_other_and_nothing_is_lost() {
    let stand = Stand::new(4);
    stand.pipeline(&Change::default());
    stand.pay(0..1_000);
    let first = stand.run("--state one");
    stand.out(1_000);
    let second = stand.run("--state two");
    stand.pay(1_000..3_000);
    signal(first.parent(), Signal::KILL);
    stand.pay(3_000..4_000);
    stand.out(4_000);
    drain(second).good();
    drop(first);
}

#[test]
fn a_worker_that_is_killed_goes_on_from_its_last_commit() {
    let stand = Stand::new(2);
    stand.pipeline(&Change { stages: WINDOW, reads: "habits", spec: "  scale: one", ..Change::default() });
    stand.pay(0..20_000);
    let going = stand.run("--lanes 2");
    stand.out(200);
    let worker = going.worker(None);
    signal(worker, Signal::KILL);
    stand.out(20_000);
    drain(going).good();
}

#[test]
fn with_scale_one_a_second_process_is_refused_and_the_first_does_not_notice() {
    let stand = Stand::new(2);
    let change = Change { stages: WINDOW, reads: "habits", spec: "  scale: one", ..Change::default() };
    stand.pipeline(&change);
    stand.pay(0..500);
    let first = stand.run("--state one");
    stand.out(500);
    let ended = stand.run("--state two --fresh").end();
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(ended.err.contains("FB0877") && ended.err.contains("has another member"), "{}", ended.err);
    stand.pay(500..800);
    stand.out(800);
    let ended = drain(first).good();
    assert_eq!(taken(&ended), 800);
    // The state is gone, and the group goes on in the middle.
    let ended = stand.run("--state three").end();
    assert!(ended.err.contains("FB0877") && ended.err.contains("--fresh"), "{}", ended.err);
    let going = stand.run("--state three --fresh");
    wait_for("everything once more", || (stand.cluster.count(&stand.output) >= 1_600).then_some(()));
    drain(going).good();
}

#[test]
fn keyed_state_wants_one_process_for_now_and_the_plan_says_so() {
    let stand = Stand::new(2);
    stand.pipeline(&Change { stages: WINDOW, reads: "habits", ..Change::default() });
    let ended = stand.desk.forebay("plan pay.yaml");
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("FB0504") || ended.err.contains("scale=one"), "{}{}", ended.out, ended.err);
}

#[test]
fn added_partitions_are_read_and_keyed_state_refuses_them() {
    let broker = Broker::start(Options::default()).unwrap_or_else(|error| panic!("{error}"));
    let stand = Stand::on(&broker.bootstrap(), 1);
    stand.pipeline(&Change::default());
    stand.pay(0..100);
    let going = stand.run("--state plain --lanes 2");
    stand.out(100);
    let keyed = Change { stages: WINDOW, reads: "habits", spec: "  scale: one", ..Change::default() };
    let text = stand.desk.read("pay.yaml");
    stand.pipeline(&keyed);
    let keyed = stand.desk.read("pay.yaml").replace("start: earliest", "start: earliest, group: keyed");
    stand.desk.write("keyed.yaml", &keyed);
    stand.desk.write("pay.yaml", &text);
    let other = stand.desk.start("run keyed.yaml --state keyed");
    wait_for("both", || (stand.cluster.count(&stand.output) >= 200).then_some(()));
    broker
        .tool(Tool::Topics, &["--alter", "--topic", &stand.input, "--partitions", "3"])
        .expect("more partitions");
    stand.pay(100..400);
    stand.out(400);
    let ended = other.end();
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(
        ended.err.contains("FB0876") && ended.err.contains("has 3 partitions and had 1"),
        "{}",
        ended.err
    );
    let ended = stand.desk.start("run keyed.yaml --state keyed").end();
    assert!(ended.err.contains("FB0876"), "{}", ended.err);
    let ended = drain(going).good();
    assert_eq!(taken(&ended), 400);
}

/// Each of them is a member of its own, and takes no partitions of the other's topic.
#[test]
fn two_sources_of_one_pipeline_share_a_group() {
    let stand = Stand::new(3);
    stand.pipeline(&Change::default());
    let other = fresh("other");
    stand.cluster.create(&other, 2);
    let text = stand.desk.read("pay.yaml").replace("start: earliest", "start: earliest, group: shared");
    let (source, rest) =
        text.split_once("    tx:\n").and_then(|(_, rest)| rest.split_once("  sinks:")).expect("a source");
    let second = format!("    tx:\n{source}    more:\n{}  sinks:", source.replace(&stand.input, &other));
    let first = format!("    tx:\n{source}  sinks:");
    let text = text.replace(&first, &second).replace("input: tx", "input: [tx, more]");
    assert!(text.contains(&other) && rest.contains("out:"), "{text}");
    for arguments in ["", "--set scale=one --fresh --lanes 2"] {
        stand.desk.write("pay.yaml", &text.replace("shared", &fresh("shared")));
        let before = stand.cluster.count(&stand.output);
        stand.pay(0..300);
        stand.cluster.send(&other, (300..500).map(payment));
        let there = stand.cluster.count(&stand.input) + stand.cluster.count(&other);
        let going = stand.run(arguments);
        wait_for("both", || (stand.cluster.count(&stand.output) >= before + there).then_some(()));
        let ended = drain(going).good();
        assert_eq!(taken(&ended), there);
        assert_eq!(stand.cluster.count(&stand.output), before + there, "each once");
    }
}
