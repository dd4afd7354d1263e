//! `forebay run`, as a user starts it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::process::Process;
use super::stand::Stand;
use crate::failure::Failure;

pub struct Forebay {
    process: Process,
    says: PathBuf,
}

impl Forebay {
    /// Runs a pipeline file on so many lanes with these `--set`, from the beginning and with state of its own.
    pub fn run(stand: &Stand, file: &Path, lanes: usize, set: &[String]) -> Result<Forebay, Failure> {
        let says = stand.folder.join("forebay.jsonl");
        let failed = || Failure::doing(format!("write {}", says.display()));
        let mut command = Command::new(program()?);
        command
            .arg("run")
            .arg(file)
            .args(["--lanes", &lanes.to_string()])
            .arg("--fresh")
            .arg("--state")
            .arg(stand.empty_state()?);
        command.arg("--configs").arg(stand.folder.join("configs"));
        command.args(set.iter().flat_map(|set| ["--set", set]));
        command.env("XDG_RUNTIME_DIR", stand.folder.join("run"));
        command.stderr(fs::File::create(&says).map_err(failed())?);
        Ok(Forebay { process: Process::start("forebay", &mut command)?, says })
    }

    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// What it says of a failure, where there is one.
    pub fn explain(&self, failure: Failure) -> Failure {
        let said = fs::read_to_string(&self.says).unwrap_or_default();
        let last: Vec<&str> = said.lines().rev().take(5).collect();
        Failure::new(format!("{failure}\n{}", last.into_iter().rev().collect::<Vec<_>>().join("\n")))
    }

    /// Drains it, and checks that every record that it took was published; gives how many a stage was left out for.
    pub fn drain(self) -> Result<u64, Failure> {
        let Forebay { process, says } = self;
        let status = process.end()?;
        let said = fs::read_to_string(&says).map_err(Failure::doing(format!("read {}", says.display())))?;
        if !status.success() {
            return Err(Failure::new(format!("forebay ended with {status}:\n{said}")));
        }
        let mut events = said.lines().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let ended = events.find(|event| event["event"] == "ended");
        let ledger = ended.as_ref().map_or(&Value::Null, |ended| &ended["ledger"]);
        let total = &ledger["total"];
        let is_some = |count: &Value| match count {
            Value::Object(reasons) => !reasons.is_empty(),
            Value::Null => false,
            count => count.as_u64() != Some(0),
        };
        if total.is_null() || is_some(&total["rejected"]) || is_some(&total["dropped"]) {
            return Err(Failure::new(format!("forebay did not publish everything: {total}")));
        }
        Ok(ledger["skipped"].as_object().into_iter().flatten().filter_map(|(_, count)| count.as_u64()).sum())
    }
}

/// The program beside this one.
fn program() -> Result<PathBuf, Failure> {
    let own = std::env::current_exe().map_err(Failure::doing("find the program's own place"))?;
    let program = own.with_file_name("forebay");
    match program.is_file() {
        true => Ok(program),
        false => Err(Failure::new(format!(
            "{} is not there: `cargo xtask bench kafka` builds it",
            program.display()
        ))),
    }
}
