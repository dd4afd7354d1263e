//! A list of records as it stands in a pipeline file, and how it reads when records came or went: those that stay keep
//! their bytes, and so do the comments between them.

use std::ops::Range;

use forebay_types::{Files, Node, Span, Value};

use super::{Change, Edit, Item, Place};

impl Change<'_> {
    /// Every record that came, in the style of the list that stands there.
    pub(super) fn list(&self, files: &Files, span: Span) -> Edit {
        let items = self.items();
        let (range, text) = match Old::new(files.text(span.file), span, self.expected) {
            Some(old) if !items.is_empty() => (
                old.range.clone(),
                if old.is_block { self.block(&old, &items) } else { self.brackets(&old, &items) },
            ),
            _ => {
                let indent = " ".repeat(files.position(span).column - 1);
                let trimmed = files.slice(span).trim_end().len();
                let end = self.expected.last().map_or(0, |last| end_of(files.text(span.file), last));
                let start = span.start as usize;
                (start..end.max(start + trimmed), self.anew(&items, &indent))
            }
        };
        Edit { place: Place::Span(Span { start: range.start as u32, end: range.end as u32, ..span }), text }
    }

    fn anew(&self, items: &[Item], indent: &str) -> String {
        let records: Vec<String> = items.iter().map(|item| self.record(*item)).collect();
        let one_line = format!("[{}]", records.join(", "));
        if one_line.len() + indent.len() <= 110 || records.len() < 2 {
            return one_line;
        }
        format!("[\n{indent}  {}\n{indent}]", records.join(&format!(",\n{indent}  ")))
    }

    /// The bytes of a record that stays, but for the values that differ; `range` may begin before and end behind it.
    fn kept(&self, old: &Old<'_>, e: usize, g: usize, range: Range<usize>) -> String {
        let mut text = old.text[range.clone()].to_string();
        let mut replace = |from: usize, to: usize, new: &str| {
            text.replace_range(from - range.start..to - range.start, new);
        };
        match self.cell_edits(e, g) {
            Some(mut edits) => {
                edits.sort_by_key(|(span, _)| std::cmp::Reverse(*span));
                edits.iter().for_each(|(span, new)| replace(span.start as usize, span.end as usize, new));
            }
            None => replace(old.items[e].start, old.items[e].end, &self.record(Item::Old(e, g))),
        }
        text
    }

    /// Items on lines of their own. What stands between them stays, whichever of them go.
    fn block(&self, old: &Old<'_>, items: &[Item]) -> String {
        let end_of_line = if old.text[old.range.clone()].contains("\r\n") { "\r\n" } else { "\n" };
        let lines: Vec<Range<usize>> = old.items.iter().map(|item| old.lines(item)).collect();
        let between =
            |at: usize| &old.text[if at == 0 { old.range.start } else { lines[at - 1].end }..lines[at].start];
        let indent = " ".repeat(old.indent);
        let (mut out, mut next) = (String::new(), 0);
        for item in items {
            match *item {
                Item::Old(e, g) => {
                    (next..=e).for_each(|at| out.push_str(between(at)));
                    next = e + 1;
                    out.push_str(&self.kept(old, e, g, lines[e].clone()));
                }
                Item::New(..) => out.push_str(&format!("{indent}- {}", self.record(*item))),
            }
            if !out.ends_with('\n') {
                out.push_str(end_of_line);
            }
        }
        (next..lines.len()).for_each(|at| out.push_str(between(at)));
        if !old.text[old.range.clone()].ends_with('\n') {
            out.truncate(out.trim_end().len());
        }
        out
    }

    /// Items between brackets. Comments between them stay, whichever of them go.
    fn brackets(&self, old: &Old<'_>, items: &[Item]) -> String {
        let count = old.items.len();
        let between = |at: usize| without_commas(&old.text[old.items[at - 1].end..old.items[at].start]);
        let comment = |at: usize| Some(between(at)).filter(|text| text.contains('#')).unwrap_or_default();
        let lead = &old.text[old.range.start..old.items[0].start];
        let usual = lead.rsplit_once('\n').map_or(" ".to_string(), |(_, indent)| format!("\n{indent}"));
        let mut tail = old.text[old.items[count - 1].end..old.range.end].to_string();
        let (mut out, mut next) = (lead.to_string(), 1);
        for (at, item) in items.iter().enumerate() {
            out.push_str(if at > 0 { "," } else { "" });
            // What stands before the next one that stays comes first: it may end in a comment on the one before.
            let stays =
                items[at..].iter().find_map(|item| if let Item::Old(e, _) = item { Some(*e) } else { None });
            let to = stays.unwrap_or(count);
            (next..to).for_each(|skipped| out.push_str(&comment(skipped)));
            match stays {
                Some(e) if e >= next && at > 0 => out.push_str(&between(e)),
                Some(e) if e >= next => out.push_str(comment(e).trim_start_matches(' ')),
                Some(_) => out.push_str(if at > 0 { &usual } else { "" }),
                None => {
                    let end = tail.find('\n').filter(|end| tail[..*end].contains('#')).unwrap_or(0);
                    out.push_str(&without_commas(&tail.drain(..end).collect::<String>()));
                    out.push_str(if at > 0 { &usual } else { "" });
                }
            }
            next = next.max(to + 1);
            match *item {
                Item::Old(e, g) => out.push_str(&self.kept(old, e, g, old.items[e].clone())),
                Item::New(..) => out.push_str(&self.record(*item)),
            }
        }
        (next..count).for_each(|at| out.push_str(&comment(at)));
        out + &tail
    }
}

