//! Runs that nobody disturbs: results, accounts, what the command line puts in place of what the file says.

use forebay_testkit::card::{self, Config, Generator};

use super::desk::{Desk, PIPELINE, payments};

#[test]
fn the_first_pipeline_runs_as_it_is_and_is_never_written_over() {
    let desk = Desk::new();
    insta::assert_snapshot!(desk.forebay("new").good().shown(&desk));
    let ended = desk.forebay("run first.yaml").good();
    assert!(ended.out.contains("payments first-payments.jsonl  14         14"), "{}", ended.out);
    insta::assert_snapshot!(desk.read("out/first.jsonl"));
    assert_eq!(desk.read("out/first-rejected.jsonl"), "");
    assert!(desk.forebay("test first.yaml").good().out.contains("1 passed, 0 failed"));
    let again = desk.forebay("new");
    assert!(again.code == Some(2) && again.err.contains("first.yaml exists"), "{}", again.err);
    desk.forebay("new other-one").good();
    assert_eq!(desk.forebay("validate first.yaml other-one.yaml --deny warnings").code, Some(0));
}

#[test]
fn a_second_run_goes_on_and_a_fresh_one_refuses_what_is_there() {
    let desk = Desk::with_payments(10);
    desk.forebay("run pay.yaml").good();
    let first = desk.read("out.jsonl");
    assert_eq!(first.lines().count(), 10);
    let second = desk.forebay("run pay.yaml").good();
    assert!(second.out.contains("this one read 0 records"), "{}", second.out);
    assert_eq!(desk.read("out.jsonl"), first);
    let fresh = desk.forebay("run pay.yaml --fresh");
    assert!(fresh.code == Some(1) && fresh.err.contains("error[FB0820]"), "{}", fresh.err);
    assert_eq!(desk.read("out.jsonl"), first);
}

