//! The folder of one broker: settings, log, certificates, and the data of its topics.
//!
//! A temporary one is locked by the process that made it. Whoever makes the next one removes those that nobody holds, so what a
//! killed process leaves is there to be looked at for a while, and does not pile up.

use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};

use super::jars;

#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// The lock of a temporary one.
    held: Option<File>,
}

const HELD: &str = "held";

impl Folder {
    /// The one that is given, made where it is not there, or a temporary one.
    pub fn of(given: Option<&Path>) -> Result<Folder, String> {
        match given {
            None => Folder::temporary(),
            Some(path) => {
                let said = |error| format!("cannot make {}: {error}", path.display());
                // What it holds names files in it, and is read by a process elsewhere.
                let path = std::path::absolute(path).map_err(said)?;
                let folder = Folder { path, held: None };
                fs::create_dir_all(folder.data()).map_err(said)?;
                Ok(folder)
            }
        }
    }

    fn temporary() -> Result<Folder, String> {
        let all = jars::folder().join("run");
        let _one_at_a_time = jars::locked(&all.with_extension("lock"))?;
        sweep(&all);
        let names = (0..).map(|number| all.join(format!("{}-{number}", std::process::id())));
        let path = names.into_iter().find(|path| !path.exists()).expect("numbers do not end");
        let said = |error| format!("cannot make {}: {error}", path.display());
        fs::create_dir_all(&path).map_err(said)?;
        let held = File::create(path.join(HELD)).map_err(said)?;
        held.try_lock().map_err(|error| said(error.into()))?;
        let folder = Folder { path: path.clone(), held: Some(held) };
        fs::create_dir(folder.data()).map_err(said)?;
        Ok(folder)
    }

    pub fn is_temporary(&self) -> bool {
        self.held.is_some()
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What Kafka keeps.
    pub fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    pub fn certificates(&self) -> PathBuf {
        self.path.join("certificates")
    }

    pub fn log(&self) -> PathBuf {
        self.path.join("broker.log")
    }

    /// What Java says before there is a log, and where there can be none.
    pub fn console(&self) -> PathBuf {
        self.path.join("console.log")
    }

    pub fn properties(&self) -> PathBuf {
        self.path.join("server.properties")
    }

    pub fn write_properties(&self, text: &str) -> Result<(), String> {
        let path = self.properties();
        fs::write(&path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
    }

    /// The id of the cluster whose data this is; none before it is formatted.
    pub fn cluster(&self) -> Option<String> {
        let text = fs::read_to_string(self.data().join("meta.properties")).ok()?;
        text.lines().find_map(|line| line.strip_prefix("cluster.id=")).map(String::from)
    }

    /// Whether log or console have these words.
    pub fn says(&self, words: &str) -> bool {
        let has =
            |path: PathBuf| fs::read(path).is_ok_and(|text| String::from_utf8_lossy(&text).contains(words));
        has(self.log()) || has(self.console())
    }

    /// The ends of console and log, for whoever asks why a broker did not do what it should.
    pub fn last_words(&self) -> String {
        let mut all = String::new();
        for path in [self.console(), self.log()] {
            let text = fs::read(&path).unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            let lines: Vec<&str> = text.lines().collect();
            let last = &lines[lines.len().saturating_sub(20)..];
            if !last.is_empty() {
                all += &format!("the end of {}:\n{}\n", path.display(), last.join("\n"));
            }
        }
        all
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.is_temporary() {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Removes temporary folders that no process holds.
fn sweep(all: &Path) {
    let Ok(entries) = fs::read_dir(all) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let is_held = File::open(path.join(HELD)).is_ok_and(|held| held.try_lock().is_err());
        if !is_held {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

/// 16 bytes in base64, as Kafka wants the id of a cluster, and another one each time.
pub fn new_cluster() -> String {
    let number = RandomState::new().build_hasher().finish() >> 8;
    format!("forebay{number:014x}A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_folder_goes_with_its_owner_or_with_the_next_one() {
        let first = Folder::of(None).unwrap();
        let path = first.path().to_path_buf();
        assert!(path.join("data").is_dir());
        let second = Folder::of(None).unwrap();
        assert!(path.is_dir(), "somebody holds it");
        drop(first);
        assert!(!path.exists());
        // As a process that was killed leaves it.
        let left = second.path().with_file_name("left");
        fs::create_dir_all(left.join("data")).unwrap();
        File::create(left.join(HELD)).unwrap();
        drop(Folder::of(None).unwrap());
        assert!(!left.exists());
        assert!(second.path().exists());
    }

    #[test]
    fn a_cluster_has_22_letters_and_a_name_of_its_own() {
        let (one, two) = (new_cluster(), new_cluster());
        assert_eq!((one.len(), two.len()), (22, 22));
        assert_ne!(one, two);
    }
}
