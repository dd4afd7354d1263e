//! What a user is told about a mistake: where it is, what is wrong, what to do.

use std::fmt::Write as _;

use crate::code::Code;
use crate::{Files, Span};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Warning,
    Error,
}

/// One mistake. `message` says the cause, `help` the cure.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    pub code: &'static Code,
    pub severity: Severity,
    pub span: Span,
    pub message: String,
    pub help: Option<String>,
    /// Other places that matter: "first declared here".
    pub also: Vec<(Span, String)>,
}

impl Diagnostic {
    pub fn error(code: &'static Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            severity: Severity::Error,
            span,
            message: message.into(),
            help: None,
            also: Vec::new(),
        }
    }

    pub fn warning(code: &'static Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, message) }
    }

    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// `help` with "did you mean", where there is a near name.
    pub fn nearest(self, near: Option<&str>) -> Diagnostic {
        match near {
            Some(name) => self.help(format!("did you mean `{name}`?")),
            None => self,
        }
    }

    pub fn also(mut self, span: Span, what: impl Into<String>) -> Diagnostic {
        self.also.push((span, what.into()));
        self
    }

    /// The diagnostic as text with the line it points at. `color` for terminals only.
    pub fn render(&self, files: &Files, color: bool) -> String {
        let paint = |code: &str, text: &str| {
            if color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
        };
        let (word, tone) = match self.severity {
            Severity::Error => ("error", "1;31"),
            Severity::Warning => ("warning", "1;33"),
        };
        let mut out = String::new();
        let head = paint(tone, &format!("{word}[{}]", self.code.id));
        let _ = writeln!(out, "{head}: {}", self.message);
        render_place(&mut out, files, self.span, "", tone, &paint);
        for (span, what) in &self.also {
            render_place(&mut out, files, *span, what, "1;34", &paint);
        }
        if let Some(help) = &self.help {
            let _ = writeln!(out, "  {} {help}", paint("1;36", "help:"));
        }
        out
    }
}

fn render_place(
    out: &mut String,
    files: &Files,
    span: Span,
    what: &str,
    tone: &str,
    paint: &dyn Fn(&str, &str) -> String,
) {
    if span.is_none() {
        if !what.is_empty() {
            let _ = writeln!(out, "  = {what}");
        }
        return;
    }
    let at = files.position(span);
    let line = files.line(span);
    let width = at.line.to_string().len();
    let _ = writeln!(
        out,
        "{:width$}{} {}:{}:{}",
        "",
        paint("1;34", "-->"),
        files.name(span.file),
        at.line,
        at.column
    );
    let _ = writeln!(out, "{} {line}", paint("1;34", &format!("{} |", at.line)));
    let covered = files.slice(span).split('\n').next().unwrap_or("").trim_end().chars().count();
    let carets = "^".repeat(covered.clamp(1, 80));
    // Tabs before the mark stay tabs, so that it stands below what it points at.
    let pad: String = line.chars().take(at.column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let mark = paint(tone, format!("{carets} {what}").trim_end());
    let _ = writeln!(out, "{:width$} {} {pad}{mark}", "", paint("1;34", "|"));
}

/// Collects diagnostics: every mistake of a file in one run.
#[derive(Debug, Default)]
pub struct Report {
    pub diagnostics: Vec<Diagnostic>,
}

impl Report {
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    pub fn errors(&self) -> usize {
        self.diagnostics.iter().filter(|d| d.severity == Severity::Error).count()
    }

    pub fn warnings(&self) -> usize {
        self.diagnostics.len() - self.errors()
    }

    /// In the order of the file, each said once.
    pub fn sort(&mut self) {
        self.diagnostics
            .sort_by(|a, b| (a.span, a.code.id, &a.message).cmp(&(b.span, b.code.id, &b.message)));
        self.diagnostics
            .dedup_by(|a, b| a.span == b.span && a.code.id == b.code.id && a.message == b.message);
    }

    pub fn render(&self, files: &Files, color: bool) -> String {
        self.diagnostics.iter().map(|d| d.render(files, color)).collect::<Vec<_>>().join("\n")
    }
}
