//! What a sink writes, and what it refuses.

use std::fs;
use std::io::ErrorKind;

use forebay_file::testing::{Call, Faults};
use forebay_stage::types::Epoch;
use forebay_stage::{Fault, FaultKind, OwnColumn, Sink};

use crate::support::{batch, commit, folder, listing, push, sink};

fn plain(folder: &tempfile::TempDir, spec: &str) -> Box<dyn Sink> {
    sink(folder.path(), spec, &[], &Faults::default()).expect("a sink")
}

/// A new sink that begins anew.
fn begun(folder: &tempfile::TempDir, spec: &str) -> Box<dyn Sink> {
    let mut sink = plain(folder, spec);
    sink.restore(None).unwrap_or_else(|fault| panic!("{fault}"));
    sink
}

fn fault(folder: &tempfile::TempDir, result: Result<(), Fault>) -> (FaultKind, String) {
    let fault = result.expect_err("a fault");
    (fault.kind, fault.to_string().replace(&folder.path().display().to_string(), "DIR"))
}

#[test]
fn a_file_has_its_name_when_it_is_complete() {
    for ending in ["", ".gz", ".zst"] {
        let folder = folder(&[]);
        let mut sink = begun(&folder, &format!("{{ path: DIR/out/all.jsonl{ending} }}"));
        assert_eq!(listing(folder.path()), "");
        push(sink.as_mut(), &batch(&[(1, 10), (2, 20)])).unwrap();
        let check = |name: &str, text: &str| {
            assert_eq!(listing(folder.path()), format!("out/all.jsonl{ending}{name}: {text}\n"));
        };
        check(".1.partial", "");
        sink.seal(Epoch(1), false).unwrap();
        check(".1.partial", "{\"a\":10};{\"a\":20};");
        sink.committed(Epoch(1)).unwrap();
        check(".partial", "{\"a\":10};{\"a\":20};");
        push(sink.as_mut(), &batch(&[(3, 30)])).unwrap();
        commit(sink.as_mut(), 2, true);
        check("", "{\"a\":10};{\"a\":20};{\"a\":30};");
    }
}

#[test]
fn own_columns_are_written_where_they_are_listed() {
    let folder = folder(&[]);
    let own = [OwnColumn::Stream, OwnColumn::Seq, OwnColumn::Time, OwnColumn::Deadline, OwnColumn::Late];
    let mut sink = sink(folder.path(), "{ path: DIR/o }", &own, &Faults::default()).unwrap();
    sink.restore(None).unwrap();
    push(sink.as_mut(), &batch(&[(1_500_000_000, 10)])).unwrap();
    commit(sink.as_mut(), 1, true);
    assert_eq!(
        listing(folder.path()),
        "o: {\"a\":10,\"stream\":\"in.jsonl\",\"_seq\":1,\"_time\":\"1970-01-01T00:00:01.5Z\",\"_deadline\":null,\
         \"_late\":false};\n"
    );
}

#[test]
fn without_records_there_is_an_empty_file() {
    for ending in ["", ".gz", ".zst"] {
        let folder = folder(&[]);
        let mut sink = begun(&folder, &format!("{{ path: DIR/o{ending} }}"));
        commit(sink.as_mut(), 1, true);
        assert_eq!(listing(folder.path()), format!("o{ending}: \n"));
    }
    let folder = folder(&[]);
    commit(begun(&folder, "{ path: \"DIR/${time:%Y}\" }").as_mut(), 1, true);
    assert_eq!(listing(folder.path()), "", "there is no time to name it by");
}

#[test]
fn what_exists_is_not_touched() {
    let cures = "and nothing is overwritten; move it away or remove it, write to another path, or go on with the state \
                 that it belongs to (--state DIR, without --fresh)";
    for existing in ["o", "o.partial"] {
        let folder = folder(&[(existing, "mine\n")]);
        let refused = fault(&folder, plain(&folder, "{ path: DIR/o }").restore(None));
        assert_eq!(refused, (FaultKind::Fatal, format!("[FB0820] `DIR/{existing}` exists already, {cures}")));
        assert_eq!(listing(folder.path()), format!("{existing}: mine;\n"));
    }
    let times = folder(&[("o-1970", "mine\n")]);
    let mut sink = begun(&times, "{ path: \"DIR/o-${time:%Y}\" }");
    let refused = fault(&times, push(sink.as_mut(), &batch(&[(1, 1)])));
    assert_eq!(refused.1, format!("[FB0820] `DIR/o-1970` exists already, {cures}"));
    // Somebody makes the file while the sink writes.
    let meanwhile = folder(&[]);
    let mut sink = begun(&meanwhile, "{ path: DIR/o }");
    push(sink.as_mut(), &batch(&[(1, 1)])).unwrap();
    fs::write(meanwhile.path().join("o"), "mine\n").unwrap();
    sink.seal(Epoch(1), true).unwrap();
    assert!(fault(&meanwhile, sink.committed(Epoch(1))).1.starts_with("[FB0820] `DIR/o` exists already"));
    assert_eq!(listing(meanwhile.path()), "o: mine;\no.1.partial: {\"a\":1};\n");
}

