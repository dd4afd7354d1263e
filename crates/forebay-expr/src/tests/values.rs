//! What expressions give, one line a case.

use forebay_batch::{Builder, Rows};
use forebay_types::Ty;

use super::table::{Shown, V, addr_of, batch, columns, compiled, read, run_values};
use crate::Scalar;

/// The default row with some columns set: `i=5; os=null; s=x`.
fn row(given: &str) -> Vec<V> {
    let columns = columns();
    let mut row: Vec<V> = columns.iter().map(|(_, _, value)| value.clone()).collect();
    for part in given.split("; ").filter(|part| !part.is_empty()) {
        let (name, text) = part.split_once('=').unwrap();
        let at = columns.iter().position(|(known, ..)| *known == name).unwrap();
        row[at] = match text {
            "null" => V::Null,
            "missing" => V::Missing,
            _ => match Scalar::read(&columns[at].1, text).unwrap() {
                Scalar::Null => V::Null,
                Scalar::Bool(value) => V::Bool(value),
                Scalar::I64(value) => V::I64(value),
                Scalar::U64(value) => V::U64(value),
                Scalar::F32(value) => V::F32(value),
                Scalar::F64(value) => V::F64(value),
                Scalar::Text(value) => V::Text(value.to_vec()),
            },
        };
    }
    row
}

/// Type and value of an expression for a row, or the fault.
fn check(given: &str, text: &str, expect: &str) {
    let (typed, said) = compiled(text, None);
    let typed = typed.unwrap_or_else(|| panic!("{text}: {said}"));
    // The row stands between others that are not selected, one of them far from it.
    let batch = batch(&[row(""), row(given), row(""), row("")]).select(Rows::Range(1, 2));
    let mut program = typed.program(&addr_of, &run_values());
    let mut builder = Builder::new([typed.ty()]);
    builder.begin();
    let output = program.eval(&batch);
    let fault = output.fault(1).map(|fault| format!("{} {}", fault.code.id, fault.text));
    assert_eq!(output.faults().count(), usize::from(fault.is_some()), "{text}");
    output.write(builder.col(0));
    let found = fault.unwrap_or_else(|| {
        let value = read(&builder.finish().cols()[0], typed.ty(), 1);
        format!("{} {}", typed.ty(), Shown(&value, typed.ty()))
    });
    assert_eq!(found, expect, "{text} of {given}");
}

#[test]
fn a_literal_takes_the_type_of_what_stands_beside_it() {
    check("", "5", "i64 5");
    check("", "1.5", "f64 1.5");
    check("", "-9223372036854775808", "i64 -9223372036854775808");
    check("", "9223372036854775808", "u64 9223372036854775808");
    check("f=0.6", "f == 0.6", "bool true");
    check("f=0.6", "double(f) == 0.6", "bool false");
    check("m=500.00", "m >= 500.00", "bool true");
    check("m=500.00", "500.01 <= m", "bool false");
    check("m=500.00", "m == 5e2", "bool true");
    check("d=2", "d == 2", "bool true");
    check("u=18446744073709551615", "u == 18446744073709551615", "bool true");
    check("day=2026-01-31", "day >= '2026-01-31'", "bool true");
    check("", "raw == 'a'", "bool false");
    check("", "f * (1.0 + 2.0)", "f32 1.5");
    check("", "b ? 1 : u", "u64 1");
    check("", "u in [1, 18000000000000000000]", "bool true");
    check("", "5 in ids", "bool true");
}

