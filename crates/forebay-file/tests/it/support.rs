//! Makes sources and sinks from texts, as a pipeline file would, and shows what they read and wrote as texts.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use forebay_file::testing::Faults;
use forebay_spec::{Configs, MemoryLoader, Options, read_pipeline};
use forebay_stage::batch::Batch;
use forebay_stage::testing::{self, cell, schema};
use forebay_stage::types::end::{End, Fate, ReasonId};
use forebay_stage::types::{Epoch, Files, Record, Report, Schema};
use forebay_stage::{
    Build, Chunk, Declared, Fault, OwnColumn, Position, Read, Reader, Reject, Sink, SinkColumn, SinkCx,
    Source, StreamNames, Synced,
};
use tempfile::TempDir;

/// The fields of `file: SPEC` in a pipeline file that lies in this folder.
pub fn config(folder: &Path, source: &str, sink: &str) -> (Record, Record, Report) {
    let path = folder.join("pipeline.yaml").display().to_string();
    let text = format!(
        "apiVersion: forebay.dev/v1alpha1\nkind: Pipeline\nmetadata: {{ name: test }}\nspec:\n  sources:\n    s: \
         {{ file: {source}, schema: {{ a: i64 }} }}\n  sinks:\n    o: {{ input: s, file: {sink} }}\n"
    );
    let loader = MemoryLoader::default().with(&path, &text);
    let (mut files, mut report) = (Files::default(), Report::default());
    let kinds = &[&forebay_file::SOURCE, &forebay_file::SINK];
    let options = Options::default();
    let loaded = read_pipeline(&mut files, &loader, &path, kinds, &Configs::default(), &options, &mut report);
    let loaded = loaded.unwrap_or_else(|| panic!("{}", report.render(&files, false)));
    let mut configs = loaded.pipeline.bodies().map(|body| body.config.clone().expect("a good configuration"));
    let (source, sink) = (configs.next().expect("a source"), configs.next().expect("a sink"));
    drop(configs);
    (source, sink, report)
}

/// How a source is made, beside its own fields.
pub struct How<'a> {
    pub columns: &'a str,
    pub keep_raw: bool,
}

pub const PLAIN: How<'static> = How { columns: "a: i64, t: optional(string)", keep_raw: false };

pub fn source(folder: &Path, spec: &str, how: &How<'_>) -> Box<dyn Source> {
    let schema = schema(how.columns);
    let declared: Vec<Declared> = schema
        .columns
        .iter()
        .enumerate()
        .map(|(slot, column)| Declared {
            from: column.name.clone(),
            name: column.name.clone(),
            ty: column.ty.clone(),
            default: None,
            sensitive: false,
            slot: Some(slot),
        })
        .collect();
    let config = config(folder, spec, "{ path: o }").0;
    let outputs = [schema];
    let build = Build {
        base: folder,
        declared: &declared,
        keep_raw: how.keep_raw,
        ..testing::build(&config, &[], &outputs)
    };
    (match forebay_file::factories()[0].make {
        forebay_stage::Make::Source(make) => make(&build),
        _ => panic!("the first factory makes the source"),
    })
    .expect("a source")
}

/// The one stream of a source.
pub fn reader(folder: &Path, spec: &str, how: &How<'_>) -> Box<dyn Reader> {
    let mut streams = source(folder, spec, how).open().expect("a file");
    assert_eq!(streams.len(), 1);
    streams.remove(0).reader
}

/// What one chunk holds: `seq: cell cell`, or `seq: [code] reason` and the raw bytes.
pub fn show(chunk: &Chunk, schema: &Schema) -> Vec<String> {
    let row = |row: usize| {
        let refused = chunk.refused.iter().find(|refused| refused.row as usize == row);
        let raw = chunk.raw.get(row);
        let raw = raw.map_or(String::new(), |raw| format!(" <{}>", String::from_utf8_lossy(raw)));
        let shown = match refused {
            Some(refused) => format!("[{}] {}{raw}", refused.code.id, refused.reason),
            None => {
                let columns = chunk.columns.as_ref().expect("rows have columns");
                let cells =
                    schema.columns.iter().map(|column| cell(columns.col(column.addr), &column.ty, row));
                cells.collect::<Vec<_>>().join(" ")
            }
        };
        format!("{}: {shown}", chunk.seqs[row])
    };
    (0..chunk.rows()).map(row).collect()
}

/// Everything that is left in a stream, with the position after each record; the fault in place of the end.
pub fn read_on(
    reader: &mut dyn Reader,
    max: usize,
    how: &How<'_>,
) -> (Vec<(String, Position)>, Option<Fault>) {
    let schema = schema(how.columns);
    let mut all = Vec::new();
    let mut chunk = Chunk::default();
    loop {
        chunk.clear();
        let read = reader.read(0, max, &mut chunk);
        assert!(chunk.rows() <= max);
        let shown = show(&chunk, &schema);
        all.extend(shown.into_iter().enumerate().map(|(row, text)| (text, chunk.position_after(row))));
        match read {
            Ok(Read::End) => return (all, None),
            Ok(_) => {}
            Err(fault) => return (all, Some(fault)),
        }
    }
}