#[test]
fn two_processes_do_not_write_one_file() {
    let folder = folder(&[]);
    let (mut one, mut other) = (begun(&folder, "{ path: DIR/o }"), plain(&folder, "{ path: DIR/o }"));
    push(one.as_mut(), &batch(&[(1, 1)])).unwrap();
    let refused = push(other.as_mut(), &batch(&[(1, 2)]));
    assert_eq!(
        fault(&folder, refused),
        (
            FaultKind::Fatal,
            "[FB0824] `DIR/o.1.partial` is being written by another process; stop it, or give each its own path".into()
        )
    );
    commit(one.as_mut(), 1, true);
    assert_eq!(listing(folder.path()), "o: {\"a\":1};\n");
}

#[test]
fn what_a_run_left_that_committed_nothing_is_taken_away() {
    let folder = folder(&[("o.1.partial", "half\n")]);
    let mut sink = begun(&folder, "{ path: DIR/o }");
    assert_eq!(listing(folder.path()), "");
    push(sink.as_mut(), &batch(&[(1, 1)])).unwrap();
    sink.seal(Epoch(1), false).unwrap();
    sink.restore(None).unwrap();
    assert_eq!(listing(folder.path()), "", "the same after an epoch was undone");
}

#[test]
fn outputs_that_lost_committed_bytes_are_said_so() {
    for ending in ["", ".gz"] {
        let folder = folder(&[]);
        let spec = format!("{{ path: DIR/o{ending} }}");
        let mut before = begun(&folder, &spec);
        push(before.as_mut(), &batch(&[(1, 1)])).unwrap();
        let entry = commit(before.as_mut(), 1, false);
        drop(before);
        let path = folder.path().join(format!("o{ending}.partial"));
        let length = fs::metadata(&path).unwrap().len();
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(3).unwrap();
        let lost = fault(&folder, plain(&folder, &spec).restore(Some(&entry)));
        assert_eq!(lost.0, FaultKind::Fatal);
        let expect = format!("[FB0823] `DIR/o{ending}.partial` has 3 bytes, and {length} are committed");
        assert!(lost.1.starts_with(&expect), "{}", lost.1);
        fs::remove_file(&path).unwrap();
        let gone = fault(&folder, plain(&folder, &spec).restore(Some(&entry)));
        assert!(gone.1.starts_with(&format!("[FB0823] `DIR/o{ending}.partial` is gone, and {length} bytes")));
        let nonsense = fault(&folder, plain(&folder, &spec).restore(Some(b"nonsense")));
        assert!(nonsense.1.starts_with("[FB0823] what the state says of the outputs does not read"));
    }
}

#[test]
fn an_input_that_has_grown_goes_on_in_the_same_file() {
    for ending in ["", ".zst"] {
        let folder = folder(&[]);
        let spec = format!("{{ path: DIR/o{ending} }}");
        let mut first = begun(&folder, &spec);
        push(first.as_mut(), &batch(&[(1, 1)])).unwrap();
        let entry = commit(first.as_mut(), 1, true);
        drop(first);
        let check = |expect: &str| assert_eq!(listing(folder.path()), expect.replace('@', ending));
        let mut second = plain(&folder, &spec);
        second.restore(Some(&entry)).unwrap();
        check("o@: {\"a\":1};\n");
        push(second.as_mut(), &batch(&[(2, 2)])).unwrap();
        second.seal(Epoch(2), false).unwrap();
        check("o@.partial: {\"a\":1};{\"a\":2};\n");
        // The commit fails, then there is a crash before the next one.
        second.restore(Some(&entry)).unwrap();
        check("o@: {\"a\":1};\n");
        push(second.as_mut(), &batch(&[(2, 2)])).unwrap();
        second.seal(Epoch(2), false).unwrap();
        drop(second);
        let mut third = plain(&folder, &spec);
        third.restore(Some(&entry)).unwrap();
        check("o@: {\"a\":1};\n");
        push(third.as_mut(), &batch(&[(2, 2)])).unwrap();
        commit(third.as_mut(), 2, true);
        check("o@: {\"a\":1};{\"a\":2};\n");
    }
}

