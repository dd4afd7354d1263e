//! The sink that writes to standard output. What was written there cannot be cut, so it promises less: an epoch is
//! written whole just before its commit, and where that fails it is written again. Nothing is lost, nothing of an epoch
//! that was undone before is seen, and a line that was cut in the middle takes no other one with it.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use forebay_stage::batch::Batch;
use forebay_stage::types::{Epoch, code};
use forebay_stage::{Fault, FaultKind, Sealed, Sink, SinkCx, Synced};

use super::entry::Entry;
use super::files::Rows;
use super::place::Place;

pub(crate) struct StdoutSink {
    rows: Rows,
    place: Place,
    lines: Vec<u8>,
    out: Arc<Stdout>,
}

/// Standard output as the sink and the work of its epochs share it.
struct Stdout {
    /// A handle of its own: whole epochs are written, so nothing is gained by the buffer of the usual one.
    file: File,
    /// The last write stopped inside a line.
    torn: AtomicBool,
}

impl StdoutSink {
    pub fn new(rows: Rows, place: Place) -> Result<StdoutSink, Fault> {
        let out = io::stdout().as_fd().try_clone_to_owned();
        let out = out.map_err(|error| Fault { kind: FaultKind::Fatal, ..fault(&error) })?;
        Ok(StdoutSink::to(rows, place, File::from(out)))
    }

    fn to(rows: Rows, place: Place, file: File) -> StdoutSink {
        let out = Stdout { file, torn: AtomicBool::new(false) };
        StdoutSink { rows, place, lines: Vec::new(), out: Arc::new(out) }
    }
}

impl Stdout {
    fn write(&self, lines: &[u8]) -> Result<(), Fault> {
        if !lines.is_empty() && self.torn.load(Ordering::Relaxed) {
            self.write_all(b"\n")?;
        }
        self.write_all(lines)
    }

    fn write_all(&self, mut bytes: &[u8]) -> Result<(), Fault> {
        while !bytes.is_empty() {
            match (&self.file).write(bytes) {
                Ok(0) => return Err(fault(&ErrorKind::WriteZero.into())),
                Ok(written) => {
                    self.torn.store(bytes[written - 1] != b'\n', Ordering::Relaxed);
                    bytes = &bytes[written..];
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(fault(&error)),
            }
        }
        Ok(())
    }
}

/// A reader that is gone does not come back; anything else may pass.
fn fault(error: &io::Error) -> Fault {
    if error.kind() == ErrorKind::BrokenPipe {
        let message = "whoever read standard output has closed it; what is not committed is written again by the next run";
        return Fault::fatal(&code::OUTPUT_UNWRITABLE, message);
    }
    Fault::away(&code::OUTPUT_UNWRITABLE, format!("standard output cannot be written: {error}"))
}

impl Sink for StdoutSink {
    fn push(&mut self, cx: &mut SinkCx<'_>, batch: &Batch) -> Result<(), Fault> {
        let (batch, writer) = self.rows.prepare(batch);
        for row in batch.rows().iter() {
            match writer.write_record(&batch, row, &mut self.lines) {
                Ok(()) => cx.written(&batch, row),
                Err(error) => cx.reject(&batch, row, error.code, error.message),
            }
        }
        Ok(())
    }

    fn seal(&mut self, _: Epoch, _: bool) -> Result<Sealed, Fault> {
        let lines = std::mem::take(&mut self.lines);
        let out = self.out.clone();
        let entry = Entry { path: self.place.kept().to_string(), ..Entry::default() };
        Ok(Sealed {
            entry: entry.bytes(),
            sync: Some(Box::new(move || out.write(&lines).map(|()| Synced::Done))),
        })
    }

    fn committed(&mut self, _: Epoch) -> Result<(), Fault> {
        Ok(())
    }

    fn restore(&mut self, entry: Option<&[u8]>) -> Result<(), Fault> {
        self.lines.clear();
        entry.map_or(Ok(()), |bytes| Entry::read(bytes, &self.place).map(drop))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Seek as _};
    use std::os::fd::OwnedFd;
    use std::path::Path;

