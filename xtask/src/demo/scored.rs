//! The file of scored records, read while it grows.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::PathBuf;

use crate::failure::Failure;

/// A file that is called `NAME.partial` until it is complete. It is opened under the one name and stays open when it is
/// renamed.
pub struct Scored {
    path: PathBuf,
    open: Option<BufReader<File>>,
    /// A line whose end is not there yet.
    pending: String,
}

/// So that whoever reads can look at something else in between.
const AT_ONCE: usize = 10_000;

impl Scored {
    pub fn new(path: PathBuf) -> Scored {
        Scored { path, open: None, pending: String::new() }
    }

    /// Hands on lines that have come since the last time, at most [`AT_ONCE`]; whether there may be more.
    pub fn read(&mut self, mut take: impl FnMut(&str)) -> Result<bool, Failure> {
        let tried = || Failure::io(format!("read {}", self.path.display()));
        if self.open.is_none() {
            self.open = self.find().map_err(tried())?;
        }
        let Some(file) = &mut self.open else { return Ok(false) };
        for _ in 0..AT_ONCE {
            // These records are ASCII, so no character is cut in two where the file ends for now.
            if file.read_line(&mut self.pending).map_err(tried())? == 0 {
                return Ok(false);
            }
            if self.pending.ends_with('\n') {
                take(self.pending.trim_end());
                self.pending.clear();
            }
        }
        Ok(true)
    }

    fn find(&self) -> std::io::Result<Option<BufReader<File>>> {
        let partial = PathBuf::from(format!("{}.partial", self.path.display()));
        for path in [&partial, &self.path] {
            match File::open(path) {
                Ok(file) => return Ok(Some(BufReader::with_capacity(1 << 18, file))),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

/// The value of a field of a flat JSON object that Forebay or the generator wrote: compact, and without escapes in what is
/// asked for here. Texts come without their quotes. This reads a million lines in the time that a parser takes for a few
/// ten thousand in a build without optimisation.
pub fn field<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    let bytes = name.len();
    let mut from = 0;
    loop {
        let at = from + line[from..].find(name)?;
        from = at + bytes;
        let is_key = line[..at].ends_with('"') && line[from..].starts_with("\":");
        if is_key {
            let value = &line[from + 2..];
            return match value.strip_prefix('"') {
                Some(text) => text.split('"').next(),
                None => value.split([',', '}']).next(),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;

    #[test]
    fn fields_are_found_by_their_keys() {
        let line = r#"{"tx_id":"score","amount":12.50,"score":null,"scored":true,"rule":"model"}"#;
        for (name, expect) in [
            ("tx_id", Some("score")),
            ("amount", Some("12.50")),
            ("score", Some("null")),
            ("scored", Some("true")),
            ("rule", Some("model")),
            ("model", None),
            ("core", None),
        ] {
            assert_eq!(field(line, name), expect, "{name}");
        }
    }

    #[test]
    fn a_file_is_read_as_it_grows_and_after_it_is_renamed() {
        let folder = std::env::temp_dir().join(format!("xtask-scored-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (path, partial) = (folder.join("a.jsonl"), folder.join("a.jsonl.partial"));
        let mut scored = Scored::new(path.clone());
        let mut seen = Vec::new();
        let mut look = |seen: &mut Vec<String>| {
            let more = scored.read(|line| seen.push(line.to_string())).unwrap();
            assert!(!more);
        };
        look(&mut seen);
        let mut file = File::create(&partial).unwrap();
        file.write_all(b"one\ntw").unwrap();
        look(&mut seen);
        assert_eq!(seen, ["one"]);
        file.write_all(b"o\n").unwrap();
        fs::rename(&partial, &path).unwrap();
        file.write_all(b"three\n").unwrap();
        look(&mut seen);
        assert_eq!(seen, ["one", "two", "three"]);
        fs::remove_dir_all(&folder).unwrap();
    }
}
