//! Files that are not there.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0810",
    title: "there is no such file",
    text: "\
A source names a file that does not exist, or a glob that matches none. Paths that are read count from the pipeline file, so `data/in.jsonl` in
`pipelines/a.yaml` is `pipelines/data/in.jsonl`; with `--from NAME=PATH` they count from the working directory. A glob leaves out names that
begin with a dot, end in `.partial` or are no UTF-8, and folders.",
    examples: &[],
};
