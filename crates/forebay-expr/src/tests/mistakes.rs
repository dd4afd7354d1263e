//! What is said of mistakes: code, column, the marked text, the cause; the cure.

use forebay_types::kind::Scope;
use forebay_types::value::Text;
use forebay_types::{Column, Files, Report, Schema, Span, Ty};

use super::table::{compiled, said, schema};
use crate::{Names, compile, compile_aggregate};

fn check(text: &str, expect: &str) {
    let (typed, found) = compiled(text, None);
    assert_eq!(found, expect, "{text}");
    let warnings = found.lines().all(|line| line.starts_with("FB0416"));
    assert_eq!(typed.is_some(), warnings, "{text}");
}

#[test]
fn an_expression_that_does_not_read() {
    check("i >", "FB0401 4 ``: the expression ends where a value is expected; the last operator has no right side");
    check("   ", "FB0401 1 `   `: the expression is empty; write one, such as `amount > 500.00`");
    check("i > > 3", "FB0401 5 `>`: `>` has no left side; an operator stands between two values");
    check("i i", "FB0401 3 `i`: an operator is missing before `i`; two values stand side by side; conditions are joined by `&&` or `||`");
    check("* 3", "FB0401 1 `*`: `*` has no left side; an operator stands between two values");
    check("b ? 1", "FB0401 6 ``: the expression ends where `:` and the value for the other case is expected; a choice is `CONDITION ? IF_TRUE : IF_FALSE`");
    check("b ? 1 2", "FB0401 7 `2`: `:` and the value for the other case is expected here, not `2`; a choice is `CONDITION ? IF_TRUE : IF_FALSE`");
    check("i : 3", "FB0401 3 `:`: `:` stands here without `?`; a choice is `CONDITION ? IF_TRUE : IF_FALSE`");
    check("x # 3", "FB0401 3 `#`: `#` is no part of an expression; take it out, or put the text that it belongs to in quotes: '#…'");
    check("s == ‘x’", "FB0401 6 `‘`: `‘` is no part of an expression; a text stands in straight quotes: 'text'");
    check("5s > span", "FB0401 1 `5s`: `5s` is no number; a duration is written `duration('5s')`");
    check("span > 500ms", "FB0401 8 `500ms`: `500ms` is no number; a duration is written `duration('500ms')`");
    check("i > 1_000", "FB0401 5 `1_000`: `1_000` is no number; write the digits without `_`: 1000");
    check("u == 5u", "FB0401 6 `5u`: `5u` is no number; a number takes its type from what stands beside it: write 5");
    check("1e > 3", "FB0401 1 `1e`: `1e` is no number; numbers are decimal digits, and a name begins with a letter");
    check("i > 0x1F", "FB0401 5 `0x1F`: `0x1F` is no number; numbers are decimal digits, and a name begins with a letter");
    check("'\\q'", "FB0401 2 `\\q`: `\\q` is no escape; known are \\n \\r \\t \\\\ \\' \\\" and \\u with four hex digits; a backslash itself is \\\\");
    check("'\\u12'", "FB0401 2 `\\u`: `\\u` is no escape; known are \\n \\r \\t \\\\ \\' \\\" and \\u with four hex digits; a backslash itself is \\\\");
    check("s startsWith 'a'", "FB0401 3 `startsWith`: `startsWith` is no operator; a function takes its arguments in brackets: `x.startsWith(…)`");
    check("s like 'a%'", "FB0401 3 `like`: an operator is missing before `like`; two values stand side by side; conditions are joined by `&&` or `||`");
    check("{a: 1}", "FB0401 1 `{`: there are no maps and structs in expressions; a list is written [a, b]");
}

