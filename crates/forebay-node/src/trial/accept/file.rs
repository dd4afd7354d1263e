//! The files that edits change. Each is there whole at every moment, as it was or as it is to be.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use forebay_types::{FileId, Files, Span, code};

use super::{Edit, Place};
use crate::Error;

/// The texts of the files with these edits, by name. Of two edits of one place the first counts.
pub fn apply(files: &Files, edits: &[Edit]) -> Vec<(String, String)> {
    let mut spans: Vec<(Span, &str)> = Vec::new();
    let mut texts: Vec<(String, String)> = Vec::new();
    for edit in edits {
        match &edit.place {
            Place::File(path) if texts.iter().any(|(known, _)| known == path) => {}
            Place::File(path) => texts.push((path.clone(), edit.text.clone())),
            Place::Span(span) => {
                let meets = |(other, _): &(Span, &str)| {
                    other.file == span.file && other.start < span.end && span.start < other.end
                };
                if !spans.iter().any(meets) {
                    spans.push((*span, &edit.text));
                }
            }
        }
    }
    // From the end, so that what is still to be edited stays where it is.
    spans.sort_by_key(|(span, _)| std::cmp::Reverse(*span));
    for (span, new) in spans {
        let name = files.name(span.file);
        let at = texts.iter().position(|(file, _)| file == name).unwrap_or_else(|| {
            texts.push((name.to_string(), files.text(span.file).to_string()));
            texts.len() - 1
        });
        texts[at].1.replace_range(span.start as usize..span.end as usize, new);
    }
    texts
}

/// Writes what came into the files. None is touched before all can be written, and none that changed since it was read.
pub fn accept(files: &Files, edits: &[Edit]) -> Result<(), Error> {
    let texts = apply(files, edits);
    let mut ready = Vec::with_capacity(texts.len());
    for (path, text) in &texts {
        ready.push(prepared(files, path, text).map_err(|why| {
            let message = format!("`{path}` cannot be written: {why}; it is as it was");
            Error::new(&code::OUTPUT_UNWRITABLE, message)
        })?);
    }
    for ((path, _), (new, real)) in texts.iter().zip(ready) {
        let placed = new
            .persist(&real)
            .map_err(|error| error.error)
            .and_then(|_| fs::File::open(real.parent().unwrap_or(Path::new("/")))?.sync_all());
        placed.map_err(|error| {
            Error::new(&code::OUTPUT_UNWRITABLE, format!("`{path}` cannot be written: {error}"))
        })?;
    }
    Ok(())
}

/// The new file beside the old one, synced, and the path that it is to have: behind links, so that these stay.
fn prepared(files: &Files, path: &str, text: &str) -> Result<(tempfile::NamedTempFile, PathBuf), String> {
    let said = |error: std::io::Error| error.to_string();
    let real = fs::canonicalize(path).map_err(said)?;
    let known = (0..).map(FileId).zip(files.texts()).find(|(id, _)| files.name(*id) == path);
    if let Some((_, known)) = known
        && fs::read(&real).map_err(said)? != known.as_bytes()
    {
        return Err("it changed while the tests ran; run them again".into());
    }
    let old = fs::metadata(&real).map_err(said)?.permissions();
    if old.readonly() {
        return Err("it is read-only; make it writable".into());
    }
    let mut new = tempfile::NamedTempFile::new_in(real.parent().unwrap_or(Path::new("/"))).map_err(said)?;
    new.write_all(text.as_bytes()).map_err(said)?;
    new.as_file().set_permissions(old).map_err(said)?;
    new.as_file().sync_all().map_err(said)?;
    Ok((new, real))
}
