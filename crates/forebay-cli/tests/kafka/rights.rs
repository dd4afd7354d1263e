//! A pipeline runs with the rights that the README lists and no others, and each that is missing is an error that names it.

use std::time::Duration;

use forebay_testkit::broker::{Listener, Tool};

use crate::desk::{Going, wait_for};
use crate::secured::{self, PASSWORD, RESTRICTED, broker, login, refuses, tls};
use crate::stand::{Change, Stand, drain};

/// A stand for one of the users who may do nothing so far; each test has another one.
fn stand(user: usize, change: &Change<'_>) -> (Stand, String) {
    assert!(user < RESTRICTED);
    let name = format!("user-{user}");
    let stand = secured::stand(Listener::SaslScram, &login(&tls(), "scram_sha_512", &name));
    stand.pipeline(change);
    (stand, name)
}

/// Gives rights, or takes them: `--topic t --operation Read`.
fn acls(verb: &str, user: &str, rights: &str) {
    let principal = format!("User:{user}");
    let mut arguments = vec![verb, "--force", "--allow-principal", &principal];
    arguments.extend(rights.split_whitespace());
    let said = broker().tool(Tool::Acls, &arguments);
    said.unwrap_or_else(|error| panic!("{rights}: {error}"));
}

/// All that the README lists for a pipeline.
fn source(stand: &Stand) -> [String; 2] {
    let group = format!("{}.pay", stand.input);
    [format!("--topic {} --operation Read", stand.input), format!("--group {group} --operation Read")]
}

fn sinks(stand: &Stand) -> String {
    format!("--topic {} --topic {} --operation Write", stand.output, stand.dead)
}

fn go(stand: &Stand, arguments: &str) -> Going {
    secured::run(stand, &format!("run pay.yaml {arguments}"), Some(PASSWORD))
}

#[test]
fn a_pipeline_runs_with_what_the_readme_lists_and_no_more() {
    let (stand, user) = stand(0, &Change::default());
    for right in source(&stand).into_iter().chain([sinks(&stand)]) {
        acls("--add", &user, &right);
    }
    stand.pay(0..200);
    stand.cluster.fill(&stand.input, [("7", "no record".to_string())]);
    for arguments in ["", "--set scale=one --fresh"] {
        let going = go(&stand, arguments);
        stand.out(200);
        stand.dead(1);
        drain(going).good();
    }
    // `validate --live` needs nothing beside.
    secured::run(&stand, "validate --live pay.yaml", Some(PASSWORD)).end().good();
}

#[test]
fn each_right_that_is_missing_is_named() {
    let (stand, user) = stand(1, &Change::default());
    let [topic, group] = source(&stand);
    let (place, name) = (format!("topic `{}`", stand.input), format!("group `{}.pay`", stand.input));
    let missing = |words: &[&str]| refuses(&stand, Some(PASSWORD), "FB0874", 1, words);
    acls("--add", &user, &sinks(&stand));
    acls("--add", &user, &group);
    missing(&["connection `here`", &place, "READ on the topic"]);
    // To see it is not to read it.
    acls("--add", &user, &format!("--topic {} --operation Describe", stand.input));
    missing(&["connection `here`", &place, "READ on the topic"]);
    acls("--add", &user, &topic);
    acls("--remove", &user, &group);
    missing(&["connection `here`", &name, "READ on the group"]);
    let live = secured::run(&stand, "validate --live pay.yaml", Some(PASSWORD)).end();
    assert!(
        live.code == Some(1) && live.err.contains("READ on the group") && live.err.contains("pay.yaml:9:"),
        "{}",
        live.err
    );
    acls("--add", &user, &group);
    acls("--remove", &user, &format!("--topic {} --operation Write", stand.output));
    missing(&["connection `here`", &format!("topic `{}`", stand.output), "WRITE on the topic"]);
}

