//! The `file` sink: what it takes, and how it is made.

mod disk;
mod entry;
mod files;
mod name;
mod output;
mod place;
mod stdout;

use std::sync::Arc;

use forebay_stage::types::kind::{Check, Facts, MAIN, MemoryTerm, Promise, Role};
use forebay_stage::types::shape::{Access, Field, Shape};
use forebay_stage::types::{Diagnostic, Kind, Span, code};
use forebay_stage::{Build, Fault, OwnColumns, Sink};

use crate::packing::{Packer, Packing};
use files::{FileSink, Rows};
use name::{Rotate, Template, pattern};
use place::{Place, STDOUT};
use stdout::StdoutSink;

pub(crate) use disk::Disk;
pub(crate) use name::numbered;

pub static SINK: Kind = Kind {
    name: "file",
    role: Role::Sink,
    summary: "Writes files of JSON Lines.",
    doc: "\
Writes one JSON object a line (`format: json`). A name that ends in `.gz` is packed as gzip, one in `.zst` as zstd.

- A file has its name when it is complete: when the next one begins, or when the input has ended. Until then it is called
  `NAME.partial`, and `NAME.1.partial` before anything in it is committed. A complete file is not written again under its
  name; where the input has grown since, it is `NAME.partial` until the end is reached once more.
- Exactly once: an epoch's records are synced to the disk before it is committed, and a restart cuts the file to the
  committed length and goes on. A file that exists and does not belong to this pipeline's state is never overwritten, and one
  that another pipeline or process writes is refused at the start.
- Complete files may be taken away, but for the newest one: a restart that does not find it as it was committed stops.
- The state belongs to its outputs: with another path, or with numbers where there were none, it is another state.
- Each part of a packed file that is committed is a gzip member or zstd frame of its own, which every tool reads as one
  file; frequent commits (`commit_every`) make it larger.
- `${time:FORMAT}` is the time in UTC at which a file begins: with `rotate: DURATION` the start of its period, else the event
  time of its first record. Time is the highest event time so far, so a replay gives the same files as the first run; a record
  that comes out of order goes to the file that is open. A source without `event_time` has the wall clock instead.
- `rotate: 1d` begins a file at each multiple of the duration since 1970, and needs `${time:…}` in the path to tell them
  apart. `rotate: 64MiB` begins the next file before one would have more text than that, and numbers them: `out-00001.jsonl`.
- Folders are made as needed. When the disk is full the pipeline goes back to its last commit, waits and tries again.
- A record with a value that JSON cannot say (NaN, infinity, a date beyond the year 9999) is rejected with the column's name.
- Of what is rejected it writes `code reason node source stream position time bytes`: `position` is the number of the line,
  `bytes` the original record in base64 where it is known, and `time` the wall clock when the record arrived, not the time of its
  event. List `_time` for that one; of a record that could not be read it is the highest event time before it. `forebay dlq` counts
  and shows what is there.
- The path `-` is standard output, mostly by `--to NAME=-`: an epoch's records are written just before its commit, and
  perhaps once more after a fault, so it gives `at_least_once`. When its reader closes it the pipeline stops.",
    fields: &[
        Field::required(
            "path",
            Shape::Path(Access::Write),
            "The file; it counts from the working directory. `-` is standard output.",
        ),
        Field::optional("rotate", Shape::Text, "When the next file begins: a duration (`1d`) or a size (`64MiB`)."),
    ],
    inputs: MAIN,
    outputs: &[],
    facts: Facts::NONE,
    example: "\
input: decide
file: { path: \"out/scored-${time:%Y-%m-%d}.jsonl.zst\", rotate: 1d }
columns: [tx_id, amount, decision, _seq]",
    check,
};

fn check(check: &mut Check<'_>) {
    let (path, path_span) = (check.config.text("path").unwrap_or_default(), check.config.span("path"));
    let (rotate, rotate_span) = (check.config.text("rotate"), check.config.span("rotate"));
    check
        .answer
        .memory
        .push(MemoryTerm { bytes: files::buffer_bytes(Packing::of(path)), each: "sink".into() });
    if path == STDOUT {
        check.answer.promise = Promise::MayRepeat;
    }
    if path.is_empty() {
        // Reported when the file was read.
        return;
    }
    let wrong = wrong_path(path, path_span, rotate.map(|_| rotate_span)).or_else(|| {
        let rotate = Rotate::parse(rotate).map_err(|(why, suggest)| {
            let message = format!("`{}`: {why}", rotate.unwrap_or_default());
            let error = Diagnostic::error(&code::ROTATE, rotate_span, message);
            error.help(
                suggest.map_or("write `1h`, `1d` or `64MiB`".into(), |right| format!("write `{right}`")),
            )
        });
        rotate.map_or_else(Some, |rotate| same_names(path, path_span, rotate, rotate_span))
    });
    if let Some(diagnostic) = wrong {
        check.report.push(diagnostic);
    }
}

fn wrong_path(path: &str, span: Span, rotate: Option<Span>) -> Option<Diagnostic> {
    if let (STDOUT, Some(rotate)) = (path, rotate) {
        let message = "standard output is no file, and does not rotate";
        return Some(Diagnostic::error(&code::STANDARD_STREAM, rotate, message).help("leave `rotate` out"));
    }
    if path.ends_with('/') {
        let message = format!("`{path}` is a folder");
        let help = format!("name the file: `{path}out.jsonl`");
        return Some(Diagnostic::error(&code::NO_FILE_PATH, span, message).help(help));
    }
    if path.contains(['*', '?']) {
        let message = format!("`{path}` is a glob, and a path that is written names one file");
        let help = "tell several files apart with `${time:%Y-%m-%d}` and `rotate: 1d`";
        return Some(Diagnostic::error(&code::NO_FILE_PATH, span, message).help(help));
    }
    let ending = Packing::foreign(path)?;
    let message = format!("files cannot be packed as `{ending}`");
    let help = "gzip (`.gz`) and zstd (`.zst`) can be written";
    Some(Diagnostic::error(&code::PACKING, span, message).help(help))
}

fn same_names(path: &str, span: Span, rotate: Rotate, rotate_span: Span) -> Option<Diagnostic> {
    let Rotate::Every(period) = rotate else { return None };
    let template = Template::parse(path);
    let (one, other) = template.repeats(period)?;
    let show = |time| {
        let time = Template::parse("${time:%Y-%m-%dT%H:%M:%SZ}").fill(time, None);
        time.strip_suffix("T00:00:00Z").map_or(time.clone(), str::to_string)
    };
    let name = template.fill(one, None);
    let message = format!("the files that begin at {} and {} would both be `{name}`", show(one), show(other));
    let format = match period {
        period if period % 86_400_000_000_000 == 0 => "%Y-%m-%d",
        period if period % 3_600_000_000_000 == 0 => "%Y-%m-%dT%H",
        period if period % 60_000_000_000 == 0 => "%Y-%m-%dT%H-%M",
        _ => "%Y-%m-%dT%H-%M-%S",
    };
    let help = format!("write the time into the path so that it tells them apart: `${{time:{format}}}`");
    Some(
        Diagnostic::error(&code::ROTATE_NAMES, span, message)
            .also(rotate_span, "begins the next file")
            .help(help),
    )
}

pub(crate) fn make(build: &Build<'_>) -> Result<Box<dyn Sink>, Fault> {
    make_on(build, Disk::default())
}

pub(crate) fn make_on(build: &Build<'_>, disk: Disk) -> Result<Box<dyn Sink>, Fault> {
    let own = OwnColumns::new(build.columns, Arc::clone(build.streams), build.model);
    let rows = Rows::new(build.columns, own);
    let path = build.config.text("path").unwrap_or_default();
    if path == STDOUT {
        return Ok(Box::new(StdoutSink::new(rows, Place::new(path.to_string(), build.base))?));
    }
    let rotate = Rotate::parse(build.config.text("rotate"))
        .map_err(|(why, _)| Fault::fatal(&code::ROTATE, format!("`rotate`: {why}")))?;
    let packer = Packer::new(Packing::of(path)).map_err(|error| {
        Fault::fatal(&code::OUTPUT_UNWRITABLE, format!("`{path}` cannot be packed: {error}"))
    })?;
    let place = Place::new(pattern(path, rotate), build.base);
    Ok(Box::new(FileSink::new(disk, rows, place, Template::parse(path), rotate, packer)))
}
