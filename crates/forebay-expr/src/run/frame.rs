//! What a step sees: the batch, the rows of its hull, and the registers that are filled already.

use std::fmt::{self, Write};
use std::ops::Range;
use std::sync::Arc;

use forebay_batch::{Batch, Col, VarView};
use forebay_types::Addr;

use super::lanes::{Arg, Lane};
use crate::scalar::Scalar;
use crate::typed::Form;
use crate::values::Members;

pub(crate) type RegId = usize;
pub(crate) type SourceId = usize;

/// A part of the expression that may fail, by its place in the program's list, from 1; 0 is no fault.
pub(crate) type SiteId = u16;

/// Where the values of a node are.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    Const(Scalar),
    /// Row i of the source, for every row i. A list in brackets is a source too.
    Col(SourceId),
    Reg(RegId),
    /// Lists and structs that were chosen row by row: views name one of these sources and a row in it.
    Views {
        reg: RegId,
        sources: Arc<[SourceId]>,
    },
}

/// Where it says which rows of a node have no value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Absent {
    Col(SourceId),
    Reg(RegId),
}

#[derive(Clone, Debug)]
pub(crate) struct Val {
    pub data: Data,
    /// `None` when every row has a value.
    pub absent: Option<Absent>,
    /// The register whose faults are this node's.
    pub errors: Option<RegId>,
}

/// A column of the batch or one inside it, or a list in brackets.
#[derive(Debug)]
pub(crate) enum Source {
    Col { addr: Addr, hops: Vec<Hop> },
    Literal { items: Vec<Data>, form: Form },
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Hop {
    Field(usize),
    /// The items of all lists: another row space.
    Items,
}

/// A row of one of a value's sources.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    pub source: u32,
    pub row: u32,
}

impl View {
    /// No row at all: null, or an item that the list does not have.
    pub const NONE: View = View { source: 0, row: u32::MAX };

    pub fn is_none(self) -> bool {
        self.row == u32::MAX
    }
}

/// What one step has made. Only the vectors of its own form are used; they keep their memory.
#[derive(Default)]
pub(crate) struct Reg {
    pub bools: Vec<u8>,
    pub i64s: Vec<i64>,
    pub u64s: Vec<u64>,
    pub f32s: Vec<f32>,
    pub f64s: Vec<f64>,
    pub texts: Texts,
    pub views: Vec<View>,
    /// A [`Presence`](forebay_batch::Presence) a row when `any_absent`.
    pub absent: Vec<u8>,
    pub any_absent: bool,
    pub errors: Errors,
}

/// Faults by row.
#[derive(Default)]
pub(crate) struct Errors {
    rows: Vec<SiteId>,
    any: bool,
}

impl Errors {
    pub fn begin(&mut self, prior: Option<&[SiteId]>) {
        self.any = prior.is_some();
        if let Some(prior) = prior {
            self.rows.clear();
            self.rows.extend_from_slice(prior);
        }
    }

    /// The first fault of a row stays.
    pub fn set(&mut self, rows: usize, row: usize, site: SiteId) {
        if !self.any {
            self.rows.clear();
            self.rows.resize(rows, 0);
            self.any = true;
        }
        if self.rows[row] == 0 {
            self.rows[row] = site;
        }
    }

    /// All rows at once, without a jump; 0 is no fault.
    #[inline]
    pub fn write(&mut self, rows: usize, fault: impl Fn(usize) -> SiteId) {
        self.rows.resize(rows, 0);
        let mut any = 0;
        for (row, out) in self.rows.iter_mut().enumerate() {
            *out = fault(row);
            any |= *out;
        }
        self.any = any != 0;
    }

    pub fn get(&self) -> Option<&[SiteId]> {
        self.any.then_some(&self.rows)
    }
}

/// Texts one after the other.
#[derive(Default)]
pub(crate) struct Texts {
    offsets: Vec<u32>,
    bytes: Vec<u8>,
}

impl Texts {
    pub fn begin(&mut self) {
        self.offsets.clear();
        self.offsets.push(0);
        self.bytes.clear();
    }

