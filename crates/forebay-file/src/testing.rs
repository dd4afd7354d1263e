//! Faults on demand: a disk that is full, a write that stops half-way, a rename that does not happen, for the tests
//! of this sink and of whoever stands on it.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use forebay_stage::{Build, Fault, Sink};

/// A call to the system that a sink makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Create,
    Write,
    Sync,
    Rename,
    Truncate,
    Remove,
}

/// A script of faults. Clones are handles to the same script.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    script: Arc<Mutex<Script>>,
}

#[derive(Debug, Default)]
struct Script {
    /// Call, how many of its kind are still to go, the error.
    pending: Vec<(Call, u64, io::ErrorKind)>,
    free_bytes: Option<u64>,
}

impl Faults {
    /// The `nth` call of this kind from now fails; 1 is the next.
    pub fn inject(&self, call: Call, nth: u64, error: io::ErrorKind) {
        self.with(|script| script.pending.push((call, nth, error)));
    }

    /// The disk has this much room from now on; `None` is no limit.
    pub fn set_free_bytes(&self, free_bytes: Option<u64>) {
        self.with(|script| script.free_bytes = free_bytes);
    }

    pub(crate) fn strike(&self, call: Call) -> io::Result<()> {
        self.with(|script| {
            let same = script.pending.iter_mut().filter(|(pending, ..)| *pending == call);
            same.for_each(|(_, to_go, _)| *to_go = to_go.saturating_sub(1));
            match script.pending.iter().position(|(pending, to_go, _)| *pending == call && *to_go == 0) {
                Some(at) => Err(script.pending.remove(at).2.into()),
                None => Ok(()),
            }
        })
    }

    /// How many of `wanted` bytes there is room for.
    pub(crate) fn room(&self, wanted: usize) -> usize {
        self.with(|script| match &mut script.free_bytes {
            None => wanted,
            Some(free) => {
                let taken = wanted.min(usize::try_from(*free).unwrap_or(usize::MAX));
                *free -= taken as u64;
                taken
            }
        })
    }

    fn with<T>(&self, run: impl FnOnce(&mut Script) -> T) -> T {
        run(&mut self.script.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The `file` sink on a disk with faults.
pub fn sink(build: &Build<'_>, faults: Faults) -> Result<Box<dyn Sink>, Fault> {
    crate::sink::make_on(build, crate::sink::Disk::with(faults))
}
