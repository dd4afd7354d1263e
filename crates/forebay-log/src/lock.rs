//! One process to a directory: an exclusive lock on the file `lock`, which the system drops with the process,
//! however it ends. The file stays; only the lock says who holds the directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::Path;

use crate::LogError;

/// The right to use a directory, for as long as it lives.
#[derive(Debug)]
pub struct DirLock {
    file: File,
}

impl DirLock {
    /// `holder` is the process that others are told of.
    pub fn take(dir: &Path, holder: u32) -> Result<DirLock, LogError> {
        let path = dir.join("lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|e| LogError::io("open", &path, e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LogError::Locked { dir: dir.to_path_buf(), pid: told(&mut file) });
            }
            Err(TryLockError::Error(e)) => return Err(LogError::io("lock", &path, e)),
        }
        // The id only serves the message of a second process; a disk too full for it is no reason to stop.
        let _ = file.set_len(0).and_then(|()| file.write_all(holder.to_string().as_bytes()));
        Ok(DirLock { file })
    }
}

impl Drop for DirLock {
    /// Closing the file would do, were it not for children: one that was just forked shares the lock until it
    /// executes its program. Unlocking takes it from the child as well.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

fn told(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.parse().ok()
}
