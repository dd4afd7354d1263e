//! What a user is told about a mistake: where it is, what is wrong, what to do.

use std::fmt::Write as _;

use crate::code::Code;
use crate::nearest::nearest;
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

    /// `help` for a name that is none of `known`: which of them was meant, or else which there are.
    pub fn meant<'k>(self, name: &str, known: impl IntoIterator<Item = &'k str>) -> Diagnostic {
        let known: Vec<&str> = known.into_iter().collect();
        self.help(match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => "there is none".to_string(),
            None => format!("there {} {}", if known.len() == 1 { "is" } else { "are" }, list(&known)),
        })
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
    // Nothing can be shown of a file that is empty or was not read.
    if files.text(span.file).is_empty() {
        let _ = writeln!(out, " {} {}", paint("1;34", "-->"), files.name(span.file));
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

/// How many names a message lists.
const NAMES: usize = 24;

/// Names in a message, the first of many.
pub fn list(names: &[&str]) -> String {
    let shown: Vec<_> = names.iter().take(NAMES).map(|name| format!("`{name}`")).collect();
    match names.len() {
        0 => "none".to_string(),
        count if count > NAMES => format!("{} and {} more", shown.join(", "), count - NAMES),
        _ => shown.join(", "),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_none_comes_with_the_one_that_was_meant_or_with_all() {
        let check = |name: &str, known: &[&str], expect: &str| {
            let diagnostic = Diagnostic::error(&crate::code::NAME, Span::NONE, "");
            assert_eq!(diagnostic.meant(name, known.iter().copied()).help.as_deref(), Some(expect));
        };
        check("rulse", &["set", "rules"], "did you mean `rules`?");
        check("kafka", &["set", "rules"], "there are `set`, `rules`");
        check("kafka", &["file"], "there is `file`");
        check("kafka", &[], "there is none");
        let many: Vec<String> = (100..130).map(|at| format!("column_{at}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(list(&many).ends_with("`column_123` and 6 more"));
    }
}
