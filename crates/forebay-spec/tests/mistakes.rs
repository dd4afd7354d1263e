//! What a user is told: mistakes in, and for each its code, place, message and cure out.

mod support;

use support::{OUT, TX, read_spec};

/// What stands under `spec`, and what is said about it. Lines count from 5.
fn check(spec: &str, expect: &str) {
    let lines = read_spec(spec).lines();
    assert_eq!(lines.trim(), expect.trim(), "\n{spec}");
}

fn check_source(source: &str, expect: &str) {
    check(&format!("sources: {{ tx: {source} }}\n{OUT}"), expect);
}

fn check_stage(stage: &str, expect: &str) {
    check(
        &format!("{TX}stages: {{ st: {stage} }}\nsinks: {{ out: {{ input: st, file: {{ path: o }} }} }}"),
        expect,
    );
}

fn check_sink(sink: &str, expect: &str) {
    check(&format!("{TX}sinks: {{ out: {sink} }}"), expect);
}

fn check_more(more: &str, expect: &str) {
    check(&format!("{TX}{OUT}{more}"), expect);
}

#[test]
fn mistakes_in_sources() {
    check_source(
        "{ file: { pth: in.jsonl }, format: json }",
        "FB0201 5:28 `pth` `file` has no field `pth` (did you mean `path`?)",
    );
    check_source(
        "{ file: { path: in.jsonl, format: json } }",
        "FB0202 5:44 `format` `file` has no field `format` (`format` stands beside `file`, not inside it)",
    );
    check_source(
        "{ file: { path: in.jsonl }, path: x }",
        "FB0202 5:46 `path` no field `path` stands beside the kind of a source (`path` is a field of `file`: write it inside `file: { … }`)",
    );
    check_source(
        "{ file: { path: a, b.jsonl } }",
        "FB0201 5:37 `b.jsonl` `file` has no field `b.jsonl` (it has no value: if it is the rest of a text with a comma, put that text in double quotes)",
    );
    check_source(
        "{ fil: { path: in.jsonl } }",
        "FB0210 5:20 `fil` there is no source kind `fil` (did you mean `file`?)",
    );
    check_source(
        "{ meida: { uri: a } }",
        "FB0210 5:20 `meida` there is no source kind `meida` (did you mean `media`? It is not in this version yet)",
    );
    check_source(
        "{ file: { path: in.jsonl }, formt: json }",
        "FB0201 5:46 `formt` no field `formt` stands beside the kind of a source (did you mean `format`?)",
    );
    check_source(
        "{ file: { path: in.jsonl }, input: a }",
        "FB0202 5:46 `input` no field `input` stands beside the kind of a source (`input` stands beside the kind of stages and sinks)",
    );
    check_source(
        "{ file: { path: in.jsonl }, delivery: best_effort }",
        "FB0202 5:46 `delivery` no field `delivery` stands beside the kind of a source (`delivery` stands beside the kind of sinks)",
    );
    check_source(
        "{ file: { path: in.jsonl }, tests: [] }",
        "FB0202 5:46 `tests` no field `tests` stands beside the kind of a source (`tests` stands at the top, beside `spec`)",
    );
    check_source("{ file: }", "FB0122 5:20 `file` `file` has no value (it needs `path`)");
    check_source(
        "file",
        "FB0121 5:18 `file` `tx`: expected a map with one of the kinds file, found the text `file`",
    );
    check_source("{ file: { path: [a] } }", "FB0121 5:34 `[a]` `path`: expected a path, found a list");
    check_source(
        "{ file: { path: 5 } }",
        r#"FB0121 5:34 `5` `path`: expected a path, found the number 5 (write `"5"` if the text is meant)"#,
    );
    check_source(
        "{ file: { path: in.jsonl, rate: 30 } }",
        "FB0125 5:50 `30` `rate`: `30` is not a rate: a rate needs a unit (write `30/s`)",
    );
    check_source(
        "{ file: { path: in.jsonl, chunk: 64mib } }",
        "FB0125 5:51 `64mib` `chunk`: `64mib` is not a size: `mib` is no unit here: one of B kB MB GB KiB MiB GiB TiB (write `64MiB`)",
    );
    check_source(
        "{ file: { path: in.jsonl, level: -60 } }",
        "FB0125 5:51 `-60` `level`: `-60` is not a level: a level is in dB (write `-60dB`)",
    );
    check_source(
        "{ file: { path: in.jsonl, track: 256 } }",
        "FB0124 5:51 `256` `track`: 256 is out of range (write a whole number from 0 to 255)",
    );
    check_source(
        r#"{ file: { path: in.jsonl, track: "5" } }"#,
        r#"FB0123 5:51 `"5"` `track`: the quotes make `5` a text (write `5` without quotes)"#,
    );
    check_source(r#"{ file: { path: in.jsonl, track: "${stream:t}" } }"#, "");
    check_source(
        "{ file: { path: in.jsonl, track: 1.5 } }",
        "FB0121 5:51 `1.5` `track`: expected a whole number from 0 to 255, found the number 1.5",
    );
    check_source(
        "{ file: { path: in.jsonl }, schema: { a: list(strin) } }",
        "FB0130 5:64 `strin` `list(strin)` is no column type: `strin`: there is no such type (did you mean `string`?)",
    );
    check_source(
        "{ file: { path: in.jsonl }, schema: { a: { type: decimal(2), default: 1.555 } } }",
        "FB0131 5:88 `1.555` the default is no decimal(2): it has more than 2 digits after the point (write a value of that type, or declare another type)",
    );
    check_source(
        "{ file: { path: in.jsonl }, schema: { a: { type: list } } }",
        "FB0215 5:59 `{ type: list }` `a` is a list and does not say of what (add `items: TYPE`, or write `list(TYPE)`)",
    );
    check_source(
        "{ file: { path: in.jsonl }, schema: { a: { type: i64, items: i64 } } }",
        "FB0215 5:79 `i64` `items` goes with `type: list` only (remove it, or write `type: list`)",
    );
    check_source(
        "{ file: { path: in.jsonl }, schema: { a: { typ: i64 } } }",
        "FB0201 5:61 `typ` `a` has no field `typ` (did you mean `type`?)",
    );
    check_source(
        "{ file: { path: in.jsonl }, schema: [a] }",
        "FB0121 5:54 `[a]` `schema`: expected a text, or a map, found a list",
    );
    check_source(
        "{ file: { path: in.jsonl }, schema: {} }",
        "FB0132 5:54 `{}` the schema has no column (name what is read: `{ NAME: TYPE }`)",
    );
    check_source(
        "{ file: { path: in.jsonl }, event_time: { colum: ts } }",
        "FB0201 5:60 `colum` `event_time` has no field `colum` (did you mean `column`?)",
    );
    check_source(
        "{ file: { path: in.jsonl }, event_time: { column: ts, out_of_order: 5 } }",
        "FB0125 5:86 `5` `out_of_order`: `5` is not a duration: the unit is missing: one of ns us ms s m h d (write ms, s, m, h or d right behind the number, whichever is meant)",
    );
}

#[test]
fn mistakes_in_stages() {
    check_stage(
        r#"{ input: tx, set: { b: "= ${var:x}" } }"#,
        "FB0146 6:43 `${var:x}` nothing is pasted into an expression (write `vars.x`, which is typed)",
    );
    check_stage(
        "{ input: tx, set: { b: [1] } }",
        "FB0121 6:40 `[1]` `b`: expected a value, or a text that begins with `=`, found a list",
    );
    check_stage(
        r#"{ input: tx, set: { b: "=" } }"#,
        r#"FB0132 6:40 `"="` there is no expression behind `=` (write one, or a plain value without `=`)"#,
    );
    check_stage(
        "{ input: tx, set: { b: null, c: yes } }",
        r#"FB0113 6:49 `yes` YAML 1.1, which kubectl reads, takes `yes` for `true`, YAML 1.2 does not (write `"yes"` for the text, or `true`)"#,
    );
    check_stage(
        "{ input: tx, rules: { first: { name: r, when: a > 1, set: { b: 1 } }, els: { b: 2 } } }",
        "FB0201 6:87 `els` `rules` has no field `els` (did you mean `else`?)",
    );
    check_stage(
        "{ input: tx, rules: { first: [{ name: r, when: coalesce(a, 0) > 1, set: { b: 1 } }] } }",
        "FB0105 6:64 `coalesce(a, 0) > 1` inside `{ }` a `,` ends a text without quotes, here `coalesce(a` (put all of it in quotes: `\"coalesce(a, 0) > 1\"`)",
    );
    check_stage(
        "{ inptu: tx, set: { b: 1 } }",
        "FB0201 6:19 `inptu` no field `inptu` stands beside the kind of a stage (did you mean `input`?)",
    );
    check_stage(
        "{ input: tx, set: { b: 1 }, format: json }",
        "FB0202 6:45 `format` no field `format` stands beside the kind of a stage (`format` stands beside the kind of sources and sinks)",
    );
    check_stage(
        "{ input: tx, set: { b: 1 }, where: true, on_late: skp }",
        "FB0127 6:67 `skp` `on_late`: `skp` is none of its words (did you mean `skip`? It takes run, skip)",
    );
    check_stage(
        "{ input: { main: tx, labels: [tx.rejected, Tx] }, set: { b: 1 } }",
        "FB0213 6:60 `Tx` `Tx` is not the name of a source or stage, or NAME.PORT (write `tx`)",
    );
    check_stage(
        "{ input: {}, set: { b: 1 } }",
        "FB0132 6:26 `{}` `input` names nothing (name the source or stage that it reads)",
    );
    check_stage(
        "{ input: tx, columns: [a], set: { b: 1 } }",
        "FB0202 6:30 `columns` no field `columns` stands beside the kind of a stage (`columns` stands beside the kind of sinks)",
    );
}

#[test]
fn mistakes_in_sinks() {
    check_sink(
        "{ input: tx, file: { path: o, password: abc } }",
        r#"FB0147 6:57 `abc` `password` is secret, and its value stands in the file (write `"${secret:NAME}"` and set FOREBAY_SECRET_NAME on the host)"#,
    );
    check_sink(
        r#"{ input: tx, file: { path: "${tiem:%Y}" } }"#,
        "FB0140 6:45 `${tiem:%Y}` `${tiem:…}` does not exist (did you mean `${time:%Y}`?)",
    );
    check_sink(
        r#"{ input: tx, file: { path: "${time:%Y" } }"#,
        "FB0140 6:45 `${time:%Y` `${time:%Y` names nothing that can be filled in (it is `${secret:N}`, `${var:N}`, `${stream:COLUMN}` or `${time:FORMAT}`; `$${` is the text `${`)",
    );
    check_sink(r#"{ input: tx, file: { path: "$${time:%Y}" } }"#, "");
}

#[test]
fn mistakes_in_the_rest_of_spec() {
    check_more(
        "tests: []",
        "FB0202 7:3 `tests` `spec` has no field `tests` (`tests` stands at the top, beside `spec`)",
    );
    check_more(
        "vars: { Big: { type: i64, default: 1 }, n: { type: i64 }, m: 5 }",
        r#"FB0128 7:11 `Big` `Big` is no name of a var ([a-z][a-z0-9_]*) (write `big`)
FB0114 7:43 `n` YAML 1.1, which kubectl reads, takes the key `n` for `false` (write `"n"`)
FB0203 7:43 `n` `n` needs the field `default` (The value, unless `--set`, the PoP or `--env` gives another.)
FB0121 7:64 `5` `m`: expected a map with `type`, `default`, `doc`, found the number 5"#,
    );
    check_more(
        "lists: { l: { file: a.csv, type: u64, reload: 5sec } }",
        "FB0125 7:49 `5sec` `reload`: `5sec` is not a duration: `sec` is no unit here: one of ns us ms s m h d (write `5s`)",
    );
    check_more(
        "slo: { deadline: 200ms, from: arival, objective: 120% }",
        "FB0127 7:33 `arival` `from`: `arival` is none of its words (did you mean `arrival`? It takes arrival, event_time, produced)
FB0125 7:52 `120%` `objective`: `120%` is not a share: a share is from 0% to 100% (write a share such as 10%)",
    );
    check_more(
        "delivery: { commit_every: 1s }",
        "FB0203 7:3 `delivery` `delivery` needs the field `guarantee` (What holds when something crashes. It is one of exactly_once, results_once, at_least_once, best_effort.)",
    );
    check_more(
        "delivery: [a]",
        "FB0121 7:13 `[a]` `delivery`: expected one of exactly_once, results_once, at_least_once, best_effort, found a list",
    );
    check_more("scale: two", "FB0127 7:10 `two` `scale`: `two` is none of its words (it takes group, one)");
    check_more(
        "placement: { prefer: cheap, crossings: { A.b: {}, tx: { as: durable } } }",
        "FB0127 7:24 `cheap` `prefer`: `cheap` is none of its words (it takes near_sources, cheapest)
FB0213 7:44 `A.b` `A.b` is not the name of an output (write NAME or NAME.PORT)
FB0203 7:49 `{}` `A.b` needs the field `as` (How it crosses. It is one of durable, live.)
FB0203 7:49 `{}` `A.b` needs the field `columns` (The columns that cross; no others do. It is a list; each item the name of a column.)
FB0203 7:49 `{}` `A.b` needs the field `from` (The jurisdiction that it leaves.)
FB0203 7:49 `{}` `A.b` needs the field `to` (The jurisdiction that it enters.)
FB0203 7:57 `{ as: durable }` `tx` needs the field `columns` (The columns that cross; no others do. It is a list; each item the name of a column.)
FB0203 7:57 `{ as: durable }` `tx` needs the field `from` (The jurisdiction that it leaves.)
FB0203 7:57 `{ as: durable }` `tx` needs the field `to` (The jurisdiction that it enters.)",
    );
}

#[test]
fn sections_are_not_empty() {
    check(
        "sources:\nsinks: {}\n",
        "FB0122 5:3 `sources` `sources` has no value (write `{ NAME: … }`)
FB0132 6:10 `{}` `sinks` names no sink (a pipeline has at least one source and one sink)",
    );
}

#[test]
fn one_mistake_is_said_once_and_many_are_all_said() {
    let spec = "slo: { deadline: 5min, form: arrival }\n\
                sources: { Tx: { file: { path: in.jsonl }, format: jsn, schema: { a: int, y: i64 } } }\n\
                sinks: { out: { input: tx, file: { path: \"${secret:X}\" }, columns: a } }\n";
    let outcome = read_spec(spec);
    assert_eq!(
        outcome.codes(),
        ["FB0114", "FB0125", "FB0127", "FB0128", "FB0130", "FB0142", "FB0201"],
        "{}",
        outcome.lines()
    );
}

#[test]
fn spans_count_bytes_and_messages_characters() {
    check_more("slo: { deadline: \"zwölf\", form: \"über\" }", SPANS);
}

const SPANS: &str =
    "FB0125 7:20 `\"zwölf\"` `deadline`: `zwölf` is not a duration: a number has to come first (write a duration such as 20ms)
FB0201 7:29 `form` `slo` has no field `form` (did you mean `from`?)";
