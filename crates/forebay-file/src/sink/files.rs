//! The sink's promise: what is committed stands in its files exactly once, whatever happens in between.
//!
//! Records are written as text into one buffer, which goes to the newest file as a block: as it is, or packed as a
//! gzip member or zstd frame of its own. A seal writes what is left, so a committed length always lies between two
//! blocks and a file can be cut there and continued. One file is open at a time; those before it are complete and
//! wait for the commit that gives them their name.

use std::fs::File;

use forebay_codec::JsonWriter;
use forebay_stage::batch::Batch;
use forebay_stage::types::{Addr, Epoch};
use forebay_stage::{EXTRA, Fault, OwnColumns, Sealed, Sink, SinkColumn, SinkCx};

use super::disk::Disk;
use super::entry::{Entry, Stage};
use super::name::{Rotate, Template};
use super::output::{Output, recover, refuse_existing};
use crate::packing::Packer;

/// Bytes of text that make a block: packed, more of it finds more to share.
const PLAIN_BLOCK: usize = 256 << 10;
const PACKED_BLOCK: usize = 1 << 20;

/// Writes rows as lines, own columns where they are listed.
pub(crate) struct Rows {
    columns: Vec<SinkColumn>,
    extra: Option<Addr>,
    own: OwnColumns,
    /// For batches of so many groups.
    writer: Option<(usize, JsonWriter)>,
}

impl Rows {
    pub fn new(columns: &[SinkColumn], own: OwnColumns) -> Rows {
        let of = |column: &SinkColumn| match column {
            SinkColumn::Column { name, addr, .. } if name == EXTRA => Some(*addr),
            _ => None,
        };
        let extra = columns.iter().find_map(of);
        let columns = columns.iter().filter(|column| of(column).is_none()).cloned().collect();
        Rows { columns, extra, own, writer: None }
    }

    /// The batch as it is written, and the writer for it.
    pub fn prepare(&mut self, batch: &Batch) -> (Batch, &mut JsonWriter) {
        let groups = batch.groups().len();
        if self.writer.as_ref().is_none_or(|(known, _)| *known != groups) {
            let layout = OwnColumns::layout(&self.columns, groups as u16);
            self.writer = Some((groups, JsonWriter::new(&layout, self.extra)));
        }
        let writer = self.writer.as_mut().map(|(_, writer)| writer).expect("it was just made");
        (self.own.add_to(batch), writer)
    }
}

pub(crate) struct FileSink {
    disk: Disk,
    rows: Rows,
    files: Files,
}

impl FileSink {
    pub fn new(
        disk: Disk,
        rows: Rows,
        template: Template,
        rotate: Rotate,
        packer: Option<Packer>,
    ) -> FileSink {
        let block = if packer.is_some() { PACKED_BLOCK } else { PLAIN_BLOCK };
        let (outputs, lines, packed) = (Vec::new(), Vec::with_capacity(block), Vec::new());
        let files = Files { template, rotate, packer, outputs, lines, packed, block, made: 0, period: None };
        FileSink { disk, rows, files }
    }
}

impl Sink for FileSink {
    fn push(&mut self, cx: &mut SinkCx<'_>, batch: &Batch) -> Result<(), Fault> {
        let files = &mut self.files;
        let (batch, writer) = self.rows.prepare(batch);
        for row in batch.rows().iter() {
            let high = batch.header().times[row].high;
            files.turn_to(&self.disk, high)?;
            let start = files.lines.len();
            writer.write_record(&batch, row, &mut files.lines);
            files.keep_size(&self.disk, high, start)?;
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
            handles.extend(output.seal(epoch)?.map(|(file, name)| (file, path, name)));
        }
        let disk = self.disk.clone();
        let sync = move || {
            handles.into_iter().try_for_each(|(file, path, name)| {
                disk.sync(&file, &path)?;
                if name { disk.sync_folder(&path) } else { Ok(()) }
            })
        };
        Ok(Sealed { entry: self.files.entry().bytes(), sync: Some(Box::new(sync)) })
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
        let entry = entry.map(Entry::read).transpose()?;
        self.files.restore(&self.disk, entry)
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
    period: Option<i64>,
}

impl Files {
    /// Opens the file for a record when the highest event time so far is `high`.
    #[inline]
    fn turn_to(&mut self, disk: &Disk, high: i64) -> Result<(), Fault> {
        let open = self.outputs.last().is_some_and(|output| !output.complete);
        match self.rotate {
            Rotate::Every(period) if self.period.is_none_or(|now| now < high.div_euclid(period)) => {
                self.complete(disk)?;
                self.period = Some(high.div_euclid(period));
                self.open(disk, high)
            }
            _ if open => Ok(()),
            _ => self.open(disk, high),
        }
    }

