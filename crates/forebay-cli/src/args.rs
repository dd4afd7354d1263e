//! The command line. A verb stands here when it works.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use forebay_node::LoadOptions;
use forebay_node::dlq::Filter;
use forebay_types::unit::parse_duration;

use crate::live::Target;

/// A dataplane for streams: one YAML file in, results out, complete and once.
#[derive(Debug, Parser)]
#[command(name = "forebay", version, arg_required_else_help = true, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    pub verb: Verb,
}

const EXIT_CODES: &str = "\
Exit codes: 0 good, 1 a file is wrong or what ran failed, 2 the call is wrong (an argument, or a name that it gives),
3 something needed is away (a file, a model, a disk, an address), 4 drained late; of several the highest.
Start with `forebay new && forebay run first.yaml`.";

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Write a first pipeline that runs, with comments and a sample of input
    New(New),
    /// Say everything that is wrong with files
    Validate(Validate),
    /// Show what would run: types, copies, memory, guarantees
    Plan(Plan),
    /// Run the tests that stand in files
    Test(Test),
    /// Run pipelines until their input ends or they are told to stop
    Run(Run),
    /// List the pipelines that run
    Ps(Ps),
    /// Watch what each node of a running pipeline does
    Top(Top),
    /// Show records that pass an output of a running pipeline
    Tap(Tap),
    /// Let a running pipeline take in nothing until it is resumed
    Pause(Hold),
    /// Let a paused pipeline go on
    Resume(Hold),
    /// End a running pipeline and wait for it
    Stop(Stop),
    /// Dead letters: what was rejected, and sending it back
    Dlq(Dlq),
    /// Models: their cards and files
    Model(Model),
    /// List the kinds of sources, stages and sinks, or describe one
    Kinds(Kinds),
    /// Explain a diagnostic code, or list all
    Explain(Explain),
    /// Print the JSON Schema of pipeline files, for editors
    Schema(Schema),
}

/// Files, and what counts from outside of them.
#[derive(Debug, Args)]
pub struct Files {
    /// Pipeline files
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,
    /// Put a value in place of one in the file; paths start inside `spec` (vars.review_above=0.95)
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Use the vars and connections of the environment NAME: the file env/NAME.yaml in configs/
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// Take models, connections and environments from here instead of the nearest configs/
    #[arg(long, value_name = "DIR")]
    pub configs: Option<String>,
    /// Read a file in place of a source; `-` is standard input
    #[arg(long, value_name = "SOURCE=PATH")]
    pub from: Vec<String>,
    /// Write a file in place of a sink, or all into a folder with '*=out/'; `-` is standard output
    #[arg(long, value_name = "SINK=PATH")]
    pub to: Vec<String>,
    /// Print results for programs
    #[arg(long)]
    pub json: bool,
    /// What else counts as an error
    #[arg(long, value_name = "WHAT")]
    pub deny: Option<Deny>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    Warnings,
}

impl Files {
    pub fn options(&self) -> LoadOptions {
        LoadOptions {
            spec: forebay_spec::Options {
                set: self.set.clone(),
                from: self.from.clone(),
                to: self.to.clone(),
                env: self.env.clone(),
                pop: None,
            },
            configs: self.configs.clone(),
        }
    }

    pub fn deny_warnings(&self) -> bool {
        self.deny == Some(Deny::Warnings)
    }
}

#[derive(Debug, Args)]
pub struct Validate {
    #[command(flatten)]
    pub files: Files,
    /// Ask outside as well: are clusters, topics, rights, models and lists there; needs the secrets
    #[arg(long)]
    pub live: bool,
}

#[derive(Debug, Args)]
pub struct Plan {
    #[command(flatten)]
    pub files: Files,
    /// Everything that was worked out: types on each edge, copies, memory, the proof of the guarantee
    #[arg(long, conflicts_with_all = ["resolved", "json"])]
    pub explain: bool,
    /// The file with every default, and where each value came from
    #[arg(long, conflicts_with = "json")]
    pub resolved: bool,
    #[command(flatten)]
    pub lanes: Lanes,
}

