//! `cargo xtask demo`: card fraud from nothing to scored records, with a live table beside it.
//!
//! Everything the table shows is seen from outside, as any user could: what the engine says of itself over HTTP, and the
//! file that it writes. The truth about each transaction is known only here.

mod alerts;
mod engine;
mod scored;
mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use forebay_testkit::card::{CHARGEBACKS, Config, TRANSACTIONS, TRUTH};
use forebay_types::unit::count;
use signal_hook::consts::SIGINT;

use crate::args::{Args, Opt, Verb};
use crate::failure::Failure;
use crate::{generate, setup, shell};
use alerts::{Alerts, Truth};
use engine::Engine;
use scored::Scored;

pub const VERB: Verb = Verb {
    name: "demo",
    summary: "Card fraud from end to end: generates a stream, scores it, shows a live table",
    about: "\
Builds `forebay`, generates card transactions with labelled fraud, runs pipelines/card-fraud.yaml on them with files in
place of topics, and writes the scored records to out/. What was built and generated is used again the next time.",
    word: None,
    options: &[
        Opt { name: "--seed", value: "S", about: "another stream (default 1)" },
        Opt { name: "--days", value: "N", about: "days from 2026-01-01 on (default 90)" },
        Opt { name: "--customers", value: "C", about: "people with a card (default 5000)" },
        Opt { name: "--terminals", value: "T", about: "where they pay (default 10000)" },
    ],
    run: |args: &Args| run(generate::config(args, Config::default())?),
};

const PIPELINE: &str = "pipelines/card-fraud.yaml";
const OUT: &str = "out";
/// The sinks of the pipeline, each of which becomes a file in `OUT`.
const SINKS: [&str; 2] = ["scored", "dead"];

/// How often the output is looked at while nothing more has come, and how often the table gets a line.
const LOOK_EVERY: Duration = Duration::from_millis(100);
const LINE_EVERY: Duration = Duration::from_secs(1);

fn run(config: Config) -> Result<(), Failure> {
    setup::machine(setup::For::Building)?;
    shell::run(&mut shell::cargo(["build", "--release", "--locked", "--package", "forebay-cli"]))?;
    let forebay = shell::target().join("release/forebay");
    setup::models(&forebay)?;
    let stream = stream(&config)?;
    let truth = Truth::read(&stream.join(TRANSACTIONS), &stream.join(TRUTH))?;
    let out = shell::root().join(OUT);
    clear(&out)?;

    let stop = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGINT, stop.clone()).map_err(Failure::io("take signals"))?;
    let mut engine = Engine::start(&forebay, PIPELINE, &arguments(&stream))?;
    let mut scored = Scored::new(out.join("scored.jsonl"));
    let mut alerts = Alerts::new(&truth);
    tell!("\n{}\n", table::HEAD)?;
    let began = Instant::now();
    let mut next_line = LINE_EVERY;
    let mut before = (Duration::ZERO, 0);
    let ended = loop {
        // The end is looked for first, so that what was written before it is read after it.
        let ended = engine.ended()?;
        let more = scored.read(|line| alerts.take(line))?;
        let ended = ended.filter(|_| !more);
        if stop.load(Ordering::Relaxed) {
            engine.stop()?;
            return Err(Failure::Stopped(left(&out)));
        }
        let elapsed = began.elapsed();
        if elapsed >= next_line || ended.is_some() {
            let look = if ended.is_some() { engine.last_look()? } else { engine.look() };
            tell!("{}\n", table::line(elapsed, before, &alerts, look))?;
            before = (elapsed, alerts.records());
            next_line = elapsed + LINE_EVERY;
        }
        match ended {
            Some(ended) => break ended,
            None if more => {}
            None => thread::sleep(LOOK_EVERY),
        }
    };
    let ledger = engine.ledger(ended)?;
    report(&truth, &alerts, &ledger, &forebay, &arguments(&stream))
}

/// Where the stream lies; made when it is not there. Its name says all that it depends on.
fn stream(config: &Config) -> Result<PathBuf, Failure> {
    let Config { seed, days, customers, terminals, .. } = config;
    let name = format!("s{seed}-{days}d-{customers}c-{terminals}t");
    let folder = shell::target().join("demo").join(name);
    if folder.is_dir() {
        tell!("the stream is there already: {}\n", folder.display())?;
        return Ok(folder);
    }
    // Whole or not there: a run that is interrupted leaves nothing that looks like a stream.
    let partial = folder.with_extension("partial");
    generate::write(config.clone(), &partial)?;
    fs::rename(&partial, &folder).map_err(Failure::io(format!("rename {}", partial.display())))?;
    Ok(folder)
}