#[test]
fn a_bad_record_is_rejected_with_its_origin_and_the_rest_goes_on() {
    let desk = Desk::with_payments(0);
    let mut lines: Vec<String> = payments(0..8).lines().map(String::from).collect();
    lines[2] = "not JSON".into();
    lines[4] = lines[4].replace("\"card\":", "\"card\":-");
    lines[5] = lines[5].replace(".50", ".505");
    lines[7] = lines[0].clone();
    desk.write("in.jsonl", &(lines.join("\n") + "\n"));
    let ended = desk.forebay("run pay.yaml --json").good();
    let ledger = &ended.json()["pipelines"][0]["ledger"][0];
    assert_eq!((&ledger["in"], &ledger["published"]), (&8.into(), &4.into()), "{ledger}");
    assert_eq!(ledger["rejected"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum::<u64>(), 4);
    insta::assert_snapshot!(desk.read("dead.jsonl"));
    let text = desk.forebay("run pay.yaml").good().out;
    assert!(text.contains("rejected  1  FB0770  a record that is behind"), "{text}");
}

#[test]
fn lanes_do_not_change_a_result() {
    let results = ["1", "2", "3"].map(|lanes| {
        let desk = Desk::with_payments(3_000);
        desk.forebay(&format!("run pay.yaml --lanes {lanes}")).good();
        let mut lines: Vec<String> = desk.read("out.jsonl").lines().map(String::from).collect();
        lines.sort();
        lines
    });
    assert_eq!(results[0].len(), 3_000);
    assert!(results[0] == results[1] && results[0] == results[2]);
}

#[test]
fn the_command_line_puts_values_and_files_in_place() {
    let desk = Desk::with_payments(4);
    desk.write("configs/env/prod.yaml", "apiVersion: forebay.dev/v1alpha1\nkind: Environment\nmetadata: { name: prod }\nspec: { vars: { large: 1.00 } }\n");
    desk.write("other/in2.jsonl", &payments(0..7));
    let decisions = |arguments: &str| {
        let out = desk.forebay(&format!("run pay.yaml --fresh --to *=- {arguments}")).good().out;
        let records = out.lines().filter(|line| line.starts_with('{'));
        let reviewed = records.clone().filter(|line| line.contains("review")).count();
        (records.count(), reviewed)
    };
    assert_eq!(decisions(""), (4, 0));
    assert_eq!(decisions("--env prod"), (4, 3));
    assert_eq!(decisions("--env prod --set vars.large=2.00"), (4, 2));
    assert_eq!(decisions("--from tx=other/in2.jsonl"), (7, 0));
}

#[test]
fn records_on_standard_output_stay_alone_there() {
    let desk = Desk::with_payments(5);
    let ended = desk.forebay("run pay.yaml --to out=- --json").good();
    assert_eq!(ended.out.lines().count(), 5, "{}", ended.out);
    assert!(ended.out.lines().all(|line| line.starts_with("{\"id\":")), "{}", ended.out);
    assert!(ended.err.contains("\"ledger\""), "{}", ended.err);
}

#[test]
fn several_pipelines_run_in_one_process() {
    let desk = Desk::with_payments(20);
    desk.write(
        "two.yaml",
        &PIPELINE
            .replace("name: pay", "name: two")
            .replace("out.jsonl", "out2.jsonl")
            .replace("dead.jsonl", "dead2.jsonl"),
    );
    let ended = desk.forebay("run pay.yaml two.yaml --json").good();
    let names: Vec<_> =
        ended.json()["pipelines"].as_array().unwrap().iter().map(|p| p["pipeline"].clone()).collect();
    assert_eq!(names, ["team/pay", "team/two"]);
    assert_eq!((desk.lines("out.jsonl"), desk.lines("out2.jsonl")), (20, 20));
}

#[test]
fn what_is_away_has_an_exit_code_of_its_own() {
    let desk = Desk::with_payments(3);
    let check = |arguments: &str, code: i32, part: &str| {
        let ended = desk.forebay(&format!("run pay.yaml {arguments}"));
        assert_eq!(ended.code, Some(code), "{}", ended.err);
        assert!(ended.err.contains(part), "{}", ended.err);
    };
    check("--from tx=none.jsonl", 3, "error[FB0810]");
    check("--admin 1.2.3.4:1", 3, "error[FB0841]");
    check("--set vars.large=much", 1, "error[FB0131]");
    check("--drain-deadline 5", 2, "the unit is missing");
    desk.write(
        "listed.yaml",
        &PIPELINE.replace(
            "  sources:",
            "  lists: { blocked: { file: no.csv, column: card, type: u64 } }\n  sources:",
        ),
    );
    let ended = desk.forebay("run listed.yaml");
    assert!(ended.code == Some(1) && ended.err.contains("error[FB0840]"), "{}", ended.err);
}

#[test]
fn card_fraud_is_scored_from_files_with_its_model() {
    let desk = Desk::new();
    let config = Config { days: 30, customers: 100, terminals: 50, ..Config::default() };
    card::write(Generator::new(config).expect("a good configuration"), &desk.path(".")).expect("files");
    let pipeline = concat!(env!("CARGO_MANIFEST_DIR"), "/../../pipelines/card-fraud.yaml");
    let from = format!("--from tx={} --from chargebacks={}", card::TRANSACTIONS, card::CHARGEBACKS);
    let ended = desk
        .forebay(&format!("run {pipeline} {from} --to *=out/ --set scale=one --set slo.deadline=60s --json"));
    if ended.code == Some(3) && ended.err.contains("FB0831") {
        return println!("skipped: ONNX Runtime is not on this machine; `forebay model pull` brings it");
    }
    let ended = ended.good();
    let records = desk.lines(card::TRANSACTIONS);
    let scored = desk.read("out/scored.jsonl");
    assert_eq!((scored.lines().count(), desk.lines("out/dead.jsonl")), (records, 0), "{}", ended.out);
    assert!(
        scored.lines().all(
            |line| line.contains("\"_model\":\"card-fraud@3 sha256:") && !line.contains("\"score\":null")
        )
    );
}
