//! A file as a tree: every scalar with its text, its style and its place. Nothing is typed here; that is the
//! part of `read`. What YAML allows and Forebay does not (tags, merge keys, several documents) ends here, and so
//! does everything that kubectl's YAML 1.1 would read as something else.
//!
//! Invariants: a tree is at most [`MAX_DEPTH`] deep and [`MAX_NODES`] large, its keys are unique texts, and its
//! spans are bytes of the file.

mod build;
mod plain;
mod syntax;

pub(crate) use plain::{Plain, differs, plain};

use forebay_types::code;
use forebay_types::{Diagnostic, FileId, Files, Report, Span};

/// How deep lists and maps may stand in each other.
pub const MAX_DEPTH: usize = 64;
/// How many values a file may hold with its aliases written out.
pub const MAX_NODES: usize = 200_000;
/// How large a file may be, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

#[derive(Clone, Debug)]
pub(crate) struct Tree {
    pub span: Span,
    pub data: Data,
}

#[derive(Clone, Debug)]
pub(crate) enum Data {
    Scalar(Scalar),
    List(Vec<Tree>),
    Map(Vec<Pair>),
}

#[derive(Clone, Debug)]
pub(crate) struct Scalar {
    pub text: String,
    /// Without quotes and not a block: what it is to YAML 1.2. `None` for a text in quotes or a block.
    pub plain: Option<Plain>,
    /// Where the text begins when the file has it verbatim.
    pub verbatim: Option<Span>,
}

#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub key: String,
    pub key_span: Span,
    pub value: Tree,
}

impl Tree {
    pub fn get(&self, key: &str) -> Option<&Tree> {
        self.pairs().iter().find(|pair| pair.key == key).map(|pair| &pair.value)
    }

    pub fn get_mut(&mut self, key: &str) -> Option<&mut Tree> {
        match &mut self.data {
            Data::Map(pairs) => pairs.iter_mut().find(|pair| pair.key == key).map(|pair| &mut pair.value),
            _ => None,
        }
    }

    /// The entries of a map; none for anything else.
    pub fn pairs(&self) -> &[Pair] {
        match &self.data {
            Data::Map(pairs) => pairs,
            _ => &[],
        }
    }

    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.data {
            Data::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    pub fn is_null(&self) -> bool {
        self.scalar().is_some_and(|scalar| scalar.plain == Some(Plain::Null))
    }

    /// As JSON, with numbers by value.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.data {
            Data::List(items) => items.iter().map(Tree::to_json).collect(),
            Data::Map(pairs) => pairs.iter().map(|pair| (pair.key.clone(), pair.value.to_json())).collect(),
            Data::Scalar(scalar) => match scalar.plain {
                Some(Plain::Null) => serde_json::Value::Null,
                Some(Plain::Bool(value)) => value.into(),
                Some(Plain::Number) => {
                    serde_json::from_str(&scalar.text).unwrap_or_else(|_| scalar.text.as_str().into())
                }
                Some(Plain::Text | Plain::Unclear) | None => scalar.text.as_str().into(),
            },
        }
    }

    /// What stands there, for messages.
    pub fn found(&self) -> String {
        match &self.data {
            Data::List(_) => "a list".into(),
            Data::Map(_) => "a map".into(),
            Data::Scalar(scalar) => match scalar.plain {
                Some(Plain::Null) => "nothing".into(),
                Some(Plain::Bool(_)) => format!("`{}`", shorten(&scalar.text)),
                Some(Plain::Number) => format!("the number {}", shorten(&scalar.text)),
                Some(Plain::Text | Plain::Unclear) | None => format!("the text `{}`", shorten(&scalar.text)),
            },
        }
    }
}

/// Enough of a text to know it again.
pub(crate) fn shorten(text: &str) -> String {
    let line = text.split('\n').next().unwrap_or("");
    if line.chars().count() <= 40 && line.len() == text.len() {
        return line.to_string();
    }
    line.chars().take(40).chain(['…']).collect()
}

/// The tree of a file that is in `files`; `None` after a mistake that leaves none.
pub(crate) fn parse(files: &Files, file: FileId, report: &mut Report) -> Option<Tree> {
    let text = files.text(file);
    let whole = Span { file, start: 0, end: 0 };
    if text.len() > MAX_BYTES {
        let message = format!("the file has {} bytes; at most {MAX_BYTES} are read", text.len());
        report.push(
            Diagnostic::error(&code::FILE_TOO_LARGE, whole, message)
                .help("data belongs in files that the pipeline names, tests may lie in other files"),
        );
        return None;
    }
    match build::build(text, Place { file, offset: 0 }, report)? {
        Some(tree) => Some(tree),
        None => {
            report.push(
                Diagnostic::error(&code::EMPTY_FILE, whole, "there is nothing in the file")
                    .help("`forebay new` writes a first pipeline"),
            );
            None
        }
    }
}

/// The tree of the text from `offset` on of a file; an empty one is null.
pub(crate) fn parse_value(text: &str, file: FileId, offset: usize, report: &mut Report) -> Option<Tree> {
    let place = Place { file, offset };
    let null = Scalar { text: String::new(), plain: Some(Plain::Null), verbatim: None };
    let tree = build::build(text, place, report)?;
    Some(tree.unwrap_or_else(|| Tree { span: place.span(0, text.len()), data: Data::Scalar(null) }))
}

/// Where a text begins in its file.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub file: FileId,
    pub offset: usize,
}

impl Place {
    fn span(self, start: usize, end: usize) -> Span {
        if self.file == Span::NONE.file {
            return Span::NONE;
        }
        Span { file: self.file, start: (self.offset + start) as u32, end: (self.offset + end) as u32 }
    }
}
