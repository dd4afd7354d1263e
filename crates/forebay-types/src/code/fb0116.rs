//! Aliases of aliases.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0116",
    title: "aliases that write out to a huge file",
    text: "\
An alias of a list of aliases grows by powers. With all aliases written out a file has at most 200,000 values.",
    examples: &[Example {
        wrong: "\
vars:
  x:
    type: string
    default: a
    doc:
      - &a [x, x, x, x, x, x, x, x, x, x]
      - &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
      - &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
      - &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
      - &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
      - &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
    }],
};
