//! Kafka Streams with ONNX Runtime for Java: `peers/kafka-streams/`, compiled and started.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use forebay_testkit::broker::Jars;

use super::process::Process;
use super::stand::{CHARGEBACKS, Stand, TRANSACTIONS};
use crate::failure::Failure;
use crate::machine;

const FOLDER: &str = "crates/forebay-bench/peers/kafka-streams";

/// The program, ready to be started.
pub struct Streams {
    class_path: String,
}

impl Streams {
    pub fn build(stand: &Stand) -> Result<Streams, Failure> {
        let folder = machine::root().join(FOLDER);
        eprintln!("building the peer on Kafka Streams; its jars are fetched by Maven the first time");
        let jars = Jars::of(&folder.join("pom.xml"), |_| {}).map_err(Failure::new)?;
        let jars = jars.class_path().map_err(Failure::new)?;
        let classes = stand.folder.join("classes");
        let mut javac = Command::new("javac");
        javac.arg("-d").arg(&classes).args(["-cp", &jars]).args(sources(&folder.join("src"))?);
        let done = javac.output().map_err(Failure::doing("start javac"))?;
        match done.status.success() {
            true => Ok(Streams { class_path: format!("{}:{jars}", classes.display()) }),
            false => Err(Failure::new(format!(
                "javac does not compile {FOLDER}: {}",
                String::from_utf8_lossy(&done.stderr)
            ))),
        }
    }

    /// Scores the transactions of the stand, from the beginning and with state of its own.
    pub fn run(&self, stand: &Stand, to: &str) -> Result<Process, Failure> {
        let says = stand.folder.join("kafka-streams.log");
        let mut java = Command::new("java");
        java.args([
            "-Xms1g",
            "-Xmx1g",
            "-XX:+UseParallelGC",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
        ]);
        java.args(["-cp", &self.class_path, "CardFraud", &stand.bootstrap(), TRANSACTIONS, CHARGEBACKS, to]);
        // The application is new like its topic.
        java.arg(to).arg(stand.empty_state()?);
        java.arg(machine::root().join("configs/models/files/card-fraud.onnx"));
        java.arg(machine::root().join("pipelines/lists/blocked-terminals.csv"));
        let failed = Failure::doing(format!("write {}", says.display()));
        java.stderr(fs::File::create(&says).map_err(failed)?);
        Process::start("Kafka Streams", &mut java)
    }
}

fn sources(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = || Failure::doing(format!("read {}", folder.display()));
    let mut sources = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed())? {
        sources.push(entry.map_err(failed())?.path());
    }
    Ok(sources)
}
