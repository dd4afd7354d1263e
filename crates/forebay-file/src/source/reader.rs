//! Reads one file: bytes into recycled memory, lines out of it, records into columns.
//!
//! The sequence number of a record is the number of its line, counted from 1 with empty lines, so a position that
//! a message shows is one that an editor shows. Rows of a chunk all lie in one buffer of lines.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use forebay_codec::{Cut, Extra, FieldSpec, JsonReader, Lines, RECORD_LIMIT, RecordError, What};
use forebay_stage::batch::{Builder, Presence};
use forebay_stage::types::{Ty, code};
use forebay_stage::{Chunk, Fault, Position, Read, Reader, Refused};

use super::input::Input;
use super::pace::{Due, Pace};
use super::prefix::Prefix;
use crate::packing::Packing;

/// How long a pipe without data is left alone.
const LATER_NS: i64 = 5_000_000;
/// The fingerprint of what is read once: there is nothing to tell it by.
const ONCE: &str = "read once";

/// How lines become records; the same for all files of a source.
pub(crate) struct Form {
    pub fields: Vec<FieldSpec>,
    pub extra: Extra,
    /// Types of the columns of the source's group.
    pub types: Vec<Ty>,
    pub keep_raw: bool,
    /// Bytes to read at a time.
    pub chunk: usize,
    /// Files stay open between two reads.
    pub stay_open: bool,
    pub pace: Option<Arc<Pace>>,
}

pub(crate) enum Origin {
    File(PathBuf, Prefix),
    /// Read once. A named one is opened by the first read: whoever opens it takes what is in it.
    Pipe(Option<PathBuf>),
}

pub(crate) struct FileReader {
    form: Arc<Form>,
    shown: String,
    packing: Packing,
    origin: Origin,
    /// Opened by the first read and by seeks; standard input from the start.
    input: Option<Input>,
    /// All bytes are in `lines`.
    finished: bool,
    lines: Lines,
    json: JsonReader,
    builder: Builder,
    /// After the last record that was given out.
    at: Position,
}

impl FileReader {
    pub fn file(form: &Arc<Form>, path: PathBuf, shown: &str) -> Result<FileReader, Fault> {
        let packing = Packing::of(&path.to_string_lossy());
        let mut input = Input::open(&path, packing, form.stay_open)?;
        let mut first = vec![0; Prefix::LIMIT];
        let known = input.read_start(&mut first);
        first.truncate(known);
        FileReader::new(form, shown, packing, Origin::File(path, Prefix::new(first)), None)
    }

    pub fn named_pipe(form: &Arc<Form>, path: PathBuf, shown: &str) -> Result<FileReader, Fault> {
        FileReader::new(form, shown, Packing::of(shown), Origin::Pipe(Some(path)), None)
    }

    pub fn standard_input(form: &Arc<Form>, pipe: File, shown: &str) -> Result<FileReader, Fault> {
        let input = Input::pipe(pipe, Packing::None, shown)?;
        FileReader::new(form, shown, Packing::None, Origin::Pipe(None), Some(input))
    }

    fn new(
        form: &Arc<Form>,
        shown: &str,
        packing: Packing,
        origin: Origin,
        input: Option<Input>,
    ) -> Result<FileReader, Fault> {
        let json = JsonReader::new(&form.fields, form.extra).map_err(bad_default)?;
        Ok(FileReader {
            form: form.clone(),
            shown: shown.to_string(),
            packing,
            origin,
            input,
            finished: false,
            lines: Lines::new(form.chunk, RECORD_LIMIT),
            json,
            builder: Builder::new(&form.types),
            at: Position::default(),
        })
    }

    /// Cuts and reads lines until there are `max` rows or no line is left in memory and some row was read. A file is then
    /// looked at for its end: a stream whose end is known holds back no other one.
    fn fill(&mut self, now: i64, max: usize, chunk: &mut Chunk) -> Result<Read, Fault> {
        self.builder.begin();
        while chunk.rows() < max {
            match self.lines.next_cut() {
                Some(cut) => self.push(cut, chunk),
                None if chunk.rows() > 0 => break,
                None if self.finished => {
                    self.let_go();
                    return Ok(Read::End);
                }
                None if !self.more()? => return Ok(Read::NotBefore(now.saturating_add(LATER_NS))),
                None => {}
            }
        }
        self.at = chunk.position_after(chunk.rows() - 1);
        chunk.columns = Some(self.builder.finish());
        if self.form.keep_raw {
            chunk.raw.buf = self.lines.buf().clone();
        }
        if matches!(self.origin, Origin::File(..)) && self.lines.is_used_up() && !self.finished {
            self.more()?;
        }
        if !self.finished || !self.lines.is_used_up() {
            return Ok(Read::More);
        }
        self.let_go();
        Ok(Read::End)
    }

