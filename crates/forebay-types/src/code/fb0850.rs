//! A verb names a pipeline that does not run.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0850",
    title: "no such pipeline runs",
    text: "\
`ps` lists the pipelines that this user runs on this machine. A pipeline is `NAMESPACE/NAME`, or the name alone where that names
one. Those of another user, or in a container, are not in its run-time directory: `--admin ADDR` says where such a process answers.",
    examples: &[],
};
