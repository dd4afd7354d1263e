//! No file makes resolving or planning panic: real files and the examples of all codes, with words put in, taken out and
//! moved, so that most still read and fail later than at their syntax.

use forebay_types::code::ALL;
use proptest::prelude::*;

use super::{Options, run_with, whole};
use crate::{explain, json, summary};

const REAL: &[&str] = &[
    include_str!("../../../../pipelines/atm-guard.yaml"),
    include_str!("../../../../pipelines/card-fraud.yaml"),
    include_str!("../../../../pipelines/people.yaml"),
];

/// What a word may be changed into, beside the words of the file itself.
const WORDS: &[&str] = &[
    "rejected",
    "tx.behind",
    "tx",
    "null",
    "0",
    "1e400",
    "-1",
    "99999999999999999999",
    "106751d",
    "true",
    "[]",
    "{}",
    "\"\"",
    "optional(i64)",
    "decimal(18)",
    "count()",
    "mean(null)",
    "vars.x",
    "lists.x",
    "stream",
    "_time",
    "exactly_once",
    "é",
    "-",
];

/// Words, and what stands between them.
fn pieces(text: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = is_word(first);
        let end = rest.find(|c| is_word(c) != word).unwrap_or(rest.len());
        pieces.push(&rest[..end]);
        rest = &rest[end..];
    }
    pieces
}

fn changed(text: &str, changes: &[(usize, usize, usize)]) -> String {
    let mut pieces = pieces(text);
    for (how, at, other) in changes {
        let (at, other) = (at % pieces.len(), other % (pieces.len() + WORDS.len()));
        let word = if other < pieces.len() { pieces[other] } else { WORDS[other - pieces.len()] };
        match how % 4 {
            0 => pieces[at] = "",
            1 => pieces.insert(at, word),
            _ => pieces[at] = word,
        }
    }
    pieces.concat()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_change_of_a_file_is_planned_or_refused(
        file: usize,
        changes in prop::collection::vec(any::<(usize, usize, usize)>(), 0..4),
        lanes in 1..5u32,
    ) {
        let examples: Vec<&str> = ALL.iter().flat_map(|code| code.examples).map(|example| example.right).collect();
        let file = file % (REAL.len() + examples.len());
        let text = if file < REAL.len() { REAL[file].to_string() } else { whole(examples[file - REAL.len()]) };
        let options = Options { lanes, ..Options::default() };
        let ran = run_with(&changed(&text, &changes), &options, &["scale=one"]);
        let errors = ran.report.errors();
        prop_assert_eq!(ran.plan.is_none(), errors > 0, "{}", ran.text());
        if let Some(plan) = &ran.plan {
            let (_, _, _) = (explain(plan), summary(plan), json(plan));
        }
    }
}
