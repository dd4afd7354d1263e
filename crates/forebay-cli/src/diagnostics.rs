//! What is wrong with files, for people on standard error or for programs on standard output.

use forebay_types::unit::number_of;
use forebay_types::{Diagnostic, Files, Report, Severity, Span, code};
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::output::{Paint, say};

/// Every diagnostic with the line it points at.
pub fn show(report: &Report, files: &Files) {
    if !report.diagnostics.is_empty() {
        say(&format!("{}\n", report.render(files, Paint::stderr().is_on())));
    }
}

/// The last line: how many there are.
pub fn sum(report: &Report, checked: usize) {
    let paint = Paint::stderr();
    let errors = number_of(report.errors(), "error");
    let warnings = number_of(report.warnings(), "warning");
    let errors = if report.errors() > 0 { paint.red(&errors) } else { errors };
    let warnings = if report.warnings() > 0 { paint.yellow(&warnings) } else { warnings };
    say(&format!("{}: {errors}, {warnings}\n", number_of(checked, "file")));
}

/// What the report means for the exit code, which is that of its worst diagnostic: what stands in an argument is no fault of
/// the file, and neither is a file that is not there.
pub fn exit(report: &Report, files: &Files, deny_warnings: bool) -> Exit {
    let counts = |one: &&Diagnostic| deny_warnings || one.severity == Severity::Error;
    let of = |one: &Diagnostic| {
        if one.code == &code::UNREADABLE {
            Exit::Away
        } else if one.code == &code::ARGUMENT || files.name(one.span.file).starts_with("--") {
            Exit::Usage
        } else {
            Exit::Fault
        }
    };
    report.diagnostics.iter().filter(counts).map(of).max().unwrap_or(Exit::Good)
}

/// The report for programs.
pub fn json(report: &Report, files: &Files) -> Value {
    let list: Value = report.diagnostics.iter().map(|diagnostic| one(diagnostic, files)).collect();
    json!({ "errors": report.errors(), "warnings": report.warnings(), "diagnostics": list })
}

fn one(diagnostic: &Diagnostic, files: &Files) -> Value {
    let mut value = place(diagnostic.span, files);
    let also = |(span, what): &(Span, String)| {
        let mut also = place(*span, files);
        also["message"] = json!(what);
        also
    };
    value["code"] = json!(diagnostic.code.id);
    value["severity"] = json!(match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    });
    value["message"] = json!(diagnostic.message);
    value["help"] = json!(diagnostic.help);
    value["also"] = diagnostic.also.iter().map(also).collect();
    value
}

/// File, line and column, both from 1; null for what stands in no file.
pub fn place(span: Span, files: &Files) -> Value {
    if span.is_none() {
        return json!({ "file": null, "line": null, "column": null });
    }
    let at = files.position(span);
    json!({ "file": files.name(span.file), "line": at.line, "column": at.column })
}
