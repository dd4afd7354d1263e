//! Runs that nobody disturbs: results, accounts, what the command line puts in place of what the file says.

use std::collections::BTreeMap;
use std::path::PathBuf;

use forebay_testkit::card::{self, Config, Generator};
use rustix::process::Signal;

use super::desk::{Desk, PIPELINE, announced, payments, signal, wait_for};

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
    assert!(second.out.contains("this one committed 0 records"), "{}", second.out);
    assert_eq!(desk.read("out.jsonl"), first);
    let fresh = desk.forebay("run pay.yaml --fresh");
    assert!(fresh.code == Some(1) && fresh.refused().contains("error[FB0820]"), "{}", fresh.err);
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
    let ledger = &ended.json()["pipelines"][0]["ledger"]["streams"][0];
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
    assert_eq!(ended.events("ended")[0]["ledger"]["total"]["in"], 5, "{}", ended.err);
}

#[test]
fn several_pipelines_run_in_one_process() {
    let desk = Desk::with_payments(20);
    desk.write("two.yaml", &another("two"));
    let ended = desk.forebay("run pay.yaml two.yaml --json").good();
    let names: Vec<_> =
        ended.json()["pipelines"].as_array().unwrap().iter().map(|p| p["pipeline"].clone()).collect();
    assert_eq!(names, ["team/pay", "team/two"]);
    assert_eq!((desk.lines("out.jsonl"), desk.lines("two-out.jsonl")), (20, 20));
}

/// The payments pipeline under another name, with outputs of its own.
fn another(name: &str) -> String {
    PIPELINE
        .replace("name: pay", &format!("name: {name}"))
        .replace("out.jsonl", &format!("{name}-out.jsonl"))
        .replace("dead.jsonl", &format!("{name}-dead.jsonl"))
}

/// Everything on a desk.
fn everything(desk: &Desk) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![desk.path(".")]);
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path())
        {
            let is_folder = path.is_dir();
            found.insert(path.clone(), (!is_folder).then(|| std::fs::read(&path).expect("a file")));
            folders.extend(is_folder.then_some(path));
        }
    }
    found
}

/// A desk where `pay.yaml` has run and could run again, `fresh` or not, and `third.yaml` never did.
fn desk_with_two(fresh: bool) -> Desk {
    let desk = Desk::with_payments(20);
    desk.forebay("run pay.yaml").good();
    if fresh {
        for output in ["out.jsonl", "dead.jsonl"] {
            std::fs::remove_file(desk.path(output)).expect("an output");
        }
    }
    desk.write("third.yaml", &another("third").replace("third-out", "new/deep/third-out"));
    desk
}

#[test]
fn a_pipeline_that_cannot_start_keeps_the_others_from_starting_and_nothing_is_changed() {
    let list = "  lists: { none: { file: none.csv, column: card, type: u64 } }\n  sources:";
    let check = |fresh: bool, bad: String, code: &str| {
        let desk = desk_with_two(fresh);
        desk.write("bad-out.jsonl", "mine");
        desk.write("bad.yaml", &bad);
        let before = everything(&desk);
        let arguments = if fresh { " --fresh" } else { "" };
        let ended = desk.forebay(&format!("run third.yaml pay.yaml bad.yaml{arguments}"));
        let refused = ended.refused();
        assert_eq!(refused.matches("error[").count(), 1, "{refused}");
        assert!(refused.contains(&format!("error[{code}]")), "{code}: {refused}");
        assert!(ended.events("started").is_empty() && ended.out.is_empty(), "{}{}", ended.out, ended.err);
        let after = everything(&desk);
        let names = |of: &BTreeMap<PathBuf, _>| of.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&after), names(&before), "{code}{arguments}");
        let changed: Vec<_> = after.iter().filter(|(path, text)| before[*path] != **text).collect();
        assert!(changed.is_empty(), "{code}{arguments}: not as it was: {changed:?}");
        // Without it, they start.
        desk.forebay(&format!("run third.yaml pay.yaml{arguments}")).good();
    };
    for fresh in [false, true] {
        check(fresh, another("bad").replace("in.jsonl", "no.jsonl"), "FB0810");
        check(fresh, another("bad"), "FB0820");
        check(fresh, another("bad").replace("bad-out", "bad-two").replace("  sources:", list), "FB0840");
    }
}

