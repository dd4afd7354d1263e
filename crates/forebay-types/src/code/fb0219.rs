//! `--set`, `--from` and `--to`.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0219",
    title: "an argument that does not fit the file",
    text: "\
The paths of `--set PATH=VALUE` start inside `spec`: `--set delivery=at_least_once`, `--set vars.limit=5`, `--set sources.tx.file.path=a.jsonl`,
`--set stages.decide.rules.first.0.when=\"a > 1\"`. `--from SOURCE=PATH` and `--to SINK=PATH` put a file in place of a source or sink
that the pipeline has; `--to '*=out/'` does so for every sink. The value is YAML and is checked like the rest of the file.",
    examples: &[],
};
