//! The running stage: reads a batch into words, takes it into the windows in passes, and writes the answers.

use std::sync::Arc;

use forebay_stage::batch::{Batch, Builder, Header, HeaderRing, Times};
use forebay_stage::expr::{Aggregate, Program, Typed, Values};
use forebay_stage::key::hash_keys;
use forebay_stage::types::id::NodeId;
use forebay_stage::types::{Addr, Epoch, Report, Schema, Ty, code};
use forebay_stage::{Build, Cx, Fault, Stage, State};

use super::LABELS;
use super::answer::Ask;
use super::columns::{Keys, Misfit, read_words, write_column};
use super::spec::{Reading, Spec};
use crate::value;
use crate::window::{Arrival, Guess, Layout, Windows, Word};

/// Rows that go through the passes together: what they touch fits the nearest caches.
const PASS: usize = 32;

pub fn make(build: &Build<'_>) -> Result<Box<dyn Stage>, Fault> {
    let main = build.inputs.first().cloned().flatten().unwrap_or_default();
    let labels = build.inputs.get(LABELS).cloned().flatten();
    let mut report = Report::default();
    let reading = Reading {
        config: build.config,
        main: &main,
        labels: labels.as_ref(),
        scope: build.scope,
        report: &mut report,
    };
    let spec = { reading }.read();
    assert_eq!(report.errors(), 0, "`{}` was planned and is in error: {:?}", build.name, report.diagnostics);
    Ok(Box::new(WindowFeatures::new(build, &spec, &main, labels.as_ref())?))
}

struct WindowFeatures {
    windows: Windows,
    main: Input,
    labels: Option<Input>,
    /// Words of an event that has no label yet.
    unknown: Vec<u64>,
    columns: Vec<(Ask, Ty)>,
    builder: Builder,
    /// Answers of a batch, row after row, and which of them are null.
    answers: Vec<u64>,
    nulls: Vec<bool>,
}

/// What is read of one input.
struct Input {
    keys: Keys,
    hashes: Vec<u64>,
    label_key: Option<(Addr, Ty)>,
    label_hashes: Vec<u64>,
    programs: Vec<(Program, Word, Ty)>,
    /// Words of each row of the hull, as they stand in an event.
    words: Vec<u64>,
    stride: usize,
    /// Rows of the hull that were rejected.
    rejected: Vec<bool>,
    /// Rows of the hull that are worked on.
    rows: Vec<u32>,
}

impl WindowFeatures {
    fn new(build: &Build<'_>, spec: &Spec, main: &Schema, labels: Option<&Schema>) -> Result<Self, Fault> {
        let added = build.outputs.first().cloned().unwrap_or_default();
        let outputs: Vec<_> = added
            .columns
            .iter()
            .map(|column| {
                spec.outputs().find(|output| output.name == column.name).expect("a planned column is known")
            })
            .collect();
        let wanted = |word: usize, function: Aggregate| {
            outputs
                .iter()
                .filter_map(|o| o.what)
                .any(|what| what.word == Some(word) && what.function == function)
        };
        let key = typed(main, &spec.by);
        let key_types: Vec<Ty> = key.iter().map(|(_, ty)| ty.clone()).collect();
        let layout = spec.layout(&key_types, wanted);
        let columns = outputs.iter().zip(&added.columns).map(|(output, column)| {
            let what = output.what.expect("a planned column is right");
            let ty = what.word.map_or(&Ty::I64, |word| spec.words[word].typed.ty());
            (Ask::new(&layout, output.window, what.function, what.word, ty), column.ty.clone())
        });
        let columns: Vec<(Ask, Ty)> = columns.collect();
        let unknown = unknown_words(spec, &layout, build.values)?;
        Ok(WindowFeatures {
            main: Input::new(build, spec, &layout, main, false),
            labels: labels.map(|labels| Input::new(build, spec, &layout, labels, true)),
            unknown,
            builder: Builder::new(columns.iter().map(|(_, ty)| ty)),
            columns,
            windows: Windows::new(layout, build.shards),
            answers: Vec::new(),
            nulls: Vec::new(),
        })
    }

    fn push_main(&mut self, cx: &mut Cx<'_>, batch: &Batch) {
        let hull = batch.rows().hull();
        self.main.read(cx, batch, &self.unknown);
        self.answers.clear();
        self.answers.resize(hull.len() * self.columns.len(), 0);
        self.nulls.clear();
        self.nulls.resize(hull.len() * self.columns.len(), false);
        let rows = std::mem::take(&mut self.main.rows);
        for pass in rows.chunks(PASS) {
            let guesses = self.guess(pass);
            for (at, guess) in pass.iter().zip(guesses) {
                self.take(cx, batch, *at as usize, guess);
            }
        }
        self.main.rows = rows;
        self.emit(cx, batch);
    }

