//! Folders that were made for something that may never begin: they go again with the last one that they were made for,
//! unless it was begun. The state's directory and the outputs of sinks are made so, and may share what lies above them.
//!
//! Invariants: only folders that are empty are removed, and only those that this process made. What others of this
//! process make or find in them meanwhile has a share in them; another process that finds one gone makes it anew.
//!
//! Who has a share is known to the whole process, since several pipelines in it may write into one folder and start
//! and stop by themselves. It decides nothing but whether an empty folder stays.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How often something may be taken away by another while it is being made.
pub const TRIES: usize = 100;

/// What this process made and nothing has begun in, by full path, with how many have a share in it.
static MADE: Mutex<BTreeMap<PathBuf, usize>> = Mutex::new(BTreeMap::new());

/// A share in the folders that were made for something. Dropping the last one removes them.
#[derive(Debug, Default)]
pub struct Folders {
    /// Full paths, the inner ones first.
    shared: Vec<PathBuf>,
}

impl Folders {
    /// Makes a folder and what is missing above it, and takes a share in what of them was made and not begun. Where another
    /// process takes one away in between, it is made again.
    pub fn make(folder: &Path) -> io::Result<Folders> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let mut made = made();
        let mut tries = 1..TRIES;
        let (folder, new) = loop {
            match create(folder) {
                Err(error) if error.kind() == ErrorKind::NotFound && tries.next().is_some() => {}
                created => break created?,
            }
        };
        let found = folder.ancestors().filter(|above| made.contains_key(*above)).map(Path::to_path_buf);
        let found: Vec<PathBuf> = found.filter(|above| !new.contains(above)).collect();
        let shared: Vec<PathBuf> = new.into_iter().chain(found).collect();
        shared.iter().for_each(|folder| *made.entry(folder.clone()).or_default() += 1);
        Ok(Folders { shared })
    }

    /// Syncs the folders whose lists of names have changed.
    pub fn sync(&self, sync: impl Fn(&Path) -> io::Result<()>) -> io::Result<()> {
        self.shared.iter().filter_map(|folder| folder.parent()).try_for_each(|parent| match sync(parent) {
            // Another process took it away; whoever opens what shall be in it makes it again.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            synced => synced,
        })
    }

    /// Something was begun in them: they stay, whoever else has a share in them.
    pub fn keep(&mut self) {
        // At every commit, mostly for nothing: others may be making folders on a disk that does not answer.
        if self.shared.is_empty() {
            return;
        }
        let mut made = made();
        self.shared.drain(..).for_each(|folder| _ = made.remove(&folder));
    }
}

impl Drop for Folders {
    fn drop(&mut self) {
        if self.shared.is_empty() {
            return;
        }
        let mut made = made();
        for folder in &self.shared {
            let Some(shares) = made.get_mut(folder) else { continue };
            *shares -= 1;
            if *shares == 0 {
                made.remove(folder);
                // What cannot be removed is another's by now, or an empty folder too many, and no reason to say anything.
                let _ = fs::remove_dir(folder);
            }
        }
    }
}

/// Opens a file as `how` says and makes it where it is missing. Says whether it was made just now: nobody else can have
/// put anything into it before it was there.
pub fn open_or_make(path: &Path, how: &OpenOptions) -> io::Result<(File, bool)> {
    let mut tries = 1..TRIES;
    loop {
        match how.clone().create_new(true).open(path) {
            Ok(file) => return Ok((file, true)),
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            Err(_) => {}
        }
        match how.open(path) {
            // It went again in between.
            Err(error) if error.kind() == ErrorKind::NotFound && tries.next().is_some() => {}
            opened => return opened.map(|file| (file, false)),
        }
    }
}

