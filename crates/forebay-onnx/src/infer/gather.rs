//! The one gather of columns into a tensor: column by column, each value to its element of its row.

use forebay_stage::batch::{Batch, Col, Rows};
use forebay_stage::types::Addr;
use forebay_stage::types::number::decimal_to_f64;

use super::number::{Element, Number};

/// A column of records as one element of a tensor's rows.
#[derive(Clone, Copy, Debug)]
pub struct Feed {
    pub addr: Addr,
    pub number: Number,
    /// Index in the row.
    pub at: usize,
    /// What stands for null, on columns that may be null.
    pub null: Option<f64>,
}

/// Writes the `from`-th to before the `to`-th selected row of a batch into the rows of a tensor.
pub fn gather<T: Element>(
    out: &mut [T],
    width: usize,
    feeds: &[Feed],
    batch: &Batch,
    (from, to): (usize, usize),
) {
    for feed in feeds {
        let col = batch.col(feed.addr);
        match batch.rows() {
            Rows::Range(start, _) => {
                let start = *start as usize;
                fill(out, width, feed, col, start + from..start + to);
            }
            Rows::List(rows) => fill(out, width, feed, col, rows[from..to].iter().map(|row| *row as usize)),
        }
    }
}

/// Whether a number is a whole one that an i64 holds.
pub fn is_i64(value: f64) -> bool {
    value.fract() == 0.0 && (i64::MIN as f64..i64::MAX as f64).contains(&value)
}

fn fill<T: Element>(out: &mut [T], width: usize, feed: &Feed, col: &Col, rows: impl Iterator<Item = usize>) {
    let mut put = Put { out, width, at: feed.at, null: feed.null.map(T::real), col };
    match feed.number {
        Number::Bool => put.all(rows, |value: u8| T::whole(value.into())),
        Number::I8 => put.all(rows, |value: i8| T::whole(value.into())),
        Number::I16 => put.all(rows, |value: i16| T::whole(value.into())),
        Number::I32 => put.all(rows, |value: i32| T::whole(value.into())),
        Number::I64 => put.all(rows, |value: i64| T::whole(value)),
        Number::U8 => put.all(rows, |value: u8| T::whole(value.into())),
        Number::U16 => put.all(rows, |value: u16| T::whole(value.into())),
        Number::U32 => put.all(rows, |value: u32| T::whole(value.into())),
        Number::U64 => put.all(rows, |value: u64| T::unsigned(value)),
        Number::F32 => put.all(rows, |value: f32| T::real(value.into())),
        Number::F64 => put.all(rows, |value: f64| T::real(value)),
        Number::Decimal(scale) => put.all(rows, |value: i64| T::real(decimal_to_f64(value, scale))),
    }
}

/// Where the values of one column go.
struct Put<'a, T> {
    out: &'a mut [T],
    width: usize,
    at: usize,
    null: Option<T>,
    col: &'a Col,
}

impl<T: Element> Put<'_, T> {
    #[inline]
    fn all<S: bytemuck::Pod>(&mut self, rows: impl Iterator<Item = usize>, convert: impl Fn(S) -> T) {
        let values = self.col.fixed::<S>();
        let slots = self.out[self.at..].iter_mut().step_by(self.width).zip(rows);
        match (self.col.presence_bytes(), self.null) {
            (Some(presence), Some(null)) => {
                slots.for_each(|(slot, row)| {
                    *slot = if presence[row] == 0 { convert(values[row]) } else { null }
                });
            }
            _ => slots.for_each(|(slot, row)| *slot = convert(values[row])),
        }
    }
}
