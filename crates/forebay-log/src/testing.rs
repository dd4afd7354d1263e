//! Faults on demand: a disk that is full, writes short or cannot sync, for the tests of whoever stands on the
//! log.
//!
//! A handle is given to [`Options::faults`](crate::Options) and kept by the test, which scripts it while the
//! log runs. Without one, nothing here is called.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One thing that goes wrong once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A write fails for want of room.
    Full,
    /// A write takes this many bytes (at least one) and says so, as the system may.
    Short(usize),
    /// A write fails for another reason.
    WriteError,
    /// A sync of a file or a directory fails.
    SyncError,
    /// Cutting a file fails.
    TruncateError,
}

/// The kinds of operation that faults are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Write,
    Sync,
    Truncate,
}

impl Fault {
    fn strikes(self) -> Operation {
        match self {
            Fault::Full | Fault::Short(_) | Fault::WriteError => Operation::Write,
            Fault::SyncError => Operation::Sync,
            Fault::TruncateError => Operation::Truncate,
        }
    }

    fn error(self) -> io::Error {
        match self {
            Fault::Full => io::ErrorKind::StorageFull.into(),
            _ => io::Error::other("injected fault"),
        }
    }
}

/// A script of faults. Clones are handles to the same script.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    script: Arc<Mutex<Script>>,
}

#[derive(Debug, Default)]
struct Script {
    /// (operations of its kind still to go, fault)
    pending: Vec<(u64, Fault)>,
    free_bytes: Option<u64>,
}

impl Faults {
    pub fn new() -> Faults {
        Faults::default()
    }

    /// `fault` strikes the `nth` operation of its kind (write, sync or truncation) from now; 1 is the next.
    pub fn inject(&self, nth: u64, fault: Fault) {
        self.script().pending.push((nth, fault));
    }

    /// The disk has this much room from now on; None is no limit. What is cut off or removed is room again.
    pub fn set_free_bytes(&self, free_bytes: Option<u64>) {
        self.script().free_bytes = free_bytes;
    }

    /// Faults that have not struck yet.
    pub fn pending(&self) -> usize {
        self.script().pending.len()
    }

    /// How many of `wanted` bytes the next write may take. `fresh`: it needs room that the file does not have
    /// yet.
    pub(crate) fn write(&self, wanted: usize, fresh: bool) -> io::Result<usize> {
        let mut script = self.script();
        let mut allowed = wanted;
        match script.struck(Operation::Write) {
            Some(Fault::Short(bytes)) => allowed = bytes.clamp(1, wanted.max(1)),
            Some(fault) => return Err(fault.error()),
            None => {}
        }
        if let (true, Some(free_bytes)) = (fresh, &mut script.free_bytes) {
            allowed = allowed.min(usize::try_from(*free_bytes).unwrap_or(usize::MAX));
            if allowed == 0 && wanted > 0 {
                return Err(Fault::Full.error());
            }
            *free_bytes -= allowed as u64;
        }
        Ok(allowed)
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        self.script().struck(Operation::Sync).map_or(Ok(()), |fault| Err(fault.error()))
    }

    pub(crate) fn truncate(&self) -> io::Result<()> {
        self.script().struck(Operation::Truncate).map_or(Ok(()), |fault| Err(fault.error()))
    }

    pub(crate) fn freed(&self, bytes: u64) {
        if let Some(free_bytes) = &mut self.script().free_bytes {
            *free_bytes += bytes;
        }
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Script {
    /// Counts one operation and takes out the fault that is due, if any.
    fn struck(&mut self, operation: Operation) -> Option<Fault> {
        for (to_go, _) in self.pending.iter_mut().filter(|(_, fault)| fault.strikes() == operation) {
            *to_go = to_go.saturating_sub(1);
        }
        let due =
            self.pending.iter().position(|(to_go, fault)| *to_go == 0 && fault.strikes() == operation)?;
        Some(self.pending.remove(due).1)
    }
}