#[test]
fn a_sink_that_makes_its_topic_needs_one_right_more() {
    let (stand, user) = stand(2, &Change { sink: ", create: { partitions: 1 }", ..Change::default() });
    let new = format!("{}-new", stand.output);
    let text = stand.desk.read("pay.yaml").replace(&stand.output, &new);
    stand.desk.write("pay.yaml", &text);
    for right in source(&stand).into_iter().chain([sinks(&stand)]) {
        acls("--add", &user, &right);
    }
    acls("--add", &user, &format!("--topic {new} --operation Write"));
    refuses(&stand, Some(PASSWORD), "FB0874", 1, &["connection `here`", &new, "CREATE on the topic"]);
    acls("--add", &user, &format!("--topic {new} --operation Create"));
    stand.pay(0..50);
    let going = go(&stand, "");
    wait_for("the topic", || stand.cluster.has(&new).then_some(()));
    wait_for("50 messages", || (stand.cluster.written(&new) >= 50).then_some(()));
    drain(going).good();
    assert_eq!(stand.cluster.written(&new), 50, "each once: nothing went wrong");
}

#[test]
fn a_right_that_is_taken_away_is_waited_for_and_nothing_is_lost() {
    let (stand, user) = stand(3, &Change::default());
    let rights: Vec<String> = source(&stand).into_iter().chain([sinks(&stand)]).collect();
    rights.iter().for_each(|right| acls("--add", &user, right));
    stand.pay(0..100);
    let going = go(&stand, "");
    stand.out(100);
    for (at, right) in rights.iter().enumerate() {
        let paid = 100 * (at as u64 + 1);
        acls("--remove", &user, right);
        std::thread::sleep(Duration::from_secs(2));
        stand.pay(paid..paid + 100);
        std::thread::sleep(Duration::from_secs(3));
        // Who is in the group already goes on for a while, and who may not read or write does nothing.
        assert!(right.contains("--group") || stand.cluster.count(&stand.output) == paid, "{right}");
        acls("--add", &user, right);
        stand.out(paid as usize + 100);
    }
    let ended = drain(going).good();
    let waits = ended.events("waiting");
    let why = |event: &serde_json::Value| event["why"].as_str().is_some_and(|why| why.contains("FB0874"));
    assert!(waits.iter().any(why), "{}", ended.err);
    secured::keeps_quiet(&ended);
}

/// Letters are read by whoever may read their topic; a replay needs the group that it keeps its marks in, and may write the topic that the
/// messages came from.
#[test]
fn letters_are_read_and_sent_back_with_what_the_readme_lists_and_no_more() {
    let (stand, user) = stand(4, &Change::default());
    stand.cluster.fill(&stand.input, [("7", "no record".to_string())]);
    let rights: Vec<String> = source(&stand).into_iter().chain([sinks(&stand)]).collect();
    rights.iter().for_each(|right| acls("--add", &user, right));
    let going = go(&stand, "");
    stand.dead(1);
    drain(going).good();
    rights.iter().for_each(|right| acls("--remove", &user, right));
    let dlq =
        |arguments: &str| secured::run(&stand, &format!("dlq {arguments} pay.yaml"), Some(PASSWORD)).end();
    let missing = |arguments: &str, place: &str, right: &str| {
        let ended = dlq(arguments);
        let said = [place, right, "FB0874"].iter().all(|word| ended.err.contains(word));
        assert!(said && ended.code == Some(1), "{place} {right}\n{}", ended.err);
        secured::keeps_quiet(&ended);
    };
    missing("ls", &stand.dead, "READ on the topic");
    acls("--add", &user, &format!("--topic {} --operation Read", stand.dead));
    assert!(dlq("ls").good().out.contains("FB0701"));
    assert!(dlq("show").good().out.contains("no record"));
    let group = format!("{}.pay.dlq", stand.input);
    missing("replay", &group, "READ on the group");
    acls("--add", &user, &format!("--group {group} --operation Read"));
    missing("replay", &stand.input, "WRITE on the topic");
    acls("--add", &user, &format!("--topic {} --operation Write", stand.input));
    assert!(dlq("replay").good().out.contains("1 message sent back"));
}
