//! What a right file means: defaults, short forms, aliases, spans inside texts, values from outside, printing.

mod support;

use forebay_spec::pipeline::{Declared, Guarantee, MockTarget, MockWith, Records, Scale};
use forebay_spec::{Around, MemoryLoader, Options, Origin, resolved};
use forebay_types::value::{Entry, Value};
use support::{OUT, Outcome, TX, read, read_spec, whole};

fn right(spec: &str) -> Outcome {
    let outcome = read_spec(spec);
    assert_eq!(outcome.lines(), "", "{spec}");
    outcome
}

#[test]
fn defaults_and_short_forms_read_as_the_long_form() {
    let outcome = right(&format!(
        "delivery: at_least_once\nsources: {{ tx: {{ file: {{ path: in.jsonl }}, schema: {{ ts: timestamp }}, event_time: ts }} }}\n{OUT}"
    ));
    let pipeline = &outcome.loaded().pipeline;
    assert_eq!(pipeline.delivery.guarantee.as_ref().unwrap().value, Guarantee::AtLeastOnce);
    assert_eq!(pipeline.delivery.commit_every.value, 50_000_000);
    assert!(pipeline.delivery.commit_every.span.is_none());
    assert_eq!((pipeline.scale.value, pipeline.metadata.namespace.value.as_str()), (Scale::Group, "default"));
    let time = pipeline.sources[0].event_time.as_ref().unwrap();
    assert_eq!((time.column.value.as_str(), time.idle_after.value), ("ts", 30_000_000_000));
    let config = pipeline.sources[0].body.config.as_ref().unwrap();
    assert_eq!((config.size("chunk"), config.level("level")), (Some(64 << 10), Some(-60.0)));
    assert_eq!(pipeline.sinks[0].inputs[0].from[0].to_string(), "tx");
}

#[test]
fn spans_inside_expressions_point_into_the_file() {
    let outcome = right(&format!(
        "{TX}stages:\n  a: {{ input: tx, where: \"a > 1\", set: {{ b: \"=  a + 1\" }} }}\n  b:\n    input: a\n    where: |\n      a == 2\n    set: {{ c: 1 }}\n{OUT}"
    ));
    let pipeline = &outcome.loaded().pipeline;
    for (stage, part) in [(0, "a > 1"), (1, "a == 2")] {
        let filter = pipeline.stages[stage].filter.as_ref().unwrap();
        let end = filter.value.text.trim_end().len();
        assert_eq!(outcome.files.slice(filter.value.part(filter.span, 0, end)), part);
    }
    let set = &pipeline.stages[0].body.config.as_ref().unwrap().map("")[0];
    let Value::Expr(text) = &set.node.value else { panic!("{set:?}") };
    assert_eq!(outcome.files.slice(text.part(set.node.span, 0, 1)), "a");
    assert_eq!(outcome.files.slice(text.part(set.node.span, 4, 5)), "1");
}

#[test]
fn schemas_read_in_every_form() {
    let columns = "{ a: u64, b: { type: optional(string), from: \"b-2\", sensitive: true }, c: { type: struct, fields: { d: i64 } }, e: { type: list, items: { type: struct, fields: { f: i8 } } } }";
    let outcome = right(&format!("sources: {{ tx: {{ file: {{ path: i }}, schema: {columns} }} }}\n{OUT}"));
    let Some(Declared::Columns { columns, open: false }) = &outcome.loaded().pipeline.sources[0].schema
    else {
        panic!()
    };
    let types: Vec<_> = columns.iter().map(|column| column.ty.to_string()).collect();
    assert_eq!(types, ["u64", "optional(string)", "struct{d: i64}", "list(struct{f: i8})"]);
    assert!(columns[1].sensitive && columns[1].from.as_ref().unwrap().value == "b-2");
    let outcome =
        right(&format!("sources: {{ tx: {{ file: {{ path: i }}, schema: \"registry:tx@3\" }} }}\n{OUT}"));
    assert!(
        matches!(&outcome.loaded().pipeline.sources[0].schema, Some(Declared::Registry { version, .. }) if version == "3")
    );
}

#[test]
fn a_column_in_error_leaves_the_schema_open_and_the_rest_right() {
    let outcome = read_spec(&format!(
        "sources: {{ tx: {{ file: {{ path: i }}, schema: {{ a: int, b: i64 }} }} }}\n{OUT}"
    ));
    let source = &outcome.loaded().pipeline.sources[0];
    let Some(Declared::Columns { columns, open: true }) = &source.schema else {
        panic!("{:?}", source.schema)
    };
    assert_eq!(columns.iter().map(|c| c.ty.to_string()).collect::<Vec<_>>(), ["unknown", "i64"]);
    assert!(source.body.config.is_some() && source.body.broken);
}