    /// Looks the keys of some rows up, and brings what belongs to them near while nothing waits for it.
    fn guess(&self, pass: &[u32]) -> [Guess; PASS] {
        let mut guesses = [Guess::default(); PASS];
        let hashes = pass.iter().map(|at| self.main.hashes[*at as usize]);
        self.windows.guess(hashes, &mut guesses[..pass.len()]);
        guesses
    }

    #[inline]
    fn take(&mut self, cx: &mut Cx<'_>, batch: &Batch, at: usize, guess: Guess) {
        let row = batch.rows().hull().start + at;
        let header = batch.header();
        let input = &self.main;
        let arrival = Arrival {
            key_hash: input.hashes[at],
            key: input.keys.get(at),
            event: &input.words[at * input.stride..(at + 1) * input.stride],
            high: header.times[row].high,
            watermark: header.watermark(row),
        };
        let before = self.windows.savepoint();
        let view = self.windows.take(guess, &arrival);
        let places = at * self.columns.len()..(at + 1) * self.columns.len();
        let answers = self.answers[places.clone()].iter_mut().zip(&mut self.nulls[places]);
        for ((answer, null), (ask, _)) in answers.zip(&self.columns) {
            match ask.answer(&view) {
                Ok(Some(word)) => *answer = word,
                Ok(None) => *null = true,
                Err(_) => {
                    self.windows.rollback(before);
                    self.main.rejected[at] = true;
                    let reason =
                        "the sum over one of its windows does not fit the type; the record is in no window";
                    return cx.reject(batch, row, &code::SUM_TOO_LARGE, reason);
                }
            }
        }
    }

    fn emit(&mut self, cx: &mut Cx<'_>, batch: &Batch) {
        let (rows, hull) = (batch.header().rows(), batch.rows().hull());
        let width = self.columns.len();
        self.builder.begin();
        for (at, (_, ty)) in self.columns.iter().enumerate() {
            let answers = self.answers.iter().skip(at).step_by(width).copied();
            let nulls = ty.is_optional().then(|| self.nulls.iter().skip(at).step_by(width).copied());
            write_column(self.builder.col(at), ty, rows, hull.clone(), answers, nulls);
        }
        let columns = self.builder.finish();
        let rejected = &self.main.rejected;
        let kept = cx.filter(batch.rows(), |row| !rejected[row - hull.start]);
        if !kept.is_empty() {
            cx.add(kept, columns);
        }
    }

    fn push_labels(&mut self, cx: &mut Cx<'_>, batch: &Batch) {
        let labels = self.labels.as_mut().expect("labels come where they are configured");
        let hull = batch.rows().hull();
        labels.read(cx, batch, &[]);
        let reach = self.windows.layout().reach_ns;
        for at in labels.rows.iter().map(|at| *at as usize) {
            let (header, row) = (batch.header(), hull.start + at);
            let event = &labels.words[at * labels.stride..(at + 1) * labels.stride];
            let key = (labels.hashes[at], labels.keys.get(at));
            let deadline = header.times[row].event.saturating_add(reach);
            self.windows.label(key, event[1], &event[2..], deadline, header.watermark(row));
        }
        let kept = cx.filter(batch.rows(), |row| !labels.rejected[row - hull.start]);
        cx.absorb(batch.clone().select(kept), "label");
    }
}

