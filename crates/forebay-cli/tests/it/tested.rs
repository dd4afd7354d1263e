//! `forebay test`: what it prints, writes and answers. What tests can say is shown beside the code that runs them.

use super::desk::{Desk, Ended, Going, PIPELINE};

/// The payments pipeline with these tests.
fn desk(tests: &str) -> Desk {
    let desk = Desk::new();
    desk.write("pay.yaml", &format!("{PIPELINE}{tests}"));
    desk
}

/// What was printed, without times.
fn said(ended: &Ended) -> String {
    let line = |line: &str| match line.rfind("  (") {
        Some(at) if line.ends_with("s)") => format!("{}\n", &line[..at]),
        _ => format!("{line}\n"),
    };
    let text: String = ended.out.lines().map(line).collect();
    format!("{text}{}exit {}\n", ended.err, ended.code.unwrap_or(-1))
}

const GOOD: &str = "\
tests:
  - name: large payments are looked at
    input: { tx: [{ id: 1, card: 7, amount: 50.01, ts: 0 }, { id: 2, card: 7, amount: 9, ts: 5 }] }
    expect: { out: [{ id: 1, decision: review }, { id: 2, decision: approve, spent_1h: 59.01 }] }
";

#[test]
fn tests_that_pass_are_a_line_each() {
    let ended = desk(GOOD).forebay("test pay.yaml");
    assert_eq!(
        said(&ended),
        "pay.yaml\n  pass  large payments are looked at\n\n1 passed, 0 failed\nexit 0\n"
    );
}

#[test]
fn what_is_not_as_expected_is_a_diff() {
    let tests = "\
tests:
  - name: one is different
    input: { tx: [{ id: 1, card: 7, amount: 50.01, ts: 0 }, { id: 2, card: 7, amount: 9, ts: 5 }] }
    expect: { out: [{ id: 1, decision: approve, rule: null }, { id: 2, decision: approve }] }
  - name: one is gone and one is bad
    input: { tx: { file: in.jsonl } }
    expect: { out: [{ id: 1 }, { id: 2 }] }
";
    let desk = desk(tests);
    desk.write(
        "in.jsonl",
        "{\"id\":1,\"card\":7,\"amount\":1,\"ts\":0}\n{\"id\":2,\"card\":7,\"amount\":0.001,\"ts\":0}\n",
    );
    let expect = "\
pay.yaml
  FAIL  one is different
        out: 1 of 2 records not as expected   - expected + came
          record 1  pay.yaml:25
              id        1
            - decision  approve
            + decision  review
            - rule      null
            + rule      large
  FAIL  one is gone and one is bad
        out: 2 records expected, 1 came   - expected + came
          record 2 did not come  pay.yaml:28
            - id  2
        rejected: 1 record that the test does not expect
          by tx  stream test, record 2
            + [FB0708] field `amount`: decimal(2) has 2 digits behind the point and is not rounded: 0.001 (byte 27 of the line)
          write `rejected: [{ code: … }]` under `expect` if that is what the test shows

0 passed, 2 failed
exit 1
";
    assert_eq!(said(&desk.forebay("test pay.yaml")), expect);
}

#[test]
fn programs_get_the_same_as_json() {
    let wrong = GOOD.replace("decision: review", "decision: stop");
    let ended = desk(&wrong).forebay("test pay.yaml --json");
    let json = ended.json();
    assert_eq!((ended.code, json["failed"].as_u64(), json["passed"].as_u64()), (Some(1), Some(1), Some(0)));
    let test = &json["tests"][0];
    assert_eq!((test["verdict"].as_str(), test["line"].as_u64()), (Some("failed"), Some(23)));
    let cell = &test["differences"][0]["records"][0]["columns"][1];
    assert_eq!(
        (cell["column"].as_str(), cell["expected"].as_str(), cell["got"].as_str()),
        (Some("decision"), Some("stop"), Some("review"))
    );
}

#[test]
fn what_came_can_be_accepted() {
    let wrong = GOOD.replace("decision: review", "decision: stop").replace("59.01", "any");
    let desk = desk(&format!("{wrong}    # the end\n"));
    let before = desk.read("pay.yaml");
    let ended = desk.forebay("test pay.yaml --accept").good();
    assert!(ended.out.contains("\n  take  large payments"), "{}", ended.out);
    assert!(ended.out.ends_with("0 passed, 0 failed, 1 output accepted\n"), "{}", ended.out);
    assert_eq!(desk.read("pay.yaml"), before.replace("decision: stop", "decision: review"));
    desk.forebay("test pay.yaml").good();
}

