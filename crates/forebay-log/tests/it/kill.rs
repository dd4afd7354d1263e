//! A process that writes a log, a blob and a mark, killed at random moments, over and over in one directory.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use forebay_log::{Log, LogError, Options, mark};

use crate::scratch::Scratch;

const DIR: &str = "FOREBAY_LOG_TEST_DIR";
const KILLS: u64 = 25;
const OPTIONS: Options = Options { segment_bytes: 8 << 10, holder: None, faults: None };

/// What entry `sequence` holds, so that any other process can tell.
fn payload(sequence: u64) -> Vec<u8> {
    let mixed = sequence.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    vec![mixed as u8; (mixed >> 52) as usize]
}

/// The killed side. Says `synced N` once N is, and goes on until it is killed.
#[test]
#[ignore = "runs as the child of the test below"]
fn writer() {
    let dir = std::env::var(DIR).expect("the parent says where");
    let (mut log, _) = Log::open(&dir, OPTIONS).unwrap();
    let mut slot = mark::create(&log.dir().join("mark"), 1).unwrap().remove(0);
    let mut out = std::io::stdout();
    loop {
        slot.store([log.next(); mark::WORDS]);
        let bytes = payload(log.next());
        let (left, right) = bytes.split_at(bytes.len() / 3);
        let sequence = log.append(&[left, right]).unwrap();
        if sequence.is_multiple_of(3) {
            log.sync().unwrap();
            writeln!(out, "synced {sequence}").unwrap();
        }
        if sequence.is_multiple_of(16) {
            log.put_blob("image", &[&sequence.to_le_bytes(), &payload(sequence)]).unwrap();
            log.remove_before(sequence.saturating_sub(64)).unwrap();
        }
    }
}

/// Runs the writer until it has synced `syncs` times and a little longer, kills it, and returns the last
/// sequence that it reported.
fn write_and_kill(scratch: &Scratch, syncs: usize) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::writer", "--ignored", "--nocapture"])
        .env(DIR, scratch.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut synced = lines.filter_map(|line| line.strip_prefix("synced ")?.parse().ok());
    let seen: u64 = synced.by_ref().take(syncs).last().expect("the writer reports");
    let second = Log::open(scratch.path(), OPTIONS).map(drop);
    assert!(
        matches!(second, Err(LogError::Locked { pid: Some(pid), .. }) if pid == child.id()),
        "{second:?}"
    );
    std::thread::sleep(std::time::Duration::from_micros(syncs as u64 * 370 % 3_000));
    child.kill().unwrap();
    let last = synced.last().unwrap_or(seen);
    child.wait().unwrap();
    last
}

#[test]
fn a_killed_writer_leaves_whole_entries_and_all_that_were_synced() {
    let scratch = Scratch::new(OPTIONS.segment_bytes);
    for kill in 0..KILLS {
        let synced = write_and_kill(&scratch, (kill * 7 % 12) as usize + 1);
        let (log, _) = Log::open(scratch.path(), OPTIONS).unwrap();
        assert!(log.next() > synced, "{synced} was synced, {} is next", log.next());
        let mut expected = log.first()..log.next();
        for entry in log.entries() {
            let entry = entry.unwrap();
            assert_eq!(Some(entry.sequence), expected.next());
            assert_eq!(entry.bytes, payload(entry.sequence), "entry {}", entry.sequence);
        }
        assert!(expected.is_empty());
        if let Some(image) = log.get_blob("image").unwrap() {
            let sequence = u64::from_le_bytes(image[..8].try_into().unwrap());
            assert_eq!(image[8..], payload(sequence));
        }
        // Killed inside an append: the mark says which. Killed between append and the next store: it is one
        // behind.
        let marked = mark::read(&scratch.path().join("mark")).unwrap()[0];
        assert!(
            marked.is_none_or(|words| words == [log.next(); 7] || words == [log.next() - 1; 7]),
            "{marked:?}"
        );
    }
}
