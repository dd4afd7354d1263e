//! Takes a file out of a Python wheel: pip finds and downloads the wheel, since only pip knows the user's index,
//! proxy and credentials; Python's own zipfile unpacks the one member. Nothing of the package is executed, and no
//! shell is used.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use forebay_stage::types::nearest::nearest;

use super::Step;
use crate::Error;

/// A wheel to be fetched.
pub struct Wheel<'a> {
    pub python: &'a OsStr,
    pub name: &'a str,
    pub version: &'a str,
    /// A directory of our own, for everything on the way.
    pub work: &'a Path,
}

/// Arguments: wheel, member, where to put it. Exit status 3 and a list of names when there is no such member.
const UNPACK: &str = "\
import shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    if sys.argv[2] not in wheel.namelist():
        print('\\n'.join(wheel.namelist()))
        sys.exit(3)
    with wheel.open(sys.argv[2]) as member, open(sys.argv[3], 'wb') as out:
        shutil.copyfileobj(member, out)
";

const NO_MEMBER: i32 = 3;

/// How often a running pip is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The longest text of another program that goes into an error.
const SHORT_BYTES: usize = 400;

impl Wheel<'_> {
    /// Fetches the wheel and unpacks a member.
    pub fn member(&self, member: &str, step: &mut dyn FnMut(Step)) -> Result<PathBuf, Error> {
        let wheel = self.download(step)?;
        step(Step::Unpacking);
        self.unpack(&wheel, member)
    }

    fn download(&self, step: &mut dyn FnMut(Step)) -> Result<PathBuf, Error> {
        // These words go to pip as one requirement: what is no plain name could mean an option, a path or an address.
        let plain = |text: &str, more: &str| {
            text.starts_with(|c: char| c.is_ascii_alphanumeric())
                && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
        };
        if !plain(self.name, "._-") || !plain(self.version, "._-+!") {
            let cure = "write the name and the exact version in the card as the package index has them";
            return Err(self.error("this is no name and version of a package", cure));
        }
        let into = self.work.join("wheel");
        let said = self.work.join("pip.txt");
        let errors = File::create(&said).map_err(Error::io("write", &said))?;
        let mut pip = self.command();
        pip.args(["-m", "pip", "download", "--quiet", "--no-input", "--no-deps", "--only-binary=:all:"])
            .args(["--disable-pip-version-check", "--progress-bar=off", "--dest"])
            .arg(&into)
            .arg("--")
            .arg(format!("{}=={}", self.name, self.version))
            .stdout(Stdio::null())
            .stderr(errors);
        let status = self.wait(pip.spawn().map_err(|e| self.no_python(&e))?, step)?;
        if !status.success() {
            return Err(self.refused(status, &fs::read(&said).unwrap_or_default()));
        }
        let entries = fs::read_dir(&into).map_err(Error::io("read", &into))?;
        let mut files = entries.filter_map(|entry| Some(entry.ok()?.path()));
        files.find(|path| path.extension() == Some(OsStr::new("whl"))).ok_or_else(|| {
            self.error(
                "pip gave no wheel",
                "Forebay takes nothing else: name a package that comes as a wheel",
            )
        })
    }

    fn unpack(&self, wheel: &Path, member: &str) -> Result<PathBuf, Error> {
        let out = self.work.join("member");
        let mut python = self.command();
        python.args(["-I", "-c", UNPACK]).arg(wheel).arg(member).arg(&out);
        let done = python.output().map_err(|e| self.no_python(&e))?;
        match done.status.code() {
            Some(0) => Ok(out),
            Some(NO_MEMBER) => {
                let names = String::from_utf8_lossy(&done.stdout);
                let near = near_member(member, &names);
                let cure = near.map_or("list the wheel with `python3 -m zipfile -l`".to_string(), |near| {
                    format!("the nearest is `{near}`")
                });
                Err(self.error(format!("the wheel has no member `{member}`"), cure))
            }
            _ => Err(self.refused(done.status, &done.stderr)),
        }
    }

    /// An interpreter that works in our directory: nothing that happens to lie where the user stands is imported.
    fn command(&self) -> Command {
        let mut command = Command::new(self.python);
        command.current_dir(self.work).env("TMPDIR", self.work).stdin(Stdio::null());
        command
    }

    fn wait(&self, mut child: Child, step: &mut dyn FnMut(Step)) -> Result<ExitStatus, Error> {
        loop {
            step(Step::Fetching { bytes: size(self.work) });
            match child.try_wait() {
                Ok(Some(status)) => return Ok(status),
                Ok(None) => thread::sleep(LOOK_EVERY),
                Err(source) => return Err(Error::io("wait for pip in", self.work)(source)),
            }
        }
    }

    fn refused(&self, status: ExitStatus, said: &[u8]) -> Error {
        let said = String::from_utf8_lossy(said);
        if said.contains("No module named pip") {
            return self.error("this Python has no pip", INSTALL);
        }
        let why = match short(&said) {
            said if said.is_empty() => format!("pip ended with {status}"),
            said => format!("pip said: {said}"),
        };
        self.error(why, "check the name and version in the card, the network, and pip's own settings")
    }

    fn no_python(&self, error: &std::io::Error) -> Error {
        let python = self.python.display();
        match error.kind() {
            ErrorKind::NotFound => self.error(format!("there is no `{python}`"), INSTALL),
            _ => self.error(format!("`{python}` does not run: {error}"), INSTALL),
        }
    }

    fn error(&self, why: impl Into<String>, cure: impl Into<String>) -> Error {
        let package = format!("the Python package {} {}", self.name, self.version);
        Error::Fetch { package, why: why.into(), cure: cure.into() }
    }
}

