//! Tests that lie in other files, and records that do.

use super::*;

/// A folder with these files; what the tests say, without the folder's name.
fn said(files: &[(&str, &str)], tests: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let place = format!("{}/", folder.path().display());
    run(folder.path(), PAY, tests).0.replace(&place, "").trim_end().to_string()
}

const A: &str = "{\"id\":\"a\",\"card\":7,\"amount\":1,\"ts\":1000}\n";

fn both(expect: &str) -> String {
    format!("- name: a\n  input: {{ tx: {{ file: in.jsonl }} }}\n  expect: {{ {expect} }}")
}

#[test]
fn what_is_expected_may_lie_in_a_file() {
    let check = |lines: &str, expect: &str| {
        let said = said(&[("in.jsonl", A), ("out.jsonl", lines)], &both("out: { file: out.jsonl }"));
        assert_eq!(said, expect, "{lines}");
    };
    check("{\"id\":\"a\",\"amount\":{\"min\":1}}\r\n\r\n", "pass");
    check("{\"id\":\"b\"}", "out 1: id: a is not b");
    check("{\"idd\":\"b\"}", "out 1: idd: (no such column) is not b");
    check("", "out +1: id: a, amount: 1.00, large: false");
    let wrong =
        |place: &str, why: &str| format!("wrong: [FB0903] out.jsonl:{place}: this line is no record: {why}");
    check("{\"id\":\"a\"}\n\n{\"id\": b}\n", &wrong("3:8", "a value is missing, or a text lacks its quotes"));
    check("{\"id\":\"a\"} x", &wrong("1:12", "something follows the object; a line holds one record"));
    check("[]", &wrong("1:1", "a record is an object: `{ … }`"));
    check("{\"id\":1,\"id\":2}", &wrong("1:14", "`id` stands twice"));
    check(
        "{\"id\":{\"wer\":0.1}}",
        "wrong: [FB0903] out.jsonl:1: `id`: `wer` is the share of words in which `like` may differ: write `like` too",
    );
}

#[test]
fn times_and_streams_are_read_from_files_too() {
    let line = |rest: &str| format!("{{\"id\":\"b\",\"card\":7,\"amount\":1,\"ts\":1000,{rest}}}\n");
    let check = |rest: &str, expect: &str, says: &str| {
        let lines = format!("{A}{}", line(rest));
        assert_eq!(said(&[("in.jsonl", &lines)], &both(&format!("out: [{{}}, {{ {expect} }}]"))), says);
    };
    check("\"_time\":5000", "_time: 5000, stream: test", "pass");
    check("\"_time\":\"10.0s\",\"_arrival\":\"11s\"", "_time: 10.0s, _arrival: 11s", "pass");
    check("\"stream\":\"two\"", "id: b, stream: two", "pass");
    check(
        "\"_time\":\"soon\"",
        "id: b",
        "wrong: [FB0903] in.jsonl:2:1: this line is no record: `_time`: a time is a number of milliseconds, a text in RFC 3339 or a \
         duration such as `10.0s`",
    );
}

#[test]
fn tests_may_lie_in_other_files() {
    let one = "- name: b\n  input: { tx: { file: in.jsonl } }\n  expect: { out: [{ id: c }] }   # why\n";
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("tests")).unwrap();
    fs::write(folder.path().join("tests/more.yaml"), one).unwrap();
    // Paths count from the file that names them.
    fs::write(folder.path().join("tests/in.jsonl"), A).unwrap();
    let tests = "- name: a\n  input: { tx: [] }\n  expect: { out: [] }\n- { file: tests/more.yaml }";
    let (said, files) = run(folder.path(), PAY, tests);
    assert_eq!(said, "pass\nout 1: id: a is not c\n");
    let [(name, text)] = files.as_slice() else { panic!("{files:?}") };
    assert!(name.ends_with("tests/more.yaml") && *text == one.replace("id: c", "id: a"), "{name}: {text}");
}

#[test]
fn matchers_that_mean_nothing_are_mistakes() {
    let check = |column: &str, matcher: &str, why: &str| {
        let said = said(&[("in.jsonl", A)], &both(&format!("out: [{{ {column}: {matcher} }}]")));
        assert_eq!(said, format!("wrong: [FB0903] `{column}`: {why}"));
    };
    check("id", "{ min: a, mx: b }", "there is no matcher `mx`: write like, wer, min or max");
    check("amount", "{ min: much }", "`min` does not compare with a decimal(2)");
    check("large", "{ max: true }", "`max` does not compare with a bool");
    check("amount", "{ like: one }", "`like` compares words, and this is a decimal(2)");
    check("id", "{ like: a, wer: some }", "`wer` is a share, such as 10%");
}

#[test]
fn one_record_too_few_is_not_a_difference_of_all_that_follow() {
    let lines: String = "abcdef".chars().map(|id| A.replace("\"a\"", &format!("\"{id}\""))).collect();
    let check = |expect: &str, says: &str| {
        assert_eq!(said(&[("in.jsonl", &lines)], &both(&format!("out: [{expect}]"))), says);
    };
    let all = |ids: &str| ids.chars().map(|id| format!("{{ id: {id} }}")).collect::<Vec<_>>().join(", ");
    check(&all("abcdef"), "pass");
    check(&all("abcdxef"), "out 5: did not come");
    check(&all("acdef"), "out +2: id: b, amount: 1.00, large: false");
    check(&all("abcdexf"), "out 6: did not come");
    check(&all("xbcdef"), "out 1: id: a is not x");
    check(&all("bxdef"), "out 2: id: c is not x\nout +1: id: a, amount: 1.00, large: false");
}
