//! The files that a sink has written so far, for those who look at them while no pipeline has to run.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;

use forebay_stage::types::template::{Part, parts};

use crate::packing::Packing;
use crate::sink::numbered;

/// The complete files of a sink with this path, and the one that is being written, in the order of their names; with `is_numbered`,
/// those that were cut by size. Of the last one the end may not be committed.
pub fn written(path: &str, is_numbered: bool) -> Vec<PathBuf> {
    let piece = |part| match part {
        Part::Text(text) => glob::Pattern::escape(text),
        Part::Ref { scheme: "time", .. } => "*".to_string(),
        Part::Ref { at, .. } | Part::Broken { at } => glob::Pattern::escape(&path[at]),
    };
    let all: String = parts(path).into_iter().map(piece).collect();
    let all = if is_numbered { numbered(&all, "[0-9]*") } else { all };
    let of = |pattern: String| glob::glob(&pattern).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = of(all.clone()).chain(of(format!("{all}.partial"))).collect();
    found.sort();
    found.dedup();
    found
}

/// The text of such a file.
pub fn open(path: &std::path::Path) -> io::Result<Box<dyn Read + Send>> {
    let name = path.to_string_lossy();
    let packing = Packing::of(name.strip_suffix(".partial").unwrap_or(&name));
    packing.unpack(BufReader::new(File::open(path)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_the_path_of_their_sink() {
        let folder = tempfile::tempdir().expect("a folder");
        let names = [
            "a.jsonl",
            "a.jsonl.1.partial",
            "a-00001.jsonl",
            "a-00002.jsonl.partial",
            "d-2026.jsonl",
            "b.jsonl",
        ];
        for name in names {
            std::fs::write(folder.path().join(name), name).expect("a file");
        }
        let check = |path: &str, is_numbered: bool, expect: &[&str]| {
            let found = written(&folder.path().join(path).to_string_lossy(), is_numbered);
            let names: Vec<_> =
                found.iter().map(|path| path.file_name().expect("a name").to_string_lossy()).collect();
            assert_eq!(names, expect, "{path}");
        };
        check("a.jsonl", false, &["a.jsonl"]);
        check("a.jsonl", true, &["a-00001.jsonl", "a-00002.jsonl.partial"]);
        check("d-${time:%Y}.jsonl", false, &["d-2026.jsonl"]);
        check("none.jsonl", false, &[]);
        let mut text = String::new();
        open(&folder.path().join("b.jsonl")).expect("a file").read_to_string(&mut text).expect("a text");
        assert_eq!(text, "b.jsonl");
    }
}
