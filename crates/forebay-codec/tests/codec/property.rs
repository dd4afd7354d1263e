//! Whatever is written reads back as the same, and no bytes at all do harm.

use std::collections::BTreeMap;

use forebay_codec::{Extra, FieldSpec, Lines, What};
use forebay_types::{TimeForm, Ty};
use proptest::prelude::*;
use serde::de::IgnoredAny;

use crate::table::Table;

fn ty() -> impl Strategy<Value = Ty> {
    let form = prop_oneof![
        Just(TimeForm::Rfc3339),
        Just(TimeForm::Seconds),
        Just(TimeForm::Millis),
        Just(TimeForm::Micros),
        Just(TimeForm::Nanos),
    ];
    let scalar = prop_oneof![
        proptest::sample::select(vec![
            Ty::Bool,
            Ty::I8,
            Ty::I16,
            Ty::I32,
            Ty::I64,
            Ty::U8,
            Ty::U16,
            Ty::U32,
            Ty::U64,
            Ty::F32,
            Ty::F64,
            Ty::String,
            Ty::Bytes,
            Ty::Date,
            Ty::Duration,
        ]),
        (0u8..=18).prop_map(Ty::Decimal),
        form.prop_map(Ty::Timestamp),
    ];
    scalar.prop_recursive(3, 12, 3, |inner| {
        let named = |types: Vec<Ty>| {
            types.into_iter().zip(["x", "y", "\"z\""]).map(|(ty, n)| (n.into(), ty)).collect()
        };
        prop_oneof![
            inner.clone().prop_map(|ty| Ty::List(Box::new(ty))),
            inner.clone().prop_map(Ty::optional),
            proptest::collection::vec(inner, 1..4).prop_map(move |types| Ty::Struct(named(types))),
        ]
    })
}

/// A value of the type as JSON text, in the form in which the writer writes it.
fn json(ty: &Ty) -> BoxedStrategy<String> {
    let quoted = |text: String| serde_json::to_string(&text).unwrap();
    match ty {
        Ty::Bool => any::<bool>().prop_map(|v| v.to_string()).boxed(),
        Ty::I8 => any::<i8>().prop_map(|v| v.to_string()).boxed(),
        Ty::I16 => any::<i16>().prop_map(|v| v.to_string()).boxed(),
        Ty::I32 => any::<i32>().prop_map(|v| v.to_string()).boxed(),
        Ty::I64 => any::<i64>().prop_map(|v| v.to_string()).boxed(),
        Ty::U8 => any::<u8>().prop_map(|v| v.to_string()).boxed(),
        Ty::U16 => any::<u16>().prop_map(|v| v.to_string()).boxed(),
        Ty::U32 => any::<u32>().prop_map(|v| v.to_string()).boxed(),
        Ty::U64 => any::<u64>().prop_map(|v| v.to_string()).boxed(),
        Ty::F32 => {
            let finite =
                proptest::num::f32::NORMAL | proptest::num::f32::SUBNORMAL | proptest::num::f32::ZERO;
            finite.prop_map(|v| zmij::Buffer::new().format_finite(v).to_string()).boxed()
        }
        Ty::F64 => {
            let finite =
                proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL | proptest::num::f64::ZERO;
            finite.prop_map(|v| zmij::Buffer::new().format_finite(v).to_string()).boxed()
        }
        Ty::Decimal(scale) => {
            let scale = usize::from(*scale);
            any::<i64>().prop_map(move |v| scaled(v, scale)).boxed()
        }
        Ty::String => any::<String>().prop_map(quoted).boxed(),
        Ty::Bytes => {
            use base64::Engine as _;
            let encode = |bytes: Vec<u8>| format!("\"{}\"", base64::prelude::BASE64_STANDARD.encode(bytes));
            any::<Vec<u8>>().prop_map(encode).boxed()
        }
        Ty::Timestamp(TimeForm::Rfc3339) => any::<i64>()
            .prop_map(|v| format!("\"{}\"", jiff::Timestamp::from_nanosecond(i128::from(v)).unwrap()))
            .boxed(),
        Ty::Timestamp(form) => {
            let most = i64::MAX / form.nanos();
            (-most..=most).prop_map(|v| v.to_string()).boxed()
        }
        Ty::Date => (0i16..=9999, 1i8..=12, 1i8..=28)
            .prop_map(|(y, m, d)| format!("\"{y:04}-{m:02}-{d:02}\""))
            .boxed(),
        Ty::Duration => (-i64::MAX..=i64::MAX)
            .prop_map(|v| format!("\"{}\"", forebay_types::unit::DurationText(v)))
            .boxed(),
        Ty::Optional(inner) => prop_oneof![3 => json(inner), 1 => Just("null".to_string())].boxed(),
        Ty::List(item) => {
            proptest::collection::vec(json(item), 0..4).prop_map(|v| format!("[{}]", v.join(","))).boxed()
        }
        Ty::Struct(fields) => object(fields).boxed(),
        Ty::Zones | Ty::Unknown => unreachable!("not generated"),
    }
}

