//! One process to a directory: an exclusive lock on the file `lock`, which the system drops with the process,
//! however it ends. The file stays; only the lock says who holds the directory.
//!
//! Whoever takes a directory and puts nothing into it leaves no trace: what was made for the lock goes with it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::LogError;
use crate::disk::Disk;

/// The right to use a directory, for as long as it lives.
#[derive(Debug)]
pub struct DirLock {
    file: File,
    made: Made,
}

/// What was not there before: the file of the lock, and folders from the inner to the outer ones. Dropping it removes them,
/// as far as nothing else is in them.
#[derive(Debug, Default)]
struct Made {
    lock: Option<PathBuf>,
    folders: Vec<PathBuf>,
}

impl DirLock {
    /// Makes the directory where it is missing. `holder` is the process that others are told of.
    pub fn take(disk: &Disk, dir: &Path, holder: u32) -> Result<DirLock, LogError> {
        let mut made = Made::default();
        let path = dir.join("lock");
        loop {
            made.folders.extend(Made::missing(dir));
            disk.make_dir(dir)?;
            let (mut file, is_new) = open(&path).map_err(|e| LogError::io("open", &path, e))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(LogError::Locked { dir: dir.to_path_buf(), pid: told(&mut file) });
                }
                Err(TryLockError::Error(e)) => return Err(LogError::io("lock", &path, e)),
            }
            // Whoever had made the file may have taken it away again before it was locked here.
            if file.metadata().is_ok_and(|metadata| metadata.nlink() == 0) {
                continue;
            }
            made.lock = is_new.then_some(path);
            // The id only serves the message of a second process; a disk too full for it is no reason to stop.
            let _ = file.set_len(0).and_then(|()| file.write_all(holder.to_string().as_bytes()));
            return Ok(DirLock { file, made });
        }
    }

    /// The directory is used: what was made stays.
    pub fn keep(&mut self) {
        self.made.lock = None;
        self.made.folders.clear();
    }
}

impl Drop for DirLock {
    /// Closing the file would do, were it not for children: one that was just forked shares the lock until it
    /// executes its program. Unlocking takes it from the child as well.
    fn drop(&mut self) {
        // While it is still locked, so that nobody holds a file that is about to go.
        drop(std::mem::take(&mut self.made));
        let _ = self.file.unlock();
    }
}

impl Made {
    fn missing(dir: &Path) -> impl Iterator<Item = PathBuf> {
        let above = dir.ancestors().take_while(|above| !above.as_os_str().is_empty() && !above.exists());
        above.map(Path::to_path_buf)
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        // What cannot be removed is an empty file or folder too many, and no reason to say anything.
        let _ = self.lock.take().map(fs::remove_file);
        self.folders.iter().for_each(|folder| drop(fs::remove_dir(folder)));
    }
}

/// The file, and whether it was made just now.
fn open(path: &Path) -> io::Result<(File, bool)> {
    let options = || OpenOptions::new().read(true).write(true).clone();
    match options().create_new(true).open(path) {
        Ok(file) => Ok((file, true)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            options().create(true).truncate(false).open(path).map(|file| (file, false))
        }
        Err(error) => Err(error),
    }
}

fn told(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.parse().ok()
}
