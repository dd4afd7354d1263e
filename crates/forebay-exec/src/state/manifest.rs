//! Whose state a directory holds, and what the saved state depends on: compared before anything of it is used.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use forebay_plan::plan::{Plan, PlanNode};
use forebay_stage::Fault;
use forebay_types::{Node, Record, Value, code};
use serde::{Deserialize, Serialize};

use super::io;

pub const MANIFEST: &str = "manifest.json";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    version: u64,
    pipeline: String,
    /// The folder of the pipeline file: pipelines of one name in two folders are two.
    folder: PathBuf,
    shards: u32,
    /// By stage: what its state depends on.
    states: BTreeMap<String, String>,
    /// By name that a stage had before: the name that came after it. Entries of the log keep the names they were
    /// written with.
    renamed: BTreeMap<String, String>,
}

/// What the manifest is to say from now on, or why the directory is another pipeline's. `begun` says whether anything was
/// committed.
pub fn check(dir: &Path, plan: &Plan, base: &Path, begun: bool) -> Result<Manifest, Fault> {
    let wanted = Manifest::of(plan, base);
    let found = found(&dir.join(MANIFEST))?;
    let Some(found) = found.filter(|_| begun) else { return Ok(wanted) };
    follow(&found, wanted, plan).map_err(|what| {
        let message = format!(
            "the state in {} {what}: run with another --state, or give the old results up and begin anew with --fresh",
            dir.display()
        );
        Fault::fatal(&code::STATE_OF_ANOTHER, message)
    })
}

fn found(path: &Path) -> Result<Option<Manifest>, Fault> {
    match fs::read(path) {
        Ok(bytes) => read(&bytes).map(Some).map_err(|why| {
            let message = format!(
                "{} {why}: run with another --state, or give the old results up and begin anew with --fresh",
                path.display()
            );
            Fault::fatal(&code::STATE_UNREADABLE, message)
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io(path, "cannot be read", &error)),
    }
}

impl Manifest {
    /// Of a pipeline whose state begins.
    pub fn of(plan: &Plan, base: &Path) -> Manifest {
        let states = plan.nodes.iter().filter(|node| node.kind.facts.keyed);
        Manifest {
            version: VERSION,
            pipeline: plan.name.clone(),
            folder: folder_of(base),
            shards: plan.shards,
            states: states.map(|node| (node.name.clone(), shape(node))).collect(),
            renamed: BTreeMap::new(),
        }
    }

    /// Writes it where it does not stand there already.
    pub fn write(&self, dir: &Path) -> Result<(), Fault> {
        let path = dir.join(MANIFEST);
        let text = serde_json::to_vec_pretty(self).expect("a manifest of strings and numbers");
        if fs::read(&path).is_ok_and(|found| found == text) {
            return Ok(());
        }
        let partial = dir.join("manifest.json.partial");
        write_synced(&partial, &text)
            .and_then(|()| fs::rename(&partial, &path))
            .and_then(|()| File::open(dir)?.sync_all())
            .map_err(|error| io(&path, "cannot be written", &error))
    }

    /// By stage: the names that it had before.
    pub fn former_names(&self) -> BTreeMap<String, Vec<String>> {
        let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (old, next) in &self.renamed {
            let mut last = next;
            while let Some(later) = self.renamed.get(last) {
                last = later;
            }
            names.entry(last.clone()).or_default().push(old.clone());
        }
        names
    }
}

/// The form of the manifest and of what lies beside it.
const VERSION: u64 = 2;

fn read(bytes: &[u8]) -> Result<Manifest, String> {
    let value: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|error| format!("does not read ({error})"))?;
    match value.get("version").and_then(serde_json::Value::as_u64) {
        Some(VERSION) => serde_json::from_value(value).map_err(|error| format!("does not read ({error})")),
        _ => Err("is of another version of Forebay".into()),
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// The manifest of a pipeline that goes on with a state, or in what they differ.
fn follow(found: &Manifest, wanted: Manifest, plan: &Plan) -> Result<Manifest, String> {
    if found.pipeline != wanted.pipeline {
        return Err(format!(
            "belongs to the pipeline `{}`, and this is `{}`",
            found.pipeline, wanted.pipeline
        ));
    }
    // A folder that is not there any more was moved, and the state moves on with it.
    if found.folder != wanted.folder && found.folder.exists() {
        let (theirs, ours) = (found.folder.display(), wanted.folder.display());
        return Err(format!("belongs to the pipeline in {theirs}, and this one is in {ours}"));
    }
    if found.shards != wanted.shards {
        return Err(format!("has {} shards, and the plan {}", found.shards, wanted.shards));
    }
    let mut renamed = found.renamed.clone();
    let mut states = found.states.clone();
    for node in &plan.nodes {
        if let Some(old) = &node.renamed_from
            && let Some(shape) = states.remove(old)
        {
            renamed.insert(old.clone(), node.name.clone());
            states.insert(node.name.clone(), shape);
        }
    }
    for (stage, shape) in &states {
        match wanted.states.get(stage) {
            Some(now) if now == shape => {}
            Some(_) => return Err(format!("was kept for other settings of stage `{stage}`")),
            None => {
                return Err(format!(
                    "holds the stage `{stage}`, which the pipeline does not have (a stage of another name takes it over \
                     with `renamed_from: {stage}`)"
                ));
            }
        }
    }
    if let Some(new) = wanted.states.keys().find(|stage| !states.contains_key(*stage)) {
        return Err(format!(
            "was begun without the stage `{new}`, whose state would begin in the middle of the input"
        ));
    }
    if let Some((old, new)) = renamed.iter().find(|(old, _)| wanted.states.contains_key(*old)) {
        return Err(format!(
            "holds what `{old}` kept before it became `{new}`, so no other stage can be called `{old}`"
        ));
    }
    Ok(Manifest { renamed, ..wanted })
}

/// The folder of a file that was named without one is the working directory.
fn folder_of(base: &Path) -> PathBuf {
    let base = if base.as_os_str().is_empty() { Path::new(".") } else { base };
    base.canonicalize().unwrap_or_else(|_| base.to_path_buf())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_folder_is_in_the_working_directory() {
        assert_eq!(folder_of(Path::new("")), std::env::current_dir().unwrap().canonicalize().unwrap());
        assert_eq!(folder_of(Path::new("/nowhere/at/all")), Path::new("/nowhere/at/all"));
    }

    #[test]
    fn another_version_is_named_as_one() {
        let old = br#"{"version":1,"pipeline":"p","shards":4,"states":{}}"#;
        assert_eq!(read(old).unwrap_err(), "is of another version of Forebay");
        assert!(read(b"{").unwrap_err().starts_with("does not read"));
    }

    #[test]
    fn a_stage_has_all_the_names_that_it_had() {
        let renamed =
            [("a", "b"), ("b", "c"), ("x", "y")].map(|(old, new)| (old.to_string(), new.to_string()));
        let manifest = Manifest {
            version: VERSION,
            pipeline: "p".into(),
            folder: "/p".into(),
            shards: 4,
            states: BTreeMap::new(),
            renamed: BTreeMap::from(renamed),
        };
        let names = manifest.former_names();
        assert_eq!(names["c"], ["a", "b"]);
        assert_eq!(names["y"], ["x"]);
    }
}
