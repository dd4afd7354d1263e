//! Where mistakes of an expression go: parts of its text become places in the user's file.

use forebay_types::code::Code;
use forebay_types::value::Text;
use forebay_types::{Diagnostic, Report, Severity, Span};

/// Bytes `start..end` of the expression's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub start: usize,
    pub end: usize,
}

impl Part {
    pub fn to(self, other: Part) -> Part {
        Part { start: self.start, end: other.end.max(self.end) }
    }
}

/// Collects the mistakes of one expression.
pub(crate) struct Mistakes<'a> {
    text: &'a Text,
    span: Span,
    report: &'a mut Report,
    /// An error was said, so the expression has no meaning.
    pub failed: bool,
}

impl<'a> Mistakes<'a> {
    pub fn new(text: &'a Text, span: Span, report: &'a mut Report) -> Mistakes<'a> {
        Mistakes { text, span, report, failed: false }
    }

    /// The text of the whole expression.
    pub fn text(&self) -> &'a str {
        &self.text.text
    }

    pub fn source(&self, part: Part) -> &'a str {
        self.text.text.get(part.start..part.end).unwrap_or("")
    }

    pub fn error(
        &mut self,
        code: &'static Code,
        part: Part,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.failed = true;
        self.push(Severity::Error, code, part, message.into(), help.into());
    }

    pub fn warning(
        &mut self,
        code: &'static Code,
        part: Part,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(Severity::Warning, code, part, message.into(), help.into());
    }

    fn push(&mut self, severity: Severity, code: &'static Code, part: Part, message: String, help: String) {
        let span = self.text.part(self.span, part.start, part.end);
        self.report.push(Diagnostic { severity, ..Diagnostic::error(code, span, message).help(help) });
    }
}
