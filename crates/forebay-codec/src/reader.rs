//! One line of JSON into one row of a builder's columns.
//!
//! The declared schema is turned into a tree of fields once, and a line is then read in one pass. A record that
//! turns out bad is taken back out of every column that it had reached.

use forebay_batch::{Builder, ColMut};
use forebay_types::{Ty, Value, code};
use jiter::Peek;

use crate::cursor::{Cursor, Memory};
use crate::error::{Fault, RecordError};
use crate::object::{Field, Object, Undeclared};

/// A declared field of a record.
#[derive(Clone, Debug)]
pub struct FieldSpec {
    /// The key in JSON: the column's `from`, or its name.
    pub name: String,
    pub ty: Ty,
    /// Stands in where the key is missing; a null is not missing.
    pub default: Option<Value>,
    /// Its column in the builder. `None`: the field is checked like any other, and nobody wants its value.
    pub slot: Option<usize>,
    /// Its values are shown in no message.
    pub sensitive: bool,
}

/// What becomes of the fields of a record that were not declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extra {
    /// They have to be sound JSON, and that is all.
    Ignore,
    /// The record is rejected, also for such a field inside a struct.
    Reject,
    /// They go into this string column as the inside of an object (`"a":1,"b":[2]`), as they came; the text is
    /// empty where there are none. Inside structs they are ignored.
    Keep(usize),
}

/// Reads lines. Keeps its memory from line to line.
pub struct JsonReader {
    root: Object,
    keep: Option<usize>,
    /// Every column of the builder that a record adds a row to.
    slots: Vec<usize>,
    memory: Memory,
}

impl JsonReader {
    /// Fails where a default is no value of its field.
    pub fn new(fields: &[FieldSpec], extra: Extra) -> Result<JsonReader, RecordError> {
        let keep = match extra {
            Extra::Keep(slot) => Some(slot),
            Extra::Ignore | Extra::Reject => None,
        };
        let nested = if extra == Extra::Reject { Undeclared::Reject } else { Undeclared::Ignore };
        let undeclared = if keep.is_some() { Undeclared::Keep } else { nested };
        let build =
            |spec: &FieldSpec| Field::new(spec, nested).map_err(|fault| fault.inside(&spec.name).finish());
        let root = Object::new(fields.iter().map(build).collect::<Result<_, _>>()?, undeclared);
        let slots = fields.iter().filter_map(|field| field.slot).chain(keep).collect();
        Ok(JsonReader { root, keep, slots, memory: Memory::default() })
    }

    /// Adds the record of a line (without its end) as one row to each of the reader's columns, or adds nothing and
    /// says why.
    pub fn read_record(&mut self, line: &[u8], builder: &mut Builder) -> Result<(), RecordError> {
        let rows = self.slots.first().map_or(0, |slot| builder.col(*slot).rows());
        let mut cursor = Cursor::new(line, &mut self.memory);
        cursor.memory.kept.clear();
        let read = read_line(&mut self.root, &mut cursor, builder.cols());
        if let (Ok(()), Some(slot)) = (&read, self.keep) {
            builder.col(slot).push_bytes(&cursor.memory.kept);
        }
        read.map_err(|fault| {
            self.slots.iter().for_each(|slot| builder.col(*slot).abandon(rows));
            fault.finish()
        })
    }
}

fn read_line(root: &mut Object, cursor: &mut Cursor<'_>, cols: &mut [ColMut]) -> Result<(), Fault> {
    if cursor.peek()? != Peek::Object {
        cursor.skip()?;
        return Err(RecordError::fault(
            &code::NOT_AN_OBJECT,
            0,
            "a record is an object, {\"name\": value, …}",
        ));
    }
    root.read(cursor, cols)?;
    cursor.finish()
}
