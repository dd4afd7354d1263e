//! Replay at a pace, with a clock of the test's.

use forebay_stage::{Chunk, Position, Read};

use crate::support::{PLAIN, folder, source};

const MS: i64 = 1_000_000;

#[test]
fn records_come_when_they_are_due_over_the_whole_source() {
    let lines: String = (0..40).map(|a| format!("{{\"a\":{a}}}\n")).collect();
    let folder = folder(&[("a", &lines), ("b", &lines)]);
    let mut streams = source(folder.path(), "{ path: [a, b], rate: 100/s }", &PLAIN).open().unwrap();
    let mut read = |stream: usize, now_ms: i64, max: usize| {
        let mut chunk = Chunk::default();
        let next = streams[stream].reader.read(now_ms * MS, max, &mut chunk).unwrap();
        let arrivals: Vec<i64> = chunk.arrivals.iter().map(|at| at / MS).collect();
        assert_eq!(chunk.rows(), arrivals.len());
        (arrivals, next)
    };
    let wait = |ms: i64| (Vec::<i64>::new(), Read::NotBefore(ms * MS));
    assert_eq!(read(0, 1_000, 9), (vec![1_000], Read::More), "the first record is due at the start");
    assert_eq!(read(1, 1_000, 9), wait(1_010));
    assert_eq!(read(1, 1_009, 9), wait(1_010));
    assert_eq!(read(1, 1_010, 9), (vec![1_010], Read::More));
    // Behind: everything that was due comes at once, and says when it was due.
    assert_eq!(read(0, 1_045, 2), (vec![1_020, 1_030], Read::More));
    assert_eq!(read(1, 1_045, 9), (vec![1_040], Read::More));
    assert_eq!(read(0, 1_045, 9), wait(1_050));
    // The end takes no record's turn.
    let rest = read(0, 60_000, 99).0;
    assert_eq!((rest.len(), rest[0], rest[36]), (37, 1_050, 1_410));
    assert_eq!(read(0, 60_000, 99), (vec![], Read::End));
    assert_eq!(read(1, 60_000, 99).0[0], 1_420);
}

#[test]
fn what_is_read_once_more_is_due_at_once() {
    let lines: String = (0..40).map(|a| format!("{{\"a\":{a}}}\n")).collect();
    let folder = folder(&[("a", &lines)]);
    let mut reader =
        source(folder.path(), "{ path: a, rate: 100/s }", &PLAIN).open().unwrap().remove(0).reader;
    let mut chunk = Chunk::default();
    reader.read(0, 99, &mut chunk).unwrap();
    chunk.clear();
    reader.read(90 * MS, 99, &mut chunk).unwrap();
    let first = (chunk.rows(), chunk.seqs.clone());
    reader.seek(Position { seq: 2, offset: 8 }).unwrap();
    chunk.clear();
    reader.read(90 * MS, 99, &mut chunk).unwrap();
    assert_eq!((chunk.rows(), chunk.seqs.clone()), first);
}
