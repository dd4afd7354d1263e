//! What `cargo xtask bench NAME` runs. A bench measures and does not judge: it writes a row a measurement to the standard
//! output (`row`), and says on the standard error what it is doing. The judge, the table and the file are xtask's.

mod failure;
mod row;
mod machine;

mod core;
mod fraud;
mod kafka;

use std::process::ExitCode;

use failure::Failure;
use row::Rows;

/// A bench by its name, with the cases that can be run by themselves.
struct Bench {
    name: &'static str,
    cases: &'static [&'static str],
    run: fn(&Wanted, &mut Rows) -> Result<(), Failure>,
}

const BENCHES: &[Bench] = &[
    Bench { name: "core", cases: &[], run: |_, rows| core::run(rows) },
    Bench { name: "fraud", cases: &[], run: |_, rows| fraud::run(rows) },
    Bench { name: "kafka", cases: kafka::CASES, run: kafka::run },
];

/// What is to be measured: one case, or all.
pub struct Wanted(Option<String>);

impl Wanted {
    pub fn has(&self, case: &str) -> bool {
        self.0.as_deref().is_none_or(|wanted| wanted == case)
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if let [kafka::BARE, arguments @ ..] = &words[..] {
        return kafka::bare(arguments);
    }
    let (bench, wanted) = match find(&words) {
        Ok(found) => found,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    match (bench.run)(&wanted, &mut Rows::of(bench.name)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("the bench {} cannot be run: {failure}", bench.name);
            ExitCode::FAILURE
        }
    }
}

/// `NAME` or `NAME --case CASE`.
fn find(words: &[&str]) -> Result<(&'static Bench, Wanted), String> {
    let (name, case) = match *words {
        [name] => (name, None),
        [name, "--case", case] => (name, Some(case)),
        _ => return Err("name a bench, and after --case one of its cases".into()),
    };
    let Some(bench) = BENCHES.iter().find(|bench| bench.name == name) else {
        let names: Vec<&str> = BENCHES.iter().map(|bench| bench.name).collect();
        return Err(format!("there is no bench `{name}`; name one of {}", names.join(", ")));
    };
    match case {
        Some(case) if bench.cases.is_empty() => {
            Err(format!("the bench {name} has no cases, so that `{case}` is none"))
        }
        Some(case) if !bench.cases.contains(&case) => {
            Err(format!("{name} has no case `{case}`; name one of {}", bench.cases.join(", ")))
        }
        case => Ok((bench, Wanted(case.map(str::to_string)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bench_is_run_with_all_of_its_cases_or_one() {
        #[track_caller]
        fn check(words: &str, expect: &str) {
            let words: Vec<&str> = words.split_whitespace().collect();
            let found = match find(&words) {
                Ok((bench, wanted)) => {
                    let cases = bench.cases.iter().filter(|case| wanted.has(case));
                    format!("{} {:?}", bench.name, cases.collect::<Vec<_>>())
                }
                Err(why) => why,
            };
            assert_eq!(found, expect);
        }
        check("fraud", "fraud []");
        check("kafka", "kafka [\"pass\", \"fraud\", \"latency\"]");
        check("kafka --case fraud", "kafka [\"fraud\"]");
        check("kafka --case frond", "kafka has no case `frond`; name one of pass, fraud, latency");
        check("core --case hop", "the bench core has no cases, so that `hop` is none");
        check("kafka fraud", "name a bench, and after --case one of its cases");
        check("", "name a bench, and after --case one of its cases");
        check("hop", "there is no bench `hop`; name one of core, fraud, kafka");
    }
}