/// Makes a folder and those above it, or nothing of them. Gives its full path, and those of what was missing, the inner ones
/// first.
fn create(folder: &Path) -> io::Result<(PathBuf, Vec<PathBuf>)> {
    let missing = folder.ancestors().take_while(|above| !above.as_os_str().is_empty() && !above.exists());
    let missing: Vec<&Path> = missing.collect();
    let mut new = Vec::new();
    let mut create = || {
        for folder in missing.iter().rev() {
            match fs::create_dir(folder) {
                Ok(()) => new.insert(0, fs::canonicalize(folder)?),
                // Somebody else made it meanwhile, or it ends in `..` and is another name of one that is there.
                Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => {}
                Err(error) => return Err(error),
            }
        }
        fs::canonicalize(folder)
    };
    let created = create();
    if created.is_err() {
        new.iter().for_each(|folder| drop(fs::remove_dir(folder)));
    }
    created.map(|folder| (folder, new))
}

fn made() -> MutexGuard<'static, BTreeMap<PathBuf, usize>> {
    MADE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes shares in the folders of `paths` and lets go of them in the order of `lets_go`; says what is left.
    fn check(before: &[&str], paths: &[&str], lets_go: &[usize], keep: Option<usize>, expect: &[&str]) {
        let root = tempfile::tempdir().unwrap();
        before.iter().for_each(|folder| fs::create_dir_all(root.path().join(folder)).unwrap());
        let share = |path: &&str| Some(Folders::make(&root.path().join(path)).unwrap());
        let mut shares: Vec<Option<Folders>> = paths.iter().map(share).collect();
        if let Some(kept) = keep {
            shares[kept].as_mut().unwrap().keep();
        }
        lets_go.iter().for_each(|at| drop(shares[*at].take().unwrap()));
        let (mut left, mut folders) = (Vec::new(), vec![root.path().to_path_buf()]);
        while let Some(folder) = folders.pop() {
            let found = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            folders.extend(found.inspect(|path| {
                left.push(path.strip_prefix(root.path()).unwrap().to_str().unwrap().to_string());
            }));
        }
        left.sort();
        assert_eq!(left, expect, "{paths:?} {lets_go:?}");
    }

    #[test]
    fn the_last_one_that_lets_go_removes_the_folders() {
        check(&[], &["a/b"], &[0], None, &[]);
        check(&["a"], &["a/b"], &[0], None, &["a"]);
        for order in [[0, 1], [1, 0]] {
            check(&[], &["a/b", "a/b"], &order, None, &[]);
            check(&[], &["a/b", "a/c"], &order, None, &[]);
            check(&[], &["a", "a/c"], &order, None, &[]);
            check(&[], &["a/c", "a"], &order, None, &[]);
            check(&[], &["a/c", "./a/../a/c"], &order, None, &[]);
            check(&["a"], &["a/c", "a"], &order, None, &["a"]);
        }
        check(&[], &["a/b", "a/b"], &[0], None, &["a", "a/b"]);
        check(&[], &["a/b/../c"], &[0], None, &[]);
    }

    #[test]
    fn what_was_begun_in_stays_whoever_made_it() {
        for kept in [0, 1] {
            check(&[], &["a/b", "a/b"], &[0, 1], Some(kept), &["a", "a/b"]);
            check(&[], &["a/b", "a/b"], &[1, 0], Some(kept), &["a", "a/b"]);
        }
        check(&[], &["a/b", "a/c"], &[0, 1], Some(0), &["a", "a/b"]);
    }

    #[test]
    fn what_others_put_into_a_folder_is_not_removed() {
        let root = tempfile::tempdir().unwrap();
        let folders = Folders::make(&root.path().join("a/b")).unwrap();
        fs::write(root.path().join("a/file"), "theirs").unwrap();
        drop(folders);
        assert!(!root.path().join("a/b").exists() && root.path().join("a/file").exists());
    }

    #[test]
    fn a_folder_that_cannot_be_made_leaves_nothing_of_those_above_it() {
        let root = tempfile::tempdir().unwrap();
        Folders::make(&root.path().join("a").join("x".repeat(300))).unwrap_err();
        assert!(!root.path().join("a").exists());
    }
}