#[test]
fn states_that_were_never_begun_leave_no_folder_behind() {
    let desk = Desk::with_payments(3);
    for name in ["one", "two"] {
        let in_one_folder = |text: String| {
            text.replace(&format!("{name}-out"), &format!("new/deep/{name}-out"))
                .replace(&format!("{name}-dead"), &format!("new/{name}-dead"))
        };
        desk.write(&format!("{name}.yaml"), &in_one_folder(another(name)));
    }
    desk.write("bad.yaml", &another("bad").replace("in.jsonl", "no.jsonl"));
    let before = everything(&desk);
    assert_eq!(desk.forebay("run one.yaml two.yaml bad.yaml").code, Some(3));
    // The run-time directory stays, without a file.
    let mut after = everything(&desk);
    after.retain(|path, _| !path.ends_with("run") && !path.ends_with("run/forebay"));
    assert!(after == before, "{:?}", after.keys());
}

#[test]
fn a_pipeline_that_cannot_begin_keeps_those_after_it_from_beginning() {
    let desk = Desk::with_payments(20);
    desk.write("two.yaml", &another("two"));
    desk.forebay("run two.yaml pay.yaml").good();
    let mark = desk.path("state/forebay/team/two/mark");
    std::fs::remove_file(&mark).expect("a mark");
    std::fs::create_dir(&mark).expect("a folder where the mark belongs");
    let of_pay = || {
        let mut all = everything(&desk);
        all.retain(|path, _| path.to_str().is_some_and(|path| path.contains("team/pay/")));
        all
    };
    let before = of_pay();
    assert!(!before.is_empty());
    let ended = desk.forebay("run two.yaml pay.yaml");
    assert!(ended.code == Some(3) && ended.events("started").is_empty(), "{:?} {}", ended.code, ended.err);
    assert!(of_pay() == before);
}

#[test]
fn a_state_that_another_run_holds_keeps_all_from_starting_and_no_state_is_cleared() {
    let desk = desk_with_two(true);
    desk.write("slow.yaml", &another("slow").replace("path: in.jsonl", "path: in.jsonl, rate: 2/s"));
    let run = desk.start("run slow.yaml");
    announced(&desk);
    let others = || {
        let of_slow = |path: &str| path.contains("slow") || path.contains("/run/");
        let mut all = everything(&desk);
        all.retain(|path, _| !path.to_str().is_some_and(of_slow));
        all
    };
    let before = others();
    let ended = desk.forebay("run pay.yaml third.yaml slow.yaml --fresh");
    assert!(ended.code == Some(3) && ended.refused().contains("error[FB0801]"), "{}", ended.err);
    assert!(others() == before);
    signal(run.parent(), Signal::INT);
    run.end().good();
}

#[test]
fn pipelines_of_one_run_share_no_name_and_no_output() {
    let desk = Desk::with_payments(3);
    std::fs::create_dir(desk.path("deep")).expect("a folder");
    let check = |other: &str, code: i32, part: &str| {
        desk.write("other.yaml", other);
        let refused = desk.forebay("run pay.yaml other.yaml");
        assert_eq!(refused.code, Some(code), "{}", refused.err);
        assert!(refused.refused().contains(part), "{}", refused.err);
        assert_eq!(refused.log()[0]["also"][0]["file"], "pay.yaml", "{}", refused.err);
        assert!(!desk.path("state").exists() && !desk.path("out.jsonl").exists());
    };
    check(&another("pay"), 2, "error[FB0219]: pay.yaml and other.yaml are both the pipeline team/pay");
    let same = "error[FB0330]: `out` of other.yaml and `out` of pay.yaml write the same file, ";
    check(&another("other").replace("other-out.jsonl", "out.jsonl"), 1, same);
    check(&another("other").replace("other-out.jsonl", "./deep/../out.jsonl"), 1, same);
    desk.write("other.yaml", &another("other").replace("other-out.jsonl", "deep/out.jsonl"));
    let stdin = desk.forebay("run pay.yaml other.yaml --from tx=-").refused();
    assert!(stdin.contains("error[FB0332]: pay.yaml and other.yaml both read standard input"), "{stdin}");
    desk.forebay("run pay.yaml other.yaml").good();
}

