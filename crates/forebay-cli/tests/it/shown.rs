//! What users see of every verb that only looks.

use super::desk::{Desk, Going, PIPELINE};

#[track_caller]
fn check(desk: &Desk, arguments: &str, expect: &str) {
    let shown = desk.forebay(arguments).shown(desk);
    assert_eq!(shown.trim_end(), expect.trim_end(), "\n{shown}");
}

const WRONG: &str = "\
apiVersion: forebay.dev/v1alpha1
kind: Pipeline
metadata: { name: pay }
spec:
  sources: { tx: { file: { path: in.jsonl }, format: json, schema: { id: u64, amount: decimal(2) } } }
  stages: { big: { input: tx, sett: { large: '= amount > 5' } } }
  sinks: { out: { input: bigg, file: { path: out.jsonl } } }
";

#[test]
fn validate_says_all_mistakes_at_once() {
    let desk = Desk::new();
    desk.write("wrong.yaml", WRONG);
    insta::assert_snapshot!(desk.forebay("validate wrong.yaml").shown(&desk));
    insta::assert_snapshot!(desk.forebay("validate wrong.yaml --json").shown(&desk));
}

#[test]
fn warnings_are_errors_where_they_are_denied() {
    let desk = Desk::new();
    let lone = WRONG.replace("sett", "set").replace("bigg", "big");
    desk.write("lone.yaml", &lone);
    assert_eq!(desk.forebay("validate lone.yaml").code, Some(0));
    let denied = desk.forebay("validate lone.yaml --deny warnings");
    assert_eq!(denied.code, Some(1));
    assert!(
        denied.err.contains("warning[FB0312]") && denied.err.ends_with("1 file: no errors, 1 warning\n"),
        "{}",
        denied.err
    );
    assert!(!denied.err.contains('\x1b'), "colours are for terminals");
}

#[test]
fn files_of_configs_are_checked_too() {
    let desk = Desk::new();
    desk.write("configs/connections/broker.yaml", "apiVersion: forebay.dev/v1alpha1\nkind: Connection\nmetadata: { name: other }\nspec: { kafka: { brokers: [b:9092] } }\n");
    for path in ["configs/connections/broker.yaml", "pipelines/pay.yaml"] {
        desk.write("pipelines/pay.yaml", &WRONG.replace("sett", "set").replace("bigg", "big"));
        let ended = desk.forebay(&format!("validate {path}"));
        assert_eq!(ended.code, Some(1), "{}", ended.err);
        assert_eq!(ended.err.matches("error[FB0602]").count(), 1, "{}", ended.err);
    }
}

#[test]
fn a_file_that_is_not_there() {
    insta::assert_snapshot!({
        let desk = Desk::new();
        desk.forebay("validate none.yaml").shown(&desk)
    });
}

#[test]
fn plans_in_short_in_full_resolved_and_for_programs() {
    let desk = Desk::with_payments(0);
    let check = |arguments: &str, parts: &[&str]| {
        let out = desk.forebay(&format!("plan pay.yaml {arguments}")).good().out;
        parts.iter().for_each(|part| assert!(out.contains(part), "{part} in {out}"));
        out
    };
    assert!(check("", &["team/pay\n", "on one lane", "exactly_once"]).lines().count() < 10);
    check(
        "--explain --lanes 2",
        &["on 2 lanes", "habits  window_features  lanes 0–1, by card", "Memory\n", "guarantee exactly_once"],
    );
    check(
        "--resolved --set vars.large=9.00 --to out=-",
        &["default: 9.00  # --set", "path: \"-\"  # --to", "scale: group  # default"],
    );
    let json = desk.forebay("plan pay.yaml --json").good().json();
    assert_eq!(json["plans"][0]["pipeline"], "team/pay");
    assert_eq!(json["plans"][0]["delivery"]["guarantee"], "exactly_once");
}

#[test]
fn what_cannot_run_yet_is_refused_with_a_cure() {
    let desk = Desk::with_payments(0);
    desk.write("far.yaml", &format!("{PIPELINE}  placement: {{ jurisdictions: [CH] }}\n"));
    assert_eq!(desk.forebay("validate far.yaml").code, Some(0));
    let ended = desk.forebay("plan far.yaml");
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("error[FB0508]") && ended.err.contains("--set placement={}"), "{}", ended.err);
    assert!(desk.forebay("plan far.yaml --set placement={}").code == Some(0));
}

