//! Which files a source reads: paths and globs become files, each once, in the order of their names.
//!
//! A file is called by its path relative to the pipeline file's folder, where it lies below that, so that saved
//! positions hold whatever the working directory is and wherever the whole is moved.

use std::path::{Component, Path, PathBuf};

use forebay_stage::Fault;
use forebay_stage::types::{code, nearest};

/// What every unfinished output ends in; globs leave such files out.
const PARTIAL: &str = ".partial";

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    /// The stream's name.
    pub name: String,
    pub path: PathBuf,
}

const OPTIONS: glob::MatchOptions = glob::MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    // With this the library panics at a name that is no UTF-8: see `is_hidden`.
    require_literal_leading_dot: false,
};

/// Whether a path stands for several files.
pub(crate) fn is_glob(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// The files that these paths and globs name. One that names none is an error.
pub(crate) fn find(paths: &[String], base: &Path) -> Result<Vec<Found>, Fault> {
    let mut found = Vec::new();
    for path in paths {
        if is_glob(path) {
            let before = found.len();
            expand(path, base, &mut found)?;
            if found.len() == before {
                return Err(nothing_matches(path));
            }
        } else {
            found.push(check(path, base)?);
        }
    }
    found.sort();
    found.dedup_by(|a, b| a.name == b.name);
    Ok(found)
}

fn expand(pattern: &str, base: &Path, found: &mut Vec<Found>) -> Result<(), Fault> {
    let paths = glob::glob_with(pattern, OPTIONS)
        .map_err(|error| Fault::fatal(&code::GLOB, format!("`{pattern}` is no glob: {}", error.msg)))?;
    for path in paths {
        let path = path.map_err(|error| {
            let (folder, error) = (error.path().display().to_string(), error.error());
            unreadable(&folder, error)
        })?;
        let unfinished = path.to_string_lossy().ends_with(PARTIAL);
        if !unfinished && !is_hidden(&path, pattern) && !path.is_dir() {
            found.push(Found { name: name(&path, base), path });
        }
    }
    Ok(())
}

/// Whether a name that begins with a dot lies where the glob looks for names and does not ask for such ones.
fn is_hidden(path: &Path, pattern: &str) -> bool {
    let dotted = |name: &Component<'_>| name.as_os_str().as_encoded_bytes().starts_with(b".");
    let names = |path| Path::components(path).filter(|name| *name != Component::CurDir);
    let literal = |name: &Component<'_>| !is_glob(&name.as_os_str().to_string_lossy());
    let fixed = names(Path::new(pattern)).take_while(literal).count();
    !names(Path::new(pattern)).skip(fixed).any(|name| dotted(&name))
        && names(path).skip(fixed).any(|name| dotted(&name))
}

fn check(path: &str, base: &Path) -> Result<Found, Fault> {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            let message = format!("`{path}` is a folder; write `{path}/*.jsonl` to read the files in it");
            Err(Fault::fatal(&code::FILE_UNREADABLE, message))
        }
        Ok(_) => Ok(Found { name: name(Path::new(path), base), path: path.into() }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(not_there(path)),
        Err(error) => Err(unreadable(path, &error)),
    }
}

fn name(path: &Path, base: &Path) -> String {
    let path = path.strip_prefix(".").unwrap_or(path);
    let base = base.strip_prefix(".").unwrap_or(base);
    path.strip_prefix(base).unwrap_or(path).to_string_lossy().into_owned()
}

fn not_there(path: &str) -> Fault {
    let wanted = Path::new(path);
    let folder = match wanted.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let cure = match std::fs::read_dir(folder) {
        Err(_) => format!("; there is no folder `{}` either", folder.display()),
        Ok(entries) => {
            let names: Vec<String> =
                entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
            let file = wanted.file_name().unwrap_or_default().to_string_lossy();
            match nearest::nearest(&file, names.iter().map(String::as_str)) {
                Some(near) => format!("; did you mean `{}`?", wanted.with_file_name(near).display()),
                None => String::new(),
            }
        }
    };
    Fault::fatal(&code::NO_FILE, format!("`{path}` does not exist{cure}"))
}

fn nothing_matches(pattern: &str) -> Fault {
    let message = format!(
        "`{pattern}` matches no file; a glob leaves out folders and names that begin with a dot, end in `{PARTIAL}` or are \
         no UTF-8"
    );
    Fault::fatal(&code::NO_FILE, message)
}

/// What will not pass by itself stops the pipeline, everything else is tried again.
pub(crate) fn unreadable(path: &str, error: &std::io::Error) -> Fault {
    use std::io::ErrorKind::{IsADirectory, NotFound, PermissionDenied};
    let message = format!("`{path}` cannot be read: {error}");
    match error.kind() {
        NotFound | PermissionDenied | IsADirectory => Fault::fatal(&code::FILE_UNREADABLE, message),
        _ => Fault::away(&code::FILE_UNREADABLE, message),
    }
}
