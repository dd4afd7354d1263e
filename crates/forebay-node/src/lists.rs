//! The values of lists: read from their files, typed, and looked at again while a pipeline runs.
//!
//! Invariant: a list always holds one whole version of its file. A new version that cannot be read is left aside and
//! counted, and the values from before stay.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use forebay_expr::{List, Members, Scalar};
use forebay_plan::plan::ListPlan;
use forebay_types::nearest::nearest;
use forebay_types::{Ty, code};

use crate::{Away, Error};

/// A list as others see it.
#[derive(Debug)]
pub struct ListStatus {
    pub name: String,
    pub file: String,
    /// Values in the version that counts.
    pub members: AtomicU64,
    /// New versions that were taken.
    pub reloads: AtomicU64,
    /// New versions that could not be read.
    pub failures: AtomicU64,
    /// Why the newest version cannot be read, while that is so.
    pub wrong: Mutex<Option<String>>,
}

/// A list with what is needed to look at its file again.
struct Watched {
    plan: Source,
    list: Arc<List>,
    status: Arc<ListStatus>,
    /// The version that was last read.
    taken: Option<Version>,
    /// The version that the last look found.
    seen: Option<Version>,
    due: Instant,
}

/// How long a file has to stay the same before a new version of it is read.
const SETTLE: Duration = Duration::from_millis(100);

/// Where the values come from.
#[derive(Clone, Debug)]
struct Source {
    name: String,
    file: String,
    column: Option<String>,
    ty: Ty,
    reload: Option<Duration>,
}

/// Tells versions of a file apart without reading it.
#[derive(Clone, Copy, PartialEq)]
struct Version {
    changed: Option<SystemTime>,
    bytes: u64,
}

/// The lists of a pipeline. Dropping it ends the thread that looks at their files.
pub(crate) struct Lists {
    watched: Vec<Watched>,
    pub statuses: Vec<Arc<ListStatus>>,
}

pub(crate) struct Watch {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Lists {
    /// Reads every list; one that cannot be read is an error.
    pub fn read(plans: &[ListPlan]) -> Result<Lists, Error> {
        let mut lists = Lists { watched: Vec::new(), statuses: Vec::new() };
        for plan in plans {
            let source = Source {
                name: plan.name.clone(),
                file: plan.file.clone(),
                column: plan.column.clone(),
                ty: plan.ty.clone(),
                reload: plan.reload_ns.map(|nanos| Duration::from_nanos(nanos.max(1_000_000) as u64)),
            };
            let taken = version(&source.file);
            let members = read(&source).map_err(|why| {
                // What is not there may be there later; what is wrong in it stays wrong.
                let away = if fs::File::open(&source.file).is_err() { Away::Yes } else { Away::No };
                Error { away, ..Error::new(&code::LIST_UNREADABLE, why) }
            })?;
            let status = Arc::new(ListStatus {
                name: source.name.clone(),
                file: source.file.clone(),
                members: AtomicU64::new(members.len() as u64),
                reloads: AtomicU64::new(0),
                failures: AtomicU64::new(0),
                wrong: Mutex::new(None),
            });
            lists.statuses.push(status.clone());
            let due = Instant::now() + source.reload.unwrap_or_default();
            lists.watched.push(Watched {
                plan: source,
                list: Arc::new(List::new(members)),
                status,
                seen: taken,
                taken,
                due,
            });
        }
        Ok(lists)
    }

    /// Each list by its name, for expressions.
    pub fn named(&self) -> impl Iterator<Item = (String, Arc<List>)> + '_ {
        self.watched.iter().map(|watched| (watched.plan.name.clone(), watched.list.clone()))
    }

