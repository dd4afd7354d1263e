//! Columns in, lines out. The columns are read from lines first, so a case is what comes in and what goes out.

use forebay_batch::{Builder, Presence};
use forebay_codec::{Extra, JsonWriter};
use forebay_types::format::EXTRA;
use forebay_types::{Addr, Ty};

use crate::table::{Table, batch, fields};

fn check(schema: &str, extra: Extra, pairs: &[(&str, &str)]) {
    let mut table = Table::new(fields(schema), extra);
    for (line, _) in pairs {
        table.reader.read_record(line.as_bytes(), &mut table.builder).unwrap();
    }
    let (rows, columns) = table.rows();
    let expect: String = pairs.iter().map(|(_, out)| format!("{out}\n")).collect();
    assert_eq!(table.written(columns, rows.len()), expect);
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
fn a_column_stands_for_kept_fields_of_its_name() {
    let check = |kept: &str, expect: &str| {
        let types = [Ty::I8, Ty::I8, Ty::String.optional()];
        let mut builder = Builder::new(&types);
        builder.begin();
        builder.col(0).push(1i8);
        builder.col(1).push(2i8);
        match kept {
            "-" => builder.col(2).push_absent(Presence::Missing),
            kept => builder.col(2).push_str(kept),
        }
        let names = ["a", "b\"ü", EXTRA].map(str::to_string);
        let columns: Vec<_> = (0..)
            .zip(names.into_iter().zip(types))
            .map(|(column, (name, ty))| (name, ty, Addr { group: 0, column }))
            .collect();
        let mut out = Vec::new();
        JsonWriter::new(&columns).write_record(&batch(builder.finish(), 1), 0, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), format!("{{\"a\":1,\"b\\\"ü\":2{expect}}}\n"));
    };
    check("-", "");
    check("", "");
    check(r#""x":1"#, r#","x":1"#);
    check(r#""a":3"#, "");
    check(r#""\u0061":3,"A":4,"aa":5"#, r#","A":4,"aa":5"#);
    check(r#""b\"\u00fc":3,"b\\\"ü":4"#, r#","b\\\"ü":4"#);
    check(r#""x":[1, {"a":"],\\"}],"a":{"b":[2,3]},"y":"\",}{""#, r#","x":[1, {"a":"],\\"}],"y":"\",}{""#);
    check(r#""":1,"a":[[],{}],"z":null"#, r#","":1,"z":null"#);
}

/// A column `a` with these values, one a row, after a column that is good: what is written and what is said.
fn check_unwritable<T: bytemuck::Pod>(ty: &str, values: &[T], expect: &str) {
    let fields = fields(&format!("ok: bool, a: {ty}"));
    let types: Vec<Ty> = fields.iter().map(|field| field.ty.clone()).collect();
    let mut builder = Builder::new(&types);
    builder.begin();
    for value in values {
        builder.col(0).push(1u8);
        let col = builder.col(1);
        match ty {
            _ if ty.starts_with("list(list") => {
                col.items().items().push(*value);
                col.items().end_list();
                col.end_list();
            }
            _ if ty.starts_with('{') => {
                col.fields()[0].push(*value);
                col.end_struct();
            }
            _ => col.push(*value),
        }
    }
    let columns: Vec<_> = (0..)
        .zip(&fields)
        .map(|(column, field)| (field.name.clone(), field.ty.clone(), Addr { group: 0, column }))
        .collect();
    let writer = JsonWriter::new(&columns);
    let batch = batch(builder.finish(), values.len());
    let mut out = Vec::new();
    for row in 0..values.len() {
        if let Err(error) = writer.write_record(&batch, row, &mut out) {
            out.extend_from_slice(format!("[{}] {}\n", error.code.id, error.message).as_bytes());
        }
    }
    assert_eq!(String::from_utf8(out).unwrap(), expect);
}

#[test]
fn a_record_that_json_cannot_say_is_not_written_and_those_beside_it_are() {
    let no_number = |field: &str| format!("[FB0716] field `{field}`: JSON has no NaN and no infinity\n");
    let (one, two) = ("{\"ok\":true,\"a\":1.0}\n", "{\"ok\":true,\"a\":2.0}\n");
    let bad = no_number("a");
    check_unwritable("f64", &[1.0, f64::NAN, f64::NEG_INFINITY, 2.0], &format!("{one}{bad}{bad}{two}"));
    check_unwritable("f32", &[1.0, f32::NAN, f32::INFINITY, 2.0], &format!("{one}{bad}{bad}{two}"));
    check_unwritable("list(list(f32))", &[f32::NAN], &no_number("a[0][0]"));
    check_unwritable("{x: f64}", &[f64::NAN, 1.0], &(no_number("a.x") + "{\"ok\":true,\"a\":{\"x\":1.0}}\n"));
    check_unwritable(
        "date",
        &[i32::MAX, 3],
        "[FB0716] field `a`: a date is written with a year from 0 to 9999\n{\"ok\":true,\"a\":\"1970-01-04\"}\n",
    );
    check_unwritable(
        "duration",
        &[i64::MIN, i64::MIN + 1],
        "[FB0716] field `a`: a duration is at least -9223372036854775807ns\n\
         {\"ok\":true,\"a\":\"-9223372036854775807ns\"}\n",
    );
    // Every timestamp has a form, in every unit.
    check_unwritable("timestamp(ms)", &[i64::MIN], "{\"ok\":true,\"a\":-9223372036854.775808}\n");
}