#[test]
fn brackets_and_quotes_without_a_partner() {
    check("(i > 3", "FB0402 1 `(`: `(` is not closed; the closing `)` is missing");
    check("i > 3)", "FB0402 6 `)`: `)` closes nothing; take it out, or open it with `(`");
    check("[1, 2", "FB0402 1 `[`: `[` is not closed; the closing `]` is missing");
    check("tags[0", "FB0402 5 `[`: `[` is not closed; the closing `]` is missing");
    check("(i > 3]", "FB0402 1 `(`: `(` is not closed; the closing `)` is missing");
    check("s == 'x", "FB0402 6 `'x`: the text has no closing quote; close the text with ', or write \\' for the sign itself");
    check("s == \"x'", "FB0402 6 `\"x'`: the text has no closing quote; close the text with \", or write \\\" for the sign itself");
}

#[test]
fn operators_of_other_languages_are_named_and_read() {
    check("i = 3", "FB0403 3 `=`: `=` is no operator here; comparing is `==`");
    check(
        "i = 3 and b or ob is not null",
        "\
FB0403 3 `=`: `=` is no operator here; comparing is `==`
FB0403 7 `and`: `and` is no operator here; and is `&&`
FB0403 13 `or`: `or` is no operator here; or is `||`
FB0403 19 `is not`: `is not` is no operator here; unequal is `!=`, also for null",
    );
    check("not b", "FB0403 1 `not`: `not` is no operator here; not is `!`, and `!(…)` around a comparison");
    check(
        "s <> t & b | b",
        "\
FB0403 3 `<>`: `<>` is no operator here; unequal is `!=`
FB0403 8 `&`: `&` is no operator here; and is `&&`
FB0403 12 `|`: `|` is no operator here; or is `||`",
    );
    check("i === 3", "FB0403 3 `===`: `===` is no operator here; comparing is `==`");
    check("i ^ 2", "FB0403 3 `^`: `^` is no operator here; there is no power; multiply: `x * x`");
    check("i ** 2", "FB0403 3 `**`: `**` is no operator here; there is no power; multiply: `x * x`");
    check("i ?? 3", "FB0403 3 `??`: `??` is no operator here; a default for null is `coalesce(x, default)`");
}

#[test]
fn unknown_names_come_with_what_they_may_mean() {
    check("amont > 5", "FB0405 1 `amont`: there is no column `amont` here; a text stands in quotes: 'amont'; the columns here are b, ob, i, j, oi, small, byte, u, f, d, od, m, …");
    check("smal > 5", "FB0405 1 `smal`: there is no column `smal` here; did you mean `small`? a text stands in quotes: 'smal'");
    check(
        "state == open",
        "\
FB0405 1 `state`: there is no column `state` here; a text stands in quotes: 'state'; the columns here are b, ob, i, j, oi, small, byte, u, f, d, od, m, …
FB0405 10 `open`: there is no column `open` here; a text stands in quotes: 'open'; the columns here are b, ob, i, j, oi, small, byte, u, f, d, od, m, …",
    );
    check("limit > 5", "FB0405 1 `limit`: there is no column `limit` here; the var is `vars.limit`");
    check("blocked", "FB0405 1 `blocked`: there is no column `blocked` here; the list is `lists.blocked`");
    check("vars", "FB0405 1 `vars`: `vars` alone is no value; write `vars.NAME`");
    check("lists", "FB0405 1 `lists`: `lists` alone is no value; write `x in lists.NAME`");
    check("vars.limt > 0.5", "FB0405 6 `limt`: there is no var `limt`; did you mean `vars.limit`?");
    check("vars.nothing", "FB0405 6 `nothing`: there is no var `nothing`; declare it: `spec: { vars: { nothing: { type: f64, default: 0.5 } } }`");
    check("lists.bloked", "FB0405 7 `bloked`: there is no list `bloked`; did you mean `lists.blocked`?");
    check("u in lists.bloked", "FB0405 12 `bloked`: there is no list `bloked`; did you mean `lists.blocked`?");
    check("lists.blocked == u", "FB0418 1 `lists.blocked`: `lists.blocked` stands where a value is expected; ask whether something is in it: `x in lists.blocked`");
    check("True", "FB0405 1 `True`: there is no column `True` here; did you mean `true`? a text stands in quotes: 'True'");
    check("NULL", "FB0405 1 `NULL`: there is no column `NULL` here; did you mean `null`? a text stands in quotes: 'NULL'");
    check(
        "amont > 5 && stat == 'x' && i > 'y'",
        "\
FB0405 1 `amont`: there is no column `amont` here; a text stands in quotes: 'amont'; the columns here are b, ob, i, j, oi, small, byte, u, f, d, od, m, …
FB0405 14 `stat`: there is no column `stat` here; a text stands in quotes: 'stat'; the columns here are b, ob, i, j, oi, small, byte, u, f, d, od, m, …
FB0409 29 `i > 'y'`: `i` (i64) and `'y'` (string) do not compare with `>`; write `string(i)`",
    );
}

