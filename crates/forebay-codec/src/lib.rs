//! Records as bytes and records as columns: JSON Lines in, typed columns, JSON Lines out, without a value tree
//! and without an allocation per record.
//!
//! Pure: bytes come in, columns go out, and the other way round. Whoever opens files or speaks to a broker is
//! elsewhere. [`Lines`] cuts a stream of bytes into lines, [`JsonReader`] pushes one line into the columns of a
//! builder by the declared types, [`JsonWriter`] writes one row of a batch as a line. Each further format (CSV, Parquet) is
//! a reader and a writer beside those of JSON.
//!
//! There are two ways in. The quick one reads what records mostly are, a few bytes at a time; where it is not sure it says no, and the
//! careful one, over a library, reads the same place again. Everything that is wrong is found and named there, so there is one set
//! of errors.
//!
//! What holds:
//! - No input makes it panic. A line is taken as a whole or leaves nothing behind in the builder.
//! - Exact stays exact: integers and decimals are read from the digits of the text, never through a float.
//! - What the writer writes, the reader reads back as the same values; null and missing stay two things. The few values
//!   that JSON cannot say are not written at all.

mod lines;

mod reader;

mod object;
mod form;

mod cursor;
mod default;
mod key;
mod quick;
mod scalar;

mod writer;
mod plain;
mod extra;

mod number;
mod text;
mod time;
mod word;

mod error;

pub use cursor::no_json;
pub use error::RecordError;
pub use lines::{Cut, Lines, RECORD_LIMIT, What};
pub use plain::TextWriter;
pub use reader::{Extra, FieldSpec, JsonReader};
pub use writer::JsonWriter;
