//! What a user does with pipelines that run: finds them, pauses them, stops them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use super::desk::{Desk, Ended, Going, PIPELINE, admin_of, announced, get, is_alive, signal, wait_for};

/// With `pay` and `slow`, which take in their records at a pace.
fn desk_with_two() -> Desk {
    let desk = Desk::with_payments(20_000);
    desk.write("pay.yaml", &PIPELINE.replace("path: in.jsonl", "path: in.jsonl, rate: 1000/s"));
    let slow = PIPELINE.replace("name: pay", "name: slow").replace("out.jsonl", "slow-out.jsonl");
    let slow = slow.replace("dead.jsonl", "slow-dead.jsonl");
    desk.write("slow.yaml", &slow.replace("path: in.jsonl", "path: in.jsonl, rate: 500/s"));
    desk
}

fn two_at_work() -> (Desk, Going, String) {
    let desk = desk_with_two();
    let run = desk.start("run pay.yaml slow.yaml");
    let admin = admin_of(&announced(&desk));
    (desk, run, admin)
}

/// What a pipeline shows of itself.
fn look(admin: &str, pipeline: &str) -> Value {
    let all: Value = serde_json::from_str(&get(admin, "/pipelines").1).expect("JSON");
    all.as_array()
        .expect("a list")
        .iter()
        .find(|one| one["pipeline"] == pipeline)
        .expect("it is there")
        .clone()
}

fn taken(admin: &str, pipeline: &str) -> u64 {
    look(admin, pipeline)["ledger"]["total"]["in"].as_u64().expect("a count")
}

/// The state of each pipeline that `ps` lists.
fn states(desk: &Desk) -> Vec<String> {
    let listed = desk.forebay("ps --json").good().json();
    let state =
        |row: &Value| format!("{} {}", row["pipeline"].as_str().unwrap(), row["state"].as_str().unwrap());
    listed.as_array().expect("a list").iter().map(state).collect()
}

/// Exit code, and what stands in the words.
#[track_caller]
fn check(ended: &Ended, code: i32, parts: &[&str]) {
    let words = format!("{}{}", ended.out, ended.err);
    assert_eq!(ended.code, Some(code), "{words}");
    parts.iter().for_each(|part| assert!(words.contains(part), "{part} in {words}"));
}

#[test]
fn ps_lists_what_runs_and_nothing_else() {
    let desk = desk_with_two();
    check(&desk.forebay("ps"), 0, &["no pipeline runs\n"]);
    assert_eq!(desk.forebay("ps --json").good().json(), serde_json::json!([]));
    let run = desk.start("run pay.yaml slow.yaml");
    let admin = admin_of(&announced(&desk));
    wait_for("records", || (taken(&admin, "team/slow") > 100).then_some(()));
    let listed = desk.forebay("ps --json").good().json();
    let row = &listed[0];
    assert_eq!(
        (&row["pipeline"], &row["state"], &row["file"]),
        (&"team/pay".into(), &"running".into(), &"pay.yaml".into())
    );
    assert_eq!((&row["pid"], &row["admin"]), (&run.parent().into(), &format!("http://{admin}").into()));
    assert!(
        row["per_second"].is_u64() && row["in_flight"].is_u64() && row["seconds"].as_f64() > Some(0.0),
        "{row}"
    );
    let text = desk.forebay("ps").good().out;
    assert!(text.lines().count() == 3 && text.contains("team/slow  running"), "{text}");
    // By its address, without the run-time directory.
    let mut far = desk.command(&format!("ps --admin {admin} --json"));
    let ended =
        Ended::of(far.env("XDG_RUNTIME_DIR", desk.path("elsewhere")).output().expect("forebay starts"));
    assert_eq!(ended.json()[1]["pid"], run.parent());

    // Nobody waits without end for a worker that does not answer.
    let worker = run.worker(None);
    signal(worker, Signal::STOP);
    let began = Instant::now();
    assert_eq!(states(&desk), ["team/pay no answer", "team/slow no answer"]);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    check(&desk.forebay("ps"), 0, &["why team/pay: no answer in time"]);
    signal(worker, Signal::CONT);
    wait_for("it again", || (states(&desk)[0] == "team/pay running").then_some(()));

    // What a killed process leaves behind is not shown.
    signal(run.parent(), Signal::KILL);
    wait_for("the end", || (!is_alive(worker)).then_some(()));
    assert!(desk.path("run/forebay").read_dir().expect("a folder").next().is_some());
    check(&desk.forebay("ps"), 0, &["no pipeline runs\n"]);
    check(&desk.forebay("top --once"), 0, &["no pipeline runs\n"]);
    check(
        &desk.forebay("stop pay"),
        3,
        &["error[FB0850]: no pipeline runs, and so none that is called `pay`"],
    );
}

