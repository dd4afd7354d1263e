//! What can go wrong with a log: the place, the cause and the cure in one sentence each.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub enum LogError {
    /// The system refused something that has nothing to do with the log's content.
    Io { action: &'static str, path: PathBuf, source: io::Error },
    /// No room. The log is as it was before and can be used again.
    Full { dir: PathBuf, wanted_bytes: u64, source: io::Error },
    /// Another process, or another `Log` of this one, holds the directory.
    Locked { dir: PathBuf, pid: Option<u32> },
    /// What was once durable is not there, or not what was written.
    Corrupt { path: PathBuf, offset: u64, why: String },
    /// Written by a later version of Forebay.
    Newer { path: PathBuf, version: u8, known: u8 },
    /// A sync failed, now or before: what was written last may be lost, and nothing more is taken.
    SyncFailed { path: PathBuf, why: String },
    /// The caller asked for what the format cannot hold.
    Unfit { what: String },
}

impl LogError {
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> LogError {
        LogError::Io { action, path: path.to_path_buf(), source }
    }

    pub(crate) fn corrupt(path: &Path, offset: u64, why: impl Into<String>) -> LogError {
        LogError::Corrupt { path: path.to_path_buf(), offset, why: why.into() }
    }

    /// A failed write of `wanted_bytes` to `path`: `Full` when room was the cause.
    pub(crate) fn write(path: &Path, wanted_bytes: u64, source: io::Error) -> LogError {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                let dir = path.parent().unwrap_or(Path::new(".")).to_path_buf();
                LogError::Full { dir, wanted_bytes, source }
            }
            _ => LogError::io("write", path, source),
        }
    }
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LogError::Io { action, path, source } => {
                write!(f, "cannot {action} {}: {source}{}", path.display(), cure(source.kind()))
            }
            LogError::Full { dir, wanted_bytes, source } => write!(
                f,
                "no room for {wanted_bytes} more bytes in {}: {source}; nothing written before is lost: free \
                 some space there and try again",
                dir.display()
            ),
            LogError::Locked { dir, pid } => {
                write!(f, "{} is in use by ", dir.display())?;
                match pid {
                    Some(pid) if *pid == std::process::id() => write!(f, "this process (pid {pid})")?,
                    Some(pid) => write!(f, "the process with pid {pid}")?,
                    None => write!(f, "another process")?,
                }
                write!(f, ": stop that one first, or use another directory")
            }
            LogError::Corrupt { path, offset, why } => write!(
                f,
                "{} is damaged at byte {offset}: {why}; nothing was changed: restore the directory from a copy, or \
                 begin anew with an empty one",
                path.display()
            ),
            LogError::Newer { path, version, known } => write!(
                f,
                "{} has format version {version}, and this program knows versions up to {known}: use the \
                 newer Forebay that wrote it",
                path.display()
            ),
            LogError::SyncFailed { path, why } => write!(
                f,
                "{} could not be made durable ({why}), so what was written last may be lost and nothing \
                 more is taken: check the disk, then restart, which goes on from what is on it",
                path.display()
            ),
            LogError::Unfit { what } => f.write_str(what),
        }
    }
}

/// What helps against an error of the system, where something does.
fn cure(kind: io::ErrorKind) -> &'static str {
    use io::ErrorKind as Kind;
    match kind {
        Kind::PermissionDenied | Kind::ReadOnlyFilesystem => {
            ": let this user write there, or use another directory"
        }
        Kind::NotADirectory | Kind::IsADirectory | Kind::AlreadyExists => {
            ": move away what has this name, or use another directory"
        }
        _ => "",
    }
}

impl std::error::Error for LogError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            LogError::Io { source, .. } | LogError::Full { source, .. } => Some(source),
            _ => None,
        }
    }
}
