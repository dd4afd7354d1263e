//! The project's own pipelines: nothing is wrong with them but that they name kinds and models which do not exist yet, and
//! with files in place of topics the card fraud pipeline is whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What `forebay` prints in the root of the repository, both streams, and its exit code.
fn forebay(args: &[&str]) -> (String, Option<i32>) {
    let mut forebay = Command::new(env!("CARGO_BIN_EXE_forebay"));
    let output = forebay.args(args).current_dir(root()).env("NO_COLOR", "1").output().expect("forebay runs");
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (text, output.status.code())
}

/// A kind, and a model, that is not there. No kind is taken for a slip of the pen.
const NOT_YET: [&str; 2] = ["is not in this version yet", "FB0620"];

#[test]
fn only_what_does_not_exist_yet_is_wrong() {
    let folder = root().join("pipelines");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<String> =
        files.filter(|name| name.ends_with(".yaml")).map(|name| format!("pipelines/{name}")).collect();
    files.sort();
    assert_eq!(files.len(), 5);
    let mut args = vec!["validate"];
    args.extend(files.iter().map(String::as_str));
    let (text, _) = forebay(&args);
    let heads = text.lines().filter(|line| line.starts_with("error[") || line.starts_with("warning["));
    let others: Vec<&str> = heads.filter(|line| !NOT_YET.iter().any(|words| line.contains(words))).collect();
    assert!(others.is_empty(), "{text}");
}

#[test]
fn card_fraud_has_a_plan_on_files() {
    let args = [
        "plan",
        "pipelines/card-fraud.yaml",
        "--from",
        "tx=transactions.jsonl",
        "--from",
        "chargebacks=chargebacks.jsonl",
        "--to",
        "*=out/",
        "--set",
        "scale=one",
        "--deny",
        "warnings",
    ];
    let (text, code) = forebay(&args);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("exactly_once"), "{text}");
    let (text, _) = forebay(&[&args[..], &["--explain"]].concat());
    let model = text.lines().find(|line| line.contains("score: model card-fraud@3")).expect(&text);
    assert!(model.ends_with("its file"), "the model lies in configs/: {model}");
}

#[test]
fn what_pipelines_name_beside_them_is_there() {
    for name in ["card-fraud", "atm-guard", "people", "channel-qc", "live-captions"] {
        let text = fs::read_to_string(root().join(format!("pipelines/{name}.yaml"))).unwrap();
        let named = text.split("file: ").skip(1).filter_map(|rest| rest.split([',', ' ', '}']).next());
        for path in
            named.filter(|path| path.contains('/') && !path.ends_with(".mp4") && !path.ends_with(".flac"))
        {
            assert!(root().join("pipelines").join(path).is_file(), "{name} names {path}");
        }
    }
}