#[derive(Debug, Args)]
pub struct Test {
    #[command(flatten)]
    pub files: Files,
    /// Count a test that is skipped because a model is away as one that failed
    #[arg(long)]
    pub strict: bool,
    /// Write what came into the files as what is expected; a sensitive value becomes `any`
    #[arg(long, conflicts_with = "json")]
    pub accept: bool,
}

#[derive(Debug, Args)]
pub struct Lanes {
    /// Threads that work is spread over: keyed stages by key, streams of sources that have no order among each other, and what is
    /// written of both; results of files are the same at any number
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub lanes: u32,
}

#[derive(Debug, Args)]
pub struct Run {
    #[command(flatten)]
    pub files: Files,
    #[command(flatten)]
    pub lanes: Lanes,
    /// Where positions and state are kept [default: $XDG_STATE_HOME/forebay/NAMESPACE/NAME]
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Begin anew: forget the state, and refuse output files that exist
    #[arg(long)]
    pub fresh: bool,
    /// Where /healthz, /readyz, /metrics and /pipelines are served; port 0 is any free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0", value_parser = address)]
    pub admin: SocketAddr,
    /// How long a stop may take; what is not committed by then is done again by the next run
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = nanos, allow_hyphen_values = true)]
    pub drain_deadline: i64,
}

/// Which run is meant.
#[derive(Debug, Args)]
pub struct Where {
    /// Ask the run at this address instead of those in the run-time directory
    #[arg(long, value_name = "ADDR", value_parser = address)]
    pub admin: Option<SocketAddr>,
    /// Only the run of this process
    #[arg(long, value_name = "PID", conflicts_with = "admin")]
    pub pid: Option<u32>,
    /// Print results for programs
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Ps {
    #[command(flatten)]
    pub at: Where,
}

#[derive(Debug, Args)]
pub struct Top {
    /// [NAMESPACE/]NAME; every running pipeline where none is named
    #[arg(value_name = "PIPELINE", value_parser = pipeline)]
    pub pipeline: Option<Target>,
    /// Print the table once, after a second, and end; so it does where standard output is no terminal
    #[arg(long)]
    pub once: bool,
    #[command(flatten)]
    pub at: Where,
}

#[derive(Debug, Args)]
pub struct Tap {
    /// [NAMESPACE/]NAME.NODE, with .PORT, .rejected or .behind behind it for one of several outputs
    #[arg(value_name = "PIPELINE.NODE[.PORT]")]
    pub output: Target,
    /// Records a second, at most; the others pass by unseen
    #[arg(long, value_name = "N", default_value_t = 10.0, value_parser = rate)]
    pub rate: f64,
    /// End after so many records
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    #[command(flatten)]
    pub at: Where,
}

#[derive(Debug, Args)]
pub struct Hold {
    /// [NAMESPACE/]NAME
    #[arg(value_name = "PIPELINE", value_parser = pipeline)]
    pub pipeline: Target,
    #[command(flatten)]
    pub at: Where,
}

#[derive(Debug, Args)]
pub struct Stop {
    /// [NAMESPACE/]NAME
    #[arg(value_name = "PIPELINE", value_parser = pipeline)]
    pub pipeline: Target,
    /// End at once; what is not committed is done again by the next run
    #[arg(long)]
    pub now: bool,
    /// Wait no longer than this; the pipeline goes on with its end [default: until it has ended]
    #[arg(long, value_name = "TIME", value_parser = nanos, allow_hyphen_values = true)]
    pub timeout: Option<i64>,
    #[command(flatten)]
    pub at: Where,
}

/// A target without a node.
fn pipeline(text: &str) -> Result<Target, String> {
    let target: Target = text.parse()?;
    match &target.node {
        None => Ok(target),
        Some(node) => {
            Err(format!("`{node}` is a node, and this is for a whole pipeline: write {}", target.pipeline))
        }
    }
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate| (0.001..=1_000.0).contains(rate));
    rate.ok_or_else(|| "write a number up to 1000".to_string())
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "write an IP address and a port, as in 127.0.0.1:9100".to_string())
}

fn nanos(text: &str) -> Result<i64, String> {
    parse_duration(text).map_err(|error| match error.suggest {
        Some(right) => format!("{}; write {right}", error.why),
        None => error.why,
    })
}

