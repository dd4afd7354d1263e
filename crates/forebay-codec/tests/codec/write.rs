//! Columns in, lines out. The columns are read from lines first, so a case is what comes in and what goes out.

use forebay_batch::Builder;
use forebay_codec::{Extra, JsonWriter};
use forebay_types::{Addr, TimeForm, Ty};

use crate::table::{Table, batch, fields};

fn check(schema: &str, extra: Extra, pairs: &[(&str, &str)]) {
    let mut table = Table::new(fields(schema), extra);
    for (line, _) in pairs {
        table.reader.read_record(line.as_bytes(), &mut table.builder).unwrap();
    }
    let (rows, columns) = table.rows();
    let (text, unwritable) = table.written(columns, rows.len());
    let expect: String = pairs.iter().map(|(_, out)| format!("{out}\n")).collect();
    assert_eq!((String::from_utf8(text).unwrap(), unwritable), (expect, 0));
}

#[test]
fn every_column_is_written_in_the_form_in_which_it_was_declared() {
    check(
        "a: i8, b: u64, c: f32, d: f64, e: decimal(2), f: bool",
        Extra::Ignore,
        &[
            (
                r#"{"a":-1,"b":18446744073709551615,"c":0.1,"d":0.1,"e":12.5,"f":true}"#,
                r#"{"a":-1,"b":18446744073709551615,"c":0.1,"d":0.1,"e":12.50,"f":true}"#,
            ),
            (
                r#"{"f":false,"e":-0.05,"d":1e300,"c":1e10,"b":0,"a":1.0}"#,
                r#"{"a":1,"b":0,"c":10000000000.0,"d":1e+300,"e":-0.05,"f":false}"#,
            ),
        ],
    );
    check(
        "a: timestamp, b: timestamp(s), c: timestamp(ms), d: timestamp(us), e: timestamp(ns)",
        Extra::Ignore,
        &[
            (
                r#"{"a":"2026-01-01T01:00:00.50+01:00","b":5,"c":1767225600000.0,"d":-7,"e":9}"#,
                r#"{"a":"2026-01-01T00:00:00.5Z","b":5,"c":1767225600000,"d":-7,"e":9}"#,
            ),
            (
                r#"{"a":"1677-09-21T00:12:43.145224192Z","b":0.25,"c":1.5,"d":0.001,"e":0}"#,
                r#"{"a":"1677-09-21T00:12:43.145224192Z","b":0.25,"c":1.5,"d":0.001,"e":0}"#,
            ),
        ],
    );
    check(
        "a: date, b: duration, c: bytes, d: zones",
        Extra::Ignore,
        &[(
            r#"{"a":"2024-02-29","b":"1h30m","c":"AP8","d":{"z":[[0,1]]}}"#,
            r#"{"a":"2024-02-29","b":"90m","c":"AP8=","d":{"z":[[0,1]]}}"#,
        )],
    );
}

#[test]
fn missing_is_left_out_and_null_is_null() {
    check(
        "a: optional(i8), b: optional(string), c: list(optional(i8)), d: {x: optional(i8); y: i8}",
        Extra::Ignore,
        &[
            (r#"{"a":null,"c":[null,1],"d":{"y":1}}"#, r#"{"a":null,"c":[null,1],"d":{"y":1}}"#),
            (r#"{"b":null,"c":[],"d":{"x":null,"y":1}}"#, r#"{"b":null,"c":[],"d":{"x":null,"y":1}}"#),
        ],
    );
    check(
        "a: optional(i8), b: optional({x: optional(i8)})",
        Extra::Ignore,
        &[(r#"{}"#, r#"{}"#), (r#"{"b":{}}"#, r#"{"b":{}}"#), (r#"{"b":null}"#, r#"{"b":null}"#)],
    );
}

#[test]
fn texts_and_names_are_escaped() {
    check(
        r#"a"\: string"#,
        Extra::Ignore,
        &[(
            r#"{"a\"\\":"\u0000\u001f\b\f\n\r\t\"\\\/é\u2028"}"#,
            "{\"a\\\"\\\\\":\"\\u0000\\u001f\\b\\f\\n\\r\\t\\\"\\\\/é\u{2028}\"}",
        )],
    );
}

#[test]
fn kept_fields_come_out_as_they_came_in() {
    check(
        "a: optional(i8)",
        Extra::Keep(1),
        &[
            (r#"{"x":1.50,"a":1,"y":[{"z":"\u00e9"}]}"#, r#"{"a":1,"x":1.50,"y":[{"z":"\u00e9"}]}"#),
            (r#"{"x":1}"#, r#"{"x":1}"#),
            (r#"{"a":2}"#, r#"{"a":2}"#),
            (r#"{}"#, r#"{}"#),
        ],
    );
}

#[test]
fn what_json_cannot_say_is_null_and_counted() {
    let types = [Ty::F64, Ty::F32, Ty::Date, Ty::Timestamp(TimeForm::Millis), Ty::Duration];
    let mut builder = Builder::new(&types);
    builder.begin();
    for (a, b, c, d, e) in
        [(f64::NAN, f32::INFINITY, i32::MAX, i64::MIN, i64::MIN), (1.0, 2.0, 3, 4_000_000, -5)]
    {
        builder.col(0).push(a);
        builder.col(1).push(b);
        builder.col(2).push(c);
        builder.col(3).push(d);
        builder.col(4).push(e);
    }
    let columns: Vec<_> = ["a", "b", "c", "d", "e"]
        .iter()
        .zip(&types)
        .zip(0..)
        .map(|((name, ty), column)| (name.to_string(), ty.clone(), Addr { group: 0, column }))
        .collect();
    let mut writer = JsonWriter::new(&columns, None);
    let batch = batch(builder.finish(), 2);
    let mut out = Vec::new();
    (0..2).for_each(|row| writer.write_record(&batch, row, &mut out));
    let expect = "{\"a\":null,\"b\":null,\"c\":null,\"d\":-9223372036854.775808,\"e\":null}\n\
                  {\"a\":1.0,\"b\":2.0,\"c\":\"1970-01-04\",\"d\":4,\"e\":\"-5ns\"}\n";
    assert_eq!((String::from_utf8(out).unwrap().as_str(), writer.unwritable()), (expect, 4));
}
