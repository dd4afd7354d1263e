//! What the kinds say of a pipeline file: the examples of this crate's codes, and their own.

use std::path::Path;

use forebay_file::{SINK, SOURCE};
use forebay_spec::{Configs, MemoryLoader, Options, read_pipeline};
use forebay_stage::types::kind::{Answer, Check, NoModels, Promise, Role, Scope};
use forebay_stage::types::{Files, Report, code};

use crate::support::config;

/// Reads what stands under `spec` and lets both kinds check it.
fn check(spec: &str) -> (Vec<&'static str>, String, Vec<Promise>) {
    let text: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    let text = format!(
        "apiVersion: forebay.dev/v1alpha1\nkind: Pipeline\nmetadata: {{ name: test }}\nspec:\n{text}"
    );
    let loader = MemoryLoader::default().with("p.yaml", &text);
    let (mut files, mut report) = (Files::default(), Report::default());
    let (options, configs) = (Options::default(), Configs::default());
    let loaded =
        read_pipeline(&mut files, &loader, "p.yaml", &[&SOURCE, &SINK], &configs, &options, &mut report);
    let mut promises = Vec::new();
    for body in loaded.iter().flat_map(|loaded| loaded.pipeline.bodies()) {
        let (Some(kind), Some(config)) = (body.kind, &body.config) else { continue };
        let mut check = Check {
            name: &body.name.value,
            span: body.span,
            config,
            inputs: &[],
            scope: &Scope::default(),
            models: &NoModels,
            report: &mut report,
            answer: Answer::default(),
        };
        (kind.check)(&mut check);
        promises.push(check.answer.promise);
    }
    report.sort();
    let codes = report.diagnostics.iter().map(|diagnostic| diagnostic.code.id).collect();
    (codes, report.render(&files, false), promises)
}

#[test]
fn examples_give_their_code_and_mended_ones_do_not() {
    let own = |id: &str| ("FB0640".."FB0646").contains(&id);
    let mut seen = 0;
    for code in code::ALL.iter().filter(|code| own(code.id)) {
        for example in code.examples {
            let (wrong, right) = (check(example.wrong), check(example.right));
            assert_eq!(wrong.0, [code.id], "{}", wrong.1);
            assert!(wrong.1.contains("help: "), "no cure: {}", wrong.1);
            assert_eq!(right.0, Vec::<&str>::new(), "{}", right.1);
            seen += 1;
        }
    }
    assert!(seen >= 8);
}

fn message(source: &str, sink: &str) -> String {
    check(&format!(
        "sources: {{ s: {{ file: {source}, schema: {{ a: i64 }} }} }}\nsinks: {{ o: {{ input: s, file: {sink} }} }}"
    ))
    .1
}

#[test]
fn messages_point_and_help() {
    let shown = message("{ path: \"data/[a-z.jsonl\" }", "{ path: o }");
    assert!(shown.contains("`data/[a-z.jsonl` is no glob"), "{shown}");
    assert!(shown.contains("p.yaml:5:"), "{shown}");
    let shown = message("{ path: i }", "{ path: \"o-${time:%H}\", rotate: 1h }");
    let expect = "the files that begin at 2026-01-01 and 2026-01-02 would both be `o-00`";
    assert!(shown.contains(expect) && shown.contains("`${time:%Y-%m-%dT%H}`"), "{shown}");
    let shown = message("{ path: i }", "{ path: o, rotate: 64mb }");
    assert!(shown.contains("write `64MB`"), "{shown}");
    let shown = message("{ path: i.jsonl.xz }", "{ path: o.zip }");
    assert!(shown.contains("`.xz`") && shown.contains("`.zip`"), "{shown}");
}

#[test]
fn standard_streams_promise_less() {
    let promises = |source: &str, sink: &str| {
        let spec = format!(
            "sources: {{ s: {{ file: {{ path: {source} }}, schema: {{ a: i64 }} }} }}\nsinks: {{ o: {{ input: s, file: {{ path: {sink} }} }} }}"
        );
        let (codes, shown, promises) = check(&spec);
        assert_eq!(codes, Vec::<&str>::new(), "{shown}");
        promises
    };
    assert_eq!(promises("i", "o"), [Promise::Whole, Promise::Whole]);
    assert_eq!(promises("\"-\"", "\"-\""), [Promise::ReadOnce, Promise::MayRepeat]);
}

#[test]
fn the_kinds_examples_are_good_files() {
    let indented = |text: &str| text.lines().map(|line| format!("    {line}\n")).collect::<String>();
    let spec = format!(
        "sources:\n  decide:\n{}sinks:\n  o:\n{}",
        indented(SOURCE.example),
        indented(&SINK.example.replace("[tx_id, amount, decision, _seq]", "[tx_id, amount, _seq]"))
    );
    let (codes, shown, _) = check(&spec);
    assert_eq!(codes, Vec::<&str>::new(), "{shown}");
    assert_eq!((SOURCE.role, SINK.role), (Role::Source, Role::Sink));
    config(Path::new("/tmp"), "{ path: a, rate: 2/s }", "{ path: b, rotate: 1h }");
}
