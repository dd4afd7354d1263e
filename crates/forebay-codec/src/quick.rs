//! Values as they mostly are, read without the library: short numbers, texts without escapes.
//!
//! A quick reader takes the value that begins at a place in a line and gives the place behind it, or says no and leaves the column
//! as it was: where the value is another one, where it is wrong, where it is not sure. It takes nothing that the careful way
//! would not take, and nothing else of it.

use bytemuck::Pod;
use forebay_batch::ColMut;
use forebay_types::{TimeForm, Ty};

use crate::number::plain;
use crate::scalar::digits_to_nanos;
use crate::time::{parse_date, parse_timestamp};
use crate::word::unescaped;

/// Reads values of one type.
#[derive(Clone, Copy)]
pub(crate) struct Quick {
    read: Read,
    /// How many digits behind the point a number has.
    scale: u8,
}

type Read = fn(&[u8], usize, u8, &mut ColMut) -> Option<usize>;

impl Quick {
    /// For values of `ty`, without `optional`.
    pub fn new(ty: &Ty) -> Quick {
        let (read, scale): (Read, u8) = match ty {
            Ty::String => (string, 0),
            Ty::I8 => (number::<i8>, 0),
            Ty::I16 => (number::<i16>, 0),
            Ty::I32 => (number::<i32>, 0),
            Ty::I64 => (number::<i64>, 0),
            Ty::U8 => (number::<u8>, 0),
            Ty::U16 => (number::<u16>, 0),
            Ty::U32 => (number::<u32>, 0),
            Ty::U64 => (number::<u64>, 0),
            Ty::Decimal(scale) => (number::<i64>, *scale),
            Ty::Timestamp(TimeForm::Rfc3339) => (timestamp, 0),
            Ty::Timestamp(form) => (number::<i64>, digits_to_nanos(*form)),
            Ty::Date => (date, 0),
            _ => (|_, _, _, _| None, 0),
        };
        Quick { read, scale }
    }

    /// Reads the value at `at`, or behind one space there; gives the place behind it.
    #[inline]
    pub fn read(self, line: &[u8], at: usize, col: &mut ColMut) -> Option<usize> {
        match (self.read)(line, at, self.scale, col) {
            None if line.get(at) == Some(&b' ') => (self.read)(line, at + 1, self.scale, col),
            end => end,
        }
    }
}

fn number<T: Pod + TryFrom<i64>>(line: &[u8], at: usize, scale: u8, col: &mut ColMut) -> Option<usize> {
    let (value, end) = plain(line, at, scale)?;
    col.push(T::try_from(value).ok()?);
    Some(end)
}

fn string(line: &[u8], at: usize, _: u8, col: &mut ColMut) -> Option<usize> {
    let text = text(line, at)?;
    col.push_bytes(text);
    Some(at + text.len() + 2)
}

fn timestamp(line: &[u8], at: usize, _: u8, col: &mut ColMut) -> Option<usize> {
    let text = text(line, at)?;
    col.push(parse_timestamp(text).ok()?);
    Some(at + text.len() + 2)
}

fn date(line: &[u8], at: usize, _: u8, col: &mut ColMut) -> Option<usize> {
    let text = text(line, at)?;
    col.push(parse_date(text).ok()?);
    Some(at + text.len() + 2)
}

/// The inside of the quotes at `at`, where it is UTF-8 and stands for itself.
#[inline]
fn text(line: &[u8], at: usize) -> Option<&[u8]> {
    let [b'"', inside @ ..] = line.get(at..)? else { return None };
    let (len, is_ascii) = unescaped(inside);
    let text = &inside[..len];
    (inside.get(len) == Some(&b'"') && (is_ascii || std::str::from_utf8(text).is_ok())).then_some(text)
}