#[test]
fn functions() {
    check("s.len() > 3", "FB0406 3 `len`: there is no function `len`; did you mean `size`?");
    check("len(s)", "FB0406 1 `len`: there is no function `len`; did you mean `size`?");
    check("has(os)", "FB0406 1 `has`: there is no function `has`; write `os != null`");
    check(
        "foo(amont)",
        "\
FB0406 1 `foo`: there is no function `foo`; the functions are abs, coalesce, contains, double, duration, endsWith, getDayOfWeek, getHours, int, size, startsWith, string, timestamp
FB0405 5 `amont`: there is no column `amont` here; a text stands in quotes: 'amont'; the columns here are b, ob, i, j, oi, small, byte, u, f, d, od, m, …",
    );
    check("sizes(s)", "FB0406 1 `sizes`: there is no function `sizes`; did you mean `size`?");
    check("i()", "FB0406 1 `i`: there is no function `i`; `i` is a column and takes no brackets");
    check("sum(i) > 3", "FB0415 1 `sum`: `sum` is an aggregate, and this is about one record; aggregates stand in `emit`, alone: `emit: { total: sum(amount) }`");
    check("avg(i)", "FB0406 1 `avg`: there is no function `avg`; the functions are abs, coalesce, contains, double, duration, endsWith, getDayOfWeek, getHours, int, size, startsWith, string, timestamp");
    check("size()", "FB0407 1 `size()`: `size` takes 1 value, and here are 0; write `size(x)`");
    check("coalesce(oi)", "FB0407 1 `coalesce(oi)`: `coalesce` takes at least 2 values, and here are 1; write `coalesce(x, default)`");
    check("s.startsWith()", "FB0407 1 `s.startsWith()`: `startsWith` takes 2 values, and here are 1; write `text.startsWith('begin')`");
    check("getHours(ts, 'UTC', 3)", "FB0407 1 `getHours(ts, 'UTC', 3)`: `getHours` takes 1 or 2 values, and here are 3; write `time.getHours('UTC')`");
}

