//! What `park` takes from the system. It stands here alone so that a test can compile the very file `park.rs` against a
//! model of the same, and try every order in which threads can meet.

pub use std::sync::Arc;
pub use std::sync::atomic::{AtomicBool, Ordering, fence};
pub use std::thread::{self, Thread};
