//! One JSON value into one row of a column that holds no other columns. The type decides; nothing is converted
//! silently. This is the careful way, for whatever [`quick`](crate::quick) leaves.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytemuck::Pod;
use forebay_batch::ColMut;
use forebay_types::code::{self, Code};
use forebay_types::unit::parse_duration;
use forebay_types::{TimeForm, Ty};
use jiter::Peek;

use crate::cursor::Cursor;
use crate::error::Fault;
use crate::number::{Unfit, exact};
use crate::time::{OUT_OF_RANGE, parse_date, parse_timestamp};

/// Written with padding, read with or without.
pub(crate) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Reads a value that is not null into `col`. `ty` is neither optional nor a list nor a struct.
pub(crate) fn read_scalar(
    cursor: &mut Cursor<'_>,
    peek: Peek,
    ty: &Ty,
    col: &mut ColMut,
) -> Result<(), Fault> {
    match ty {
        Ty::String => cursor.text(peek, ty, |text| col.push_str(text))?,
        Ty::Bool => col.push(u8::from(cursor.bool(peek, ty)?)),
        Ty::I8 => integer::<i8>(cursor, peek, ty, col)?,
        Ty::I16 => integer::<i16>(cursor, peek, ty, col)?,
        Ty::I32 => integer::<i32>(cursor, peek, ty, col)?,
        Ty::I64 => integer::<i64>(cursor, peek, ty, col)?,
        Ty::U8 => integer::<u8>(cursor, peek, ty, col)?,
        Ty::U16 => integer::<u16>(cursor, peek, ty, col)?,
        Ty::U32 => integer::<u32>(cursor, peek, ty, col)?,
        Ty::U64 => integer::<u64>(cursor, peek, ty, col)?,
        Ty::F32 => float::<f32>(cursor, peek, ty, col, f32::is_finite)?,
        Ty::F64 => float::<f64>(cursor, peek, ty, col, f64::is_finite)?,
        Ty::Decimal(scale) => decimal(cursor, peek, ty, *scale, col)?,
        Ty::Timestamp(TimeForm::Rfc3339) => {
            let parse = |text: &str| parse_timestamp(text.as_bytes()).map_err(str::to_string);
            col.push(from_text(cursor, peek, ty, &code::TIME_UNREADABLE, parse)?);
        }
        Ty::Timestamp(form) => timestamp(cursor, peek, ty, *form, col)?,
        Ty::Date => {
            let parse = |text: &str| parse_date(text.as_bytes()).map_err(str::to_string);
            col.push(from_text(cursor, peek, ty, &code::TIME_UNREADABLE, parse)?);
        }
        Ty::Duration => col.push(from_text(cursor, peek, ty, &code::TEXT_UNREADABLE, duration)?),
        Ty::Bytes => bytes(cursor, peek, ty, col)?,
        // Named polygons stand in their column as the JSON that they came in.
        Ty::Zones if peek == Peek::Object => col.push_str(cursor.skip()?),
        Ty::Zones => return Err(cursor.wrong_type(peek, ty)),
        Ty::List(_) | Ty::Struct(_) | Ty::Optional(_) | Ty::Unknown => {
            unreachable!("{ty} is no scalar that a checked plan can declare")
        }
    }
    Ok(())
}

fn integer<T: Pod + TryFrom<i128>>(
    cursor: &mut Cursor<'_>,
    peek: Peek,
    ty: &Ty,
    col: &mut ColMut,
) -> Result<(), Fault> {
    let text = cursor.number(peek, ty)?;
    let why = match exact(text, 0).map(T::try_from) {
        Ok(Ok(value)) => {
            col.push(value);
            return Ok(());
        }
        Err(Unfit::Digits) => format!("{ty} was declared, a fraction came"),
        Ok(Err(_)) | Err(Unfit::Large) => {
            let (min, max) = ty.integer_range().unwrap_or_default();
            format!("{ty} holds {min} to {max}")
        }
    };
    Err(cursor.unreadable(&code::NUMBER_OUT_OF_RANGE, cursor.at() - text.len(), &why))
}

