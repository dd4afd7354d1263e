//! A full disk, a failed sync, a second process, a wrong name: each is refused in words, and what was good
//! stays.

use std::time::Duration;

use forebay_log::testing::Fault;
use forebay_log::{Held, Log, LogError, Options};

use crate::scratch::{Scratch, append, text};

const ROOMY: u64 = 1 << 20;

#[test]
fn a_full_disk_keeps_earlier_entries_and_the_log_goes_on_afterwards() {
    // Every amount of room that is too small for the second entry, header and payload.
    for free_bytes in 0..28 + 6 {
        let scratch = Scratch::with(ROOMY, &["first"]);
        let mut log = scratch.open();
        scratch.faults.set_free_bytes(Some(free_bytes));
        for _ in 0..2 {
            let error = log.append(&[b"sec", b"ond"]).unwrap_err();
            assert!(matches!(error, LogError::Full { wanted_bytes: 34, .. }), "{error}");
            assert_eq!(
                scratch.text(&error),
                "no room for 34 more bytes in DIR: no storage space; nothing written before is lost: \
                 free some space there and try again"
            );
        }
        log.sync().unwrap();
        assert_eq!(text(&log), "1:first");
        scratch.faults.set_free_bytes(None);
        append(&mut log, &["later"]);
        drop(log);
        let (log, recovered) = scratch.try_open().unwrap();
        assert_eq!((text(&log).as_str(), recovered.torn_bytes), ("1:first 2:later", 0));
    }
}

#[test]
fn a_disk_too_full_for_a_new_segment_leaves_the_old_one_in_use() {
    let scratch = Scratch::with(28 + 2 * 29, &["a", "b", "c", "d"]);
    let mut log = scratch.open();
    // As much as the first segment takes, less one: enough for nothing until that one is removed.
    scratch.faults.set_free_bytes(Some(27));
    assert!(matches!(log.append(&[b"e"]), Err(LogError::Full { .. })));
    assert_eq!((text(&log).as_str(), scratch.segments().len()), ("1:a 2:b 3:c 4:d", 2));
    assert_eq!(log.remove_before(3).unwrap(), 1);
    append(&mut log, &["e"]);
    assert_eq!(text(&log), "3:c 4:d 5:e");
}

#[test]
fn any_failing_write_is_undone_and_a_short_one_is_continued() {
    let scratch = Scratch::new(ROOMY);
    let mut log = scratch.open();
    append(&mut log, &["a"]);
    scratch.faults.inject(1, Fault::Short(3));
    scratch.faults.inject(2, Fault::Short(30));
    append(&mut log, &["long enough"]);
    scratch.faults.inject(1, Fault::Short(40));
    scratch.faults.inject(2, Fault::WriteError);
    let error = log.append(&[b"never ", b"seen ", b"by any reader"]).unwrap_err();
    assert_eq!(scratch.text(&error), "cannot write DIR/00000000000000000001.log: injected fault");
    append(&mut log, &["b"]);
    assert_eq!(scratch.faults.pending(), 0);
    drop(log);
    assert_eq!(text(&scratch.open()), "1:a 2:long enough 3:b");
}

/// `act` meets a fault after which nothing is certain; the log must then refuse everything until it is opened
/// again.
#[track_caller]
fn check_broken(
    faults: &[(u64, Fault)],
    act: impl FnOnce(&mut Log) -> Result<(), LogError>,
    expect: &str,
    left: &str,
) {
    // After `a` and `b` the segment has room for an empty entry and for no other.
    let scratch = Scratch::with(28 + 2 * 29 + 28, &["a"]);
    let mut log = scratch.open();
    log.put_blob("old", &[b"1"]).unwrap();
    append(&mut log, &["b"]);
    faults.iter().for_each(|(nth, fault)| scratch.faults.inject(*nth, *fault));
    let error = scratch.text(&act(&mut log).unwrap_err());
    assert_eq!(scratch.faults.pending(), 0, "{error}");
    assert!(
        error.contains(expect) && error.ends_with("then restart, which goes on from what is on it"),
        "{error}"
    );
    let refusals = [
        log.append(&[b"c"]).map(drop),
        log.sync(),
        log.remove_before(1).map(drop),
        log.put_blob("new", &[]),
        log.get_blob("old").map(drop),
        log.blobs().map(drop),
        log.remove_blob("old").map(drop),
        log.entries().next().unwrap().map(drop),
    ];
    for refusal in refusals {
        assert_eq!(scratch.text(&refusal.unwrap_err()), error);
    }
    drop(log);
    let log = scratch.open();
    assert_eq!((text(&log).as_str(), log.get_blob("old").unwrap()), (left, Some(b"1".to_vec())));
}

