//! The sink's promise: what is committed stands in its files exactly once, whatever happens in between.
//!
//! Records are written as text into one buffer, which goes to the newest file as a block: as it is, or packed as a
//! gzip member or zstd frame of its own. A seal writes what is left, so a committed length always lies between two
//! blocks and a file can be cut there and continued. One file is open at a time; those before it are complete and
//! wait for the commit that gives them their name.

use std::fs::File;

use forebay_codec::JsonWriter;
use forebay_stage::batch::Batch;
use forebay_stage::types::Epoch;
use forebay_stage::{Fault, FaultKind, OwnColumns, Sealed, Sink, SinkColumn, SinkCx, Synced};

use super::disk::Disk;
use super::entry::{Entry, Stage};
use super::name::{Rotate, Template};
use super::output::{Output, recover};
use super::place::Place;
use crate::packing::{Packer, Packing};

/// Bytes of text that make a block: packed, more of it finds more to share.
const PLAIN_BLOCK: usize = 256 << 10;
const PACKED_BLOCK: usize = 1 << 20;
/// What a packer needs for itself, rounded up.
const PACKER: usize = 2 << 20;

/// The memory that a sink needs: a block of text, and what it is packed with and into.
pub(crate) fn buffer_bytes(packing: Packing) -> u64 {
    match packing {
        Packing::None => PLAIN_BLOCK as u64,
        Packing::Gzip | Packing::Zstd => (2 * PACKED_BLOCK + PACKER) as u64,
    }
}

/// Writes rows as lines, own columns where they are listed.
pub(crate) struct Rows {
    columns: Vec<SinkColumn>,
    own: OwnColumns,
    /// For batches of so many groups.
    writer: Option<(usize, JsonWriter)>,
}

impl Rows {
    pub fn new(columns: &[SinkColumn], own: OwnColumns) -> Rows {
        Rows { columns: columns.to_vec(), own, writer: None }
    }

    /// The batch as it is written, and the writer for it.
    pub fn prepare(&mut self, batch: &Batch) -> (Batch, &JsonWriter) {
        let groups = batch.groups().len();
        if self.writer.as_ref().is_none_or(|(known, _)| *known != groups) {
            let layout = OwnColumns::layout(&self.columns, groups as u16);
            self.writer = Some((groups, JsonWriter::new(&layout)));
        }
        let writer = self.writer.as_ref().map(|(_, writer)| writer).expect("it was just made");
        (self.own.add_to(batch), writer)
    }
}

pub(crate) struct FileSink {
    disk: Disk,
    rows: Rows,
    place: Place,
    files: Files,
}

impl FileSink {
    pub fn new(
        disk: Disk,
        rows: Rows,
        place: Place,
        template: Template,
        rotate: Rotate,
        packer: Option<Packer>,
    ) -> FileSink {
        let block = if packer.is_some() { PACKED_BLOCK } else { PLAIN_BLOCK };
        let (outputs, lines, packed) = (Vec::new(), Vec::with_capacity(block), Vec::new());
        let (made, until) = (0, i64::MIN);
        let files = Files { template, rotate, packer, outputs, lines, packed, block, made, until };
        FileSink { disk, rows, place, files }
    }
}

impl Sink for FileSink {
    fn push(&mut self, cx: &mut SinkCx<'_>, batch: &Batch) -> Result<(), Fault> {
        let files = &mut self.files;
        let (batch, writer) = self.rows.prepare(batch);
        for row in batch.rows().iter() {
            let times = &batch.header().times[row];
            // Where a source has no event time, a record's own is its arrival.
            let time = times.high.max(times.event);
            files.turn_to(&self.disk, time)?;
            let start = files.lines.len();
            if let Err(error) = writer.write_record(&batch, row, &mut files.lines) {
                cx.reject(&batch, row, error.code, error.message);
                continue;
            }
            files.keep_size(&self.disk, time, start)?;
            if files.lines.len() >= files.block {
                files.flush(&self.disk)?;
            }
            cx.written(&batch, row);
        }
        Ok(())
    }

    fn seal(&mut self, epoch: Epoch, last: bool) -> Result<Sealed, Fault> {
        if last {
            self.files.end(&self.disk)?;
        }
        self.files.flush(&self.disk)?;
        let mut handles: Vec<(File, String, bool)> = Vec::new();
        for output in &mut self.files.outputs {
            let path = output.path();
            handles.extend(output.seal(&self.disk, epoch)?.map(|(file, name)| (file, path, name)));
        }
        let disk = self.disk.clone();
        let sync = move || {
            handles.drain(..).try_for_each(|(file, path, name)| {
                disk.sync(&file, &path)?;
                if name { disk.sync_folder(&path) } else { Ok(()) }
            })?;
            Ok(Synced::Done)
        };
        let files = self.files.outputs.iter().map(|output| output.item).collect();
        let entry = Entry { path: self.place.kept().to_string(), files, made: self.files.made };
        Ok(Sealed { entry: entry.bytes(), sync: Some(Box::new(sync)) })
    }

    fn committed(&mut self, epoch: Epoch) -> Result<(), Fault> {
        let outputs = &mut self.files.outputs;
        outputs.iter_mut().try_for_each(|output| output.committed(&self.disk, epoch))?;
        let newest = outputs.len().saturating_sub(1);
        let mut at = 0;
        outputs.retain(|output| {
            at += 1;
            at > newest || output.stage != Stage::Complete
        });
        Ok(())
    }

    fn restore(&mut self, entry: Option<&[u8]>) -> Result<(), Fault> {
        let entry = entry.map(|bytes| Entry::read(bytes, &self.place)).transpose()?;
        self.files.restore(&self.disk, entry.unwrap_or_default())
    }
}

