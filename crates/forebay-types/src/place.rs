//! Where bytes are. A value, not a type parameter: the plan proves places, views check them once per batch.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// Ordinary memory.
    Host,
    /// Page-locked host memory that a device can copy from and to by itself.
    Pinned,
    /// Memory of the CUDA device with this ordinal.
    Cuda(u16),
}

impl Place {
    /// Whether the CPU can read it.
    pub fn is_host(self) -> bool {
        matches!(self, Place::Host | Place::Pinned)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Host => f.write_str("host"),
            Place::Pinned => f.write_str("pinned"),
            Place::Cuda(ordinal) => write!(f, "cuda:{ordinal}"),
        }
    }
}
