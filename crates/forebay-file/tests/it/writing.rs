//! What a sink writes, and what it refuses.

use std::fs;
use std::io::ErrorKind;

use forebay_file::testing::{Call, Faults};
use forebay_stage::types::Epoch;
use forebay_stage::{Fault, FaultKind, OwnColumn, Sink};

use crate::support::{batch, commit, folder, listing, push, push_some, sink, sink_of};

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
        let check = |name: &str, text: &str| {
            assert_eq!(listing(folder.path()), format!("out/all.jsonl{ending}{name}: {text}\n"));
        };
        check(".1.partial", "");
        push(sink.as_mut(), &batch(&[(1, 10), (2, 20)])).unwrap();
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

/// Who comes second is refused at once, and does the first no harm, whatever the first has reached.
#[test]
fn two_writers_do_not_share_a_file() {
    for spec in ["{ path: DIR/o }", "{ path: DIR/o, rotate: 1KiB }"] {
        let name = if spec.contains("rotate") { "o-00001" } else { "o" };
        let folder = folder(&[]);
        let mut one = begun(&folder, spec);
        let refused = |held: &str| {
            let expect = format!(
                "[FB0824] `DIR/{held}` is being written by another pipeline or process; stop it, or give each its own path"
            );
            let refused = fault(&folder, plain(&folder, spec).restore(None));
            assert_eq!(refused, (FaultKind::Fatal, expect));
        };
        refused(&format!("{name}.1.partial"));
        push(one.as_mut(), &batch(&[(1, 1)])).unwrap();
        one.seal(Epoch(1), false).unwrap();
        refused(&format!("{name}.1.partial"));
        one.committed(Epoch(1)).unwrap();
        refused(&format!("{name}.partial"));
        push(one.as_mut(), &batch(&[(1, 2)])).unwrap();
        commit(one.as_mut(), 2, true);
        assert_eq!(listing(folder.path()), format!("{name}: {{\"a\":1}};{{\"a\":2}};\n"));
    }
}

#[test]
fn what_a_run_left_that_committed_nothing_is_written_anew() {
    let folder = folder(&[("o.1.partial", "half\n")]);
    let mut sink = begun(&folder, "{ path: DIR/o }");
    push(sink.as_mut(), &batch(&[(1, 1)])).unwrap();
    sink.seal(Epoch(1), false).unwrap();
    assert_eq!(listing(folder.path()), "o.1.partial: {\"a\":1};\n");
    sink.restore(None).unwrap();
    assert_eq!(listing(folder.path()), "o.1.partial: \n", "the same after an epoch was undone");
    push(sink.as_mut(), &batch(&[(1, 1)])).unwrap();
    drop(sink);
    assert_eq!(listing(folder.path()), "", "what was never sealed goes with its writer");
}

/// Another pipeline may keep this one from starting, and what lies there may be committed in a state that goes on then.
#[test]
fn a_sink_that_only_began_leaves_everything_as_it_was() {
    let folder = folder(&[("o.1.partial", "committed\n")]);
    drop(begun(&folder, "{ path: DIR/o }"));
    drop(begun(&folder, "{ path: DIR/new/deep/o.gz }"));
    assert_eq!(listing(folder.path()), "o.1.partial: committed;\n");
    assert!(!folder.path().join("new").exists());
    let two = || ["o", "p"].map(|name| begun(&folder, &format!("{{ path: DIR/new/deep/{name} }}")));
    let [one, other] = two();
    drop(one);
    assert!(folder.path().join("new/deep/p.1.partial").exists());
    drop(other);
    assert!(
        !folder.path().join("new").exists(),
        "neither the first nor the last leaves what both wrote into"
    );
    let [mut one, other] = two();
    commit(one.as_mut(), 1, true);
    fs::remove_file(folder.path().join("new/deep/o")).unwrap();
    drop((one, other));
    assert!(folder.path().join("new/deep").exists(), "something was begun there");
    commit(begun(&folder, "{ path: DIR/o }").as_mut(), 1, false);
    assert_eq!(listing(folder.path()), "o.partial: \n", "nor is it taken for this state's");
}