#[test]
fn a_pipeline_that_fails_harms_no_other() {
    let desk = Desk::with_payments(400);
    desk.write("pay.yaml", &PIPELINE.replace("path: in.jsonl", "path: in.jsonl, rate: 400/s"));
    desk.write("slow.yaml", &another("slow").replace("path: in.jsonl", "path: in.jsonl, rate: 200/s"));
    let run = desk.start("run pay.yaml slow.yaml");
    wait_for("output", || (desk.lines("out.jsonl") > 0).then_some(()));
    // Its name is taken when it is finished.
    desk.write("out.jsonl", "mine");
    let ended = run.end();
    let events: Vec<_> =
        ended.log().iter().map(|event| (event["event"].clone(), event["pipeline"].clone())).collect();
    let at = |name: &str, pipeline: &str| {
        events
            .iter()
            .position(|(event, of)| event == name && of == pipeline)
            .unwrap_or_else(|| panic!("{events:?}"))
    };
    assert!(at("error", "team/pay") < at("ended", "team/slow"), "it is told at once: {events:?}");
    assert!(ended.code == Some(1) && ended.refused().contains("error[FB0820]"), "{}", ended.err);
    assert_eq!((desk.read("out.jsonl"), desk.lines("slow-out.jsonl")), ("mine".into(), 400));
    assert!(
        ended.out.contains("team/pay: failed") && ended.out.contains("team/slow: complete"),
        "{}",
        ended.out
    );
}

#[test]
fn what_deadlines_did_is_in_the_account() {
    let desk = Desk::with_payments(5_000);
    // A whole batch takes longer than that.
    let slo = "  delivery: { guarantee: at_least_once, commit_every: 1ms }\n  slo: { deadline: 1ms, on_late: publish }\n";
    desk.write("pay.yaml", &PIPELINE.replace("  sources:", &format!("{slo}  sources:")));
    let ended = desk.forebay("run pay.yaml").good();
    let late = ended.events("ended")[0]["ledger"]["late"]["out"].as_u64().unwrap_or_default();
    assert!((1..=5_000).contains(&late), "{}", ended.err);
    assert!(ended.out.contains("  out  came there after the deadline"), "{}", ended.out);
    let again = desk.forebay("run pay.yaml").good();
    assert_eq!(again.events("ended")[0]["ledger"]["late"]["out"], late, "it is kept with the state");
}

#[test]
fn what_is_away_has_an_exit_code_of_its_own() {
    let desk = Desk::with_payments(3);
    let check = |arguments: &str, code: i32, part: &str| {
        let ended = desk.forebay(&format!("run pay.yaml {arguments}"));
        assert_eq!(ended.code, Some(code), "{}", ended.err);
        assert!(ended.refused().contains(part), "{}", ended.err);
    };
    check("--from tx=none.jsonl", 3, "error[FB0810]");
    check("--admin 1.2.3.4:1", 3, "error[FB0841]");
    check("--state in.jsonl", 3, "keep the state elsewhere with --state DIR");
    check("--set vars.large=much", 2, "error[FB0131]");
    desk.write(
        "listed.yaml",
        &PIPELINE.replace(
            "  sources:",
            "  lists: { blocked: { file: no.csv, column: card, type: u64 } }\n  sources:",
        ),
    );
    let ended = desk.forebay("run listed.yaml");
    assert!(ended.code == Some(3) && ended.refused().contains("error[FB0840]"), "{}", ended.err);
    desk.write("no.csv", "card\nnone\n");
    let ended = desk.forebay("run listed.yaml");
    assert!(ended.code == Some(1) && ended.refused().contains("no.csv:2: "), "{}", ended.err);
}

