//! What goes in comes out, over segments, restarts and removals.

use forebay_log::{Held, LogError, Options};

use crate::scratch::{Scratch, append, text, text_from};

/// Room for two entries of one letter.
const TWO_ENTRIES: u64 = 28 + 2 * 29;

#[test]
fn entries_come_back_in_order_over_segments_and_restarts() {
    let scratch = Scratch::new(TWO_ENTRIES);
    let mut log = scratch.open();
    assert_eq!((text(&log).as_str(), log.first(), log.next(), log.segments()), ("", 1, 1, 1));
    append(&mut log, &["a", "b", "c"]);
    assert_eq!((text(&log).as_str(), log.segments()), ("1:a 2:b 3:c", 2));
    drop(log);
    let (mut log, recovered) = scratch.try_open().unwrap();
    assert_eq!((recovered.entries, recovered.torn_bytes), (3, 0));
    append(&mut log, &["d", "e"]);
    assert_eq!(
        (text(&log).as_str(), log.first(), log.next(), log.segments()),
        ("1:a 2:b 3:c 4:d 5:e", 1, 6, 3)
    );
    let on_disk: u64 = scratch.segments().iter().map(|path| path.metadata().unwrap().len()).sum();
    assert_eq!(log.bytes(), on_disk);
}

#[test]
fn parts_are_one_entry_however_many_and_however_empty() {
    let scratch = Scratch::new(1 << 20);
    let mut log = scratch.open();
    let letters: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    let parts: Vec<&[u8]> = letters.iter().flat_map(|text| [text.as_bytes(), b""]).collect();
    for parts in [&parts[..], &[], &[b""], &[b"", b"x"]] {
        log.append(parts).unwrap();
    }
    drop(log);
    assert_eq!(text(&scratch.open()), format!("1:{} 2: 3: 4:x", letters.concat()));
}

#[test]
fn an_entry_larger_than_a_segment_has_one_of_its_own() {
    let scratch = Scratch::new(TWO_ENTRIES);
    let mut log = scratch.open();
    append(&mut log, &["a", &"b".repeat(1000), "c", "d"]);
    assert_eq!(log.segments(), 3);
    drop(log);
    assert_eq!(text(&scratch.open()), format!("1:a 2:{} 3:c 4:d", "b".repeat(1000)));
}

#[test]
fn reading_begins_where_it_is_asked_to_and_ends_where_the_log_did() {
    let scratch = Scratch::with(TWO_ENTRIES, &["a", "b", "c", "d", "e"]);
    let mut log = scratch.open();
    for (from, expect) in
        [(0, "1:a 2:b 3:c 4:d 5:e"), (2, "2:b 3:c 4:d 5:e"), (3, "3:c 4:d 5:e"), (5, "5:e"), (6, "")]
    {
        assert_eq!(text_from(&log, from), expect, "from {from}");
    }
    let before = log.entries_from(4);
    append(&mut log, &["f", "g"]);
    assert_eq!(before.map(|entry| entry.unwrap().sequence).collect::<Vec<_>>(), [4, 5]);
}

#[test]
fn segments_that_lie_before_are_removed_and_sequences_go_on() {
    let scratch = Scratch::with(TWO_ENTRIES, &["a", "b", "c", "d", "e"]);
    let mut log = scratch.open();
    let bytes = log.bytes();
    for (before, removed, left) in
        [(2, 0, "1:a 2:b 3:c 4:d 5:e"), (4, 1, "3:c 4:d 5:e"), (99, 1, "5:e"), (99, 0, "5:e")]
    {
        assert_eq!(
            (log.remove_before(before).unwrap(), text(&log).as_str()),
            (removed, left),
            "before {before}"
        );
    }
    assert!(log.bytes() < bytes && scratch.segments().len() == 1);
    drop(log);
    let mut log = scratch.open();
    append(&mut log, &["f"]);
    assert_eq!((text(&log).as_str(), log.first()), ("5:e 6:f", 5));
}

#[test]
fn blobs_are_replaced_as_a_whole_and_listed() {
    let scratch = Scratch::new(TWO_ENTRIES);
    let mut log = scratch.open();
    log.put_blob("state.7", &[b"old and long"]).unwrap();
    log.put_blob("state.7", &[b"ne", b"", b"w"]).unwrap();
    log.put_blob("empty", &[]).unwrap();
    drop(log);
    let mut log = scratch.open();
    assert_eq!(log.blobs().unwrap(), ["empty", "state.7"]);
    assert_eq!(log.get_blob("state.7").unwrap().as_deref(), Some(&b"new"[..]));
    assert_eq!(log.get_blob("empty").unwrap().as_deref(), Some(&b""[..]));
    assert_eq!(log.get_blob("none").unwrap(), None);
    assert_eq!((log.remove_blob("empty").unwrap(), log.remove_blob("empty").unwrap()), (true, false));
    assert_eq!(log.blobs().unwrap(), ["state.7"]);
}

#[test]
fn what_was_being_written_at_a_crash_is_swept_up() {
    let scratch = Scratch::with(TWO_ENTRIES, &["a"]);
    for leftover in ["00000000000000000002.log.partial", "state.blob.partial"] {
        std::fs::write(scratch.path().join(leftover), "half").unwrap();
    }
    let log = scratch.open();
    assert_eq!((text(&log).as_str(), log.blobs().unwrap().len()), ("1:a", 0));
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 2, "the lock and one segment");
}

#[test]
fn a_directory_that_was_only_held_is_as_it_was() {
    let scratch = Scratch::new(TWO_ENTRIES);
    let held = || Held::take(scratch.path(), Options::default());
    let one = held().unwrap();
    assert!(matches!(held(), Err(LogError::Locked { .. })));
    drop(one);
    assert!(!scratch.path().exists(), "it was made for the lock");
    std::fs::create_dir(scratch.path()).unwrap();
    std::fs::write(scratch.path().join("00000000000000000001.log.partial"), "half").unwrap();
    drop(held().unwrap());
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 1);

    let mut log = held().unwrap().open().unwrap().0;
    log.append(&[b"a"]).unwrap();
    log.put_blob("b", &[b"c"]).unwrap();
    drop(log);
    drop(held().unwrap());
    let log = scratch.open();
    assert_eq!((text(&log).as_str(), log.blobs().unwrap().len()), ("1:a", 1));
    drop(log);
    let log = held().unwrap().open_empty().unwrap();
    assert_eq!((log.next(), log.blobs().unwrap().len()), (1, 0));
}