    use forebay_stage::types::Schema;
    use forebay_stage::types::end::{End, Fate, ReasonId};
    use forebay_stage::{OwnColumns, SinkColumn, testing};

    use super::super::place::STDOUT;
    use super::*;

    fn sink(out: File) -> (StdoutSink, Schema) {
        let schema = testing::schema("a: i64");
        let column = &schema.columns[0];
        let (name, ty, addr) = (column.name.clone(), column.ty.clone(), column.addr);
        let columns = [SinkColumn::Column { name, ty, addr, sensitive: false }];
        let rows = Rows::new(&columns, OwnColumns::new(&columns, Arc::default(), None));
        (StdoutSink::to(rows, Place::new(STDOUT.into(), Path::new("")), out), schema)
    }

    /// Seals an epoch of these records and does the work before its commit.
    fn write(sink: &mut StdoutSink, schema: &Schema, records: &str) -> Result<(), Fault> {
        push(sink, schema, records);
        sink.seal(Epoch(1), false).expect("a seal").sync.expect("a write")().map(drop)
    }

    fn push(sink: &mut StdoutSink, schema: &Schema, records: &str) {
        let mut rejects = Vec::new();
        let mut cx = SinkCx::new(0, End::new(Fate::Published, ReasonId(0)), &mut rejects);
        sink.push(&mut cx, &testing::batch(schema, &format!("a\n{records}"), 1)).expect("a push");
    }

    #[test]
    fn an_epoch_is_written_whole_before_its_commit_and_an_undone_one_is_not() {
        let mut file = tempfile::tempfile().expect("a file");
        let (mut sink, schema) = sink(file.try_clone().expect("a handle"));
        let mut written = || {
            let mut text = String::new();
            file.rewind().and_then(|()| file.read_to_string(&mut text)).expect("the file");
            text
        };
        push(&mut sink, &schema, "1");
        sink.restore(None).expect("nothing to go back to");
        push(&mut sink, &schema, "2\n3");
        assert_eq!(written(), "");
        let sealed = sink.seal(Epoch(1), false).expect("a seal");
        assert_eq!(written(), "");
        sealed.sync.expect("a write")().expect("room");
        assert_eq!(written(), "{\"a\":2}\n{\"a\":3}\n");
    }

    #[test]
    fn a_full_device_is_said_and_tried_again() {
        let (mut sink, schema) = sink(File::options().write(true).open("/dev/full").expect("the device"));
        for _ in 0..2 {
            let fault = write(&mut sink, &schema, "1").expect_err("no room");
            assert_eq!(fault.kind, FaultKind::Away);
            assert!(fault.message.starts_with("standard output cannot be written: No space"), "{fault}");
            sink.restore(None).expect("there may be room later");
        }
    }

    #[test]
    fn a_reader_that_is_gone_does_not_come_back() {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        let (mut sink, schema) = sink(File::from(OwnedFd::from(writer)));
        let fault = write(&mut sink, &schema, "1").expect_err("no reader");
        assert!(fault.kind == FaultKind::Fatal && fault.message.contains("has closed it"), "{fault}");
    }

    /// A pipe that takes some bytes and then, for a while, none: what stops in the middle is a line of its own.
    #[test]
    fn a_line_that_was_cut_takes_no_other_one_with_it() {
        let (mut reader, writer) = io::pipe().expect("a pipe");
        rustix::io::ioctl_fionbio(&writer, true).expect("a pipe that does not wait");
        let (mut sink, schema) = sink(File::from(OwnedFd::from(writer)));
        let many: Vec<String> = (0..20_000).map(|a| a.to_string()).collect();
        write(&mut sink, &schema, &many.join("\n")).expect_err("a pipe has less room");
        let mut taken = vec![0; 1 << 20];
        let bytes = reader.read(&mut taken).expect("what was written");
        assert_ne!(taken[bytes - 1], b'\n', "the size of a pipe is no multiple of these lines");
        write(&mut sink, &schema, "7\n8").expect("room");
        drop(sink);
        let mut rest = String::new();
        reader.read_to_string(&mut rest).expect("the rest");
        assert_eq!(rest, "\n{\"a\":7}\n{\"a\":8}\n");
    }
}