#[test]
fn integers_widen_and_are_checked() {
    check("", "small + byte", "i64 100");
    check("", "small < byte", "bool true");
    check("", "byte", "u8 200");
    check("", "byte - 1000", "i64 -800");
    check("", "-small", "i64 100");
    check("", "u > i && j < u", "bool true");
    check("u=7", "u == i", "bool true");
    check("u=7", "u - 6", "u64 1");
    check("u=7", "u - 8", "FB0720 `u - 8`: the result does not fit its type");
    check("u=7", "u + byte", "u64 207");
    check("u=7", "u - i", "i64 0");
    check("", "u - i", "FB0720 `u`: the result does not fit its type");
    check("i=9223372036854775807", "i + 1", "FB0720 `i + 1`: the result does not fit its type");
    check("i=9223372036854775807", "i * 2", "FB0720 `i * 2`: the result does not fit its type");
    check("i=-9223372036854775808", "-i", "FB0720 `-i`: the result does not fit its type");
    check("i=-9223372036854775808", "abs(i)", "FB0720 `abs(i)`: the result does not fit its type");
    check("i=-9223372036854775808", "i / -1", "FB0720 `i / -1`: the result does not fit its type");
    check("i=-9223372036854775808", "i % -1", "i64 0");
    check("i=-7", "i / 2", "i64 -3");
    check("i=-7", "i % 2", "i64 -1");
    check("i=0", "7 / i", "FB0721 `7 / i`: the divisor is zero");
    check("i=0", "7 % i", "FB0721 `7 % i`: the divisor is zero");
    check("", "abs(u)", "u64 18000000000000000000");
}

#[test]
fn decimals_are_exact() {
    check("", "m + n", "decimal(3) 13.734");
    check("", "m * n", "decimal(5) 15.42500");
    check("", "m * 2", "decimal(2) 25.00");
    check("", "m * 1.155", "decimal(5) 14.43750");
    check("", "m + 0.5 * 0.25", "decimal(3) 12.625");
    check("", "m * i", "decimal(2) 87.50");
    check("", "m - 1", "decimal(2) 11.50");
    check("", "m - i", "decimal(2) 5.50");
    check("n=12.500", "m == n", "bool true");
    check("n=12.501", "m < n", "bool true");
    check("i=12", "m > i", "bool true");
    check("", "m < u", "bool true");
    check("i=9223372036854775807", "m < i", "bool true");
    check("i=9223372036854775807", "m + i", "FB0720 `i`: the result does not fit its type");
    check("m=-0.05", "-m", "decimal(2) 0.05");
    check("m=-7.99", "int(m)", "i64 -7");
    check("", "double(m) / 2.0", "f64 6.25");
    check("m=92233720368547758.07", "m + 0.01", "FB0720 `m + 0.01`: the result does not fit its type");
    check("", "b ? m : n", "decimal(3) 12.500");
    check("n=12.500", "n in [m] && m in [n] && !(n in [1, m - 5])", "bool true");
}

#[test]
fn floats_are_those_of_ieee_754() {
    check("d=0", "1.0 / d", "f64 inf");
    check("d=0", "d / d == d / d", "bool false");
    check("d=NaN", "d != d", "bool true");
    check("d=NaN", "d in [0.5, d]", "bool false");
    check("d=-0", "d in [0.0, 1.0]", "bool true");
    check("d=6.5", "d > -0 && d < 007", "bool true");
    check("", "f + f", "f32 1");
    check("f=-2", "abs(f)", "f32 2");
    check("d=1e300", "d * 1e300", "f64 inf");
    check("d=1.5", "-d", "f64 -1.5");
    // An f32 is an f64 without loss: 0.1 of one is a little more than 0.1 of the other.
    check("f=0.1; d=0.1", "f > d", "bool true");
    check("f=0.5; d=0.5", "f == d && d == f", "bool true");
    check("f=0.5; d=0.25", "d - f", "f64 -0.25");
    check("f=0.5; d=0.5", "f in [d]", "bool true");
}