const INSTALL: &str = "install Python 3 with pip (on Debian and Ubuntu: apt-get install python3-pip)";

/// Bytes of everything in a directory. Files come and go meanwhile, so what cannot be read counts nothing.
fn size(dir: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(dir) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(data) if data.is_dir() => size(&entry.path()),
            Ok(data) => data.len(),
            Err(_) => 0,
        })
        .sum()
}

/// The member that was most likely meant: a near path, or the same file in another folder.
fn near_member<'a>(member: &str, names: &'a str) -> Option<&'a str> {
    let file = |path: &'a str| path.rsplit('/').next().unwrap_or(path);
    nearest(member, names.lines())
        .or_else(|| names.lines().find(|name| member.rsplit('/').next() == Some(file(name))))
}

/// The errors in what pip said, on one line, without credentials.
fn short(said: &str) -> String {
    let errors = said.lines().filter_map(|line| line.trim().strip_prefix("ERROR:"));
    let mut text = errors.map(str::trim).collect::<Vec<_>>().join("; ");
    if text.is_empty() {
        text = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default().to_string();
    }
    text = without_credentials(&text);
    if text.len() > SHORT_BYTES {
        text.truncate(text.floor_char_boundary(SHORT_BYTES));
        text.push('…');
    }
    text
}

/// Addresses may be written `https://user:password@host`; everything before the `@` goes.
fn without_credentials(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let end = after.find(|c: char| c.is_whitespace() || "'\"<>,;)".contains(c)).unwrap_or(after.len());
        let (address, behind) = after.split_at(end);
        match address.rsplit_once('@') {
            Some((_, host)) => out.extend(["•••@", host]),
            None => out.push_str(address),
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pip_said_is_short_and_tells_no_password() {
        let said = "\
WARNING: Retrying after connection broken: https://me:s3cret@host.example/simple/x/
ERROR: Could not find a version of x==9 (from versions: 1, 2)
ERROR: No matching distribution for x==9 at 'https://me:p@ss@host.example/simple', see https://host.example/@help
";
        assert_eq!(
            short(said),
            "Could not find a version of x==9 (from versions: 1, 2); No matching distribution for x==9 at \
             'https://•••@host.example/simple', see https://•••@help"
        );
        assert_eq!(short("Traceback:\n  boom at http://u:p@h\n\n"), "boom at http://•••@h");
        assert!(short(&format!("ERROR: {}", "ä".repeat(400))).len() <= SHORT_BYTES + '…'.len_utf8());
    }

    #[test]
    fn a_member_is_looked_for_in_other_folders_too() {
        let names = "a/model.onnx\na/other.txt\n";
        assert_eq!(near_member("a/modell.onnx", names), Some("a/model.onnx"));
        assert_eq!(near_member("some/where/else/model.onnx", names), Some("a/model.onnx"));
        assert_eq!(near_member("nothing.bin", names), None);
    }
}
