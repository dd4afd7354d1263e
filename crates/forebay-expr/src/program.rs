//! A program: an expression that runs over batches, and what it gives.

use std::ops::Range;
use std::sync::Arc;

use bytemuck::Pod;
use forebay_batch::{Batch, ColMut, Presence, copy_rows};
use forebay_types::Ty;

use crate::fault::{Fault, Site};
use crate::run::{Arg, Data, Frame, Reg, Source, Step, Val, settle};
use crate::typed::Form;
use crate::values::{List, Members};

/// An expression bound to addresses and values. It belongs to one lane; its registers are used again for every
/// batch.
pub struct Program {
    steps: Vec<Step>,
    /// One for each step.
    regs: Vec<Reg>,
    sources: Vec<Source>,
    sites: Vec<Site>,
    lists: Vec<(Arc<List>, u64)>,
    /// What `lists` held when they were last looked at.
    members: Vec<Arc<Members>>,
    root: Val,
    ty: Ty,
}

impl Program {
    pub(crate) fn new(
        steps: Vec<Step>,
        sources: Vec<Source>,
        sites: Vec<Site>,
        lists: Vec<Arc<List>>,
        root: Val,
        ty: Ty,
    ) -> Program {
        let regs = steps.iter().map(|_| Reg::default()).collect();
        let members = lists.iter().map(|list| list.members()).collect();
        let lists = lists.into_iter().map(|list| (list, 0)).collect();
        Program { steps, regs, sources, sites, lists, members, root, ty }
    }

    /// The type of the result.
    pub fn ty(&self) -> &Ty {
        &self.ty
    }

    /// Computes the expression for the rows of a batch.
    pub fn eval<'a>(&'a mut self, batch: &'a Batch) -> Output<'a> {
        for ((list, seen), members) in self.lists.iter_mut().zip(&mut self.members) {
            let version = list.version();
            if *seen != version {
                *seen = version;
                *members = list.members();
            }
        }
        let hull = batch.rows().hull();
        for (at, step) in self.steps.iter_mut().enumerate() {
            let (done, rest) = self.regs.split_at_mut(at);
            let frame =
                Frame { batch, hull: hull.clone(), sources: &self.sources, lists: &self.members, done };
            step.run(&frame, &mut rest[0]);
        }
        self.settle();
        Output { program: self, batch, hull }
    }

    /// A condition that failed is not met.
    fn settle(&mut self) {
        let (Data::Reg(data), Some(errors)) = (&self.root.data, self.root.errors) else { return };
        if Form::of(&self.ty) == Form::Bool {
            let mut bools = std::mem::take(&mut self.regs[*data].bools);
            if let Some(errors) = self.regs[errors].errors.get() {
                settle(&mut bools, errors);
            }
            self.regs[*data].bools = bools;
        }
    }
}

/// What a program gave for one batch. Slices have one value for each row of the hull, in the form of the type: all
/// integers but u64, decimals, timestamps, dates and durations are i64. Values of rows that were not selected, that
/// have no value or that failed are unspecified.
pub struct Output<'a> {
    program: &'a Program,
    batch: &'a Batch,
    hull: Range<usize>,
}

impl<'a> Output<'a> {
    /// The rows that the slices are about.
    pub fn hull(&self) -> Range<usize> {
        self.hull.clone()
    }