#[test]
fn after_a_failed_sync_nothing_more_is_taken() {
    let at = |nth: u64| [(nth, Fault::SyncError)];
    let lost = |what: &str| format!("DIR{what} could not be made durable (injected fault)");
    let two = "1:a 2:b";
    check_broken(&at(1), |log| log.sync(), &lost("/00000000000000000001.log"), two);
    let put = |log: &mut Log| log.put_blob("new", &[b"x"]);
    check_broken(&at(1), put, &lost("/new.blob.partial"), two);
    check_broken(&at(2), put, &lost(""), two);
    let begin_segment = |log: &mut Log| log.append(&[b"c"]).map(drop);
    check_broken(&at(1), begin_segment, &lost("/00000000000000000001.log"), two);
    check_broken(&at(2), begin_segment, &lost("/00000000000000000003.log.partial"), two);
    check_broken(&at(3), begin_segment, &lost(""), two);
    let remove_segment = |log: &mut Log| begin_segment(log).and_then(|()| log.remove_before(3).map(drop));
    check_broken(&at(4), remove_segment, &lost(""), "3:c");
    let remove_blob = |log: &mut Log| put(log).and_then(|()| log.remove_blob("new").map(drop));
    check_broken(&at(3), remove_blob, &lost(""), two);
}

#[test]
fn a_failed_write_that_cannot_be_cut_off_is_treated_alike() {
    let cause = "could not be made durable (cannot write DIR/00000000000000000001.log: injected fault; \
                 and what was written of it could not be cut off: injected fault)";
    let faults = [(1, Fault::WriteError), (1, Fault::TruncateError)];
    check_broken(&faults, |log| log.append(&[]).map(drop), cause, "1:a 2:b");
}

#[test]
fn opening_writes_again_what_a_failed_sync_may_have_lost() {
    let scratch = Scratch::with(ROOMY, &["a", "b"]);
    scratch.faults.inject(1, Fault::WriteError);
    assert_eq!(scratch.refusal(), "cannot write DIR/00000000000000000001.log: injected fault");
    scratch.faults.inject(1, Fault::SyncError);
    assert!(scratch.refusal().contains("could not be made durable"));
    assert_eq!(text(&scratch.open()), "1:a 2:b");
}

#[test]
fn a_directory_has_one_holder_and_the_second_is_told_who() {
    let scratch = Scratch::with(ROOMY, &["a"]);
    let log = scratch.open();
    let pid = std::process::id();
    let expect =
        format!("DIR is in use by this process (pid {pid}): stop that one first, or use another directory");
    assert_eq!(scratch.refusal(), expect);
    std::fs::write(scratch.path().join("lock"), "1").unwrap();
    assert!(scratch.refusal().starts_with("DIR is in use by the process with pid 1:"));
    std::fs::write(scratch.path().join("lock"), "").unwrap();
    assert!(scratch.refusal().starts_with("DIR is in use by another process:"));
    drop(log);
    assert_eq!(text(&scratch.open()), "1:a");
}

#[test]
fn who_let_go_without_using_the_directory_leaves_it_as_it_was() {
    let scratch = Scratch::with(ROOMY, &["a"]);
    let lock = scratch.path().join("lock");
    for before in ["", "1", "123456789012345"] {
        std::fs::write(&lock, before).unwrap();
        let held = Held::take(scratch.path(), Options::default()).unwrap();
        assert!(scratch.refusal().contains("is in use by this process"));
        drop(held);
        assert_eq!(std::fs::read_to_string(&lock).unwrap(), before);
        drop(Held::take(scratch.path(), Options::default()).unwrap().open().unwrap());
        assert_eq!(std::fs::read_to_string(&lock).unwrap(), before, "nor does one that was only read");
    }
    drop(scratch.open());
    assert_eq!(std::fs::read_to_string(&lock).unwrap(), std::process::id().to_string());
}

