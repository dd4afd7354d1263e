//! The promise of the sink: at any time the committed bytes are exactly the committed records. Random sequences of
//! pushes, seals, commits, undone epochs, crashes and failing calls, against a model that only counts.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use forebay_file::testing::{Call, Faults};
use forebay_stage::types::Epoch;
use forebay_stage::{Fault, Sealed, Sink};
use proptest::prelude::*;

use crate::support::{batch, complete_name, folder, listing, names, push, sink};

#[derive(Clone, Debug)]
enum Step {
    Push(u64),
    Seal,
    /// The oldest sealed epoch is synced, stands in the log, and the sink is told.
    Commit,
    /// The same, and the process dies before the sink is told.
    CommitAndCrash,
    /// The epochs that are not committed are undone.
    Abort,
    Crash,
    Fail(Call, u64, ErrorKind),
}

const CALLS: &[Call] = &[Call::Create, Call::Write, Call::Sync, Call::Rename, Call::Truncate, Call::Remove];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0u64..60).prop_map(Step::Push),
        5 => Just(Step::Seal),
        5 => Just(Step::Commit),
        1 => Just(Step::CommitAndCrash),
        1 => Just(Step::Abort),
        1 => Just(Step::Crash),
        1 => (prop::sample::select(CALLS), 1u64..4, prop::sample::select(&[ErrorKind::Other, ErrorKind::StorageFull]))
            .prop_map(|(call, nth, error)| Step::Fail(call, nth, error)),
    ];
    prop::collection::vec(step, 1..50)
}

const SPECS: &[&str] = &[
    "{ path: DIR/o }",
    "{ path: DIR/o.gz }",
    "{ path: DIR/o.zst, rotate: 1KiB }",
    "{ path: DIR/sub/o, rotate: 1KiB }",
    "{ path: \"DIR/${time:%m-%d}.zst\", rotate: 1d }",
    "{ path: \"DIR/${time:%d-%H}\", rotate: 1h }",
];

/// Record `a` of the input: four in an hour.
fn record(a: u64) -> (i64, i64) {
    (a as i64 * 900_000_000_000, a as i64)
}

struct Run<'a> {
    folder: &'a Path,
    spec: &'a str,
    faults: Faults,
    sink: Box<dyn Sink>,
    epoch: u64,
    /// Epochs that were sealed and are not committed, with the number of records up to their end.
    sealed: Vec<(u64, Sealed, u64)>,
    pushed: u64,
    /// The input is at least so long.
    most: u64,
    /// What the log says: the last entry, and the records that it stands for.
    entry: Option<Vec<u8>>,
    committed: u64,
    /// What was said of calls that failed.
    said: Vec<String>,
}

