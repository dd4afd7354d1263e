//! The stage: gather, run, scatter. In steady state it allocates nothing of its own for a record or a batch; ONNX
//! Runtime allocates a few small things for each call.

use forebay_stage::batch::{Batch, BufMut, Builder, Rows};
use forebay_stage::types::card::{Card, Tensor};
use forebay_stage::types::{Schema, Ty, card::Batching, code};
use forebay_stage::{Build, Cx, Fault, Stage};
use smallvec::SmallVec;

use super::MAX_ROWS;
use super::check::{added, renamed};
use super::gather::{Feed, gather};
use super::number::Number;
use crate::session::{Session, Values, width};

struct Infer {
    session: Session,
    /// For messages.
    model: String,
    inputs: Vec<Input>,
    outputs: Vec<Output>,
    rows_a_call: usize,
    builder: Builder,
    /// Records with an answer that is no number, each with the output at fault.
    bad: Vec<(u32, usize)>,
}

/// An input tensor and the columns that it is made of.
struct Input {
    ty: Ty,
    width: usize,
    feeds: Vec<Feed>,
    /// Rows of the call at hand; its memory is used again.
    buffer: BufMut,
}

/// A column that is added.
struct Output {
    /// The tensor, as a position in what the session is asked for.
    answer: usize,
    /// Index in the tensor's row.
    at: usize,
    width: usize,
    name: String,
}

pub fn make(build: &Build<'_>) -> Result<Box<dyn Stage>, Fault> {
    let file = build.models.file(build.config.text("model").unwrap_or_default())?;
    let card = &file.card;
    let main = build.inputs.first().and_then(Option::as_ref).cloned().unwrap_or_default();
    let inputs = card.inputs.iter().map(|tensor| Input::new(build, card, tensor, &main));
    let inputs = inputs.collect::<Result<Vec<_>, _>>()?;
    let columns = build.outputs.first().map_or(&[][..], |schema| &schema.columns);
    let mut wanted = Vec::new();
    let outputs = columns.iter().map(|column| Output::new(build, card, &column.name, &mut wanted));
    let outputs = outputs.collect::<Result<Vec<_>, _>>()?;
    Ok(Box::new(Infer {
        session: Session::open(&file, &wanted)?,
        model: card.label(),
        inputs,
        outputs,
        rows_a_call: if card.batch == Batching::One { 1 } else { MAX_ROWS },
        builder: Builder::new(columns.iter().map(|column| &column.ty)),
        bad: Vec::new(),
    }))
}

impl Stage for Infer {
    fn push(&mut self, cx: &mut Cx<'_>, _port: usize, batch: &Batch) -> Result<(), Fault> {
        self.builder.begin();
        self.bad.clear();
        // A model that nobody reads is not run.
        let rows = if self.outputs.is_empty() { 0 } else { batch.len() };
        for from in (0..rows).step_by(self.rows_a_call) {
            let part = (from, rows.min(from + self.rows_a_call));
            self.call(batch, part)?;
        }
        let columns = self.builder.finish();
        self.reject(cx, batch);
        let bad = &self.bad;
        let good = match bad.is_empty() {
            true => batch.rows().clone(),
            false => {
                cx.filter(batch.rows(), |row| bad.binary_search_by_key(&row, |bad| bad.0 as usize).is_err())
            }
        };
        if !good.is_empty() {
            cx.add(good, columns);
        }
        Ok(())
    }
}