struct Files {
    template: Template,
    rotate: Rotate,
    packer: Option<Packer>,
    /// The newest last; those before it are complete and not named so yet.
    outputs: Vec<Output>,
    /// Text for the newest file that is not written yet.
    lines: Vec<u8>,
    packed: Vec<u8>,
    block: usize,
    /// How many files there were so far.
    made: u64,
    /// With `rotate: DURATION`: when the newest file gives way to the next.
    until: i64,
}

impl Files {
    /// Opens the file for a record when the time is `time`.
    #[inline]
    fn turn_to(&mut self, disk: &Disk, time: i64) -> Result<(), Fault> {
        let open = self.outputs.last().is_some_and(|output| !output.item.complete);
        match self.rotate {
            Rotate::Every(_) if time >= self.until => {
                self.complete(disk)?;
                self.open(disk, time)
            }
            _ if open => Ok(()),
            _ => self.open(disk, time),
        }
    }

    /// Moves the record at `start` of the buffer to the next file where this one would become too large.
    #[inline]
    fn keep_size(&mut self, disk: &Disk, time: i64, start: usize) -> Result<(), Fault> {
        let Rotate::Size(size) = self.rotate else { return Ok(()) };
        let written = self.outputs.last().map_or(0, |output| output.item.text);
        let full = written + self.lines.len() as u64 > size && written + start as u64 > 0;
        if !full {
            return Ok(());
        }
        let record = self.lines.split_off(start);
        self.complete(disk)?;
        self.open(disk, time)?;
        self.lines.extend_from_slice(&record);
        Ok(())
    }

    #[cold]
    fn open(&mut self, disk: &Disk, time: i64) -> Result<(), Fault> {
        let goes_on = match self.rotate {
            Rotate::Never => true,
            Rotate::Every(_) => time < self.until,
            Rotate::Size(_) => false,
        };
        match self.outputs.last_mut() {
            // It was complete, and its input has grown since.
            Some(output) if goes_on => output.reopen(disk),
            _ => self.create(disk, time),
        }
    }

    fn create(&mut self, disk: &Disk, time: i64) -> Result<(), Fault> {
        let (number, begins) = match self.rotate {
            Rotate::Every(period) => (self.made + 1, time.div_euclid(period).saturating_mul(period)),
            _ => (self.made + 1, time),
        };
        self.outputs.push(Output::create(disk, self.name(number, begins), number, begins)?);
        self.made = number;
        self.until = self.end_of_newest();
        Ok(())
    }

    fn name(&self, number: u64, begins: i64) -> String {
        self.template.fill(begins, matches!(self.rotate, Rotate::Size(_)).then_some(number))
    }

    fn end_of_newest(&self) -> i64 {
        match (self.rotate, self.outputs.last()) {
            (Rotate::Every(period), Some(newest)) => {
                (newest.item.begins.div_euclid(period) + 1).saturating_mul(period)
            }
            _ => i64::MIN,
        }
    }

    /// Writes what is buffered and says that no record follows.
    fn complete(&mut self, disk: &Disk) -> Result<(), Fault> {
        if self.outputs.last().is_none_or(|output| output.item.complete) {
            return Ok(());
        }
        self.flush(disk)?;
        let empty = self.outputs.last().is_some_and(|output| output.item.length == 0);
        if empty && self.packer.is_some() {
            // A packed file of no bytes at all is no packed file.
            self.write(disk)?;
        }
        self.outputs.iter_mut().for_each(|output| output.item.complete = true);
        Ok(())
    }

    /// The end of all records. Where there was none there is an empty file, if its name can be told.
    fn end(&mut self, disk: &Disk) -> Result<(), Fault> {
        if self.outputs.is_empty() && !self.template.has_time() {
            self.create(disk, 0)?;
        }
        self.complete(disk)
    }

    fn flush(&mut self, disk: &Disk) -> Result<(), Fault> {
        if self.lines.is_empty() { Ok(()) } else { self.write(disk) }
    }

    fn write(&mut self, disk: &Disk) -> Result<(), Fault> {
        let Files { packer, packed, lines, outputs, .. } = self;
        let output = outputs.last_mut().expect("a file is opened before a record is written");
        let block = match packer {
            None => &*lines,
            Some(packer) => {
                packer.pack(lines, packed).expect("packing in memory takes every text");
                &*packed
            }
        };
        output.write(disk, block, lines.len())?;
        lines.clear();
        Ok(())
    }

    fn restore(&mut self, disk: &Disk, entry: Entry) -> Result<(), Fault> {
        self.lines.clear();
        let mut held = std::mem::take(&mut self.outputs);
        self.made = entry.made;
        for item in entry.files {
            let same =
                held.iter().position(|output| output.item.number == item.number).map(|at| held.remove(at));
            let (name, newest) = (self.name(item.number, item.begins), item.number == entry.made);
            self.outputs.extend(recover(disk, name, item, newest, same)?);
        }
        self.until = self.end_of_newest();
        held.into_iter().try_for_each(|output| output.forget(disk))?;
        if self.made == 0 { self.begin(disk) } else { Ok(()) }
    }

    /// Takes the first file at once, where its name can be told: what would stop the pipeline at its first record, or
    /// with the last one, stops it here.
    fn begin(&mut self, disk: &Disk) -> Result<(), Fault> {
        if self.template.has_time() {
            return Ok(());
        }
        match self.create(disk, 0) {
            Err(fault) if fault.kind == FaultKind::Fatal => Err(fault),
            // The rest may pass before there is a record.
            _ => Ok(()),
        }
    }
}
