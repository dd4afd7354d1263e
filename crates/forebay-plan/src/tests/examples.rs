//! Each code's examples: the wrong one gives the code and no other, the mended one has no error.

use forebay_types::code::ALL;
use forebay_types::{Severity, code};

use super::{Options, run, validate};

#[test]
fn examples_give_their_code_and_mended_ones_do_not() {
    for code in ALL.iter().filter(|code| ["FB03", "FB05", "FB09"].contains(&&code.id[..4])) {
        // What `window_features` and its kin check themselves is tested with them.
        if ("FB0540".."FB0560").contains(&code.id) {
            continue;
        }
        for example in code.examples {
            let mut wrong = validate(example.wrong);
            let mut right = validate(example.right);
            // What only a plan sees, a plan has to take when it is mended. Other examples may be right and not run yet.
            if wrong.report.diagnostics.iter().all(|diagnostic| diagnostic.code.id != code.id) {
                wrong = run(example.wrong, &Options::default());
                right = run(example.right, &Options::default());
            }
            let errors = wrong.codes(Severity::Error);
            let expect = if errors.is_empty() { wrong.codes(Severity::Warning) } else { errors };
            assert_eq!(expect, [code.id], "{}", wrong.text());
            assert_eq!(right.codes(Severity::Error), Vec::<&str>::new(), "{}: {}", code.id, right.text());
            assert!(!right.codes(Severity::Warning).contains(&code.id), "{}", right.text());
        }
    }
}

#[test]
fn every_message_says_what_to_do() {
    for code in ALL.iter().filter(|code| ["FB03", "FB05", "FB09"].contains(&&code.id[..4])) {
        for example in code.examples.iter().filter(|_| !("FB0540".."FB0560").contains(&code.id)) {
            let ran = run(example.wrong, &Options::default());
            for diagnostic in &ran.report.diagnostics {
                assert!(!diagnostic.span.is_none(), "no place: {}", diagnostic.message);
                assert!(diagnostic.help.is_some(), "no cure: {}", diagnostic.message);
            }
        }
    }
}

#[test]
fn more_columns_than_an_edge_may_carry_are_refused() {
    let emit: Vec<String> = (0..64).map(|at| format!("a{at}: count()")).collect();
    let windows: Vec<String> = (1..=64).map(|at| format!("{at}h")).collect();
    let spec = format!(
        "sources: {{ tx: {{ file: {{ path: in.jsonl }}, schema: {{ key: u64, ts: timestamp }}, event_time: ts }} }}
stages: {{ seen: {{ input: tx, window_features: {{ by: key, windows: [{}], emit: {{ {} }} }} }} }}
sinks: {{ out: {{ input: seen, columns: [key, a63_64h], file: {{ path: out }} }} }}",
        windows.join(", "),
        emit.join(", "),
    );
    let ran = run(&spec, &Options::default());
    assert_eq!(ran.codes(Severity::Error), [code::TOO_MANY_COLUMNS.id], "{}", ran.text());
}