impl Infer {
    /// Runs the model over a part of the selected rows.
    fn call(&mut self, batch: &Batch, (from, to): (usize, usize)) -> Result<(), Fault> {
        self.inputs.iter_mut().for_each(|input| input.gather(batch, (from, to)));
        let values: SmallVec<[Values<'_>; 4]> = self.inputs.iter().map(Input::values).collect();
        let answers =
            self.session.run(to - from, &values).map_err(|e| Fault::call(e.code(), e.to_string()))?;
        let (all, bad) = (batch.header().rows(), &mut self.bad);
        for (index, output) in self.outputs.iter().enumerate() {
            let col = self.builder.col(index);
            let mut bad = |row: usize| bad.push((row as u32, index));
            match answers.get(output.answer) {
                Values::F32(values) => {
                    output.scatter(col.fixed(all), values, batch.rows(), from, |v| v.is_finite(), &mut bad);
                }
                Values::F64(values) => {
                    output.scatter(col.fixed(all), values, batch.rows(), from, |v| v.is_finite(), &mut bad);
                }
                Values::I64(values) => {
                    output.scatter(col.fixed(all), values, batch.rows(), from, |_| true, &mut bad)
                }
            }
        }
        Ok(())
    }

    /// Rejects the bad records, each once, and leaves their rows in order.
    fn reject(&mut self, cx: &mut Cx<'_>, batch: &Batch) {
        self.bad.sort_unstable();
        self.bad.dedup_by_key(|bad| bad.0);
        for (row, output) in &self.bad {
            let reason = format!(
                "the model {} gave no finite number for `{}`",
                self.model, self.outputs[*output].name
            );
            cx.reject(batch, *row as usize, &code::MODEL_NOT_FINITE, reason);
        }
    }
}

impl Input {
    fn new(build: &Build<'_>, card: &Card, tensor: &Tensor, main: &Schema) -> Result<Input, Fault> {
        let feeds = tensor.columns.iter().map(|wanted| {
            let name = renamed(build.config, wanted);
            let column = main.get(name);
            let number = column.and_then(|column| Number::of(column.ty.inner()));
            match (column, number) {
                (Some(column), Some(number)) if number.fits(&tensor.ty) => {
                    Ok(Feed { addr: column.addr, number, at: wanted.at, null: wanted.null })
                }
                _ => Err(unchecked(build, card, name)),
            }
        });
        let feeds = feeds.collect::<Result<Vec<_>, _>>()?;
        Ok(Input { ty: tensor.ty.clone(), width: width(tensor), feeds, buffer: BufMut::default() })
    }

    fn gather(&mut self, batch: &Batch, part: (usize, usize)) {
        let count = (part.1 - part.0) * self.width;
        match self.ty {
            Ty::F64 => gather(self.buffer.resize::<f64>(count), self.width, &self.feeds, batch, part),
            Ty::I64 => gather(self.buffer.resize::<i64>(count), self.width, &self.feeds, batch, part),
            _ => gather(self.buffer.resize::<f32>(count), self.width, &self.feeds, batch, part),
        }
    }

    fn values(&self) -> Values<'_> {
        match self.ty {
            Ty::F64 => Values::F64(self.buffer.slice()),
            Ty::I64 => Values::I64(self.buffer.slice()),
            _ => Values::F32(self.buffer.slice()),
        }
    }
}

impl Output {
    /// The card's column behind the name of an added one. Its tensor is put on the list of those that are wanted.
    fn new(build: &Build<'_>, card: &Card, name: &str, wanted: &mut Vec<usize>) -> Result<Output, Fault> {
        let prefix = build.config.text("as");
        let columns = card.outputs.iter().enumerate();
        let mut columns =
            columns.flat_map(|(index, tensor)| tensor.columns.iter().map(move |column| (index, column)));
        let found = columns.find(|(_, column)| added(prefix, column) == name);
        let (tensor, column) = found.ok_or_else(|| unchecked(build, card, name))?;
        let answer = wanted.iter().position(|index| *index == tensor).unwrap_or_else(|| {
            wanted.push(tensor);
            wanted.len() - 1
        });
        Ok(Output { answer, at: column.at, width: width(&card.outputs[tensor]), name: name.into() })
    }

    /// Writes the values of a call to the rows that it was made of, from the `from`-th selected one on.
    fn scatter<T: Copy>(
        &self,
        out: &mut [T],
        values: &[T],
        rows: &Rows,
        from: usize,
        good: impl Fn(T) -> bool,
        bad: &mut impl FnMut(usize),
    ) {
        let values = values[self.at..].iter().step_by(self.width);
        let mut put = |(row, value): (usize, &T)| {
            out[row] = *value;
            if !good(*value) {
                bad(row);
            }
        };
        match rows {
            Rows::Range(start, _) => (*start as usize + from..).zip(values).for_each(&mut put),
            Rows::List(rows) => rows[from..].iter().map(|row| *row as usize).zip(values).for_each(&mut put),
        }
    }
}

/// The check has let through what the card of the file does not have, so the card has changed since.
fn unchecked(build: &Build<'_>, card: &Card, column: &str) -> Fault {
    let (node, model) = (build.name, card.label());
    let message = format!(
        "`{node}` was planned with another card of {model}, which had the column `{column}`: start again"
    );
    Fault::fatal(&code::MODEL_DIFFERS, message)
}