    /// Looks at the files from now on, as often as each list says.
    pub fn watch(self) -> Watch {
        let mut watched = self.watched;
        watched.retain(|watched| watched.plan.reload.is_some());
        if watched.is_empty() {
            return Watch { stop: None, thread: None };
        }
        let (stop, stopped) = mpsc::channel::<()>();
        let work = move || {
            loop {
                let due =
                    watched.iter().map(|watched| watched.due).min().expect("at least one list is watched");
                match stopped.recv_timeout(due.saturating_duration_since(Instant::now())) {
                    Err(RecvTimeoutError::Timeout) => {
                        let now = Instant::now();
                        watched.iter_mut().for_each(|watched| watched.look_if_due(now));
                    }
                    Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        };
        // Without a thread the lists stay as they are, which is what a list without `reload` does.
        let thread = std::thread::Builder::new().name("forebay-lists".into()).spawn(work).ok();
        Watch { stop: Some(stop), thread }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Watched {
    /// Takes a new version once two looks, [`SETTLE`] apart, have found the same: a file that is being written over is
    /// empty or half for a moment, and a half list would let pass what the whole one stops.
    fn look_if_due(&mut self, now: Instant) {
        let Some(every) = self.plan.reload.filter(|_| self.due <= now) else { return };
        let version = version(&self.plan.file);
        if version == self.taken {
            self.due = now + every;
            return;
        }
        if version != self.seen {
            self.seen = version;
            self.due = now + SETTLE;
            return;
        }
        let read = read(&self.plan);
        if self::version(&self.plan.file) != version {
            // It was written to meanwhile: what was read may be half of each.
            self.due = now + SETTLE;
            return;
        }
        self.due = now + every;
        self.taken = version;
        let wrong = match read {
            Ok(members) => {
                self.status.members.store(members.len() as u64, Ordering::Relaxed);
                self.status.reloads.fetch_add(1, Ordering::Relaxed);
                self.list.replace(members);
                None
            }
            Err(why) => {
                self.status.failures.fetch_add(1, Ordering::Relaxed);
                Some(why)
            }
        };
        *self.status.wrong.lock().unwrap_or_else(PoisonError::into_inner) = wrong;
    }
}

fn version(file: &str) -> Option<Version> {
    let metadata = fs::metadata(file).ok()?;
    Some(Version { changed: metadata.modified().ok(), bytes: metadata.len() })
}

/// Reads a file whole. The error says file, line, cause and cure.
fn read(source: &Source) -> Result<Members, String> {
    let Source { name, file, ty, .. } = source;
    if matches!(ty.inner(), Ty::List(_) | Ty::Struct(_) | Ty::Zones | Ty::Unknown) {
        return Err(format!("the list `{name}` is of {ty}; a list holds numbers, texts, times or booleans"));
    }
    let bytes = fs::read(file).map_err(|error| {
        let cure = "the path counts from the file that names it";
        format!("the file of the list `{name}`, {file}, cannot be read: {error}; {cure}")
    })?;
    let mut members = Members::new(ty);
    match &source.column {
        Some(column) => from_csv(source, column, &bytes, &mut members)?,
        None => from_lines(source, &bytes, &mut members)?,
    }
    Ok(members)
}

fn from_lines(source: &Source, bytes: &[u8], members: &mut Members) -> Result<(), String> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("{}:{line}: the line is not UTF-8; save the list `{}` as UTF-8", source.file, source.name)
    })?;
    // An editor may put a byte order mark in front.
    for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        insert(source, at as u64 + 1, line.trim(), members)?;
    }
    Ok(())
}

fn from_csv(source: &Source, column: &str, bytes: &[u8], members: &mut Members) -> Result<(), String> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let wrong = |error: csv::Error| {
        let line = error.position().map_or(1, |position| position.line());
        format!(
            "{}:{line}: this is no CSV with a header: {error}; mend the file of the list `{}`",
            source.file, source.name
        )
    };
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let header = reader.headers().map_err(wrong)?.clone();
    let Some(at) = header.iter().position(|name| name == column) else {
        let cure = match nearest(column, header.iter()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it has {}", header.iter().collect::<Vec<_>>().join(", ")),
        };
        return Err(format!(
            "{}:1: there is no column `{column}`, as the list `{}` says; {cure}",
            source.file, source.name
        ));
    };
    for record in reader.records() {
        let record = record.map_err(wrong)?;
        let line = record.position().map_or(0, |position| position.line());
        insert(source, line, record.get(at).unwrap_or_default(), members)?;
    }
    Ok(())
}