#[test]
fn a_run_is_listed_while_it_is_started_and_started_again() {
    let (desk, run, _) = two_at_work();
    let mut worker = run.worker(None);
    // Each wait is twice the one before it.
    for _ in 0..4 {
        signal(worker, Signal::KILL);
        worker = run.worker(Some(worker));
    }
    signal(worker, Signal::KILL);
    wait_for("who stands in", || {
        (states(&desk) == ["team/pay starting", "team/slow starting"]).then_some(())
    });
    // An order waits for the worker that it is for.
    check(&desk.forebay("pause slow"), 0, &["team/slow: paused"]);
    assert_eq!(states(&desk), ["team/pay running", "team/slow paused"]);
    check(&desk.forebay("stop pay"), 0, &["team/pay: drained"]);
    check(&desk.forebay("stop slow"), 0, &["team/slow: drained"]);
    run.end().good();
}

#[test]
fn names_are_helped_with_and_never_guessed() {
    let desk = desk_with_two();
    let first = desk.start("run pay.yaml slow.yaml");
    let admin = admin_of(&announced(&desk));
    let near =
        "error[FB0850]: no pipeline `pya` runs; did you mean `pay`?\n  there are `team/pay`, `team/slow`";
    check(&desk.forebay("pause pya"), 3, &[near]);
    check(&desk.forebay("pause other/pay"), 3, &["no pipeline `other/pay` runs"]);
    check(&desk.forebay("pause pay.tx"), 2, &["`tx` is a node, and this is for a whole pipeline: write pay"]);
    check(&desk.forebay("tap pay..x"), 2, &["write [NAMESPACE/]NAME"]);
    check(&desk.forebay("tap pay.tx --rate 0"), 2, &["write a number up to 1000"]);
    check(
        &desk.forebay("pause pay --admin 127.0.0.1:1"),
        3,
        &["error[FB0854]: the run at 127.0.0.1:1 does not answer"],
    );

    let second = desk.start("run pay.yaml --state second --to *=other/");
    wait_for("both", || (states(&desk).len() == 3).then_some(()));
    wait_for("both at work", || states(&desk).iter().all(|state| state.ends_with("running")).then_some(()));
    let several = desk.forebay("pause team/pay");
    let row = format!("\n  team/pay  --pid {}  --admin {admin}", first.parent());
    check(&several, 2, &["error[FB0851]: `team/pay` is the name of several that run; say which one", &row]);
    check(&desk.forebay(&format!("pause pay --pid {}", second.parent())), 0, &["team/pay: paused"]);
    check(&desk.forebay(&format!("pause pay --admin {admin}")), 0, &["team/pay: paused;"]);
    check(&desk.forebay(&format!("stop pay --pid {}", second.parent())), 0, &["team/pay: drained"]);
    second.end().good();
    // One of that name is left.
    check(&desk.forebay("resume pay"), 0, &["team/pay: it goes on"]);
    check(&desk.forebay("stop pay"), 0, &["team/pay: drained"]);
    check(&desk.forebay("stop slow"), 0, &["team/slow: drained"]);
    first.end().good();
}

