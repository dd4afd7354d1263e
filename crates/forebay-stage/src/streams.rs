//! The names behind stream ids. The engine adds a stream when it opens; whoever prints, writes or counts records
//! looks names up, once for each new stream, and keeps what it got: entries never change and never go.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use forebay_types::StreamId;

/// What a stream is called: the node that opened it, and its name there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StreamName {
    pub source: Arc<str>,
    pub stream: Arc<str>,
}

/// A table of stream ids and their names that only grows, shared by everyone in a pipeline.
#[derive(Debug, Default)]
pub struct StreamNames {
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    names: Vec<StreamName>,
    ids: HashMap<StreamName, StreamId>,
}

impl StreamNames {
    /// The id of a stream: ids count from 0 in the order in which streams are first added. One that comes back keeps its own.
    pub fn add(&self, source: &str, stream: &str) -> StreamId {
        let Table { names, ids } = &mut *self.lock();
        let name = StreamName { source: source.into(), stream: stream.into() };
        *ids.entry(name).or_insert_with_key(|name| {
            names.push(name.clone());
            StreamId(names.len() as u32 - 1)
        })
    }

    /// The id of a stream that was added.
    pub fn find(&self, source: &str, stream: &str) -> Option<StreamId> {
        let name = StreamName { source: source.into(), stream: stream.into() };
        self.lock().ids.get(&name).copied()
    }

    /// The names of a stream. An id that nobody gave out is a defect and panics.
    pub fn get(&self, id: StreamId) -> StreamName {
        self.lock().names[id.0 as usize].clone()
    }

    pub fn len(&self) -> usize {
        self.lock().names.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_keeps_its_names() {
        let names = StreamNames::default();
        let (first, second) = (names.add("tx", "a.jsonl"), names.add("labels", "a.jsonl"));
        assert_eq!((first, second), (StreamId(0), StreamId(1)));
        names.add("tx", "b.jsonl");
        assert_eq!(names.get(second), StreamName { source: "labels".into(), stream: "a.jsonl".into() });
        assert_eq!(names.add("tx", "a.jsonl"), first, "it has come back");
        assert_eq!(names.len(), 3);
    }
}
