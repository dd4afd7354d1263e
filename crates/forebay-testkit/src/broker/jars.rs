//! Kafka's jars: copied by Maven once for each text of `tests/kafka/pom.xml`, into a folder that is named after that text.
//! A folder that has the file `ready` is whole and never changed, so processes that look at the same time, or with another pom, do not disturb each other.
//!
//! Beside the jars lies an archive of the classes that a broker loads, as Java read and checked them (class data sharing).
//! It more than halves the start of a broker and of each tool. Where it is missing or from another Java, everything works
//! and is slower.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::java::{self, Java};
use super::{Broker, Options};

/// The jars of a pom, and how Java is to use them.
#[derive(Clone, Debug)]
pub struct Jars {
    folder: PathBuf,
}

/// Kafka itself, its tools and a logger.
pub const POM: &str = "tests/kafka/pom.xml";

const ARCHIVE: &str = "classes.jsa";

/// The root of the repository.
pub(super) fn root() -> &'static Path {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    above.expect("this crate lies two folders below the root of the repository")
}

/// Where everything about Kafka is kept, and cargo's `target` is cleaned with it.
pub fn folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), |folder| root().join(folder));
    target.join("kafka")
}

impl Jars {
    /// Those of Kafka, ready to be run. The first call on a machine takes half a minute.
    pub fn kafka() -> Result<Jars, String> {
        Jars::of(&root().join(POM), |jars| {
            // Only speed is at stake: what is wrong here is wrong again, and said, when a broker is started.
            let _ = archive_classes(jars);
        })
    }

    /// Whether those of Kafka have been copied.
    pub fn are_there() -> bool {
        Jars::named(&root().join(POM)).is_ok_and(|jars| jars.ready().is_file())
    }

    /// Those of any pom. `prepare` is called once, before anybody else sees them.
    pub fn of(pom: &Path, prepare: impl FnOnce(&Jars)) -> Result<Jars, String> {
        let jars = Jars::named(pom)?;
        let _one_at_a_time = locked(&all().with_extension("lock"))?;
        if jars.ready().is_file() {
            return Ok(jars);
        }
        // What an interrupted call left behind.
        let _ = fs::remove_dir_all(&jars.folder);
        copy(pom, &jars.folder)?;
        prepare(&jars);
        let ready = jars.ready();
        fs::write(&ready, "").map_err(|error| format!("cannot write {}: {error}", ready.display()))?;
        Ok(jars)
    }

    fn named(pom: &Path) -> Result<Jars, String> {
        let text = fs::read(pom).map_err(|error| format!("cannot read {}: {error}", pom.display()))?;
        Ok(Jars { folder: all().join(format!("{:016x}", fnv1a(&text))) })
    }

    /// Written last.
    fn ready(&self) -> PathBuf {
        self.folder.join("ready")
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// For `java -cp`: in a fixed order and by name, as an archive of classes asks for.
    pub fn class_path(&self) -> Result<String, String> {
        let said = |error| format!("cannot read {}: {error}", self.folder.display());
        let mut paths = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(said)? {
            let path = entry.map_err(said)?.path();
            if path.extension().is_some_and(|end| end == "jar") {
                paths.push(path.display().to_string());
            }
        }
        paths.sort();
        Ok(paths.join(":"))
    }

    pub(super) fn archive(&self) -> PathBuf {
        self.folder.join(ARCHIVE)
    }
}

fn all() -> PathBuf {
    folder().join("libs")
}

/// Held until it is dropped, or the process ends.
pub(super) fn locked(path: &Path) -> Result<File, String> {
    let said = |error| format!("cannot lock {}: {error}", path.display());
    fs::create_dir_all(path.parent().expect("it is a file in a folder")).map_err(said)?;
    let file = File::create(path).map_err(said)?;
    file.lock().map_err(said)?;
    Ok(file)
}

fn copy(pom: &Path, into: &Path) -> Result<(), String> {
    let mut maven = Command::new("mvn");
    maven
        .args(["--quiet", "--batch-mode", "-Dstyle.color=never", "--file"])
        .arg(pom)
        .arg("dependency:copy-dependencies");
    maven.arg(format!("-DoutputDirectory={}", into.display()));
    let done = maven.output().map_err(|error| {
        format!(
            "`mvn` does not run: {error}. Maven brings Kafka's jars: `cargo xtask setup` installs it, or install what \
             Debian calls maven"
        )
    })?;
    if done.status.success() {
        return Ok(());
    }
    // Maven writes its errors to standard output, the reason first and then what one might try.
    let said = String::from_utf8_lossy(&done.stdout);
    let first = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("it does not say why");
    Err(format!("Maven cannot copy the jars of {}: {first}", pom.display()))
}

/// Runs a broker, and has Java write down which classes it took when it ends.
fn archive_classes(jars: &Jars) -> Result<(), String> {
    let java = Java::with(jars.clone(), java::Archive::Written)?;
    let mut broker = Broker::start_with(java, Options::default())?;
    broker.stop_within(java::ARCHIVE_WITHIN);
    Ok(())
}

/// 64 bits of FNV-1a: names a text, and is the same with every version of Rust.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_name() {
        // As its authors published them.
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn what_is_locked_waits_for_whoever_holds_it() {
        let path = folder().join(format!("test-{}.lock", std::process::id()));
        let held = locked(&path).unwrap();
        let other = File::open(&path).unwrap();
        assert!(other.try_lock().is_err());
        drop(held);
        assert!(other.try_lock().is_ok());
        fs::remove_file(&path).unwrap();
    }
}