#[test]
fn a_paused_pipeline_takes_in_nothing_commits_what_it_has_and_outlives_its_worker() {
    let (desk, run, admin) = two_at_work();
    wait_for("records", || (taken(&admin, "team/pay") > 100).then_some(()));
    check(&desk.forebay("pause team/pay"), 0, &["team/pay: paused;"]);
    check(&desk.forebay("pause pay"), 0, &["team/pay: it is paused already"]);
    wait_for("the commit", || (look(&admin, "team/pay")["ledger"]["total"]["in_flight"] == 0).then_some(()));
    let at = taken(&admin, "team/pay");
    let others = taken(&admin, "team/slow");
    assert_eq!(look(&admin, "team/pay")["phase"], "paused");
    let metrics = get(&admin, "/metrics").1;
    for line in ["forebay_paused{pipeline=\"team/pay\"} 1.0", "forebay_paused{pipeline=\"team/slow\"} 0.0"] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    assert_eq!(get(&admin, "/readyz"), ("503".into(), "team/pay is paused\n".into()));

    let worker = run.worker(None);
    signal(worker, Signal::KILL);
    run.worker(Some(worker));
    wait_for("the next worker", || (states(&desk) == ["team/pay paused", "team/slow running"]).then_some(()));
    wait_for("the other one", || (taken(&admin, "team/slow") > others + 500).then_some(()));
    assert_eq!(taken(&admin, "team/pay"), at, "nothing was taken in meanwhile");

    check(&desk.forebay("resume pay --json"), 0, &["\"was_paused\": true", "\"phase\": \"running\""]);
    check(&desk.forebay("resume pay"), 0, &["team/pay: it is not paused, it is running"]);
    wait_for("records again", || (taken(&admin, "team/pay") > at).then_some(()));
    // A signal drains one that is paused.
    check(&desk.forebay("pause pay"), 0, &["team/pay: paused;"]);
    signal(run.parent(), Signal::TERM);
    let ended = run.end().good();
    assert!(ended.events("ended").iter().all(|event| event["outcome"] == "drained"), "{}", ended.err);
    assert_eq!(ended.events("paused").len(), 3, "{}", ended.err);
    assert!(!ended.events("resumed").is_empty(), "{}", ended.err);
}

#[test]
fn stop_ends_one_pipeline_and_the_others_go_on() {
    let (desk, run, admin) = two_at_work();
    wait_for("records", || (taken(&admin, "team/pay") > 100).then_some(()));
    let stopped = desk.forebay("stop pay --json").good().json();
    assert_eq!(
        (&stopped["phase"], &stopped["ended"], &stopped["in_flight"]),
        (&"drained".into(), &true.into(), &0.into())
    );
    let at = stopped["ledger"]["total"]["in"].as_u64().expect("a count");
    assert_eq!(stopped["ledger"]["total"]["published"], at);
    // Nobody holds its state any more.
    let again = desk.start("run pay.yaml --admin 127.0.0.1:0");
    wait_for("a second run of it", || (states(&desk).len() == 3).then_some(()));
    signal(again.parent(), Signal::INT);
    again.end().good();
    check(&desk.forebay("pause pay"), 1, &["error[FB0855]: team/pay is drained: it takes in nothing more"]);
    check(&desk.forebay("stop pay"), 0, &["team/pay: drained"]);

    // It stays stopped with the next worker.
    let lines = desk.lines("out.jsonl");
    let worker = run.worker(None);
    signal(worker, Signal::KILL);
    run.worker(Some(worker));
    wait_for("the next worker", || {
        (states(&desk) == ["team/pay drained", "team/slow running"]).then_some(())
    });
    let others = taken(&admin, "team/slow");
    wait_for("the other one", || (taken(&admin, "team/slow") > others + 100).then_some(()));
    assert_eq!(desk.lines("out.jsonl"), lines);

    // At once: what was taken in is not waited for, and that is said.
    let now = desk.forebay("stop slow --now");
    check(&now, 4, &["team/slow: aborted"]);
    assert!(!is_alive(run.parent()), "it ran nothing else");
    assert_eq!(run.end().code, Some(4));
}

