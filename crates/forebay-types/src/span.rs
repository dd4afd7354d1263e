//! Places in the user's files. A span is bytes; lines and columns are worked out when somebody looks.

use std::sync::Arc;

/// A file that was read, as an index into [`Files`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u16);

/// Bytes `start..end` of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    pub file: FileId,
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// For what stands in no file: defaults and things that Forebay adds by itself.
    pub const NONE: Span = Span { file: FileId(u16::MAX), start: 0, end: 0 };

    pub fn is_none(self) -> bool {
        self.file.0 == u16::MAX
    }

    /// The part `start..end` counted from this span's own start.
    pub fn part(self, start: usize, end: usize) -> Span {
        Span { start: self.start + start as u32, end: self.start + end as u32, ..self }
    }

    /// From the start of this one to the end of the other.
    pub fn to(self, other: Span) -> Span {
        Span { end: other.end.max(self.end), ..self }
    }
}

/// The texts that spans point into.
#[derive(Clone, Debug, Default)]
pub struct Files {
    files: Vec<(Arc<str>, Arc<str>)>,
}

/// A place for people: both count from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineColumn {
    pub line: usize,
    pub column: usize,
}

impl Files {
    /// `name` is what messages print: the path as the user gave it, or what else it is (`--set`).
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> FileId {
        let id = FileId(self.files.len() as u16);
        self.files.push((name.into(), text.into()));
        id
    }

    pub fn name(&self, file: FileId) -> &str {
        self.files.get(file.0 as usize).map_or("(built in)", |(name, _)| name)
    }

    pub fn text(&self, file: FileId) -> &str {
        self.files.get(file.0 as usize).map_or("", |(_, text)| text)
    }

    /// Every text, in the order in which they were added.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|(_, text)| &**text)
    }

    /// The text that a span covers.
    pub fn slice(&self, span: Span) -> &str {
        self.text(span.file).get(span.start as usize..span.end as usize).unwrap_or("")
    }

    pub fn position(&self, span: Span) -> LineColumn {
        let text = self.text(span.file);
        let before = &text[..text.floor_char_boundary(span.start as usize)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        LineColumn {
            line: before.bytes().filter(|b| *b == b'\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    /// The whole line that a span begins in, without its end of line.
    pub fn line(&self, span: Span) -> &str {
        let text = self.text(span.file);
        let start = text.floor_char_boundary(span.start as usize);
        let from = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let to = text[start..].find('\n').map_or(text.len(), |at| start + at);
        text[from..to].trim_end_matches('\r')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_from_one_and_in_characters() {
        let mut files = Files::default();
        let file = files.add("a.yaml", "one\nzwöi: x\n");
        let span = Span { file, start: 11, end: 12 };
        assert_eq!(files.slice(span), "x");
        assert_eq!(files.position(span), LineColumn { line: 2, column: 7 });
        assert_eq!(files.line(span), "zwöi: x");
    }
}
