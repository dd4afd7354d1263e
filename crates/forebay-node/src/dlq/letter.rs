//! One dead letter, as it stands in a topic or a file, and which of them are meant.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use forebay_kafka::letters::Post;
use forebay_types::unit::parse_duration;
use jiff::Timestamp;
use serde_json::{Value, json};

/// A rejected record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// `TOPIC/PARTITION@OFFSET`, or `FILE:LINE`.
    pub place: String,
    /// In a topic.
    pub partition: i32,
    pub offset: i64,
    pub code: String,
    pub reason: String,
    pub node: String,
    pub source: String,
    pub stream: String,
    /// The record's number in its stream: for Kafka its offset.
    pub position: String,
    /// When the record arrived, milliseconds since 1970.
    pub time_ms: Option<i64>,
    /// The original bytes, where they were kept.
    pub bytes: Option<Vec<u8>>,
    pub key: Option<Vec<u8>>,
    /// The record's Kafka timestamp, milliseconds since 1970.
    pub timestamp_ms: Option<i64>,
    /// Bytes or key were kept and are not shown.
    pub is_covered: bool,
}

impl Letter {
    pub fn of_post(topic: &str, post: Post) -> Option<Letter> {
        let place = format!("{topic}/{}@{}", post.partition, post.offset);
        let letter = Letter::of_json(place, post.value.as_deref()?)?;
        let key = post.header("key").map(<[u8]>::to_vec);
        let (partition, offset) = (post.partition, post.offset);
        Some(Letter { key, timestamp_ms: post.timestamp_ms, partition, offset, ..letter })
    }

    pub fn of_line(file: &str, line: usize, text: &[u8]) -> Option<Letter> {
        Letter::of_json(format!("{file}:{line}"), text)
    }

    fn of_json(place: String, text: &[u8]) -> Option<Letter> {
        let said: Value = serde_json::from_slice(text).ok()?;
        let text = |name: &str| said[name].as_str().map(str::to_string);
        Some(Letter {
            place,
            partition: -1,
            offset: -1,
            code: text("code")?,
            reason: text("reason").unwrap_or_default(),
            node: text("node").unwrap_or_default(),
            source: text("source").unwrap_or_default(),
            stream: text("stream")?,
            position: text("position")?,
            time_ms: text("time").and_then(|time| Some(time.parse::<Timestamp>().ok()?.as_millisecond())),
            bytes: said["bytes"].as_str().and_then(|bytes| STANDARD.decode(bytes).ok()),
            key: None,
            timestamp_ms: None,
            is_covered: false,
        })
    }

    /// `STREAM@POSITION` of the record.
    pub fn origin(&self) -> String {
        format!("{}@{}", self.stream, self.position)
    }

    /// When the record arrived, for people.
    pub fn time(&self) -> String {
        let time = self.time_ms.and_then(|ms| Timestamp::from_millisecond(ms).ok());
        time.map_or(String::new(), |time| time.to_string())
    }

    pub fn json(&self) -> Value {
        json!({
            "letter": self.place,
            "code": self.code,
            "reason": self.reason,
            "node": self.node,
            "source": self.source,
            "stream": self.stream,
            "position": self.position,
            "time": self.time_ms.map(|_| self.time()),
            "timestamp_ms": self.timestamp_ms,
            "key": self.covered(self.key.as_deref()),
            "bytes": self.covered(self.bytes.as_deref()),
        })
    }

    /// Base64 for programs.
    fn covered(&self, bytes: Option<&[u8]>) -> Value {
        match bytes {
            _ if self.is_covered => json!("•••"),
            bytes => json!(bytes.map(|bytes| STANDARD.encode(bytes))),
        }
    }
}

/// Which letters are meant; what is not said leaves all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub code: Option<String>,
    pub node: Option<String>,
    pub stream: Option<String>,
    /// Records that arrived then or later, milliseconds since 1970.
    pub since_ms: Option<i64>,
    /// The letter at this place, or of the record at this one.
    pub position: Option<String>,
}

impl Filter {
    pub fn takes(&self, letter: &Letter) -> bool {
        let is = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
        let stands = |at: &String| {
            let ends = |place: &str| {
                place == at || place.strip_suffix(at.as_str()).is_some_and(|rest| rest.ends_with('/'))
            };
            ends(&letter.place) || ends(&letter.origin())
        };
        is(&self.code, &letter.code)
            && is(&self.node, &letter.node)
            && is(&self.stream, &letter.stream)
            && self.since_ms.is_none_or(|since| letter.time_ms.is_some_and(|time| time >= since))
            && self.position.as_ref().is_none_or(stands)
    }

    /// Takes every letter.
    pub fn is_empty(&self) -> bool {
        *self == Filter::default()
    }

    /// Whether every letter that `other` takes is taken here.
    pub fn covers(&self, other: &Filter) -> bool {
        let is = |own: &Option<String>, theirs: &Option<String>| own.is_none() || own == theirs;
        is(&self.code, &other.code)
            && is(&self.node, &other.node)
            && is(&self.stream, &other.stream)
            && self.since_ms.is_none_or(|since| other.since_ms.is_some_and(|theirs| theirs >= since))
            && is(&self.position, &other.position)
    }

    /// A time, or how long ago one is, as milliseconds since 1970.
    pub fn since(text: &str) -> Result<i64, String> {
        if let Ok(time) = text.parse::<Timestamp>() {
            return Ok(time.as_millisecond());
        }
        match parse_duration(text) {
            Ok(ns) => Ok(Timestamp::now().as_millisecond() - ns / 1_000_000),
            Err(_) => Err("write a time (2026-01-31T08:00:00Z), or how long ago it was (90m, 2h, 3d)".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter() -> Letter {
        let text = r#"{"code":"FB0701","reason":"no","node":"tx","source":"tx","stream":"pay/3","position":"17",
            "time":"2026-01-31T08:00:00Z","bytes":"e30="}"#;
        Letter::of_json("dead/0@5".into(), text.as_bytes()).expect("a letter")
    }

    #[test]
    fn a_filter_takes_what_it_says() {
        let check = |filter: Filter, expect: bool| assert_eq!(filter.takes(&letter()), expect, "{filter:?}");
        let some = |text: &str| Some(text.to_string());
        check(Filter::default(), true);
        check(Filter { code: some("FB0701"), stream: some("pay/3"), ..Filter::default() }, true);
        check(Filter { code: some("FB0702"), ..Filter::default() }, false);
        check(Filter { node: some("out"), ..Filter::default() }, false);
        for (at, expect) in [
            ("dead/0@5", true),
            ("0@5", true),
            ("@5", false),
            ("pay/3@17", true),
            ("3@17", true),
            ("7", false),
        ] {
            check(Filter { position: some(at), ..Filter::default() }, expect);
        }
        let at = |time: &str| Some(Filter::since(time).expect("a time"));
        check(Filter { since_ms: at("2026-01-31T08:00:00Z"), ..Filter::default() }, true);
        check(Filter { since_ms: at("2026-01-31T08:00:01Z"), ..Filter::default() }, false);
        assert!(Filter::since("yesterday").is_err());
    }

    #[test]
    fn what_is_no_letter_is_none() {
        assert_eq!(letter().bytes.as_deref(), Some(&b"{}"[..]));
        for text in ["", "[]", "{}", r#"{"code":"FB0701"}"#, "\u{1}"] {
            assert_eq!(Letter::of_line("a", 1, text.as_bytes()), None, "{text}");
        }
    }
}
