//! A file that is read front to back. Where a source has many files they are closed between two reads, so that the number
//! of open files is bounded whatever a glob finds. A file that has another one's place when it is opened again is an
//! error, and not read on as if it were the same.

use std::fmt;
use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

pub(crate) struct Handle {
    path: PathBuf,
    /// Device and number of the file that was opened first.
    identity: (u64, u64),
    /// Place of the next byte.
    at: u64,
    file: Option<File>,
    stays_open: bool,
}

impl Handle {
    pub fn open(path: &Path, at: u64, stays_open: bool) -> io::Result<Handle> {
        let mut file = File::open(path)?;
        let identity = identity(&file.metadata()?);
        if at > 0 {
            file.seek(SeekFrom::Start(at))?;
        }
        Ok(Handle { path: path.to_path_buf(), identity, at, file: stays_open.then_some(file), stays_open })
    }

    fn reopen(&self) -> io::Result<File> {
        let mut file = File::open(&self.path)?;
        if identity(&file.metadata()?) != self.identity {
            return Err(io::Error::other(Replaced));
        }
        file.seek(SeekFrom::Start(self.at))?;
        Ok(file)
    }
}

impl Read for Handle {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => self.reopen()?,
        };
        let read = file.read(space);
        if self.stays_open {
            self.file = Some(file);
        }
        let bytes = read?;
        self.at += bytes as u64;
        Ok(bytes)
    }
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// The path names another file than it did.
#[derive(Debug)]
struct Replaced;

impl fmt::Display for Replaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("another file has its name now")
    }
}

impl std::error::Error for Replaced {}

/// Whether an error, perhaps passed on by an unpacker, says that the file is another one.
pub(crate) fn is_replaced(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Replaced>())
}
