//! What keeps pipelines from running side by side in one process: one name, and so one state; one output file; one standard
//! input. Each pipeline by itself may be in order, so that nothing else finds it.

use std::fs;
use std::path::{Component, Path, PathBuf};

use forebay_plan::plan::{Plan, PlanNode};
use forebay_types::shape::{Access, Shape};
use forebay_types::{Diagnostic, Node, Span, Value, code};

use crate::{Loaded, PipelineFile};

/// Every pair that clashes, with both places.
pub fn clashes(loaded: &Loaded) -> Vec<Diagnostic> {
    let files: Vec<&PipelineFile> = loaded.pipelines.iter().filter(|file| file.plan.is_some()).collect();
    let mut found = Vec::new();
    for (at, file) in files.iter().enumerate() {
        for other in &files[..at] {
            match same_name(other, file) {
                // All else is the same then as well.
                Some(diagnostic) => found.push(diagnostic),
                None => found.extend(same_input(other, file).into_iter().chain(same_outputs(other, file))),
            }
        }
    }
    found
}

fn same_name(one: &PipelineFile, other: &PipelineFile) -> Option<Diagnostic> {
    let (first, second) = (one.spec.as_ref()?, other.spec.as_ref()?);
    let name = &other.plan.as_ref()?.name;
    if one.plan.as_ref()?.name != *name {
        return None;
    }
    let message =
        format!("{} and {} are both the pipeline {name}, and would share one state", one.path, other.path);
    let diagnostic = Diagnostic::error(&code::ARGUMENT, second.pipeline.metadata.name.span, message);
    let diagnostic = diagnostic.also(first.pipeline.metadata.name.span, "first here");
    Some(diagnostic.help("give one of them another name under `metadata`"))
}

fn same_input(one: &PipelineFile, other: &PipelineFile) -> Option<Diagnostic> {
    let place = |file: &PipelineFile| {
        let mut read = paths(file.plan.as_ref()?, Access::Read);
        read.find(|(_, path)| text(path) == Some("-")).map(|(_, path)| path.span)
    };
    let (first, second) = (place(one)?, place(other)?);
    let message =
        format!("{} and {} both read standard input, and each would get parts of it", one.path, other.path);
    let diagnostic = Diagnostic::error(&code::SAME_STANDARD_INPUT, second, message).also(first, "first here");
    Some(diagnostic.help("run them one at a time, or from files"))
}

fn same_outputs(one: &PipelineFile, other: &PipelineFile) -> Vec<Diagnostic> {
    let outputs = |file: &PipelineFile| -> Vec<(String, PathBuf, Span)> {
        let paths = file.plan.iter().flat_map(|plan| paths(plan, Access::Write));
        let files =
            paths.filter_map(|(node, path)| Some((node.name.clone(), place(text(path)?)?, path.span)));
        files.collect()
    };
    let first = outputs(one);
    let clash = |(name, place, span): (String, PathBuf, Span)| {
        let (former, _, before) = first.iter().find(|(_, known, _)| *known == place)?;
        let message = format!(
            "`{name}` of {} and `{former}` of {} write the same file, {}",
            other.path,
            one.path,
            place.display()
        );
        let diagnostic =
            Diagnostic::error(&code::SAME_OUTPUT_FILE, span, message).also(*before, "first here");
        Some(diagnostic.help("give each its own path"))
    };
    outputs(other).into_iter().filter_map(clash).collect()
}

/// Every path of that sort in a plan, with the node that names it.
fn paths(plan: &Plan, access: Access) -> impl Iterator<Item = (&PlanNode, &Node)> {
    let is_path = move |shape: &Shape| match shape {
        Shape::Path(found) | Shape::List(Shape::Path(found)) => *found == access,
        _ => false,
    };
    plan.nodes.iter().flat_map(move |node| {
        let fields = node.kind.fields.iter().filter(move |field| is_path(&field.shape));
        let values =
            fields.filter_map(|field| node.config.get(field.name)).flat_map(|value| match &value.value {
                Value::List(items) => items.as_slice(),
                _ => std::slice::from_ref(value),
            });
        values.map(move |value| (node, value))
    })
}

fn text(node: &Node) -> Option<&str> {
    node.text().map(|text| text.text.as_str())
}

/// A file by the one name that all ways to it lead to; `None` for what several may write: standard output, devices, pipes.
fn place(path: &str) -> Option<PathBuf> {
    let special = || fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
    if path == "-" || special() {
        return None;
    }
    let whole = std::path::absolute(path).ok()?;
    // Links can only be followed as far as there is something.
    let (above, real) = whole.ancestors().find_map(|above| Some((above, fs::canonicalize(above).ok()?)))?;
    let rest = whole.strip_prefix(above).unwrap_or(Path::new(""));
    Some(rest.components().fold(real, |mut place, part| {
        match part {
            Component::ParentDir => drop(place.pop()),
            part => place.push(part),
        }
        place
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_place_whatever_way_leads_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let real = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir(real.join("in")).unwrap();
        std::os::unix::fs::symlink(real.join("in"), real.join("link")).unwrap();
        let check = |path: &str, expect: &str| {
            let path = format!("{}/{path}", folder.path().display());
            assert_eq!(place(&path), Some(real.join(expect)), "{path}");
        };
        check("a.jsonl", "a.jsonl");
        check("./in/../a.jsonl", "a.jsonl");
        check("link/a.jsonl", "in/a.jsonl");
        check("link/new/deep/../a.jsonl", "in/new/a.jsonl");
        check("new/${time:%Y}.jsonl", "new/${time:%Y}.jsonl");
        assert_eq!(place("-"), None);
        assert_eq!(place("/dev/null"), None);
    }
}
