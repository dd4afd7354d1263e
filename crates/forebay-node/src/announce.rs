//! The run-time directory: one file for each process that runs pipelines, with its admin address, so that others on this
//! machine find it. `$XDG_RUNTIME_DIR/forebay`, or `forebay-UID` in the directory for temporary files.
//!
//! A file is of the process that users started, and of that very one: with the number of a process stands when it began, since
//! numbers are given out again.

use std::fs::{self, DirBuilder};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// The file of a process for as long as it runs. Dropping it removes the file.
#[derive(Debug)]
pub struct Announced {
    pid: u32,
}

/// A process that runs pipelines.
#[derive(Clone, Debug)]
pub struct Found {
    /// The one that users started, and that signals go to.
    pub pid: u32,
    pub admin: SocketAddr,
    /// `NAMESPACE/NAME` and file of each.
    pub pipelines: Vec<(String, String)>,
}

impl Announced {
    /// Of the process `pid`, which others [write](announce) as soon as they know where it answers.
    pub fn of(pid: u32) -> Announced {
        Announced { pid }
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        let _ = fs::remove_file(path_of(&folder(), self.pid));
    }
}

/// Writes the file of the process `pid`, in place of the one that it may have.
pub fn announce(found: &Found) -> io::Result<()> {
    let folder = folder();
    DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    check_owner(&folder)?;
    sweep(&folder);
    let Found { pid, admin, pipelines } = found;
    let pipelines: Value =
        pipelines.iter().map(|(name, file)| json!({ "pipeline": name, "file": file })).collect();
    let text = json!({
        "pid": pid,
        "began": began(*pid),
        "admin": format!("http://{admin}"),
        "pipelines": pipelines,
    });
    // Whole or not there: readers never see half of it.
    let path = path_of(&folder, *pid);
    let partial = path.with_extension("json.partial");
    fs::write(&partial, format!("{text:#}\n"))?;
    fs::rename(&partial, path)
}

/// Every process of this user on this machine that runs pipelines, in the order of their numbers.
pub fn running() -> io::Result<Vec<Found>> {
    let folder = folder();
    match check_owner(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        checked => checked?,
    }
    let mut all: Vec<Found> = files(&folder).filter_map(|path| read(&path)).collect();
    all.sort_by_key(|found| found.pid);
    Ok(all)
}

/// What a file says, where its process is alive.
fn read(path: &Path) -> Option<Found> {
    let value: Value = serde_json::from_str(&fs::read_to_string(path).ok()?).ok()?;
    let text = |value: &Value| value.as_str().map(str::to_string);
    let pipelines = value["pipelines"].as_array()?.iter();
    let found = Found {
        pid: u32::try_from(value["pid"].as_u64()?).ok()?,
        admin: value["admin"].as_str()?.strip_prefix("http://")?.parse().ok()?,
        pipelines: pipelines.filter_map(|one| Some((text(&one["pipeline"])?, text(&one["file"])?))).collect(),
    };
    (began(found.pid)? == value["began"].as_u64()?).then_some(found)
}

fn folder() -> PathBuf {
    match std::env::var_os("XDG_RUNTIME_DIR").filter(|dir| !dir.is_empty()) {
        Some(dir) => PathBuf::from(dir).join("forebay"),
        None => std::env::temp_dir().join(format!("forebay-{}", rustix::process::getuid().as_raw())),
    }
}

fn path_of(folder: &Path, pid: u32) -> PathBuf {
    folder.join(format!("{pid}.json"))
}

fn files(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let paths = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    paths.filter(|path| path.extension().is_some_and(|ending| ending == "json" || ending == "partial"))
}

/// The directory for temporary files is everybody's: somebody else may have made the folder first.
fn check_owner(folder: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(folder)?;
    match metadata.is_dir() && metadata.uid() == rustix::process::getuid().as_raw() {
        true => Ok(()),
        false => Err(io::Error::other(format!(
            "{} is not a folder of this user; set XDG_RUNTIME_DIR to one",
            folder.display()
        ))),
    }
}

/// Removes the files of processes that were killed and could not do it.
fn sweep(folder: &Path) {
    for path in files(folder) {
        let pid = path.file_name().and_then(|name| name.to_str()?.split('.').next()?.parse::<u32>().ok());
        if pid.is_some_and(|pid| began(pid).is_none()) {
            let _ = fs::remove_file(path);
        }
    }
}

/// When a process began, in ticks since the system did; `None` where there is none, or it has ended and nobody has waited for it.
fn began(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in brackets, may hold anything.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    let state = fields.next()?;
    fields.nth(18).filter(|_| state != "Z")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_has_one_beginning_and_one_that_has_ended_has_none() {
        let own = std::process::id();
        assert!(began(own).is_some_and(|ticks| ticks > 0) && began(own) == began(own));
        let mut child = std::process::Command::new("true").spawn().expect("a process");
        let pid = child.id();
        let ends = (0..500).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            began(pid).is_none()
        });
        assert!(ends, "it has ended, although nobody has waited for it");
        child.wait().expect("its end");
        assert_eq!(began(pid), None);
    }
}
