//! What a sink puts into the commit of an epoch: where it writes, and its files with their lengths, as JSON, so that a
//! person can read it.

use forebay_stage::Fault;
use forebay_stage::types::code;
use serde::{Deserialize, Serialize};

use super::place::Place;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// What the files are called (see [`Place`]), with `NNNNN` where they are numbered.
    pub path: String,
    /// The newest file last; those before it wait for their name.
    pub files: Vec<Item>,
    /// How many files there were so far.
    pub made: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Item {
    /// Which file of the sink it is, counted from 1.
    pub number: u64,
    /// The time in its name, nanoseconds since 1970.
    pub begins: i64,
    /// Synced bytes that belong to this epoch and those before.
    pub length: u64,
    /// Bytes of text in them, which are more where the file is packed.
    pub text: u64,
    /// No record follows.
    pub complete: bool,
}

/// What the name of a file on the disk says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// `NAME.N.partial`: nothing in it is committed. It is file N of the sink, so that one that a crash left behind is
    /// not taken for another of the same name.
    New(u64),
    /// `NAME.partial`: something in it is committed, and more may come.
    Partial,
    /// `NAME`: complete.
    Complete,
}

impl Stage {
    pub fn path(self, name: &str) -> String {
        match self {
            Stage::New(number) => format!("{name}.{number}.partial"),
            Stage::Partial => format!("{name}.partial"),
            Stage::Complete => name.to_string(),
        }
    }
}

impl Entry {
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("texts and numbers have a JSON form")
    }

    /// What was committed in this place.
    pub fn read(bytes: &[u8], place: &Place) -> Result<Entry, Fault> {
        let entry: Entry = serde_json::from_slice(bytes).map_err(|error| {
            let message = format!(
                "what the state says of the outputs does not read: {error}; it was written by another version of \
                 Forebay, or by a sink of another kind: go on with that one, or begin anew with --fresh"
            );
            Fault::fatal(&code::OUTPUT_DAMAGED, message)
        })?;
        place.check(&entry.path)?;
        Ok(entry)
    }
}