#[test]
fn an_unknown_kind_stays_in_the_graph() {
    let outcome =
        read_spec(&format!("{TX}stages: {{ more: {{ input: tx, transcribe: {{ model: x }} }} }}\n{OUT}"));
    let stage = &outcome.loaded().pipeline.stages[0];
    assert!(stage.body.kind.is_none() && stage.body.config.is_none() && !stage.body.broken);
    assert_eq!((stage.body.kind_name.value.as_str(), stage.inputs.len()), ("transcribe", 1));
    assert_eq!(outcome.codes(), ["FB0210"]);
}

#[test]
fn anchors_repeat_values_and_vars_are_typed_by_their_field() {
    let outcome = right(&format!(
        "vars: {{ pace: {{ type: string, default: 5/s }}, track: {{ type: i64, default: 7 }} }}\n\
         sources:\n  a: {{ file: {{ path: a, rate: \"${{var:pace}}\", track: \"${{var:track}}\" }}, schema: &s {{ a: i64 }} }}\n  \
         tx: {{ file: {{ path: b }}, schema: *s }}\n{OUT}"
    ));
    let pipeline = &outcome.loaded().pipeline;
    let config = pipeline.sources[0].body.config.as_ref().unwrap();
    assert_eq!((config.rate("rate"), config.int("track")), (Some(5.0), Some(7)));
    assert!(
        matches!(&pipeline.sources[1].schema, Some(Declared::Columns { columns, .. }) if columns.len() == 1)
    );
}

#[test]
fn tests_keep_their_digits_and_may_lie_in_other_files() {
    let tests = "- name: one\n  input: { tx: [{ a: 1.50 }] }\n  mock: { more: late, lists.l: [1] }\n  expect: { out: { a: { min: 1, max: 2 } } }\n";
    let file = format!(
        "{}tests:\n- {{ file: more/t.yaml }}\n- {{ name: two, input: {{ tx: {{ file: x.jsonl }} }}, expect: {{ tx.rejected: [] }} }}\n",
        whole(&format!("{TX}{OUT}"))
    );
    let loader = MemoryLoader::default().with("p/test.yaml", &file).with("p/more/t.yaml", tests);
    let outcome = read(&loader, "p/test.yaml", &Options::default());
    assert_eq!(outcome.lines(), "");
    let [one, two] = outcome.loaded().pipeline.tests.as_slice() else { panic!() };
    let Records::Rows(rows) = &one.input[0].1 else { panic!() };
    let Value::Map(fields) = &rows[0].value else { panic!() };
    let [Entry { node, .. }] = fields.as_slice() else { panic!() };
    assert_eq!(node.value, Value::Number("1.50".into()));
    assert_eq!((&one.mock[0].with, &one.mock[1].target), (&MockWith::Late, &MockTarget::List("l".into())));
    assert!(matches!(&two.input[0].1, Records::File(path) if path.value == "p/x.jsonl"));
    assert_eq!(
        (two.expect[0].0.to_string(), &two.expect[0].1),
        ("tx.rejected".into(), &Records::Rows(vec![]))
    );
}

const CONFIGURED: &str =
    "vars: { limit: { type: f64, default: 0.9 } }\nslo: { deadline: 200ms }\ndelivery: exactly_once\n";

fn configured(options: &Options) -> Outcome {
    let file = |kind: &str, name: &str, spec: &str| {
        format!(
            "apiVersion: forebay.dev/v1alpha1\nkind: {kind}\nmetadata: {{ name: {name} }}\nspec: {spec}\n"
        )
    };
    let kafka = "{ kafka: { brokers: \"localhost:9092\" } }";
    let loader = MemoryLoader::default()
        .with("p/test.yaml", &whole(&format!("{CONFIGURED}{TX}{OUT}")))
        .with(
            "configs/env/prod.yaml",
            &file(
                "Environment",
                "prod",
                "{ vars: { limit: 0.8, other: 1 }, connections: { payments: payments-prod } }",
            ),
        )
        .with("configs/pops/zrh1.yaml", &file("PoP", "zrh1", "{ jurisdiction: CH, vars: { limit: 0.7 } }"))
        .with("configs/connections/payments.yaml", &file("Connection", "payments", kafka))
        .with("configs/connections/payments-prod.yaml", &file("Connection", "payments-prod", kafka));
    read(&loader, "p/test.yaml", options)
}

