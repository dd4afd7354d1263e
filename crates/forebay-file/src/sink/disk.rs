//! Every call to the system that a sink makes, so that tests can make each of them fail.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use forebay_log::folders::{Folders, TRIES, open_or_make};
use forebay_stage::Fault;
use forebay_stage::types::code;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::testing::{Call, Faults};

/// How long a file may still be held by another: a process that was killed needs a moment to let go.
const HELD_AT_MOST: Duration = Duration::from_millis(200);

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

    /// A file to be written at its end, and with it the folders above it. What has its name already is taken as it is.
    pub fn create(&self, path: &str) -> Result<Created, Fault> {
        let create = || {
            self.call(Call::Create)?;
            let (file, is_new, folders) = make(path)?;
            // Until it was taken here another writer may have had it.
            let is_found = !is_new || file.metadata()?.len() > 0;
            Ok(Created { file, is_found, folders })
        };
        create().map_err(|error: io::Error| match error.kind() {
            // What was missing should have been made: this is a place where nothing can be.
            ErrorKind::NotFound => fault(path, "made", &ErrorKind::NotADirectory.into()),
            _ => fault(path, "made", &error),
        })
    }

    /// A file that is there, to be written at its end.
    pub fn open(&self, path: &str) -> Result<File, Fault> {
        take(path, || OpenOptions::new().append(true).open(path).map(|file| (file, false)))
            .map(|(file, _)| file)
            .map_err(|error| fault(path, "opened", &error))
    }

    /// Refuses to go on with a file that does not have its name any more: whatever is written would be lost.
    pub fn check_named(&self, file: &File, path: &str) -> Result<(), Fault> {
        match is_named(file, path) {
            Ok(true) => Ok(()),
            Ok(false) => Err(replaced(path)),
            Err(error) => Err(fault(path, "looked at", &error)),
        }
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
    pub fn sync(&self, file: &File, path: &str) -> Result<(), Fault> {
        let sync = self.call(Call::Sync).and_then(|()| file.sync_data());
        sync.map_err(|error| fault(path, "synced", &error))
    }

    /// Makes the names in the folder of a file durable.
    pub fn sync_folder(&self, path: &str) -> Result<(), Fault> {
        let sync = || {
            self.call(Call::Sync)?;
            File::open(folder(path))?.sync_all()
        };
        sync().map_err(|error| fault(&folder(path).to_string_lossy(), "synced", &error))
    }

    /// Gives a file that is held another name, which nothing else has.
    pub fn rename(&self, file: &File, from: &str, to: &str) -> Result<(), Fault> {
        self.check_named(file, from)?;
        match self.call(Call::Rename).and_then(|()| rename_to_new(from, to)) {
            Ok(()) => self.check_named(file, to),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(self.taken(from, to)),
            Err(error) => Err(fault(from, &format!("renamed to `{to}`"), &error)),
        }
    }

    pub fn truncate(&self, file: &File, path: &str, length: u64) -> Result<(), Fault> {
        let truncate = self.call(Call::Truncate).and_then(|()| file.set_len(length));
        truncate.map_err(|error| fault(path, &format!("cut to {length} bytes"), &error))
    }

    /// Removes a file that is held, where it still has its name.
    pub fn remove(&self, file: &File, path: &str) -> Result<(), Fault> {
        let remove = || {
            self.call(Call::Remove)?;
            if is_named(file, path)? { fs::remove_file(path) } else { Ok(()) }
        };
        remove().map_err(|error| fault(path, "removed", &error))
    }

    /// The bytes of a file, `None` where there is none.
    pub fn length(&self, path: &str) -> Result<Option<u64>, Fault> {
        match fs::metadata(path) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(fault(path, "looked at", &error)),
        }
    }

    pub fn is_there(&self, path: &str) -> bool {
        fs::symlink_metadata(path).is_ok()
    }

    /// Whether something else than a file has this path: a device, a pipe, a folder.
    pub fn is_special(&self, path: &str) -> bool {
        fs::metadata(path).is_ok_and(|metadata| !metadata.is_file())
    }

    /// Why a name that is there cannot be had: it is being written, or it is somebody's and not overwritten.
    pub fn exists(&self, path: &str) -> Fault {
        let cures = "move it away or remove it, write to another path, or go on with the state that it belongs to \
                     (--state DIR, without --fresh)";
        let message = format!("`{path}` exists already, and nothing is overwritten; {cures}");
        if is_held(path) { in_use(path) } else { Fault::fatal(&code::OUTPUT_EXISTS, message) }
    }

    /// The same for the next name of a file that is there.
    pub fn taken(&self, from: &str, to: &str) -> Fault {
        let message = format!(
            "`{to}` exists already, and nothing is overwritten; this state goes on with `{from}`, which needs that name \
             later: move `{to}` away"
        );
        if is_held(to) { in_use(to) } else { Fault::fatal(&code::OUTPUT_EXISTS, message) }
    }
}

/// A file that was taken under a name of its own.
pub(crate) struct Created {
    pub file: File,
    /// It was there before.
    pub is_found: bool,
    /// Those that were made for it.
    pub folders: Folders,
}