fn float<T: Pod + std::str::FromStr>(
    cursor: &mut Cursor<'_>,
    peek: Peek,
    ty: &Ty,
    col: &mut ColMut,
    is_finite: fn(T) -> bool,
) -> Result<(), Fault> {
    let text = cursor.number(peek, ty)?;
    match std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse::<T>().ok())
        .filter(|value| is_finite(*value))
    {
        Some(value) => {
            col.push(value);
            Ok(())
        }
        None => {
            let why = format!("{ty} cannot hold so large a number");
            Err(cursor.unreadable(&code::NUMBER_OUT_OF_RANGE, cursor.at() - text.len(), &why))
        }
    }
}

fn decimal(cursor: &mut Cursor<'_>, peek: Peek, ty: &Ty, scale: u8, col: &mut ColMut) -> Result<(), Fault> {
    let text = cursor.number(peek, ty)?;
    let why = match exact(text, scale).map(i64::try_from) {
        Ok(Ok(value)) => {
            col.push(value);
            return Ok(());
        }
        Err(Unfit::Digits) => format!("{ty} has {scale} digits behind the point and is not rounded"),
        Ok(Err(_)) | Err(Unfit::Large) => format!("the number is too large for {ty}"),
    };
    Err(cursor.unreadable(&code::DECIMAL_DIGITS, cursor.at() - text.len(), &why))
}

fn timestamp(
    cursor: &mut Cursor<'_>,
    peek: Peek,
    ty: &Ty,
    form: TimeForm,
    col: &mut ColMut,
) -> Result<(), Fault> {
    let text = cursor.number(peek, ty)?;
    let why = match exact(text, digits_to_nanos(form)).map(i64::try_from) {
        Ok(Ok(nanos)) => {
            col.push(nanos);
            return Ok(());
        }
        Err(Unfit::Digits) => "it is finer than a nanosecond",
        Ok(Err(_)) | Err(Unfit::Large) => OUT_OF_RANGE,
    };
    let why = format!("{ty} was declared, and {why}");
    Err(cursor.unreadable(&code::TIME_UNREADABLE, cursor.at() - text.len(), &why))
}

/// How many digits behind the point a number of this unit has, counted in nanoseconds.
pub(crate) fn digits_to_nanos(form: TimeForm) -> u8 {
    match form {
        TimeForm::Seconds => 9,
        TimeForm::Millis => 6,
        TimeForm::Micros => 3,
        TimeForm::Rfc3339 | TimeForm::Nanos => 0,
    }
}

/// A value that is written as text; the reason of `parse` for not taking it becomes a fault.
fn from_text<T>(
    cursor: &mut Cursor<'_>,
    peek: Peek,
    ty: &Ty,
    code: &'static Code,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, Fault> {
    let start = cursor.at();
    let parsed = cursor.text(peek, ty, parse)?;
    parsed.map_err(|why| cursor.unreadable(code, start, &why))
}

/// Durations of data may be negative: the difference of two times.
fn duration(text: &str) -> Result<i64, String> {
    match text.strip_prefix('-') {
        Some(rest) => parse_duration(rest).map(|nanos| -nanos),
        None => parse_duration(text),
    }
    .map_err(|error| error.why)
}

fn bytes(cursor: &mut Cursor<'_>, peek: Peek, ty: &Ty, col: &mut ColMut) -> Result<(), Fault> {
    let start = cursor.at();
    let mut scratch = std::mem::take(&mut cursor.memory.scratch);
    scratch.clear();
    let decoded = cursor.text(peek, ty, |text| BASE64.decode_vec(text, &mut scratch));
    let read = match decoded {
        Ok(Ok(())) => {
            col.push_bytes(&scratch);
            Ok(())
        }
        Ok(Err(_)) => Err(cursor.unreadable(&code::TEXT_UNREADABLE, start, "this is no base64")),
        Err(fault) => Err(fault),
    };
    cursor.memory.scratch = scratch;
    read
}
