//! A verb names several running pipelines.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0851",
    title: "several such pipelines run",
    text: "\
The name that was given is that of several running pipelines: of two namespaces, or of one pipeline that runs twice with two
states. Give the name with its namespace, or say which process is meant with `--pid PID` or `--admin ADDR`.",
    examples: &[],
};