#[test]
fn who_does_not_answer_is_told_by_a_signal_where_it_runs_nothing_else() {
    let desk = desk_with_two();
    let run = desk.start("run pay.yaml");
    announced(&desk);
    let worker = run.worker(None);
    signal(worker, Signal::STOP);
    check(&desk.forebay("pause pay"), 3, &["error[FB0854]: the run at 127.0.0.1:"]);
    // It is told, and cannot end.
    let waited = desk.forebay("stop pay --timeout 3s");
    check(&waited, 4, &["team/pay: it has not ended within 3.", "goes on with that"]);
    signal(worker, Signal::CONT);
    let ended = run.end().good();
    assert_eq!(ended.events("ended")[0]["outcome"], "drained", "{}", ended.err);
}

#[test]
fn top_shows_what_each_node_does() {
    let (desk, run, admin) = two_at_work();
    wait_for("records", || (taken(&admin, "team/pay") > 100).then_some(()));
    let text = desk.forebay("top").good().out;
    for part in
        ["team/pay  running · ", "\n  habits  window_features ", "\n  tx in.jsonl ", "team/slow  running"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains('\x1b'), "no terminal is drawn on: {text}");
    let frames = desk.forebay("top pay --once --json").good().out;
    let frame: Value = serde_json::from_str(frames.trim()).expect("one line");
    let node = frame["nodes"]
        .as_array()
        .expect("nodes")
        .iter()
        .find(|node| node["node"] == "out")
        .expect("it is there");
    assert!((500..1_500).contains(&node["in_per_second"].as_u64().expect("a rate")), "{frame}");
    assert!(node["latency_to_sink_ns"]["p99"].as_u64() > Some(0), "{frame}");
    assert_eq!((&frame["state"], &frame["streams"][0]["stream"]), (&"running".into(), &"in.jsonl".into()));
    signal(run.parent(), Signal::INT);
    run.end().good();
}

/// The status and the body of an answer to an order with these headers.
fn post(admin: &str, path: &str, headers: &str) -> (String, String) {
    let mut stream = TcpStream::connect(admin).expect("a connection");
    write!(stream, "POST {path} HTTP/1.1\r\n{headers}Connection: close\r\nContent-Length: 2\r\n\r\n{{}}")
        .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    (head.split_whitespace().nth(1).unwrap_or_default().to_string(), body.to_string())
}

#[test]
fn no_web_page_gives_orders() {
    let (_desk, run, admin) = two_at_work();
    let pause = "/pipelines/team/pay/pause";
    let json = "Content-Type: application/json\r\n";
    for (headers, why) in [
        (format!("Host: {admin}\r\n"), "an order needs the header"),
        (format!("Host: {admin}\r\nContent-Type: text/plain\r\n"), "an order needs the header"),
        (format!("Host: evil.example\r\n{json}"), "`Host: evil.example` is neither an address nor localhost"),
    ] {
        let (status, body) = post(&admin, pause, &headers);
        assert!(status == "403" && body.contains(why), "{status} {body}");
    }
    assert_eq!(look(&admin, "team/pay")["phase"], "running");
    let own = format!("Host: {admin}\r\n{json}");
    assert_eq!(get(&admin, pause).0, "405", "what changes something is no GET");
    assert_eq!(post(&admin, "/pipelines/team/pya/pause", &own).0, "404");
    assert_eq!(post(&admin, "/pipelines/team/pay/burn", &own).0, "404");
    assert_eq!(post(&admin, pause, &own).0, "200");
    assert_eq!(look(&admin, "team/pay")["phase"], "paused");
    signal(run.parent(), Signal::INT);
    run.end().good();
}
