//! The rules of the repository. Formatting and clippy are programs of their own; the rest are functions over what the
//! repository says about itself, each of which is a test as well, so that `cargo test` is enough to see them broken.

mod layers;
mod licences;
mod versions;
mod sources;

use std::fmt::Write as _;

use crate::args::{Args, Verb};
use crate::failure::Failure;
use crate::metadata::Metadata;
use crate::shell;

pub const VERB: Verb = Verb {
    name: "check",
    summary: "Formatting, clippy, and the rules that no compiler knows",
    about: "\
Rules: crates depend as the table in ARCHITECTURE.md says; every licence is on the list of those that are allowed; no
crate is there in two versions without a reason; every Rust file says at its beginning what it is, and none is too
long. They are tests too, so `cargo test` finds what breaks them.",
    word: None,
    options: &[],
    run: |_: &Args| {
        formatting()?;
        clippy()?;
        rules()
    },
};

pub fn formatting() -> Result<(), Failure> {
    shell::run(&mut shell::cargo(["fmt", "--all", "--check"])).map(drop)
}

pub fn clippy() -> Result<(), Failure> {
    let args = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    shell::run(&mut shell::cargo(args)).map(drop)
}

/// A rule: what is wrong, a line each.
type Rule = fn(&Metadata) -> Result<Vec<String>, Failure>;

const RULES: &[(&str, Rule)] = &[
    ("crates depend as ARCHITECTURE.md says", layers::check),
    ("licences are allowed", licences::check),
    ("no crate in two versions", versions::check),
    ("source files are well formed", sources::check),
];

fn rules() -> Result<(), Failure> {
    let metadata = Metadata::read()?;
    let mut all = String::new();
    for (name, rule) in RULES {
        let wrong = rule(&metadata)?;
        tell!("{}  {name}\n", if wrong.is_empty() { "ok   " } else { "WRONG" })?;
        for line in &wrong {
            tell!("       {line}\n")?;
            let _ = write!(all, "\n  {line}");
        }
    }
    match all.is_empty() {
        true => Ok(()),
        false => Err(Failure::Fault(format!("rules of the repository are broken:{all}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn holds(rule: Rule) {
        let metadata = Metadata::read().unwrap();
        assert_eq!(rule(&metadata).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn crates_depend_as_the_architecture_says() {
        holds(layers::check);
    }

    #[test]
    fn licences_are_allowed() {
        holds(licences::check);
    }

    #[test]
    fn no_crate_is_there_in_two_versions() {
        holds(versions::check);
    }

    #[test]
    fn source_files_are_well_formed() {
        holds(sources::check);
    }
}
