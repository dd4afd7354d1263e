//! Rust files: each says at its beginning what it is, and none holds more ideas than one.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::metadata::Metadata;
use crate::shell;

/// Most files should have less than half of this.
const MOST_LINES: usize = 700;

/// Where Rust files are ours.
const FOLDERS: &[&str] = &["crates", "examples", "xtask"];

pub fn check(_: &Metadata) -> Result<Vec<String>, Failure> {
    let mut wrong = Vec::new();
    for path in FOLDERS.iter().map(|folder| shell::root().join(folder)).filter(|folder| folder.is_dir()) {
        for file in rust_files(&path)? {
            let text = fs::read_to_string(&file).map_err(Failure::io(format!("read {}", file.display())))?;
            let name = file.strip_prefix(shell::root()).unwrap_or(&file).display();
            wrong.extend(faults(&text).into_iter().map(|fault| format!("{name} {fault}")));
        }
    }
    Ok(wrong)
}

fn faults(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if !text.starts_with("//! ") {
        faults.push("does not begin with `//!` and what it is".to_string());
    }
    let lines = text.lines().count();
    if lines > MOST_LINES {
        faults.push(format!("has {lines} lines, and {MOST_LINES} are the most: it holds several ideas"));
    }
    faults
}

/// All Rust files in a folder and below, in order of their names.
fn rust_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let tried = || format!("read {}", folder.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(Failure::io(tried()))? {
        paths.push(entry.map_err(Failure::io(tried()))?.path());
    }
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_what_it_is_and_is_short() {
        assert_eq!(faults("//! A file.\n\nfn main() {}\n"), Vec::<String>::new());
        assert_eq!(faults("fn main() {}\n"), ["does not begin with `//!` and what it is"]);
        let long = format!("//! Long.\n{}", "\n".repeat(700));
        assert_eq!(faults(&long), ["has 701 lines, and 700 are the most: it holds several ideas"]);
    }

    #[test]
    fn this_file_is_among_those_that_are_looked_at() {
        let files = rust_files(&shell::root().join("xtask")).unwrap();
        assert!(files.iter().any(|file| file.ends_with("xtask/src/check/sources.rs")), "{files:?}");
    }
}
