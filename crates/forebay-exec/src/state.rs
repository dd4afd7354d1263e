//! The state directory: who it belongs to, what was committed, what crashed.
//!
//! | file | what |
//! |---|---|
//! | `manifest.json` | the pipeline, its folder, the number of shards and the shape of each state |
//! | `*.log`, `*.blob`, `lock` | the local log with its images (see `forebay-log`) |
//! | `mark` | what each lane was working on |
//! | `suspects` | ranges of records that were in flight at crashes |
//!
//! Invariant: nothing but these files is ever written or removed, and none of them in a folder that holds other things.

mod manifest;

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use forebay_log::{Log, LogError, Options, mark};
use forebay_plan::plan::Plan;
use forebay_sched::suspects::Suspects;
use forebay_stage::Fault;
use forebay_types::code;

use crate::entry::Committed;
use crate::kit::read_mark;
use manifest::{MANIFEST, Manifest};

/// A state directory that this process holds and has read. Nothing that an earlier run left in it is changed before
/// [`begin`](Self::begin): until then the pipeline may be kept from starting, by another one too.
pub struct Held {
    dir: PathBuf,
    log: HeldLog,
    /// What the manifest is to say.
    manifest: Manifest,
    pub committed: Committed,
    pub suspects: Suspects,
    /// By stage: the names that it had before, under which its state may stand in the log.
    pub former_names: BTreeMap<String, Vec<String>>,
}

enum HeldLog {
    /// It goes on.
    Open(Log),
    /// It is begun anew, whatever is there.
    Anew(forebay_log::Held),
}

/// What a run writes to.
pub struct Begun {
    pub log: Log,
    pub slots: Vec<mark::Slot>,
}

/// How long another process may go on holding the directory: a worker whose parent was killed needs a moment to see it.
const HELD_AT_MOST: Duration = Duration::from_secs(2);

/// Takes the directory, made if need be, and reads what was committed; nothing where it is to be `fresh`. `base` is the
/// folder of the pipeline file.
pub fn hold(dir: &Path, plan: &Plan, base: &Path, options: &Options, fresh: bool) -> Result<Held, Fault> {
    look(dir)?;
    let held = take(dir, options)?;
    // Whoever held it until now may have left more there than there was.
    let found = look(dir)?;
    if found == Found::Manifest && !fresh {
        return Err(damaged(dir, "a manifest, and its log is gone"));
    }
    if fresh || found == Found::Nothing {
        return Ok(Held {
            dir: dir.to_path_buf(),
            log: HeldLog::Anew(held),
            manifest: Manifest::of(plan, base),
            committed: Committed::default(),
            suspects: Suspects::default(),
            former_names: BTreeMap::new(),
        });
    }
    let (mut log, _) = held.open().map_err(|error| refuse(&error))?;
    let begun = log.entries().next().is_some();
    // A process that was killed before it had written its first manifest leaves a log without entries.
    if found == Found::Log && begun {
        return Err(damaged(dir, "a log and no manifest that says whose it is"));
    }
    let manifest = manifest::check(dir, plan, base, begun)?;
    let committed =
        Committed::read(log.entries()).map_err(|why| Fault::fatal(&code::STATE_UNREADABLE, why))?;
    remove_orphans(&mut log, &committed).map_err(|error| refuse(&error))?;
    let (suspects, former_names) = (read_suspects(dir), manifest.former_names());
    Ok(Held { dir: dir.to_path_buf(), log: HeldLog::Open(log), manifest, committed, suspects, former_names })
}

impl Held {
    /// The log to go on with.
    pub fn log(&self) -> Option<&Log> {
        match &self.log {
            HeldLog::Open(log) => Some(log),
            HeldLog::Anew(_) => None,
        }
    }

    /// From here on the state is this run's: what it does not go on with is removed, and what it is begins to be written.
    pub fn begin(self, slots: usize) -> Result<Begun, Fault> {
        let Held { dir, log, manifest, .. } = self;
        // First of all: what an old mark says must not be taken for this run's.
        let slots = mark::create(&dir.join("mark"), slots).map_err(|error| refuse(&error))?;
        let log = match log {
            HeldLog::Open(mut log) => {
                log.begin();
                log
            }
            HeldLog::Anew(held) => {
                let log = held.open_empty().map_err(|error| refuse(&error))?;
                forget(&dir)?;
                log
            }
        };
        manifest.write(&dir)?;
        Ok(Begun { log, slots })
    }
}

/// Images whose entry was never written are nobody's.
fn remove_orphans(log: &mut Log, committed: &Committed) -> Result<(), LogError> {
    let named: HashSet<&str> = committed.images.values().map(|image| image.blob.as_str()).collect();
    for blob in log.blobs()?.into_iter().filter(|blob| !named.contains(blob.as_str())) {
        log.remove_blob(&blob)?;
    }
    Ok(())
}

/// What is in a directory before it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    /// Both parts of a state.
    State,
    Log,
    Manifest,
}

/// Whether the engine makes files of this name in a state directory.
fn is_own(name: &str) -> bool {
    matches!(name, MANIFEST | "mark" | "suspects" | "lock")
        || [".log", ".blob", ".partial"].iter().any(|end| name.ends_with(end))
}

