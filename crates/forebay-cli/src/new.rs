//! `forebay new [NAME]`: a first pipeline that runs as it is, with a sample of input beside it.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

use crate::args::New;
use crate::exit::Exit;
use crate::output::{misuse, print};
use crate::table::table;

const PIPELINE: &str = include_str!("new/pipeline.yaml");
const INPUT: &str = include_str!("new/payments.jsonl");

/// What stands for the pipeline's name in the texts above.
const NAME: &str = "__NAME__";

pub fn run(args: &New) -> Exit {
    let name = &args.name;
    let files = [
        (format!("{name}.yaml"), filled(PIPELINE, name)),
        (format!("{name}-payments.jsonl"), INPUT.to_string()),
    ];
    // All or nothing: what is there is left alone.
    if let Some((path, _)) = files.iter().find(|(path, _)| std::path::Path::new(path).exists()) {
        return misuse(&format!("{path} exists and stays as it is; choose another name: `forebay new NAME`"));
    }
    for (at, (path, text)) in files.iter().enumerate() {
        let file = OpenOptions::new().write(true).create_new(true).open(path);
        if let Err(error) = file.and_then(|mut file| file.write_all(text.as_bytes())) {
            let cure = match error.kind() {
                ErrorKind::PermissionDenied => "go to a folder that you may write to",
                _ => "mend that and try again",
            };
            for (written, _) in &files[..at] {
                let _ = std::fs::remove_file(written);
            }
            misuse(&format!("{path} cannot be written: {error}; {cure}"));
            return Exit::Away;
        }
    }
    let made = [
        (format!("{name}.yaml"), "a pipeline with comments".to_string()),
        (format!("{name}-payments.jsonl"), "a sample of its input".into()),
    ];
    let next = [
        (format!("forebay run {name}.yaml"), format!("results are in out/{name}.jsonl")),
        (format!("forebay test {name}.yaml"), "its tests, at the end of the file".into()),
        (format!("forebay plan {name}.yaml --explain"), "what runs, and why it can be trusted".into()),
        ("forebay kinds".into(), "what else can stand in a pipeline".into()),
    ];
    let rows = |rows: &[(String, String)]| {
        rows.iter().map(|(one, other)| vec![one.clone(), other.clone()]).collect::<Vec<_>>()
    };
    print(&format!("{}\nNow try:\n{}", table(&rows(&made), &[]), table(&rows(&next), &[])));
    Exit::Good
}

/// Where comments behind YAML stand, as far as the line in front of them has room.
const COMMENTS: usize = 48;

/// The text with the name in it, and what stands in columns aligned whatever the length of the name.
fn filled(text: &str, name: &str) -> String {
    let text = text.replace(NAME, name);
    let split = |line: &str| {
        // The calls at the top, or YAML with a comment behind it.
        let (call, gap) = match line.starts_with("#   forebay ") {
            true => (true, line[4..].find("  ")? + 4),
            false => (false, line.find("  # ").filter(|at| !line[..*at].trim().is_empty())?),
        };
        Some((call, line[..gap].trim_end().to_string(), line[gap..].trim_start().to_string()))
    };
    let width = |head: &str| head.chars().count();
    let calls = text.lines().filter_map(split).filter(|(call, ..)| *call);
    let after_calls = calls.map(|(_, head, _)| width(&head) + 4).max().unwrap_or(0);
    let line = |line: &str| match split(line) {
        Some((call, head, rest)) => {
            let column = if call { after_calls } else { COMMENTS.max(width(&head) + 2) };
            format!("{head:column$}{rest}\n")
        }
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other_for_any_name() {
        for name in ["a", "first", "payments-of-the-northern-region"] {
            let text = filled(PIPELINE, name);
            let calls = text.lines().filter(|line| line.starts_with("#   forebay "));
            let columns =
                calls.map(|line| line.len() - line[4..].split_once("  ").unwrap().1.trim_start().len());
            let columns: Vec<usize> = columns.collect();
            assert!(columns.len() == 6 && columns.iter().all(|at| *at == columns[0]), "{text}");
            let comments = text.lines().filter(|line| !line.trim_start().starts_with('#'));
            let short = comments.filter_map(|line| Some((line.find("  # ")?, line)));
            for (_, line) in short {
                let (at, head) = (line.find("# ").unwrap(), line.split("  # ").next().unwrap().trim_end());
                assert_eq!(at, COMMENTS.max(head.len() + 2), "{line}");
            }
        }
    }
}