#[test]
fn times_and_durations_calculate() {
    check("", "when - ts", "duration 10500ms");
    check("", "ts + span", "timestamp(ms) 2026-01-01T00:01:30Z");
    check("", "span + ts > when", "bool true");
    check("", "when - span == ts", "bool false");
    check("", "span * 2 == duration('3m')", "bool true");
    check("", "2 * span / 3", "duration 1m");
    check("i=0", "span / i", "FB0721 `span / i`: the divisor is zero");
    check("", "-span", "duration -90s");
    check("", "span >= duration('-5s')", "bool true");
    check("", "ts == timestamp('2026-01-01T01:00:00+01:00')", "bool true");
    check("", "int(ts)", "i64 1767225600");
    check("i=1767225600", "timestamp(i) == ts", "bool true");
    check("i=9223372036854775807", "timestamp(i)", "FB0722 `timestamp(i)`: the value does not convert");
    check("", "ts.getHours('UTC')", "i64 0");
    check("ts=1969-12-31T23:59:59.999Z", "ts.getHours()", "i64 23");
    check("ts=1969-12-31T23:59:59.999Z", "ts.getDayOfWeek()", "i64 3");
    check("", "getHours(ts, 'Europe/Zurich')", "i64 1");
    check("ts=2026-03-29T00:59:59Z", "ts.getHours('Europe/Zurich')", "i64 1");
    check("ts=2026-03-29T01:00:00Z", "ts.getHours('Europe/Zurich')", "i64 3");
    check("ts=1677-09-21T00:12:44Z", "ts.getHours('America/New_York')", "i64 19");
    check("", "ts.getHours('-03:30')", "i64 20");
    check("", "ts.getDayOfWeek('UTC')", "i64 4");
    check("", "ts.getDayOfWeek('-03:30')", "i64 3");
    check("ts=2026-01-04T12:00:00Z", "ts.getDayOfWeek('UTC') in [0, 6]", "bool true");
    check("ts=2026-01-05T06:00:00Z", "ts.getHours('UTC') <= 6", "bool true");
}

#[test]
fn the_offset_of_a_zone_is_looked_up_at_its_transitions() {
    let mut program =
        compiled("ts.getHours('Europe/Zurich')", None).0.unwrap().program(&addr_of, &run_values());
    // At the transition itself, before it, after it, and before the one before.
    let times =
        ["2026-03-29T01:00:00Z", "2026-03-29T00:59:59Z", "2026-07-01T12:00:00Z", "2025-10-26T00:59:59Z"];
    let rows: Vec<_> = times.iter().map(|time| row(&format!("ts={time}"))).collect();
    assert_eq!(program.eval(&batch(&rows)).i64s(), [3, 1, 14, 2]);
}

#[test]
fn texts() {
    check("", "size(s)", "i64 4");
    check("", "raw.size()", "i64 2");
    check("", "s + '-' + t", "string 'sömé-12'");
    check("", "s.startsWith('sö') && s.endsWith('é') && s.contains('öm')", "bool true");
    check("", "'\\u00e9\\'' + \"\\\"\\n\"", "string 'é'\"\n'");
    check("", "s < 'z' && 'ä' > 'z'", "bool true");
    check("", "int(t) + 1", "i64 13");
    check("t=1e3", "double(t)", "f64 1000");
    check("", "int(s)", "FB0722 `int(s)`: the value does not convert");
    check("t=90s", "duration(t)", "duration 90s");
    check("t=x", "timestamp(t)", "FB0722 `timestamp(t)`: the value does not convert");
    check("t=2026-01-01T00:00:00Z", "timestamp(t) == ts", "bool true");
    check("", "string(m) + string(i) + string(b)", "string '12.507true'");
    check("", "string(d) + ' ' + string(u)", "string '1.5 18000000000000000000'");
    check("", "string(ts)", "string '2026-01-01T00:00:00Z'");
    check("", "string(span) + string(day)", "string '90s2026-01-01'");
    check("", "string(raw)", "FB0722 `string(raw)`: the value does not convert");
    check("d=1e300", "string(d)", "string '1e300'");
    check("", "s + vars.country", "string 'söméCH'");
    let long = format!("t={}", "x".repeat(1 << 19));
    check(&long, "size(t + t)", "i64 1048576");
    check(&long, "size(t + t + 'x')", "FB0724 `t + t + 'x'`: the text is longer than 1 MiB");
}