/// Files in place of the topics.
fn arguments(stream: &Path) -> Vec<String> {
    let stream = stream.strip_prefix(shell::root()).unwrap_or(stream).display();
    let words = [
        "--from",
        &format!("tx={stream}/{TRANSACTIONS}"),
        "--from",
        &format!("chargebacks={stream}/{CHARGEBACKS}"),
        "--to",
        &format!("*={OUT}/"),
        "--set",
        "scale=one",
    ];
    words.map(String::from).to_vec()
}

/// Takes away what an earlier demo wrote: a fresh run refuses files that exist.
fn clear(out: &Path) -> Result<(), Failure> {
    for file in SINKS.iter().flat_map(|sink| [format!("{sink}.jsonl"), partial(sink)]) {
        let path = out.join(file);
        if path.exists() {
            fs::remove_file(&path).map_err(Failure::io(format!("remove {}", path.display())))?;
        }
    }
    Ok(())
}

/// What an output is called until it is complete.
fn partial(sink: &str) -> String {
    format!("{sink}.jsonl.partial")
}

/// What a demo that was stopped says of the files that it leaves.
fn left(out: &Path) -> String {
    let files = SINKS.map(partial).into_iter().filter(|file| out.join(file).exists());
    let files: Vec<_> = files.map(|file| format!("{OUT}/{file}")).collect();
    match files.is_empty() {
        true => "stopped; the same command begins anew".into(),
        false => format!(
            "stopped; what was scored until then stays in {}; the same command removes that and begins anew",
            files.join(" and ")
        ),
    }
}

fn report(
    truth: &Truth,
    alerts: &Alerts<'_>,
    ledger: &str,
    forebay: &Path,
    arguments: &[String],
) -> Result<(), Failure> {
    let (went_in, came_out) = (truth.transactions(), alerts.records());
    if went_in != came_out {
        return Err(Failure::Fault(format!(
            "{went_in} transactions went in and {came_out} came out scored; {OUT}/dead.jsonl says why\n{ledger}"
        )));
    }
    let percent = |first: u32| format!("{:.0} %", 100.0 * alerts.precision(first).unwrap_or(0.0));
    tell!(
        "\np50 and p99 are those of the last ten seconds, from the arrival of a record to its being written to the sink, as fast as the
files can be read. Who reads the output sees it with the commit that follows.

{ledger}
{} of {} transactions are frauds. {} alerts were raised, {} of them right. Of the {} transactions with the highest
scores of each day {} are frauds, of the last 30 days {}: the stream begins without history, and a fraud is reported
about a week after it.

  {OUT}/scored.jsonl   every transaction with score, decision and rule
  {OUT}/dead.jsonl     what could not be processed, with reason and origin
\n",
        count(truth.frauds()),
        count(went_in),
        count(alerts.raised()),
        count(alerts.right()),
        alerts::A_DAY,
        percent(0),
        percent(alerts.days().saturating_sub(30)),
    )?;
    next_steps(forebay, arguments)
}

fn next_steps(forebay: &Path, arguments: &[String]) -> Result<(), Failure> {
    let mut plan = shell::command(forebay);
    plan.args(["plan", PIPELINE, "--explain"]).args(arguments);
    let forebay = forebay.strip_prefix(shell::root()).unwrap_or(forebay).display();
    tell!(
        "Try next:
  grep '\"decision\":\"review\"' {OUT}/scored.jsonl | head -3
  cargo xtask demo --seed 2
  {forebay} kinds window_features
  {forebay} validate tests/corpus/several-in-one-file.yaml
  {}\n",
        shell::line(&plan)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demo_that_was_stopped_names_what_it_leaves_and_the_next_one_takes_it_away() {
        let out = std::env::temp_dir().join(format!("xtask-left-{}", std::process::id()));
        fs::create_dir_all(&out).unwrap();
        assert_eq!(left(&out), "stopped; the same command begins anew");
        for name in ["scored.jsonl.partial", "dead.jsonl.partial", "other.jsonl.partial"] {
            fs::write(out.join(name), "{}").unwrap();
        }
        assert_eq!(
            left(&out),
            "stopped; what was scored until then stays in out/scored.jsonl.partial and out/dead.jsonl.partial; \
             the same command removes that and begins anew"
        );
        clear(&out).unwrap();
        let names: Vec<_> = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["other.jsonl.partial"], "nothing but its own");
        fs::remove_dir_all(&out).unwrap();
    }
}
