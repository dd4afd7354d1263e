//! What a source reads.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use forebay_stage::{Chunk, FaultKind, Read, Reader};
use rustix::fs::OFlags;
use tempfile::TempDir;

use crate::support::{How, PLAIN, folder, packed, read_all, read_on, reader, source};

fn check(files: &[(&str, &str)], spec: &str, expect: &str) {
    let folder = folder(files);
    let expect: String =
        expect.lines().map(|line| format!("{}\n", line.strip_prefix("    ").unwrap_or(line))).collect();
    assert_eq!(read_all(folder.path(), spec, &PLAIN), expect.trim_start_matches('\n'));
}

const TWO: &str = "{\"a\":1,\"t\":\"x\"}\n{\"a\":2}\n";

#[test]
fn files_are_unpacked_by_their_names() {
    for name in ["in.jsonl", "in.jsonl.gz", "in.jsonl.zst", "in"] {
        check(&[(name, TWO)], &format!("{{ path: {name} }}"), &format!("{name}\n  1: 1 x\n  2: 2 -\n"));
    }
}

#[test]
fn members_and_frames_one_after_the_other_are_one_text() {
    for name in ["in.gz", "in.zst"] {
        let folder = folder(&[]);
        let mut bytes = packed(name, b"{\"a\":1}\n{\"a\"");
        bytes.extend(packed(name, b":2}\n"));
        bytes.extend(packed(name, b""));
        bytes.extend(packed(name, b"{\"a\":3}"));
        fs::write(folder.path().join(name), bytes).unwrap();
        let read = read_all(folder.path(), &format!("{{ path: {name} }}"), &PLAIN);
        assert_eq!(read, format!("{name}\n  1: 1 -\n  2: 2 -\n  3: 3 -\n"));
    }
}

#[test]
fn lines_of_every_kind() {
    let folder = folder(&[
        ("in", "\u{feff}{\"a\":1}\r\n\r\n\n{\"a\":2,\"b\":[]}\n[]\n{\"a\":\"x\"}\n{\"a\":3}"),
        ("none", ""),
        ("none.zst", "\n\n"),
    ]);
    let read = read_all(folder.path(), "{ path: \"*\" }", &PLAIN);
    // What the codec says of a bad line is its own; here its place is added.
    let reasons: Vec<&str> = read.lines().filter(|line| line.contains("[FB")).collect();
    assert!(
        reasons[0].ends_with(" (byte 1 of the line)") && reasons[1].ends_with(" (byte 6 of the line)"),
        "{read}"
    );
    let brief: Vec<&str> =
        read.lines().map(|line| line.split_inclusive(']').next().unwrap_or(line)).collect();
    assert_eq!(
        brief,
        ["in", "  1: 1 -", "  4: 2 -", "  5: [FB0702]", "  6: [FB0706]", "  7: 3 -", "none", "none.zst"]
    );
}

#[test]
fn a_line_over_the_limit_is_refused_with_its_number() {
    let long = format!("{{\"a\":1}}\n{{\"a\":2,\"t\":\"{}\"}}\n{{\"a\":3}}\n", "x".repeat(1 << 20));
    for name in ["in", "in.gz"] {
        let expect = format!(
            "{name}
      1: 1 -
      2: [FB0715] the record has 1048590 bytes, at most 1048576 are allowed
      3: 3 -
"
        );
        check(&[(name, &long)], &format!("{{ path: {name} }}"), &expect);
    }
}

#[test]
fn original_bytes_lie_beside_each_row_where_they_are_wanted() {
    let how = How { keep_raw: true, ..PLAIN };
    let folder = folder(&[("in", "{\"a\":1}\nnonsense\r\n{\"a\":3}")]);
    let read = read_all(folder.path(), "{ path: in }", &how);
    let lines: Vec<&str> = read.lines().collect();
    assert!(lines[2].starts_with("  2: [FB0701] ") && lines[2].ends_with(" <nonsense>"), "{read}");
}

