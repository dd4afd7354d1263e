//! Column types: what a declared type means, how it is written, and which types stand in for which.

use std::fmt;

/// How a timestamp was declared, and so how JSON writes it. In memory every timestamp is i64 nanoseconds
/// since 1970-01-01T00:00:00Z (years 1677 to 2262).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeForm {
    /// RFC 3339 text with a zone.
    Rfc3339,
    Seconds,
    Millis,
    Micros,
    Nanos,
}

impl TimeForm {
    /// Nanoseconds in one unit of this form; 1 for RFC 3339.
    pub fn nanos(self) -> i64 {
        match self {
            TimeForm::Seconds => 1_000_000_000,
            TimeForm::Millis => 1_000_000,
            TimeForm::Micros => 1_000,
            TimeForm::Rfc3339 | TimeForm::Nanos => 1,
        }
    }
}

/// The type of a column.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ty {
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
    /// Exact decimal with this many digits after the point (0 to 18), an i64 in memory.
    Decimal(u8),
    String,
    Bytes,
    Timestamp(TimeForm),
    /// Days since 1970-01-01, an i32 in memory.
    Date,
    /// Nanoseconds, an i64 in memory.
    Duration,
    /// Named polygons in shares of the picture.
    Zones,
    List(Box<Ty>),
    /// May be missing or null; the two are kept apart.
    Optional(Box<Ty>),
    Struct(Vec<(String, Ty)>),
    /// The type behind a mistake that was reported already. Goes with everything and is never reported again.
    Unknown,
}

/// The widest decimal: 18 digits after the point fit an i64.
pub const MAX_SCALE: u8 = 18;

impl Ty {
    pub fn optional(self) -> Ty {
        match self {
            Ty::Optional(_) | Ty::Unknown => self,
            other => Ty::Optional(Box::new(other)),
        }
    }

    /// The type of the value when there is one.
    pub fn inner(&self) -> &Ty {
        match self {
            Ty::Optional(inner) => inner,
            other => other,
        }
    }

    pub fn is_optional(&self) -> bool {
        matches!(self, Ty::Optional(_))
    }

    pub fn is_integer(&self) -> bool {
        matches!(self, Ty::I8 | Ty::I16 | Ty::I32 | Ty::I64 | Ty::U8 | Ty::U16 | Ty::U32 | Ty::U64)
    }

    pub fn is_float(&self) -> bool {
        matches!(self, Ty::F32 | Ty::F64)
    }

    pub fn is_number(&self) -> bool {
        self.is_integer() || self.is_float() || matches!(self, Ty::Decimal(_))
    }

    /// Smallest and largest value of an integer type.
    pub fn integer_range(&self) -> Option<(i128, i128)> {
        Some(match self {
            Ty::I8 => (i8::MIN.into(), i8::MAX.into()),
            Ty::I16 => (i16::MIN.into(), i16::MAX.into()),
            Ty::I32 => (i32::MIN.into(), i32::MAX.into()),
            Ty::I64 => (i64::MIN.into(), i64::MAX.into()),
            Ty::U8 => (0, u8::MAX.into()),
            Ty::U16 => (0, u16::MAX.into()),
            Ty::U32 => (0, u32::MAX.into()),
            Ty::U64 => (0, u64::MAX.into()),
            _ => return None,
        })
    }

    /// Whether a value of `self` may go where `wanted` is asked for. Timestamps agree in any form; a value
    /// that is never null goes where null is allowed.
    pub fn fits(&self, wanted: &Ty) -> bool {
        match (self, wanted) {
            (Ty::Unknown, _) | (_, Ty::Unknown) => true,
            (Ty::Optional(a), Ty::Optional(b)) => a.fits(b),
            (a, Ty::Optional(b)) => a.fits(b),
            (Ty::Timestamp(_), Ty::Timestamp(_)) => true,
            (Ty::List(a), Ty::List(b)) => a.fits(b),
            (Ty::Struct(a), Ty::Struct(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|((an, at), (bn, bt))| an == bn && at.fits(bt))
            }
            (a, b) => a == b,
        }
    }

    /// Bytes that one value takes in a column, without the content of strings, bytes and lists (they add
    /// their own length). Used for the memory sums and the copy figures of the plan.
    pub fn width(&self) -> usize {
        match self {
            Ty::Bool | Ty::I8 | Ty::U8 => 1,
            Ty::I16 | Ty::U16 => 2,
            Ty::I32 | Ty::U32 | Ty::F32 | Ty::Date => 4,
            Ty::I64 | Ty::U64 | Ty::F64 | Ty::Decimal(_) | Ty::Timestamp(_) | Ty::Duration => 8,
            Ty::String | Ty::Bytes | Ty::List(_) | Ty::Zones => 4,
            // And the byte that says value, null or missing.
            Ty::Optional(inner) => inner.width() + 1,
            Ty::Struct(fields) => fields.iter().map(|(_, ty)| ty.width()).sum(),
            Ty::Unknown => 0,
        }
    }