#[derive(Debug, Args)]
pub struct New {
    /// The name of the pipeline: letters a to z, digits and -
    #[arg(default_value = "first", value_parser = label)]
    pub name: String,
}

fn label(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let good = text.len() <= 63 && text.chars().all(fits) && !text.starts_with('-') && !text.ends_with('-');
    if good && !text.is_empty() {
        Ok(text.into())
    } else {
        Err("a name has letters a to z, digits and - inside".into())
    }
}

#[derive(Debug, Args)]
pub struct Model {
    #[command(subcommand)]
    pub verb: ModelVerb,
}

#[derive(Debug, Subcommand)]
pub enum ModelVerb {
    /// Bring files of models, and ONNX Runtime, onto this machine; checked by their digests
    Pull(Models),
    /// List models and whether their files are here
    Ls(Models),
    /// Show the card of a model
    Show(Models),
    /// Work out the digests of files that are here
    Verify(Models),
}

#[derive(Debug, Args)]
pub struct Models {
    /// NAME or NAME@VERSION; all where none is named
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Take cards from here instead of the configs/ that is here or nearest above
    #[arg(long, value_name = "DIR")]
    pub configs: Option<String>,
    /// Print results for programs
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Dlq {
    #[command(subcommand)]
    pub verb: DlqVerb,
}

#[derive(Debug, Subcommand)]
pub enum DlqVerb {
    /// Count dead letters by code and node, with an example of each
    Ls(Letters),
    /// Print dead letters in full
    Show(Show),
    /// Send the messages of dead letters back to the topics that they came from, each once
    Replay(Replay),
}

/// A pipeline, by its file, and which of its dead letters are meant.
#[derive(Debug, Args)]
pub struct Letters {
    /// The pipeline's file
    #[arg(value_name = "FILE")]
    pub file: String,
    /// Only those with this code
    #[arg(long, value_name = "CODE")]
    pub code: Option<String>,
    /// Only those that this node rejected
    #[arg(long, value_name = "NODE")]
    pub node: Option<String>,
    /// Only those of this stream: TOPIC/PARTITION, or the path of a file
    #[arg(long, value_name = "STREAM")]
    pub stream: Option<String>,
    /// Only those whose record came at this time (2026-01-31T08:00:00Z) or later, or no longer ago than this (2h)
    #[arg(long, value_name = "TIME", value_parser = Filter::since)]
    pub since: Option<i64>,
    /// Put a value in place of one in the file; paths start inside `spec`
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Use the vars and connections of the environment NAME: the file env/NAME.yaml in configs/
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// Take models, connections and environments from here instead of the nearest configs/
    #[arg(long, value_name = "DIR")]
    pub configs: Option<String>,
    /// Print results for programs
    #[arg(long)]
    pub json: bool,
}

impl Letters {
    pub fn options(&self) -> LoadOptions {
        let spec =
            forebay_spec::Options { set: self.set.clone(), env: self.env.clone(), ..Default::default() };
        LoadOptions { spec, configs: self.configs.clone() }
    }

    pub fn filter(&self) -> Filter {
        let Letters { code, node, stream, since, .. } = self;
        Filter {
            code: code.as_ref().map(|code| code.to_uppercase()),
            node: node.clone(),
            stream: stream.clone(),
            since_ms: *since,
            position: None,
        }
    }
}

#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    pub letters: Letters,
    /// The letter at this place (TOPIC/PARTITION@OFFSET, FILE:LINE), or that of the record there
    #[arg(value_name = "POSITION")]
    pub position: Option<String>,
    /// So many at most, the newest
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: u64,
}

#[derive(Debug, Args)]
pub struct Replay {
    #[command(flatten)]
    pub letters: Letters,
    /// Say what would be sent, and send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Also what was sent back before
    #[arg(long)]
    pub again: bool,
}

#[derive(Debug, Args)]
pub struct Kinds {
    /// The kind to describe
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Print results for programs
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Explain {
    /// A code such as FB0301, or its number
    #[arg(value_name = "CODE")]
    pub codes: Vec<String>,
    /// Print results for programs
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Schema {
    /// A kind of node, or Pipeline, Model, Connection, Environment or PoP; pipeline files where none is named
    #[arg(value_name = "KIND")]
    pub kind: Option<String>,
}
