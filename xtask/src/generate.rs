//! `cargo xtask generate`: a stream of card transactions with labelled fraud, as files.

use std::path::Path;
use std::time::Instant;

use forebay_testkit::card::{self, Config, Generator, Scenario};

use crate::args::{Args, Opt, Verb};
use crate::failure::Failure;

pub const VERB: Verb = Verb {
    name: "generate",
    summary: "Writes a reproducible stream of card transactions with labelled fraud",
    about: "\
Writes transactions.jsonl and chargebacks.jsonl, which pipelines/card-fraud.yaml reads, and truth.jsonl, which says of each
transaction whether it is a fraud. The same numbers give the same bytes on every machine.",
    word: None,
    options: &[
        Opt::value("--out", "DIR", "where the files go; needed"),
        Opt::value("--seed", "S", "another stream (default 1)"),
        Opt::value("--days", "N", "days from 2026-01-01 on (default 90)"),
        Opt::value("--customers", "C", "people with a card (default 5000)"),
        Opt::value("--terminals", "T", "where they pay (default 10000)"),
    ],
    run: |args: &Args| {
        let Some(out) = args.text("--out") else {
            return Err(Failure::Usage("--out DIR says where the files go".into()));
        };
        write(config(args, Config::default())?, Path::new(out))?;
        tell!("written to {out}\n")?;
        Ok(())
    },
};

/// A configuration with what the command line says in place of `usual`.
pub fn config(args: &Args, usual: Config) -> Result<Config, Failure> {
    let config = Config {
        seed: args.number("--seed", usual.seed)?,
        days: args.number("--days", usual.days)?,
        customers: args.number("--customers", usual.customers)?,
        terminals: args.number("--terminals", usual.terminals)?,
        ..usual
    };
    // Before anything is built for it.
    config.check().map_err(|error| Failure::Usage(error.to_string()))?;
    Ok(config)
}

/// Writes a stream and says what is in it.
pub fn write(config: Config, folder: &Path) -> Result<(), Failure> {
    let began = Instant::now();
    let generator = Generator::new(config).map_err(|error| Failure::Usage(error.to_string()))?;
    let summary =
        card::write(generator, folder).map_err(Failure::io(format!("write to {}", folder.display())))?;
    let frauds: u64 = summary.frauds.iter().sum();
    tell!(
        "generated {} transactions, {frauds} frauds, {} chargebacks in {:.1} s\n",
        summary.transactions,
        summary.chargebacks,
        began.elapsed().as_secs_f64()
    )?;
    for (scenario, count) in Scenario::ALL.iter().zip(summary.frauds) {
        tell!("  {:14}{count:8}\n", scenario.name())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Request, read};

    #[test]
    fn a_stream_of_nothing_is_refused_before_anything_is_built_for_it() {
        let config = |line: &str| match read(&[&VERB], line.split_whitespace().map(String::from)) {
            Ok(Request::Run(_, args)) => config(&args, Config::default()),
            _ => panic!("{line}"),
        };
        assert_eq!(config("generate --days 2").unwrap().days, 2);
        for (line, expect) in
            [("generate --days 0", "`days` is 1 to "), ("generate --customers 0", "1 or more")]
        {
            let refused = config(line).unwrap_err();
            assert!(matches!(&refused, Failure::Usage(why) if why.contains(expect)), "{refused}");
        }
    }
}