#[test]
fn what_is_sensitive_is_accepted_unseen() {
    let desk = Desk::new();
    let pipeline = PIPELINE.replace("card: u64", "card: { type: u64, sensitive: true }");
    let tests = GOOD.replace("card: 7", "card: 4711").replace("decision: approve", "card: 8");
    desk.write("pay.yaml", &format!("{pipeline}{tests}"));
    let ended = desk.forebay("test pay.yaml --accept").good();
    assert!(
        ended.out.ends_with("1 output accepted\nsensitive values were written as `any`\n"),
        "{}",
        ended.out
    );
    assert!(!said(&ended).contains("4711"), "{}", ended.out);
    assert_eq!(desk.read("pay.yaml"), format!("{pipeline}{}", tests.replace("card: 8", "card: any")));
    desk.forebay("test pay.yaml").good();
}

#[test]
fn mistakes_of_files_and_tests_are_told_first() {
    let ended = desk("tests:\n  - name: a\n    input: { tx: [] }\n    expect: { outt: [] }\n")
        .forebay("test pay.yaml");
    assert!(ended.code == Some(1) && ended.err.contains("error[FB0906]"), "{}{}", ended.out, ended.err);
    let ended = desk(&GOOD.replace("input: { tx: [", "mock: { habits: { paid_1h: 1 } }\n    input: { tx: ["))
        .forebay("test pay.yaml");
    let expect = "error[FB0904]: the mock of `habits` gives no `spent_1h`";
    assert!(ended.code == Some(1) && ended.out.contains(expect), "{}{}", ended.out, ended.err);
}

#[test]
fn a_model_that_is_away_skips_and_under_strict_fails() {
    let desk = Desk::new();
    let card = "apiVersion: forebay.dev/v1alpha1\nkind: Model\nmetadata: { name: guess }\nspec:\n  source: { file: none.onnx }\n  \
                sha256: 160c4f6deb5e19de9061f38347b16a738a2bd739292a5bd948c103552f2196a3\n  licence: Apache-2.0\n  batch: invariant\n  \
                inputs: [{ tensor: i, type: f32, dims: [batch, 1], columns: [x] }]\n  \
                outputs: [{ tensor: o, type: f32, dims: [batch, 1], columns: [score] }]\n";
    desk.write("configs/models/guess.yaml", card);
    desk.write(
        "guess.yaml",
        "apiVersion: forebay.dev/v1alpha1\nkind: Pipeline\nmetadata: { name: guess }\nspec:\n  \
         sources: { in: { file: { path: in.jsonl }, schema: { x: f32 } } }\n  stages: { guess: { input: in, infer: { model: guess } } }\n  \
         sinks: { out: { input: guess, file: { path: out.jsonl } } }\n\
         tests:\n  - { name: guesses, input: { in: [{ x: 1 }] }, expect: { out: [{ score: 1 }] } }\n",
    );
    let why = "the model `guess` is not here; `forebay model pull guess` brings it";
    let text = |word, counts, exit| {
        format!("guess.yaml\n  {word}  guesses\n        {why}\n\n{counts}\nexit {exit}\n")
    };
    assert_eq!(said(&desk.forebay("test guess.yaml")), text("skip", "0 passed, 0 failed, 1 skipped", 0));
    assert_eq!(
        said(&desk.forebay("test guess.yaml --strict")),
        text("FAIL", "0 passed, 0 failed, 1 skipped", 1)
    );
}

#[test]
fn a_file_without_tests_is_no_mistake() {
    let ended = desk("").forebay("test pay.yaml");
    assert_eq!(said(&ended), "pay.yaml\n  no tests\n\n0 passed, 0 failed\nexit 0\n");
}

#[test]
fn the_card_fraud_pipeline_passes_its_own_tests() {
    let desk = Desk::new();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut command = desk.command("test pipelines/card-fraud.yaml");
    let ended = Going::start(command.current_dir(root)).end();
    assert!(ended.good().out.ends_with("2 passed, 0 failed\n"));
}
