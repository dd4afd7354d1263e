//! What was replayed: for each partition of letters up to where everything was, and beside it what was replayed further on of some
//! letters only. Kept as an offset and a note of at most 4 KiB, which is what a broker takes.

use std::collections::BTreeMap;

use forebay_kafka::letters::Mark;
use forebay_types::code;
use serde_json::{Value, json};

use super::{Filter, Letter};
use crate::Error;

const MOST_BYTES: usize = 4_000;

#[derive(Clone, Debug, Default)]
pub struct Marks(BTreeMap<i32, Done>);

#[derive(Clone, Debug, Default)]
struct Done {
    /// Everything before it.
    all: i64,
    /// Of what a filter takes, everything before an offset.
    some: Vec<(Filter, i64)>,
}

impl Marks {
    pub fn of(marks: Vec<Mark>) -> Marks {
        let some = |note: &str| -> Vec<(Filter, i64)> {
            let said: Value = serde_json::from_str(note).unwrap_or_default();
            let one = |one: &Value| {
                let text = |name: &str| one[name].as_str().map(str::to_string);
                let filter = Filter {
                    code: text("code"),
                    node: text("node"),
                    stream: text("stream"),
                    since_ms: one["since"].as_i64(),
                    position: None,
                };
                Some((filter, one["to"].as_i64()?))
            };
            said.as_array().into_iter().flatten().filter_map(one).collect()
        };
        Marks(
            marks
                .into_iter()
                .map(|mark| (mark.partition, Done { all: mark.offset, some: some(&mark.note) }))
                .collect(),
        )
    }

    /// Where there may be letters that were not replayed.
    pub fn begins(&self) -> BTreeMap<i32, i64> {
        self.0.iter().map(|(partition, done)| (*partition, done.all)).collect()
    }

    pub fn has(&self, letter: &Letter) -> bool {
        self.0.get(&letter.partition).is_some_and(|done| {
            letter.offset < done.all
                || done.some.iter().any(|(filter, to)| letter.offset < *to && filter.takes(letter))
        })
    }

    /// Everything that a filter takes was replayed up to an offset.
    pub fn replayed(&mut self, filter: &Filter, partition: i32, to: i64) {
        let done = self.0.entry(partition).or_default();
        if filter.is_empty() {
            done.all = done.all.max(to);
        } else if !done.some.iter().any(|(known, far)| *far >= to && known.covers(filter)) {
            done.some.retain(|(known, far)| !(*far <= to && filter.covers(known)));
            done.some.push((filter.clone(), to));
        }
        let all = done.all;
        done.some.retain(|(_, far)| *far > all);
    }

    /// As they are kept.
    pub fn marks(&self) -> Result<Vec<Mark>, Error> {
        let one = |(filter, to): &(Filter, i64)| {
            let mut said = json!({ "to": to });
            let texts = [("code", &filter.code), ("node", &filter.node), ("stream", &filter.stream)];
            for (name, text) in texts {
                if let Some(text) = text {
                    said[name] = json!(text);
                }
            }
            if let Some(since) = filter.since_ms {
                said["since"] = json!(since);
            }
            said
        };
        let mark = |(partition, done): (&i32, &Done)| {
            let note = match done.some.is_empty() {
                true => String::new(),
                false => done.some.iter().map(one).collect::<Value>().to_string(),
            };
            if note.len() > MOST_BYTES {
                let message = "so many different parts of the letters were replayed that it cannot be kept which: replay once without \
                               --code, --node, --stream and --since";
                return Err(Error::new(&code::REPLAY_REFUSED, message));
            }
            Ok(Mark { partition: *partition, offset: done.all, note })
        };
        self.0.iter().map(mark).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(code: &str) -> Filter {
        Filter { code: Some(code.into()), ..Filter::default() }
    }

    fn letter(code: &str, offset: i64) -> Letter {
        let text = format!(r#"{{"code":"{code}","stream":"s","position":"1"}}"#);
        Letter { partition: 0, offset, ..Letter::of_line("f", 1, text.as_bytes()).expect("a letter") }
    }

    #[test]
    fn parts_are_kept_until_the_whole_is_done() {
        let mut marks = Marks::default();
        marks.replayed(&code("A"), 0, 10);
        marks.replayed(&code("B"), 0, 5);
        let check = |marks: &Marks, expect: &str| {
            let of = |name: &str| (0..12).filter(|at| marks.has(&letter(name, *at))).count();
            assert_eq!(format!("{} {} {}", of("A"), of("B"), of("C")), expect);
        };
        check(&marks, "10 5 0");
        // They come back as they were kept.
        let kept = marks.marks().expect("short notes");
        assert_eq!((kept.len(), kept[0].offset), (1, 0));
        let mut marks = Marks::of(kept);
        check(&marks, "10 5 0");
        marks.replayed(&code("A"), 0, 7);
        check(&marks, "10 5 0");
        marks.replayed(&Filter::default(), 0, 8);
        check(&marks, "10 8 8");
        assert!(marks.marks().expect("short notes")[0].note.contains(r#""code":"A""#));
        marks.replayed(&Filter::default(), 0, 12);
        check(&marks, "12 12 12");
        assert_eq!(marks.marks().expect("short notes")[0].note, "");
    }

    #[test]
    fn too_many_parts_are_refused() {
        let mut marks = Marks::default();
        (0..500).for_each(|at| marks.replayed(&code(&format!("FB{at:04}")), 0, 10));
        assert_eq!(marks.marks().map_err(|error| error.code.id).err(), Some("FB0888"));
    }
}