fn options(set: &[&str], env: Option<&str>, pop: Option<&str>) -> Options {
    let set = set.iter().map(|text| text.to_string()).collect();
    Options { set, env: env.map(String::from), pop: pop.map(String::from), ..Options::default() }
}

#[test]
fn values_from_outside_count_in_order() {
    for (options, value, origin) in [
        (options(&[], None, None), "0.9", Origin::File),
        (options(&[], Some("prod"), None), "0.8", Origin::Environment("prod".into())),
        (options(&[], Some("prod"), Some("zrh1")), "0.7", Origin::Pop("zrh1".into())),
        (options(&["vars.limit=0.6"], Some("prod"), Some("zrh1")), "0.6", Origin::Argument("--set")),
    ] {
        let outcome = configured(&options);
        assert_eq!(outcome.lines(), "");
        let loaded = outcome.loaded();
        let node = loaded.pipeline.vars[0].value.as_ref().unwrap();
        assert_eq!((&node.value, loaded.origin(node.span)), (&Value::Number(value.into()), origin));
        let used = loaded.connection(&outcome.configs, "payments").unwrap();
        assert_eq!(used.name.value == "payments-prod", options.env.is_some());
    }
}

fn check_set(set: &str, expect: &str) {
    assert_eq!(configured(&options(&[set], None, None)).lines().trim(), expect, "{set}");
}

#[test]
fn arguments_change_what_is_there() {
    for set in [
        "delivery=at_least_once",
        "delivery.commit_every=1s",
        "scale=one",
        "slo.objective=99.9%",
        "sources.tx.file.path=b.jsonl",
        "sources.tx.format=csv",
        "sources.tx.schema.a=u64",
        "sinks.out.columns=[a]",
        "sources.tx.event_time.column=a",
    ] {
        check_set(set, "");
    }
    let outcome = configured(&options(&["delivery.commit_every=1s"], None, None));
    let delivery = &outcome.loaded().pipeline.delivery;
    assert_eq!((delivery.commit_every.value, delivery.guarantee.is_some()), (1_000_000_000, true));
}

#[test]
fn wrong_arguments_point_into_the_argument() {
    check_set("delivry=one", "FB0219 1:1 `delivry` there is no field `delivry` (did you mean `delivery`?)");
    check_set("vars.limt=1", "FB0219 1:6 `limt` there is no entry `limt` (did you mean `limit`?)");
    check_set(
        "vars.limit=high",
        "FB0131 1:12 `high` the value of the var `limit` is no f64: it is a text (write a value of that type, or declare another type)",
    );
    check_set(
        "slo.deadline=5min",
        "FB0125 1:14 `5min` `deadline`: `5min` is not a duration: `min` is no unit here: one of ns us ms s m h d (write `5m`)",
    );
    check_set(
        "spec.vars.limit=1",
        "FB0219 1:1 `spec` paths start inside `spec` (write `--set vars.limit=…`)",
    );
    check_set(
        "spec=1",
        "FB0219 1:1 `spec` paths start inside `spec` (name what is to change, such as `vars.NAME`)",
    );
    check_set(
        "metadata.name=x",
        "FB0219 1:1 `metadata` paths start inside `spec`, and `metadata` stands beside it (`metadata` is what the file says; change it there)",
    );
    check_set("sources.t.file.path=x", "FB0219 1:9 `t` there is no source `t` (did you mean `tx`?)");
    check_set("sources.tx.file.pth=x", "FB0219 1:17 `pth` there is no field `pth` (did you mean `path`?)");
    check_set("scale", "FB0219 1:1 `scale` `--set scale` gives no value (write `--set PATH=VALUE`)");
    check_set(
        "slo.deadline.x=1",
        "FB0219 1:14 `x` there is nothing below this value that could be `x` (it is a duration such as 20ms)",
    );
}

