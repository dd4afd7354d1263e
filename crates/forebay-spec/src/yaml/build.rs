//! The parser's events as a tree, with the mistakes that need no knowledge of what a field means.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span as Marks};

use super::syntax::explain;
use super::{Data, MAX_DEPTH, MAX_NODES, Pair, Place, Plain, Scalar, Tree, differs, plain};
use forebay_types::code;
use forebay_types::{Diagnostic, Report, Span};

/// `None` after a mistake that leaves no tree, `Some(None)` for a text without content.
pub(super) fn build(text: &str, place: Place, report: &mut Report) -> Option<Option<Tree>> {
    let bytes = Bytes::of(text);
    let mut builder = Builder {
        text,
        place,
        bytes,
        report,
        open: Vec::new(),
        anchors: HashMap::new(),
        nodes: 0,
        root: None,
        documents: 0,
    };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        match event {
            Ok((event, marks)) => builder.event(event, marks)?,
            Err(error) => {
                builder.syntax(error.info(), *error.marker());
                return None;
            }
        }
    }
    Some(builder.root)
}

/// From the parser's index in characters to bytes.
struct Bytes {
    /// Empty for a text of ASCII, where both are one.
    starts: Vec<u32>,
    length: usize,
}

impl Bytes {
    fn of(text: &str) -> Bytes {
        let starts = match text.is_ascii() {
            true => Vec::new(),
            false => text.char_indices().map(|(at, _)| at as u32).collect(),
        };
        Bytes { starts, length: text.len() }
    }

    fn at(&self, mark: Marker) -> usize {
        if self.starts.is_empty() {
            return mark.index().min(self.length);
        }
        self.starts.get(mark.index()).map_or(self.length, |at| *at as usize)
    }
}

struct Builder<'a> {
    text: &'a str,
    place: Place,
    bytes: Bytes,
    report: &'a mut Report,
    open: Vec<Open>,
    /// Finished values with an anchor, and how many nodes each has.
    anchors: HashMap<usize, (Tree, usize)>,
    nodes: usize,
    root: Option<Tree>,
    documents: usize,
}

/// A list or map that has not ended.
struct Open {
    start: usize,
    end: usize,
    anchor: usize,
    /// Nodes in the whole tree when it began.
    nodes: usize,
    what: OpenWhat,
}

enum OpenWhat {
    List(Vec<Tree>),
    Map { pairs: Vec<Pair>, key: Key },
}

