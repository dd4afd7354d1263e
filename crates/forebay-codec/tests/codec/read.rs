//! Lines in, columns out: every type, and every way for a record to be bad.

use forebay_codec::{Extra, FieldSpec, JsonReader};
use forebay_types::value::Text;
use forebay_types::{Ty, Value};

use crate::table::{Table, fields};

/// Reads each line and expects the rows; for a bad line its code, place, field and part of the message.
fn check(schema: &str, lines: &[(&str, &str)]) {
    check_table(&mut Table::new(fields(schema), Extra::Ignore), lines);
}

fn check_table(table: &mut Table, lines: &[(&str, &str)]) {
    let mut errors = Vec::new();
    for (line, _) in lines {
        errors.push(table.reader.read_record(line.as_bytes(), &mut table.builder).err());
    }
    let mut rows = table.rows().0.into_iter();
    for ((line, expect), error) in lines.iter().zip(errors) {
        match error {
            None => assert_eq!(rows.next().as_deref(), Some(*expect), "{line}"),
            Some(error) => assert_eq!(error.to_string(), *expect, "{line}"),
        }
    }
    assert_eq!(rows.next(), None, "a bad record left something behind");
}

#[test]
fn integers_are_exact_and_stay_in_range() {
    check(
        "a: i8",
        &[
            (r#"{"a":-128}"#, "-128"),
            (r#"{"a":1e2}"#, "100"),
            (r#"{"a":12.0}"#, "12"),
            (r#"{"a":128}"#, "FB0707 at byte 5: field `a`: i8 holds -128 to 127: 128"),
            (r#"{"a":1.5}"#, "FB0707 at byte 5: field `a`: i8 was declared, a fraction came: 1.5"),
        ],
    );
    check(
        "a: u64, b: i64, c: u8, d: u16, e: i16, f: u32, g: i32",
        &[(
            r#"{"a":18446744073709551615,"b":-9223372036854775808,"c":255,"d":65535,"e":-32768,"f":4294967295,"g":-2147483648}"#,
            "18446744073709551615|-9223372036854775808|255|65535|-32768|4294967295|-2147483648",
        )],
    );
    check(
        "a: u64",
        &[
            (r#"{"a":-1}"#, "FB0707 at byte 5: field `a`: u64 holds 0 to 18446744073709551615: -1"),
            (
                r#"{"a": 18446744073709551616}"#,
                "FB0707 at byte 6: field `a`: u64 holds 0 to 18446744073709551615: 18446744073709551616",
            ),
        ],
    );
}

#[test]
fn floats_are_the_nearest_of_their_own_width() {
    check(
        "a: f64, b: f32",
        &[
            (r#"{"a":0.1,"b":0.1}"#, "0.1|0.1"),
            (r#"{"a":-0.0,"b":16777217}"#, "-0.0|16777216.0"),
            // Through f64 the f32 would be rounded twice and end at 1.0.
            (r#"{"a":9007199254740993,"b":1.00000005960464477541}"#, "9007199254740992.0|1.0000001"),
            (r#"{"a":1e999,"b":0}"#, "FB0707 at byte 5: field `a`: f64 cannot hold so large a number: 1e999"),
            (r#"{"a":0,"b":1e39}"#, "FB0707 at byte 11: field `b`: f32 cannot hold so large a number: 1e39"),
            (
                r#"{"a":NaN,"b":0}"#,
                "FB0701 at byte 5: field `a`: this is no JSON: a value is missing, or a text lacks its quotes",
            ),
        ],
    );
}

#[test]
fn decimals_are_read_from_their_digits() {
    check(
        "a: decimal(2)",
        &[
            (r#"{"a":12.5}"#, "1250"),
            (r#"{"a":12.50}"#, "1250"),
            (r#"{"a":1.25e1}"#, "1250"),
            (r#"{"a":-0.01}"#, "-1"),
            (r#"{"a":131072.01}"#, "13107201"),
            (
                r#"{"a":12.505}"#,
                "FB0708 at byte 5: field `a`: decimal(2) has 2 digits behind the point and is not rounded: 12.505",
            ),
            (
                r#"{"a":92233720368547758.08}"#,
                "FB0708 at byte 5: field `a`: the number is too large for decimal(2): 92233720368547758.08",
            ),
            (
                r#"{"a":"12.5"}"#,
                "FB0706 at byte 5: field `a`: decimal(2) was declared, a text came: \"12.5\"",
            ),
        ],
    );
}

/// Numbers that lose something in one type or another lose nothing in silence.
#[test]
fn numbers_at_the_edges_are_exact_or_refused() {
    check(
        "i: i64, d: decimal(2), f: f64",
        &[
            (r#"{"i":-0,"d":-0,"f":-0}"#, "0|0|-0.0"),
            (r#"{"i":-0.0,"d":-0.00,"f":0e400}"#, "0|0|0.0"),
            // The float is the nearest, as everywhere; the others are what was written.
            (
                r#"{"i":9007199254740993,"d":9007199254740993,"f":9007199254740993}"#,
                "9007199254740993|900719925474099300|9007199254740992.0",
            ),
            (r#"{"i":0,"d":0,"f":5e-400}"#, "0|0|0.0"),
            (
                r#"{"i":1e400,"d":0,"f":0}"#,
                "FB0707 at byte 5: field `i`: i64 holds -9223372036854775808 to 9223372036854775807: 1e400",
            ),
            (
                r#"{"i":0,"d":1e400,"f":0}"#,
                "FB0708 at byte 11: field `d`: the number is too large for decimal(2): 1e400",
            ),
            (
                r#"{"i":0,"d":0,"f":-1e400}"#,
                "FB0707 at byte 17: field `f`: f64 cannot hold so large a number: -1e400",
            ),
            (
                r#"{"i":1e-400,"d":0,"f":0}"#,
                "FB0707 at byte 5: field `i`: i64 was declared, a fraction came: 1e-400",
            ),
        ],
    );
    let digits = |count: usize| "9".repeat(count);
    for line in [digits(100), digits(4_000), digits(100_000), format!("0.{}", digits(100_000))] {
        let mut table = Table::new(fields("a: i64"), Extra::Ignore);
        let error = table.reader.read_record(format!("{{\"a\":{line}}}").as_bytes(), &mut table.builder);
        assert_eq!(error.expect_err("it does not fit").code.id, "FB0707", "{} digits", line.len());
    }
}

#[test]
fn texts_hold_every_character_and_no_half_of_one() {
    let half = "this is no JSON: an escape `\\u` is cut short, or half of a pair without the other half";
    check(
        "a: string",
        &[
            (r#"{"a":"\u0000"}"#, "\0"),
            (r#"{"a":"\u007f\uffff\udbff\udfff"}"#, "\u{7f}\u{ffff}\u{10ffff}"),
            (r#"{"a":"\ud83dx"}"#, &format!("FB0701 at byte 12: field `a`: {half}")),
            (r#"{"a":"\ud83d\u0041"}"#, &format!("FB0701 at byte 17: field `a`: {half}")),
            (r#"{"a":"\ude00"}"#, &format!("FB0701 at byte 11: field `a`: {half}")),
            (
                r#"{"a":"\uZZZZ"}"#,
                "FB0701 at byte 8: field `a`: this is no JSON: an escape that does not exist; `\\` is written `\\\\`",
            ),
            (
                r#"{"a":"\x"}"#,
                "FB0701 at byte 7: field `a`: this is no JSON: an escape that does not exist; `\\` is written `\\\\`",
            ),
            (
                "{\"a\":\"\t\"}",
                "FB0701 at byte 6: field `a`: this is no JSON: a text with a control character; the end of a line is \
                 written `\\n`",
            ),
        ],
    );
}

#[test]
fn texts_are_decoded_and_bytes_are_base64() {
    check(
        "a: string, b: bytes",
        &[
            (r#"{"a":"x","b":"AP8="}"#, "x|[0, 255]"),
            (r#"{"a":"\u00fc\ud83d\ude00\n\"","b":"AP8"}"#, "ü😀\n\"|[0, 255]"),
            (r#"{"a":"","b":""}"#, "|[]"),
            (r#"{"a":"x","b":"A*"}"#, "FB0714 at byte 13: field `b`: this is no base64: \"A*\""),
            (r#"{"a":7,"b":""}"#, "FB0706 at byte 5: field `a`: string was declared, a number came: 7"),
            (
                r#"{"a":"\ud83d","b":""}"#,
                "FB0701 at byte 12: field `a`: this is no JSON: an escape `\\u` is cut short, or half of a pair without the \
                 other half",
            ),
        ],
    );
}

const MISSPELT: &str = "this is no JSON: `true`, `false` or `null` is misspelt, or a text lacks its quotes";

#[test]
fn bools_are_true_and_false() {
    check(
        "a: bool",
        &[
            (r#"{"a":true}"#, "1"),
            (r#"{"a":false}"#, "0"),
            (r#"{"a":1}"#, "FB0706 at byte 5: field `a`: bool was declared, a number came: 1"),
            (r#"{"a":"true"}"#, "FB0706 at byte 5: field `a`: bool was declared, a text came: \"true\""),
            (r#"{"a":tru}"#, &format!("FB0701 at byte 8: field `a`: {MISSPELT}")),
        ],
    );
}

#[test]
fn times_come_in_the_form_that_was_declared() {
    check(
        "a: timestamp, b: timestamp(ms), c: date, d: duration",
        &[
            (
                r#"{"a":"2026-01-01T01:00:00+01:00","b":1.7672256e12,"c":"1970-01-02","d":"1h30m"}"#,
                "1767225600000000000|1767225600000000000|1|5400000000000",
            ),
            (
                r#"{"a":"1969-12-31T23:59:59Z","b":-0.5,"c":"1969-12-31","d":"-5s"}"#,
                "-1000000000|-500000|-1|-5000000000",
            ),
        ],
    );
    let no_zone = "FB0713 at byte 5: field `a`: this is no RFC 3339 timestamp with a zone, such as 2026-01-31T12:00:00Z";
    check(
        "a: timestamp",
        &[
            (r#"{"a":"2026-01-01T00:00:00"}"#, &format!("{no_zone}: \"2026-01-01T00:00:00\"")),
            (
                r#"{"a":1767225600}"#,
                "FB0706 at byte 5: field `a`: timestamp was declared, a number came: 1767225600",
            ),
            (
                r#"{"a":"3000-01-01T00:00:00Z"}"#,
                "FB0713 at byte 5: field `a`: a timestamp lies between the years 1677 and 2262: \"3000-01-01T00:00:00Z\"",
            ),
        ],
    );
    check(
        "a: timestamp(s)",
        &[
            (r#"{"a":1767225600}"#, "1767225600000000000"),
            (
                r#"{"a":1767225600000}"#,
                "FB0713 at byte 5: field `a`: timestamp(s) was declared, and a timestamp lies between the years 1677 and \
             2262: 1767225600000",
            ),
            (
                r#"{"a":0.0000000001}"#,
                "FB0713 at byte 5: field `a`: timestamp(s) was declared, and it is finer than a nanosecond: 0.0000000001",
            ),
        ],
    );
    check("a: timestamp(us), b: timestamp(ns)", &[(r#"{"a":1,"b":1}"#, "1000|1")]);
    check(
        "a: date",
        &[(
            r#"{"a":"2026-02-30"}"#,
            "FB0713 at byte 5: field `a`: this is no date such as 2026-01-31: \"2026-02-30\"",
        )],
    );
    check(
        "a: duration",
        &[(
            r#"{"a":"5min"}"#,
            "FB0714 at byte 5: field `a`: `min` is no unit here: one of ns us ms s m h d: \"5min\"",
        )],
    );
}

#[test]
fn null_and_missing_are_two_things() {
    check(
        "a: optional(i64), b: optional(string), c: optional(list(i8)), d: optional({x: i8})",
        &[
            (r#"{"a":null,"b":null,"c":null,"d":null}"#, "null|null|null|null"),
            (r#"{}"#, "missing|missing|missing|missing"),
            (r#"{"a":1,"b":"x","c":[],"d":{"x":1}}"#, "1|x|[]|{1}"),
        ],
    );
    check(
        "a: i64, b: list(i8)",
        &[
            (
                r#"{"a":null,"b":[]}"#,
                "FB0709 at byte 5: field `a`: null came; declare optional(i64) where it is meant",
            ),
            (
                r#"{"b":[]}"#,
                "FB0710 at byte 8: field `a`: it is missing, and neither optional nor with a default",
            ),
            (
                r#"{"a":1,"b":[1,null]}"#,
                "FB0709 at byte 14: field `b[1]`: null came; declare optional(i8) where it is meant",
            ),
        ],
    );
}

#[test]
fn lists_and_structs_nest_and_say_where_they_are_bad() {
    check(
        "a: list(optional(i8)), b: list({x: i8; y: optional(list(string))})",
        &[
            (r#"{"a":[1,null,3],"b":[{"x":1},{"y":["p","q"],"x":2}]}"#, "[1,null,3]|[{1,missing},{2,[p,q]}]"),
            (r#"{"a":[],"b":[]}"#, "[]|[]"),
            (
                r#"{"a":[1],"b":[{"x":1},{"x":2,"y":["p",5]}]}"#,
                "FB0706 at byte 38: field `b[1].y[1]`: string was declared, a number came: 5",
            ),
            (
                r#"{"a":[1],"b":[{"y":[]}]}"#,
                "FB0710 at byte 22: field `b[0].x`: it is missing, and neither optional nor with a default",
            ),
            (
                r#"{"a":[1],"b":[{"x":1,"x":2}]}"#,
                "FB0711 at byte 20: field `b[0].x`: the key stands twice in one object",
            ),
            (
                r#"{"a":{},"b":[]}"#,
                "FB0706 at byte 5: field `a`: list(optional(i8)) was declared, an object came: {}",
            ),
            (r#"{"a":[2],"b":[]}"#, "[2]|[]"),
        ],
    );
}

#[test]
fn zones_keep_their_json() {
    check("a: zones", &[(r#"{"a": {"door": [[0.1, 0.5]]}}"#, r#"{"door": [[0.1, 0.5]]}"#)]);
}

#[test]
fn a_line_is_one_object() {
    let no_object = "FB0702 at byte 0: a record is an object, {\"name\": value, …}";
    check(
        "a: i64",
        &[
            ("", "FB0701 at byte 0: the line ends too early"),
            ("{", "FB0701 at byte 1: the line ends too early"),
            (r#"{"a":1"#, "FB0701 at byte 6: the line ends too early"),
            (r#"{"a":1,}"#, "FB0701 at byte 7: this is no JSON: nothing follows a `,`"),
            (r#"{"a" 1}"#, "FB0701 at byte 5: this is no JSON: a key has no `:` behind it"),
            (r#"{a:1}"#, "FB0701 at byte 1: this is no JSON: a key stands in double quotes"),
            ("[1]", no_object),
            ("7", no_object),
            ("nope", &format!("FB0701 at byte 1: {MISSPELT}")),
            (r#"{"a":1} {"a":2}"#, "FB0704 at byte 8: something follows the object; a line holds one record"),
            ("  {\"a\" : 1 , \"x\" : [ ] }\t\r", "1"),
            (r#"{"a":1,"a":1}"#, "FB0711 at byte 6: field `a`: the key stands twice in one object"),
            (
                r#"{"a":01}"#,
                "FB0701 at byte 6: field `a`: this is no JSON: a number such as `01`, `+1` or `1.`",
            ),
        ],
    );
}

#[test]
fn bytes_that_are_no_utf_8_are_refused_wherever_they_are() {
    let mut table = Table::new(fields("a: string"), Extra::Ignore);
    let lines: [&[u8]; 4] = [
        b"{\"a\":\"\xff\"}",
        b"{\"a\":\"\",\"x\":\"\xff\"}",
        b"{\"a\":\"\",\"\xff\":1}",
        b"{\"a\":\"\"}\xff",
    ];
    let found = lines.map(|line| {
        let error = table.reader.read_record(line, &mut table.builder).unwrap_err();
        (error.code.id, error.at)
    });
    assert_eq!(found, [("FB0703", 6), ("FB0703", 13), ("FB0703", 9), ("FB0704", 8)]);
    assert_eq!(table.rows().0.len(), 0);
}

#[test]
fn what_is_nested_too_deep_is_refused() {
    let deep = |levels: usize| format!("{{\"a\":1,\"x\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    check(
        "a: i64",
        &[
            (&deep(190), "1"),
            (&deep(250), "FB0705 at byte 212: lists and objects are nested more than 200 deep"),
            (&deep(100_000), "FB0705 at byte 212: lists and objects are nested more than 200 deep"),
        ],
    );
}

#[test]
fn fields_may_come_in_any_order_and_with_escapes() {
    check(
        "a: i64, b: i64, c: i64",
        &[
            (r#"{"c":3,"a":1,"b":2}"#, "1|2|3"),
            (r#"{"c":3,"a":1,"b":2}"#, "1|2|3"),
            (r#"{"a":1,"b":2,"c":3}"#, "1|2|3"),
            (r#"{"\u0063":3,"zz":[1,{"a":5}],"b":2,"a":1}"#, "1|2|3"),
        ],
    );
    let wide: Vec<String> = (0..100).map(|at| format!("f{at}: i64")).collect();
    let keys = |order: &mut dyn Iterator<Item = usize>| {
        order.map(|at| format!("\"f{at}\":{at}")).collect::<Vec<_>>()
    };
    let row = (0..100).map(|at| at.to_string()).collect::<Vec<_>>().join("|");
    let (up, down) = (keys(&mut (0..100)).join(","), keys(&mut (0..100).rev()).join(","));
    check(&wide.join(", "), &[(&format!("{{{up}}}"), &row), (&format!("{{{down}}}"), &row)]);
}

#[test]
fn a_field_that_nobody_wants_is_checked_all_the_same() {
    check(
        "-a: list(i8), b: i64",
        &[
            (r#"{"a":[1,2],"b":1}"#, "1"),
            (r#"{"a":[1,],"b":1}"#, "FB0701 at byte 8: field `a`: this is no JSON: nothing follows a `,`"),
            (
                r#"{"a":[,1],"b":1}"#,
                "FB0701 at byte 6: field `a[0]`: this is no JSON: a value is missing, or a text lacks its quotes",
            ),
            (r#"{"a":[1,"x"],"b":1}"#, "FB0706 at byte 8: field `a[1]`: i8 was declared, a text came: \"x\""),
            (
                r#"{"b":1}"#,
                "FB0710 at byte 7: field `a`: it is missing, and neither optional nor with a default",
            ),
            (r#"{"a":[],"b":2}"#, "2"),
        ],
    );
}

#[test]
fn undeclared_fields_are_ignored_refused_or_kept() {
    let line = r#"{ "x" : [1, 2], "a":1,"\u0079":{"z":null}}"#;
    check("a: i64", &[(line, "1")]);
    let mut reject = Table::new(fields("a: i64, b: optional({x: i8})"), Extra::Reject);
    let why = "the schema does not declare this field, and `extra: reject` refuses it";
    check_table(
        &mut reject,
        &[
            (line, &format!("FB0712 at byte 2: {why}: \"x\"")),
            (r#"{"a":1,"b":{"x":1,"y":2}}"#, &format!("FB0712 at byte 18: field `b`: {why}: \"y\"")),
            (r#"{"a":1}"#, "1|missing"),
        ],
    );
    let mut keep = Table::new(fields("a: i64"), Extra::Keep(1));
    check_table(&mut keep, &[(line, r#"1|"x":[1, 2],"\u0079":{"z":null}"#), (r#"{"a":2}"#, "2|")]);
}

fn with_default(ty: &str, default: Value) -> FieldSpec {
    FieldSpec { default: Some(default), ..fields(&format!("a: {ty}")).remove(0) }
}

fn text(text: &str) -> Value {
    Value::Text(Text { text: text.into(), verbatim: None })
}

#[test]
fn a_default_fills_what_is_missing_and_no_null() {
    for (ty, default, row) in [
        ("i64", Value::Int(7), "7"),
        ("decimal(2)", Value::Number("0.10".into()), "10"),
        ("string", text("say \"no\""), "say \"no\""),
        ("optional(i64)", Value::Null, "null"),
        ("list(i8)", Value::List(Vec::new()), "[]"),
        ("duration", text("20ms"), "20000000"),
        ("duration", Value::Duration(20_000_000), "20000000"),
        ("bytes", text("AP8="), "[0, 255]"),
    ] {
        let mut table = Table::new(vec![with_default(ty, default)], Extra::Ignore);
        check_table(&mut table, &[("{}", row), ("{}", row)]);
    }
    let mut table = Table::new(vec![with_default("i64", Value::Int(7))], Extra::Ignore);
    let why = "FB0709 at byte 5: field `a`: null came; declare optional(i64) where it is meant";
    check_table(&mut table, &[(r#"{"a":null}"#, why), (r#"{"a":1}"#, "1")]);
}

#[test]
fn a_default_that_is_no_value_of_its_field_is_refused_at_once() {
    let error = |spec| JsonReader::new(&[spec], Extra::Ignore).err().expect("an error").to_string();
    assert_eq!(
        error(with_default("i8", Value::Int(300))),
        "FB0707 at byte 0: field `a`: i8 holds -128 to 127: 300"
    );
    assert_eq!(
        error(with_default("i8", Value::Ty(Ty::I8))),
        "FB0706 at byte 0: field `a`: a default is a plain value: null, true, false, a number, a text, a list or a map"
    );
}

#[test]
fn a_sensitive_value_is_in_no_message() {
    let mut spec = fields("a: list(decimal(2))").remove(0);
    spec.sensitive = true;
    check_table(
        &mut Table::new(vec![spec], Extra::Ignore),
        &[
            (
                r#"{"a":[12.505]}"#,
                "FB0708 at byte 6: field `a[0]`: decimal(2) has 2 digits behind the point and is not rounded: •••",
            ),
            (
                r#"{"a":"secret"}"#,
                "FB0706 at byte 5: field `a`: list(decimal(2)) was declared, a text came: •••",
            ),
        ],
    );
}

#[test]
fn a_long_value_is_cut_in_messages() {
    let long = format!(r#"{{"a":"{}"}}"#, "ä".repeat(50));
    let shown = format!("FB0706 at byte 5: field `a`: i8 was declared, a text came: \"{}…", "ä".repeat(39));
    check("a: i8", &[(&long, &shown)]);
}