#[test]
fn operands_and_arguments_of_a_wrong_type() {
    check("b && i", "FB0408 6 `i`: each side of `&&` is a bool, and `i` is i64; write a condition: compare it, as in `x > 0` or `x == 'a'`");
    check("i || b", "FB0408 1 `i`: each side of `||` is a bool, and `i` is i64; write a condition: compare it, as in `x > 0` or `x == 'a'`");
    check("!i", "FB0408 2 `i`: what `!` turns is a bool, and `i` is i64; write a condition: compare it, as in `x > 0` or `x == 'a'`");
    check("i ? 1 : 2", "FB0408 1 `i`: the left side of `?` is a bool, and `i` is i64; write a condition: compare it, as in `x > 0` or `x == 'a'`");
    check("-s", "FB0408 1 `-s`: `-` works on numbers and durations, and `s` is string; not is written `!`");
    check("-b", "FB0408 1 `-b`: `-` works on numbers and durations, and `b` is bool; not is written `!`");
    check("abs(s)", "FB0408 5 `s`: `abs` takes a number or a duration, and `s` is string; take `abs` away");
    check("s.getHours('UTC')", "FB0408 1 `s`: `getHours` takes a timestamp, and `s` is string; write `timestamp(s).getHours('UTC')`");
    check("i.getHours()", "FB0408 1 `i`: `getHours` takes a timestamp, and `i` is i64; the column has to be declared as `timestamp`, or `timestamp(ms)` for a number");
    check("s.contains(3)", "FB0408 12 `3`: `contains` takes two texts, and `3` is i64; write `text.contains('…')`");
    check("tags.contains('x')", "FB0408 1 `tags`: `contains` takes two texts, and `tags` is list(string); an item of a list is `'x' in tags`");
    check("i.contains('7')", "FB0408 1 `i`: `contains` takes two texts, and `i` is i64; write `string(i)`");
    check("size(i)", "FB0408 6 `i`: `size` takes a text, bytes or a list, and `i` is i64; only these have a size");
    check("int(b)", "FB0408 5 `b`: `int` takes a number, a text or a time, and `b` is bool; write `x ? 1 : 0`");
    check("int(span)", "FB0408 5 `span`: `int` takes a number, a text or a time, and `span` is duration; compare durations with each other: `x > duration('90s')`");
    check("double(ts)", "FB0408 8 `ts`: `double` takes a number or a text, and `ts` is timestamp(ms); take `double` away");
    check("string(tags)", "FB0408 8 `tags`: `string` takes a simple value, and `tags` is list(string); write its items or fields one by one");
    check("double(b)", "FB0408 8 `b`: `double` takes a number or a text, and `b` is bool; write `x ? 1.0 : 0.0`");
    check("duration(5)", "FB0408 10 `5`: `duration` takes a text, and `5` is i64; write `duration('90s')`");
    check("timestamp(d)", "FB0408 11 `d`: `timestamp` takes a text or seconds since 1970, and `d` is f64; write `timestamp('2026-01-31T12:00:00Z')`");
    check("'a' in s", "FB0408 8 `s`: `in` looks into a list, and `s` is string; a text in a text is `s.contains('a')`");
    check("i in i", "FB0408 6 `i`: `in` looks into a list, and `i` is i64; equal to one value is `i == i`");
    check("i in []", "FB0408 6 `[]`: nothing is in an empty list; put values into it, or write `false`");
    check("[]", "FB0408 1 `[]`: an empty list has no type of its own; put it where a list is known beside it, as in `coalesce(x, [])`");
    check("[at]", "FB0408 1 `[at]`: a list in brackets holds simple values, not struct{lat: f64, n: u8, name: optional(string)}; list texts, numbers or times");
    check("s[0]", "FB0408 1 `s[0]`: `s` is string, and only lists have items; take the brackets away");
    check("tags['a']", "FB0408 6 `'a'`: an item is named by its number from 0, and `'a'` is string; a field of a struct is `x.a`");
    check("at['lat']", "FB0408 4 `'lat'`: an item is named by its number from 0, and `'lat'` is string; a field of a struct is `x.lat`");
    check("at[0]", "FB0408 1 `at[0]`: `at` is struct{lat: f64, n: u8, name: optional(string)}, and only lists have items; a field is `x.name`");
    check("b > b", "FB0408 1 `b > b`: `>` does not work on bool; a bool stands alone: `x`, or `!x`");
    check("tags == tags", "FB0408 1 `tags == tags`: `==` does not work on list(string); ask for items: `e in x`, `x[0] == e`, `size(x) == 0`");
    check("at == at", "FB0408 1 `at == at`: `==` does not work on struct{lat: f64, n: u8, name: optional(string)}; compare its fields one by one");
    check("raw + raw", "FB0408 1 `raw + raw`: `+` does not work on bytes; arithmetic is for numbers, times and durations; `+` also joins texts");
    check("d % 2.0", "FB0408 1 `d % 2.0`: `%` works on integers, not on f64; convert what is divided: `int(x) % 10`");
    check("null == null", "FB0408 1 `null == null`: null is compared with null; compare a column with null");
    check("u + j > 0 && s", "FB0408 14 `s`: each side of `&&` is a bool, and `s` is string; write a condition: compare it, as in `x > 0` or `x == 'a'`");
}

