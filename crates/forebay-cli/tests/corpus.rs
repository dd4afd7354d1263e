//! Mistakes, and what a user is told about them: every file in `tests/corpus` beside the text that `forebay validate` prints
//! for it. `UPDATE_EXPECT=1` writes the texts anew; read the difference before you keep it.
//!
//! A file holds one mistake and gives one diagnostic: what follows from a mistake is none. Those that are called
//! `several-…` show how many are said at once.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Different codes that the corpus has to show.
const CODES: usize = 60;
const SEVERAL: usize = 5;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// `forebay validate` as a user in the root of the repository runs it.
fn validate(file: &str) -> Output {
    let mut forebay = Command::new(env!("CARGO_BIN_EXE_forebay"));
    forebay.args(["validate", file]).current_dir(root()).env("NO_COLOR", "1");
    forebay.output().expect("forebay runs")
}

/// The names in the corpus that end so, without that end.
fn names(end: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(root().join("tests/corpus")).expect("there is a corpus");
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| name.strip_suffix(end).map(String::from)).collect()
}

/// The codes in a text of `validate`, in its order.
fn codes(text: &str) -> Vec<&str> {
    let heads = text.lines().filter_map(|line| line.strip_prefix("error[").or(line.strip_prefix("warning[")));
    heads.filter_map(|rest| rest.split(']').next()).collect()
}

#[test]
fn every_mistake_is_told_as_expected() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut failures = String::new();
    for name in names(".yaml") {
        let file = format!("tests/corpus/{name}.yaml");
        let output = validate(&file);
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        let expected = root().join(format!("tests/corpus/{name}.txt"));
        if update {
            fs::write(&expected, &text).unwrap();
        }
        let expect = fs::read_to_string(&expected).unwrap_or_default();
        if text != expect {
            failures += &format!("{file}: expected\n{expect}\nfound\n{text}\n");
        }
        let code = if text.contains("error[") { 1 } else { 0 };
        if output.status.code() != Some(code) {
            failures += &format!("{file}: ended with {}, and not with {code}\n", output.status);
        }
        let codes = codes(&text).len();
        if codes == 0 || codes > 1 && !name.starts_with("several-") {
            failures += &format!("{file}: {codes} diagnostics\n{text}\n");
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn the_corpus_is_wide_and_holds_nothing_else() {
    let files = names(".yaml");
    assert_eq!(names(".txt"), files, "each file has its text, and each text its file");
    let texts: Vec<String> = files
        .iter()
        .map(|name| fs::read_to_string(root().join(format!("tests/corpus/{name}.txt"))).unwrap())
        .collect();
    let shown: BTreeSet<&str> = texts.iter().flat_map(|text| codes(text)).collect();
    assert!(shown.len() >= CODES, "{} codes: {shown:?}", shown.len());
    assert!(files.iter().filter(|name| name.starts_with("several-")).count() <= SEVERAL);
}
