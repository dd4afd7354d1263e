//! Where a sink writes, as its state keeps it: relative to the pipeline file's folder, so that it holds from any working
//! directory and after the whole was moved. A state goes on where it began and nowhere else.

use std::env;
use std::path::{Component, Path, PathBuf};

use forebay_stage::Fault;
use forebay_stage::types::code;

/// The path that is standard output.
pub(crate) const STDOUT: &str = "-";

pub(crate) struct Place {
    /// As the configuration has it, from the working directory.
    path: String,
    /// As the state keeps it.
    kept: String,
    base: PathBuf,
}

impl Place {
    pub fn new(path: String, base: &Path) -> Place {
        let here = env::current_dir().unwrap_or_default();
        let base = base.canonicalize().unwrap_or_else(|_| here.join(base));
        let kept = match () {
            () if path == STDOUT => path.clone(),
            () => relative(&path, &here, &base).to_string_lossy().into_owned(),
        };
        Place { path, kept, base }
    }

    pub fn kept(&self) -> &str {
        &self.kept
    }

    /// Refuses a state that was kept for another place.
    pub fn check(&self, kept: &str) -> Result<(), Fault> {
        if kept == self.kept
            || (![kept, &self.kept].contains(&STDOUT) && self.at(kept) == self.at(&self.kept))
        {
            return Ok(());
        }
        let theirs = self.at(kept);
        let theirs =
            env::current_dir().ok().and_then(|here| theirs.strip_prefix(here).ok()).unwrap_or(&theirs);
        let named = |path: &str, shown: String| match path {
            STDOUT => "standard output".to_string(),
            _ => format!("`{shown}`"),
        };
        let message = format!(
            "the state was kept for {}, where everything so far was published, and this run writes to {}: go on there, \
             run with another --state DIR, or do it all again with --fresh",
            named(kept, theirs.display().to_string()),
            named(&self.path, self.path.clone()),
        );
        Err(Fault::fatal(&code::STATE_OF_ANOTHER, message))
    }

    /// Where a kept path leads today.
    fn at(&self, kept: &str) -> PathBuf {
        plain(&self.base.join(kept))
    }
}

/// A path as it is kept. One that was written in full and lies elsewhere stays in full: it does not move with the folder.
fn relative(path: &str, here: &Path, base: &Path) -> PathBuf {
    let full = plain(&here.join(path));
    if let Ok(below) = full.strip_prefix(base) {
        return below.to_path_buf();
    }
    if Path::new(path).is_absolute() {
        return full;
    }
    let common = full.components().zip(base.components()).take_while(|(one, other)| one == other).count();
    let up = base.components().skip(common).map(|_| Component::ParentDir);
    up.chain(full.components().skip(common)).collect()
}

/// The path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_kept_relative_to_the_folder_of_the_pipeline_file() {
        let check = |path: &str, here: &str, base: &str, expect: &str| {
            assert_eq!(relative(path, Path::new(here), Path::new(base)), Path::new(expect), "{path}");
        };
        check("out/o", "/p", "/p", "out/o");
        check("./out/../o", "/p", "/p", "o");
        check("p/out/o", "/", "/p", "out/o");
        check("/p/out/o", "/elsewhere", "/p", "out/o");
        check("out/o", "/p", "/p/pipelines", "../out/o");
        check("../o", "/p/a", "/p/b/c", "../../o");
        check("/var/o", "/p", "/p", "/var/o");
        check("../pp/o", "/p", "/p", "../pp/o");
        check("out/${time:%Y/%m}.jsonl", "/p", "/p", "out/${time:%Y/%m}.jsonl");
    }

    #[test]
    fn a_state_goes_on_where_it_began() {
        let place =
            |path: &str, base: &str| Place { path: path.into(), kept: path.into(), base: base.into() };
        let check = |kept, path, expect: Option<&str>| {
            let refused = place(path, "/p").check(kept).err().map(|fault| fault.to_string());
            assert_eq!(refused.is_some(), expect.is_some(), "{refused:?}");
            let expect =
                expect.map_or(String::new(), |named| format!("[FB0803] the state was kept for {named}: "));
            assert!(refused.unwrap_or_default().starts_with(&expect), "{kept} {path}");
        };
        let other = |kept: &str, path: &str| {
            format!("{kept}, where everything so far was published, and this run writes to {path}")
        };
        check("o", "o", None);
        check("-", "-", None);
        check("../out/o", "/out/o", None);
        check("o", "x/o", Some(&other("`/p/o`", "`x/o`")));
        check("-", "o", Some(&other("standard output", "`o`")));
        check("o", "-", Some(&other("`/p/o`", "standard output")));
    }
}
