//! How `java` is called, for the broker and for Kafka's tools.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::Jvm;
use super::jars::{Jars, root};

/// Java with Kafka's jars.
#[derive(Clone, Debug)]
pub struct Java {
    jars: Jars,
    class_path: String,
    archive: Archive,
}

/// What becomes of the archive of classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Archive {
    /// Used where it fits.
    Read,
    /// Made by the broker when it ends.
    Written,
}

/// How long a broker may take to write it.
pub const ARCHIVE_WITHIN: Duration = Duration::from_secs(60);

/// The logger's settings, in the repository. The broker's own file is a property of its process.
const LOGGER: &str = "tests/kafka/log4j2.xml";

impl Java {
    pub fn with(jars: Jars, archive: Archive) -> Result<Java, String> {
        let class_path = jars.class_path()?;
        Ok(Java { jars, class_path, archive })
    }

    /// A broker, but for the file of its settings, which is its last word.
    pub fn broker(&self, jvm: Jvm, heap_mib: u32, log: &Path) -> Result<Command, String> {
        let mut java = self.command();
        java.arg(format!("-Xmx{heap_mib}m"));
        match jvm {
            Jvm::QuickStart => java.args(["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]),
            Jvm::Throughput => java.args(["-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:+AlwaysPreTouch"]),
        };
        if jvm == Jvm::Throughput {
            java.arg(format!("-Xms{heap_mib}m"));
        }
        java.arg(match self.archive {
            Archive::Read => format!("-XX:SharedArchiveFile={}", self.jars.archive().display()),
            Archive::Written => format!("-XX:ArchiveClassesAtExit={}", self.jars.archive().display()),
        });
        java.arg(format!("-Dlog4j2.configurationFile={}", root().join(LOGGER).display()));
        java.arg(format!("-Dforebay.log={}", log.display()));
        java.args(["-cp", &self.class_path, "kafka.Kafka"]);
        Ok(java)
    }

    /// A program that ends by itself, but for its own arguments.
    pub fn program(&self, class: &str) -> Command {
        let mut java = self.command();
        java.args(["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]);
        java.arg(format!("-XX:SharedArchiveFile={}", self.jars.archive().display()));
        // It says itself what it has to say.
        java.arg("-Dorg.apache.logging.log4j.level=OFF");
        java.args(["-cp", &self.class_path, class]);
        java
    }

    fn command(&self) -> Command {
        let mut java = Command::new("java");
        // Java's own warnings, of an archive of another Java among them, do not belong to what a program prints.
        java.args(["-Xlog:disable", "-Xlog:all=warning:stderr"]);
        java.args(["-Djava.awt.headless=true", "-Dlog4j2.disable.jmx=true"]);
        java
    }
}

/// Why `java` does not run Kafka, and what to do about it.
pub fn missing(why: &dyn std::fmt::Display) -> String {
    format!(
        "`java` does not run Kafka: {why}. Kafka needs Java 17 or later: `cargo xtask setup` installs it, or install what \
         Debian calls default-jdk-headless"
    )
}
