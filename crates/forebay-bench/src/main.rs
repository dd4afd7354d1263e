//! What `cargo xtask bench NAME` runs. A bench measures and does not judge: it writes a row a measurement to the standard
//! output (`row`), and says on the standard error what it is doing. The judge, the table and the file are xtask's.

mod failure;
mod row;
mod machine;

mod core;
mod fraud;

use std::process::ExitCode;

use failure::Failure;
use row::Rows;

/// A bench by its name.
type Bench = (&'static str, fn(&mut Rows) -> Result<(), Failure>);

const BENCHES: &[Bench] = &[("core", core::run), ("fraud", fraud::run)];

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let Some((name, run)) = BENCHES.iter().find(|(known, _)| *known == name) else {
        let names: Vec<&str> = BENCHES.iter().map(|(name, _)| *name).collect();
        eprintln!("there is no bench `{name}`; name one of {}", names.join(", "));
        return ExitCode::from(2);
    };
    match run(&mut Rows::of(name)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("the bench {name} cannot be run: {failure}");
            ExitCode::FAILURE
        }
    }
}
