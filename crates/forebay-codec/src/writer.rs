//! One row of a batch as one line of JSON.
//!
//! Every column is written in the form in which it was declared. Missing is left out, null is `null`. Decimals
//! have all their digits, floats the fewest that read back as the same value, durations the largest unit that is
//! whole, bytes are base64.
//!
//! A few values have no JSON: NaN, the infinities, dates outside the years 0 to 9999, and the duration of -2^63
//! nanoseconds. They are written as null and counted, so that a sink can say so.

use std::io::Write as _;

use base64::Engine as _;
use forebay_batch::{Batch, Col, Presence};
use forebay_types::unit::DurationText;
use forebay_types::{Addr, TimeForm, Ty};

use crate::number::{write_decimal, write_shortest};
use crate::scalar::{BASE64, digits_to_nanos};
use crate::text::{Fixed, write_text};
use crate::time::{write_date, write_timestamp};

/// Writes rows as lines. Knows the columns of its batches by their addresses.
pub struct JsonWriter {
    columns: Vec<(Addr, Field)>,
    extra: Option<Addr>,
    unwritable: u64,
}

/// A value of an object: what stands before it, and what it is.
struct Field {
    /// `,"name":`
    prefix: Fixed,
    form: Form,
}

/// A type with the prefixes of the fields inside it.
enum Form {
    Scalar(Ty),
    Items(Box<Form>),
    Fields(Vec<Field>),
}

impl JsonWriter {
    /// `extra` is a column with the inside of an object, as [`Extra::Keep`](crate::Extra::Keep) makes it.
    pub fn new(columns: &[(String, Ty, Addr)], extra: Option<Addr>) -> JsonWriter {
        let columns = columns.iter().map(|(name, ty, addr)| (*addr, Field::new(name, ty))).collect();
        JsonWriter { columns, extra, unwritable: 0 }
    }

    /// Appends the row and an end of line to `out`.
    pub fn write_record(&mut self, batch: &Batch, row: usize, out: &mut Vec<u8>) {
        let start = out.len();
        for (addr, field) in &self.columns {
            field.write(batch.col(*addr), row, &mut self.unwritable, out);
        }
        if let Some(addr) = self.extra {
            let col = batch.col(addr);
            let kept = if col.is_absent(row) { &[][..] } else { col.var().get(row) };
            if !kept.is_empty() {
                out.push(b',');
                out.extend_from_slice(kept);
            }
        }
        close(start, out);
        out.push(b'\n');
    }

    /// How many values so far had no JSON and were written as null.
    pub fn unwritable(&self) -> u64 {
        self.unwritable
    }
}

/// Every field was written with a comma before it; that of the first one gives way to the bracket.
#[inline]
fn close(start: usize, out: &mut Vec<u8>) {
    match out.get_mut(start) {
        Some(comma) => *comma = b'{',
        None => out.push(b'{'),
    }
    out.push(b'}');
}

impl Field {
    fn new(name: &str, ty: &Ty) -> Field {
        let mut prefix = vec![b','];
        write_text(name.as_bytes(), &mut prefix);
        prefix.push(b':');
        Field { prefix: Fixed::new(&prefix), form: Form::new(ty) }
    }

    #[inline]
    fn write(&self, col: &Col, row: usize, unwritable: &mut u64, out: &mut Vec<u8>) {
        match col.presence(row) {
            Presence::Value => {
                self.prefix.write(out);
                self.form.write(col, row, unwritable, out);
            }
            Presence::Null => {
                self.prefix.write(out);
                out.extend_from_slice(b"null");
            }
            Presence::Missing => {}
        }
    }
}

impl Form {
    fn new(ty: &Ty) -> Form {
        match ty.inner() {
            Ty::List(item) => Form::Items(Box::new(Form::new(item))),
            Ty::Struct(fields) => {
                Form::Fields(fields.iter().map(|(name, ty)| Field::new(name, ty)).collect())
            }
            scalar => Form::Scalar(scalar.clone()),
        }
    }

