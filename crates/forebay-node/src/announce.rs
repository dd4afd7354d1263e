//! The run-time directory: one file for each process that runs pipelines, with its admin address, so that others on this
//! machine find it. `$XDG_RUNTIME_DIR/forebay`, or `forebay-UID` in the directory for temporary files.

use std::fs::{self, DirBuilder};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use serde_json::json;

use crate::status::View;

/// The file of this process. Dropping it removes the file.
#[derive(Debug)]
pub struct Announced {
    path: PathBuf,
}

impl Announced {
    /// Writes the file of the process `pid`: the one that users started and that signals go to.
    pub fn write(pid: u32, admin: SocketAddr, views: &[Arc<View>]) -> io::Result<Announced> {
        let folder = folder();
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        check_owner(&folder)?;
        sweep(&folder);
        let path = folder.join(format!("{pid}.json"));
        let pipelines: Vec<_> = views
            .iter()
            .map(|view| json!({ "pipeline": view.pipeline, "file": view.path, "state": view.state }))
            .collect();
        let text = json!({ "pid": pid, "admin": format!("http://{admin}"), "pipelines": pipelines });
        // Whole or not there: readers never see half of it.
        let partial = folder.join(format!("{pid}.json.partial"));
        fs::write(&partial, format!("{text:#}\n"))?;
        fs::rename(&partial, &path)?;
        Ok(Announced { path })
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn folder() -> PathBuf {
    match std::env::var_os("XDG_RUNTIME_DIR").filter(|dir| !dir.is_empty()) {
        Some(dir) => PathBuf::from(dir).join("forebay"),
        None => std::env::temp_dir().join(format!("forebay-{}", rustix::process::getuid().as_raw())),
    }
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
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let pid = path.file_name().and_then(|name| name.to_str()?.split('.').next()?.parse::<i32>().ok());
        let process = pid.and_then(Pid::from_raw);
        if process.is_some_and(|pid| test_kill_process(pid) == Err(Errno::SRCH)) {
            let _ = fs::remove_file(path);
        }
    }
}
