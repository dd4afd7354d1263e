//! Runs a plan: lanes, edges, rounds, epochs, ledger and drain, as a library without signal handlers and without state of its own outside of an engine;
//! several engines can run in one process.
//!
//! Reading order: `edge` and `park` are how lanes meet; `node` is one node at work and `segment` a round over several of
//! them, and `tap` lets others look at what it gives; `intake`, `group` and `driver` bring records in, with `post` and `steps` where several lanes do; `lane` is the thread that does both; `coordinator` commits epochs in the
//! `entry` format; `assemble` builds all of it from a plan; `engine` is the handle that others hold.

mod sync;
pub mod park;
pub mod edge;
mod clock;
pub mod metrics;
mod tap;

mod kit;
mod gather;
mod letters;
mod skip;
mod splice;
mod node;
mod segment;

mod intake;
mod group;
mod post;
mod steps;
mod driver;

mod entry;
mod state;
mod lane;
mod coordinator;

mod assemble;
mod engine;
mod status;

pub use clock::Clock;
pub use driver::Trip;
pub use engine::{Begun, Job, Options, Ready, Running, prepare, start};
pub use entry::{Missed, StreamEntry};
pub use state::note_crash;
pub use status::{Here, NodeStatus, Outcome, Shared, StreamStatus, Streams};
pub use tap::Watch;
