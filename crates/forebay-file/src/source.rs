//! The `file` source: what it takes, and how it is made.

mod files;
mod handle;
mod input;
mod pace;
mod prefix;
mod reader;

use std::fs::{File, Metadata};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::PathBuf;
use std::sync::Arc;

use forebay_codec::{Extra, FieldSpec};
use forebay_stage::types::format::{EXTRA, Extra as Undeclared};
use forebay_stage::types::kind::{Check, Facts, ONE, Promise, Role};
use forebay_stage::types::shape::{self, Field, Shape};
use forebay_stage::types::{Diagnostic, Kind, Node, Schema, code};
use forebay_stage::{Build, Declared, Fault, Source, Stream};
use rustix::fs::{Access, access};

use crate::packing::Packing;
use files::{Found, is_glob, unreadable};
use pace::Pace;
use reader::{FileReader, Form};

/// Bytes to read at a time, for one file and for all of them.
const CHUNK: usize = 256 << 10;
const CHUNKS: usize = 64 << 20;
const LEAST_CHUNK: usize = 4 << 10;
/// Where a source has more files than this, they are open only while they are read from.
const MOST_OPEN: usize = 64;

pub static SOURCE: Kind = Kind {
    name: "file",
    role: Role::Source,
    summary: "Reads files of JSON Lines.",
    doc: "\
Reads files with one JSON object a line (`format: json`). A name that ends in `.gz` is unpacked as gzip, one in `.zst` as zstd.

- Each file is a stream, called by its path relative to the pipeline file where it lies below that. Files are read
  beside each other, merged by event time and then by name; a record's number is that of its line, counted from 1.
- A glob (`data/*.jsonl.gz`) is resolved once, at the start, and may find thousands of files: more than 64 are open only
  while they are read from. A packed file takes memory of its own until it ends (gzip 0.1 MiB, zstd up to its window,
  mostly 2 to 8 MiB). A glob leaves out folders and names that begin with a dot, end in `.partial` or are no UTF-8. A path that does not exist, and a glob that matches nothing, are errors.
- Empty lines are skipped. A line that is no record, or is longer than 1 MiB, is rejected with its number, and
  everything else goes on.
- No event of a file can be later than the last change of the file: with `max_ahead` that tells events from the future. The
  system keeps that time by itself (`ctime`), so a file that was copied or unpacked with an old modification time is read like
  any other.
- A restart goes on behind the last committed record. A file that has grown is read on; one that begins differently or
  is shorter than what was read is an error. A packed file is unpacked up to the position.
- A packed file that ends too early gives every whole line and then an error.
- `rate` makes record i of the source due at start + i / rate, counted over all its files; what is behind is caught up. The
  arrival of a record is when it was due, so latencies tell of waiting too.
- The path `-` is standard input, mostly by `--from NAME=-`. It and named pipes are read once: a restart cannot go on, and a
  run that promises more than `best_effort` is refused.
  A named pipe that nobody writes to yet is waited for.",
    fields: &[
        Field::required(
            "path",
            Shape::List(&Shape::Path(shape::Access::Read)),
            "A path, a glob, or a list of them. They count from the pipeline file. `-` is standard input.",
        ),
        Field::optional("rate", Shape::Rate, "Records per second when they are replayed at a pace: `20000/s`."),
    ],
    inputs: &[],
    outputs: ONE,
    facts: Facts { replayable: true, ends: true, ..Facts::NONE },
    example: "\
file: { path: [\"history/tx-*.jsonl.gz\", today.jsonl], rate: 20000/s }
format: json
schema: { tx_id: string, amount: decimal(2), ts: timestamp(ms) }
event_time: ts",
    check,
};

fn check(check: &mut Check<'_>) {
    check.answer.outputs = vec![Schema::default()];
    let paths = check.config.list("path");
    for node in paths {
        if let Some(diagnostic) = wrong_path(node, paths.len()) {
            check.report.push(diagnostic);
        }
    }
    if paths.iter().any(|node| node.str() == "-") {
        check.answer.promise = Promise::ReadOnce;
    }
}

fn wrong_path(node: &Node, beside: usize) -> Option<Diagnostic> {
    let path = node.str();
    let error = |code, message: String| Diagnostic::error(code, node.span, message);
    if path == "-" && beside > 1 {
        let message = "standard input is one stream of its own and stands in no list".into();
        return Some(
            error(&code::STANDARD_STREAM, message).help("make it a source of its own, and a union of both"),
        );
    }
    if path.ends_with('/') {
        let message = format!("`{path}` is a folder");
        return Some(
            error(&code::NO_FILE_PATH, message)
                .help(format!("write `{path}*.jsonl` to read the files in it")),
        );
    }
    if let Some(ending) = Packing::foreign(path) {
        let message = format!("files in `{ending}` cannot be unpacked");
        let help = "gzip (`.gz`) and zstd (`.zst`) can: pack it again, or unpack it into standard input, `--from NAME=-`";
        return Some(error(&code::PACKING, message).help(help));
    }
    if is_glob(path)
        && let Err(wrong) = glob::Pattern::new(path)
    {
        let span = node.text().map_or(node.span, |text| text.part(node.span, wrong.pos, wrong.pos + 1));
        let message = format!("`{path}` is no glob: {}", wrong.msg);
        let help =
            "a bracket closes (`[0-9]`), `**` stands alone between two `/`; `[[]` is the character `[`";
        return Some(Diagnostic::error(&code::GLOB, span, message).help(help));
    }
    None
}