enum Key {
    Expected,
    Read(String, Span),
    /// It was in error: the value is dropped.
    Wrong,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, marks: Marks) -> Option<()> {
        let (start, end) = (self.bytes.at(marks.start), self.bytes.at(marks.end));
        // Behind quotes and brackets the parser counts blanks in.
        let end =
            start + self.text.get(start..end).map_or(end.saturating_sub(start), |raw| raw.trim_end().len());
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    let span = self.place.span(start, end.max(start + 1).min(self.text.len()));
                    self.report.push(
                        Diagnostic::error(&code::SEVERAL_DOCUMENTS, span, "a second document begins here")
                            .help("one file holds one pipeline: put the second one in a file of its own"),
                    );
                    return None;
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.tag(tag.is_some(), start, end);
                let tree = self.scalar(text.into_owned(), style, start, end);
                self.finish(tree, anchor, 1, end)?;
            }
            Event::SequenceStart(anchor, tag) => {
                self.tag(tag.is_some(), start, end);
                self.open(start, end, anchor, OpenWhat::List(Vec::new()))?;
            }
            Event::MappingStart(anchor, tag) => {
                self.tag(tag.is_some(), start, end);
                self.open(start, end, anchor, OpenWhat::Map { pairs: Vec::new(), key: Key::Expected })?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let open = self.open.pop()?;
                let end = if end > start { end } else { open.end };
                let data = match open.what {
                    OpenWhat::List(items) => Data::List(items),
                    OpenWhat::Map { pairs, .. } => Data::Map(pairs),
                };
                let tree = Tree { span: self.place.span(open.start, end), data };
                self.finish(tree, open.anchor, self.nodes - open.nodes + 1, end)?;
            }
            Event::Alias(anchor) => self.alias(anchor, start, end)?,
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Some(())
    }

    fn tag(&mut self, tagged: bool, start: usize, end: usize) {
        if tagged {
            let span = self.place.span(start, end);
            self.report.push(
                Diagnostic::error(&code::TAG, span, "a YAML tag (`!…`) has no meaning here")
                    .help("remove it; a text that begins with `!` needs double quotes"),
            );
        }
    }

    fn open(&mut self, start: usize, end: usize, anchor: usize, what: OpenWhat) -> Option<()> {
        if self.open.len() >= MAX_DEPTH {
            let message = format!("lists and maps stand more than {MAX_DEPTH} deep in each other");
            self.report.push(
                Diagnostic::error(&code::TOO_DEEP, self.place.span(start, end), message)
                    .help("no pipeline needs that: close a bracket that is open, or flatten the file"),
            );
            return None;
        }
        self.open.push(Open { start, end, anchor, nodes: self.nodes, what });
        Some(())
    }

    fn alias(&mut self, anchor: usize, start: usize, end: usize) -> Option<()> {
        let span = self.place.span(start, end);
        let Some((tree, nodes)) = self.anchors.get(&anchor).cloned() else {
            self.report.push(
                Diagnostic::error(&code::ALIAS, span, "this alias stands inside the value that it names")
                    .help("a value cannot hold itself"),
            );
            return None;
        };
        self.finish(tree, 0, nodes, end)
    }

    /// A value has ended: it becomes a key, a value, an item or the root.
    fn finish(&mut self, tree: Tree, anchor: usize, nodes: usize, end: usize) -> Option<()> {
        self.nodes += if matches!(tree.data, Data::Scalar(_)) { 1 } else { nodes.max(1) };
        if self.nodes > MAX_NODES {
            let message = format!("with its aliases written out the file has more than {MAX_NODES} values");
            self.report.push(
                Diagnostic::error(&code::ALIAS_BOMB, tree.span, message).help("use fewer aliases of aliases"),
            );
            return None;
        }
        if anchor != 0 {
            self.anchors.insert(anchor, (tree.clone(), nodes));
        }
        let Some(mut parent) = self.open.pop() else {
            self.root = Some(tree);
            return Some(());
        };
        parent.end = parent.end.max(end);
        match &mut parent.what {
            OpenWhat::List(items) => {
                items.push(self.value(tree));
            }
            OpenWhat::Map { pairs, key } => match std::mem::replace(key, Key::Expected) {
                Key::Expected => *key = self.key(&tree, pairs),
                Key::Read(key, key_span) => {
                    let pair = Pair { key, key_span, value: self.value(tree) };
                    let in_braces = self.text[parent.start..].starts_with('{');
                    match pairs.last_mut().filter(|last| in_braces && is_cut(last, &pair)) {
                        Some(last) => self.join(&mut last.value, key_span),
                        None => pairs.push(pair),
                    }
                }
                Key::Wrong => {}
            },
        }
        self.open.push(parent);
        Some(())
    }

    /// A scalar that YAML 1.1 reads otherwise is an error, wherever it stands.
    fn value(&mut self, mut tree: Tree) -> Tree {
        let Data::Scalar(Scalar { text, plain: Some(plain), .. }) = &mut tree.data else { return tree };
        if let Some((other, cure)) = differs(text) {
            *plain = Plain::Unclear;
            let quoted = format!("write `\"{text}\"` for the text");
            let help = match cure {
                Some(cure) => format!("{quoted}, or `{cure}`"),
                None => quoted,
            };
            let message =
                format!("YAML 1.1, which kubectl reads, takes `{text}` for {other}, YAML 1.2 does not");
            self.report.push(Diagnostic::error(&code::YAML_1_1, tree.span, message).help(help));
        }
        tree
    }

    /// `{ a: f(x, 1) }`: the comma ends the text, so `1)` is read as a key. Puts the text together again.
    fn join(&mut self, value: &mut Tree, rest: Span) {
        let whole = value.span.to(rest);
        let (start, end) = (whole.start as usize - self.place.offset, whole.end as usize - self.place.offset);
        let all = self.text.get(start..end).unwrap_or("").to_string();
        value.span = whole;
        let Data::Scalar(Scalar { text, plain, .. }) = &mut value.data else { return };
        if open_brackets(&all) <= 0 {
            let message = format!("inside `{{ }}` a `,` ends a text without quotes, here `{text}`");
            let quote = if all.contains('"') { '\'' } else { '"' };
            let help = format!("put all of it in quotes: `{quote}{all}{quote}`");
            self.report.push(Diagnostic::error(&code::QUOTES_NEEDED, whole, message).help(help));
            *plain = Some(Plain::Unclear);
        }
        *text = all;
    }

    fn key(&mut self, tree: &Tree, pairs: &[Pair]) -> Key {
        let Some(scalar) = tree.scalar() else {
            self.report.push(
                Diagnostic::error(
                    &code::KEY_NOT_TEXT,
                    tree.span,
                    format!("a key is a text; here stands {}", tree.found()),
                )
                .help("write `key: value`; a text that holds brackets needs double quotes"),
            );
            return Key::Wrong;
        };
        let key = scalar.text.clone();
        if key == "<<" && scalar.plain.is_some() {
            self.report.push(
                Diagnostic::error(&code::MERGE_KEY, tree.span, "`<<` merges maps in YAML 1.1 only")
                    .help("write the fields out, or give the whole value an anchor"),
            );
            return Key::Wrong;
        }
        if let (Some(_), Some((other, _))) = (scalar.plain, differs(&key)) {
            let message = format!("YAML 1.1, which kubectl reads, takes the key `{key}` for {other}");
            self.report.push(
                Diagnostic::error(&code::YAML_1_1_KEY, tree.span, message).help(format!("write `\"{key}\"`")),
            );
        } else if !matches!(scalar.plain, None | Some(Plain::Text)) && key != "null" {
            // A model's card has a field `null`; no reader takes the word for anything else where a key is a name.
            let message = format!("a key is a text; here stands {}", tree.found());
            let help =
                if key.is_empty() { "write a name before `:`".into() } else { format!("write `\"{key}\"`") };
            self.report.push(Diagnostic::error(&code::KEY_NOT_TEXT, tree.span, message).help(help));
            return Key::Wrong;
        } else if key.contains("${") {
            self.report.push(
                Diagnostic::error(
                    &code::PLACEHOLDER,
                    tree.span,
                    "`${…}` is filled in inside values, never in a key",
                )
                .help("write the key out"),
            );
        }
        if let Some(first) = pairs.iter().find(|pair| pair.key == key) {
            self.report.push(
                Diagnostic::error(&code::DUPLICATE_KEY, tree.span, format!("`{key}` stands here twice"))
                    .also(first.key_span, "first here")
                    .help("keep one of them; YAML readers differ in which one counts"),
            );
            return Key::Wrong;
        }
        Key::Read(key, tree.span)
    }

    fn scalar(&self, text: String, style: ScalarStyle, start: usize, end: usize) -> Tree {
        let raw = self.text.get(start..end).unwrap_or("");
        let verbatim = match style {
            // An anchor or tag stands before the text, inside the span.
            ScalarStyle::Plain => raw.ends_with(&text).then(|| end - text.len()),
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                let inner = raw.get(..raw.len().saturating_sub(1)).unwrap_or("");
                inner.ends_with(&text).then(|| end - 1 - text.len())
            }
            ScalarStyle::Literal | ScalarStyle::Folded => match text.trim_end_matches('\n') {
                line if line.contains('\n') => None,
                line => raw.find(line).map(|at| start + at),
            },
        };
        let (from, to) = match (style, verbatim) {
            (ScalarStyle::Plain, Some(at)) if !text.is_empty() => (at, end),
            (ScalarStyle::Literal | ScalarStyle::Folded, _) => {
                let indent = raw.len() - raw.trim_start().len();
                (start + indent, end.max(start + indent))
            }
            _ => (start, end),
        };
        let plain = matches!(style, ScalarStyle::Plain).then(|| plain(&text));
        let length = text.len();
        let verbatim = verbatim.map(|at| self.place.span(at, at + length)).filter(|span| !span.is_none());
        Tree { span: self.place.span(from, to), data: Data::Scalar(Scalar { text, plain, verbatim }) }
    }

    fn syntax(&mut self, info: &str, mark: Marker) {
        let mut at = self.bytes.at(mark);
        let mut line_start = line_start(self.text, at);
        if info.contains("simple key") && (at == line_start || self.text[at..].starts_with(':')) {
            // Noticed on the line after the one that lacks its `:`, at the latest at the `:` of that line.
            at = line_start_of_last_text(self.text, line_start);
            line_start = at;
        }
        let next = self.text[at..].chars().next();
        let (code, message, help) = explain(info, &self.text[line_start..at], next);
        let mut end = at + next.filter(|c| *c != '\n').map_or(0, char::len_utf8);
        if *code == code::TAB {
            at = first_tab(self.text, line_start).unwrap_or(at);
            end = at + 1;
        }
        let mut diagnostic =
            Diagnostic::error(code, self.place.span(at, end.min(self.text.len())), message).help(help);
        let opened = self.open.last().map_or(at, |open| open.start);
        if *code == code::UNCLOSED && opened < at && self.text[opened..].starts_with(['[', '{']) {
            diagnostic = diagnostic.also(self.place.span(opened, opened + 1), "opened here");
        }
        self.report.push(diagnostic);
    }
}

/// Whether an entry without a value is the rest of the text before it.
fn is_cut(last: &Pair, rest: &Pair) -> bool {
    let open = last.value.scalar().filter(|scalar| scalar.plain == Some(Plain::Text));
    let bare = rest.value.scalar().is_some_and(|scalar| scalar.text.is_empty() && scalar.plain.is_some());
    bare && !last.value.span.is_none() && open.is_some_and(|scalar| open_brackets(&scalar.text) > 0)
}

fn open_brackets(text: &str) -> i32 {
    text.chars().map(|c| i32::from(c == '(') - i32::from(c == ')')).sum()
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |found| found + 1)
}

/// Where the last text before `at` begins on its line.
fn line_start_of_last_text(text: &str, at: usize) -> usize {
    let end = text[..at].trim_end().len();
    let start = line_start(text, end);
    start + text[start..end].len() - text[start..end].trim_start().len()
}

/// The first tab that indents a line, from the line that begins at `from` on.
fn first_tab(text: &str, from: usize) -> Option<usize> {
    let mut start = from;
    for line in text[from..].split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        if let Some(tab) = line[..indent].find('\t') {
            return Some(start + tab);
        }
        start += line.len();
    }
    None
}
