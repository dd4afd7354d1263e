//! Types that do not mix.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0409",
    title: "these types do not mix",
    text: "\
Both sides of an operator, both cases of a choice and all items of a list have one type. Integers mix with each other and with
decimals, decimals with decimals, f32 with f64, exactly. Nothing else is turned into a float by itself, because floats round:
write `double(x)`. Texts and numbers do not mix; a literal takes the type of what stands beside it.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64, b: f64 } } }
sinks: { out: { input: tx, where: \"a > b\", file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64, b: f64 } } }
sinks: { out: { input: tx, where: \"double(a) > b\", file: { path: out.jsonl } } }",
        },
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: string } } }
sinks: { out: { input: tx, where: \"a == 5\", file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: string } } }
sinks: { out: { input: tx, where: \"a == '5'\", file: { path: out.jsonl } } }",
        },
    ],
};
