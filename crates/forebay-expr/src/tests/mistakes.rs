//! What is said of mistakes; most cases stand in `mistakes.txt`.

use forebay_types::kind::Scope;
use forebay_types::value::Text;
use forebay_types::{Column, Files, Report, Schema, Span, Ty};

use super::table::{compiled, said, schema};
use crate::{Names, compile, compile_aggregate};

#[test]
fn mistakes_are_said_with_place_cause_and_cure() {
    let cases = include_str!("mistakes.txt").split("\n> ").skip(1);
    for case in cases {
        let (text, rest) = case.split_once('\n').unwrap();
        let expect: Vec<&str> = rest.lines().take_while(|line| line.starts_with("FB")).collect();
        let (typed, found) = compiled(text, None);
        assert_eq!(found, expect.join("\n"), "{text}");
        let warnings = expect.iter().all(|line| line.starts_with("FB0416"));
        assert_eq!(typed.is_some(), warnings, "{text}");
    }
}

#[test]
fn what_another_type_is_wanted_for() {
    let check = |text: &str, want: &str, expect: &str| {
        let (typed, said) = compiled(text, Some(&Ty::parse(want).unwrap()));
        let found = typed.map_or(said, |typed| typed.ty().to_string());
        assert_eq!(found, expect, "{text} as {want}");
    };
    check("i > 0", "bool", "bool");
    check(
        "i + 1",
        "bool",
        "FB0412 1 `i + 1`: bool is wanted here, and this is i64; write a condition: compare it, as in `x > 0` or `x == 'a'`",
    );
    check(
        "ob",
        "bool",
        "FB0410 1 `ob`: `ob` may be null here; ask first: `ob != null && …`, or say what null means: `coalesce(ob, false)`",
    );
    check("5", "decimal(2)", "decimal(2)");
    check("byte", "i64", "i64");
    check(
        "n",
        "decimal(2)",
        "FB0412 1 `n`: decimal(2) is wanted here, and this is decimal(3); decimal(3) does not become decimal(2); make both of one type",
    );
    check("null", "optional(string)", "optional(string)");
    check("oi", "optional(i64)", "optional(i64)");
    check(
        "s",
        "optional(i64)",
        "FB0412 1 `s`: optional(i64) is wanted here, and this is string; write `int(s)`",
    );
    check("ts", "timestamp", "timestamp");
}

