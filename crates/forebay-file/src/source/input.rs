//! The text of a file as bytes from any position on. Plain files are sought; packed ones are unpacked up to the
//! position; pipes are read once, and asked first whether they have something, since a read of theirs may wait.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::path::Path;

use forebay_stage::Fault;
use forebay_stage::types::code;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::files::unreadable;
use super::handle::{Handle, is_replaced};
use crate::packing::Packing;

/// Bytes that are unpacked at a time to get to a position.
const SKIP: usize = 64 << 10;

/// An open file.
pub(crate) struct Input {
    text: Box<dyn Read + Send>,
    /// A second handle on a pipe, to ask whether it has something.
    pipe: Option<File>,
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

    /// Standard input, or whatever else is read once.
    pub fn pipe(file: File, packing: Packing, shown: &str) -> Result<Input, Fault> {
        let error = |error| unreadable(shown, &error);
        let pipe = Some(file.try_clone().map_err(error)?);
        let text = packing.unpack(file).map_err(error)?;
        Ok(Input { text, pipe, offset: 0, packing, shown: shown.to_string() })
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
        Ok(Input { text, pipe: None, offset, packing, shown })
    }

    /// Place of the next byte in the text.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether a read would not wait.
    pub fn is_ready(&self) -> bool {
        let Some(pipe) = &self.pipe else { return true };
        let mut fds = [PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::IN)];
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        // Where the system cannot say, the read tells.
        poll(&mut fds, Some(&at_once)).map_or(true, |ready| ready > 0)
    }

    /// Reads what there is, 0 bytes at the end of the text.
    pub fn read(&mut self, space: &mut [u8]) -> Result<usize, Fault> {
        loop {
            match self.text.read(space) {
                Ok(bytes) => {
                    self.offset += bytes as u64;
                    return Ok(bytes);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.fault(&error)),
            }
        }
    }

    /// Reads until the space is full, the text ends or something is wrong, which shows again at the next read.
    pub fn read_start(&mut self, space: &mut [u8]) -> usize {
        let mut filled = 0;
        while filled < space.len() {
            match self.read(&mut space[filled..]) {
                Ok(bytes) if bytes > 0 => filled += bytes,
                _ => break,
            }
        }
        filled
    }

    fn byte(&mut self) -> Result<Option<u8>, Fault> {
        let mut byte = [0];
        Ok((self.read(&mut byte)? == 1).then_some(byte[0]))
    }

    fn skip(&mut self, to: u64) -> Result<(), Fault> {
        let mut space = vec![0; if to > self.offset { SKIP } else { 0 }];
        while self.offset < to {
            let wanted = usize::try_from(to - self.offset).unwrap_or(SKIP).min(SKIP);
            if self.read(&mut space[..wanted])? == 0 {
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