#[test]
fn conversions_stay_in_range() {
    check("d=1e18", "int(d)", "i64 1000000000000000000");
    check("d=-9223372036854775808", "int(d)", "i64 -9223372036854775808");
    check("d=9223372036854775808", "int(d)", "FB0722 `int(d)`: the value does not convert");
    check("d=NaN", "int(d)", "FB0722 `int(d)`: the value does not convert");
    check("f=-1.9", "int(f)", "i64 -1");
    check("u=5", "int(u) - 6", "i64 -1");
    check("", "int(u)", "FB0720 `int(u)`: the result does not fit its type");
    check("", "double(u)", "f64 1.8e19");
    check("", "double(1)", "f64 1");
}

#[test]
fn null_is_asked_for_and_replaced() {
    check("", "oi == null && os == null", "bool true");
    check("oi=1", "oi != null && oi > 0", "bool true");
    check("", "oi != null && oi > 0", "bool false");
    check("", "null == oi || oi > 0", "bool true");
    check("", "!(oi == null) && oi > 0", "bool false");
    check("", "!(oi == null || oi < 0) && oi > 0", "bool false");
    check("", "oi == null ? -1 : oi", "i64 -1");
    check("oi=4", "(oi != null ? oi > 3 : false) && oi < 5", "bool true");
    check("", "coalesce(oi, i)", "i64 7");
    check("oi=2", "coalesce(oi, 9)", "i64 2");
    check("", "coalesce(od, 0.5)", "f64 0.25");
    check("", "coalesce(oi, vars.most)", "optional(i64) null");
    check("", "coalesce(oi, vars.most, 3)", "i64 3");
    check("", "oi", "optional(i64) null");
    check("", "os", "optional(string) missing");
    check("", "b ? oi : i", "optional(i64) null");
    check("b=false", "b ? null : os", "optional(string) missing");
    check("", "i > 5 ? i : null", "optional(i64) 7");
    check("", "i > 9 ? m : null", "optional(decimal(2)) null");
    check("", "i > 9 ? at : null", "optional(struct{lat: f64, n: u8, name: optional(string)}) null");
    check("", "vars.most == null || vars.most > 3", "bool true");
    check("", "at.name != null && at.name == 'home'", "bool true");
    check("", "oat != null && oat.lat > 0.0", "bool false");
    check("", "oat == null || oat.n > 3", "bool true");
    // What is absent cannot fail to convert.
    check("oi=9223372036854775807", "b ? oi : m", "FB0720 `oi`: the result does not fit its type");
    check("", "b ? oi : m", "optional(decimal(2)) null");
}

#[test]
fn a_side_that_decides_hides_the_fault_of_the_other() {
    check("i=0", "false && 1 / i > 0", "bool false");
    check("i=0", "1 / i > 0 && false", "bool false");
    check("i=0", "true || 1 / i > 0", "bool true");
    check("i=0", "1 / i > 0 || b", "bool true");
    check("i=0; b=false", "1 / i > 0 || b", "FB0721 `1 / i`: the divisor is zero");
    check("i=0", "1 / i > 0 && 2 / i > 0", "FB0721 `1 / i`: the divisor is zero");
    check("i=0", "i == 0 ? 0 : 1 / i", "i64 0");
    check("i=0", "1 / i > 0 ? 1 : 2", "FB0721 `1 / i`: the divisor is zero");
    check("i=0; oi=3", "coalesce(oi, 1 / i)", "i64 3");
    check("i=0", "coalesce(oi, 1 / i)", "FB0721 `1 / i`: the divisor is zero");
    check("i=0", "1 / i + tags[9].size()", "FB0721 `1 / i`: the divisor is zero");
}