    fn push(&mut self, cut: Cut, chunk: &mut Chunk) {
        let row = chunk.rows() as u32;
        chunk.seqs.push(cut.number);
        chunk.ends.push(cut.next);
        let (range, read) = match cut.what {
            What::Line { start, end } => {
                let line = &self.lines.buf().bytes()[start as usize..end as usize];
                ((start, end), self.json.read_record(line, &mut self.builder))
            }
            What::TooLong { len } => ((0, 0), Err(RecordError::too_long(len, RECORD_LIMIT))),
        };
        if self.form.keep_raw {
            chunk.raw.ranges.push(range);
        }
        if let Err(error) = read {
            // Rows of every part have to stay beside each other.
            self.builder.cols().iter_mut().for_each(|col| col.push_absent(Presence::Missing));
            let reason = match cut.what {
                What::Line { .. } => format!("{} (byte {} of the line)", error.message, error.at + 1),
                What::TooLong { .. } => error.message,
            };
            chunk.refused.push(Refused { row, code: error.code, reason });
        }
    }

    /// Gets more bytes, or the news that there are none; false when they are to come later.
    fn more(&mut self) -> Result<bool, Fault> {
        let input = match (&mut self.input, &self.origin) {
            (Some(input), _) => input,
            (input, Origin::File(path, _)) => {
                input.insert(Input::open_at(path, self.packing, self.form.stay_open, self.at.offset)?)
            }
            (input, Origin::Pipe(Some(path))) => {
                input.insert(Input::named_pipe(path, self.packing, &self.shown)?)
            }
            (None, Origin::Pipe(None)) => return Err(self.read_once()),
        };
        let offset = input.offset();
        let space = self.lines.space();
        let Some(bytes) = input.read(space)? else { return Ok(false) };
        if bytes == 0 {
            self.finished = true;
            self.input = None;
            self.lines.finish();
        } else {
            if let Origin::File(_, prefix) = &mut self.origin {
                prefix.learn(offset, &space[..bytes]);
            }
            self.lines.filled(bytes);
        }
        Ok(true)
    }

    /// A stream that has ended holds no buffers: there may be thousands of it.
    fn let_go(&mut self) {
        self.lines =
            Lines::resume(self.form.chunk, RECORD_LIMIT, self.at.seq.saturating_sub(1), self.at.offset);
        self.builder = Builder::new(&self.form.types);
    }

    fn read_once(&self) -> Fault {
        let message = format!(
            "`{}` is read once and cannot go back; put the input into a file, or begin anew with --fresh",
            self.shown
        );
        Fault::fatal(&code::READ_ONCE, message)
    }
}

impl Reader for FileReader {
    fn read(&mut self, now: i64, max: usize, chunk: &mut Chunk) -> Result<Read, Fault> {
        let Some(pace) = self.form.pace.clone() else { return self.fill(now, max, chunk) };
        let Due { first, count } = pace.take(now, max);
        if count == 0 {
            return Ok(Read::NotBefore(pace.next()));
        }
        let read = self.fill(now, count, chunk);
        pace.give_back((count - chunk.rows()) as u64);
        chunk.arrivals.extend((first..).take(chunk.rows()).map(|number| pace.time_of(number)));
        read
    }

    fn seek(&mut self, to: Position) -> Result<(), Fault> {
        if to == self.at {
            return Ok(());
        }
        let Origin::File(path, _) = &self.origin else { return Err(self.read_once()) };
        let input = Input::open_at(path, self.packing, self.form.stay_open, to.offset)?;
        self.lines = Lines::resume(self.form.chunk, RECORD_LIMIT, to.seq.saturating_sub(1), input.offset());
        self.input = Some(input);
        self.finished = false;
        if let Some(pace) = &self.form.pace {
            // What is read once more is due at once and not in turn.
            pace.give_back(self.at.seq.saturating_sub(to.seq));
        }
        self.at = to;
        Ok(())
    }

    fn is_read_once(&self) -> bool {
        matches!(self.origin, Origin::Pipe(_))
    }

    fn fingerprint(&self) -> String {
        match &self.origin {
            Origin::File(_, prefix) => prefix.fingerprint(),
            Origin::Pipe(_) => ONCE.into(),
        }
    }

    fn matches(&self, saved: &str) -> bool {
        match &self.origin {
            Origin::File(_, prefix) => prefix.matches(saved),
            Origin::Pipe(_) => saved == ONCE,
        }
    }
}

fn bad_default(error: RecordError) -> Fault {
    Fault::fatal(error.code, format!("a default of the schema: {}", error.message))
}