    /// Moves the record at `start` of the buffer to the next file where this one would become too large.
    #[inline]
    fn keep_size(&mut self, disk: &Disk, high: i64, start: usize) -> Result<(), Fault> {
        let Rotate::Size(size) = self.rotate else { return Ok(()) };
        let written = self.outputs.last().map_or(0, |output| output.text);
        let full = written + self.lines.len() as u64 > size && written + start as u64 > 0;
        if !full {
            return Ok(());
        }
        let record = self.lines.split_off(start);
        self.complete(disk)?;
        self.open(disk, high)?;
        self.lines.extend_from_slice(&record);
        Ok(())
    }

    #[cold]
    fn open(&mut self, disk: &Disk, high: i64) -> Result<(), Fault> {
        let newest = self.outputs.last().map(|output| output.name.as_str());
        let name = match (self.rotate, newest) {
            (Rotate::Never, Some(name)) => name.to_string(),
            (Rotate::Never, None) => self.template.fill(high, None),
            (Rotate::Every(period), _) => {
                self.template.fill(self.period.unwrap_or_default().saturating_mul(period), None)
            }
            (Rotate::Size(_), _) => self.template.fill(high, Some(self.made + 1)),
        };
        match self.outputs.last_mut().filter(|output| output.name == name) {
            // It was complete, and its input has grown since.
            Some(output) if disk.is_there(&output.path()) => return output.reopen(disk),
            // Somebody took it away, as one may.
            Some(_) => drop(self.outputs.pop()),
            None => {}
        }
        self.outputs.push(Output::create(disk, name, self.made + 1)?);
        self.made += 1;
        Ok(())
    }

    /// Writes what is buffered and says that no record follows.
    fn complete(&mut self, disk: &Disk) -> Result<(), Fault> {
        if self.outputs.last().is_none_or(|output| output.complete) {
            return Ok(());
        }
        self.flush(disk)?;
        let empty = self.outputs.last().is_some_and(|output| output.length == 0);
        if empty && self.packer.is_some() {
            // A packed file of no bytes at all is no packed file.
            self.write(disk)?;
        }
        self.outputs.iter_mut().for_each(|output| output.complete = true);
        Ok(())
    }

    /// The end of all records. Where there was none there is an empty file, if its name can be told.
    fn end(&mut self, disk: &Disk) -> Result<(), Fault> {
        if self.outputs.is_empty() && !self.template.has_time() {
            self.open(disk, 0)?;
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

    fn entry(&self) -> Entry {
        let files = self.outputs.iter().map(Output::item).collect();
        Entry { files, made: self.made, period: self.period }
    }

    fn restore(&mut self, disk: &Disk, entry: Option<Entry>) -> Result<(), Fault> {
        self.lines.clear();
        let begin = entry.is_none();
        let entry = entry.unwrap_or_default();
        let mut held = std::mem::take(&mut self.outputs);
        (self.made, self.period) = (entry.made, entry.period);
        for item in &entry.files {
            let same = held.iter().position(|output| output.is(item)).map(|at| held.remove(at));
            self.outputs.extend(recover(disk, item, same)?);
        }
        // Of the others nothing was committed.
        for output in held.iter().filter(|output| output.is_new()) {
            disk.remove(&output.path())?;
        }
        if begin { self.look_first(disk) } else { Ok(()) }
    }

    /// Says at the start what would else be said at the first record, where the name can be told.
    fn look_first(&self, disk: &Disk) -> Result<(), Fault> {
        if self.template.has_time() {
            return Ok(());
        }
        let number = if matches!(self.rotate, Rotate::Size(_)) { Some(1) } else { None };
        let name = self.template.fill(0, number);
        refuse_existing(disk, &name)?;
        disk.remove(&Stage::New(1).path(&name))
    }
}