fn scaled(value: i64, scale: usize) -> String {
    let digits = format!("{:0width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let point = if scale > 0 { "." } else { "" };
    format!("{}{whole}{point}{fraction}", if value < 0 { "-" } else { "" })
}

/// An object in which optional fields may be missing.
fn object(fields: &[(String, Ty)]) -> BoxedStrategy<String> {
    let parts: Vec<_> = fields
        .iter()
        .map(|(name, ty)| {
            let name = serde_json::to_string(name).unwrap();
            let some = json(ty).prop_map(move |value| Some(format!("{name}:{value}")));
            if ty.is_optional() { prop_oneof![3 => some, 1 => Just(None)].boxed() } else { some.boxed() }
        })
        .collect();
    parts
        .prop_map(|parts| format!("{{{}}}", parts.into_iter().flatten().collect::<Vec<_>>().join(",")))
        .boxed()
}

fn specs(fields: &[(String, Ty)]) -> Vec<FieldSpec> {
    let spec = |(slot, (name, ty)): (usize, &(String, Ty))| FieldSpec {
        name: name.clone(),
        ty: ty.clone(),
        default: None,
        slot: Some(slot),
        sensitive: false,
    };
    fields.iter().enumerate().map(spec).collect()
}

fn schema() -> impl Strategy<Value = Vec<(String, Ty)>> {
    let names =
        |types: Vec<Ty>| types.into_iter().enumerate().map(|(at, ty)| (format!("f{at}"), ty)).collect();
    proptest::collection::vec(ty(), 1..6).prop_map(names)
}

fn schema_and_lines() -> impl Strategy<Value = (Vec<(String, Ty)>, Vec<String>)> {
    schema().prop_flat_map(|fields| {
        let lines = proptest::collection::vec(object(&fields), 1..6);
        (Just(fields), lines)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_is_written_reads_back_and_is_written_the_same((fields, lines) in schema_and_lines()) {
        let mut table = Table::new(specs(&fields), Extra::Reject);
        for line in &lines {
            table.reader.read_record(line.as_bytes(), &mut table.builder).unwrap();
        }
        let (rows, columns) = table.rows();
        prop_assert_eq!(table.written(columns, lines.len()), lines.join("\n") + "\n");
        prop_assert_eq!(rows.len(), lines.len());
    }

    #[test]
    fn a_bad_record_between_good_ones_leaves_no_trace(
        (fields, lines) in schema_and_lines(),
        cut in any::<proptest::sample::Index>(),
        byte: u8,
    ) {
        let mut table = Table::new(specs(&fields), Extra::Reject);
        let mut good = Vec::new();
        for line in &lines {
            let mut bad = line.clone().into_bytes();
            let at = cut.index(bad.len());
            bad[at] = byte;
            if table.reader.read_record(&bad, &mut table.builder).is_ok() {
                // The change made another good record: it counts, in the form in which it is written.
                let mut alone = Table::new(specs(&fields), Extra::Reject);
                alone.reader.read_record(&bad, &mut alone.builder).unwrap();
                let columns = alone.rows().1;
                good.push(alone.written(columns, 1));
            }
            table.reader.read_record(line.as_bytes(), &mut table.builder).unwrap();
            good.push(line.clone() + "\n");
        }
        let columns = table.rows().1;
        prop_assert_eq!(table.written(columns, good.len()), good.concat());
    }

    #[test]
    fn no_bytes_do_harm(fields in schema(), bytes: Vec<u8>, soup in "[{}\\[\\]\",:0-9eE.+\\-tfn \\\\ux]{0,60}") {
        for extra in [Extra::Ignore, Extra::Reject, Extra::Keep(fields.len())] {
            let mut table = Table::new(specs(&fields), extra);
            let keyed = format!("{{\"f0\":{soup}}}");
            for line in [&bytes[..], soup.as_bytes(), keyed.as_bytes()] {
                let _ = table.reader.read_record(line, &mut table.builder);
            }
            table.rows();
        }
    }
    /// What is read over is sound JSON all the same: another parser takes the same lines, and what is kept of them is
    /// sound where it is written.
    #[test]
    fn what_nobody_declared_has_to_be_json_too(
        (_, lines) in schema_and_lines(),
        cuts in proptest::collection::vec((any::<proptest::sample::Index>(), 0usize..3, tricky()), 0..3),
    ) {
        for line in lines {
            let line = damaged(line.into_bytes(), &cuts);
            let object = |text: &str| text.trim_ascii_start().starts_with('{');
            let theirs = std::str::from_utf8(&line)
                .is_ok_and(|text| object(text) && serde_json::from_str::<IgnoredAny>(text).is_ok());
            let mut table = Table::new(specs(&[("not there".into(), Ty::I8.optional())]), Extra::Keep(1));
            let ours = table.reader.read_record(&line, &mut table.builder);
            prop_assert_eq!(ours.is_ok(), theirs, "{} {:?}", String::from_utf8_lossy(&line), ours);
            if theirs {
                let columns = table.rows().1;
                let text = table.written(columns, 1);
                prop_assert!(serde_json::from_str::<IgnoredAny>(&text).is_ok(), "{}", text);
                let value = |json: &[u8]| serde_json::from_slice::<serde_json::Value>(json).ok();
                prop_assert_eq!(value(text.as_bytes()), value(&line));
            }
        }
    }

    /// Whatever happens to one line of a file, the others are read as if nothing had.
    #[test]
    fn a_damaged_line_takes_no_neighbour_with_it(
        (fields, lines) in schema_and_lines(),
        victim in any::<proptest::sample::Index>(),
        cuts in proptest::collection::vec((any::<proptest::sample::Index>(), 0usize..3, tricky()), 1..4),
        pieces in proptest::collection::vec(1usize..60, 1..5),
    ) {
        let victim = victim.index(lines.len());
        let mut file = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            let bytes = line.clone().into_bytes();
            file.extend(if at == victim { damaged(bytes, &cuts) } else { bytes });
            file.push(b'\n');
        }
        let found = read_file(&fields, &file, &pieces);
        let ends = file.iter().filter(|byte| **byte == b'\n').count();
        for (at, line) in lines.iter().enumerate().filter(|(at, _)| *at != victim) {
            // An end of line in the damage makes several lines of one.
            let number = if at < victim { at + 1 } else { at + 1 + ends - lines.len() };
            prop_assert_eq!(found.get(&(number as u64)), Some(&(line.clone() + "\n")), "line {}", number);
        }
    }
}

/// Bytes that mean something to JSON or to the cutting of lines.
fn tricky() -> impl Strategy<Value = u8> {
    prop_oneof![proptest::sample::select(&b"\"\\{}[]:,\n\r\0\x1f\x7f\xc3\xef\xff-+.eE0utn "[..]), any::<u8>(),]
}

/// The line with bytes replaced, put in or taken out.
fn damaged(mut line: Vec<u8>, cuts: &[(proptest::sample::Index, usize, u8)]) -> Vec<u8> {
    for (at, what, byte) in cuts {
        let at = at.index(line.len() + 1);
        match what {
            0 => line.insert(at, *byte),
            1 if at < line.len() => line[at] = *byte,
            _ if at < line.len() => drop(line.remove(at)),
            _ => line.truncate(at / 2),
        }
    }
    line
}

/// The good lines of a file that arrives in pieces, by number, as they are written again.
fn read_file(fields: &[(String, Ty)], file: &[u8], pieces: &[usize]) -> BTreeMap<u64, String> {
    let mut lines = Lines::new(64, 1 << 20);
    let mut table = Table::new(specs(fields), Extra::Ignore);
    let (mut numbers, mut rest, mut pieces) = (Vec::new(), file, pieces.iter().cycle());
    for ended in [false, true] {
        loop {
            while let Some(cut) = lines.next_cut() {
                let What::Line { start, end } = cut.what else { continue };
                let line = &lines.buf().bytes()[start as usize..end as usize];
                if table.reader.read_record(line, &mut table.builder).is_ok() {
                    numbers.push(cut.number);
                }
            }
            if rest.is_empty() || ended {
                break;
            }
            let space = lines.space();
            let size = pieces.next().map_or(1, |size| *size).min(space.len()).min(rest.len());
            space[..size].copy_from_slice(&rest[..size]);
            lines.filled(size);
            rest = &rest[size..];
        }
        if !ended {
            lines.finish();
        }
    }
    let columns = table.rows().1;
    let text = table.written(columns, numbers.len());
    numbers.into_iter().zip(text.split_inclusive('\n').map(String::from)).collect()
}