impl Input {
    fn new(build: &Build<'_>, spec: &Spec, layout: &Layout, schema: &Schema, labels: bool) -> Input {
        let addr = |name: &str| schema.get(name).expect("a column that is read is carried").addr;
        let words = spec.words.iter().zip(&layout.words).filter(|(word, _)| word.from_labels == labels);
        let programs = words.map(|(spec, word)| {
            let ty = spec.typed.ty().clone();
            (spec.typed.program(&addr, build.values), *word, ty)
        });
        let programs: Vec<_> = programs.collect();
        // A label is its words alone, and an event has those of its record first.
        let stride = if labels { layout.values + programs.len() } else { layout.stride };
        let label_key =
            spec.labels.as_ref().map(|labels| typed(schema, std::slice::from_ref(&labels.by)).remove(0));
        Input {
            keys: Keys::new(typed(schema, &spec.by), layout.key),
            hashes: Vec::new(),
            label_key,
            label_hashes: Vec::new(),
            programs,
            words: Vec::new(),
            stride,
            rejected: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// Reads keys and words of a batch; records that cannot be kept are rejected. `rest` are the last words of every row.
    fn read(&mut self, cx: &mut Cx<'_>, batch: &Batch, rest: &[u64]) {
        let hull = batch.rows().hull();
        self.rejected.clear();
        self.rejected.resize(hull.len(), false);
        self.keys.read(batch);
        hash_keys(batch, self.keys.columns(), &mut self.hashes);
        self.words.resize(hull.len() * self.stride, 0);
        let rows = self.words.chunks_exact_mut(self.stride);
        for (words, times) in rows.zip(&batch.header().times[hull.clone()]) {
            words[0] = times.event as u64;
            words[self.stride - rest.len()..].copy_from_slice(rest);
        }
        let mut at = 1;
        if let Some(label_key) = &self.label_key {
            hash_keys(batch, std::slice::from_ref(label_key), &mut self.label_hashes);
            let rows = self.words.chunks_exact_mut(self.stride);
            rows.zip(&self.label_hashes).for_each(|(words, hash)| words[1] = *hash);
            at = 2;
        }
        for place in 0..self.programs.len() {
            self.read_word(cx, batch, place, at + place);
        }
        self.rows.clear();
        let (rejected, start) = (&self.rejected, hull.start);
        self.rows.extend(
            batch.rows().iter().map(|row| row - start).filter(|at| !rejected[*at]).map(|at| at as u32),
        );
    }

    fn read_word(&mut self, cx: &mut Cx<'_>, batch: &Batch, program: usize, place: usize) {
        let hull = batch.rows().hull();
        let (program, word, ty) = &mut self.programs[program];
        let output = program.eval(batch);
        let rejected = &mut self.rejected;
        for fault in output.faults() {
            if !std::mem::replace(&mut rejected[fault.row - hull.start], true) {
                cx.reject(batch, fault.row, fault.code, fault.text);
            }
        }
        let mut misfits = Vec::new();
        if !hull.is_empty() {
            let words = &mut self.words[place..];
            read_words(&output, word, ty, words, self.stride, |at, misfit| misfits.push((at, misfit)));
        }
        if misfits.is_empty() {
            return;
        }
        for row in batch.rows().iter() {
            let at = row - hull.start;
            let Ok(found) = misfits.binary_search_by_key(&at, |(at, _)| *at) else { continue };
            if !std::mem::replace(&mut rejected[at], true) {
                cx.reject(batch, row, &code::NOT_AGGREGATED, misfit_text(misfits[found].1));
            }
        }
    }
}

impl Stage for WindowFeatures {
    fn push(&mut self, cx: &mut Cx<'_>, port: usize, batch: &Batch) -> Result<(), Fault> {
        if port == LABELS {
            self.push_labels(cx, batch)
        } else {
            self.push_main(cx, batch)
        }
        Ok(())
    }

    fn state(&mut self) -> Option<&mut dyn State> {
        Some(&mut self.windows)
    }
}

fn misfit_text(misfit: Misfit) -> &'static str {
    match misfit {
        Misfit::NotFinite => {
            "windows cannot add up a float that is no number, infinite, or 2^62 and more in size"
        }
        Misfit::Reserved => "the value stands for null inside a window: the smallest i64, or the largest u64",
    }
}

/// The columns with these names and their types.
fn typed(schema: &Schema, names: &[String]) -> Vec<(Addr, Ty)> {
    let columns = names.iter().map(|name| schema.get(name).expect("a column that is read is carried"));
    columns.map(|column| (column.addr, column.ty.clone())).collect()
}

/// What expressions over labels give while no label has come.
fn unknown_words(spec: &Spec, layout: &Layout, values: &Values) -> Result<Vec<u64>, Fault> {
    let Some(labels) = &spec.labels else { return Ok(Vec::new()) };
    let mut builder = Builder::new(labels.unknown.iter().map(|(_, ty, _)| ty));
    builder.begin();
    for (at, (_, ty, node)) in labels.unknown.iter().enumerate() {
        let value = value::literal(node, ty).expect("a planned literal is right");
        value::push(builder.col(at), ty, &value);
    }
    let batch = Batch::new(one_row(), builder.finish());
    let place = |name: &str| labels.unknown.iter().position(|(column, ..)| column == name).unwrap_or(0);
    let words = spec.words.iter().zip(&layout.words).filter(|(word, _)| word.from_labels);
    words.map(|(word, kept)| unknown_word(&word.typed, kept, &place, values, &batch)).collect()
}

fn unknown_word(
    typed: &Typed,
    word: &Word,
    place: &dyn Fn(&str) -> usize,
    values: &Values,
    batch: &Batch,
) -> Result<u64, Fault> {
    let mut program = typed.program(&|name| Addr { group: 0, column: place(name) as u16 }, values);
    let output = program.eval(batch);
    if let Some(fault) = output.fault(0) {
        return Err(Fault::fatal(fault.code, format!("with the values of `unknown`, {}", fault.text)));
    }
    let (mut out, mut misfit) = ([0], None);
    read_words(&output, word, typed.ty(), &mut out, 1, |_, found| misfit = Some(found));
    match misfit {
        Some(misfit) => Err(Fault::fatal(&code::NOT_AGGREGATED, misfit_text(misfit))),
        None => Ok(out[0]),
    }
}

fn one_row() -> Arc<Header> {
    let mut header = HeaderRing::default().take(NodeId(0), Epoch(0));
    let inner = Arc::get_mut(&mut header).expect("a fresh header is held once");
    inner.push(0, Times::default());
    header
}
