//! `cargo xtask demo`: card fraud from nothing to scored records, with a live table beside it.
//!
//! The stream goes from files to files (`on_files`), or with `--kafka` through a real Kafka (`on_kafka`). Everything the table
//! shows is seen from outside, as any user could: what the engine says of itself over HTTP, and the results that it writes. The
//! truth about each transaction is known only here.
//!
//! Whoever stops a demo, and however it fails, no process of it is left: each is owned by a value that ends it.

mod on_files;
mod on_kafka;
mod cluster;
mod engine;
mod show;
mod scored;
mod alerts;
mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use forebay_testkit::card::{Config, TRANSACTIONS, TRUTH};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::args::{Args, Opt, Verb};
use crate::failure::Failure;
use crate::{generate, setup, shell};
use alerts::Truth;

pub const VERB: Verb = Verb {
    name: "demo",
    summary: "Card fraud from end to end: generates a stream, scores it, shows a live table",
    about: "\
Builds `forebay`, generates card transactions with labelled fraud, runs pipelines/card-fraud.yaml on them with files in
place of topics, and writes the scored records to out/. What was built and generated is used again the next time.

With `--kafka` the same pipeline runs as it stands, from topic to topic: the demo starts a real Kafka of its own, which ends with
it, feeds the stream to it at a pace, and reads the results back from their topic. That takes about a minute on two cores.",
    word: None,
    options: &[
        Opt::flag("--kafka", "through a real Kafka"),
        Opt::value("--seed", "S", "another stream (default 1)"),
        Opt::value("--days", "N", "days from 2026-01-01 on (default 90)"),
        Opt::value("--customers", "C", "people with a card (default 5000)"),
        Opt::value("--terminals", "T", "where they pay (default 10000)"),
        Opt::value("--out", "DIR", "where results go, and state and logs to DIR/demo (default out)"),
        Opt::value("--forebay", "FILE", "a `forebay` that is built already, in place of a release build"),
    ],
    run,
};

const PIPELINE: &str = "pipelines/card-fraud.yaml";
/// The sinks of the pipeline, each of which may become a file in the folder of results.
const SINKS: [&str; 2] = ["scored", "dead"];

/// How often the results are looked at while nothing more has come.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What a demo has before anything flows.
struct Desk {
    forebay: PathBuf,
    /// The folder of the generated files.
    stream: PathBuf,
    truth: Truth,
    /// The folder of results.
    out: PathBuf,
    /// Somebody wants it to end.
    stop: Arc<AtomicBool>,
}

fn run(args: &Args) -> Result<(), Failure> {
    let config = generate::config(args, Config::default())?;
    let kafka = args.has("--kafka");
    setup::machine(if kafka { setup::For::Kafka } else { setup::For::Building })?;
    if kafka {
        setup::kafka()?;
    }
    let desk = Desk::set(args, &config)?;
    let done = if kafka { on_kafka::run(&desk) } else { on_files::run(&desk) };
    match done {
        // What ends with it may complain of that first.
        Err(_) if desk.is_stopped() => {
            let topics = if kafka { "; Kafka and its topics are gone" } else { "" };
            Err(Failure::Stopped(format!("stopped{topics}; {}", desk.left())))
        }
        done => done,
    }
}

impl Desk {
    fn set(args: &Args, config: &Config) -> Result<Desk, Failure> {
        let given = |path: &str| std::path::absolute(path).map_err(Failure::io(format!("find {path}")));
        let forebay = match args.text("--forebay") {
            Some(path) => given(path)?,
            None => {
                shell::run(&mut shell::cargo([
                    "build",
                    "--release",
                    "--locked",
                    "--package",
                    "forebay-cli",
                ]))?;
                shell::target().join("release/forebay")
            }
        };
        setup::models(&forebay)?;
        let stream = stream(config)?;
        let truth = Truth::read(&stream.join(TRANSACTIONS), &stream.join(TRUTH))?;
        let out = args.text("--out").map_or_else(|| Ok(shell::root().join("out")), given)?;
        let desk = Desk { forebay, stream, truth, out, stop: Arc::default() };
        fs::create_dir_all(desk.work()).map_err(Failure::io(format!("make {}", desk.work().display())))?;
        desk.clear()?;
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, desk.stop.clone()).map_err(Failure::io("take signals"))?;
        }
        Ok(desk)
    }

    /// Where engines keep state and log.
    fn work(&self) -> PathBuf {
        self.out.join("demo")
    }

    /// One of the generated files, as it is typed.
    fn generated(&self, file: &str) -> String {
        shell::shown(&self.stream.join(file)).display().to_string()
    }

    /// A file of results, as it is typed.
    fn result(&self, file: &str) -> String {
        shell::shown(&self.out.join(file)).display().to_string()
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// An error once somebody wants it to end.
    fn go_on(&self) -> Result<(), Failure> {
        match self.is_stopped() {
            true => Err(Failure::Stopped("stopped".into())),
            false => Ok(()),
        }
    }

    /// Takes away what an earlier demo wrote: a fresh run refuses files that exist.
    fn clear(&self) -> Result<(), Failure> {
        for file in SINKS.iter().flat_map(|sink| [format!("{sink}.jsonl"), partial(sink)]) {
            let path = self.out.join(file);
            if path.exists() {
                fs::remove_file(&path).map_err(Failure::io(format!("remove {}", path.display())))?;
            }
        }
        Ok(())
    }

    /// What a demo that was stopped says of the files that it leaves.
    fn left(&self) -> String {
        let files = SINKS.map(partial).into_iter().filter(|file| self.out.join(file).exists());
        let files: Vec<_> = files.map(|file| self.result(&file)).collect();
        match files.is_empty() {
            true => "the same command begins anew".into(),
            false => format!(
                "what was scored until then stays in {}; the same command removes that and begins anew",
                files.join(" and ")
            ),
        }
    }
}

/// What an output is called until it is complete.
fn partial(sink: &str) -> String {
    format!("{sink}.jsonl.partial")
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

/// The command that shows what would run.
fn plan(forebay: &Path, arguments: &[String]) -> String {
    let mut plan = shell::command(forebay);
    plan.args(["plan", PIPELINE, "--explain"]).args(arguments);
    shell::line(&plan)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demo_that_was_stopped_names_what_it_leaves_and_the_next_one_takes_it_away() {
        let out = std::env::temp_dir().join(format!("xtask-left-{}", std::process::id()));
        fs::create_dir_all(&out).unwrap();
        let (forebay, stream, stop) = (PathBuf::new(), PathBuf::new(), Arc::default());
        let desk = Desk { forebay, stream, truth: Truth::default(), out: out.clone(), stop };
        assert_eq!(desk.left(), "the same command begins anew");
        for name in ["scored.jsonl.partial", "dead.jsonl.partial", "other.jsonl.partial"] {
            fs::write(out.join(name), "{}").unwrap();
        }
        assert_eq!(
            desk.left(),
            format!(
                "what was scored until then stays in {0}/scored.jsonl.partial and {0}/dead.jsonl.partial; \
                 the same command removes that and begins anew",
                out.display()
            )
        );
        desk.clear().unwrap();
        let names: Vec<_> = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["other.jsonl.partial"], "nothing but its own");
        assert!(desk.go_on().is_ok());
        desk.stop.store(true, Ordering::Relaxed);
        assert!(matches!(desk.go_on(), Err(Failure::Stopped(_))));
        fs::remove_dir_all(&out).unwrap();
    }
}
