//! `cargo xtask test`: every test there is, and a summary that hides nothing, skipped tests least of all.
//!
//! A test that cannot run because something is not there prints `skipped: WHY` and passes. Cargo keeps what a passing
//! test prints to itself unless asked, and then prints all of it; `Digest` takes the reasons out and drops the rest.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Instant;

use forebay_testkit::broker::{Broker, Options, SHARED};

use crate::args::{Args, Verb};
use crate::failure::Failure;
use crate::{setup, shell};

pub const VERB: Verb = Verb {
    name: "test",
    summary: "Set-up, then all tests: unit, property and end-to-end",
    about: "\
Starts a Kafka that tests share, and ends it afterwards; where FOREBAY_TEST_KAFKA names the address of another, they use
that. Goes on after a test that fails, and closes with what passed, failed, was ignored and was skipped, with reasons. A test is
skipped when it needs data that is not part of the repository and that is not there.",
    word: None,
    options: &[],
    run: |_: &Args| run(),
};

pub fn run() -> Result<(), Failure> {
    setup::machine(setup::For::Kafka)?;
    // Built first and as a whole: a build of `forebay` alone would choose other features, and be thrown away.
    let tests = ["test", "--workspace", "--locked", "--no-fail-fast"];
    shell::run(shell::cargo(tests).arg("--no-run"))?;
    setup::models(&shell::target().join("debug/forebay"))?;
    let mut cargo = shell::cargo(tests);
    cargo.args(["--", "--show-output"]).stdout(Stdio::piped());
    let _kafka = match std::env::var_os(SHARED) {
        Some(_) => None,
        None => {
            let kafka = kafka()?;
            cargo.env(SHARED, kafka.bootstrap());
            Some(kafka)
        }
    };
    tell!("$ {}\n", shell::line(&cargo))?;
    let began = Instant::now();
    let mut child = cargo.spawn().map_err(Failure::io("start cargo"))?;
    let mut digest = Digest::default();
    for line in BufReader::new(child.stdout.take().expect("it is piped")).lines() {
        let line = line.map_err(Failure::io("read what the tests say"))?;
        if digest.take(&line) {
            tell!("{line}\n")?;
        }
    }
    let status = child.wait().map_err(Failure::io("wait for cargo"))?;
    let python = reference_features()?;
    tell!("\n{}      {python}\ntests took {} s\n", digest.summary(), began.elapsed().as_secs())?;
    match status.success() {
        true => Ok(()),
        false => Err(Failure::Fault("tests failed; their names stand under `failures:` above".into())),
    }
}

/// The one that all tests share; it ends when this is dropped.
fn kafka() -> Result<Broker, Failure> {
    setup::kafka()?;
    let kafka = Broker::start(Options::default()).map_err(Failure::Away)?;
    tell!("Kafka for the tests is at {}, its log in {}\n", kafka.bootstrap(), kafka.log().display())?;
    Ok(kafka)
}

/// The reference that `window_features` is held against is Python, and so are its tests.
fn reference_features() -> Result<&'static str, Failure> {
    shell::run(shell::command("python3").args(["-B", "examples/card-fraud-model/test_reference.py"]))?;
    Ok("and the tests of the reference features in Python")
}

/// What was seen of cargo's output.
#[derive(Debug, Default)]
struct Digest {
    passed: u64,
    failed: u64,
    ignored: u64,
    /// Reasons for skipping, and how often each was given.
    skipped: BTreeMap<String, u64>,
    /// Within what passing tests printed.
    in_output: bool,
}

impl Digest {
    /// Whether the line is for the user.
    fn take(&mut self, line: &str) -> bool {
        if let Some(why) = line.strip_prefix("skipped: ") {
            *self.skipped.entry(why.to_string()).or_default() += 1;
        }
        match line {
            "successes:" => self.in_output = true,
            "failures:" => self.in_output = false,
            _ => {}
        }
        if let Some(counts) = line.strip_prefix("test result: ") {
            self.in_output = false;
            self.passed += count(counts, " passed");
            self.failed += count(counts, " failed");
            self.ignored += count(counts, " ignored");
        }
        !self.in_output
    }

    fn summary(&self) -> String {
        let skipped: u64 = self.skipped.values().sum();
        let Digest { passed, failed, ignored, .. } = self;
        // A skipped test counts as passed with cargo; not here.
        let passed = passed.saturating_sub(skipped);
        let mut text =
            format!("tests: {passed} passed, {failed} failed, {ignored} ignored, {skipped} skipped\n");
        for (why, times) in &self.skipped {
            text += &format!("  skipped {times} ×: {why}\n");
        }
        text
    }
}

/// The number before a word in `ok. 3 passed; 0 failed; …`.
fn count(counts: &str, word: &str) -> u64 {
    let before = counts.find(word).map_or("", |at| &counts[..at]);
    before.rsplit([' ', ';']).next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(output: &str, shown: &str, summary: &str) {
        let mut digest = Digest::default();
        let lines: Vec<&str> = output.lines().filter(|line| digest.take(line)).collect();
        assert_eq!(lines.join("\n"), shown);
        assert_eq!(digest.summary(), summary);
    }

    const GOOD: &str = "\
running 2 tests
test a ... ok
test b ... ok

successes:

---- b stdout ----
skipped: ../shared/x is not there
other words

successes:
    a
    b

test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s
";

    #[test]
    fn reasons_are_counted_and_other_output_is_dropped() {
        check(
            GOOD,
            "running 2 tests\ntest a ... ok\ntest b ... ok\n\ntest result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; \
             0 filtered out; finished in 0.01s",
            "tests: 1 passed, 0 failed, 1 ignored, 1 skipped\n  skipped 1 ×: ../shared/x is not there\n",
        );
    }

    #[test]
    fn failures_are_shown_whole() {
        let failed = "\
successes:

successes:
    a

failures:

---- b stdout ----
expected 1

failures:
    b

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        let shown = failed.split_once("    a\n\n").unwrap().1;
        check(failed, shown, "tests: 1 passed, 1 failed, 0 ignored, 0 skipped\n");
    }

    #[test]
    fn several_binaries_add_up() {
        check(
            "test result: ok. 120 passed; 0 failed; 0 ignored;\ntest result: ok. 3 passed; 2 failed; 0 ignored;",
            "test result: ok. 120 passed; 0 failed; 0 ignored;\ntest result: ok. 3 passed; 2 failed; 0 ignored;",
            "tests: 123 passed, 2 failed, 0 ignored, 0 skipped\n",
        );
    }
}