#[test]
fn files_stand_in_for_sources_and_sinks() {
    let options = Options { from: vec!["tx=-".into()], to: vec!["*=out/".into()], ..Options::default() };
    let outcome = configured(&options);
    assert_eq!(outcome.lines(), "");
    let pipeline = &outcome.loaded().pipeline;
    let path =
        |body: &forebay_spec::pipeline::Body| body.config.as_ref().unwrap().text("path").unwrap().to_string();
    assert_eq!(
        (path(&pipeline.sources[0].body), path(&pipeline.sinks[0].body)),
        ("-".into(), "out/out.jsonl".into())
    );
    let wrong = Options { from: vec!["ty=x".into()], ..Options::default() };
    assert_eq!(
        configured(&wrong).lines().trim(),
        "FB0219 1:1 `ty` there is no source `ty` (did you mean `tx`?)"
    );
}

#[test]
fn a_stand_in_without_a_name_or_a_path_says_which_and_shows_the_form() {
    let check = |from: &str, expect: &str| {
        let outcome = configured(&Options { from: vec![from.into()], ..Options::default() });
        let form = "(write `--from SOURCE=PATH`, as in `--from tx=PATH`)";
        assert_eq!(outcome.lines().trim(), format!("FB0219 1:1 `{from}` `--from {from}` {expect} {form}"));
        let at = outcome.files.name(outcome.report.diagnostics[0].span.file);
        assert!(at == format!("--from {from}") || from.contains('='), "{at}");
    };
    check("payments", "has no `=` between the name of a source and a path");
    check("tx=", "names no file behind the `=`");
    check("=in.jsonl", "names no source before the `=`");
}

#[test]
fn what_is_not_in_configs_is_said() {
    let outcome = configured(&options(&[], Some("prd"), Some("nowhere")));
    let expect = "\
FB0603 1:1 `prd` there is no environment `prd`: `configs/env/prd.yaml` does not exist (did you mean `prod`?)
FB0604 1:1 `nowhere` there is no PoP `nowhere`: `configs/pops/nowhere.yaml` does not exist (there is `zrh1`)
";
    assert_eq!(outcome.lines(), expect);
    let text = whole(&format!("{CONFIGURED}{TX}{OUT}"));
    let check = |loader: MemoryLoader, expect: &str| {
        let outcome =
            read(&loader.with("p/test.yaml", &text), "p/test.yaml", &options(&[], Some("prod"), None));
        assert_eq!(outcome.lines().trim(), expect);
    };
    check(
        MemoryLoader::default(),
        "FB0603 1:1 `prod` `--env prod` needs a folder `configs/`, and there is none beside the pipeline or above it \
         (write `configs/env/prod.yaml`, name the folder with `--configs DIR`, or leave `--env` out)",
    );
    check(
        MemoryLoader::default().with("configs/env/note.txt", ""),
        "FB0603 1:1 `prod` there is no environment `prod`: `configs/env/prod.yaml` does not exist \
         (write that file, or leave `--env` out)",
    );
}

#[test]
fn the_printed_file_says_where_values_came_from_and_reads_back_as_the_same() {
    let outcome = configured(&options(&["delivery=results_once"], Some("prod"), None));
    let text = resolved(outcome.loaded(), &Around::default());
    for line in [
        "      default: 0.8  # env prod",
        "    guarantee: results_once  # --set",
        "    commit_every: 50ms  # default",
        "        path: in.jsonl",
        "      format: json  # default",
        "      delivery: results_once  # default",
        "        deadline: 200ms  # default",
    ] {
        assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
    }
    let again = read(&MemoryLoader::default().with("p/test.yaml", &text), "p/test.yaml", &Options::default());
    assert_eq!(again.lines(), "", "{text}");
    let plain: String =
        text.lines().map(|line| line.split("  # ").next().unwrap_or("").to_string() + "\n").collect();
    assert_eq!(resolved(again.loaded(), &Around::default()), plain);
}

#[test]
fn secrets_and_odd_texts_are_printed_as_written() {
    let outcome = right(&format!(
        "{TX}stages: {{ st: {{ input: tx, rules: {{ first: [{{ name: r, when: \"a > 1\", set: {{ b: \"= a\", c: \"NO\" }} }}] }} }} }}\nsinks: {{ out: {{ input: st, file: {{ path: \"a/${{time:%Y}}.jsonl\", password: \"${{secret:P}}\" }} }} }}\n"
    ));
    let text = resolved(outcome.loaded(), &Around::default());
    for part in [
        "password: \"${secret:P}\"",
        "\"a/${time:%Y}.jsonl\"",
        "c: \"NO\"",
        "b: \"= a\"",
        "        - name: r",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let again = read(&MemoryLoader::default().with("test.yaml", &text), "test.yaml", &Options::default());
    assert_eq!(again.lines(), "", "{text}");
}