/// An unfinished output that loses its name takes what is written with it: the run must not end as if nothing were.
#[test]
fn a_file_that_is_taken_away_while_it_is_written_stops_the_pipeline() {
    let lost = |folder: &tempfile::TempDir, name: &str, done: Result<(), Fault>| {
        let expect = format!("[FB0823] `DIR/{name}` was removed or replaced while it was being written");
        let (kind, said) = fault(folder, done);
        assert!(kind == FaultKind::Fatal && said.starts_with(&expect), "{said}");
    };
    for replaced in [false, true] {
        let take = |folder: &tempfile::TempDir, name: &str| {
            let path = folder.path().join(name);
            fs::remove_file(&path).unwrap();
            if replaced {
                fs::write(path, "theirs\n").unwrap();
            }
            if replaced { format!("{name}: theirs;\n") } else { String::new() }
        };
        // Nothing is committed yet; something is; it is sealed and waits for its name, the later or the last one.
        let root = folder(&[]);
        let mut sink = begun(&root, "{ path: DIR/o }");
        let left = take(&root, "o.1.partial");
        lost(&root, "o.1.partial", sink.seal(Epoch(1), false).map(drop));
        drop(sink);
        assert_eq!(listing(root.path()), left);

        let root = folder(&[]);
        let mut sink = begun(&root, "{ path: DIR/o }");
        push(sink.as_mut(), &batch(&[(1, 1)])).unwrap();
        let entry = commit(sink.as_mut(), 1, false);
        let left = take(&root, "o.partial");
        lost(&root, "o.partial", sink.seal(Epoch(2), false).map(drop));
        if replaced {
            lost(&root, "o.partial", sink.restore(Some(&entry)));
        }
        assert_eq!(listing(root.path()), left);

        for last in [false, true] {
            let root = folder(&[]);
            let mut sink = begun(&root, "{ path: DIR/o }");
            sink.seal(Epoch(1), last).unwrap();
            let left = take(&root, "o.1.partial");
            lost(&root, "o.1.partial", sink.committed(Epoch(1)));
            assert_eq!(listing(root.path()), left);
        }
    }
}

/// A file that has the name of ours is another's while that one holds it.
#[test]
fn going_back_removes_no_file_of_another() {
    let folder = folder(&[]);
    let mut one = begun(&folder, "{ path: DIR/o }");
    push(one.as_mut(), &batch(&[(1, 1)])).unwrap();
    one.seal(Epoch(1), false).unwrap();
    fs::remove_file(folder.path().join("o.1.partial")).unwrap();
    let mut other = begun(&folder, "{ path: DIR/o }");
    push(other.as_mut(), &batch(&[(1, 2)])).unwrap();
    assert!(fault(&folder, one.restore(None)).1.starts_with("[FB0824] `DIR/o.1.partial`"));
    commit(other.as_mut(), 1, true);
    assert_eq!(listing(folder.path()), "o: {\"a\":2};\n");
}