    fn frame(&self) -> Frame<'a> {
        let program = self.program;
        Frame {
            batch: self.batch,
            hull: self.hull.clone(),
            sources: &program.sources,
            lists: &program.members,
            done: &program.regs,
        }
    }

    /// A condition: 1 where it is met. Where it failed it is 0.
    pub fn bools(&self) -> &'a [u8] {
        self.slice(self.frame().lane(&self.program.root.data))
    }

    pub fn i64s(&self) -> &'a [i64] {
        self.slice(self.frame().lane(&self.program.root.data))
    }

    pub fn u64s(&self) -> &'a [u64] {
        self.slice(self.frame().lane(&self.program.root.data))
    }

    pub fn f32s(&self) -> &'a [f32] {
        self.slice(self.frame().lane(&self.program.root.data))
    }

    pub fn f64s(&self) -> &'a [f64] {
        self.slice(self.frame().lane(&self.program.root.data))
    }

    fn slice<T>(&self, arg: Arg<'a, T>) -> &'a [T] {
        match arg {
            Arg::Slice(values) => values,
            Arg::One(_) => unreachable!("the root is no constant"),
        }
    }

    /// The text or bytes of a row of the batch's row space.
    pub fn text(&self, row: usize) -> &'a [u8] {
        self.frame().texts(&self.program.root.data).get(row - self.hull.start)
    }

    /// A [`Presence`] for each row of the hull; `None` when every row has a value.
    pub fn absent(&self) -> Option<&'a [u8]> {
        self.frame().absent(self.program.root.absent)
    }

    /// What went wrong in a row of the batch's row space.
    pub fn fault(&self, row: usize) -> Option<Fault<'a>> {
        let site = self.frame().errors(self.program.root.errors)?[row - self.hull.start];
        let site = self.program.sites.get(usize::from(site).checked_sub(1)?)?;
        Some(Fault { row, code: site.code, text: &site.text })
    }

    /// The selected rows that failed, in order.
    pub fn faults(&self) -> impl Iterator<Item = Fault<'a>> + '_ {
        let any = self.frame().errors(self.program.root.errors).is_some();
        let rows = any.then(|| self.batch.rows().iter()).into_iter().flatten();
        rows.filter_map(|row| self.fault(row))
    }

    /// Writes a whole column: one value for each row of the batch's row space, also of those that were not selected.
    /// The column is empty and of the program's type.
    pub fn write(&self, out: &mut ColMut) {
        match self.program.ty.inner() {
            Ty::Bool => self.write_fixed(out, self.bools(), |value| value),
            Ty::I8 => self.write_fixed(out, self.i64s(), |value| value as i8),
            Ty::I16 => self.write_fixed(out, self.i64s(), |value| value as i16),
            Ty::I32 | Ty::Date => self.write_fixed(out, self.i64s(), |value| value as i32),
            Ty::U8 => self.write_fixed(out, self.i64s(), |value| value as u8),
            Ty::U16 => self.write_fixed(out, self.i64s(), |value| value as u16),
            Ty::U32 => self.write_fixed(out, self.i64s(), |value| value as u32),
            Ty::U64 => self.write_fixed(out, self.u64s(), |value| value),
            Ty::F32 => self.write_fixed(out, self.f32s(), |value| value),
            Ty::F64 => self.write_fixed(out, self.f64s(), |value| value),
            Ty::String | Ty::Bytes | Ty::Zones => self.write_texts(out),
            Ty::List(_) | Ty::Struct(_) => self.write_nested(out),
            _ => self.write_fixed(out, self.i64s(), |value| value),
        }
    }

    fn write_fixed<T: Copy, O: Pod>(&self, out: &mut ColMut, values: &[T], narrow: impl Fn(T) -> O) {
        let all = out.fixed::<O>(self.batch.header().rows());
        all[..self.hull.start].fill(O::zeroed());
        all[self.hull.clone()].iter_mut().zip(values).for_each(|(out, value)| *out = narrow(*value));
        all[self.hull.end..].fill(O::zeroed());
        let Some(absent) = self.absent() else { return };
        for (row, absent) in self.hull.clone().zip(absent).filter(|(_, absent)| **absent != 0) {
            out.set_presence(row, Presence::from_byte(*absent));
        }
    }

    fn write_texts(&self, out: &mut ColMut) {
        let texts = self.frame().texts(&self.program.root.data);
        let absent = self.absent();
        for row in 0..self.batch.header().rows() {
            match row.checked_sub(self.hull.start).filter(|_| row < self.hull.end) {
                None => out.push_bytes(&[]),
                Some(at) => match absent.map_or(Presence::Value, |absent| Presence::from_byte(absent[at])) {
                    Presence::Value => out.push_bytes(texts.get(at)),
                    absent => out.push_absent(absent),
                },
            }
        }
    }

    fn write_nested(&self, out: &mut ColMut) {
        let (frame, data, ty) = (self.frame(), &self.program.root.data, &self.program.ty);
        let absent = self.absent();
        for row in 0..self.batch.header().rows() {
            let at = row.checked_sub(self.hull.start).filter(|_| row < self.hull.end);
            let presence =
                at.zip(absent).map_or(Presence::Value, |(at, absent)| Presence::from_byte(absent[at]));
            match at.and_then(|at| frame.view(data, at)) {
                Some((source, place)) if presence == Presence::Value => match &self.program.sources[source] {
                    Source::Col { .. } => copy_rows(out, ty, std::iter::once((frame.col(source), place))),
                    Source::Literal { items, form } => {
                        let Ty::List(item) = ty.inner() else { unreachable!("brackets are lists") };
                        items.iter().for_each(|data| {
                            push_item(out, &frame, item, *form, data, row - self.hull.start)
                        });
                        out.end_list();
                    }
                },
                _ if presence == Presence::Value => out.push_absent(Presence::Missing),
                _ => out.push_absent(presence),
            }
        }
    }
}

/// One item of a list in brackets.
fn push_item(out: &mut ColMut, frame: &Frame, ty: &Ty, form: Form, data: &Data, row: usize) {
    let out = out.items();
    match (form, ty) {
        (Form::I64, ty) => {
            let value = frame.lane::<i64>(data).get(row);
            match ty {
                Ty::I8 => out.push(value as i8),
                Ty::I16 => out.push(value as i16),
                Ty::I32 | Ty::Date => out.push(value as i32),
                Ty::U8 => out.push(value as u8),
                Ty::U16 => out.push(value as u16),
                Ty::U32 => out.push(value as u32),
                _ => out.push(value),
            }
        }
        (Form::Bool, _) => out.push(frame.lane::<u8>(data).get(row)),
        (Form::U64, _) => out.push(frame.lane::<u64>(data).get(row)),
        (Form::F32, _) => out.push(frame.lane::<f32>(data).get(row)),
        (Form::F64, _) => out.push(frame.lane::<f64>(data).get(row)),
        (Form::Text, _) => out.push_bytes(frame.texts(data).get(row)),
        (Form::Nested, _) => unreachable!("a list in brackets holds simple values"),
    }
}
