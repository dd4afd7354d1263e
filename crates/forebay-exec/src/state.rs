//! The state directory: who it belongs to, what was committed, what crashed.
//!
//! | file | what |
//! |---|---|
//! | `manifest.json` | the pipeline, the number of shards and the shape of each state |
//! | `*.log`, `*.blob`, `lock` | the local log with its images (see `forebay-log`) |
//! | `mark` | what each lane was working on |
//! | `suspects` | ranges of records that were in flight at crashes |

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use forebay_log::{Log, LogError, Options, mark};
use forebay_plan::plan::{Plan, PlanNode};
use forebay_sched::suspects::Suspects;
use forebay_stage::Fault;
use forebay_types::{Node, Record, Value, code};
use serde::{Deserialize, Serialize};

use crate::entry::Committed;
use crate::kit::read_mark;

/// A state directory that this process holds.
pub struct Opened {
    pub log: Log,
    pub committed: Committed,
    pub suspects: Suspects,
    pub slots: Vec<mark::Slot>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    version: u32,
    pipeline: String,
    shards: u32,
    /// By stage: what its state depends on.
    states: BTreeMap<String, String>,
}

/// Opens the directory, makes it if need be, and reads what was committed.
pub fn open(dir: &Path, fresh: bool, plan: &Plan, options: Options, slots: usize) -> Result<Opened, Fault> {
    if fresh {
        clear(dir, &options)?;
    }
    let (log, _) = Log::open(dir, options).map_err(|error| refuse(&error))?;
    check_manifest(dir, plan)?;
    let committed =
        Committed::read(log.entries()).map_err(|why| Fault::fatal(&code::STATE_UNREADABLE, why))?;
    let suspects = read_suspects(dir);
    let slots = mark::create(&dir.join("mark"), slots).map_err(|error| refuse(&error))?;
    Ok(Opened { log, committed, suspects, slots })
}

/// Removes what a state directory holds, if nobody uses it.
fn clear(dir: &Path, options: &Options) -> Result<(), Fault> {
    if !dir.exists() {
        return Ok(());
    }
    // Holding the lock once shows that nobody works there; damage does not matter, since it goes.
    if let Err(error @ LogError::Locked { .. }) = Log::open(dir, options.clone()) {
        return Err(refuse(&error));
    }
    fs::remove_dir_all(dir).map_err(|error| io(dir, "cannot be removed", &error))
}

fn check_manifest(dir: &Path, plan: &Plan) -> Result<(), Fault> {
    let path = dir.join("manifest.json");
    let wanted = manifest(plan);
    match fs::read(&path) {
        Ok(bytes) => {
            let found: Manifest = serde_json::from_slice(&bytes).map_err(|error| {
                Fault::fatal(&code::STATE_UNREADABLE, format!("{} does not read: {error}", path.display()))
            })?;
            compare(dir, &found, &wanted)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let text = serde_json::to_vec_pretty(&wanted).expect("a manifest of strings and numbers");
            let partial = dir.join("manifest.json.partial");
            fs::write(&partial, text)
                .and_then(|()| fs::rename(&partial, &path))
                .map_err(|error| io(&path, "cannot be written", &error))
        }
        Err(error) => Err(io(&path, "cannot be read", &error)),
    }
}

fn compare(dir: &Path, found: &Manifest, wanted: &Manifest) -> Result<(), Fault> {
    let other = |what: String| {
        let message = format!(
            "the state in {} {what}: run with another --state, or give the old results up and begin anew with --fresh",
            dir.display()
        );
        Err(Fault::fatal(&code::STATE_OF_ANOTHER, message))
    };
    if found.pipeline != wanted.pipeline {
        return other(format!(
            "belongs to the pipeline `{}`, and this is `{}`",
            found.pipeline, wanted.pipeline
        ));
    }
    if found.shards != wanted.shards {
        return other(format!("has {} shards, and the plan {}", found.shards, wanted.shards));
    }
    for (stage, shape) in &found.states {
        match wanted.states.get(stage) {
            Some(now) if now == shape => {}
            Some(_) => return other(format!("was kept for other settings of stage `{stage}`")),
            None => return other(format!("holds the stage `{stage}`, which the pipeline does not have")),
        }
    }
    Ok(())
}

fn manifest(plan: &Plan) -> Manifest {
    let states = plan.nodes.iter().filter(|node| node.kind.facts.keyed);
    Manifest {
        version: 1,
        pipeline: plan.name.clone(),
        shards: plan.shards,
        states: states.map(|node| (node.name.clone(), shape(node))).collect(),
    }
}

/// What a stage's state depends on: its kind and its settings, without the places where they were written.
fn shape(node: &PlanNode) -> String {
    let mut out = node.kind.name.to_string();
    record_text(&node.config, &mut out);
    out
}

fn record_text(record: &Record, out: &mut String) {
    for (name, node) in &record.fields {
        out.push_str(&format!(" {name}="));
        node_text(node, out);
    }
}

fn node_text(node: &Node, out: &mut String) {
    match &node.value {
        Value::Text(text) | Value::Expr(text) => out.push_str(&format!("{:?}", text.text)),
        Value::List(items) => {
            out.push('[');
            for item in items {
                node_text(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Map(entries) => {
            out.push('{');
            for entry in entries {
                out.push_str(&format!("{:?}:", entry.key));
                node_text(&entry.node, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Record(record) => record_text(record, out),
        scalar => out.push_str(&format!("{scalar:?}")),
    }
}

pub fn suspects_path(dir: &Path) -> PathBuf {
    dir.join("suspects")
}

fn read_suspects(dir: &Path) -> Suspects {
    fs::read_to_string(suspects_path(dir)).map(|text| Suspects::from_text(&text)).unwrap_or_default()
}

/// Notes a crash: what the lanes' marks say was in flight becomes suspect. For the parent of a worker that died by its own
/// doing; a worker that was killed from outside is no reason to suspect a record.
pub fn note_crash(dir: &Path) -> Result<Vec<u16>, LogError> {
    let marks: Vec<_> = mark::read(&dir.join("mark"))?.into_iter().flatten().map(read_mark).collect();
    let mut suspects = read_suspects(dir);
    let ranges: Vec<_> = marks.iter().map(|(_, range)| *range).collect();
    suspects.crashed(&ranges);
    // What cannot be written now is only missing at the next start: the worker then meets the record once more.
    let _ = fs::write(suspects_path(dir), suspects.to_text());
    Ok(marks.into_iter().map(|(node, _)| node.0).collect())
}

fn refuse(error: &LogError) -> Fault {
    let code = match error {
        LogError::Locked { .. } => &code::STATE_IN_USE,
        LogError::Full { .. } | LogError::Io { .. } => &code::COMMIT_FAILED,
        _ => &code::STATE_UNREADABLE,
    };
    Fault::fatal(code, error.to_string())
}

fn io(path: &Path, what: &str, error: &std::io::Error) -> Fault {
    Fault::fatal(&code::COMMIT_FAILED, format!("{} {what}: {error}", path.display()))
}
