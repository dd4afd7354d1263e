//! The sink of a test: lines of JSON in memory, which stand in a file when no more will come.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use forebay_codec::JsonWriter;
use forebay_plan::plan::{Plan, SinkColumn as Written};
use forebay_stage::batch::Batch;
use forebay_stage::types::kind::{Facts, MAIN, Role};
use forebay_stage::types::{Epoch, Kind, Record, code};
use forebay_stage::{Build, Factory, Fault, Make, OwnColumn, OwnColumns, Sealed, Sink, SinkColumn, SinkCx};

use super::data;

pub(super) const FACTORY: Factory = Factory { kind: &KIND, make: Make::Sink(make) };

pub(super) static KIND: Kind = Kind {
    name: "(what comes out of a test)",
    role: Role::Sink,
    summary: "Keeps what comes, to be compared.",
    doc: "Stands in for every sink while a test runs.",
    fields: &[],
    inputs: MAIN,
    outputs: &[],
    facts: Facts::NONE,
    example: "",
    check: |_| {},
};

/// The configuration of a sink that leaves what came in this file.
pub(super) fn config(path: &Path) -> Record {
    Record { fields: vec![("path", data::text(path.to_string_lossy()))] }
}

/// Every sink also gives what Forebay knows of each record.
pub(super) fn add_own_columns(plan: &mut Plan) {
    for sink in plan.nodes.iter_mut().filter_map(|node| node.sink.as_mut()) {
        for own in OwnColumn::ALL {
            let is_there = sink.columns.iter().any(|column| match column {
                Written::Column { name, .. } => name == own.name(),
                Written::Own(name) => *name == own.name(),
            });
            if !is_there {
                sink.columns.push(Written::Own(own.name()));
            }
        }
    }
}

fn make(build: &Build<'_>) -> Result<Box<dyn Sink>, Fault> {
    let own = OwnColumns::new(build.columns, Arc::clone(build.streams), build.model);
    let path = PathBuf::from(build.config.text("path").unwrap_or_default());
    Ok(Box::new(Capture { path, columns: build.columns.to_vec(), own, writer: None, lines: Vec::new() }))
}

struct Capture {
    path: PathBuf,
    columns: Vec<SinkColumn>,
    own: OwnColumns,
    /// For batches of so many groups.
    writer: Option<(usize, JsonWriter)>,
    lines: Vec<u8>,
}

impl Sink for Capture {
    fn push(&mut self, cx: &mut SinkCx<'_>, batch: &Batch) -> Result<(), Fault> {
        let groups = batch.groups().len();
        if self.writer.as_ref().is_none_or(|(known, _)| *known != groups) {
            let layout = OwnColumns::layout(&self.columns, groups as u16);
            self.writer = Some((groups, JsonWriter::new(&layout)));
        }
        let with_own = self.own.add_to(batch);
        let Some((_, writer)) = &mut self.writer else { return Ok(()) };
        for row in batch.rows().iter() {
            match writer.write_record(&with_own, row, &mut self.lines) {
                Ok(()) => cx.written(batch, row),
                Err(error) => cx.reject(batch, row, error.code, error.message),
            }
        }
        Ok(())
    }

    fn seal(&mut self, _epoch: Epoch, last: bool) -> Result<Sealed, Fault> {
        if last {
            std::fs::write(&self.path, &self.lines).map_err(|error| {
                let message = format!("`{}` cannot be written: {error}", self.path.display());
                Fault::fatal(&code::OUTPUT_UNWRITABLE, message)
            })?;
        }
        Ok(Sealed { entry: (self.lines.len() as u64).to_le_bytes().to_vec(), sync: None })
    }

    fn committed(&mut self, _epoch: Epoch) -> Result<(), Fault> {
        Ok(())
    }

    fn restore(&mut self, entry: Option<&[u8]>) -> Result<(), Fault> {
        let length = entry.and_then(|entry| entry.try_into().ok()).map_or(0, u64::from_le_bytes);
        self.lines.truncate(length as usize);
        Ok(())
    }
}
