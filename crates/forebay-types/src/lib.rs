//! The words of Forebay as types. Everything that several crates have to agree on, and nothing that runs:
//! no thread, no I/O, no clock.
//!
//! Reading order: `ty` and `schema` say what a column is; `shape` and `value` say how a configuration is
//! described and read; `kind` ties both together; `diagnostic` is how any of it says no.

mod words;
pub mod format;
pub mod nearest;
pub mod number;
pub mod place;
pub mod schema;
pub mod ty;
pub mod unit;

pub mod code;
pub mod diagnostic;
pub mod span;

pub mod card;
pub mod kind;
pub mod shape;
pub mod template;
pub mod value;

pub mod end;
pub mod id;

pub use diagnostic::{Diagnostic, Report, Severity};
pub use id::{Epoch, MergeKey, StreamId};
pub use kind::Kind;
pub use place::Place;
pub use schema::{Addr, Column, Schema};
pub use span::{FileId, Files, Span};
pub use ty::{TimeForm, Ty};
pub use value::{Node, Record, Value};
