//! Files of models, kept once by their digest and shared by everything on this machine.
//!
//! ```text
//! sha256/fc/44112f…   a file, read-only; its name is the sha256 of its bytes
//! lock/fc44112f…      held by whoever is fetching that file; says nothing when nobody holds it
//! tmp/fc44112f…/      where it is fetched to, owned by the holder of the lock
//! ```
//!
//! Invariants: a file under `sha256` had the digest of its name when it was moved there, in one rename, after its
//! bytes were on disk. What an interrupted pull leaves lies under `tmp` and is removed by the next pull of the same
//! file. Two pulls of one file take turns, and the second finds it there.

mod digest;
mod lock;
mod wheel;
mod local;

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use forebay_stage::types::card::{Card, Source};

use crate::Error;

pub use local::LocalModels;

/// A file in a Python wheel, and its digest.
#[derive(Clone, Copy, Debug)]
pub struct Package {
    pub name: &'static str,
    pub version: &'static str,
    pub member: &'static str,
    pub sha256: &'static str,
}

/// The library that runs models. Its bytes do not depend on the version of Python that the wheel is for.
pub const RUNTIME: Package = Package {
    name: "onnxruntime",
    version: "1.31.1",
    member: "onnxruntime/capi/libonnxruntime.so.1.31.1",
    sha256: RUNTIME_SHA256,
};

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
const RUNTIME_SHA256: &str = "fc44112fbe06d7d689c57e11d3862031f64711007e4ee020f8eed5185fd2c1d3";
#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
const RUNTIME_SHA256: &str = "8aa3b76b28c778a2b1dd660d34161adb1d508c9ccd04ff9dc80e26eca5df8467";
/// No library is known for other machines.
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
const RUNTIME_SHA256: &str = "";

impl Package {
    /// Where the file comes from, in words.
    pub fn origin(&self) -> String {
        from_package(self.name, self.version, self.member)
    }
}

/// Where a file of a package comes from, in words.
pub fn from_package(name: &str, version: &str, member: &str) -> String {
    format!("{member} of the package {name} {version}")
}

/// How far a pull is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// `card-fraud@3`, `onnxruntime 1.31.1`.
    pub what: &'a str,
    pub step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Another process is fetching the same file.
    Waiting,
    /// So many bytes have come; the total is not known.
    Fetching {
        bytes: u64,
    },
    Unpacking,
    /// Working out the digest.
    Checking,
}

/// The directory of files, and how to get more.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
    python: OsString,
}

/// Something to be kept: a model's file or the runtime.
struct Item<'a> {
    what: String,
    sha256: &'a str,
    source: Source,
    /// What brings a good file in the place of a bad or missing one.
    cure: String,
}

impl Store {
    /// A store in a directory, which is made when it is first written to.
    pub fn new(root: impl AsRef<Path>) -> Store {
        // Children run in a directory of their own, so that paths given to them have to be absolute.
        let root = std::path::absolute(root.as_ref()).unwrap_or_else(|_| root.as_ref().to_path_buf());
        Store { root, python: "python3".into() }
    }

    /// Where a store lies when nobody says otherwise: `$FOREBAY_CACHE`, else `$XDG_CACHE_HOME/forebay`, else
    /// `~/.cache/forebay`; `None` without any of the three variables.
    pub fn default_root() -> Option<PathBuf> {
        let var = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        var("FOREBAY_CACHE")
            .or_else(|| var("XDG_CACHE_HOME").map(|dir| dir.join("forebay")))
            .or_else(|| var("HOME").map(|dir| dir.join(".cache/forebay")))
    }

