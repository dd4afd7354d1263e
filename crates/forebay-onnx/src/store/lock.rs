//! One puller to a file: an exclusive lock that the system drops with the process, however it ends.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use crate::Error;

/// The right to fetch one file, for as long as it lives.
pub struct Turn {
    file: File,
}

/// Takes the lock `name` in a directory. Says once when it has to wait for somebody else.
pub fn take(dir: &Path, name: &str, waiting: &mut dyn FnMut()) -> Result<Turn, Error> {
    fs::create_dir_all(dir).map_err(Error::io("make the directory", dir))?;
    let path = dir.join(name);
    let file = File::create(&path).map_err(Error::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            waiting();
            file.lock().map_err(Error::io("lock", &path))?;
        }
        Err(TryLockError::Error(e)) => return Err(Error::io("lock", &path)(e)),
    }
    Ok(Turn { file })
}

impl Drop for Turn {
    /// Closing the file would do, were it not for a child of another thread that was just forked: until it executes
    /// its program it holds the lock too. Unlocking takes it from the child as well.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}
