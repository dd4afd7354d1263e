//! Files of the disk for those who read specifications. Paths are as people write them: relative to the working
//! directory where they can be, so that messages name files as the user would.

use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use forebay_spec::{LoadError, Loader};

/// Reads files as the process sees them.
pub struct Disk;

impl Loader for Disk {
    fn read(&self, path: &str) -> Result<String, LoadError> {
        let bytes = fs::read(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => LoadError::NotFound,
            ErrorKind::IsADirectory => LoadError::Other("it is a folder; name the files in it".into()),
            _ => LoadError::Other(error.to_string()),
        })?;
        String::from_utf8(bytes)
            .map_err(|error| LoadError::NotUtf8 { offset: error.utf8_error().valid_up_to() })
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
        let files = entries.flatten().filter(|entry| entry.path().is_file());
        let mut names: Vec<String> = files.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    fn is_folder(&self, path: &str) -> bool {
        Path::new(path).is_dir()
    }

    fn folders_above(&self, path: &str) -> Vec<String> {
        let here = std::env::current_dir().and_then(fs::canonicalize).unwrap_or_default();
        let folder = match Path::new(path).parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
            _ => PathBuf::from("."),
        };
        // A folder that does not exist has nothing in it, but those above it may.
        let folder = fs::canonicalize(&folder).unwrap_or_else(|_| here.join(folder));
        folder.ancestors().map(|above| shown(above, &here)).collect()
    }
}

/// A folder as somebody in `here` would name it; empty for `here` itself.
fn shown(folder: &Path, here: &Path) -> String {
    if let Ok(below) = folder.strip_prefix(here) {
        return below.to_string_lossy().into_owned();
    }
    match here.strip_prefix(folder) {
        // Above the working directory; the root is better said as such.
        Ok(steps) if folder.parent().is_some() => {
            let steps = steps.components().filter(|step| matches!(step, Component::Normal(_)));
            vec![".."; steps.count()].join("/")
        }
        _ => folder.to_string_lossy().into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_named_from_the_working_directory() {
        let check = |folder: &str, expect: &str| {
            assert_eq!(shown(Path::new(folder), Path::new("/srv/team")), expect, "{folder}");
        };
        check("/srv/team/pipelines", "pipelines");
        check("/srv/team", "");
        check("/srv", "..");
        check("/", "/");
        check("/etc/forebay", "/etc/forebay");
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.yaml");
        fs::write(&path, b"ab\xffc").unwrap();
        let path = path.to_str().unwrap();
        assert_eq!(Disk.read(path), Err(LoadError::NotUtf8 { offset: 2 }));
        assert_eq!(Disk.read("no/such/file"), Err(LoadError::NotFound));
        assert!(matches!(Disk.read(folder.path().to_str().unwrap()), Err(LoadError::Other(_))));
    }
}
