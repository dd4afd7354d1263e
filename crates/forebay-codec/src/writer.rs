//! One row of a batch as one line of JSON.
//!
//! Every column is written in the form in which it was declared. Missing is left out, null is `null`. Decimals
//! have all their digits, floats the fewest that read back as the same value, durations the largest unit that is
//! whole, bytes are base64.
//!
//! A few values have no JSON: NaN, the infinities, dates outside the years 0 to 9999, and the duration of -2^63
//! nanoseconds. A row with one of them is not written: null in its place would be another value.

use std::io::Write as _;

use base64::Engine as _;
use bytemuck::Pod;
use forebay_batch::{Batch, Col, Presence};
use forebay_types::format::EXTRA;
use forebay_types::unit::DurationText;
use forebay_types::{Addr, TimeForm, Ty, code};

use crate::error::{Fault, RecordError};
use crate::extra::Undeclared;
use crate::number::{write_decimal, write_shortest, write_whole};
use crate::scalar::{BASE64, digits_to_nanos};
use crate::text::{Fixed, write_text};
use crate::time::{write_date, write_timestamp};

/// Writes rows as lines. Knows the columns of its batches by their addresses.
pub struct JsonWriter {
    columns: Vec<(Addr, Field)>,
    extra: Option<Undeclared>,
}

/// A value of an object: what stands before it, and what it is.
struct Field {
    name: String,
    /// `,"name":`
    prefix: Fixed,
    form: Form,
}

/// What writes values of a type, with the prefixes of the fields inside it.
enum Form {
    Scalar(Ty, WriteScalar),
    Items(Box<Form>),
    Fields(Vec<Field>),
}

impl JsonWriter {
    /// The column [`EXTRA`] holds the inside of an object, as [`Extra::Keep`](crate::Extra::Keep) makes it. Its fields come
    /// last, but for those that are called like one of the columns.
    pub fn new(columns: &[(String, Ty, Addr)]) -> JsonWriter {
        let (extra, columns): (Vec<_>, Vec<_>) = columns.iter().partition(|(name, ..)| name == EXTRA);
        let names = || columns.iter().map(|(name, ..)| name.as_str());
        let extra = extra.first().map(|(.., addr)| Undeclared::new(*addr, names()));
        let columns = columns.iter().map(|(name, ty, addr)| (*addr, Field::new(name, ty))).collect();
        JsonWriter { columns, extra }
    }

    /// Appends the row and an end of line to `out`, or nothing, and says which value has no JSON.
    pub fn write_record(&self, batch: &Batch, row: usize, out: &mut Vec<u8>) -> Result<(), RecordError> {
        let start = out.len();
        for (addr, field) in &self.columns {
            if let Err(fault) = field.write(batch.col(*addr), row, out) {
                out.truncate(start);
                return Err(fault.finish());
            }
        }
        if let Some(extra) = &self.extra {
            extra.write(batch, row, out);
        }
        close(start, out);
        out.push(b'\n');
        Ok(())
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
        Field { name: name.to_string(), prefix: Fixed::new(&prefix), form: Form::new(ty) }
    }

    #[inline]
    fn write(&self, col: &Col, row: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        match col.presence(row) {
            Presence::Value => {
                self.prefix.write(out);
                let written = match &self.form {
                    Form::Scalar(ty, write) => write(ty, col, row, out),
                    nested => nested.write(col, row, out),
                };
                written.map_err(|fault| fault.inside(&self.name))?;
            }
            Presence::Null => {
                self.prefix.write(out);
                out.extend_from_slice(b"null");
            }
            Presence::Missing => {}
        }
        Ok(())
    }
}

impl Form {
    fn new(ty: &Ty) -> Form {
        match ty.inner() {
            Ty::List(item) => Form::Items(Box::new(Form::new(item))),
            Ty::Struct(fields) => {
                Form::Fields(fields.iter().map(|(name, ty)| Field::new(name, ty)).collect())
            }
            scalar => Form::Scalar(scalar.clone(), scalar_writer(scalar)),
        }
    }

    fn write(&self, col: &Col, row: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        match self {
            Form::Scalar(ty, write) => write(ty, col, row, out),
            Form::Items(item) => item.write_list(col, row, out),
            Form::Fields(fields) => {
                let start = out.len();
                for (field, col) in fields.iter().zip(col.fields()) {
                    field.write(col, row, out)?;
                }
                close(start, out);
                Ok(())
            }
        }
    }