/// Another process that made the directory and may not begin removes it.
#[test]
fn a_directory_that_another_takes_away_meanwhile_is_made_again() {
    let scratch = Scratch::new(ROOMY);
    let dir = scratch.path().join("state");
    let takes = std::thread::spawn({
        let dir = dir.clone();
        move || (0..200).try_for_each(|_| Held::take(&dir, Options::default()).map(drop))
    });
    while !takes.is_finished() {
        if std::fs::remove_dir(&dir).is_ok() {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    takes.join().unwrap().unwrap();
    assert!(!dir.exists());
}

/// A child that was forked and has not executed its program yet holds all that its parent held.
#[test]
fn a_child_being_started_does_not_keep_the_directory() {
    let scratch = Scratch::with(ROOMY, &["a"]);
    let starts = std::thread::spawn(|| {
        for _ in 0..100 {
            std::process::Command::new("true").status().unwrap();
        }
    });
    while !starts.is_finished() {
        drop(scratch.open());
    }
    starts.join().unwrap();
}

#[test]
fn a_blob_that_was_not_written_whole_leaves_the_one_before() {
    let scratch = Scratch::new(ROOMY);
    let mut log = scratch.open();
    log.put_blob("state", &[b"old"]).unwrap();
    scratch.faults.set_free_bytes(Some(26));
    let error = log.put_blob("state", &[b"newer"]).unwrap_err();
    assert!(matches!(error, LogError::Full { wanted_bytes: 29, .. }), "{error}");
    assert_eq!(log.get_blob("state").unwrap(), Some(b"old".to_vec()));
    assert!(!scratch.path().join("state.blob.partial").exists(), "what failed takes no room");
    scratch.faults.set_free_bytes(None);
    log.put_blob("state", &[b"newer"]).unwrap();
    assert_eq!(log.get_blob("state").unwrap(), Some(b"newer".to_vec()));
}

#[test]
fn a_blob_has_a_name_that_is_a_file_name_everywhere() {
    let scratch = Scratch::new(ROOMY);
    let mut log = scratch.open();
    for name in ["", ".", "..", ".hidden", "a/b", "a b", "ä", &"x".repeat(201)] {
        let errors = [log.put_blob(name, &[]), log.get_blob(name).map(drop), log.remove_blob(name).map(drop)];
        for error in errors {
            assert!(
                error.unwrap_err().to_string().contains("cannot name a blob: 1 to 200 letters"),
                "{name}"
            );
        }
    }
    log.put_blob(&"x".repeat(200), &[]).unwrap();
}

#[test]
fn a_directory_that_cannot_be_made_or_used_is_said_with_the_cure() {
    let move_away = ": move away what has this name, or use another directory";
    let scratch = Scratch::new(ROOMY);
    std::fs::write(scratch.path(), "a file").unwrap();
    let error = scratch.text(&Log::open(scratch.path().join("deeper"), Options::default()).unwrap_err());
    assert!(
        error.starts_with("cannot make the directory DIR/deeper: ") && error.ends_with(move_away),
        "{error}"
    );
    let scratch = Scratch::new(ROOMY);
    std::fs::create_dir_all(scratch.path().join("lock")).unwrap();
    let error = scratch.refusal();
    assert!(error.starts_with("cannot open DIR/lock: ") && error.ends_with(move_away), "{error}");
}

#[test]
fn a_directory_without_the_right_to_write_is_said_with_the_cure() {
    use std::os::unix::fs::PermissionsExt as _;
    let cure = ": let this user write there, or use another directory";
    let denied = std::io::ErrorKind::PermissionDenied;
    let error = LogError::Io { action: "open", path: "dir/lock".into(), source: denied.into() };
    assert_eq!(error.to_string(), format!("cannot open dir/lock: permission denied{cure}"));
    let scratch = Scratch::with(ROOMY, &["a"]);
    std::fs::remove_file(scratch.path().join("lock")).unwrap();
    let rights =
        |mode| std::fs::set_permissions(scratch.path(), std::fs::Permissions::from_mode(mode)).unwrap();
    rights(0o500);
    // Root may write everywhere; then the directory opens.
    let may_write = std::fs::write(scratch.path().join("probe"), "").is_ok();
    match scratch.try_open() {
        Ok((log, _)) => assert!(may_write && text(&log) == "1:a"),
        Err(error) => {
            let error = scratch.text(&error);
            assert!(
                !may_write && error.starts_with("cannot open DIR/lock: ") && error.ends_with(cure),
                "{error}"
            );
        }
    }
    rights(0o700);
    assert_eq!(text(&scratch.open()), "1:a");
}
