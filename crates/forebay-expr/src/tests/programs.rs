//! Programs against the oracle, and texts of any sort against the reader.

use std::sync::Arc;

use forebay_batch::{Builder, Rows};
use proptest::collection::vec;
use proptest::prelude::*;

use super::generate::{Choices, WANTED, expression, row};
use super::oracle::Oracle;
use super::table::{V, addr_of, batch, compiled, read, run_values};
use crate::Program;

/// Runs a program on some of the rows and holds every selected one against the oracle.
fn agree(text: &str, typed: &crate::Typed, program: &mut Program, rows: &[Vec<V>], selected: Rows) {
    let values = run_values();
    let batch = batch(rows).select(selected.clone());
    let mut builder = Builder::new([typed.ty()]);
    builder.begin();
    let output = program.eval(&batch);
    output.write(builder.col(0));
    let group = builder.finish();
    for at in selected.iter() {
        let wanted = Oracle { typed, values: &values, row: &rows[at] }.result();
        let found = match output.fault(at) {
            Some(fault) => Err((fault.code.id, fault.text.to_string())),
            None => Ok(read(&group.cols()[0], typed.ty(), at)),
        };
        assert_eq!(found, wanted, "{text}\nrow {at}: {:?}", rows[at]);
        if *typed.ty() == forebay_types::Ty::Bool {
            let met = output.bools()[at - output.hull().start] != 0;
            assert_eq!(met, wanted == Ok(V::Bool(true)), "{text}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_program_gives_what_the_oracle_gives(
        wanted in 0..WANTED.len(),
        shape in vec(any::<u8>(), 0..60),
        contents in vec(vec(any::<u8>(), 60), 1..7),
    ) {
        let text = expression(&mut Choices::new(&shape), WANTED[wanted], 4);
        let (typed, said) = compiled(&text, None);
        let Some(typed) = typed else {
            // A literal that meets a type which it does not fit: `-(1) in ids`, `m + 1 / 2`.
            let fair = said.lines().all(|line| line.starts_with("FB0411") || line.starts_with("FB0417"));
            prop_assert!(fair, "{text}: {said}");
            return Ok(());
        };
        let rows: Vec<Vec<V>> = contents.iter().map(|bytes| row(&mut Choices::new(bytes))).collect();
        let mut program = typed.program(&addr_of, &run_values());
        let count = rows.len() as u32;
        let odd: Vec<u32> = (0..count).filter(|row| row % 2 == 1).collect();
        // One program, batches of other lengths and selections: what is left of one batch is not seen in the next.
        for selected in [Rows::Range(0, count), Rows::List(Arc::new(odd)), Rows::Range(count - 1, count)] {
            agree(&text, &typed, &mut program, &rows, selected);
        }
        agree(&text, &typed, &mut program, &rows[..1], Rows::Range(0, 1));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "(\\PC|[-a-z0-9 '\"()\\[\\].,?:!=<>&|+*/%]){0,60}") {
        let (typed, said) = compiled(&text, None);
        prop_assert!(typed.is_some() || !said.is_empty(), "`{text}` was refused without a word");
    }

    #[test]
    fn no_order_of_tokens_makes_the_reader_panic(words in vec(prop::sample::select(TOKENS), 0..24)) {
        let text = words.join(" ");
        let (typed, said) = compiled(&text, None);
        prop_assert!(typed.is_some() || !said.is_empty(), "`{text}` was refused without a word");
    }
}

const TOKENS: &[&str] = &[
    "i",
    "u",
    "m",
    "d",
    "f",
    "s",
    "b",
    "oi",
    "ts",
    "span",
    "tags",
    "at",
    "oat",
    "objects",
    ".lat",
    ".label",
    "vars",
    ".limit",
    "lists",
    ".blocked",
    "in",
    "&&",
    "||",
    "!",
    "==",
    "!=",
    "<",
    "+",
    "-",
    "*",
    "/",
    "%",
    "?",
    ":",
    "(",
    ")",
    "[",
    "]",
    ",",
    "1",
    "2.5",
    "'x'",
    "null",
    "true",
    "size(",
    "coalesce(",
    "int(",
    ".getHours(",
    "and",
    "=",
    "is",
    "not",
];

#[test]
fn what_is_too_deep_is_refused_and_not_walked() {
    for (open, close) in
        [("(", ")"), ("!", ""), ("-", ""), ("[", "]"), ("b ? b : ", ""), ("size(", ")"), ("i + ", "")]
    {
        let text = format!("{}i{}", open.repeat(20_000), close.repeat(20_000));
        assert!(compiled(&text, None).1.contains("FB0404"), "{open}");
    }
    for (start, more) in [("i", "+ i"), ("tags", "[0]"), ("at", ".n"), ("s", ".size()"), ("b", "|| b")] {
        let text = format!("{start}{}", more.repeat(20_000));
        assert!(compiled(&text, None).1.contains("FB0404"), "{more}");
    }
    let deep = format!("{}i{}", "(".repeat(40), ")".repeat(40));
    assert!(compiled(&deep, None).0.is_some());
}