    #[inline]
    fn write(&self, col: &Col, row: usize, unwritable: &mut u64, out: &mut Vec<u8>) {
        match self {
            Form::Scalar(ty) => {
                if !write_scalar(ty, col, row, out) {
                    *unwritable += 1;
                    out.extend_from_slice(b"null");
                }
            }
            Form::Items(item) => item.write_list(col, row, unwritable, out),
            Form::Fields(fields) => {
                let start = out.len();
                for (field, col) in fields.iter().zip(col.fields()) {
                    field.write(col, row, unwritable, out);
                }
                close(start, out);
            }
        }
    }

    fn write_list(&self, col: &Col, row: usize, unwritable: &mut u64, out: &mut Vec<u8>) {
        let (offsets, items) = col.list();
        out.push(b'[');
        for at in offsets[row] as usize..offsets[row + 1] as usize {
            if at > offsets[row] as usize {
                out.push(b',');
            }
            if items.is_absent(at) {
                out.extend_from_slice(b"null");
            } else {
                self.write(items, at, unwritable, out);
            }
        }
        out.push(b']');
    }
}

/// Writes a value, or nothing where JSON has no way to say it.
#[inline]
fn write_scalar(ty: &Ty, col: &Col, row: usize, out: &mut Vec<u8>) -> bool {
    match ty {
        Ty::Bool => out.extend_from_slice(if col.fixed::<u8>()[row] != 0 { b"true" } else { b"false" }),
        Ty::I8 => write_integer(col.fixed::<i8>()[row], out),
        Ty::I16 => write_integer(col.fixed::<i16>()[row], out),
        Ty::I32 => write_integer(col.fixed::<i32>()[row], out),
        Ty::I64 => write_integer(col.fixed::<i64>()[row], out),
        Ty::U8 => write_integer(col.fixed::<u8>()[row], out),
        Ty::U16 => write_integer(col.fixed::<u16>()[row], out),
        Ty::U32 => write_integer(col.fixed::<u32>()[row], out),
        Ty::U64 => write_integer(col.fixed::<u64>()[row], out),
        Ty::F32 => return write_float(col.fixed::<f32>()[row], f32::is_finite, out),
        Ty::F64 => return write_float(col.fixed::<f64>()[row], f64::is_finite, out),
        Ty::Decimal(scale) => write_decimal(col.fixed::<i64>()[row], *scale, out),
        Ty::String => write_text(col.var().get(row), out),
        Ty::Bytes => write_bytes(col.var().get(row), out),
        Ty::Timestamp(TimeForm::Rfc3339) => {
            out.push(b'"');
            write_timestamp(col.fixed::<i64>()[row], out);
            out.push(b'"');
        }
        Ty::Timestamp(form) => write_shortest(col.fixed::<i64>()[row], digits_to_nanos(*form), out),
        Ty::Date => {
            out.push(b'"');
            if !write_date(col.fixed::<i32>()[row], out) {
                out.pop();
                return false;
            }
            out.push(b'"');
        }
        Ty::Duration => {
            let nanos = col.fixed::<i64>()[row];
            if nanos == i64::MIN {
                return false;
            }
            write!(out, "\"{}\"", DurationText(nanos)).expect("memory takes every write");
        }
        Ty::Zones => out.extend_from_slice(col.var().get(row)),
        Ty::List(_) | Ty::Struct(_) | Ty::Optional(_) | Ty::Unknown => {
            unreachable!("{ty} is no scalar that a checked plan can write")
        }
    }
    true
}

#[inline]
fn write_integer<T: itoa::Integer>(value: T, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

#[inline]
fn write_float<T: zmij::Float + Copy>(value: T, is_finite: fn(T) -> bool, out: &mut Vec<u8>) -> bool {
    let finite = is_finite(value);
    if finite {
        out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    }
    finite
}

fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let start = out.len();
    // Four characters for each three bytes begun.
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    BASE64.encode_slice(bytes, &mut out[start..]).expect("the room was counted");
    out.push(b'"');
}
