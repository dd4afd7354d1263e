//! Torn writes are cut, damage is refused, and nothing that was not written is ever given out.

use std::fs::OpenOptions;

use crate::scratch::{ENTRY_HEADER_BYTES, SEGMENT_HEADER_BYTES, Scratch, append, change, text};

const ROOMY: u64 = 1 << 20;
const ONE: &str = "00000000000000000001.log";

/// A log of two synced entries and a third one that the crash met at every byte: cut there, or with nothing
/// but zeros or ones from there on.
#[test]
fn a_tail_torn_at_any_byte_leaves_all_entries_before_it() {
    let scratch = Scratch::with(ROOMY, &["one", "two", "three"]);
    let path = scratch.path().join(ONE);
    let whole = std::fs::read(&path).unwrap();
    let last = whole.len() - (ENTRY_HEADER_BYTES as usize + 5);
    for at in last..whole.len() {
        for fill in [None, Some(0), Some(0xff)] {
            let mut torn = whole.clone();
            match fill {
                None => torn.truncate(at),
                Some(byte) => torn[at..].fill(byte),
            }
            std::fs::write(&path, &torn).unwrap();
            let (mut log, recovered) = scratch.try_open().unwrap();
            assert_eq!(text(&log), "1:one 2:two", "torn at {at} with {fill:?}");
            assert_eq!((recovered.entries, recovered.torn_bytes), (2, (torn.len() - last) as u64));
            append(&mut log, &["3"]);
            drop(log);
            let (log, recovered) = scratch.try_open().unwrap();
            assert_eq!((text(&log).as_str(), recovered.torn_bytes), ("1:one 2:two 3:3", 0));
        }
    }
}

/// Any single changed byte of a log of four synced entries in two segments: the log refuses to open, or,
/// where only the last entry was hit and it may have been torn, is without that one.
#[test]
fn a_flipped_byte_is_never_given_out() {
    let scratch = Scratch::with(28 + 2 * 31, &["one", "two", "six", "ten"]);
    let [first, second] = &scratch.segments()[..] else { panic!("two segments") };
    let last_entry = (SEGMENT_HEADER_BYTES + ENTRY_HEADER_BYTES + 3) as usize;
    for path in [first, second] {
        let whole = std::fs::read(path).unwrap();
        for (at, mask) in (0..whole.len()).flat_map(|at| [(at, 0x01), (at, 0x80), (at, 0xff)]) {
            change(path, |bytes| bytes[at] ^= mask);
            let may_be_torn = path == second && at >= last_entry;
            match scratch.try_open() {
                Ok((log, _)) => {
                    assert!(may_be_torn, "byte {at} of {} is changed, and it opens", path.display());
                    assert_eq!(text(&log), "1:one 2:two 3:six");
                }
                Err(error) => assert!(!may_be_torn, "byte {at}: {error}"),
            }
            std::fs::write(path, &whole).unwrap();
        }
    }
    assert_eq!(text(&scratch.open()), "1:one 2:two 3:six 4:ten");
}

/// `damage` is done to the first segment of a log of three synced entries, the third in a segment of its own
/// when `segment_bytes` is small.
#[track_caller]
fn check_refused(segment_bytes: u64, damage: impl FnOnce(&mut Vec<u8>), expect: &str) {
    let scratch = Scratch::with(segment_bytes, &["one", "two", "three"]);
    let path = scratch.path().join(ONE);
    change(&path, damage);
    let damaged = std::fs::read(&path).unwrap();
    assert_eq!(scratch.refusal(), format!("DIR/{ONE} {expect}"));
    assert!(std::fs::read(&path).unwrap() == damaged, "it was changed");
}

#[test]
fn damage_before_entries_that_are_whole_is_refused_with_its_place() {
    let cure = "nothing was changed: restore the directory from a copy, or begin anew with an empty one";
    let (one, two) = (28, 28 + 31);
    let witness = "and it had been synced when entry 3 was written";
    let closed = "and it was synced before the next segment was made";
    let at = |at: usize, why: &str| format!("is damaged at byte {at}: {why}; {cure}");
    let flip = |at: usize| move |bytes: &mut Vec<u8>| bytes[at] ^= 1;
    check_refused(
        ROOMY,
        flip(two + 30),
        &at(two, &format!("entry 2: its payload fails its checksum, {witness}")),
    );
    check_refused(ROOMY, flip(two), &at(two, &format!("entry 2: its header fails its checksum, {witness}")));
    let earlier = "entry 1: its header fails its checksum, and it had been synced when entry 2 was written";
    check_refused(ROOMY, flip(one + 9), &at(one, earlier));
    let without = |bytes: &mut Vec<u8>| drop(bytes.drain(two..two + 31));
    check_refused(
        ROOMY,
        without,
        &at(two, &format!("entry 2: another entry stands in its place, {witness}")),
    );
    let small = 28 + 2 * 31;
    check_refused(
        small,
        flip(two + 30),
        &at(two, &format!("entry 2: its payload fails its checksum, {closed}")),
    );
    let cut = |left: usize| move |bytes: &mut Vec<u8>| bytes.truncate(left);
    check_refused(small, cut(two + 30), &at(two, &format!("entry 2: its payload is cut short, {closed}")));
    check_refused(small, cut(two + 27), &at(two, &format!("entry 2: its header is cut short, {closed}")));
    check_refused(small, cut(27), &at(0, "it is shorter than a segment header"));
    check_refused(small, flip(0), &at(0, "it does not begin as a segment does"));
    check_refused(small, flip(8), &at(0, "the segment header fails its checksum"));
    let newer =
        "has format version 2, and this program knows versions up to 1: use the newer Forebay that wrote it";
    check_refused(small, |bytes| bytes[7] = 2, newer);
}

