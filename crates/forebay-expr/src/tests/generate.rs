//! Well-typed expressions and rows out of a string of bytes, so that a failing case shrinks.

use forebay_types::Ty;

use super::table::{V, columns};

/// Choices, taken from bytes; once they are used up it is always the first one.
pub struct Choices<'c> {
    bytes: &'c [u8],
}

impl<'c> Choices<'c> {
    pub fn new(bytes: &'c [u8]) -> Choices<'c> {
        Choices { bytes }
    }

    pub fn pick(&mut self, of: usize) -> usize {
        match self.bytes.split_first() {
            None => 0,
            Some((first, rest)) => {
                self.bytes = rest;
                usize::from(*first) % of
            }
        }
    }

    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.pick(of.len())]
    }
}

/// What an expression is asked to be.
#[derive(Clone, Copy, PartialEq)]
pub enum Wanted {
    Bool,
    I64,
    U64,
    F32,
    F64,
    Money,
    Text,
    Time,
    Span,
    Texts,
    Place,
}

pub const WANTED: [Wanted; 11] = [
    Wanted::Bool,
    Wanted::I64,
    Wanted::U64,
    Wanted::F32,
    Wanted::F64,
    Wanted::Money,
    Wanted::Text,
    Wanted::Time,
    Wanted::Span,
    Wanted::Texts,
    Wanted::Place,
];

/// An expression of the wanted type. In a pattern, each letter after `$` is an expression of that type.
pub fn expression(choices: &mut Choices, wanted: Wanted, depth: usize) -> String {
    let (leaves, patterns): (&[&str], &[&str]) = match wanted {
        Wanted::Bool => (
            &["b", "true", "false", "(ob == null)", "(os != null)", "(vars.most == null)"],
            &[
                "($b && $b)",
                "($b || $b)",
                "!$b",
                "($b ? $b : $b)",
                "($i < $i)",
                "($i == $u)",
                "($u >= $u)",
                "($f > $d)",
                "($f in [0.5, $d])",
                "($m > $i)",
                "($m != $m)",
                "(n <= $m)",
                "($f < $f)",
                "($d >= $d)",
                "($s == $s)",
                "($s < 'f')",
                "($t < $t)",
                "($p > $p)",
                "($i in [1, $i, 3])",
                "($i in [0, 1, 2, 7, 9, 11, 12, 13, 14, 15])",
                "($s in $l)",
                "($s in ['a', 'b', 'door'])",
                "$s.contains($s)",
                "$s.startsWith('a')",
                "$s.endsWith($s)",
                "coalesce(ob, $b)",
                "(oi != null && oi > $i)",
                "(oi == null || oi / $i > 2)",
                "($i in ids)",
                "($i in gaps)",
                "($u in lists.blocked)",
                "($s in lists.words)",
                "($m in lists.prices)",
                "(oat != null && oat.lat > $d)",
                "($d in [0.5, $d])",
                "(day >= '2026-01-01')",
                "(small < $i)",
                "(!(od == null || od < $d) && od < 1.0)",
            ],
        ),
        Wanted::I64 => (
            &["i", "j", "0", "1", "-j", "int(byte)", "int(-3)"],
            &[
                "($i + $i)",
                "($i - $i)",
                "($i * $i)",
                "($i / $i)",
                "($i % $i)",
                "-($i)",
                "abs($i)",
                "(small + byte)",
                "($b ? $i : $i)",
                "coalesce(oi, $i)",
                "int($u)",
                "int($d)",
                "int($f)",
                "int($m)",
                "int(t)",
                "size($s)",
                "size($l)",
                "size(objects)",
                "size(raw)",
                "$t.getHours()",
                "$t.getDayOfWeek('+05:30')",
                "$t.getHours('Europe/Zurich')",
                "coalesce(gaps[$i], $i)",
                "int(ids[$i])",
                "int($t)",
                "coalesce(objects[$i].x, $i)",
                "(at.n + $i)",
                "(byte - 1)",
                "coalesce(oi, vars.most, $i)",
            ],
        ),
        Wanted::U64 => (
            &["u", "0", "7"],
            &[
                "($u + $u)",
                "($u - 3)",
                "($u * $u)",
                "($u / $u)",
                "($u % 7)",
                "(u + byte)",
                "($b ? u : 1)",
                "abs($u)",
            ],
        ),
        Wanted::F32 => (
            &["f"],
            &[
                "($f + $f)",
                "($f * 0.5)",
                "-($f)",
                "abs($f)",
                "($b ? $f : $f)",
                "objects[$i].score",
                "($f / f)",
            ],
        ),
        Wanted::F64 => (
            &["d", "0.5", "vars.limit"],
            &[
                "($d + $d)",
                "($d - $d)",
                "($d * $d)",
                "($d / $d)",
                "($d - $f)",
                "-($d)",
                "abs($d)",
                "double($i)",
                "double($u)",
                "double($m)",
                "double($f)",
                "coalesce(od, $d)",
                "($b ? $d : 2)",
                "at.lat",
                "double(t)",
                "$a.lat",
            ],
        ),
        Wanted::Money => (
            &["m"],
            &[
                "($m + $m)",
                "($m - $i)",
                "($m * $i)",
                "-($m)",
                "abs($m)",
                "($b ? $m : $i)",
                "(m - 0.01)",
                "($m + 500)",
            ],
        ),
        Wanted::Text => (
            &["s", "t", "'a'", "'door'", "vars.country"],
            &[
                "($s + $s)",
                "($b ? $s : $s)",
                "coalesce(os, $s)",
                "string($i)",
                "string($m)",
                "string($d)",
                "string($p)",
                "string($b)",
                "string(raw)",
                "string(day)",
                "string($u)",
                "$l[$i]",
                "objects[$i].label",
                "coalesce($a.name, $s)",
                "(at.name != null ? at.name : $s)",
                "string($t)",
                "string($f)",
            ],
        ),
        Wanted::Time => {
            (&["ts", "when"], &["($t + $p)", "($t - $p)", "($b ? $t : $t)", "timestamp($i)", "timestamp(t)"])
        }
        Wanted::Span => (
            &["span", "duration('1h30m')"],
            &[
                "($p + $p)",
                "($t - $t)",
                "($p * $i)",
                "($p / $i)",
                "-($p)",
                "abs($p)",
                "duration(t)",
                "($b ? $p : $p)",
            ],
        ),
        Wanted::Texts => (
            &["tags", "['a', t]"],
            &["coalesce(otags, $l)", "($b ? $l : $l)", "[$s, $s]", "($b ? $l : coalesce(otags, []))"],
        ),
        Wanted::Place => (&["at"], &["($b ? $a : $a)", "coalesce(oat, $a)", "coalesce($b ? oat : null, $a)"]),
    };
    if depth == 0 || choices.pick(6) == 0 {
        return choices.one(leaves).to_string();
    }
    let pattern = choices.one(patterns);
    let mut out = String::new();
    let mut parts = pattern.split('$');
    out.push_str(parts.next().unwrap_or(""));
    for part in parts {
        let wanted = WANTED["biufdmstpla".find(&part[..1]).unwrap()];
        out.push_str(&expression(choices, wanted, depth - 1));
        out.push_str(&part[1..]);
    }
    out
}

