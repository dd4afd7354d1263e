//! Taps on a running pipeline: what they show, what they hide, and that they hold nothing up.

use std::io::{Read, Write};
use std::net::TcpStream;

use rustix::process::Signal;
use serde_json::Value;

use super::desk::{Desk, Going, PIPELINE, admin_of, announced, get, payments, signal, wait_for};

/// The payments pipeline at a pace, with cards that nobody may see and some bad records.
fn desk_with_secrets() -> Desk {
    let desk = Desk::new();
    let lines: Vec<String> = payments(0..20_000).lines().map(String::from).collect();
    let line = |(at, line): (usize, &String)| {
        if at % 10 == 3 { line.replace("\"amount\":", "\"amount\":x") } else { line.clone() }
    };
    desk.write("in.jsonl", &(lines.iter().enumerate().map(line).collect::<Vec<_>>().join("\n") + "\n"));
    let hidden = PIPELINE.replace("card: u64", "card: { type: u64, sensitive: true }");
    let hidden = hidden.replace("out: { input: decide,", "out: { input: decide, sensitive: keep,");
    let hidden = hidden.replace("dead: { input: rejected,", "dead: { input: rejected, sensitive: keep,");
    let hidden = hidden.replace("columns: [code, node, position]", "columns: [code, node, position, bytes]");
    let hidden = hidden.replace("spec:\n", "spec:\n  breaker: none\n");
    desk.write("pay.yaml", &hidden.replace("path: in.jsonl", "path: in.jsonl, rate: 1000/s"));
    desk
}

fn start(desk: &Desk) -> (Going, String) {
    let run = desk.start("run pay.yaml");
    let admin = admin_of(&announced(desk));
    (run, admin)
}

