//! A worker that crashes again and again.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0842",
    title: "the worker crashes again and again",
    text: "\
`forebay run` works in a child process and starts it again when it crashes: first each record that was in flight is worked
on by itself, and one that was in flight at two crashes is set aside. Crashes that go on without anything being committed
in between, or that are very many, have another cause: a library or a model that cannot be used. What is committed
stands, and the next run goes on from there. A worker that is killed from outside, also by a system that lacks memory, is no
crash: it is started again, however often, after waits that grow to half a minute.",
    examples: &[],
};