/// The name that a file will have is looked at when a state goes on with it, not when it is complete.
#[test]
fn a_name_that_is_taken_is_said_at_the_start() {
    let root = folder(&[]);
    let mut first = begun(&root, "{ path: DIR/o }");
    push(first.as_mut(), &batch(&[(1, 1)])).unwrap();
    let sealed = first.seal(Epoch(1), false).unwrap().entry;
    let check = |ours: &str, theirs: &str| {
        let expect = format!(
            "[FB0820] `DIR/{theirs}` exists already, and nothing is overwritten; this state goes on with `DIR/{ours}`, which \
             needs that name later: move `DIR/{theirs}` away"
        );
        fs::write(root.path().join(theirs), "theirs\n").unwrap();
        let refused = fault(&root, plain(&root, "{ path: DIR/o }").restore(Some(&sealed)));
        assert_eq!(refused, (FaultKind::Fatal, expect));
        assert_eq!(fs::read_to_string(root.path().join(theirs)).unwrap(), "theirs\n");
        fs::remove_file(root.path().join(theirs)).unwrap();
    };
    drop(first);
    check("o.1.partial", "o");
    // Of another run that began a file of this name.
    check("o.1.partial", "o.partial");
    let mut second = plain(&root, "{ path: DIR/o }");
    second.restore(Some(&sealed)).unwrap();
    drop(second);
    check("o.partial", "o");
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

/// What was published has to be where it was published, before a run goes on behind it.
#[test]
fn a_complete_file_that_is_gone_or_was_changed_is_said_so() {
    for (spec, name, what) in [
        ("{ path: DIR/o }", "o", "everything so far"),
        ("{ path: DIR/o.gz }", "o.gz", "everything so far"),
        ("{ path: \"DIR/o${time:%H}\", rotate: 1h }", "o02", "what came last"),
        ("{ path: DIR/o, rotate: 1KiB }", "o-00002", "what came last"),
    ] {
        let folder = folder(&[]);
        let mut first = begun(&folder, spec);
        let many: Vec<(i64, i64)> = (0..150).map(|a| (a / 100 * 7_200_000_000_000, a)).collect();
        push(first.as_mut(), &batch(&many)).unwrap();
        let entry = commit(first.as_mut(), 1, true);
        drop(first);
        let path = folder.path().join(name);
        let whole = fs::read(&path).unwrap();
        for changed in [&whole[..5], &[&whole[..], b"more\n"].concat()] {
            fs::write(&path, changed).unwrap();
            let (kind, said) = fault(&folder, plain(&folder, spec).restore(Some(&entry)));
            let (found, length) = (changed.len(), whole.len());
            let expect = format!("[FB0823] `DIR/{name}` has {found} bytes, and {length} are committed");
            assert!(kind == FaultKind::Fatal && said.starts_with(&expect), "{said}");
        }
        fs::read_dir(folder.path()).unwrap().for_each(|file| fs::remove_file(file.unwrap().path()).unwrap());
        let gone = fault(&folder, plain(&folder, spec).restore(Some(&entry)));
        let expect = format!(
            "[FB0823] {what} was published into `DIR/{name}` already, and that file is gone: put it back, and a run goes on \
             behind it; or do it all again with --fresh"
        );
        assert_eq!(gone, (FaultKind::Fatal, expect));
        assert_eq!(listing(folder.path()), "");
        // Those before the newest may be taken away.
        fs::write(&path, whole).unwrap();
        plain(&folder, spec).restore(Some(&entry)).unwrap();
    }
}

/// Dead letters, mostly: of an output without records nothing can be lost.
#[test]
fn an_empty_output_that_is_gone_is_made_again() {
    for (ending, last) in [("", false), ("", true), (".gz", true)] {
        let folder = folder(&[]);
        let spec = format!("{{ path: DIR/o{ending} }}");
        let entry = commit(begun(&folder, &spec).as_mut(), 1, last);
        fs::read_dir(folder.path()).unwrap().for_each(|file| fs::remove_file(file.unwrap().path()).unwrap());
        let mut second = plain(&folder, &spec);
        second.restore(Some(&entry)).unwrap();
        push(second.as_mut(), &batch(&[(2, 2)])).unwrap();
        commit(second.as_mut(), 2, true);
        assert_eq!(listing(folder.path()), format!("o{ending}: {{\"a\":2}};\n"));
    }
}

#[test]
fn a_state_goes_on_where_it_was_kept_for_and_nowhere_else() {
    let specs = [
        "{ path: DIR/out/o }",
        "{ path: DIR/out2/o }",
        "{ path: DIR/out/o, rotate: 1KiB }",
        "{ path: \"-\" }",
    ];
    let named = ["`DIR/out/o`", "`DIR/out2/o`", "`DIR/out/o-NNNNN`", "standard output"];
    for (kept, theirs) in specs.iter().zip(named) {
        let root = folder(&[]);
        let mut sink = begun(&root, kept);
        let entry = sink.seal(Epoch(1), false).unwrap().entry;
        sink.committed(Epoch(1)).unwrap();
        drop(sink);
        let before = listing(root.path());
        for (spec, ours) in specs.iter().zip(named) {
            let restored = plain(&root, spec).restore(Some(&entry));
            if theirs == ours {
                restored.unwrap();
                continue;
            }
            let expect = format!(
                "[FB0803] the state was kept for {theirs}, where everything so far was published, and this run writes to \
                 {ours}: go on there, run with another --state DIR, or do it all again with --fresh"
            );
            assert_eq!(fault(&root, restored), (FaultKind::Fatal, expect));
        }
        assert_eq!(listing(root.path()), before);
    }
}

#[test]
fn a_folder_that_was_moved_takes_its_state_along() {
    let root = folder(&[]);
    let (here, there) = (root.path().join("here"), root.path().join("there"));
    let made = |folder: &std::path::Path| {
        fs::create_dir_all(folder).unwrap();
        sink(folder, "{ path: DIR/out/o }", &[], &Faults::default()).unwrap()
    };
    let mut first = made(&here);
    first.restore(None).unwrap();
    push(first.as_mut(), &batch(&[(1, 1)])).unwrap();
    let entry = commit(first.as_mut(), 1, false);
    drop(first);
    fs::rename(&here, &there).unwrap();
    let mut second = made(&there);
    second.restore(Some(&entry)).unwrap();
    push(second.as_mut(), &batch(&[(2, 2)])).unwrap();
    commit(second.as_mut(), 2, true);
    assert_eq!(listing(&there), "out/o: {\"a\":1};{\"a\":2};\n");
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

/// JSON has no word for such a value, and another one in its place would be a lie.
#[test]
fn a_record_that_cannot_be_written_is_rejected_and_the_others_are_written() {
    for ending in ["", ".gz"] {
        let folder = folder(&[]);
        let spec = format!("{{ path: DIR/o{ending}, rotate: 1KiB }}");
        let mut sink =
            sink_of(folder.path(), &spec, "a: f64", &[OwnColumn::Seq], &Faults::default()).unwrap();
        sink.restore(None).unwrap();
        let schema = forebay_stage::testing::schema("a: f64");
        let rows = forebay_stage::testing::batch(&schema, "a\n1.5\nNaN\n2.5\n-inf\n3.5", 1);
        let (pushed, rejects) = push_some(sink.as_mut(), &rows);
        pushed.unwrap();
        let why = "[FB0716] field `a`: JSON has no NaN and no infinity";
        assert_eq!(rejects, [format!("1: {why}"), format!("3: {why}")]);
        commit(sink.as_mut(), 1, true);
        let expect = "{\"a\":1.5,\"_seq\":1};{\"a\":2.5,\"_seq\":3};{\"a\":3.5,\"_seq\":5};";
        assert_eq!(listing(folder.path()), format!("o-00001{ending}: {expect}\n"));
    }
}

#[test]
fn what_is_no_file_is_not_replaced_by_one() {
    let root = folder(&[("folder/x", "")]);
    for path in ["/dev/full", "/dev/null", "DIR/folder"] {
        let refused = fault(&root, plain(&root, &format!("{{ path: {path} }}")).restore(None));
        let expect = format!("[FB0821] `{path}` is a folder, a device or a pipe");
        assert!(refused.0 == FaultKind::Fatal && refused.1.starts_with(&expect), "{}", refused.1);
        assert!(refused.1.contains("`--to NAME=-`"), "{}", refused.1);
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
    let (kind, said) = fault(&root, sealed.sync.unwrap()().map(drop));
    assert_eq!(kind, FaultKind::Away);
    assert!(said.starts_with("[FB0821] `DIR/o.1.partial` cannot be synced: "), "{said}");
}
