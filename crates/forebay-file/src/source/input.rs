//! The text of a file as bytes from any position on. Plain files are sought; packed ones are unpacked up to the
//! position; pipes are read once.
//!
//! Invariant: neither opening nor reading waits for somebody else, so that a run can be stopped at any time.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use forebay_stage::Fault;
use forebay_stage::types::code;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;

use super::files::unreadable;
use super::handle::{Handle, is_replaced};
use crate::packing::Packing;

/// Bytes that are unpacked at a time to get to a position.
const SKIP: usize = 64 << 10;

/// An open file.
pub(crate) struct Input {
    text: Box<dyn Read + Send>,
    /// Place in the text.
    offset: u64,
    packing: Packing,
    shown: String,
}

impl Input {
    /// A file at the start of its text.
    pub fn open(path: &Path, packing: Packing, stays_open: bool) -> Result<Input, Fault> {
        Input::begin(path, packing, stays_open, 0)
    }

    /// Standard input, or whatever else is open already and read once.
    pub fn pipe(file: File, packing: Packing, shown: &str) -> Result<Input, Fault> {
        let text = packing.unpack(Pipe(file)).map_err(|error| unreadable(shown, &error))?;
        Ok(Input { text, offset: 0, packing, shown: shown.to_string() })
    }

    /// A named pipe, whether or not somebody writes to it yet.
    pub fn named_pipe(path: &Path, packing: Packing, shown: &str) -> Result<Input, Fault> {
        let flags = OFlags::NONBLOCK.bits() as i32;
        let file = OpenOptions::new().read(true).custom_flags(flags).open(path);
        Input::pipe(file.map_err(|error| unreadable(shown, &error))?, packing, shown)
    }

    /// A file at a place where a record begins. One that has none there is another file than it was.
    pub fn open_at(path: &Path, packing: Packing, stays_open: bool, offset: u64) -> Result<Input, Fault> {
        let Some(before) = offset.checked_sub(1) else { return Input::open(path, packing, stays_open) };
        let from = if packing == Packing::None { before } else { 0 };
        let mut input = Input::begin(path, packing, stays_open, from)?;
        input.skip(before)?;
        let whole = match input.byte()? {
            None => false,
            Some(b'\n') => true,
            // The last line had no end then; it has one now, or still none.
            Some(_) => matches!(input.byte()?, None | Some(b'\n')),
        };
        if whole { Ok(input) } else { Err(input.replaced(offset)) }
    }

    fn begin(path: &Path, packing: Packing, stays_open: bool, offset: u64) -> Result<Input, Fault> {
        let shown = path.display().to_string();
        let open = || packing.unpack(Handle::open(path, offset, stays_open)?);
        let text = open().map_err(|error| unreadable(&shown, &error))?;
        Ok(Input { text, offset, packing, shown })
    }

    /// Place of the next byte in the text.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Reads what there is, 0 bytes at the end of the text; `None` from a pipe that has nothing yet.
    pub fn read(&mut self, space: &mut [u8]) -> Result<Option<usize>, Fault> {
        loop {
            match self.text.read(space) {
                Ok(bytes) => {
                    self.offset += bytes as u64;
                    return Ok(Some(bytes));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.fault(&error)),
            }
        }
    }

    /// Reads until the space is full, the text ends or something is wrong, which shows again at the next read.
    pub fn read_start(&mut self, space: &mut [u8]) -> usize {
        let mut filled = 0;
        while filled < space.len() {
            match self.read(&mut space[filled..]) {
                Ok(Some(bytes)) if bytes > 0 => filled += bytes,
                _ => break,
            }
        }
        filled
    }

    fn byte(&mut self) -> Result<Option<u8>, Fault> {
        let mut byte = [0];
        Ok((self.read(&mut byte)? == Some(1)).then_some(byte[0]))
    }

    fn skip(&mut self, to: u64) -> Result<(), Fault> {
        let mut space = vec![0; if to > self.offset { SKIP } else { 0 }];
        while self.offset < to {
            let wanted = usize::try_from(to - self.offset).unwrap_or(SKIP).min(SKIP);
            if self.read(&mut space[..wanted])?.is_none_or(|bytes| bytes == 0) {
                return Err(self.replaced(to + 1));
            }
        }
        Ok(())
    }

    fn replaced(&self, offset: u64) -> Fault {
        let message = format!(
            "`{}` was read up to byte {offset} of its text, and no record begins there now: it was replaced, rewritten \
             or cut. Put the file back, give the new one another name, or begin anew with --fresh",
            self.shown
        );
        Fault::fatal(&code::STREAM_REPLACED, message)
    }

    /// Errors of the system have a number; those of an unpacker have none.
    fn fault(&self, error: &io::Error) -> Fault {
        if is_replaced(error) {
            return self.replaced(self.offset);
        }
        if self.packing == Packing::None || error.raw_os_error().is_some() {
            return unreadable(&self.shown, error);
        }
        let message = format!(
            "`{}` is damaged or ends too early: {error}, after {} bytes of its text. All whole lines before are \
             processed; get the whole file and run again, which goes on from there",
            self.shown, self.offset
        );
        Fault::fatal(&code::FILE_DAMAGED, message)
    }
}

/// A pipe that says `WouldBlock` while it has nothing, however it was opened. One that nobody has written to since it was
/// opened has no end yet: the system tells that apart from one whose writers are gone, though a read would not.
struct Pipe(File);

impl Read for Pipe {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let mut fds = [PollFd::from_borrowed_fd(self.0.as_fd(), PollFlags::IN)];
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        match poll(&mut fds, Some(&at_once)) {
            Ok(0) => Err(ErrorKind::WouldBlock.into()),
            // Where the system cannot say, the read tells.
            Ok(_) | Err(_) => self.0.read(space),
        }
    }
}
