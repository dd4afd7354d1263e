//! What `--accept` makes of a file: the tests before and after, and what becomes of the file itself.

use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;
use crate::trial::accept;

/// The tests before and after what came was accepted; after that they hold.
#[track_caller]
fn check_accept(spec: &str, before: &str, after: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (_, files) = run(folder.path(), spec, before);
    let indent = |text: &str| text.trim().lines().map(|line| format!("  {line}\n")).collect::<String>();
    let text = files.first().map_or(String::new(), |(_, text)| text.clone());
    let tests = text.split("\ntests:\n").nth(1).unwrap_or_default();
    assert_eq!(tests, indent(after));
    assert_eq!(run(folder.path(), spec, after).0, "pass\n");
}

#[test]
fn what_came_is_accepted_in_its_place() {
    let head = "- name: a   # why it matters\n  input: { tx: [{ id: a, card: 7, amount: 1, ts: 1000 }, { id: b, card: 7, amount: 200, ts: 1001 }] }\n";
    let both =
        |before: &str, after: &str| check_accept(PAY, &format!("{head}{before}"), &format!("{head}{after}"));
    // Values that differ, and nothing else.
    both(
        "  expect:\n    out:\n      - { id: a, large: true }   # one\n      # two\n      - id: x\n        amount: { min: 100 }\n",
        "  expect:\n    out:\n      - { id: a, large: false }   # one\n      # two\n      - id: b\n        amount: { min: 100 }\n",
    );
    // Records that came or went, with the columns that mattered.
    both(
        "  expect: { out: [{ id: a, large: false }] }   # end",
        "  expect: { out: [{ id: a, large: false }, { id: b, large: true }] }   # end",
    );
    both(
        "  expect: { out: [] }",
        "  expect: { out: [{ id: a, amount: 1.00, large: false }, { id: b, amount: 200.00, large: true }] }",
    );
    both(
        "  expect:\n    out:\n      - { id: a }\n      - { id: z }\n      - { id: b }\n    size: [{}, {}]",
        "  expect:\n    out:\n      - { id: a }\n      - { id: b }\n    size: [{}, {}]",
    );
}

#[test]
fn sensitive_values_are_not_written() {
    let both = |before: &str, after: &str| {
        let test =
            |expect: &str| keyed(&format!("mock: {{ lists.blocked: [] }}\n  expect: {{ out: [{expect}] }}"));
        check_accept(KEYED, &test(before), &test(after));
    };
    both(
        "{ id: a, amount: 5 }, { id: x, amount: 9 }, { id: c }",
        "{ id: a, amount: 5 }, { id: b, amount: any }, { id: c }",
    );
    both(
        "{ id: a, amount: 5 }, { id: c, amount: 8 }",
        "{ id: a, amount: 5 }, { id: b, amount: any }, { id: c, amount: any }",
    );
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("out.jsonl"), "{\"id\":\"a\",\"amount\":5}\n{\"id\":\"b\",\"amount\":9}\n")
        .unwrap();
    let test = keyed("mock: { lists.blocked: [] }\n  expect: { out: { file: out.jsonl } }");
    let (_, files) = run(folder.path(), KEYED, &test);
    assert_eq!(
        files[0].1,
        "{\"id\":\"a\",\"amount\":5}\n{\"id\":\"b\",\"amount\":\"any\"}\n{\"id\":\"c\",\"amount\":\"any\"}\n"
    );
}

#[test]
fn matchers_that_hold_stay() {
    let head = "- name: a\n  input: { tx: [{ id: a, card: 7, amount: 1, ts: 1000 }, { id: b, card: 7, amount: 200, ts: 1001 }] }\n";
    let both = |before: &str, after: &str| {
        let list = |records: &str| format!("{head}  expect: {{ out: [{records}] }}");
        check_accept(PAY, &list(before), &list(after));
    };
    let one = "amount: { min: 0.5, max: 1.5 }";
    // A record came beside theirs.
    both(&format!("{{ id: a, {one} }}"), &format!("{{ id: a, {one} }}, {{ id: b, amount: 200.00 }}"));
    both(
        &format!("{{ id: x, {one}, large: true }}"),
        &format!("{{ id: a, {one}, large: false }}, {{ id: b, amount: 200.00, large: true }}"),
    );
    // Or went.
    both(
        &format!(
            "{{ id: z, amount: any }}, {{ id: a, {one}, large: any }}, {{ id: b, amount: {{ min: 300 }} }}"
        ),
        &format!("{{ id: a, {one}, large: any }}, {{ id: b, amount: 200.00 }}"),
    );
}

