//! Records as bytes and records as columns: JSON Lines in, typed columns, JSON Lines out, without a value tree
//! and without an allocation per record.
//!
//! Pure: bytes come in, columns go out, and the other way round. Whoever opens files or speaks to a broker is
//! elsewhere. [`Lines`] cuts a stream of bytes into lines, [`JsonReader`] pushes one line into the columns of a
//! builder by the declared types, [`JsonWriter`] writes one row of a batch as a line.
//!
//! What holds:
//! - No input makes it panic. A line is taken as a whole or leaves nothing behind in the builder.
//! - Exact stays exact: integers and decimals are read from the digits of the text, never through a float.
//! - What the writer writes, the reader reads back as the same values, apart from the few that JSON cannot say
//!   and that the writer counts; null and missing stay two things.

mod format;
mod lines;

mod reader;

mod object;

mod cursor;
mod default;
mod scalar;

mod writer;

mod number;
mod text;
mod time;

mod error;

pub use error::RecordError;
pub use format::Format;
pub use lines::{Cut, Lines, What};
pub use reader::{Extra, FieldSpec, JsonReader};
pub use writer::JsonWriter;