/// A list as it stands in a file.
struct Old<'t> {
    text: &'t str,
    is_block: bool,
    /// The list: with whole lines where it is a block.
    range: Range<usize>,
    items: Vec<Range<usize>>,
    /// Spaces before the dash of a block.
    indent: usize,
}

impl<'t> Old<'t> {
    /// `None` for what is no list, or one that is written in a way that only a person should change.
    fn new(text: &'t str, span: Span, records: &[Node]) -> Option<Old<'t>> {
        let (start, end) = (span.start as usize, span.end as usize);
        let items: Vec<Range<usize>> =
            records.iter().map(|record| record.span.start as usize..end_of(text, record)).collect();
        let is_inside = records.iter().all(|record| record.span.file == span.file)
            && items.iter().all(|item| start < item.start && item.start < item.end && item.end <= end)
            && items.is_sorted_by(|one, other| one.end <= other.start);
        let is_block = text[start..].starts_with('-');
        if items.is_empty() || !is_inside || !(is_block || text[start..].starts_with('[')) {
            return None;
        }
        let range = start..start + text[start..end].trim_end().len();
        let mut old = Old { text, is_block, range, items, indent: 0 };
        if is_block {
            old.indent = old.indent_of(&old.items[0])?;
            if old.items.iter().any(|item| old.indent_of(item) != Some(old.indent)) {
                return None;
            }
            let last = &old.items[old.items.len() - 1];
            old.range = old.lines(&old.items[0]).start..old.lines(last).end;
        }
        Some(old)
    }

    /// How far the dash of an item is in from the start of its line; `None` where something else stands there.
    fn indent_of(&self, item: &Range<usize>) -> Option<usize> {
        let before = self.text[..item.start].trim_end().strip_suffix('-')?;
        let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
        line.bytes().all(|byte| byte == b' ').then_some(line.len())
    }

    /// The lines of an item, with what stands behind it on the last one.
    fn lines(&self, item: &Range<usize>) -> Range<usize> {
        let dash = self.text[..item.start].trim_end().len();
        let start = self.text[..dash].rfind('\n').map_or(0, |at| at + 1);
        start..self.text[item.end..].find('\n').map_or(self.text.len(), |at| item.end + at + 1)
    }
}

/// Where a value ends, without what stands between it and the next one.
fn end_of(text: &str, node: &Node) -> usize {
    let (start, end) = (node.span.start as usize, node.span.end as usize);
    let slice = text.get(start..end).unwrap_or_default();
    let last = match &node.value {
        Value::Map(entries) => entries.last().map(|entry| &entry.node),
        Value::List(items) => items.last(),
        _ => None,
    };
    match last {
        Some(last) if !slice.starts_with(['{', '[']) => end_of(text, last),
        _ => start + slice.trim_end().len(),
    }
}

/// What stands between two items without the comma; one in a comment stays.
fn without_commas(between: &str) -> String {
    let line = |line: &str| match line.split_once('#') {
        Some((code, comment)) => format!("{}#{comment}", code.replace(',', "")),
        None => line.replace(',', ""),
    };
    between.split_inclusive('\n').map(line).collect()
}
