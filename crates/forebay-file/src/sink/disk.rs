//! Every call to the system that a sink makes, so that tests can make each of them fail.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use forebay_stage::Fault;
use forebay_stage::types::code;

use crate::testing::{Call, Faults};

/// The disk, with faults in tests.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    faults: Option<Faults>,
}

impl Disk {
    pub fn with(faults: Faults) -> Disk {
        Disk { faults: Some(faults) }
    }

    fn call(&self, call: Call) -> io::Result<()> {
        self.faults.as_ref().map_or(Ok(()), |faults| faults.strike(call))
    }

    /// An empty file to be written at its end, and with it the folders above it.
    pub fn create(&self, path: &str) -> Result<File, Fault> {
        let create = || {
            self.call(Call::Create)?;
            make_folders(folder(path))?;
            let file = OpenOptions::new().append(true).create(true).open(path)?;
            lock(&file)?;
            file.set_len(0)?;
            Ok(file)
        };
        create().map_err(|error| fault(path, "made", &error))
    }

    /// A file that is there, to be written at its end.
    pub fn open(&self, path: &str) -> Result<File, Fault> {
        let open = || {
            let file = OpenOptions::new().append(true).open(path)?;
            lock(&file)?;
            Ok(file)
        };
        open().map_err(|error| fault(path, "opened", &error))
    }

    pub fn write(&self, mut file: &File, path: &str, bytes: &[u8]) -> Result<(), Fault> {
        let mut write = || {
            self.call(Call::Write)?;
            let room = self.faults.as_ref().map_or(bytes.len(), |faults| faults.room(bytes.len()));
            file.write_all(&bytes[..room])?;
            if room < bytes.len() { Err(ErrorKind::StorageFull.into()) } else { Ok(()) }
        };
        write().map_err(|error| fault(path, &format!("written ({} bytes more)", bytes.len()), &error))
    }

    /// Makes the content of a file durable.
    pub fn sync(&self, file: &File, path: &str) -> io::Result<()> {
        let sync = self.call(Call::Sync).and_then(|()| file.sync_data());
        sync.map_err(|error| io::Error::new(error.kind(), format!("`{path}` cannot be synced: {error}")))
    }

    /// Makes the names in the folder of a file durable.
    pub fn sync_folder(&self, path: &str) -> io::Result<()> {
        let sync = || {
            self.call(Call::Sync)?;
            File::open(folder(path))?.sync_all()
        };
        sync().map_err(|error| {
            let folder = folder(path).display();
            io::Error::new(error.kind(), format!("the folder `{folder}` cannot be synced: {error}"))
        })
    }

    pub fn rename(&self, from: &str, to: &str) -> Result<(), Fault> {
        let rename = || {
            self.call(Call::Rename)?;
            fs::rename(from, to)
        };
        rename().map_err(|error| fault(from, &format!("renamed to `{to}`"), &error))
    }

    pub fn truncate(&self, file: &File, path: &str, length: u64) -> Result<(), Fault> {
        let truncate = self.call(Call::Truncate).and_then(|()| file.set_len(length));
        truncate.map_err(|error| fault(path, &format!("cut to {length} bytes"), &error))
    }

    /// Removes a file; that it is not there is as well.
    pub fn remove(&self, path: &str) -> Result<(), Fault> {
        match self.call(Call::Remove).and_then(|()| fs::remove_file(path)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(fault(path, "removed", &error)),
            _ => Ok(()),
        }
    }

    pub fn is_there(&self, path: &str) -> bool {
        fs::symlink_metadata(path).is_ok()
    }
}

/// The folder that a file lies in.
fn folder(path: &str) -> &Path {
    match Path::new(path).parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Makes a folder and those above it, durably.
fn make_folders(folder: &Path) -> io::Result<()> {
    let missing: Vec<&Path> =
        folder.ancestors().take_while(|above| !above.as_os_str().is_empty() && !above.exists()).collect();
    fs::create_dir_all(folder)?;
    for made in missing {
        let above = made.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(above)?.sync_all()?;
    }
    Ok(())
}

/// Takes the file for this process, where the file system can say so.
fn lock(file: &File) -> io::Result<()> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(ErrorKind::ResourceBusy.into()),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

/// What will not pass by itself stops the pipeline, everything else is tried again.
fn fault(path: &str, what: &str, error: &io::Error) -> Fault {
    use ErrorKind as Kind;
    match error.kind() {
        Kind::ResourceBusy => {
            let message =
                format!("`{path}` is being written by another process; stop it, or give each its own path");
            Fault::fatal(&code::OUTPUT_IN_USE, message)
        }
        Kind::StorageFull | Kind::QuotaExceeded => {
            let message =
                format!("`{path}` cannot be {what}: {error}; make room, and the pipeline goes on by itself");
            Fault::away(&code::DISK_FULL, message)
        }
        Kind::PermissionDenied
        | Kind::NotADirectory
        | Kind::IsADirectory
        | Kind::AlreadyExists
        | Kind::ReadOnlyFilesystem => {
            let message =
                format!("`{path}` cannot be {what}: {error}; mend the rights, or write to another path");
            Fault::fatal(&code::OUTPUT_UNWRITABLE, message)
        }
        _ => Fault::away(&code::OUTPUT_UNWRITABLE, format!("`{path}` cannot be {what}: {error}")),
    }
}
