//! A source of more files than a process may have open.

use std::fs;
use std::path::Path;

use forebay_stage::{Chunk, FaultKind, Stream};

use crate::support::{PLAIN, folder, packed, read_on, source};

/// Files of this folder that the process has open.
fn open_files(folder: &Path) -> usize {
    let handles = fs::read_dir("/proc/self/fd").expect("the process").flatten();
    handles.filter(|handle| fs::read_link(handle.path()).is_ok_and(|to| to.starts_with(folder))).count()
}

fn read_one(stream: &mut Stream) -> Vec<u64> {
    let mut chunk = Chunk::default();
    stream.reader.read(0, 1, &mut chunk).unwrap_or_else(|fault| panic!("{fault}"));
    chunk.seqs
}

#[test]
fn five_thousand_files_are_read_beside_each_other_with_few_of_them_open() {
    let folder = folder(&[]);
    for at in 0..5_000 {
        fs::write(folder.path().join(format!("{at:04}")), format!("{{\"a\":{at}}}\n{{\"a\":-{at}}}\n"))
            .expect("a file");
    }
    let mut streams = source(folder.path(), "{ path: \"*\" }", &PLAIN).open().expect("files");
    assert_eq!((streams.len(), open_files(folder.path())), (5_000, 0));
    assert!(streams.iter_mut().all(|stream| read_one(stream) == [1]));
    assert_eq!(open_files(folder.path()), 0);
    for (at, stream) in streams.iter_mut().enumerate() {
        let (rest, fault) = read_on(stream.reader.as_mut(), 9, &PLAIN);
        assert!(fault.is_none() && rest.len() == 1 && rest[0].0 == format!("2: {} -", -(at as i64)));
    }
}

/// Files that take several reads, of each kind, among so many others that none stays open.
fn among_many(lines: &str) -> (tempfile::TempDir, Vec<Stream>) {
    let folder = folder(&[("a", lines), ("a.gz", lines), ("a.zst", lines)]);
    for at in 0..100 {
        fs::write(folder.path().join(format!("b{at}")), "").expect("a file");
    }
    let streams = source(folder.path(), "{ path: \"*\" }", &PLAIN).open().expect("files");
    (folder, streams)
}

/// Text that does not pack well, so that packed files take several reads too.
fn long_lines() -> String {
    let mut seed = 1u64;
    let mut word = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        format!("{:016x}", seed ^ seed >> 29)
    };
    (0..40)
        .map(|at| format!("{{\"a\":{at},\"t\":\"{}\"}}\n", (0..2_000).map(|_| word()).collect::<String>()))
        .collect()
}

#[test]
fn a_file_that_is_closed_between_two_reads_is_read_on_where_it_was() {
    let lines = long_lines();
    let (folder, mut streams) = among_many(&lines);
    let (alone, _) = read_on(
        source(folder.path(), "{ path: a }", &PLAIN).open().expect("a file")[0].reader.as_mut(),
        3,
        &PLAIN,
    );
    assert_eq!(alone.len(), 40);
    for stream in &mut streams[..3] {
        assert_eq!(read_one(stream), [1]);
        assert_eq!(open_files(folder.path()), 0, "{}", stream.name);
        let (rest, fault) = read_on(stream.reader.as_mut(), 3, &PLAIN);
        assert!(fault.is_none() && rest == alone[1..], "{}", stream.name);
        // From a position in the middle, too.
        stream.reader.seek(alone[20].1).expect("a position");
        assert!(read_on(stream.reader.as_mut(), 3, &PLAIN).0 == alone[21..], "{}", stream.name);
    }
}

#[test]
fn another_file_of_the_same_name_is_not_read_on() {
    let lines = long_lines();
    for at in 0..3 {
        let (folder, mut streams) = among_many(&lines);
        let stream = &mut streams[at];
        assert_eq!(read_one(stream), [1]);
        let other = folder.path().join("other");
        fs::write(&other, packed(&stream.name, lines.replace("\"a\"", "\"b\"").as_bytes())).expect("a file");
        fs::rename(other, folder.path().join(&stream.name)).expect("a rename");
        let (rest, fault) = read_on(stream.reader.as_mut(), 9, &PLAIN);
        let fault = fault.unwrap_or_else(|| panic!("{} records of {}", rest.len(), stream.name));
        assert_eq!((fault.code.id, fault.kind), ("FB0804", FaultKind::Fatal), "{fault}");
        assert!(rest.len() < 39 && rest.iter().all(|(text, _)| !text.contains('[')), "{}", stream.name);
    }
}