    pub fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.end();
    }

    /// Ends the text that was written piece by piece.
    pub fn end(&mut self) {
        let end = u32::try_from(self.bytes.len()).expect("the texts of a batch stay below 4 GiB");
        self.offsets.push(end);
    }

    /// Takes back what was written since the last text.
    pub fn abandon(&mut self) {
        let last = self.offsets.last().map_or(0, |offset| *offset as usize);
        self.bytes.truncate(last);
    }

    pub fn push_part(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
    }
}

impl Write for Texts {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_part(text.as_bytes());
        Ok(())
    }
}

#[derive(Clone, Copy)]
pub(crate) enum TextArg<'a> {
    /// Row i is text `base + i`.
    View {
        view: VarView<'a>,
        base: usize,
    },
    One(&'a [u8]),
}

impl<'a> TextArg<'a> {
    #[inline]
    pub fn get(&self, row: usize) -> &'a [u8] {
        match self {
            TextArg::View { view, base } => view.get(base + row),
            TextArg::One(text) => text,
        }
    }
}

pub(crate) struct Frame<'a> {
    pub batch: &'a Batch,
    pub hull: Range<usize>,
    pub sources: &'a [Source],
    pub lists: &'a [Arc<Members>],
    /// Registers of the steps before.
    pub done: &'a [Reg],
}

impl<'a> Frame<'a> {
    pub fn rows(&self) -> usize {
        self.hull.len()
    }

    pub fn col(&self, source: SourceId) -> &'a Col {
        let Source::Col { addr, hops } = &self.sources[source] else {
            panic!("a list in brackets is no column")
        };
        hops.iter().fold(self.batch.col(*addr), |col, hop| match hop {
            Hop::Field(index) => &col.fields()[*index],
            Hop::Items => col.list().1,
        })
    }

    pub fn lane<'d, T: Lane>(&self, data: &'d Data) -> Arg<'d, T>
    where
        'a: 'd,
    {
        match data {
            Data::Const(scalar) => Arg::One(T::constant(scalar)),
            Data::Col(source) => Arg::Slice(&self.col(*source).fixed()[self.hull.clone()]),
            Data::Reg(reg) => Arg::Slice(T::of(&self.done[*reg])),
            Data::Views { .. } => panic!("a list or struct stands where a simple value was checked"),
        }
    }

    pub fn texts<'d>(&self, data: &'d Data) -> TextArg<'d>
    where
        'a: 'd,
    {
        match data {
            Data::Const(Scalar::Text(text)) => TextArg::One(text),
            Data::Col(source) => TextArg::View { view: self.col(*source).var(), base: self.hull.start },
            Data::Reg(reg) => {
                let texts = &self.done[*reg].texts;
                TextArg::View { view: VarView::new(&texts.offsets, &texts.bytes), base: 0 }
            }
            other => panic!("{other:?} stands where a text was checked"),
        }
    }

    /// The source and the row in it of a list or struct, where there is one.
    #[inline]
    pub fn view(&self, data: &Data, row: usize) -> Option<(SourceId, usize)> {
        match data {
            Data::Col(source) => Some((*source, self.hull.start + row)),
            Data::Views { reg, sources } => {
                let view = self.done[*reg].views[row];
                (!view.is_none()).then(|| (sources[view.source as usize], view.row as usize))
            }
            other => panic!("{other:?} stands where a list or struct was checked"),
        }
    }

    /// A presence a row, where any row has no value.
    pub fn absent(&self, absent: Option<Absent>) -> Option<&'a [u8]> {
        match absent? {
            Absent::Col(source) => self.col(source).presence_bytes().map(|bytes| &bytes[self.hull.clone()]),
            Absent::Reg(reg) => self.done[reg].any_absent.then_some(self.done[reg].absent.as_slice()),
        }
    }

    /// A fault a row, where any row has one.
    pub fn errors(&self, errors: Option<RegId>) -> Option<&'a [SiteId]> {
        self.done[errors?].errors.get()
    }
}