#[test]
fn a_complete_file_may_be_taken_away_and_not_changed() {
    let folder = folder(&[]);
    let mut first = begun(&folder, "{ path: DIR/o }");
    push(first.as_mut(), &batch(&[(1, 1)])).unwrap();
    let entry = commit(first.as_mut(), 1, true);
    drop(first);
    fs::rename(folder.path().join("o"), folder.path().join("taken")).unwrap();
    let mut second = plain(&folder, "{ path: DIR/o }");
    second.restore(Some(&entry)).unwrap();
    push(second.as_mut(), &batch(&[(2, 2)])).unwrap();
    second.restore(Some(&entry)).unwrap();
    assert_eq!(listing(folder.path()), "taken: {\"a\":1};\n");
    push(second.as_mut(), &batch(&[(2, 2)])).unwrap();
    commit(second.as_mut(), 2, true);
    assert_eq!(listing(folder.path()), "o: {\"a\":2};\ntaken: {\"a\":1};\n");

    fs::write(folder.path().join("o"), "mine\n").unwrap();
    let mut third = plain(&folder, "{ path: DIR/o }");
    third.restore(Some(&entry)).unwrap();
    let changed = fault(&folder, push(third.as_mut(), &batch(&[(3, 3)])));
    assert!(changed.1.starts_with("[FB0823] `DIR/o` has 5 bytes, and 8 are committed"), "{}", changed.1);
}

#[test]
fn a_full_disk_is_waited_for_and_nothing_is_torn() {
    for ending in ["", ".gz", ".zst"] {
        let folder = folder(&[]);
        let faults = Faults::default();
        let spec = format!("{{ path: DIR/o{ending} }}");
        let mut sink = sink(folder.path(), &spec, &[], &faults).unwrap();
        sink.restore(None).unwrap();
        push(sink.as_mut(), &batch(&[(1, 1), (2, 2)])).unwrap();
        let entry = commit(sink.as_mut(), 1, false);
        faults.set_free_bytes(Some(5));
        push(sink.as_mut(), &batch(&[(3, 3)])).unwrap();
        let full = fault(&folder, sink.seal(Epoch(2), false).map(drop));
        assert_eq!(full.0, FaultKind::Away);
        let expect = format!("[FB0822] `DIR/o{ending}.partial` cannot be written (");
        assert!(
            full.1.starts_with(&expect) && full.1.ends_with("make room, and the pipeline goes on by itself"),
            "{}",
            full.1
        );
        faults.set_free_bytes(None);
        // Half a block stands in the file: it has to be taken back before anything else.
        let torn = fault(&folder, sink.seal(Epoch(2), false).map(drop));
        let expect =
            format!("[FB0821] a write to `DIR/o{ending}.partial` failed, and was not taken back yet");
        assert_eq!(torn, (FaultKind::Away, expect));
        sink.restore(Some(&entry)).unwrap();
        push(sink.as_mut(), &batch(&[(3, 3)])).unwrap();
        commit(sink.as_mut(), 2, true);
        assert_eq!(listing(folder.path()), format!("o{ending}: {{\"a\":1}};{{\"a\":2}};{{\"a\":3}};\n"));
    }
}

#[test]
fn what_does_not_pass_by_itself_stops_the_pipeline() {
    let root = tempfile::tempdir().unwrap();
    let mut device = sink(root.path(), "{ path: /dev/full/o }", &[], &Faults::default()).unwrap();
    let refused = fault(&root, push(device.as_mut(), &batch(&[(1, 1)])));
    assert_eq!((refused.0, &refused.1[..8]), (FaultKind::Fatal, "[FB0821]"), "{}", refused.1);
    let faults = Faults::default();
    let mut denied = sink(root.path(), "{ path: DIR/o }", &[], &faults).unwrap();
    faults.inject(Call::Create, 1, ErrorKind::PermissionDenied);
    let refused = fault(&root, push(denied.as_mut(), &batch(&[(1, 1)])));
    assert_eq!(refused.0, FaultKind::Fatal);
    assert!(refused.1.ends_with("mend the rights, or write to another path"), "{}", refused.1);
}

#[test]
fn a_sync_that_fails_names_the_file() {
    let root = folder(&[]);
    let faults = Faults::default();
    let mut sink = sink(root.path(), "{ path: DIR/o }", &[], &faults).unwrap();
    push(sink.as_mut(), &batch(&[(1, 1)])).unwrap();
    let sealed = sink.seal(Epoch(1), false).unwrap();
    faults.inject(Call::Sync, 1, ErrorKind::Other);
    let error = sealed.sync.unwrap()().unwrap_err().to_string();
    assert!(error.contains("/o.1.partial` cannot be synced"), "{error}");
}