    /// Packages are fetched by this interpreter instead of `python3` on the PATH.
    pub fn with_python(mut self, python: impl AsRef<OsStr>) -> Store {
        self.python = python.as_ref().to_os_string();
        self
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the file of a card lies or would lie.
    pub fn path(&self, card: &Card) -> PathBuf {
        self.place(&Item::of(card))
    }

    /// The file of a card, if it is there. Its digest is not worked out.
    pub fn find(&self, card: &Card) -> Option<PathBuf> {
        Some(self.path(card)).filter(|path| path.is_file())
    }

    /// The file of a card, with the digest that the card says.
    pub fn verify(&self, card: &Card) -> Result<PathBuf, Error> {
        let item = Item::of(card);
        let path = self.place(&item);
        item.check(&path)?;
        Ok(path)
    }

    /// The file of a card: the one that is there if it is good, else a new one.
    pub fn pull(&self, card: &Card, progress: &mut dyn FnMut(Progress<'_>)) -> Result<PathBuf, Error> {
        self.bring(&Item::of(card), progress)
    }

    /// The library for [`load`](crate::load), fetched when it is not there yet.
    pub fn runtime(&self, progress: &mut dyn FnMut(Progress<'_>)) -> Result<PathBuf, Error> {
        self.bring(&Item::runtime()?, progress)
    }

    /// The library for [`load`](crate::load), with its digest checked, if it is there; nothing is fetched.
    pub fn find_runtime(&self) -> Result<PathBuf, Error> {
        let item = Item::runtime()?;
        let path = self.place(&item);
        item.check(&path)?;
        Ok(path)
    }

    fn place(&self, item: &Item<'_>) -> PathBuf {
        match &item.source {
            Source::File(path) => PathBuf::from(path),
            Source::Package { .. } => {
                let name = item.name();
                let (head, tail) = name.split_at(name.len().min(2));
                self.root.join("sha256").join(head).join(tail)
            }
        }
    }

    fn bring(&self, item: &Item<'_>, progress: &mut dyn FnMut(Progress<'_>)) -> Result<PathBuf, Error> {
        let mut step = |step| progress(Progress { what: &item.what, step });
        let path = self.place(item);
        let Source::Package { name, version, member } = &item.source else {
            step(Step::Checking);
            item.check(&path)?;
            return Ok(path);
        };
        if path.is_file() {
            step(Step::Checking);
            if item.check(&path).is_ok() {
                return Ok(path);
            }
        }
        let _turn = lock::take(&self.root.join("lock"), &item.name(), &mut || step(Step::Waiting))?;
        if path.is_file() {
            // Somebody else may have brought it meanwhile; a damaged one makes room.
            match item.check(&path) {
                Err(Error::Digest { .. }) => {
                    fs::remove_file(&path).map_err(Error::io("remove the damaged file", &path))?;
                }
                checked => return checked.map(|()| path),
            }
        }
        let work = WorkDir::make(self.root.join("tmp").join(item.name()))?;
        let wheel = wheel::Wheel { python: &self.python, name, version, work: &work.path };
        let file = wheel.member(member, &mut step)?;
        step(Step::Checking);
        let named = format!("{member} of {name} {version}");
        let cure = "the package or the card is wrong: compare the card with its source";
        digest::check(&file, &named, item.sha256, cure)?;
        keep(&file, &path)?;
        Ok(path)
    }
}

/// Moves a checked file to its place, on disk before it is seen there.
fn keep(file: &Path, place: &Path) -> Result<(), Error> {
    let dir = place.parent().expect("a place is in a directory");
    fs::create_dir_all(dir).map_err(Error::io("make the directory", dir))?;
    let sync = || -> std::io::Result<()> {
        let opened = fs::File::open(file)?;
        let mut rights = opened.metadata()?.permissions();
        rights.set_readonly(true);
        opened.set_permissions(rights)?;
        opened.sync_all()?;
        fs::rename(file, place)?;
        fs::File::open(dir)?.sync_all()
    };
    sync().map_err(Error::io("write", place))
}

/// A directory of one pull, empty at the start and removed at the end.
struct WorkDir {
    path: PathBuf,
}

impl WorkDir {
    fn make(path: PathBuf) -> Result<WorkDir, Error> {
        if path.exists() {
            fs::remove_dir_all(&path).map_err(Error::io("remove what an interrupted pull left in", &path))?;
        }
        fs::create_dir_all(&path).map_err(Error::io("make the directory", &path))?;
        Ok(WorkDir { path })
    }
}

impl Drop for WorkDir {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next pull.
        let _ = fs::remove_dir_all(&self.path);
    }
}

impl Item<'_> {
    fn of(card: &Card) -> Item<'_> {
        let cure = match &card.source {
            Source::Package { .. } => format!("`forebay model pull {}` brings it", card.label()),
            Source::File(_) => "put the right file there, or mend `source` and `sha256` of the card".into(),
        };
        Item { what: card.label(), sha256: &card.sha256, source: card.source.clone(), cure }
    }

    fn runtime() -> Result<Item<'static>, Error> {
        if RUNTIME.sha256.is_empty() {
            let machine = format!("{} on {}", env::consts::OS, env::consts::ARCH);
            let why =
                format!("no ONNX Runtime is known for {machine}; models run on Linux on x86_64 and aarch64");
            return Err(Error::Runtime { why });
        }
        Ok(Item {
            what: format!("{} {}", RUNTIME.name, RUNTIME.version),
            sha256: RUNTIME.sha256,
            source: Source::Package {
                name: RUNTIME.name.into(),
                version: RUNTIME.version.into(),
                member: RUNTIME.member.into(),
            },
            cure: "`forebay model pull` brings it".into(),
        })
    }

    /// The digest as a name of files. Whoever wrote the card chose these letters: only hexadecimal digits make a
    /// path.
    fn name(&self) -> String {
        let digits: String = self.sha256.chars().filter(char::is_ascii_hexdigit).collect();
        if digits.is_empty() { "none".into() } else { digits }
    }

    fn check(&self, path: &Path) -> Result<(), Error> {
        if !path.is_file() {
            return Err(Error::Away {
                what: self.what.clone(),
                path: path.to_path_buf(),
                cure: self.cure.clone(),
            });
        }
        digest::check(path, &self.what, self.sha256, &self.cure)
    }
}
