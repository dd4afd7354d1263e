//! One process to a directory: an exclusive lock on the file `lock`, which the system drops with the process,
//! however it ends. The file stays; only the lock says who holds the directory.
//!
//! Whoever takes a directory and puts nothing into it leaves no trace: what was made for the lock goes with it, and the
//! file says again who held the directory before.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use crate::LogError;
use crate::disk::Disk;
use crate::folders::{Folders, TRIES, open_or_make};

/// The right to use a directory, for as long as it lives.
#[derive(Debug)]
pub struct DirLock {
    file: File,
    /// What there was before, until the directory is the holder's.
    before: Option<Before>,
    folders: Folders,
}

#[derive(Debug)]
enum Before {
    /// No file of this path.
    Nothing(PathBuf),
    /// What the file said.
    Said(Vec<u8>),
}

impl DirLock {
    /// Makes the directory where it is missing. `holder` is the process that others are told of.
    pub fn take(disk: &Disk, dir: &Path, holder: u32) -> Result<DirLock, LogError> {
        let path = dir.join("lock");
        let mut gone = io::Error::from(ErrorKind::NotFound);
        for _ in 0..TRIES {
            let folders = disk.make_dir(dir)?;
            let (mut file, is_new) = match open_or_make(&path, OpenOptions::new().read(true).write(true)) {
                Ok(opened) => opened,
                // Whoever had made the directory took it away again.
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    gone = error;
                    continue;
                }
                Err(error) => return Err(LogError::io("open", &path, error)),
            };
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(LogError::Locked { dir: dir.to_path_buf(), pid: told(&mut file) });
                }
                Err(TryLockError::Error(e)) => {
                    if is_new {
                        let _ = fs::remove_file(&path);
                    }
                    return Err(LogError::io("lock", &path, e));
                }
            }
            // Whoever had made the file may have taken it away again before it was locked here.
            if file.metadata().is_ok_and(|metadata| metadata.nlink() == 0) {
                continue;
            }
            let before = if is_new { Before::Nothing(path) } else { Before::Said(said(&mut file)) };
            // The id only serves the message of a second process; a disk too full for it is no reason to stop.
            let _ = say(&file, holder.to_string().as_bytes());
            return Ok(DirLock { file, before: Some(before), folders });
        }
        Err(LogError::io("open", &path, gone))
    }

    /// Something is in the directory: what was made stays.
    pub fn keep(&mut self) {
        self.folders.keep();
        self.before.take_if(|before| matches!(before, Before::Nothing(_)));
    }

    /// The directory is the holder's from here on, and the file goes on saying so.
    pub fn begin(&mut self) {
        self.keep();
        self.before = None;
    }
}

impl Drop for DirLock {
    /// Closing the file would do, were it not for children: one that was just forked shares the lock until it
    /// executes its program. Unlocking takes it from the child as well.
    fn drop(&mut self) {
        // While it is still locked, so that nobody holds a file that is about to go. What fails leaves an empty file or an
        // id that is out of date, and is no reason to say anything.
        let _ = match self.before.take() {
            Some(Before::Nothing(path)) => fs::remove_file(path),
            Some(Before::Said(text)) => say(&self.file, &text),
            None => Ok(()),
        };
        let _ = self.file.unlock();
    }
}

/// Writes over what the file says.
fn say(file: &File, text: &[u8]) -> io::Result<()> {
    // Whoever reads in between reads nothing, and never half of two.
    file.set_len(0)?;
    file.write_all_at(text, 0)
}

fn said(file: &mut File) -> Vec<u8> {
    let mut text = Vec::new();
    // What does not read tells nobody anything.
    let _ = file.read_to_end(&mut text);
    text
}

fn told(file: &mut File) -> Option<u32> {
    String::from_utf8(said(file)).ok()?.parse().ok()
}