#[test]
fn globs_and_lists_give_each_file_once_in_the_order_of_names() {
    let one = "{\"a\":1}\n";
    let files = [
        ("data/b.jsonl", one),
        ("data/a.jsonl.gz", one),
        ("data/a.jsonl.partial", one),
        ("data/.hidden.jsonl", one),
        ("data/deep/c.jsonl", one),
        (".dots/d.jsonl", one),
        ("else.jsonl", one),
    ];
    let names = |spec: &str| {
        let folder = folder(&files);
        let streams = source(folder.path(), spec, &PLAIN).open().unwrap_or_else(|fault| panic!("{fault}"));
        streams.iter().map(|stream| stream.name.clone()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names("{ path: data/* }"), "data/a.jsonl.gz data/b.jsonl");
    assert_eq!(names("{ path: [else.jsonl, data/b.jsonl, data/*.jsonl] }"), "data/b.jsonl else.jsonl");
    assert_eq!(names("{ path: \"**/*.jsonl\" }"), "data/b.jsonl data/deep/c.jsonl else.jsonl");
    assert_eq!(names("{ path: \"data/[ab].*\" }"), "data/a.jsonl.gz data/b.jsonl");
    assert_eq!(names("{ path: \"data/.h*\" }"), "data/.hidden.jsonl");
    assert_eq!(names("{ path: \".dots/*\" }"), ".dots/d.jsonl");
}

#[test]
fn a_name_that_is_no_text_is_left_out_by_a_glob() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = folder(&[("a", "{\"a\":1}\n")]);
    fs::write(folder.path().join(std::ffi::OsStr::from_bytes(b"b\xff")), "{\"a\":2}\n").unwrap();
    assert_eq!(read_all(folder.path(), "{ path: \"*\" }", &PLAIN), "a\n  1: 1 -\n");
}

#[test]
fn files_that_are_not_there_are_errors_at_open() {
    let refused = |spec: &str| {
        let folder = folder(&[("data/tx.jsonl", "")]);
        let fault = source(folder.path(), spec, &PLAIN).open().err().expect("a fault");
        assert_eq!(fault.kind, FaultKind::Fatal);
        fault.to_string().replace(&folder.path().display().to_string(), "DIR")
    };
    for (spec, expect) in [
        (
            "{ path: data/xt.jsonl }",
            "[FB0810] `DIR/data/xt.jsonl` does not exist; did you mean `DIR/data/tx.jsonl`?",
        ),
        (
            "{ path: date/tx.jsonl }",
            "[FB0810] `DIR/date/tx.jsonl` does not exist; there is no folder `DIR/date` either",
        ),
        (
            "{ path: data/*.gz }",
            "[FB0810] `DIR/data/*.gz` matches no file; a glob leaves out folders and names that begin with a dot, \
             end in `.partial` or are no UTF-8",
        ),
        (
            "{ path: data }",
            "[FB0811] `DIR/data` is a folder; write `DIR/data/*.jsonl` to read the files in it",
        ),
    ] {
        assert_eq!(refused(spec), expect);
    }
}

#[test]
fn the_second_call_opens_nothing() {
    let folder = folder(&[("in", TWO)]);
    let mut source = source(folder.path(), "{ path: in }", &PLAIN);
    assert_eq!(source.open().unwrap().len(), 1);
    assert!(source.open().unwrap().is_empty());
}

/// An archive, or a copy, may bring along whatever modification time.
#[test]
fn the_last_change_of_a_file_bounds_its_events() {
    let now = || i64::try_from(UNIX_EPOCH.elapsed().unwrap().as_nanos()).unwrap();
    let folder = folder(&[("in", TWO)]);
    let before = now() - 1_000_000_000;
    let check = |modified: SystemTime| {
        fs::File::open(folder.path().join("in")).unwrap().set_modified(modified).unwrap();
        source(folder.path(), "{ path: in }", &PLAIN).open().unwrap()[0].not_after.unwrap()
    };
    let old = check(UNIX_EPOCH + Duration::from_secs(1_577_836_800));
    assert!((before..=now()).contains(&old), "{old}");
    let day = Duration::from_secs(86_400);
    assert!(check(SystemTime::now() + day) > now());
}