#[test]
fn a_path_that_names_nothing_says_what_it_counts_from() {
    let desk = Desk::with_payments(0);
    let check = |arguments: &str, parts: &[&str]| {
        desk.write("deep/pay.yaml", PIPELINE);
        let refused = desk.forebay(&format!("run deep/pay.yaml {arguments}")).refused();
        parts.iter().for_each(|part| assert!(refused.contains(part), "{part} in {refused}"));
    };
    let in_file =
        "source `tx`: `deep/in.jsonl` does not exist; a path in deep/pay.yaml counts from that file";
    check("", &[in_file, "--> deep/pay.yaml:8:21"]);
    let here = std::fs::canonicalize(desk.path(".")).expect("the desk is there");
    let counts = format!("counts from the working directory, {}", here.display());
    let argument = "source `tx`: `none` does not exist; the path of --from ";
    check("--from tx=none", &[&format!("{argument}{counts}"), "--> --from tx=…:1:4"]);
    check("--from tx=on.jsonl", &["did you mean `in.jsonl`? the path of --from counts from"]);
    check("--set sources.tx.file.path=none", &[&format!("the path of --set {counts}")]);
    check("--from tx=*.gz", &["`*.gz` matches no file", &counts]);
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
    // Nothing but the log is there: the model's runtime says nothing either.
    assert!(ended.log().len() >= 2);
    let records = desk.lines(card::TRANSACTIONS);
    let scored = desk.read("out/scored.jsonl");
    assert_eq!((scored.lines().count(), desk.lines("out/dead.jsonl")), (records, 0), "{}", ended.out);
    assert!(
        scored.lines().all(
            |line| line.contains("\"_model\":\"card-fraud@3 sha256:") && !line.contains("\"score\":null")
        )
    );
}

/// What reads `behind` has the columns of the main input: a label there would be taken for something else.
#[test]
fn a_label_that_is_behind_is_rejected_beside_a_reader_of_behind() {
    let desk = Desk::new();
    desk.write(
        "marked.yaml",
        "\
apiVersion: forebay.dev/v1alpha1
kind: Pipeline
metadata: { name: marked, namespace: team }
spec:
  sources:
    tx: { file: { path: tx.jsonl }, format: json, schema: { id: string, shop: u64, ts: timestamp(ms) }, event_time: ts }
    marks: { file: { path: marks.jsonl }, format: json, schema: { fraud: bool, shop: u64, id: string, at: timestamp(ms) }, event_time: at }
  stages:
    shop:
      input: { main: tx, labels: marks }
      window_features: { by: shop, windows: [1d], delay: 7d, labels: { by: id, unknown: { fraud: false } }, emit: { risk: share(fraud) } }
  sinks:
    out: { input: shop, file: { path: out.jsonl }, columns: [id, risk_1d] }
    behind: { input: shop.behind, file: { path: behind.jsonl }, columns: [id, shop] }
    dead: { input: rejected, file: { path: dead.jsonl }, columns: [code, node, source, position] }
",
    );
    let (now, before) = (1_767_225_600_000_u64, 1_767_225_500_000_u64);
    let tx = |id: &str, ts: u64| format!("{{\"id\":\"{id}\",\"shop\":1,\"ts\":{ts}}}\n");
    let mark = |id: &str, at: u64| format!("{{\"fraud\":true,\"shop\":7,\"id\":\"{id}\",\"at\":{at}}}\n");
    desk.write("tx.jsonl", &(tx("a", now) + &tx("b", before)));
    desk.write("marks.jsonl", &(mark("a", now) + &mark("z", before)));
    let ended = desk.forebay("run marked.yaml").good();
    assert_eq!(desk.read("behind.jsonl"), "{\"id\":\"b\",\"shop\":1}\n", "{}", ended.err);
    let dead = "{\"code\":\"FB0770\",\"node\":\"shop\",\"source\":\"marks\",\"position\":\"2\"}\n";
    assert_eq!(desk.read("dead.jsonl"), dead, "{}", ended.err);
}
