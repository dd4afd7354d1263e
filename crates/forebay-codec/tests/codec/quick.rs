//! The quick way of reading and the careful one are the same: blanks between the parts of a record change nothing, and whoever
//! meets more than one of them goes the careful way.

use forebay_codec::{Extra, FieldSpec};
use forebay_types::Ty;
use proptest::prelude::*;
use serde::de::IgnoredAny;

use crate::table::Table;

const TYPES: [&str; 16] = [
    "string",
    "optional(string)",
    "list(string)",
    "bool",
    "i8",
    "i16",
    "i64",
    "u8",
    "u32",
    "u64",
    "list(u64)",
    "decimal(2)",
    "decimal(18)",
    "timestamp(ms)",
    "timestamp",
    "date",
];

/// Texts without a quote, as they stand in JSON: plain ones around the lengths that are looked at as one, with something among it.
fn text() -> impl Strategy<Value = String> {
    let parts = [
        "",
        "ß",
        "東",
        "😀",
        "\u{7f}",
        "\u{80}",
        "\\n",
        "\\\"",
        "\\u00e9",
        "\\ud83d\\ude00",
        "\\ud83d",
        "\\q",
    ];
    let part = || proptest::sample::select(parts.to_vec());
    let plain = || prop_oneof![0usize..20, 28usize..36, 60usize..68].prop_map(|len| "x".repeat(len));
    (plain(), part(), plain(), part()).prop_map(|(a, b, c, d)| format!("\"{a}{b}{c}{d}\""))
}

/// Numbers around the limits of each type, and some that are none.
fn number() -> impl Strategy<Value = String> {
    let limits = [7u32, 8, 15, 16, 31, 32, 63, 64].map(|bits| 1i128 << bits);
    let near = (proptest::sample::select(limits.to_vec()), -2i128..3).prop_map(|(limit, by)| limit + by);
    let whole = prop_oneof![near, (0u32..25).prop_map(|digits| 10i128.pow(digits)), 0i128..1_000]
        .prop_map(|n| n.to_string());
    let sign = proptest::sample::select(vec!["", "", "-", "0", "+"]);
    let rest = "(|\\.[0-9]{0,3}|\\.[0-9]{1,20}|[eE][+-]?[0-9]{0,2}|\\.5e1)";
    (sign, whole, rest).prop_map(|(sign, whole, rest)| format!("{sign}{whole}{rest}"))
}

fn value() -> impl Strategy<Value = String> {
    let other = [
        "null",
        "true",
        "false",
        "nul",
        "[]",
        "{}",
        "\"2026-01-31T12:00:00.5Z\"",
        "\"2026-01-31\"",
        "\"2026-02-30\"",
    ];
    let item = || prop_oneof![text(), number()];
    prop_oneof![
        3 => text(),
        3 => number(),
        2 => proptest::sample::select(other.to_vec()).prop_map(String::from),
        1 => (item(), item()).prop_map(|(a, b)| format!("[{a},{b}]")),
    ]
}

/// A record as parts between which blanks may stand, and its types.
fn record() -> impl Strategy<Value = (Vec<&'static str>, Vec<String>)> {
    let name = proptest::sample::select(vec!["a", "customer_id", "a name of more than sixteen bytes"]);
    proptest::collection::vec((proptest::sample::select(TYPES.to_vec()), name, value()), 1..4).prop_map(
        |fields| {
            let mut parts = vec!["{".to_string()];
            for (at, (_, name, value)) in fields.iter().enumerate() {
                parts.push(format!("\"{name} {at}\":"));
                let end = if at + 1 < fields.len() { "," } else { "}" };
                parts.push(format!("{value}{end}"));
            }
            (fields.iter().map(|field| field.0).collect(), parts)
        },
    )
}

/// The fields that the record declares, in its order.
fn specs(types: &[&str], parts: &[String]) -> Vec<FieldSpec> {
    let names = parts.iter().filter_map(|part| part.strip_prefix('"')?.strip_suffix("\":"));
    let field = |(slot, (name, ty)): (usize, (&str, &&str))| FieldSpec {
        name: name.to_string(),
        ty: Ty::parse(ty).unwrap(),
        default: None,
        slot: Some(slot),
        sensitive: false,
    };
    names.zip(types).enumerate().map(field).collect()
}

