//! The sink that writes to standard output. What was written there cannot be cut, so it promises less: an epoch is
//! written whole just before its commit, and where that commit fails it is written again. Nothing is lost, and
//! nothing of an epoch that was undone before is seen.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::Arc;

use forebay_stage::batch::Batch;
use forebay_stage::types::{Epoch, code};
use forebay_stage::{Fault, Sealed, Sink, SinkCx};

use super::files::Rows;

pub(crate) struct StdoutSink {
    rows: Rows,
    lines: Vec<u8>,
    /// A handle of its own: whole epochs are written, so nothing is gained by the buffer of the usual one.
    out: Arc<File>,
}

impl StdoutSink {
    pub fn new(rows: Rows) -> Result<StdoutSink, Fault> {
        let out = io::stdout().as_fd().try_clone_to_owned();
        let out = out.map_err(|error| Fault::fatal(&code::OUTPUT_UNWRITABLE, unwritable(&error)))?;
        Ok(StdoutSink::to(rows, File::from(out)))
    }

    fn to(rows: Rows, out: File) -> StdoutSink {
        StdoutSink { rows, lines: Vec::new(), out: Arc::new(out) }
    }
}

fn unwritable(error: &io::Error) -> String {
    format!("standard output cannot be written: {error}")
}

impl Sink for StdoutSink {
    fn push(&mut self, cx: &mut SinkCx<'_>, batch: &Batch) -> Result<(), Fault> {
        let (batch, writer) = self.rows.prepare(batch);
        for row in batch.rows().iter() {
            writer.write_record(&batch, row, &mut self.lines);
            cx.written(&batch, row);
        }
        Ok(())
    }

    fn seal(&mut self, _: Epoch, _: bool) -> Result<Sealed, Fault> {
        let lines = std::mem::take(&mut self.lines);
        let out = self.out.clone();
        let write = move || {
            (&*out).write_all(&lines).map_err(|error| io::Error::new(error.kind(), unwritable(&error)))
        };
        Ok(Sealed { entry: Vec::new(), sync: Some(Box::new(write)) })
    }

    fn committed(&mut self, _: Epoch) -> Result<(), Fault> {
        Ok(())
    }

    fn restore(&mut self, _: Option<&[u8]>) -> Result<(), Fault> {
        self.lines.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Seek as _};

    use forebay_stage::types::end::{End, Fate, ReasonId};
    use forebay_stage::{OwnColumns, SinkColumn, testing};

    use super::*;

    #[test]
    fn an_epoch_is_written_whole_before_its_commit_and_an_undone_one_is_not() {
        let schema = testing::schema("a: i64");
        let column = &schema.columns[0];
        let (name, ty, addr) = (column.name.clone(), column.ty.clone(), column.addr);
        let columns = [SinkColumn::Column { name, ty, addr, sensitive: false }];
        let rows = Rows::new(&columns, OwnColumns::new(&columns, Arc::default(), None));
        let mut file = tempfile::tempfile().expect("a file");
        let mut sink = StdoutSink::to(rows, file.try_clone().expect("a handle"));
        let mut written = || {
            let mut text = String::new();
            file.rewind().and_then(|()| file.read_to_string(&mut text)).expect("the file");
            text
        };
        let mut rejects = Vec::new();
        let mut cx = SinkCx::new(0, End::new(Fate::Published, ReasonId(0)), &mut rejects);
        sink.push(&mut cx, &testing::batch(&schema, "a\n1", 1)).expect("a push");
        sink.restore(None).expect("nothing to go back to");
        sink.push(&mut cx, &testing::batch(&schema, "a\n2\n3", 1)).expect("a push");
        let sealed = sink.seal(Epoch(1), false).expect("a seal");
        assert_eq!(written(), "");
        sealed.sync.expect("a write")().expect("room");
        assert_eq!(written(), "{\"a\":2}\n{\"a\":3}\n");
    }
}
