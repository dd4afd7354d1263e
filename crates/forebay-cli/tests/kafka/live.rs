//! `forebay validate --live`: what is not there and what may not be done, each at its place in the pipeline file.

use std::time::{Duration, Instant};

use crate::stand::{Change, Stand};

/// Exit code, and everything that is printed with names that do not differ from run to run.
#[track_caller]
fn check(stand: &Stand, arguments: &str, exit: i32, words: &[&str]) {
    let began = Instant::now();
    let ended = stand.desk.forebay(&format!("validate --live {arguments} pay.yaml"));
    let text = format!("{}{}", ended.out, ended.err);
    for word in words {
        assert!(text.contains(word), "`{word}` is not in\n{text}");
    }
    assert_eq!(ended.code, Some(exit), "{text}");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[test]
fn what_is_there_is_listed() {
    let stand = Stand::new(3);
    stand.pipeline(&Change::default());
    stand.desk.write("blocked.txt", "7\n8\n");
    let text = stand.desk.read("pay.yaml");
    let lists = "spec:\n  lists: { blocked: { file: blocked.txt, type: u64 } }\n";
    stand.desk.write("pay.yaml", &text.replace("spec:\n", lists));
    let topic = format!("reads topic `{}`, connection `here`", stand.input);
    check(&stand, "", 0, &[&topic, "3 partitions", "1 partition", "list `blocked`", "2 values", "no errors"]);
    let json = stand.desk.forebay("validate --live --json pay.yaml").good().json();
    assert_eq!(json["errors"], 0);
    let found: Vec<&str> =
        json["live"].as_array().unwrap().iter().filter_map(|h| h["node"].as_str()).collect();
    assert_eq!(found, ["tx", "out", "dead"]);
}

#[test]
fn a_topic_that_is_not_there_is_an_error_with_the_nearest_name() {
    let stand = Stand::new(1);
    stand.pipeline(&Change::default());
    let text = stand.desk.read("pay.yaml");
    let wrong = text.replace(&format!("topic: {},", stand.output), &format!("topic: {}x,", stand.output));
    stand.desk.write("pay.yaml", &wrong);
    let near = format!("did you mean `{}`?", stand.output);
    check(&stand, "", 1, &["error[FB0873]", "there is no such topic", &near, "pay.yaml:15:", "1 error"]);
    // A sink that makes it does not miss it.
    stand.desk.write("pay.yaml", &wrong.replace("x, key: card", "x, key: card, create: { partitions: 1 }"));
    check(&stand, "", 0, &["made at the start"]);
    // Without `--live` nobody is asked.
    stand.desk.write("pay.yaml", &wrong);
    stand.desk.forebay("validate pay.yaml").good();
}

#[test]
fn a_compacted_topic_wants_a_key() {
    let stand = Stand::new(1);
    let topic = format!("{}-compact", stand.output);
    stand.cluster.create_with(&topic, 1, &[("cleanup.policy", "compact")]);
    stand.pipeline(&Change::default());
    let keyed = stand.desk.read("pay.yaml").replace(&stand.output, &topic);
    stand.desk.write("pay.yaml", &keyed);
    check(&stand, "", 0, &["1 partition"]);
    stand
        .desk
        .write("pay.yaml", &keyed.replace(&format!("topic: {topic}, key: card"), &format!("topic: {topic}")));
    check(&stand, "", 1, &["error[FB0881]", "is compacted", "write `key: COLUMN`", "pay.yaml:15:"]);
}

#[test]
fn what_is_away_is_said_at_once_for_everything() {
    let stand = Stand::new(1);
    stand.pipeline(&Change::default());
    // Nobody listens on the port for discarding.
    stand.connection("brokers: [\"127.0.0.1:9\"]");
    stand.desk.write("blocked.txt", "");
    let text = stand.desk.read("pay.yaml");
    let lists = "spec:\n  lists: { blocked: { file: nobody.txt, type: u64 } }\n";
    stand.desk.write("pay.yaml", &text.replace("spec:\n", lists));
    check(
        &stand,
        "",
        3,
        &["error[FB0871]", "connection `here` (127.0.0.1:9)", "Connection refused", "nobody.txt", "2 errors"],
    );
    check(&stand, "--json", 3, &["\"code\": \"FB0871\"", "\"line\": 10"]);
    // What is wrong in the file is said beside it.
    let text = stand.desk.read("pay.yaml").replace("columns: [id,", "columns: [idd,");
    stand.desk.write("pay.yaml", &text);
    check(&stand, "", 3, &["error[FB0871]", "idd"]);
    // A secret that is not on this host is away as well.
    stand.connection(
        "brokers: [\"127.0.0.1:9\"], sasl: { mechanism: plain, user: a, password: \"${secret:NOWHERE}\" }",
    );
    check(&stand, "", 3, &["error[FB0870]", "connection `here`", "FOREBAY_SECRET_NOWHERE"]);
}

#[test]
fn what_models_need_and_is_not_here_stands_at_their_place() {
    let stand = Stand::new(1);
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let mut command = stand.desk.command("validate --live --json pipelines/card-fraud.yaml");
    command.current_dir(root).env("FOREBAY_CACHE", stand.desk.path("cache"));
    let ended = crate::desk::Going::start(&mut command).end();
    let said = ended.json();
    let codes: Vec<(&str, u64)> = said["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["code"].as_str().unwrap(), one["line"].as_u64().unwrap()))
        .collect();
    let text = std::fs::read_to_string(format!("{root}/pipelines/card-fraud.yaml")).unwrap();
    let line = |part: &str| text.lines().position(|line| line.contains(part)).unwrap() as u64 + 1;
    assert!(codes.contains(&("FB0831", line("model: "))), "{}", ended.out);
    // Its clusters want a secret, which is said before anybody is asked.
    assert!(codes.contains(&("FB0870", line("connection: "))), "{}", ended.out);
    assert_eq!(ended.code, Some(3));
}
