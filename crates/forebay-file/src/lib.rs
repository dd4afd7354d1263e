//! Files in and out: the `file` source and the `file` sink.
//!
//! Reading order: `packing` is what both ends share; `source` says what the source takes, `source/files` finds the
//! files, `source/reader` reads one, with `source/input` for its text, `source/handle` for its bytes,
//! `source/prefix` for what it is and `source/pace` for when records are due; `sink` says what the sink takes, `sink/files` keeps its promise with
//! `sink/output` for one file, `sink/entry` for what is committed, `sink/place` for where, `sink/name` for what files are
//! called and `sink/disk` for every call to the system; `sink/stdout` is the sink without a file.
//!
//! What holds:
//! - A source gives the same records in the same order from any position it gave before, whatever the sizes of
//!   reads and chunks.
//! - The bytes of a sink that belong to committed epochs are exactly the committed records, after any crash; and a
//!   file that has its final name is complete and is never written again under that name.

pub mod letters;
mod packing;
mod sink;
mod source;
pub mod testing;

pub use sink::SINK;
pub use source::{SOURCE, field};

use forebay_stage::{Factory, Make};

/// The kinds of this crate with the ways to make them.
pub fn factories() -> Vec<Factory> {
    vec![
        Factory { kind: &SOURCE, make: Make::Source(source::make) },
        Factory { kind: &SINK, make: Make::Sink(sink::make) },
    ]
}