#[test]
fn types_that_do_not_mix() {
    check("i in ['a', 'b']", "FB0409 1 `i in ['a', 'b']`: `i` is i64, and the list holds string; write `string(i)`");
    check("[1, 'a']", "FB0409 5 `'a'`: `'a'` is string in a list of i64; string does not become i64; make both of one type");
    check("[1, i, s]", "FB0409 8 `s`: `s` is string in a list of i64; write `int(s)`");
    check("i > d", "FB0409 1 `i > d`: `i` (i64) and `d` (f64) do not compare with `>`; write `double(i)`");
    check("m > d", "FB0409 1 `m > d`: `m` (decimal(2)) and `d` (f64) do not compare with `>`; write `double(m)`");
    check("m + d", "FB0409 1 `m + d`: `m` (decimal(2)) and `d` (f64) do not mix with `+`; write `double(m)`");
    check("f > d", "FB0409 1 `f > d`: `f` (f32) and `d` (f64) do not compare with `>`; write `double(f)`");
    check("f + i", "FB0409 1 `f + i`: `f` (f32) and `i` (i64) do not mix with `+`; write `double(…)` around both");
    check("s == 5", "FB0409 1 `s == 5`: `s` (string) and `5` (i64) do not compare with `==`; a text stands in quotes: '5'");
    check("t > 12", "FB0409 1 `t > 12`: `t` (string) and `12` (i64) do not compare with `>`; a text stands in quotes: '12'");
    check("i == '5'", "FB0409 1 `i == '5'`: `i` (i64) and `'5'` (string) do not compare with `==`; a number stands without quotes: 5");
    check("i == 'x'", "FB0409 1 `i == 'x'`: `i` (i64) and `'x'` (string) do not compare with `==`; write `string(i)`");
    check("ts > '2026-01-01T00:00:00Z'", "FB0409 1 `ts > '2026-01-01T00:00:00Z'`: `ts` (timestamp(ms)) and `'2026-01-01T00:00:00Z'` (string) do not compare with `>`; write `timestamp('2026-01-01T00:00:00Z')`");
    check("span > '5s'", "FB0409 1 `span > '5s'`: `span` (duration) and `'5s'` (string) do not compare with `>`; write `duration('5s')`");
    check("span > 5", "FB0409 1 `span > 5`: `span` (duration) and `5` (i64) do not compare with `>`; write `duration('5s')`");
    check("ts > 5", "FB0409 1 `ts > 5`: `ts` (timestamp(ms)) and `5` (i64) do not compare with `>`; a time is written `timestamp('2026-01-31T12:00:00Z')`");
    check("ts + 5", "FB0409 1 `ts + 5`: `ts` (timestamp(ms)) and `5` (i64) do not mix with `+`; to a time add a duration, such as `duration('5s')`");
    check("ts + ts", "FB0409 1 `ts + ts`: `ts` (timestamp(ms)) and `ts` (timestamp(ms)) do not mix with `+`; the time between two times is `a - b`");
    check("day == ts", "FB0409 1 `day == ts`: `day` (date) and `ts` (timestamp(ms)) do not compare with `==`; date and timestamp(ms) have no common type");
    check("b == 1", "FB0409 1 `b == 1`: `b` (bool) and `1` (i64) do not compare with `==`; a bool stands alone: `x`, or `!x`");
    check("m / 3", "FB0417 1 `m / 3`: `/` on decimals would have to round; write `double(m) / double(3)` and take the rounding of floats");
    check("m % 3", "FB0417 1 `m % 3`: `%` on decimals would have to round; the rest is one of whole numbers: `int(x) % 10`");
    check("m * m * m * m * m * m * m * m * m * m", "FB0417 1 `m * m * m * m * m * m * m * m * m * m`: the product of decimal(18) and decimal(2) has 20 digits after the point, and 18 is the most; write `double(m * m * m * m * m * m * m * m * m)`");
    check("i > 1.5", "FB0409 1 `i > 1.5`: `i` (i64) and `1.5` (f64) do not compare with `>`; write `double(i)`");
    check("b ? 1 : 'a'", "FB0409 9 `'a'`: the two cases are of two types: `1` is i64 and `'a'` is string; a text stands in quotes: '1'");
    check("i < j < u", "FB0409 1 `i < j < u`: `i < j` (bool) and `u` (u64) do not compare with `<`; a bool stands alone: `x`, or `!x`");
    check("b ? day : ts", "FB0409 11 `ts`: the two cases are of two types: `day` is date and `ts` is timestamp(ms); date and timestamp(ms) have no common type");
    check("coalesce(oi, 'x')", "FB0409 14 `'x'`: the values of `coalesce` are of two types: `oi` is i64 and `'x'` is string; write `string(oi)`");
    check("coalesce(os, 5)", "FB0409 14 `5`: the values of `coalesce` are of two types: `os` is string and `5` is i64; a text stands in quotes: '5'");
    check("ts - 5", "FB0409 1 `ts - 5`: `ts` (timestamp(ms)) and `5` (i64) do not mix with `-`; to a time add a duration, such as `duration('5s')`");
    check("int(byte) == f", "FB0409 1 `int(byte) == f`: `int(byte)` (i64) and `f` (f32) do not compare with `==`; write `double(…)` around both");
    check("f in [d]", "FB0409 1 `f in [d]`: `f` is f32, and the list holds f64; write `double(f)`");
    check("n in lists.prices", "FB0409 1 `n in lists.prices`: `n` is decimal(3), and the list holds decimal(2); decimal(3) does not become decimal(2); make both of one type");
    check("d in lists.prices", "FB0409 1 `d in lists.prices`: `d` is f64, and the list holds decimal(2); f64 does not become decimal(2); make both of one type");
    check("s in lists.blocked", "FB0409 1 `s in lists.blocked`: `s` is string, and the list holds u64; write `int(s)`");
}