/// All records of all streams of a source, `NAME` before each stream's.
pub fn read_all(folder: &Path, spec: &str, how: &How<'_>) -> String {
    let mut out = String::new();
    for mut stream in source(folder, spec, how).open().unwrap_or_else(|fault| panic!("{fault}")) {
        out.push_str(&format!("{}\n", stream.name));
        let (records, fault) = read_on(stream.reader.as_mut(), 3, how);
        records.iter().for_each(|(text, _)| out.push_str(&format!("  {text}\n")));
        if let Some(fault) = fault {
            out.push_str(&format!("  {fault}\n").replace(&folder.display().to_string(), "DIR"));
        }
    }
    out
}

/// A folder with these files; those in `.gz` and `.zst` are packed.
pub fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder above")).expect("a folder");
        fs::write(path, packed(name, text.as_bytes())).expect("a file");
    }
    folder
}

pub fn packed(name: &str, text: &[u8]) -> Vec<u8> {
    if name.ends_with(".gz") {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(text).expect("memory");
        out.finish().expect("memory")
    } else if name.ends_with(".zst") {
        zstd::encode_all(text, 1).expect("memory")
    } else {
        text.to_vec()
    }
}

/// The name that a file will have, and whether it is `NAME.N.partial`: nothing in it is committed.
pub fn complete_name(name: &str) -> (&str, bool) {
    let Some(name) = name.strip_suffix(".partial") else { return (name, false) };
    match name.rsplit_once('.') {
        Some((name, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => (name, true),
        _ => (name, false),
    }
}

/// The text of a file, unpacked by its name; of one that is not complete as much as there is.
pub fn text(path: &Path) -> String {
    use std::io::Read as _;
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let name = path.display().to_string();
    let whole = complete_name(&name).0;
    let mut out = Vec::new();
    let read = match whole {
        whole if whole.ends_with(".gz") => {
            flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut out)
        }
        whole if whole.ends_with(".zst") => {
            zstd::Decoder::new(&bytes[..]).expect("memory").read_to_end(&mut out)
        }
        _ => (&bytes[..]).read_to_end(&mut out),
    };
    assert!(read.is_ok() || whole != name, "{name}: {read:?}");
    String::from_utf8(out).expect("text")
}

/// Every file below a folder.
pub fn names(folder: &Path) -> Vec<PathBuf> {
    let mut names = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { names.push(path) }
        }
    }
    names.sort();
    names
}

/// The same as `NAME: text`, one a line, ends of lines as `;`.
pub fn listing(folder: &Path) -> String {
    let line = |path: &PathBuf| {
        let name = path.strip_prefix(folder).expect("below").display().to_string();
        format!("{name}: {}\n", text(path).replace('\n', ";"))
    };
    names(folder).iter().map(line).collect()
}

pub const OUT: &str = "a: i64";

/// A sink that writes the column `a`, and own columns.
pub fn sink(folder: &Path, spec: &str, own: &[OwnColumn], faults: &Faults) -> Result<Box<dyn Sink>, Fault> {
    sink_of(folder, spec, OUT, own, faults)
}

pub fn sink_of(
    folder: &Path,
    spec: &str,
    columns: &str,
    own: &[OwnColumn],
    faults: &Faults,
) -> Result<Box<dyn Sink>, Fault> {
    let spec = spec.replace("DIR", &folder.display().to_string());
    let config = config(folder, "{ path: i }", &spec).1;
    let columns = schema(columns).columns.into_iter().map(|column| SinkColumn::Column {
        name: column.name,
        ty: column.ty,
        addr: column.addr,
        sensitive: false,
    });
    let columns: Vec<SinkColumn> = columns.chain(own.iter().map(|own| SinkColumn::Own(*own))).collect();
    let streams = Arc::new(StreamNames::default());
    streams.add("tx", "in.jsonl");
    let parts = testing::build(&config, &[], &[]);
    let build = Build { base: folder, columns: &columns, streams: &streams, ..parts };
    forebay_file::testing::sink(&build, faults.clone())
}

/// A batch of records with the column `a`, event time = high = `time`.
pub fn batch(rows: &[(i64, i64)]) -> Batch {
    let table: String = rows.iter().map(|(time, a)| format!("\n{time} | {a}")).collect();
    forebay_stage::testing::batch(&schema(OUT), &format!("@event | a{table}"), 1)
}

pub fn push(sink: &mut dyn Sink, batch: &Batch) -> Result<(), Fault> {
    let (pushed, rejects) = push_some(sink, batch);
    assert!(rejects.is_empty());
    pushed
}

/// The same with records that cannot be written: these as `row: [code] reason`.
pub fn push_some(sink: &mut dyn Sink, batch: &Batch) -> (Result<(), Fault>, Vec<String>) {
    let mut rejects = Vec::new();
    let mut cx = SinkCx::new(0, End::new(Fate::Published, ReasonId(0)), &mut rejects);
    let pushed = sink.push(&mut cx, batch);
    let written = cx.count() as usize;
    assert!(pushed.is_err() || written + rejects.len() == batch.len(), "every record is written or rejected");
    let show = |reject: &Reject| format!("{}: [{}] {}", reject.row, reject.code.id, reject.reason);
    (pushed, rejects.iter().map(show).collect())
}

/// A whole epoch: sealed, synced, committed.
pub fn commit(sink: &mut dyn Sink, epoch: u64, last: bool) -> Vec<u8> {
    let sealed = sink.seal(Epoch(epoch), last).unwrap_or_else(|fault| panic!("{fault}"));
    sealed.sync.map_or(Ok(Synced::Done), |mut sync| sync()).expect("a sync");
    sink.committed(Epoch(epoch)).unwrap_or_else(|fault| panic!("{fault}"));
    sealed.entry
}
