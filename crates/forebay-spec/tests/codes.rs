//! Every example of the codes that this crate gives: the wrong file gives the code and nothing else, the right one nothing.

mod support;

use forebay_spec::{Configs, MemoryLoader, Options};
use forebay_types::code::{self, Code};
use forebay_types::{Files, Report};
use support::{KINDS, Outcome, read, whole};

/// Reads an example; a configuration file lies where the mended one belongs.
fn outcome(text: &str, mended: &str) -> Outcome {
    let text = whole(text);
    let field = |text: &str, name: &str| {
        let from = text.find(name).map_or("", |at| &text[at + name.len()..]);
        from.split(['\n', ' ', '}']).find(|part| !part.is_empty()).unwrap_or("").to_string()
    };
    let mended = whole(mended);
    let folder = match field(&mended, "kind:").as_str() {
        "Model" => "models",
        "Connection" => "connections",
        "Environment" => "env",
        "PoP" => "pops",
        _ => {
            return read(&MemoryLoader::default().with("test.yaml", &text), "test.yaml", &Options::default());
        }
    };
    let path = format!("configs/{folder}/{}.yaml", field(&mended, "name:"));
    let (mut files, mut report) = (Files::default(), Report::default());
    let configs =
        Configs::read(&mut files, &MemoryLoader::default().with(&path, &text), "configs", &mut report);
    report.sort();
    Outcome { loaded: None, configs, report, files }
}

fn ours(code: &Code) -> bool {
    let number: u32 = code.id[2..].parse().unwrap();
    (100..300).contains(&number) || (600..620).contains(&number)
}

#[test]
fn wrong_examples_give_their_code_alone_and_right_ones_nothing() {
    let mut failures = String::new();
    for code in code::ALL.iter().filter(|code| ours(code)) {
        for (i, example) in code.examples.iter().enumerate() {
            let wrong = outcome(example.wrong, example.right);
            let cured = wrong.report.diagnostics.iter().all(|diagnostic| diagnostic.help.is_some());
            if wrong.codes() != [code.id] || !cured {
                failures += &format!(
                    "{} example {i}, wrong:\n{}\n",
                    code.id,
                    wrong.report.render(&wrong.files, false)
                );
            }
            let right = outcome(example.right, example.right);
            if !right.codes().is_empty() {
                failures += &format!(
                    "{} example {i}, right:\n{}\n",
                    code.id,
                    right.report.render(&right.files, false)
                );
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn the_grammar_and_the_test_kinds_fit_each_other() {
    assert_eq!(forebay_spec::misfits(KINDS), Vec::<String>::new());
}