fn records(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

#[test]
fn a_tap_shows_records_and_hides_what_is_sensitive() {
    let desk = desk_with_secrets();
    let (run, _) = start(&desk);
    let ended = desk.forebay("tap pay.habits --count 3 --rate 20").good();
    let shown = records(&ended.out);
    assert_eq!(shown.len(), 3, "{}", ended.out);
    for record in &shown {
        assert_eq!(
            (&record["card"], &record["stream"], &record["_source"]),
            (&"•••".into(), &"in.jsonl".into(), &"tx".into())
        );
        let id = record["id"].as_u64().expect("an id");
        assert_eq!(record["_seq"].as_u64(), Some(id + 1), "{record}");
        let time = jiff_of(id);
        assert_eq!(record["_time"], time, "{record}");
        assert!(record["paid_1h"].as_u64() > Some(0) && record["amount"].is_number(), "{record}");
    }
    let carries = "habits of team/pay, 20 records a second at most\n  carries: id, card, amount, paid_1h, spent_1h\n  hidden: card (sensitive)\n";
    assert!(ended.err.starts_with(carries), "{}", ended.err);
    assert!(ended.err.contains("3 shown, ") && ended.err.ends_with("passed by unseen\n"), "{}", ended.err);

    // Original bytes hold the card too.
    let ended = desk.forebay("tap pay.tx.rejected --count 2").good();
    for record in records(&ended.out) {
        assert_eq!(
            (&record["code"], &record["node"], &record["read"]),
            (&"FB0701".into(), &"tx".into(), &"•••".into()),
            "{record}"
        );
        assert!(record["reason"].is_string() && record["_seq"].is_u64(), "{record}");
    }
    // As programs get it: what there is to see, and then records with how many have passed.
    let lines = records(&desk.forebay("tap team/pay.decide --count 1 --json").good().out);
    assert_eq!((&lines[0]["output"], &lines[0]["sensitive"][0]), (&"decide".into(), &"card".into()));
    let last = lines.last().expect("a line");
    assert!(last["record"]["decision"].is_string() && last["passed"].as_u64() > Some(0), "{last}");

    let check = |arguments: &str, part: &str| {
        let ended = desk.forebay(&format!("tap {arguments}"));
        assert!(ended.code == Some(2) && ended.err.contains(part), "{}", ended.err);
    };
    check(
        "pay.habit",
        "error[FB0852]: team/pay has no node `habit`; did you mean `habits`?\n  it has `tx`, `tx.rejected`, `habits`",
    );
    check(
        "pay.habits.behnd",
        "`habits` has no output `behnd`; did you mean `habits.behind`?\n  it has `habits`, `habits.rejected`, `habits.behind`",
    );
    check("pay.tx.behind", "`tx` has no output `behind`");
    check("pay.out", "`out` is a sink and hands nothing on: tap what it reads, `decide`, or `out.rejected`");
    check("pay", "name a node of it, as in `tap pay.NODE`\n  it has `tx`");
    signal(run.parent(), Signal::INT);
    run.end().good();
}

/// The event time of a record, as text.
fn jiff_of(id: u64) -> String {
    let (minutes, seconds) = (id / 60, id % 60);
    format!("2026-01-01T{:02}:{:02}:{seconds:02}Z", minutes / 60, minutes % 60)
}

#[test]
fn records_that_are_behind_can_be_tapped() {
    let desk = Desk::with_payments(0);
    let mut lines: Vec<String> = payments(0..5_000).lines().map(String::from).collect();
    (1..500).for_each(|at| lines[at * 10] = lines[0].clone());
    desk.write("in.jsonl", &(lines.join("\n") + "\n"));
    let all = PIPELINE.replace("spec:\n", "spec:\n  breaker: none\n");
    desk.write("pay.yaml", &all.replace("path: in.jsonl", "path: in.jsonl, rate: 1000/s"));
    let (run, _) = start(&desk);
    let shown = records(&desk.forebay("tap pay.habits.behind --count 2").good().out);
    assert!(shown.iter().all(|record| record["id"] == 0 && record["_time"] == jiff_of(0)), "{shown:?}");
    let rejected = records(&desk.forebay("tap pay.habits.rejected --count 2").good().out);
    assert!(rejected.iter().all(|record| record["code"] == "FB0770"), "{rejected:?}");
    let raw = rejected[0]["read"].as_str();
    assert!(raw.is_none_or(|raw| raw.contains("\"id\":0")), "{rejected:?}");
    signal(run.parent(), Signal::INT);
    run.end().good();
}

/// A tap that nobody reads from.
fn silent_tap(admin: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(admin).expect("a connection");
    let body = "{\"node\":\"decide\",\"rate\":1000}";
    write!(
        stream,
        "POST /pipelines/team/pay/tap HTTP/1.1\r\nHost: {admin}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("sent");
    let mut head = [0; 15];
    stream.read_exact(&mut head).expect("an answer");
    (stream, String::from_utf8_lossy(&head).split(' ').nth(1).unwrap_or_default().to_string())
}

#[test]
fn few_taps_look_at_once_and_each_goes_with_its_reader() {
    let desk = desk_with_secrets();
    let (run, admin) = start(&desk);
    let taps: Vec<_> = (0..8).map(|_| silent_tap(&admin)).collect();
    assert!(taps.iter().all(|(_, status)| status == "200"));
    let ended = desk.forebay("tap pay.tx --count 1");
    let why = "error[FB0853]: 8 taps look at team/pay already; end one of them first";
    assert!(ended.code == Some(3) && ended.err.contains(why), "{}", ended.err);
    drop(taps);
    wait_for("a free place", || (desk.forebay("tap pay.tx --count 1").code == Some(0)).then_some(()));
    signal(run.parent(), Signal::INT);
    run.end().good();
}

#[test]
fn taps_that_nobody_reads_hold_up_no_commit() {
    let records = 300_000;
    let desk = Desk::with_payments(records);
    desk.write("pay.yaml", &PIPELINE.replace("path: in.jsonl", "path: in.jsonl, rate: 100000/s"));
    let (run, admin) = start(&desk);
    let taps: Vec<_> = (0..4).map(|_| silent_tap(&admin)).collect();
    let seen = wait_for("records that pass a tap", || {
        let all: Value = serde_json::from_str(&get(&admin, "/pipelines").1).ok()?;
        all[0]["ledger"]["total"]["published"].as_u64().filter(|published| *published > 50_000)
    });
    let ended = run.end().good();
    drop(taps);
    assert!(seen < records, "it was looked at while it ran");
    assert_eq!(desk.lines("out.jsonl") as u64, records, "{}", ended.err);
}

#[test]
fn a_tap_goes_on_with_the_next_worker_and_ends_with_the_pipeline() {
    let desk = desk_with_secrets();
    let (run, _) = start(&desk);
    let tap = desk.start("tap pay.decide --rate 50");
    wait_for("records", || (tap.unread() > 1_000).then_some(()));
    let worker = run.worker(None);
    signal(worker, Signal::KILL);
    run.worker(Some(worker));
    let before = tap.unread();
    wait_for("records of the next worker", || (tap.unread() > before + 2_000).then_some(()));
    desk.forebay("stop pay").good();
    run.end().good();
    let ended = tap.end().good();
    assert!(ended.err.contains("; the pipeline is drained\n"), "{}", ended.err);
    assert_eq!(ended.err.matches("carries: ").count(), 1, "{}", ended.err);
}