/// The folder that a file lies in.
fn folder(path: &str) -> &Path {
    match Path::new(path).parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Takes a file at its end, and makes it and the folders above it where they are missing, these durably. Says whether the
/// file was made.
fn make(path: &str) -> io::Result<(File, bool, Folders)> {
    let mut tries = 1..TRIES;
    loop {
        let folders = Folders::make(folder(path))?;
        folders.sync(|parent| File::open(parent)?.sync_all())?;
        match take(path, || open_or_make(Path::new(path), OpenOptions::new().append(true))) {
            // Whoever had made a folder took it away again.
            Err(error) if error.kind() == ErrorKind::NotFound && tries.next().is_some() => {}
            taken => return taken.map(|(file, is_new)| (file, is_new, folders)),
        }
    }
}

/// Opens a file and takes it for this writer; whether it was made is handed on. Until it is taken another one may rename or
/// remove it, so its name is looked at last.
fn take(path: &str, open: impl Fn() -> io::Result<(File, bool)>) -> io::Result<(File, bool)> {
    for _ in 0..TRIES {
        let (file, is_new) = open()?;
        lock(&file)?;
        if is_named(&file, path)? {
            return Ok((file, is_new));
        }
    }
    Err(ErrorKind::ResourceBusy.into())
}

/// Locks a file, where the file system can do so. A lock belongs to one opening of the file, so two pipelines of one
/// process are kept apart as two processes are.
fn lock(file: &File) -> io::Result<()> {
    let began = Instant::now();
    loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) if began.elapsed() < HELD_AT_MOST => {
                thread::sleep(Duration::from_millis(5));
            }
            Err(TryLockError::WouldBlock) => return Err(ErrorKind::ResourceBusy.into()),
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(()),
        }
    }
}

/// Whether some writer holds the file of this name.
fn is_held(path: &str) -> bool {
    let is_file = fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    let lock = || File::open(path).map(|file| file.try_lock_shared());
    is_file && matches!(lock(), Ok(Err(TryLockError::WouldBlock)))
}

/// Whether an open file is the one that has this name.
fn is_named(file: &File, path: &str) -> io::Result<bool> {
    let identity = |metadata: Metadata| (metadata.dev(), metadata.ino());
    match fs::metadata(path) {
        Ok(named) => Ok(identity(named) == identity(file.metadata()?)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Renames a file and replaces none.
fn rename_to_new(from: &str, to: &str) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Some file systems cannot do both in one step.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => match fs::symlink_metadata(to) {
            Ok(_) => Err(ErrorKind::AlreadyExists.into()),
            Err(_) => fs::rename(from, to),
        },
        done => Ok(done?),
    }
}

fn in_use(path: &str) -> Fault {
    let message = format!(
        "`{path}` is being written by another pipeline or process; stop it, or give each its own path"
    );
    Fault::fatal(&code::OUTPUT_IN_USE, message)
}

fn replaced(path: &str) -> Fault {
    let message = format!(
        "`{path}` was removed or replaced while it was being written, and what this run wrote there is lost. Leave \
         unfinished outputs alone; put it back and run again, or move away what is left and begin anew with --fresh"
    );
    Fault::fatal(&code::OUTPUT_DAMAGED, message)
}

/// What will not pass by itself stops the pipeline, everything else is tried again.
fn fault(path: &str, what: &str, error: &io::Error) -> Fault {
    use ErrorKind as Kind;
    match error.kind() {
        Kind::ResourceBusy => in_use(path),
        Kind::StorageFull | Kind::QuotaExceeded => {
            let message =
                format!("`{path}` cannot be {what}: {error}; make room, and the pipeline goes on by itself");
            Fault::away(&code::DISK_FULL, message)
        }
        Kind::NotADirectory => {
            let message = format!(
                "`{path}` cannot be {what}: a part of its path is no folder, and none can be made there; write to another path"
            );
            Fault::fatal(&code::OUTPUT_UNWRITABLE, message)
        }
        Kind::PermissionDenied | Kind::IsADirectory | Kind::AlreadyExists | Kind::ReadOnlyFilesystem => {
            let message =
                format!("`{path}` cannot be {what}: {error}; mend the rights, or write to another path");
            Fault::fatal(&code::OUTPUT_UNWRITABLE, message)
        }
        _ => Fault::away(&code::OUTPUT_UNWRITABLE, format!("`{path}` cannot be {what}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_appears_while_one_is_made_is_known_as_found() {
        let root = tempfile::tempdir().expect("a folder");
        let at = |name: &str| root.path().join(name).to_str().expect("text").to_string();
        let (path, aside) = (at("out"), at("aside"));
        fs::write(&aside, "theirs").expect("a file");
        let is_done = std::sync::atomic::AtomicBool::new(false);
        let is_done = &is_done;
        let mut met = 0;
        thread::scope(|scope| {
            // Appears with all that is in it, and goes again.
            scope.spawn(|| {
                while !is_done.load(std::sync::atomic::Ordering::Relaxed) {
                    let _ = fs::hard_link(&aside, &path);
                    let _ = fs::remove_file(&path);
                }
            });
            let enough = Instant::now() + Duration::from_secs(20);
            let mut wrong = 0;
            // However late the other thread comes to its turn.
            for made in 0.. {
                if made >= 5_000 && met > 0 || Instant::now() > enough {
                    break;
                }
                // It may go away again while it is taken.
                let Ok((file, is_new, _)) = make(&path) else { continue };
                let is_theirs = file.metadata().expect("an open file").len() > 0;
                met += usize::from(is_theirs);
                wrong += usize::from(is_theirs && is_new);
            }
            is_done.store(true, std::sync::atomic::Ordering::Relaxed);
            assert_eq!(wrong, 0, "of {met} that appeared");
        });
        assert!(met > 0, "none appeared");
    }
}