#[test]
fn aggregates_stand_alone() {
    let check = |text: &str, expect: &str| {
        let mut files = Files::default();
        let file = files.add("e", text);
        let span = Span { file, start: 0, end: text.len() as u32 };
        let (schema, scope, mut report) = (schema(), Scope::default(), Report::default());
        let names = Names { columns: &schema, scope: &scope };
        let text = Text { text: text.into(), verbatim: Some(span) };
        let found = match compile_aggregate(&text, span, &names, &mut report) {
            None => said(&mut report, &files),
            Some(aggregate) => {
                let argument = aggregate.argument.map_or("nothing".into(), |typed| typed.ty().to_string());
                format!("{} of {argument} gives {}", aggregate.function.name(), aggregate.ty)
            }
        };
        assert_eq!(found, expect, "{}", text.text);
    };
    check("count()", "count of nothing gives i64");
    check("sum(byte)", "sum of i64 gives i64");
    check("sum(u)", "sum of i64 gives i64");
    check("sum(m)", "sum of decimal(2) gives decimal(2)");
    check("sum(f)", "sum of f64 gives f64");
    check("sum(span)", "sum of duration gives duration");
    check("mean(m)", "mean of decimal(2) gives f64");
    check("mean(small)", "mean of i64 gives f64");
    check("min(f)", "min of f32 gives f32");
    check("max(size(objects))", "max of i64 gives i64");
    check("max(ts)", "max of timestamp(ms) gives timestamp(ms)");
    check("share(b)", "share of bool gives f64");
    check("share(m > 500.00)", "share of bool gives f64");
    check("first(s)", "first of string gives string");
    check("last(u)", "last of u64 gives u64");
    check(
        "share(i)",
        "FB0408 7 `i`: what `share` counts is a bool, and `i` is i64; write a condition: compare it, as in `x > 0` or `x == 'a'`",
    );
    check(
        "sum(b)",
        "FB0408 5 `b`: `sum` does not work on bool; the part of records for which it is true is `share(…)`",
    );
    check("mean(s)", "FB0408 6 `s`: `mean` does not work on string; it takes numbers");
    check(
        "last(tags)",
        "FB0408 6 `tags`: `last` does not work on list(string); it takes a simple value, not a list or struct",
    );
    check("sum(oi)", "sum of optional(i64) gives i64");
    check("mean(oi)", "mean of optional(i64) gives f64");
    check("min(oi)", "min of optional(i64) gives optional(i64)");
    check("last(i > 0 ? s : null)", "last of optional(string) gives optional(string)");
    check("sum(i > 0 ? f : null)", "sum of optional(f64) gives f64");
    check("share(ob)", "share of optional(bool) gives f64");
    check(
        "mean(oi + 1)",
        "FB0410 6 `oi`: `oi` may be null here; ask first: `oi != null && …`, or say what null means: `coalesce(oi, 0)`",
    );
    check(
        "share(oi)",
        "FB0408 7 `oi`: what `share` counts is a bool, and `oi` is optional(i64); write a condition: compare it, as in `x > 0` or `x == 'a'`",
    );
    check(
        "sum(null)",
        "FB0410 5 `null`: null is no value to compute with; compare with it (`x == null`, `x != null`), or give it for a case: `a > 0 ? a : null`",
    );
    check(
        "count(i)",
        "FB0407 1 `count(i)`: `count` takes 0 values in its brackets, not 1; write `count()`; the part that meets a condition is `share(x > 0)`",
    );
    check("sum()", "FB0407 1 `sum()`: `sum` takes 1 value in its brackets, not 0; write `sum(amount)`");
    check("avg(i)", "FB0415 1 `avg`: there is no aggregate `avg`; did you mean `mean`?");
    check(
        "stddev(i)",
        "FB0415 1 `stddev`: there is no aggregate `stddev`; the aggregates are count, sum, mean, min, max, share, first, last",
    );
    check(
        "sum(i) / 2",
        "FB0415 1 `sum(i) / 2`: an entry of `emit` is one aggregate and nothing else; write one of count, sum, mean, min, max, share, first, last with brackets, and compute with its result in a `set` after it",
    );
    check(
        "i.sum()",
        "FB0415 1 `i.sum()`: an entry of `emit` is one aggregate and nothing else; write one of count, sum, mean, min, max, share, first, last with brackets, and compute with its result in a `set` after it",
    );
    check(
        "sum(mean(i))",
        "FB0415 5 `mean`: `mean` is an aggregate, and this is about one record; aggregates stand in `emit`, alone: `emit: { total: sum(amount) }`",
    );
}

#[test]
fn what_is_unknown_is_no_second_mistake() {
    let known = Column::new("a", Ty::I64, Span::NONE);
    let broken = Column::new("broken", Ty::Unknown, Span::NONE);
    let schema = Schema { columns: vec![known, broken], open: true };
    let scope = Scope::default();
    let names = Names { columns: &schema, scope: &scope };
    for text in [
        "nobody + 1 > a",
        "broken.size() > 3 && !broken",
        "nobody.x[0].y in lists_of.nobody",
        "-nobody == 'x' ? nobody : 3",
        "coalesce(nobody, 'x') == broken",
        "nobody == null || nobody > 3",
        "5 in nobody",
        "nobody in [1, 'a']",
        "abs(nobody).getHours('UTC') + duration(nobody)",
        "[nobody, 1][a]",
        "nobody.contains(broken)",
    ] {
        let mut report = Report::default();
        let text = Text { text: text.into(), verbatim: None };
        let wanted = if text.text.contains("'a'") { 1 } else { 0 };
        let typed = compile(&text, Span::NONE, &names, None, &mut report);
        assert_eq!(report.errors(), wanted, "{}: {:?}", text.text, report.diagnostics);
        assert_eq!(typed.is_some(), wanted == 0, "{}", text.text);
    }
}

#[test]
fn a_column_of_unknown_type_is_not_what_was_meant() {
    let columns = [("amount", Ty::I64), ("amount_eur", Ty::Unknown)];
    let columns = columns.map(|(name, ty)| Column::new(name, ty, Span::NONE));
    let (schema, scope, mut report) = (Schema::of(columns.into()), Scope::default(), Report::default());
    let names = Names { columns: &schema, scope: &scope };
    let text = Text { text: "amout_eur * 2".into(), verbatim: None };
    assert!(compile(&text, Span::NONE, &names, None, &mut report).is_none());
    assert_eq!(
        report.diagnostics[0].help.as_deref(),
        Some("a text stands in quotes: 'amout_eur'; the columns here are amount")
    );
}

#[test]
fn the_columns_that_are_read_are_named_once() {
    let typed = compiled("m > 5 && m < n && at.lat > 0.0 && 'x' in tags", None).0.unwrap();
    assert_eq!(typed.columns(), ["m", "n", "at", "tags"]);
}
