//! Whether messages are keyed as the source says, by samples: reading every key as a column would cost as much as the column.

use std::sync::Arc;

use forebay_codec::{Extra, FieldSpec, JsonReader, TextWriter};
use forebay_stage::batch::{Batch, Builder, Header, Times};
use forebay_stage::types::{Addr, StreamId};
use forebay_stage::{Fault, types::code};

use crate::raw::Message;

/// The first messages of a partition are looked at, and then one in so many.
const FIRST: u64 = 16;
const ONE_IN: u64 = 256;

pub struct KeySamples {
    column: FieldSpec,
    json: JsonReader,
    builder: Builder,
    text: TextWriter,
    seen: u64,
}

impl KeySamples {
    /// Of a column that is field 0 of its reader.
    pub fn new(column: FieldSpec) -> Result<KeySamples, Fault> {
        let refuse = |message: String| Fault::fatal(&code::KAFKA_KEY, format!("`key`: {message}"));
        let json = JsonReader::new(std::slice::from_ref(&column), Extra::Ignore);
        Ok(KeySamples {
            json: json.map_err(|error| refuse(error.message))?,
            builder: Builder::new([&column.ty]),
            text: TextWriter::new(Addr { group: 0, column: 0 }, &column.ty)
                .map_err(|error| refuse(error.message))?,
            column,
            seen: 0,
        })
    }

    /// Looks at a message if it is one of the samples, and says what is wrong with its key.
    pub fn look(&mut self, message: &Message) -> Option<String> {
        self.seen += 1;
        if self.seen > FIRST && !self.seen.is_multiple_of(ONE_IN) {
            return None;
        }
        self.differs(message.key(), message.value()?)
    }

    fn differs(&mut self, key: Option<&[u8]>, value: &[u8]) -> Option<String> {
        self.builder.begin();
        // What is no record is rejected with its own reason.
        self.json.read_record(value, &mut self.builder).ok()?;
        let mut header = Header::default();
        header.of_stream(StreamId(0), Default::default());
        header.push(0, Times::default());
        let batch = Batch::new(Arc::new(header), self.builder.finish());
        let mut text = Vec::new();
        let has_value = self.text.write(&batch, 0, &mut text).ok()?;
        let column = &self.column.name;
        let shown = |text: &[u8]| match self.column.sensitive {
            true => "•••".to_string(),
            false => String::from_utf8_lossy(text).into_owned(),
        };
        match key {
            Some(key) if has_value && key == text => None,
            None if !has_value => None,
            None => Some(format!("the message has no key, and its `{column}` is `{}`", shown(&text))),
            Some(key) => Some(format!(
                "the message has the key `{}`, and its `{column}` is `{}`",
                shown(key),
                shown(&text)
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use forebay_stage::types::Ty;

    use super::*;

    #[test]
    fn a_key_is_the_text_of_its_column() {
        let check = |sensitive: bool, key: Option<&str>, value: &str, expect: Option<&str>| {
            let column = FieldSpec {
                name: "card".into(),
                ty: Ty::U64.optional(),
                default: None,
                slot: Some(0),
                sensitive,
            };
            let mut samples = KeySamples::new(column).expect("a column with a text");
            let found = samples.differs(key.map(str::as_bytes), value.as_bytes());
            assert_eq!(found.as_deref(), expect, "{key:?} of {value}");
        };
        check(false, Some("7"), r#"{"card":7,"other":[1]}"#, None);
        check(false, Some("8"), r#"{"card":7}"#, Some("the message has the key `8`, and its `card` is `7`"));
        check(
            true,
            Some("8"),
            r#"{"card":7}"#,
            Some("the message has the key `•••`, and its `card` is `•••`"),
        );
        check(false, None, r#"{"card":7}"#, Some("the message has no key, and its `card` is `7`"));
        check(false, None, r#"{"card":null}"#, None);
        check(false, Some("8"), r#"{"card":"#, None);
    }
}