#[test]
fn what_may_be_null() {
    check("oi > 5", "FB0410 1 `oi`: `oi` may be null here; ask first: `oi != null && …`, or say what null means: `coalesce(oi, 0)`");
    check("oi + 1", "FB0410 1 `oi`: `oi` may be null here; ask first: `oi != null && …`, or say what null means: `coalesce(oi, 0)`");
    check("ob && b", "FB0410 1 `ob`: `ob` may be null here; ask first: `ob != null && …`, or say what null means: `coalesce(ob, false)`");
    check("os == 'x'", "FB0410 1 `os`: `os` may be null here; ask first: `os != null && …`, or say what null means: `coalesce(os, '')`");
    check("coalesce(oi, null)", "FB0410 14 `null`: null is no value to compute with; compare with it (`x == null`, `x != null`), or give it for a case: `a > 0 ? a : null`");
    check("null", "FB0410 1 `null`: null is no value to compute with; compare with it (`x == null`, `x != null`), or give it for a case: `a > 0 ? a : null`");
    check("null + 1", "FB0410 1 `null`: null is no value to compute with; compare with it (`x == null`, `x != null`), or give it for a case: `a > 0 ? a : null`");
    check("[1, null]", "FB0410 5 `null`: null is no value to compute with; compare with it (`x == null`, `x != null`), or give it for a case: `a > 0 ? a : null`");
    check("i == null", "FB0416 1 `i == null`: `i` is never null here, so this is always false; take the comparison out; only `optional(…)` columns may be null");
    check("coalesce(i, 3)", "FB0416 10 `i`: `i` is never null here, so what follows it is never used; take `coalesce` away; only `optional(…)` columns may be null");
    check("b ? null : null", "FB0410 12 `null`: null is no value to compute with; compare with it (`x == null`, `x != null`), or give it for a case: `a > 0 ? a : null`");
    check("oat.lat > 0.0", "FB0410 1 `oat`: `oat` may be null here; ask first: `oat != null && …`");
    check("gaps[0] + 1", "FB0410 1 `gaps[0]`: `gaps[0]` may be null here; say what null means: `coalesce(gaps[0], 0)`");
    check("oi != null || oi > 3", "FB0410 15 `oi`: `oi` may be null here; ask first: `oi != null && …`, or say what null means: `coalesce(oi, 0)`");
    check("oi == null && oi > 3", "FB0410 15 `oi`: `oi` may be null here; ask first: `oi != null && …`, or say what null means: `coalesce(oi, 0)`");
    check("(oi != null && b) || oi > 3", "FB0410 22 `oi`: `oi` may be null here; ask first: `oi != null && …`, or say what null means: `coalesce(oi, 0)`");
    check("vars.most > 3", "FB0410 1 `vars.most`: `vars.most` may be null here; ask first: `vars.most != null && …`, or say what null means: `coalesce(vars.most, 0)`");
    check("os.size() > 0", "FB0410 1 `os`: `os` may be null here; ask first: `os != null && …`, or say what null means: `coalesce(os, '')`");
    check("gaps[0] > 1 && gaps[1] == null", "FB0410 1 `gaps[0]`: `gaps[0]` may be null here; say what null means: `coalesce(gaps[0], 0)`");
}