/// What is read of a line: its row, or what is wrong with which field, and where.
fn read(fields: &[FieldSpec], line: &[u8]) -> Result<Vec<String>, (String, usize)> {
    let mut table = Table::new(fields.to_vec(), Extra::Ignore);
    match table.reader.read_record(line, &mut table.builder) {
        Ok(()) => Ok(table.rows().0),
        Err(error) => Err((format!("{} {:?}", error.code.id, error.field), error.at)),
    }
}

/// Reads the line, and the same with blanks at these places: nothing may differ but the places of faults, by the blanks before them.
fn check(fields: &[FieldSpec], line: &[u8], places: &[usize], blanks: &str) -> Result<(), TestCaseError> {
    let places = || places.iter().filter(|place| **place <= line.len());
    let mut spread = line.to_vec();
    places().rev().for_each(|place| drop(spread.splice(place..place, blanks.bytes())));
    let blanks_before = |at: usize| {
        let runs = places().enumerate().map(|(before, place)| place + before * blanks.len());
        runs.map(|from| at.saturating_sub(from).min(blanks.len())).sum::<usize>()
    };
    let quick = read(fields, line);
    let careful = read(fields, &spread).map_err(|(why, at)| (why, at - blanks_before(at)));
    let shown = String::from_utf8_lossy(line);
    if quick.is_ok() {
        prop_assert!(serde_json::from_slice::<IgnoredAny>(line).is_ok(), "{} is no JSON", shown);
    }
    prop_assert_eq!(quick, careful, "{}", shown);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Also with every byte replaced by some that mean something, and cut off before every byte.
    #[test]
    fn a_record_is_read_the_same_with_blanks_in_it((types, parts) in record(), any: u8) {
        let fields = specs(&types, &parts);
        let line = parts.concat().into_bytes();
        let ends = parts.iter().scan(0, |end, part| {
            *end += part.len();
            Some(*end)
        });
        let places: Vec<usize> = ends.take(parts.len() - 1).collect();
        check(&fields, &line, &places, " ")?;
        check(&fields, &line, &places, "  ")?;
        for at in 0..line.len() {
            check(&fields, &line[..at], &places, "  ")?;
            for byte in *b"\"\\\x1f9.e-} " {
                let mut damaged = line.clone();
                damaged[at] = byte;
                check(&fields, &damaged, &places, "  ")?;
            }
            let mut damaged = line.clone();
            damaged[at] = any | 0x80;
            check(&fields, &damaged, &places, "  ")?;
        }
    }

    /// What another parser makes of a record is what stands in the columns.
    #[test]
    fn texts_and_numbers_are_what_another_parser_says(
        texts in proptest::collection::vec(text(), 1..4),
        whole: u64,
        cents in -1_000_000_000_000i64..1_000_000_000_000,
    ) {
        let types = ["u64", "decimal(2)", "string", "string", "string"];
        let amount = format!("{}{}.{:02}", if cents < 0 { "-" } else { "" }, cents.abs() / 100, cents.abs() % 100);
        let values: Vec<String> = [whole.to_string(), amount].into_iter().chain(texts).collect();
        let parts: Vec<String> =
            values.iter().enumerate().flat_map(|(at, value)| [format!("\"f{at}\":"), format!("{value},")]).collect();
        let fields = specs(&types, &parts);
        let line = format!("{{{}}}", parts.concat().trim_end_matches(','));
        let theirs: Result<serde_json::Value, _> = serde_json::from_str(&line);
        let theirs = theirs.map(|object| {
            let texts = (2..values.len()).map(|at| object[format!("f{at}")].as_str().unwrap().to_string());
            [whole.to_string(), cents.to_string()].into_iter().chain(texts).collect::<Vec<_>>().join("|")
        });
        let ours = read(&fields, line.as_bytes()).map(|rows| rows.concat());
        prop_assert_eq!(ours.ok(), theirs.ok(), "{}", line);
    }
}