#[test]
fn segments_that_are_missing_or_misnamed_are_refused() {
    let three = || Scratch::with(28 + 29, &["a", "b", "c"]);
    let name = |n: u64| format!("{n:020}.log");
    let scratch = three();
    std::fs::remove_file(scratch.path().join(name(2))).unwrap();
    let expect =
        "is damaged at byte 0: it begins with entry 3, but the segment before it ends before entry 2; ";
    assert!(scratch.refusal().contains(expect), "{}", scratch.refusal());
    let scratch = three();
    change(&scratch.path().join(name(1)), |bytes| bytes.truncate(28));
    assert!(
        scratch.refusal().contains("it begins with entry 2, but the segment before it ends before entry 1")
    );
    let scratch = three();
    std::fs::rename(scratch.path().join(name(3)), scratch.path().join(name(4))).unwrap();
    assert!(scratch.refusal().contains("its name says that it begins with entry 4, its header says 3"));
}

/// Without a sync between them, the system may write the later of two entries first.
#[test]
fn entries_that_were_never_synced_may_be_torn_in_any_order() {
    let scratch = Scratch::with(ROOMY, &["one"]);
    append(&mut scratch.open(), &["two", "three", "four"]);
    let two = (SEGMENT_HEADER_BYTES + ENTRY_HEADER_BYTES + 3) as usize;
    change(&scratch.path().join(ONE), |bytes| bytes[two + 28..two + 31].fill(0));
    let (log, recovered) = scratch.try_open().unwrap();
    assert_eq!((text(&log).as_str(), recovered.torn_bytes), ("1:one", 31 + 33 + 32));
}

/// A payload that holds the bytes of another log is no witness against a torn write.
#[test]
fn a_payload_that_looks_like_entries_is_a_payload() {
    let other = Scratch::with(ROOMY, &["a", "b", "c", "d", "e"]);
    let inner = std::fs::read(other.path().join(ONE)).unwrap();
    let scratch = Scratch::with(ROOMY, &["one"]);
    scratch.open().append(&[&inner, b"end"]).unwrap();
    change(&scratch.path().join(ONE), |bytes| bytes.truncate(bytes.len() - 1));
    assert_eq!(text(&scratch.open()), "1:one");
}

#[test]
fn a_log_changed_behind_its_back_gives_an_error_and_ends() {
    let scratch = Scratch::with(ROOMY, &["one", "two", "three"]);
    let log = scratch.open();
    change(&scratch.path().join(ONE), |bytes| bytes[28 + 31 + 28] ^= 1);
    let mut entries = log.entries();
    assert_eq!(entries.next().unwrap().unwrap().bytes, b"one");
    let error = scratch.text(&entries.next().unwrap().unwrap_err());
    assert!(
        error.contains("byte 59: entry 2: its payload fails its checksum, and it was whole before;"),
        "{error}"
    );
    assert!(entries.next().is_none());
    OpenOptions::new().write(true).open(scratch.path().join(ONE)).unwrap().set_len(28 + 31).unwrap();
    let error = scratch.text(&log.entries().nth(1).unwrap().unwrap_err());
    assert!(error.contains("byte 59: entry 2: it is missing"), "{error}");
}

#[test]
fn a_blob_is_given_out_as_written_or_not_at_all() {
    let scratch = Scratch::new(ROOMY);
    let mut log = scratch.open();
    log.put_blob("state", &[b"whole"]).unwrap();
    let path = scratch.path().join("state.blob");
    let whole = std::fs::read(&path).unwrap();
    for at in 0..whole.len() {
        change(&path, |bytes| bytes[at] ^= 0x10);
        assert!(log.get_blob("state").is_err(), "byte {at}");
        std::fs::write(&path, &whole[..at]).unwrap();
        assert!(log.get_blob("state").is_err(), "cut at {at}");
        std::fs::write(&path, &whole).unwrap();
    }
    let check = |damage: &dyn Fn(&mut Vec<u8>), expect: &str| {
        change(&path, damage);
        let error = scratch.text(&log.get_blob("state").unwrap_err());
        assert!(error.starts_with(&format!("DIR/state.blob {expect}")), "{error}");
        std::fs::write(&path, &whole).unwrap();
    };
    check(&|bytes| bytes.push(0), "is damaged at byte 24: it should hold 5 bytes and holds 6;");
    check(&|bytes| bytes[25] ^= 1, "is damaged at byte 24: its payload fails its checksum;");
    check(&|bytes| bytes[7] = 9, "has format version 9,");
    std::fs::copy(&path, scratch.path().join("other.blob")).unwrap();
    assert!(log.get_blob("other").is_err(), "a blob under another name is another blob");
}