#[test]
fn numbers_that_do_not_fit() {
    check("f * 1e400", "FB0411 5 `1e400`: `1e400` is no f32: it has too many digits; a number takes the type of what stands beside it, here f32; nothing is rounded");
    check("byte > 300", "FB0411 8 `300`: `300` is no u8: a whole number from 0 to 255; a number takes the type of what stands beside it, here u8; nothing is rounded");
    check("byte > -1", "FB0411 8 `-1`: `-1` is no u8: a whole number from 0 to 255; a number takes the type of what stands beside it, here u8; nothing is rounded");
    check("u > -1", "FB0411 5 `-1`: `-1` is no u64: a whole number from 0; a number takes the type of what stands beside it, here u64; nothing is rounded");
    check("m > 0.005", "FB0411 5 `0.005`: `0.005` is no decimal(2): it has more than 2 digits after the point; a number takes the type of what stands beside it, here decimal(2); nothing is rounded");
    check("f == 16777217", "FB0411 6 `16777217`: `16777217` is no f32: it has too many digits; a number takes the type of what stands beside it, here f32; nothing is rounded");
    check("d == 9007199254740993", "FB0411 6 `9007199254740993`: `9007199254740993` is no f64: it has too many digits; a number takes the type of what stands beside it, here f64; nothing is rounded");
    check("99999999999999999999", "FB0411 1 `99999999999999999999`: `99999999999999999999` is too large for i64; write a number that fits, or one with a point");
}

#[test]
fn fields_and_texts() {
    check("ts.getHours('CH')", "FB0414 13 `'CH'`: there is no time zone 'CH'; write 'UTC', an offset such as '+02:00' or a zone such as 'Europe/Zurich': `t.getHours('UTC')`");
    check("ts.getHours(s)", "FB0414 13 `s`: a time zone is a text in quotes; write 'UTC', an offset such as '+02:00' or a zone such as 'Europe/Zurich': `t.getHours('UTC')`");
    check("duration('5min')", "FB0414 10 `'5min'`: `5min` is no duration: write 5m; units are ns us ms s m h d: duration('1h30m')");
    check("timestamp('yesterday')", "FB0414 11 `'yesterday'`: `yesterday` is no time such as 2026-01-31T12:00:00Z, with a zone, between 1678 and 2262; write year, month, day, time and zone: timestamp('2026-01-31T12:00:00+01:00')");
    check("day == '2026-1-1'", "FB0414 8 `'2026-1-1'`: `2026-1-1` is no date such as 2026-01-31; a text beside a date is a date: year, month, day");
    check("at.lon", "FB0413 4 `lon`: `at` has no field `lon`; its fields are lat, n, name");
    check("at.nam", "FB0413 4 `nam`: `at` has no field `nam`; did you mean `name`?");
    check("at.xyz", "FB0413 4 `xyz`: `at` has no field `xyz`; its fields are lat, n, name");
    check("s.size > 3", "FB0413 3 `size`: `s` is string and has no fields; a function takes brackets: `s.size()`");
    check("tags.size", "FB0413 6 `size`: `tags` is list(string) and has no fields; a function takes brackets: `tags.size()`");
    check("i.x", "FB0413 3 `x`: `i` is i64 and has no fields; only structs have fields; take the `.` and the name away");
    check("tags.x", "FB0413 6 `x`: `tags` is list(string) and has no fields; an item of a list is `x[0]`, and a field of it `x[0].f`");
}

