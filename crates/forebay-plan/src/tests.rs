//! Tests over whole files: a text goes in, diagnostics or a plan come out.

mod kinds;
mod examples;
mod graph;
mod plans;
mod widths;
mod extra;
mod fuzz;

use forebay_spec::{Configs, MemoryLoader, Options as Overrides, read_pipeline};
use forebay_types::kind::NoModels;
use forebay_types::{Files, Report, Severity};

use crate::{Known, Options, Plan, plan, resolve};

/// The inside of `spec` as a whole file.
fn whole(spec: &str) -> String {
    if spec.starts_with("apiVersion") {
        return spec.to_string();
    }
    let inside: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    let head = "apiVersion: forebay.dev/v1alpha1\nkind: Pipeline\nmetadata: { name: example, namespace: team }\nspec:\n";
    format!("{head}{inside}")
}

struct Ran {
    plan: Option<Plan>,
    report: Report,
    files: Files,
}

/// What `validate` says of a text.
fn validate(spec: &str) -> Ran {
    go(spec, None, &[])
}

/// Reads, resolves and plans a text.
fn run(spec: &str, options: &Options) -> Ran {
    run_with(spec, options, &[])
}

fn run_with(spec: &str, options: &Options, set: &[&str]) -> Ran {
    go(spec, Some(options), set)
}

fn go(spec: &str, options: Option<&Options>, set: &[&str]) -> Ran {
    let loader = MemoryLoader::default().with("p.yaml", &whole(spec));
    let (mut files, mut report) = (Files::default(), Report::default());
    let overrides =
        Overrides { set: set.iter().map(|set| set.to_string()).collect(), ..Overrides::default() };
    let configs = Configs::default();
    let loaded = read_pipeline(&mut files, &loader, "p.yaml", kinds::ALL, &configs, &overrides, &mut report);
    let planned = loaded.and_then(|loaded| {
        report.diagnostics.extend(loaded.test_mistakes.iter().cloned());
        let resolved = resolve(&loaded.pipeline, &Known { models: &NoModels, files: &files }, &mut report);
        crate::check_tests(&resolved, &mut report);
        options.and_then(|options| plan(resolved, options, &mut report))
    });
    report.sort();
    Ran { plan: planned, report, files }
}

impl Ran {
    fn codes(&self, severity: Severity) -> Vec<&'static str> {
        let of_severity = self.report.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity);
        let mut codes: Vec<_> = of_severity.map(|diagnostic| diagnostic.code.id).collect();
        codes.dedup();
        codes
    }

    fn text(&self) -> String {
        self.report.render(&self.files, false)
    }

    /// The plan of a file that has one.
    fn plan(self) -> Plan {
        let text = self.text();
        self.plan.unwrap_or_else(|| panic!("no plan:\n{text}"))
    }
}

/// Each diagnostic as `code line:column: message`.
fn check(spec: &str, expect: &str) {
    let ran = run(spec, &Options::default());
    let lines = ran.report.diagnostics.iter().filter(|d| d.code.id != "FB0312").map(|diagnostic| {
        let at = ran.files.position(diagnostic.span);
        format!("{} {}:{}: {}\n", diagnostic.code.id, at.line, at.column, diagnostic.message)
    });
    assert_eq!(lines.collect::<String>(), expect, "\n{}", ran.text());
}