#[test]
fn kinds() {
    let desk = Desk::new();
    insta::assert_snapshot!(desk.forebay("kinds").shown(&desk));
    let rules = desk.forebay("kinds rules").good().out;
    for part in ["rules (stage)", "Fields", "first: optional", "Outputs", "NODE.rejected", "Example"] {
        assert!(rules.contains(part), "{part} in {rules}");
    }
    let both = desk.forebay("kinds file").good().out;
    assert!(both.contains("file (source)") && both.contains("file (sink)"), "{both}");
    let json = desk.forebay("kinds window_features --json").good().json();
    assert_eq!(json[0]["kind"], "window_features");
    assert!(
        json[0]["fields"]
            .as_array()
            .is_some_and(|fields| fields.iter().any(|field| field["name"] == "windows"))
    );
    check(
        &desk,
        "kinds windowfeatures",
        "error: there is no kind `windowfeatures`; did you mean `window_features`?\nexit 2\n",
    );
}

#[test]
fn explain() {
    let desk = Desk::new();
    insta::assert_snapshot!(desk.forebay("explain fb0210").shown(&desk));
    let all = desk.forebay("explain").good().out;
    assert!(all.lines().count() > 150 && all.starts_with("  FB0101"), "{all}");
    check(
        &desk,
        "explain FB9999",
        "error: there is no code `FB9999`; `forebay explain` lists all of them\nexit 2\n",
    );
    let known = desk.forebay("explain 410").good().out;
    let mixed = desk.forebay("explain FB9999 FB0410");
    assert!(known.starts_with("FB0410: ") && mixed.out == known && mixed.code == Some(2), "{}", mixed.out);
}

#[test]
fn schemas() {
    let desk = Desk::new();
    let whole = desk.forebay("schema").good().json();
    assert!(whole["properties"]["spec"]["properties"]["sources"].is_object());
    assert_eq!(
        desk.forebay("schema model").good().json()["properties"]["kind"]["oneOf"][0]["const"],
        "Model"
    );
    assert!(desk.forebay("schema infer").good().json()["properties"]["model"].is_object());
    assert!(desk.forebay("schema Pipeline").good().json() == whole);
    check(&desk, "schema rulez", "error: there is no kind `rulez`; did you mean `rules`?\nexit 2\n");
}

#[test]
fn models_by_their_cards() {
    let desk = Desk::new();
    desk.write("configs/models/tiny.yaml", CARD);
    desk.write("configs/models/tiny.onnx", "abc");
    // Without ONNX Runtime, which may be on this machine.
    let forebay = |arguments: &str| {
        Going::start(desk.command(arguments).env("FOREBAY_CACHE", desk.path("cache"))).end()
    };
    insta::assert_snapshot!(forebay("model ls").shown(&desk));
    insta::assert_snapshot!(forebay("model show tiny").shown(&desk));
    insta::assert_snapshot!(forebay("model verify tiny@1").shown(&desk));
    desk.write("configs/models/tiny.onnx", "abd");
    let ended = forebay("model verify");
    assert_eq!(ended.code, Some(3), "{}", ended.err);
    assert!(["error[FB0832]", "error[FB0831]"].iter().all(|code| ended.err.contains(code)), "{}", ended.err);
    let nothing = Desk::new().forebay("model ls");
    assert!(
        nothing.code == Some(0) && nothing.err.contains("help: name one with --configs DIR"),
        "{}",
        nothing.err
    );
    let unknown = desk.forebay("model show tinny");
    assert!(unknown.code == Some(2) && unknown.err.contains("did you mean `tiny`?"), "{}", unknown.err);
}

#[test]
fn onnx_runtime_is_listed_with_its_package_and_counted_with_what_was_checked() {
    let desk = Desk::new();
    desk.write("configs/models/tiny.yaml", CARD);
    desk.write("configs/models/tiny.onnx", "abc");
    let verified = desk.forebay("model verify");
    if verified.err.contains("error[FB0831]") {
        println!("skipped: ONNX Runtime is not on this machine");
        return;
    }
    assert_eq!(verified.good().err, "1 model and ONNX Runtime checked: each file has its digest\n");
    let listed = desk.forebay("model ls").good().out;
    assert!(listed.contains(" of the package onnxruntime "), "{listed}");
}

const CARD: &str = "\
apiVersion: forebay.dev/v1alpha1
kind: Model
metadata: { name: tiny }
spec:
  version: \"1\"
  source: { file: tiny.onnx }
  sha256: ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
  licence: MIT
  batch: invariant
  inputs: [{ tensor: input, type: f32, dims: [batch, 2], columns: [a, { name: b, null: 0 }] }]
  outputs: [{ tensor: output, type: f32, dims: [batch, 1], columns: [score] }]
";

#[test]
fn a_call_that_is_wrong_says_so() {
    let desk = Desk::new();
    assert_eq!(desk.forebay("").code, Some(2));
    assert_eq!(desk.forebay("validate").code, Some(2));
    let near = desk.forebay("validat x.yaml");
    assert!(near.code == Some(2) && near.err.contains("validate"), "{}", near.err);
    assert!(desk.forebay("--version").good().out.starts_with("forebay "));
    insta::assert_snapshot!(desk.forebay("--help").shown(&desk));
    insta::assert_snapshot!(desk.forebay("run --help").shown(&desk));
}