/// Looks before anything is made or removed. A folder with other things in it is refused: it is nobody's state.
fn look(dir: &Path) -> Result<Found, Fault> {
    let names = match fs::read_dir(dir) {
        Ok(entries) => entries
            .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
            .collect::<Result<Vec<String>, _>>(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => Err(error),
    };
    let names = names.map_err(|error| io(dir, "cannot be read", &error))?;
    if let Some(other) = names.iter().find(|name| !is_own(name)) {
        let message = format!(
            "{} holds `{other}`, which is no part of a state: nothing there was touched; name a folder that is empty or \
             does not exist",
            dir.display()
        );
        return Err(Fault::fatal(&code::STATE_ELSEWHERE, message));
    }
    let has = |wanted: &dyn Fn(&String) -> bool| names.iter().any(wanted);
    Ok(match (has(&|name| name == MANIFEST), has(&|name| name.ends_with(".log"))) {
        (true, true) => Found::State,
        (true, false) => Found::Manifest,
        (false, true) => Found::Log,
        (false, false) => Found::Nothing,
    })
}

fn damaged(dir: &Path, what: &str) -> Fault {
    let message = format!(
        "{} holds {what}: put it back, or give the old results up and begin anew with --fresh",
        dir.display()
    );
    Fault::fatal(&code::STATE_UNREADABLE, message)
}

/// Takes the directory; waits for a moment where another process holds it.
fn take(dir: &Path, options: &Options) -> Result<forebay_log::Held, Fault> {
    let began = Instant::now();
    loop {
        match forebay_log::Held::take(dir, options.clone()) {
            Err(LogError::Locked { .. }) if began.elapsed() < HELD_AT_MOST => {
                thread::sleep(Duration::from_millis(20));
            }
            held => return held.map_err(|error| refuse(&error)),
        }
    }
}

/// Removes what stands beside a log that was emptied. Whoever calls this holds the log.
fn forget(dir: &Path) -> Result<(), Fault> {
    for name in ["suspects", MANIFEST] {
        match fs::remove_file(dir.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(io(&dir.join(name), "cannot be removed", &error));
            }
            _ => {}
        }
    }
    Ok(())
}

pub fn suspects_path(dir: &Path) -> PathBuf {
    dir.join("suspects")
}

fn read_suspects(dir: &Path) -> Suspects {
    fs::read_to_string(suspects_path(dir)).map(|text| Suspects::from_text(&text)).unwrap_or_default()
}

/// Notes a crash: what the lanes' marks say was in flight becomes suspect. For the parent of a worker that died by its own
/// doing; a worker that was killed from outside is no reason to suspect a record.
pub fn note_crash(dir: &Path) -> Result<Vec<u16>, LogError> {
    let marks: Vec<_> = mark::read(&dir.join("mark"))?.into_iter().flatten().map(read_mark).collect();
    let mut suspects = read_suspects(dir);
    let ranges: Vec<_> = marks.iter().map(|(_, range)| *range).collect();
    suspects.crashed(&ranges);
    // What cannot be written now is only missing at the next start: the worker then meets the record once more.
    let _ = fs::write(suspects_path(dir), suspects.to_text());
    Ok(marks.into_iter().map(|(node, _)| node.0).collect())
}

fn refuse(error: &LogError) -> Fault {
    let code = match error {
        LogError::Locked { .. } => &code::STATE_IN_USE,
        LogError::Full { .. } | LogError::Io { .. } => &code::COMMIT_FAILED,
        _ => &code::STATE_UNREADABLE,
    };
    Fault::fatal(code, error.to_string())
}

fn io(path: &Path, what: &str, error: &std::io::Error) -> Fault {
    Fault::fatal(&code::COMMIT_FAILED, format!("{} {what}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What [`look`] says of a folder with these files.
    #[track_caller]
    fn check(names: &[&str], expect: Result<Found, &str>) {
        let folder = tempfile::tempdir().unwrap();
        names.iter().for_each(|name| fs::write(folder.path().join(name), "x").unwrap());
        match (look(folder.path()), expect) {
            (Ok(found), Ok(expect)) => assert_eq!(found, expect),
            (Err(fault), Err(expect)) => assert!(fault.message.contains(expect), "{fault}"),
            (found, expect) => panic!("{found:?} instead of {expect:?}"),
        }
    }

    #[test]
    fn only_an_empty_folder_or_a_state_is_taken() {
        check(&[], Ok(Found::Nothing));
        check(&["lock"], Ok(Found::Nothing));
        check(&["manifest.json", "1.log", "lock", "mark"], Ok(Found::State));
        check(&["1.log"], Ok(Found::Log));
        check(&["manifest.json"], Ok(Found::Manifest));
        check(&["manifest.json", "1.log", "notes.txt"], Err("holds `notes.txt`"));
        assert_eq!(look(Path::new("/nowhere/at/all")).unwrap(), Found::Nothing);
    }

    #[test]
    fn clearing_removes_a_state_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        drop(Log::open(folder.path(), Options::default()).unwrap());
        for name in [MANIFEST, "mark", "suspects", "a-0001-2.blob"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        let log = take(folder.path(), &Options::default()).unwrap().open_empty().unwrap();
        forget(folder.path()).unwrap();
        let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["00000000000000000001.log", "lock", "mark"]);
        assert!(log.entries().next().is_none());
    }
}
