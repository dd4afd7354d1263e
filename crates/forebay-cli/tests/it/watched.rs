//! What a run says of itself while it runs.

use rustix::process::Signal;
use serde_json::Value;

use super::desk::{Desk, PIPELINE, admin_of, announced, ask, get, is_alive, signal, try_get, wait_for};

#[test]
fn admin_answers_while_it_runs() {
    let desk = Desk::with_payments(3_000);
    let listed = "  lists: { blocked: { file: blocked.txt, type: u64, reload: 50ms } }\n  sources:";
    let used = PIPELINE
        .replace("  sources:", listed)
        .replace("amount > vars.large", "amount > vars.large || card in lists.blocked");
    desk.write("blocked.txt", "7\n");
    desk.write(
        "pay.yaml",
        &used
            .replace("path: in.jsonl", "path: in.jsonl, rate: 1000/s")
            .replace("when: amount", "when: \"amount")
            .replace(".blocked, set", ".blocked\", set"),
    );
    let run = desk.start("run pay.yaml");
    let file = announced(&desk);
    assert_eq!(file["pipelines"][0]["pipeline"], "team/pay");
    assert_eq!(file["pid"], run.parent());
    let address = admin_of(&file);

    assert_eq!(get(&address, "/healthz"), ("200".into(), "ok\n".into()));
    assert_eq!(get(&address, "/readyz"), ("200".into(), "ok\n".into()));
    assert_eq!(get(&address, "/elsewhere").0, "404");
    let metrics = wait_for("a commit", || {
        let (_, metrics) = get(&address, "/metrics");
        metrics.contains("fate=\"published\"").then_some(metrics)
    });
    for line in [
        "forebay_imbalance_records{pipeline=\"team/pay\",node=\"tx\",stream=\"in.jsonl\"} 0.0",
        "forebay_running{pipeline=\"team/pay\"} 1.0",
        "forebay_node_batches_total{pipeline=\"team/pay\",node=\"habits\",kind=\"window_features\",lane=\"0\"}",
        "forebay_node_busy_seconds_total{",
        "forebay_latency_seconds_bucket{le=\"+Inf\",pipeline=\"team/pay\",node=\"out\"}",
        "forebay_node_late_records_total{pipeline=\"team/pay\",node=\"out\"",
        "forebay_commit_interval_seconds{pipeline=\"team/pay\"} ",
        "forebay_list_members{pipeline=\"team/pay\",list=\"blocked\"} 1.0",
        "# TYPE forebay_node_busy_seconds_total counter",
        "# TYPE forebay_build_info gauge",
    ] {
        assert!(metrics.contains(line), "{line} in\n{metrics}");
    }
    assert!(!metrics.contains("# UNIT") && !metrics.contains("# EOF"), "{metrics}");
    let kind = |accept: &str, expect: &str| {
        let (head, body) = ask(&address, "/metrics", accept).expect("an answer");
        assert!(head.contains(&format!("content-type: {expect}; charset=utf-8\r\n")), "{head}");
        body
    };
    kind("*/*", "text/plain; version=0.0.4");
    let named = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1";
    let open = kind(named, "application/openmetrics-text; version=1.0.0");
    assert!(open.contains("# UNIT forebay_latency_seconds seconds") && open.ends_with("# EOF\n"), "{open}");

    desk.write("blocked.txt", "7\n8\n");
    wait_for("the new list", || get(&address, "/metrics").1.contains("list=\"blocked\"} 2.0").then_some(()));

    let (_, body) = get(&address, "/pipelines");
    let pipelines: Value = serde_json::from_str(&body).expect("JSON");
    let one = &pipelines[0];
    assert_eq!((one["pipeline"].as_str(), one["phase"].as_str()), (Some("team/pay"), Some("running")));
    assert_eq!(one["plan"]["delivery"]["guarantee"], "exactly_once");
    let total = &one["ledger"]["total"];
    assert!(total["in"].as_u64() > Some(0) && total["in_flight"].is_u64(), "{one}");
    assert_eq!(one["ledger"]["streams"][0]["stream"], "in.jsonl");
    assert_eq!(one["nodes"].as_array().map(Vec::len), Some(5));
    assert!(one["latency_to_sink_ns"]["p50"].as_u64() <= one["latency_to_sink_ns"]["p99"].as_u64(), "{one}");
    assert!(one["latency_to_sink_ns"]["p99"].as_u64() > Some(0), "{one}");

    let ended = run.end().good();
    assert_eq!(ended.events("list_reloaded").len(), 1, "{}", ended.err);
    assert!(ended.events("started")[0]["admin"].as_str().is_some_and(|admin| admin.ends_with(&address)));
    assert!(
        !desk.path("run/forebay").read_dir().unwrap().any(|_| true),
        "the file of a run that has ended is gone"
    );
}

/// Whoever probes a run must not take it for dead because its worker is, and must not send it anything either.
#[test]
fn probes_are_answered_while_there_is_no_worker() {
    let desk = Desk::with_payments(1_000);
    desk.write("pay.yaml", &PIPELINE.replace("path: in.jsonl", "path: in.jsonl, rate: 100/s"));
    let run = desk.start("run pay.yaml");
    let address = admin_of(&announced(&desk));
    let status = |path: &str| try_get(&address, path).ok().map(|(status, _)| status);
    let mut worker = run.worker(None);
    // Each wait is twice the one before it.
    for _ in 0..4 {
        signal(worker, Signal::KILL);
        worker = run.worker(Some(worker));
    }
    signal(worker, Signal::KILL);
    wait_for("the end of the worker", || (!is_alive(worker)).then_some(()));
    wait_for("who stands in for it", || status("/healthz").filter(|status| status == "200"));
    let ready = get(&address, "/readyz");
    assert_eq!(ready, ("503".into(), "the pipelines are being started\n".into()));
    assert_eq!((get(&address, "/metrics").0, get(&address, "/pipelines").0), ("503".into(), "503".into()));
    let children = format!("/proc/{0}/task/{0}/children", run.parent());
    assert_eq!(std::fs::read_to_string(children).expect("a list"), "", "there was no worker all the time");
    run.worker(Some(worker));
    wait_for("the next worker", || status("/readyz").filter(|status| status == "200"));
    signal(run.parent(), Signal::INT);
    run.end().good();
}
