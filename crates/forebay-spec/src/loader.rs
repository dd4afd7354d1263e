//! How files come in. This crate reads none by itself: whoever calls says what a path holds.

use std::collections::BTreeMap;
use std::fmt;

use forebay_types::code::{self, Code};

use crate::paths;

pub trait Loader {
    /// The text of a file.
    fn read(&self, path: &str) -> Result<String, LoadError>;
    /// The names (without folder) of the files in a folder, sorted; none when there is no such folder.
    fn list(&self, folder: &str) -> Vec<String>;
    fn is_folder(&self, path: &str) -> bool;
    /// The folder that a file lies in and all above it, nearest first, as paths that `read` takes.
    fn folders_above(&self, path: &str) -> Vec<String>;
}

/// Why a file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    NotFound,
    NotUtf8 { offset: usize },
    Other(String),
}

impl LoadError {
    /// A file that is there and is no text is a wrong one.
    pub fn code(&self) -> &'static Code {
        match self {
            LoadError::NotUtf8 { .. } => &code::SYNTAX,
            LoadError::NotFound | LoadError::Other(_) => &code::UNREADABLE,
        }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::NotFound => f.write_str("there is no such file"),
            LoadError::NotUtf8 { offset } => write!(f, "it is not UTF-8 from byte {offset} on"),
            LoadError::Other(why) => f.write_str(why),
        }
    }
}

/// Files that exist in memory only, for tests and for tools that make files.
#[derive(Clone, Debug, Default)]
pub struct MemoryLoader {
    files: BTreeMap<String, String>,
}

impl MemoryLoader {
    pub fn with(mut self, path: &str, text: &str) -> MemoryLoader {
        self.files.insert(path.to_string(), text.to_string());
        self
    }
}

impl Loader for MemoryLoader {
    fn read(&self, path: &str) -> Result<String, LoadError> {
        self.files.get(path).cloned().ok_or(LoadError::NotFound)
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let names = self.files.keys().filter(|path| paths::parent(path) == folder);
        names.map(|path| path.rsplit('/').next().unwrap_or(path).to_string()).collect()
    }

    fn is_folder(&self, path: &str) -> bool {
        self.files.keys().any(|file| file.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')))
    }

    fn folders_above(&self, path: &str) -> Vec<String> {
        let mut folders = vec![paths::parent(path).to_string()];
        while let Some(last) = folders.last().filter(|folder| !folder.is_empty() && *folder != "/") {
            folders.push(paths::parent(last).to_string());
        }
        folders
    }
}