#[test]
fn what_stays_keeps_its_bytes_when_records_come_and_go() {
    let records = |ids: &str| {
        let record =
            |(at, id): (usize, char)| format!("{{ id: {id}, card: 7, amount: 1, ts: {} }}", 1000 + at);
        let records: Vec<String> = ids.chars().enumerate().map(record).collect();
        format!("- name: a\n  input: {{ tx: [{}] }}\n", records.join(", "))
    };
    let both = |ids: &str, before: &str, after: &str| {
        check_accept(PAY, &format!("{}{before}", records(ids)), &format!("{}{after}", records(ids)));
    };
    let head = "  expect:\n    out:\n      # first\n";
    both(
        "abd",
        &format!(
            "{head}      - {{ id: a }}   # one\n      # second\n      -   id: \"b\"   # two\n          large: any\n\n      # third\n      - {{ id: c }}\n    # end"
        ),
        &format!(
            "{head}      - {{ id: a }}   # one\n      # second\n      -   id: \"b\"   # two\n          large: any\n\n      # third\n      - {{ id: d }}\n    # end"
        ),
    );
    both(
        "abd",
        &format!("{head}      - {{ id: a }}   # one\n      # third\n      - id: 'd'  # four\n    # end"),
        &format!(
            "{head}      - {{ id: a }}   # one\n      - {{ id: b }}\n      # third\n      - id: 'd'  # four\n    # end"
        ),
    );
    both(
        "bcd",
        &format!("{head}      - {{ id: a }}   # one\n      # second\n      - id: 'b'  # four\n"),
        &format!("{head}      # second\n      - id: 'b'  # four\n      - {{ id: c }}\n      - {{ id: d }}\n"),
    );
    both(
        "",
        &format!("{head}      - {{ id: a }}\n      - id: b\n    size: []"),
        &format!("{head}      []\n    size: []"),
    );
    both(
        "bcde",
        "  expect: { out: [ {id: a}, { id:  b }, {id: d} ] }   # end",
        "  expect: { out: [ { id:  b }, { id: c }, {id: d}, { id: e } ] }   # end",
    );
    both(
        "bcde",
        "  expect:\n    out: [\n      {id: a}, # one, or not\n      # two\n      {id: b}, # b\n      {id: d}, # d\n    ]",
        "  expect:\n    out: [\n      # one, or not\n      # two\n      {id: b}, # b\n      { id: c },\n      {id: d}, # d\n      { id: e }\n    ]",
    );
    both("ab", "  expect: { out: { id: a } }", "  expect: { out: [{ id: a }, { id: b }] }");
}

/// Runs the tests of `p.yaml`, and lets `meanwhile` at the folder before what came is accepted.
fn accepted(folder: &Path, tests: &str, meanwhile: impl Fn()) -> Result<(), Error> {
    run(folder, PAY, tests);
    let path = folder.join("p.yaml").to_str().unwrap().to_string();
    let registry = crate::registry();
    let loaded = load(&registry, &[path], &LoadOptions::default(), &Goal::Check);
    let trials = run_tests(&registry, &loaded, &loaded.pipelines[0], &mut |_| {}).unwrap();
    let edits: Vec<Edit> = trials
        .trials
        .into_iter()
        .flat_map(
            |trial| if let Verdict::Failed(failure) = trial.verdict { failure.edits } else { Vec::new() },
        )
        .collect();
    meanwhile();
    accept(&loaded.files, &edits)
}

const ONE: &str = "- name: a\n  input: { tx: [{ id: a, card: 7, amount: 1, ts: 1000 }] }\n  expect: { out: { file: out.jsonl }, size: [{ id: b }] }";

#[test]
fn files_are_replaced_whole_and_links_and_rights_stay() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("real.jsonl"), "{\"id\":\"a\"}\n{\"id\":\"b\"}\n").unwrap();
    fs::set_permissions(at("real.jsonl"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real.jsonl", at("out.jsonl")).unwrap();
    accepted(folder.path(), ONE, || {}).unwrap();
    assert_eq!(fs::read_to_string(at("real.jsonl")).unwrap(), "{\"id\":\"a\"}\n");
    assert!(fs::symlink_metadata(at("out.jsonl")).unwrap().is_symlink());
    assert_eq!(fs::metadata(at("real.jsonl")).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(fs::read_to_string(at("p.yaml")).unwrap().contains("size: [{ id: a }]"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "nothing else is left there");
}

#[test]
fn nothing_is_written_when_something_cannot_be() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("out.jsonl"), "{\"id\":\"b\"}\n").unwrap();
    let edited = "# somebody is writing here\n";
    let error = accepted(folder.path(), ONE, || fs::write(at("p.yaml"), edited).unwrap()).unwrap_err();
    assert!(error.message.contains("it changed while the tests ran"), "{error}");
    assert_eq!(fs::read_to_string(at("p.yaml")).unwrap(), edited);
    assert_eq!(fs::read_to_string(at("out.jsonl")).unwrap(), "{\"id\":\"b\"}\n");
    let gone = accepted(folder.path(), ONE, || fs::remove_file(at("out.jsonl")).unwrap()).unwrap_err();
    assert!(gone.message.contains("out.jsonl` cannot be written"), "{gone}");
    assert!(fs::read_to_string(at("p.yaml")).unwrap().contains("size: [{ id: b }]"));
}
