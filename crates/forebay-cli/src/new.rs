//! `forebay new [NAME]`: a first pipeline that runs as it is, with a sample of input beside it.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

use crate::args::New;
use crate::exit::Exit;
use crate::output::{misuse, print};

const PIPELINE: &str = include_str!("new/pipeline.yaml");
const INPUT: &str = include_str!("new/payments.jsonl");

/// What stands for the pipeline's name in the texts above.
const NAME: &str = "__NAME__";

pub fn run(args: &New) -> Exit {
    let name = &args.name;
    let files = [
        (format!("{name}.yaml"), PIPELINE.replace(NAME, name)),
        (format!("{name}-payments.jsonl"), INPUT.to_string()),
    ];
    // All or nothing: what is there is left alone.
    if let Some((path, _)) = files.iter().find(|(path, _)| std::path::Path::new(path).exists()) {
        return misuse(&format!("{path} exists and stays as it is; choose another name: `forebay new NAME`"));
    }
    for (path, text) in &files {
        let file = OpenOptions::new().write(true).create_new(true).open(path);
        if let Err(error) = file.and_then(|mut file| file.write_all(text.as_bytes())) {
            let cure = match error.kind() {
                ErrorKind::PermissionDenied => "go to a folder that you may write to",
                _ => "mend that and try again",
            };
            return misuse(&format!("{path} cannot be written: {error}; {cure}"));
        }
    }
    print(&format!(
        "{name}.yaml            a pipeline with comments\n\
         {name}-payments.jsonl  a sample of its input\n\n\
         Now try:\n  \
           forebay run {name}.yaml             results are in out/{name}.jsonl\n  \
           forebay test {name}.yaml            its tests, at the end of the file\n  \
           forebay plan {name}.yaml --explain  what runs, and why it can be trusted\n  \
           forebay kinds                      what else can stand in a pipeline\n"
    ));
    Exit::Good
}
