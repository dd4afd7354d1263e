//! `cargo xtask ci`, which is what `.ci/run` does: everything that a change has to pass, with the time that each part took.

use std::time::{Duration, Instant};

use crate::args::{Args, Verb};
use crate::failure::Failure;
use crate::{check, setup, suite};

pub const VERB: Verb = Verb {
    name: "ci",
    summary: "All that a change has to pass: set-up, formatting, clippy, tests",
    about: "Does every part even when one before it failed, and prints how long each took. `.ci/run` calls this.",
    word: None,
    options: &[],
    run: |_: &Args| run(PARTS),
};

struct Part {
    name: &'static str,
    run: fn() -> Result<(), Failure>,
}

/// Licences, versions and the other rules of `check` are tests and so part of the last one.
const PARTS: &[Part] = &[
    Part { name: "set-up", run: || setup::machine(setup::For::Kafka) },
    Part { name: "formatting", run: check::formatting },
    Part { name: "clippy", run: check::clippy },
    Part { name: "tests", run: suite::run },
];

fn run(parts: &[Part]) -> Result<(), Failure> {
    let began = Instant::now();
    let mut rows: Vec<(&str, Duration, Result<(), Failure>)> = Vec::new();
    for part in parts {
        tell!("\n== {}\n", part.name)?;
        let began = Instant::now();
        let done = (part.run)();
        if let Err(failure) = &done {
            tell!("{}: {failure}\n", part.name)?;
        }
        rows.push((part.name, began.elapsed(), done));
    }
    tell!("\n{:12}{:>8}\n", "part", "seconds")?;
    for (name, took, done) in &rows {
        tell!("{name:12}{:8.1}  {}\n", took.as_secs_f64(), if done.is_ok() { "ok" } else { "FAILED" })?;
    }
    tell!("{:12}{:8.1}\n", "all", began.elapsed().as_secs_f64())?;
    let failed: Vec<&str> =
        rows.iter().filter(|(_, _, done)| done.is_err()).map(|(name, ..)| *name).collect();
    match failed.is_empty() {
        true => Ok(()),
        false => Err(Failure::Fault(format!("failed: {}", failed.join(", ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_fails_the_whole_and_the_rest_still_runs() {
        let fails = Part { name: "first", run: || Err(Failure::Fault("no".into())) };
        let last = Part { name: "last", run: || Err(Failure::Fault("neither".into())) };
        let good = Part { name: "good", run: || Ok(()) };
        let failure = run(&[fails, good, last]).unwrap_err();
        assert_eq!(failure.to_string(), "failed: first, last");
    }
}
