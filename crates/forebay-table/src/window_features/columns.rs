//! Columns in and words out, words in and columns out: between batches and the state.

use std::ops::Range;

use forebay_stage::batch::{Batch, Col, ColMut, Presence};
use forebay_stage::expr::Output;
use forebay_stage::types::{Addr, Ty};

use crate::window::{Form, Key, KeyForm, Word};

/// The keys of a batch's hull, as the state keeps them.
pub struct Keys {
    columns: Vec<(Addr, Ty)>,
    form: KeyForm,
    words: Vec<u64>,
    text: Vec<u8>,
    ends: Vec<u32>,
}

impl Keys {
    pub fn new(columns: Vec<(Addr, Ty)>, form: KeyForm) -> Keys {
        Keys { columns, form, words: Vec::new(), text: Vec::new(), ends: Vec::new() }
    }

    pub fn columns(&self) -> &[(Addr, Ty)] {
        &self.columns
    }

    pub fn read(&mut self, batch: &Batch) {
        let hull = batch.rows().hull();
        match self.form {
            KeyForm::Words(width) => {
                self.words.resize(hull.len() * width, 0);
                for (at, (addr, ty)) in self.columns.iter().enumerate() {
                    let out = self.words.iter_mut().skip(at).step_by(width);
                    each_word(batch.col(*addr), ty, hull.clone(), out, |out, word| *out = word);
                }
            }
            KeyForm::Text => self.read_texts(batch, hull),
        }
    }

    /// Text after text, each behind its length where there are several columns; other columns as eight bytes.
    fn read_texts(&mut self, batch: &Batch, hull: Range<usize>) {
        self.text.clear();
        self.ends.clear();
        let several = self.columns.len() > 1;
        for row in hull {
            for (addr, ty) in &self.columns {
                let col = batch.col(*addr);
                if matches!(ty, Ty::String | Ty::Bytes) {
                    let text = col.var().get(row);
                    if several {
                        self.text.extend((text.len() as u32).to_le_bytes());
                    }
                    self.text.extend_from_slice(text);
                } else {
                    let text = &mut self.text;
                    each_word(col, ty, row..row + 1, std::iter::once(()), |(), word| {
                        text.extend(word.to_le_bytes())
                    });
                }
            }
            self.ends.push(self.text.len() as u32);
        }
    }

    /// The key of a row, counted from the start of the hull.
    #[inline]
    pub fn get(&self, at: usize) -> Key<'_> {
        match self.form {
            KeyForm::Words(width) => Key::Words(&self.words[at * width..(at + 1) * width]),
            KeyForm::Text => {
                let start = if at == 0 { 0 } else { self.ends[at - 1] as usize };
                Key::Text(&self.text[start..self.ends[at] as usize])
            }
        }
    }
}

/// Gives each value of a column of fixed width as a word, together with what `out` has for it.
fn each_word<T>(
    col: &Col,
    ty: &Ty,
    rows: Range<usize>,
    out: impl Iterator<Item = T>,
    mut give: impl FnMut(T, u64),
) {
    macro_rules! words {
        ($wide:ty, $ty:ty) => {
            out.zip(&col.fixed::<$ty>()[rows])
                .for_each(|(out, value)| give(out, <$wide>::from(*value) as u64))
        };
    }
    match ty {
        Ty::Bool | Ty::U8 => words!(u64, u8),
        Ty::U16 => words!(u64, u16),
        Ty::U32 => words!(u64, u32),
        Ty::I8 => words!(i64, i8),
        Ty::I16 => words!(i64, i16),
        Ty::I32 | Ty::Date => words!(i64, i32),
        _ => words!(u64, u64),
    }
}

/// Why a value cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// NaN, infinite or too large for an exact sum.
    NotFinite,
    /// The bits that stand for null.
    Reserved,
}

/// From this size on floats cannot be kept.
const TOO_LARGE: f64 = (1u64 << 62) as f64;

/// Reads what an expression gave as words of an event, `stride` apart. Rows that cannot be kept go to `misfit`.
pub fn read_words(
    output: &Output<'_>,
    word: &Word,
    ty: &Ty,
    out: &mut [u64],
    stride: usize,
    mut misfit: impl FnMut(usize, Misfit),
) {
    let mut place = out.iter_mut().step_by(stride);
    let mut put = |value: u64| *place.next().expect("a place for every row") = value;
    match (word.form, ty.inner()) {
        (Form::Flag, _) => output.bools().iter().for_each(|value| put(u64::from(*value))),
        (Form::Uint, _) => output.u64s().iter().for_each(|value| put(*value)),
        (Form::Int, _) => output.i64s().iter().for_each(|value| put(*value as u64)),
        (Form::Float, Ty::F32) => output.f32s().iter().for_each(|value| put(f64::from(*value).to_bits())),
        (Form::Float, _) => output.f64s().iter().for_each(|value| put(value.to_bits())),
    }
    let absent = output.absent();
    let is_absent = |at: usize| absent.is_some_and(|absent| absent[at] != 0);
    if word.form == Form::Float {
        for (at, value) in out.iter().step_by(stride).enumerate() {
            let size = f64::from_bits(*value).abs();
            if (size.is_nan() || size >= TOO_LARGE) && !is_absent(at) {
                misfit(at, Misfit::NotFinite);
            }
        }
    } else if word.optional {
        for (at, value) in out.iter().step_by(stride).enumerate() {
            if *value == word.form.absent() && !is_absent(at) {
                misfit(at, Misfit::Reserved);
            }
        }
    }
    for (at, value) in out.iter_mut().step_by(stride).enumerate() {
        if is_absent(at) {
            *value = word.form.absent();
        }
    }
}

/// Writes a column of answers, `stride` apart, whose first one is the hull's first row. `absent` says which are null.
pub fn write_column(
    out: &mut ColMut,
    ty: &Ty,
    rows: usize,
    hull: Range<usize>,
    answers: impl Iterator<Item = u64>,
    absent: Option<impl Iterator<Item = bool>>,
) {
    macro_rules! fill {
        ($ty:ty, $read:expr) => {{
            let all = out.fixed::<$ty>(rows);
            all[..hull.start].fill(Default::default());
            all[hull.end..].fill(Default::default());
            all[hull.clone()].iter_mut().zip(answers).for_each(|(out, word)| *out = $read(word));
        }};
    }
    match ty.inner() {
        Ty::Bool | Ty::U8 => fill!(u8, |word| word as u8),
        Ty::I8 => fill!(i8, |word| word as i8),
        Ty::I16 => fill!(i16, |word| word as i16),
        Ty::U16 => fill!(u16, |word| word as u16),
        Ty::I32 | Ty::Date => fill!(i32, |word| word as i32),
        Ty::U32 => fill!(u32, |word| word as u32),
        Ty::F32 => fill!(f32, |word| f64::from_bits(word) as f32),
        Ty::F64 => fill!(f64, f64::from_bits),
        _ => fill!(u64, |word| word),
    }
    if let Some(absent) = absent {
        hull.zip(absent)
            .filter(|(_, absent)| *absent)
            .for_each(|(row, _)| out.set_presence(row, Presence::Null));
    }
}