/// A row: small numbers, extremes, texts that are numbers and times, absent values.
pub fn row(choices: &mut Choices) -> Vec<V> {
    columns().iter().map(|(_, ty, _)| value(choices, ty)).collect()
}

fn value(choices: &mut Choices, ty: &Ty) -> V {
    match ty {
        Ty::Optional(inner) => match choices.pick(3) {
            0 => V::Null,
            1 => V::Missing,
            _ => value(choices, inner),
        },
        Ty::Bool => V::Bool(choices.pick(2) == 0),
        Ty::U64 => V::U64([0, 1, 7, 1 << 63, u64::MAX][choices.pick(5)]),
        Ty::F32 => V::F32([0.0, 0.5, -1.5, 1e30, f32::NAN][choices.pick(5)]),
        Ty::F64 => V::F64([0.0, -0.0, 0.5, -1.5, 1e300, f64::NAN, f64::INFINITY, 9.3e18][choices.pick(8)]),
        Ty::Date => V::I64([0, 20_454, i64::from(i32::MAX), -1][choices.pick(4)]),
        ty if ty.integer_range().is_some() && *ty != Ty::I64 => {
            let (min, max) = ty.integer_range().unwrap();
            V::I64([0, 1, min as i64, max as i64][choices.pick(4)])
        }
        Ty::String => V::text(["", "a", "door", "12", "söm", "90s", "2026-01-01T00:00:00Z"][choices.pick(7)]),
        Ty::Bytes => V::Text([&b"a"[..], &[0xff]][choices.pick(2)].to_vec()),
        Ty::List(item) => V::List((0..choices.pick(4)).map(|_| value(choices, item)).collect()),
        Ty::Struct(fields) => V::Struct(fields.iter().map(|(_, ty)| value(choices, ty)).collect()),
        _ => V::I64([0, 1, 7, -3, 1250, 1_767_225_600_000_000_000, i64::MAX, i64::MIN][choices.pick(8)]),
    }
}