/// Until it is known, the last record of a file holds back every file that it is merged with.
#[test]
fn the_end_of_a_file_comes_with_its_last_records() {
    let check = |name: &str, text: &str, max: usize, wanted: &[(usize, Read)]| {
        let folder = folder(&[]);
        fs::write(folder.path().join(name), packed(name, text.as_bytes())).unwrap();
        let mut reader = reader(folder.path(), &format!("{{ path: {name} }}"), &PLAIN);
        let mut reads = Vec::new();
        while reads.last().is_none_or(|(_, read)| *read != Read::End) {
            let mut chunk = Chunk::default();
            let read = reader.read(0, max, &mut chunk).unwrap();
            reads.push((chunk.rows(), read));
        }
        assert_eq!(reads, wanted, "{name} {text:?}, {max} at a time");
    };
    for name in ["in", "in.gz", "in.zst"] {
        check(name, "{\"a\":1}\n{\"a\":2}\n", 9, &[(2, Read::End)]);
        check(name, "{\"a\":1}\n{\"a\":2}\n\n", 2, &[(2, Read::More), (0, Read::End)]);
        check(name, "{\"a\":1}\n{\"a\":2}\n", 1, &[(1, Read::More), (1, Read::End)]);
        check(name, "{\"a\":1}", 9, &[(1, Read::End)]);
        check(name, "{\"a\":1}\n{\"a\":2}", 9, &[(1, Read::More), (1, Read::End)]);
        check(name, "", 9, &[(0, Read::End)]);
    }
}

/// What was whole before the damage is given out, then the file is named.
#[test]
fn a_packed_file_that_ends_too_early_gives_its_whole_lines_and_then_an_error() {
    let lines: String =
        (0..20_000).map(|a| format!("{{\"a\":{a},\"t\":\"{:x}\"}}\n", a * 2_654_435_761u64)).collect();
    for name in ["in.gz", "in.zst"] {
        let whole = packed(name, lines.as_bytes());
        let mut counts = Vec::new();
        for cut in [whole.len() - 1, whole.len() / 2, whole.len() / 100, 3] {
            let folder = folder(&[]);
            fs::write(folder.path().join(name), &whole[..cut]).unwrap();
            let mut reader = reader(folder.path(), &format!("{{ path: {name} }}"), &PLAIN);
            let (records, fault) = read_on(reader.as_mut(), 1_000, &PLAIN);
            let fault = fault.unwrap_or_else(|| panic!("{name} cut at {cut} of {} was silent", whole.len()));
            assert_eq!((fault.code.id, fault.kind), ("FB0812", FaultKind::Fatal), "{fault}");
            assert!(fault.message.contains(name) && fault.message.contains("bytes of its text"), "{fault}");
            for (at, (text, _)) in records.iter().enumerate() {
                assert_eq!(*text, format!("{}: {at} {:x}", at + 1, at as u64 * 2_654_435_761));
            }
            counts.push(records.len());
        }
        // Of gzip only the checksum is gone; zstd needs its last block whole.
        assert!(counts[0] == 20_000 || name == "in.zst" && counts[0] > 15_000, "{name}: {counts:?}");
        assert!(counts[1] > 5_000 && counts[1] < 15_000, "{name}: {counts:?}");
        assert!(counts[2] < counts[1] && counts[3] == 0, "{name}: {counts:?}");
    }
}

#[test]
fn rubbish_in_a_packed_file_is_no_panic() {
    for name in ["in.gz", "in.zst"] {
        let folder = folder(&[]);
        fs::write(folder.path().join(name), b"{\"a\":1}\n{\"a\":2}\n").unwrap();
        let read = read_all(folder.path(), &format!("{{ path: {name} }}"), &PLAIN);
        assert!(read.contains("[FB0812] `DIR/in."), "{read}");
    }
}

/// A named pipe of this name in a folder of its own.
fn named_pipe(name: &str) -> (TempDir, PathBuf) {
    let folder = folder(&[]);
    let path = folder.path().join(name);
    assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo").success());
    (folder, path)
}

/// What a reader that has nothing says.
const NOTHING_YET: Read = Read::NotBefore(5_000_100);