#[test]
fn lists_and_structs_are_looked_into() {
    check("", "'door' in tags", "bool true");
    check("", "s in tags || t in ['11', s, t]", "bool true");
    check("", "tags[1]", "string 'gate'");
    check("", "tags[2]", "FB0723 `tags[2]`: the list has no such item");
    check("", "tags[j]", "FB0723 `tags[j]`: the list has no such item");
    check("", "size(tags) + size(objects)", "i64 4");
    check("", "ids[1]", "u16 60000");
    check("", "u in ids", "bool false");
    check("", "gaps[1]", "optional(i64) null");
    check("", "1 in gaps && !(2 in gaps)", "bool true");
    check("", "objects[0].label", "string 'cat'");
    check("", "objects[1].x", "optional(i32) missing");
    check("", "coalesce(objects[0].x, 1) + coalesce(objects[1].x, 1)", "i64 4");
    check("", "objects[2].score", "FB0723 `objects[2]`: the list has no such item");
    check("", "objects[0].score > objects[1].score", "bool true");
    check("", "at.lat", "f64 47.5");
    check("", "at.n + 1", "i64 9");
    check("", "coalesce(otags, [])", "list(string) []");
    check("", "coalesce(otags, tags)", "list(string) ['door', 'gate']");
    check("", "size(coalesce(otags, [s]))", "i64 1");
    check("", "(b ? [s, t] : tags)[1]", "string '12'");
    check("b=false", "(b ? [s, t] : tags)[1]", "string 'gate'");
    check("", "'x' in (i > 5 ? ['x', t] : coalesce(otags, tags))", "bool true");
    check("", "[1, 2.5]", "list(f64) [1, 2.5]");
    check("", "[i, byte]", "list(i64) [7, 200]");
    check("", "[byte, byte][i - 6]", "u8 200");
    check(
        "",
        "objects",
        "list(struct{label: string, score: f32, x: optional(i32)}) [{label: 'cat', score: 0.5, x: 3}, {label: 'dog', score: 0.25, x: missing}]",
    );
    check("", "1 + 2.5 * 2", "f64 6");
    check("", "b ? 1 : 2.5", "f64 1");
}

#[test]
fn vars_and_lists_come_from_the_run() {
    check("", "d > vars.limit", "bool true");
    check("", "u in lists.blocked", "bool true");
    check("", "i in lists.blocked && !(j in lists.blocked)", "bool true");
    check("", "t in lists.words", "bool true");
    check("", "m in lists.prices", "bool true");
    check("", "i in lists.prices", "bool true");
    check("", "vars.country in ['CH', 'LI', s]", "bool true");
}

#[test]
fn members_of_a_list_may_be_replaced_between_batches() {
    let list = std::sync::Arc::new(crate::List::new(super::table::members(&Ty::U64, &["1"])));
    let values = crate::Values::default().with_list("blocked", list.clone());
    let mut program = compiled("i in lists.blocked", None).0.unwrap().program(&addr_of, &values);
    let batch = batch(&[row("i=1"), row("i=2")]);
    assert_eq!(program.eval(&batch).bools(), [1, 0]);
    list.replace(super::table::members(&Ty::U64, &["2"]));
    assert_eq!(program.eval(&batch).bools(), [0, 1]);
}

#[test]
fn a_condition_that_fails_is_not_met_and_only_selected_rows_are_faults() {
    let mut program = compiled("10 / i > 2", None).0.unwrap().program(&addr_of, &run_values());
    let rows = [row("i=0"), row("i=1"), row("i=0"), row("i=0")];
    let batch = batch(&rows).select(Rows::List(std::sync::Arc::new(vec![1, 3])));
    let output = program.eval(&batch);
    assert_eq!((output.hull(), output.bools()), (1..4, &[1, 0, 0][..]));
    assert_eq!(output.faults().map(|fault| fault.row).collect::<Vec<_>>(), [3]);
}

#[test]
fn memory_is_used_again_for_the_next_batch() {
    let mut program = compiled("i / 2 + j", None).0.unwrap().program(&addr_of, &run_values());
    let batch = batch(&[row("i=1"), row("i=9223372036854775807; j=9223372036854775807")]);
    let first = program.eval(&batch).i64s().as_ptr();
    assert_eq!(program.eval(&batch).i64s().as_ptr(), first);
    // A fault of one batch is not one of the next, where the row is not selected.
    assert_eq!(program.eval(&batch).faults().count(), 1);
    assert_eq!(program.eval(&batch.select(Rows::Range(0, 1))).faults().count(), 0);
}

#[test]
fn a_program_may_move_to_the_lane_that_runs_it() {
    fn moves<T: Send>() {}
    moves::<crate::Program>();
    moves::<crate::Typed>();
}