/// Adds one value; an empty one is none.
fn insert(source: &Source, line: u64, text: &str, members: &mut Members) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    let value = Scalar::read(&source.ty, text).map_err(|why| {
        format!("{}:{line}: {why}; mend the line, or the type of the list `{}`", source.file, source.name)
    })?;
    members.insert(value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn source(file: &Path, column: &str, ty: &str) -> Source {
        Source {
            name: "blocked".into(),
            file: file.to_str().unwrap().into(),
            column: (!column.is_empty()).then(|| column.to_string()),
            ty: Ty::parse(ty).unwrap(),
            reload: None,
        }
    }

    /// What a file gives: the number of its values, or what is wrong after the file's name.
    fn check(text: &str, column: &str, ty: &str, expect: &str) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("l");
        fs::write(&file, text).unwrap();
        let got = match read(&source(&file, column, ty)) {
            Ok(members) => members.len().to_string(),
            Err(why) => why.replace(file.to_str().unwrap(), "l"),
        };
        assert_eq!(got, expect);
    }

    #[test]
    fn lines_and_columns_are_values() {
        check("1\n2\n\n 3 \n2\n", "", "u64", "3");
        check("\u{feff}a\nb\n", "", "string", "2");
        check("id,terminal_id\nx,7\ny,8\nz,\n", "terminal_id", "u64", "2");
        check("\u{feff}terminal_id\n\"7\"\n", "terminal_id", "u64", "1");
        check("12.5\n12.50\n", "", "decimal(2)", "1");
    }

    #[test]
    fn what_is_wrong_has_a_line_and_a_cure() {
        let cure = "; mend the line, or the type of the list `blocked`";
        check("1\n-2\n", "", "u64", &format!("l:2: `-2` is no u64: a whole number from 0{cure}"));
        check("id\n1\n2\nx\n", "id", "u64", &format!("l:4: `x` is no u64: a whole number from 0{cure}"));
        check(
            "terminal\n1\n",
            "terminl",
            "u64",
            "l:1: there is no column `terminl`, as the list `blocked` says; did you mean `terminal`?",
        );
        check(
            "a,b\n1\n",
            "a",
            "u64",
            "l:2: this is no CSV with a header: CSV error: record 1 (line: 2, byte: 4): found record with 1 fields, but the previous record has 2 fields; mend the file of the list `blocked`",
        );
        check(
            "",
            "",
            "list(u64)",
            "the list `blocked` is of list(u64); a list holds numbers, texts, times or booleans",
        );
    }

    #[test]
    fn a_new_version_is_taken_and_a_broken_one_left_aside() {
        let folder = tempfile::tempdir().unwrap();
        let (lists, list) = watched(folder.path());
        let (file, status) = (folder.path().join("l"), lists.statuses[0].clone());
        let _watch = lists.watch();
        fs::write(&file, "1\n2\n3\n").unwrap();
        wait_for(|| status.reloads.load(Ordering::Relaxed) == 1);
        assert_eq!(list.members().len(), 3);
        fs::write(&file, "none\n").unwrap();
        wait_for(|| status.failures.load(Ordering::Relaxed) >= 1);
        assert_eq!(list.members().len(), 3);
        assert!(status.wrong.lock().unwrap().as_ref().unwrap().contains(":1: `none` is no u64"));
    }

    #[test]
    fn a_file_that_is_being_written_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let (mut lists, list) = watched(folder.path());
        let watched = &mut lists.watched[0];
        let mut now = watched.due;
        let mut look = |text: &str| {
            fs::write(&watched.plan.file, text).unwrap();
            watched.look_if_due(now);
            now = watched.due;
            list.members().len()
        };
        assert_eq!([look(""), look("1\n2\n"), look("1\n2\n3\n")], [1, 1, 1], "it changed at every look");
        watched.look_if_due(now);
        assert_eq!(list.members().len(), 3);
    }

    /// A list of one value that is looked at every millisecond.
    fn watched(folder: &Path) -> (Lists, Arc<List>) {
        let file = folder.join("l");
        fs::write(&file, "1\n").unwrap();
        let plan = ListPlan {
            name: "blocked".into(),
            ty: Ty::U64,
            file: file.to_str().unwrap().into(),
            column: None,
            reload_ns: Some(1_000_000),
        };
        let lists = Lists::read(&[plan]).unwrap();
        let (_, list) = lists.named().next().unwrap();
        (lists, list)
    }

    fn wait_for(condition: impl Fn() -> bool) {
        let end = Instant::now() + Duration::from_secs(10);
        while !condition() {
            assert!(Instant::now() < end, "it did not happen in 10 seconds");
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}