#[test]
fn what_another_type_is_wanted_for() {
    let check = |text: &str, want: &str, expect: &str| {
        let (typed, said) = compiled(text, Some(&Ty::parse(want).unwrap()));
        let found = typed.map_or(said, |typed| typed.ty().to_string());
        assert_eq!(found, expect, "{text} as {want}");
    };
    check("i > 0", "bool", "bool");
    check("i + 1", "bool", "FB0412 1 `i + 1`: bool is wanted here, and this is i64; write a condition: compare it, as in `x > 0` or `x == 'a'`");
    check("ob", "bool", "FB0410 1 `ob`: `ob` may be null here; ask first: `ob != null && …`, or say what null means: `coalesce(ob, false)`");
    check("5", "decimal(2)", "decimal(2)");
    check("byte", "i64", "i64");
    check("n", "decimal(2)", "FB0412 1 `n`: decimal(2) is wanted here, and this is decimal(3); decimal(3) does not become decimal(2); make both of one type");
    check("null", "optional(string)", "optional(string)");
    check("oi", "optional(i64)", "optional(i64)");
    check("s", "optional(i64)", "FB0412 1 `s`: optional(i64) is wanted here, and this is string; write `int(s)`");
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
    check("share(i)", "FB0408 7 `i`: what `share` counts is a bool, and `i` is i64; write a condition: compare it, as in `x > 0` or `x == 'a'`");
    check("sum(b)", "FB0408 5 `b`: `sum` does not work on bool; the part of records for which it is true is `share(…)`");
    check("mean(s)", "FB0408 6 `s`: `mean` does not work on string; it takes numbers");
    check("last(tags)", "FB0408 6 `tags`: `last` does not work on list(string); it takes a simple value, not a list or struct");
    check("sum(oi)", "FB0410 5 `oi`: `oi` may be null here; ask first: `oi != null && …`, or say what null means: `coalesce(oi, 0)`");
    check("count(i)", "FB0407 1 `count(i)`: `count` takes 0 values, and here are 1; write `count()`; the part that meets a condition is `share(x > 0)`");
    check("sum()", "FB0407 1 `sum()`: `sum` takes 1 value, and here are 0; write `sum(amount)`");
    check("avg(i)", "FB0415 1 `avg`: there is no aggregate `avg`; did you mean `mean`?");
    check("stddev(i)", "FB0415 1 `stddev`: there is no aggregate `stddev`; the aggregates are count, sum, mean, min, max, share, first, last");
    check("sum(i) / 2", "FB0415 1 `sum(i) / 2`: an entry of `emit` is one aggregate and nothing else; write one of count, sum, mean, min, max, share, first, last with brackets, and compute with its result in a `set` after it");
    check("i.sum()", "FB0415 1 `i.sum()`: an entry of `emit` is one aggregate and nothing else; write one of count, sum, mean, min, max, share, first, last with brackets, and compute with its result in a `set` after it");
    check("sum(mean(i))", "FB0415 5 `mean`: `mean` is an aggregate, and this is about one record; aggregates stand in `emit`, alone: `emit: { total: sum(amount) }`");
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
fn the_columns_that_are_read_are_named_once() {
    let typed = compiled("m > 5 && m < n && at.lat > 0.0 && 'x' in tags", None).0.unwrap();
    assert_eq!(typed.columns(), ["m", "n", "at", "tags"]);
}