impl<'a> Run<'a> {
    fn new(folder: &'a Path, spec: &'a str) -> Run<'a> {
        let faults = Faults::default();
        let mut sink = sink(folder, spec, &[], &faults).expect("a sink");
        sink.restore(None).expect("a fresh folder");
        let (sealed, said) = (Vec::new(), Vec::new());
        Run {
            folder,
            spec,
            faults,
            sink,
            epoch: 0,
            sealed,
            pushed: 0,
            most: 0,
            entry: None,
            committed: 0,
            said,
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Push(count) => {
                let rows: Vec<(i64, i64)> = (self.pushed..self.pushed + count).map(record).collect();
                let pushed = push(self.sink.as_mut(), &batch(&rows));
                self.pushed += count;
                self.most = self.most.max(self.pushed);
                self.or_undo(pushed);
            }
            Step::Seal => {
                self.seal(false);
            }
            Step::Commit => {
                if let Some(epoch) = self.log() {
                    let told = self.sink.committed(Epoch(epoch));
                    self.or_undo(told);
                    self.check_complete();
                }
            }
            Step::CommitAndCrash => {
                self.log();
                self.crash();
            }
            Step::Abort => self.undo(),
            Step::Crash => self.crash(),
            Step::Fail(call, nth, error) => self.faults.inject(*call, *nth, *error),
        }
    }

    fn seal(&mut self, last: bool) {
        self.epoch += 1;
        match self.sink.seal(Epoch(self.epoch), last) {
            Ok(sealed) => self.sealed.push((self.epoch, sealed, self.pushed)),
            Err(fault) => self.or_undo(Err(fault)),
        }
    }

    /// The oldest sealed epoch becomes durable.
    fn log(&mut self) -> Option<u64> {
        if self.sealed.is_empty() {
            return None;
        }
        let (epoch, sealed, records) = self.sealed.remove(0);
        if let Some(Err(error)) = sealed.sync.map(|mut sync| sync()) {
            self.said.push(error.to_string());
            self.undo();
            return None;
        }
        self.entry = Some(sealed.entry);
        self.committed = records;
        Some(epoch)
    }

    fn or_undo(&mut self, done: Result<(), Fault>) {
        if let Err(fault) = done {
            assert_eq!(fault.kind, forebay_stage::FaultKind::Away, "{fault}");
            self.said.push(fault.to_string());
            self.undo();
        }
    }

    fn undo(&mut self) {
        self.sealed.clear();
        self.pushed = self.committed;
        self.epoch += 10;
        // A fault strikes once, so a few tries are enough.
        let restored = (0..60).find_map(|_| self.sink.restore(self.entry.as_deref()).ok());
        assert!(restored.is_some(), "{:?}", self.sink.restore(self.entry.as_deref()));
        self.check_restored();
    }

    fn crash(&mut self) {
        // Whoever dies does not tidy up.
        let left: Vec<(PathBuf, Vec<u8>)> = names(self.folder)
            .into_iter()
            .map(|path| (path.clone(), fs::read(path).expect("a file")))
            .collect();
        self.sink = sink(self.folder, self.spec, &[], &self.faults).expect("a sink");
        for (path, bytes) in left.into_iter().filter(|(path, _)| !path.exists()) {
            fs::create_dir_all(path.parent().expect("below")).expect("a folder");
            fs::write(path, bytes).expect("a file");
        }
        self.undo();
    }

    fn records(&self) -> String {
        (0..self.committed).map(|a| format!("{{\"a\":{a}}};")).collect()
    }

    /// After going back, all files together are the committed records.
    fn check_restored(&self) {
        let found: String = listing(self.folder)
            .lines()
            .map(|line| line.split_once(": ").expect("a name"))
            .filter(|(name, _)| !complete_name(name).1)
            .map(|(_, text)| text)
            .collect();
        assert_eq!(found, self.records(), "{}", listing(self.folder));
    }

    /// Files that have their names hold committed records only, from the first on.
    fn check_complete(&self) {
        let listing = listing(self.folder);
        let complete = listing.lines().filter_map(|line| line.split_once(": "));
        let text: String =
            complete.filter(|(name, _)| !name.ends_with(".partial")).map(|(_, text)| text).collect();
        assert!(self.records().starts_with(&text), "{listing}");
    }

    fn end(&mut self, records: u64) {
        for _ in 0..60 {
            self.step(&Step::Push(records.saturating_sub(self.pushed)));
            if self.pushed < records {
                continue;
            }
            self.seal(true);
            while let Some(epoch) = self.log() {
                let told = self.sink.committed(Epoch(epoch));
                self.or_undo(told);
            }
            // A last fault may have struck while the end was written.
            if self.committed == records && !listing(self.folder).contains(".partial") {
                return;
            }
        }
        panic!("the end is never reached: {}", listing(self.folder));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn committed_bytes_are_the_committed_records(steps in steps(), spec in prop::sample::select(SPECS)) {
        let shaken = folder(&[]);
        let mut run = Run::new(shaken.path(), spec);
        steps.iter().for_each(|step| run.step(step));
        let records = run.most + 7;
        run.end(records);

        // As if nothing had happened.
        let calm = folder(&[]);
        Run::new(calm.path(), spec).end(records);
        prop_assert_eq!(listing(shaken.path()), listing(calm.path()));
    }
}

/// A crash between any two calls that change names.
#[test]
fn a_crash_between_two_renames_is_finished_by_the_restart() {
    for nth in 1..8 {
        let root = folder(&[]);
        let mut run = Run::new(root.path(), "{ path: \"DIR/${time:%d-%H}\", rotate: 1h }");
        run.faults.inject(Call::Rename, nth, ErrorKind::Other);
        for step in [Step::Push(3), Step::Seal, Step::Push(14), Step::Seal, Step::Push(5), Step::Seal] {
            run.step(&step);
        }
        for _ in 0..3 {
            if let Some(epoch) = run.log()
                && run.sink.committed(Epoch(epoch)).is_err()
            {
                run.crash();
            }
        }
        run.end(40);
        let calm = folder(&[]);
        Run::new(calm.path(), "{ path: \"DIR/${time:%d-%H}\", rotate: 1h }").end(40);
        assert_eq!(listing(root.path()), listing(calm.path()), "rename {nth}");
    }
}

/// A disk that is full in any call: the sink names the file and the cure, and with room it goes on from the last commit.
#[test]
fn a_disk_may_be_full_at_any_moment() {
    const SPEC: &str = "{ path: \"DIR/${time:%d-%H}\", rotate: 1h }";
    let calm = folder(&[]);
    Run::new(calm.path(), SPEC).end(40);
    for call in [Call::Create, Call::Write, Call::Sync, Call::Rename] {
        for nth in 1..6 {
            let root = folder(&[]);
            let mut run = Run::new(root.path(), SPEC);
            run.faults.inject(call, nth, ErrorKind::StorageFull);
            for step in [
                Step::Push(6),
                Step::Seal,
                Step::Commit,
                Step::Push(9),
                Step::Seal,
                Step::Push(2),
                Step::Commit,
            ] {
                run.step(&step);
            }
            run.end(40);
            assert_eq!(listing(root.path()), listing(calm.path()), "{call:?} {nth}");
            let [said] = &run.said[..] else { panic!("{call:?} {nth} is said once: {:?}", run.said) };
            let named =
                said.contains(&format!("`{}", root.path().display())) && said.contains("no storage space");
            let cure = said.starts_with("[FB0822]") && said.contains("make room") || call == Call::Sync;
            // What comes out of the work before a commit gets its code from the engine.
            assert!(named && cure, "{call:?} {nth}: {said}");
        }
    }
}