#[test]
fn a_pipe_is_read_as_it_comes_and_once() {
    let (folder, path) = named_pipe("pipe");
    let mut reader = reader(folder.path(), "{ path: pipe }", &PLAIN);
    let mut chunk = Chunk::default();
    for _ in 0..3 {
        assert_eq!(reader.read(100, 9, &mut chunk).unwrap(), NOTHING_YET, "nobody writes yet");
    }
    let mut writer = fs::OpenOptions::new().write(true).open(path).expect("the other end");
    assert_eq!(reader.read(100, 9, &mut chunk).unwrap(), NOTHING_YET, "it does not wait");
    writer.write_all(b"{\"a\":1}\n{\"a\"").unwrap();
    assert_eq!(reader.read(100, 9, &mut chunk).unwrap(), Read::More);
    assert_eq!(chunk.seqs, [1]);
    let after = chunk.position_after(0);
    writer.write_all(b":2}\n").unwrap();
    drop(writer);
    let (rest, fault) = read_on(reader.as_mut(), 9, &PLAIN);
    assert!(fault.is_none());
    assert_eq!(rest[0].0, "2: 2 -");
    assert_eq!(reader.seek(after).unwrap_err().code.id, "FB0813");
    assert!(reader.matches(&reader.fingerprint()));
}

#[test]
fn a_packed_pipe_does_not_wait_either() {
    for name in ["pipe.gz", "pipe.zst"] {
        let (folder, path) = named_pipe(name);
        let mut reader = reader(folder.path(), &format!("{{ path: {name} }}"), &PLAIN);
        let mut chunk = Chunk::default();
        assert_eq!(reader.read(100, 9, &mut chunk).unwrap(), NOTHING_YET, "{name}");
        let mut writer = fs::OpenOptions::new().write(true).open(path).expect("the other end");
        let mut read = Vec::new();
        // Byte by byte, over the end of a member or frame too.
        for byte in [packed(name, b"{\"a\":1}\n{\"a\""), packed(name, b":2}\n")].concat() {
            writer.write_all(&[byte]).unwrap();
            while reader.read(100, 9, &mut chunk).unwrap_or_else(|fault| panic!("{name}: {fault}"))
                == Read::More
            {
                read.append(&mut chunk.seqs);
                chunk.clear();
            }
        }
        drop(writer);
        let (rest, fault) = read_on(reader.as_mut(), 9, &PLAIN);
        assert!(rest.is_empty() && fault.is_none() && read == [1, 2], "{name}: {read:?}");
    }
}

#[test]
fn a_pipe_that_is_only_looked_at_keeps_what_is_in_it() {
    let (folder, path) = named_pipe("pipe");
    let looked = source(folder.path(), "{ path: pipe }", &PLAIN).open().expect("a pipe");
    let opened = fs::OpenOptions::new().write(true).custom_flags(OFlags::NONBLOCK.bits() as i32).open(&path);
    assert!(opened.is_err(), "nobody has opened the other end");
    drop(looked);
    let mut reader = reader(folder.path(), "{ path: pipe }", &PLAIN);
    let writer = thread::spawn(move || fs::write(path, "{\"a\":1}\n"));
    wait_until_read(reader.as_mut());
    writer.join().expect("a writer").expect("a pipe that is read");
}

/// Reads one record, whenever it comes.
fn wait_until_read(reader: &mut dyn Reader) {
    let mut chunk = Chunk::default();
    let end = Instant::now() + Duration::from_secs(30);
    while chunk.seqs != [1] {
        assert!(Instant::now() < end, "no record in 30 seconds");
        thread::sleep(Duration::from_millis(1));
        reader.read(100, 9, &mut chunk).expect("a record");
    }
}

#[test]
fn a_socket_is_refused_at_open() {
    let folder = folder(&[]);
    let _socket = UnixListener::bind(folder.path().join("in")).expect("a socket");
    let fault = source(folder.path(), "{ path: in }", &PLAIN).open().err().expect("a fault");
    assert!(fault.kind == FaultKind::Fatal && fault.message.contains("is a socket"), "{fault}");
}