    fn write_list(&self, col: &Col, row: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        let (offsets, items) = col.list();
        let (from, to) = (offsets[row] as usize, offsets[row + 1] as usize);
        out.push(b'[');
        for at in from..to {
            if at > from {
                out.push(b',');
            }
            if items.is_absent(at) {
                out.extend_from_slice(b"null");
            } else {
                self.write(items, at, out).map_err(|fault| fault.inside(&format!("[{}]", at - from)))?;
            }
        }
        out.push(b']');
        Ok(())
    }
}

/// Writes the value of a row that has one, in a column of the type that is given.
pub(crate) type WriteScalar = fn(&Ty, &Col, usize, &mut Vec<u8>) -> Result<(), Fault>;

/// What writes values of `ty`, which is neither optional nor a list nor a struct.
pub(crate) fn scalar_writer(ty: &Ty) -> WriteScalar {
    match ty {
        Ty::Bool => write_bool,
        Ty::I8 => write_integer::<i8>,
        Ty::I16 => write_integer::<i16>,
        Ty::I32 => write_integer::<i32>,
        Ty::I64 => write_integer::<i64>,
        Ty::U8 => write_unsigned::<u8>,
        Ty::U16 => write_unsigned::<u16>,
        Ty::U32 => write_unsigned::<u32>,
        Ty::U64 => write_unsigned::<u64>,
        Ty::F32 => |_, col, row, out| write_float(col.value(row), f32::is_finite, out),
        Ty::F64 => |_, col, row, out| write_float(col.value(row), f64::is_finite, out),
        Ty::Decimal(_) => |ty, col, row, out| {
            let Ty::Decimal(scale) = *ty else { unreachable!("{ty} is no decimal") };
            write_decimal(col.value(row), scale, out);
            Ok(())
        },
        Ty::String => |_, col, row, out| {
            write_text(col.text(row), out);
            Ok(())
        },
        Ty::Bytes => |_, col, row, out| {
            write_bytes(col.text(row), out);
            Ok(())
        },
        Ty::Timestamp(_) => write_time,
        Ty::Date => write_day,
        Ty::Duration => write_duration,
        Ty::Zones => |_, col, row, out| {
            out.extend_from_slice(col.text(row));
            Ok(())
        },
        Ty::List(_) | Ty::Struct(_) | Ty::Optional(_) | Ty::Unknown => {
            unreachable!("{ty} is no scalar that a checked plan can write")
        }
    }
}

fn write_bool(_: &Ty, col: &Col, row: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
    out.extend_from_slice(if col.value::<u8>(row) != 0 { b"true" } else { b"false" });
    Ok(())
}

fn write_integer<T: Pod + Into<i64>>(_: &Ty, col: &Col, row: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
    write_decimal(col.value::<T>(row).into(), 0, out);
    Ok(())
}

fn write_unsigned<T: Pod + Into<u64>>(_: &Ty, col: &Col, row: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
    write_whole(col.value::<T>(row).into(), out);
    Ok(())
}

fn write_time(ty: &Ty, col: &Col, row: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
    match *ty {
        Ty::Timestamp(TimeForm::Rfc3339) => {
            out.push(b'"');
            write_timestamp(col.value(row), out);
            out.push(b'"');
        }
        Ty::Timestamp(form) => write_shortest(col.value(row), digits_to_nanos(form), out),
        _ => unreachable!("{ty} is no timestamp"),
    }
    Ok(())
}

fn write_day(_: &Ty, col: &Col, row: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
    out.push(b'"');
    if !write_date(col.value(row), out) {
        return Err(unwritable("a date is written with a year from 0 to 9999"));
    }
    out.push(b'"');
    Ok(())
}

fn write_duration(_: &Ty, col: &Col, row: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
    let nanos = col.value(row);
    if nanos == i64::MIN {
        return Err(unwritable("a duration is at least -9223372036854775807ns"));
    }
    write!(out, "\"{}\"", DurationText(nanos)).expect("memory takes every write");
    Ok(())
}

/// Does not show the value, which may be sensitive.
#[cold]
fn unwritable(why: &str) -> Fault {
    RecordError::fault(&code::NOT_WRITABLE, 0, why)
}

#[inline]
fn write_float<T: zmij::Float + Copy>(
    value: T,
    is_finite: fn(T) -> bool,
    out: &mut Vec<u8>,
) -> Result<(), Fault> {
    if !is_finite(value) {
        return Err(unwritable("JSON has no NaN and no infinity"));
    }
    out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    Ok(())
}

fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let start = out.len();
    // Four characters for each three bytes begun.
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    BASE64.encode_slice(bytes, &mut out[start..]).expect("the room was counted");
    out.push(b'"');
}