pub(crate) fn make(build: &Build<'_>) -> Result<Box<dyn Source>, Fault> {
    let rate = build.config.rate("rate");
    let added = build.outputs.first().map_or(&[][..], |schema| &schema.columns);
    let form = Form {
        fields: build.declared.iter().map(field).collect(),
        extra: match build.extra {
            Undeclared::Reject => Extra::Reject,
            Undeclared::Ignore => Extra::Ignore,
            // They are carried where somebody reads them.
            Undeclared::Keep => {
                added.iter().position(|column| column.name == EXTRA).map_or(Extra::Ignore, Extra::Keep)
            }
        },
        types: added.iter().map(|column| column.ty.clone()).collect(),
        keep_raw: build.keep_raw,
        chunk: CHUNK,
        stay_open: true,
        pace: rate.map(|rate| Arc::new(Pace::new(rate))),
    };
    let paths = build.config.list("path").iter().map(|node| node.str().to_string()).collect();
    Ok(Box::new(FileSource { paths, base: build.base.to_path_buf(), form: Some(form) }))
}

/// A declared column as the codec reads it.
pub fn field(declared: &Declared) -> FieldSpec {
    FieldSpec {
        name: declared.from.clone(),
        ty: declared.ty.clone(),
        default: declared.default.as_ref().map(|node| node.value.clone()),
        slot: declared.slot,
        sensitive: declared.sensitive,
    }
}

struct FileSource {
    paths: Vec<String>,
    base: PathBuf,
    /// Until the files were opened.
    form: Option<Form>,
}

impl Source for FileSource {
    fn open(&mut self) -> Result<Vec<Stream>, Fault> {
        let Some(mut form) = self.form.take() else { return Ok(Vec::new()) };
        if self.paths == ["-"] {
            return Ok(vec![standard_input(&Arc::new(form))?]);
        }
        let found = files::find(&self.paths, &self.base)?;
        form.chunk = (CHUNKS / found.len()).clamp(LEAST_CHUNK, CHUNK);
        form.stay_open = found.len() <= MOST_OPEN;
        let form = Arc::new(form);
        found.into_iter().map(|found| open(&form, found)).collect()
    }
}

fn open(form: &Arc<Form>, Found { name, path }: Found) -> Result<Stream, Fault> {
    let shown = path.display().to_string();
    let metadata = std::fs::metadata(&path).map_err(|error| unreadable(&shown, &error))?;
    if metadata.is_file() {
        let reader = FileReader::file(form, path, &shown)?;
        return Ok(Stream { not_after: last_change(&metadata), ..Stream::new(name, Box::new(reader)) });
    }
    if metadata.file_type().is_socket() {
        let message =
            format!("`{shown}` is a socket, which cannot be read like a file; name a file or a pipe");
        return Err(Fault::fatal(&code::FILE_UNREADABLE, message));
    }
    // A run that only looks whether it could start takes nothing out of a pipe.
    access(&path, Access::READ_OK).map_err(|error| unreadable(&shown, &error.into()))?;
    Ok(Stream::new(name, Box::new(FileReader::named_pipe(form, path, &shown)?)))
}

fn standard_input(form: &Arc<Form>) -> Result<Stream, Fault> {
    let name = "standard input";
    let handle = std::io::stdin().as_fd().try_clone_to_owned().map_err(|error| unreadable(name, &error))?;
    let reader = FileReader::standard_input(form, File::from(handle), name)?;
    Ok(Stream::new("-", Box::new(reader)))
}

/// When the file was last written, renamed or given other rights, nanoseconds since 1970. The modification time alone does
/// not do: archives and copies bring it along from elsewhere, and whatever happened since would be an event from the
/// future. It counts where a file system keeps no other.
fn last_change(metadata: &Metadata) -> Option<i64> {
    let nanos = |seconds: i64, rest: i64| seconds.checked_mul(1_000_000_000)?.checked_add(rest);
    let modified = nanos(metadata.mtime(), metadata.mtime_nsec());
    modified.max(nanos(metadata.ctime(), metadata.ctime_nsec()))
}
