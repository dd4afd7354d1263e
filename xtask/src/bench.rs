//! `cargo xtask bench NAME`: builds and runs a bench of the crate `forebay-bench`, judges what it measured, prints it as a
//! table and writes it to `target/bench/NAME.jsonl`.
//!
//! A bench measures and does not judge: it writes one JSON object a line to its standard output, with `bench`, `case`,
//! `value` and `unit`, where there is one also `peer` and `peer_value` (the same, done by something else in the same run),
//! and where something was promised `target`. `ratio` and `holds` are worked out here, from the values as they came.

mod row;

use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::process::Stdio;

use crate::args::{Args, Opt, Verb};
use crate::failure::Failure;
use crate::{setup, shell};
use row::Row;

pub const VERB: Verb = Verb {
    name: "bench",
    summary: "Runs a bench, prints a table and writes target/bench/NAME.jsonl",
    about: "Ends with 1 when a target does not hold. `ratio` is value / peer_value; nothing is rounded in the program's favour.",
    word: Some("NAME"),
    options: &[Opt::value("--case", "CASE", "measure this alone; a name that is none gets the list")],
    run: |args: &Args| run(args.word(), args.text("--case")),
};

const CRATE: &str = "forebay-bench";
/// The bench that measures the program as users have it, on a real Kafka.
const KAFKA: &str = "kafka";

/// The verb is there once the crate is.
pub fn is_there() -> bool {
    shell::root().join("crates").join(CRATE).join("Cargo.toml").is_file()
}

fn run(name: &str, case: Option<&str>) -> Result<(), Failure> {
    if name == KAFKA {
        setup::machine(setup::For::Kafka)?;
        setup::kafka()?;
        shell::run(&mut shell::cargo(["build", "--release", "--package", "forebay-cli"]))?;
    }
    let mut cargo = shell::cargo(["run", "--release", "--package", CRATE, "--", name]);
    cargo.args(case.iter().flat_map(|case| ["--case", case]));
    tell!("$ {}\n", shell::line(&cargo))?;
    let mut child = cargo.stdout(Stdio::piped()).spawn().map_err(Failure::io("start cargo"))?;
    let folder = shell::target().join("bench");
    let path = folder.join(format!("{name}.jsonl"));
    fs::create_dir_all(&folder).map_err(Failure::io(format!("make {}", folder.display())))?;
    let written = || Failure::io(format!("write {}", path.display()));
    let mut file = fs::File::create(&path).map_err(written())?;
    let mut rows = Vec::new();
    for line in BufReader::new(child.stdout.take().expect("it is piped")).lines() {
        let line = line.map_err(Failure::io("read what the bench says"))?;
        let row = Row::parse(&line)
            .map_err(|why| Failure::Fault(format!("`{line}` is no row of a bench: {why}")))?;
        writeln!(file, "{}", row.json()).map_err(written())?;
        rows.push(row);
    }
    let status = child.wait().map_err(Failure::io("wait for the bench"))?;
    tell!("\n{}\nwritten to {}\n", row::table(&rows), path.display())?;
    if !status.success() {
        return Err(Failure::Fault(format!("the bench {name} failed ({status})")));
    }
    match rows.iter().filter(|row| row.holds() == Some(false)).count() {
        0 => Ok(()),
        count => Err(Failure::Fault(format!("{count} targets do not hold"))),
    }
}