    /// Reads the short form (`decimal(2)`, `list(string)`, `optional(i64)`, `timestamp(ms)`).
    pub fn parse(text: &str) -> Result<Ty, TyError> {
        let text = text.trim();
        let (head, arg) = match text.split_once('(') {
            None => (text, None),
            Some((head, rest)) => match rest.strip_suffix(')') {
                Some(arg) => (head.trim_end(), Some(arg.trim())),
                None => return Err(TyError { part: text.into(), why: "the closing `)` is missing".into() }),
            },
        };
        match (head, arg) {
            ("decimal", Some(digits)) => match digits.parse::<u8>() {
                Ok(scale) if scale <= MAX_SCALE => Ok(Ty::Decimal(scale)),
                _ => Err(TyError {
                    part: digits.into(),
                    why: format!("decimal takes the digits after the point, 0 to {MAX_SCALE}"),
                }),
            },
            ("timestamp", Some(unit)) => match unit {
                "s" => Ok(Ty::Timestamp(TimeForm::Seconds)),
                "ms" => Ok(Ty::Timestamp(TimeForm::Millis)),
                "us" => Ok(Ty::Timestamp(TimeForm::Micros)),
                "ns" => Ok(Ty::Timestamp(TimeForm::Nanos)),
                _ => Err(TyError { part: unit.into(), why: "timestamp takes s, ms, us or ns".into() }),
            },
            ("list", Some(item)) => Ok(Ty::List(Box::new(Ty::parse(item)?))),
            ("optional", Some(item)) => match Ty::parse(item)? {
                Ty::Optional(_) => Err(TyError { part: item.into(), why: "it is optional already".into() }),
                inner => Ok(Ty::Optional(Box::new(inner))),
            },
            ("decimal", None) => Err(TyError {
                part: head.into(),
                why: "it does not say how many digits stand behind the point".into(),
            }),
            ("list" | "optional", None) => {
                Err(TyError { part: head.into(), why: "it does not say of what".into() })
            }
            (name, None) => SIMPLE
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, ty)| ty.clone())
                .ok_or_else(|| TyError { part: name.into(), why: "there is no such type".into() }),
            (name, Some(_)) => {
                Err(TyError { part: name.into(), why: format!("{name} takes nothing in brackets") })
            }
        }
    }
}

/// Types that are written as one word.
const SIMPLE: &[(&str, Ty)] = &[
    ("bool", Ty::Bool),
    ("i8", Ty::I8),
    ("i16", Ty::I16),
    ("i32", Ty::I32),
    ("i64", Ty::I64),
    ("u8", Ty::U8),
    ("u16", Ty::U16),
    ("u32", Ty::U32),
    ("u64", Ty::U64),
    ("f32", Ty::F32),
    ("f64", Ty::F64),
    ("string", Ty::String),
    ("bytes", Ty::Bytes),
    ("timestamp", Ty::Timestamp(TimeForm::Rfc3339)),
    ("date", Ty::Date),
    ("duration", Ty::Duration),
    ("zones", Ty::Zones),
];

/// Every name that can begin a type, for suggestions and completion.
pub fn type_names() -> impl Iterator<Item = &'static str> {
    SIMPLE.iter().map(|(name, _)| *name).chain(["decimal", "list", "optional"])
}

/// Why a type text is none: the part at fault and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TyError {
    pub part: String,
    pub why: String,
}

impl fmt::Display for TyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.part, self.why)
    }
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ty::Decimal(scale) => write!(f, "decimal({scale})"),
            Ty::Timestamp(TimeForm::Seconds) => f.write_str("timestamp(s)"),
            Ty::Timestamp(TimeForm::Millis) => f.write_str("timestamp(ms)"),
            Ty::Timestamp(TimeForm::Micros) => f.write_str("timestamp(us)"),
            Ty::Timestamp(TimeForm::Nanos) => f.write_str("timestamp(ns)"),
            Ty::List(item) => write!(f, "list({item})"),
            Ty::Optional(item) => write!(f, "optional({item})"),
            Ty::Struct(fields) => {
                f.write_str("struct{")?;
                for (i, (name, ty)) in fields.iter().enumerate() {
                    write!(f, "{}{name}: {ty}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
            Ty::Unknown => f.write_str("unknown"),
            simple => {
                let name = SIMPLE.iter().find(|(_, ty)| ty == simple).map(|(name, _)| *name);
                f.write_str(name.unwrap_or("unknown"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_reads_back_as_it_is_written() {
        for text in [
            "bool",
            "i8",
            "u64",
            "f32",
            "decimal(2)",
            "string",
            "bytes",
            "timestamp",
            "timestamp(ms)",
            "date",
            "duration",
            "zones",
            "list(string)",
            "optional(i64)",
            "list(optional(decimal(18)))",
        ] {
            assert_eq!(Ty::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_wrong_type_names_the_part_at_fault() {
        for (text, part) in [
            ("decimal(19)", "19"),
            ("decimal", "decimal"),
            ("timestamp(min)", "min"),
            ("list(strin)", "strin"),
            ("optional(optional(i8))", "optional(i8)"),
            ("bool(1)", "bool"),
            ("list(string", "list(string"),
        ] {
            assert_eq!(Ty::parse(text).unwrap_err().part, part, "{text}");
        }
    }

    #[test]
    fn what_is_never_null_fits_where_null_is_allowed_and_not_the_other_way() {
        let plain = Ty::I64;
        let optional = Ty::I64.optional();
        assert!(plain.fits(&optional));
        assert!(!optional.fits(&plain));
        assert!(Ty::Timestamp(TimeForm::Millis).fits(&Ty::Timestamp(TimeForm::Rfc3339)));
        assert!(!Ty::Decimal(2).fits(&Ty::Decimal(3)));
        assert!(Ty::Unknown.fits(&Ty::Bool) && Ty::Bool.fits(&Ty::Unknown));
    }
}
