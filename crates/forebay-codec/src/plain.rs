//! One value of a row as plain text: keys and headers of messages. A text is itself and bytes are themselves; everything else is
//! what JSON says of it, without quotes.

use forebay_batch::{Batch, Presence};
use forebay_types::{Addr, Ty, code};

use crate::error::RecordError;
use crate::writer::{WriteScalar, scalar_writer};

/// Writes the values of one column.
pub struct TextWriter {
    addr: Addr,
    ty: Ty,
    scalar: WriteScalar,
}

impl TextWriter {
    /// Fails for a type that has no text of one value: lists and structs.
    pub fn new(addr: Addr, ty: &Ty) -> Result<TextWriter, RecordError> {
        match ty.inner() {
            Ty::List(_) | Ty::Struct(_) | Ty::Unknown => {
                let message = format!("a {ty} has no plain text");
                Err(*RecordError::fault(&code::NOT_WRITABLE, 0, message))
            }
            scalar => Ok(TextWriter { addr, ty: scalar.clone(), scalar: scalar_writer(scalar) }),
        }
    }

    /// Appends the value of a row; false where there is none, null or missing.
    pub fn write(&self, batch: &Batch, row: usize, out: &mut Vec<u8>) -> Result<bool, RecordError> {
        let col = batch.col(self.addr);
        if col.presence(row) != Presence::Value {
            return Ok(false);
        }
        let start = out.len();
        match self.ty {
            Ty::String | Ty::Bytes => out.extend_from_slice(col.var().get(row)),
            _ => (self.scalar)(&self.ty, col, row, out).map_err(|fault| {
                out.truncate(start);
                fault.finish()
            })?,
        }
        // Times and durations stand in quotes in JSON, and hold nothing that would be escaped.
        if !matches!(self.ty, Ty::String | Ty::Bytes) && out.get(start) == Some(&b'"') {
            out.pop();
            out.remove(start);
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use forebay_batch::{Builder, Header, Times};
    use forebay_types::{StreamId, TimeForm};
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_value_is_written_without_quotes() {
        let types = [
            Ty::U64,
            Ty::String,
            Ty::Decimal(2),
            Ty::Timestamp(TimeForm::Rfc3339),
            Ty::Bool,
            Ty::Duration,
            Ty::U64.optional(),
        ];
        let mut builder = Builder::new(&types);
        builder.begin();
        builder.col(0).push(7u64);
        builder.col(1).push_str("\"a\\b\"");
        builder.col(2).push(1250i64);
        builder.col(3).push(1_000_000_000i64);
        builder.col(4).push(1u8);
        builder.col(5).push(1_500_000_000i64);
        builder.col(6).push_absent(Presence::Null);
        let mut header = Header::default();
        header.of_stream(StreamId(0), Default::default());
        header.push(0, Times::default());
        let batch = Batch::new(Arc::new(header), builder.finish());
        let text = |at: usize| {
            let writer = TextWriter::new(Addr { group: 0, column: at as u16 }, &types[at]).expect("a scalar");
            let mut out = b"before ".to_vec();
            let is_there = writer.write(&batch, 0, &mut out).expect("a value");
            format!("{} {is_there}", String::from_utf8_lossy(&out[7..]))
        };
        let all: Vec<String> = (0..types.len()).map(text).collect();
        let expect = [
            "7 true",
            "\"a\\b\" true",
            "12.50 true",
            "1970-01-01T00:00:01Z true",
            "true true",
            "1500ms true",
            " false",
        ];
        assert_eq!(all, expect);
        assert!(TextWriter::new(Addr { group: 0, column: 0 }, &Ty::List(Box::new(Ty::U64))).is_err());
    }
}
