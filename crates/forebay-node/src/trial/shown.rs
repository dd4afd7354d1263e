//! What people see of a test that failed: a diff by record and column, `-` for what was expected and `+` for what came.
//! Colour only repeats what the signs say.

use std::fmt::Write as _;

use forebay_types::unit::number_of;

use super::differing::{Cell, Difference, Record};
use super::{Failure, Rejected};

/// Records that are shown of an output that differs, and records that were rejected.
const SHOWN: usize = 5;

const GOOD: &str = "32";
const BAD: &str = "31";
const DIM: &str = "2";
const BOLD: &str = "1";

impl Failure {
    /// For a terminal with `color`, for everything else without.
    pub fn render(&self, color: bool) -> String {
        let mut page = Page { out: String::new(), color };
        self.differences.iter().for_each(|difference| page.difference(difference));
        page.rejected(&self.rejected);
        page.out
    }
}

struct Page {
    out: String,
    color: bool,
}

impl Page {
    fn paint(&self, tone: &str, text: &str) -> String {
        if self.color && !text.is_empty() { format!("\x1b[{tone}m{text}\x1b[0m") } else { text.to_string() }
    }

    fn line(&mut self, line: &str) {
        let _ = writeln!(self.out, "{line}");
    }

    fn difference(&mut self, difference: &Difference) {
        let Difference { output, expected, got, records } = difference;
        let signs = format!("{} {}", self.paint(BAD, "- expected"), self.paint(GOOD, "+ came"));
        let count = match expected == got {
            true => format!("{} of {} not as expected", records.len(), number_of(*got, "record")),
            false => format!("{} expected, {got} came", number_of(*expected, "record")),
        };
        self.line(&format!("{}: {count}   {signs}", self.paint(BOLD, output)));
        records.iter().take(SHOWN).for_each(|record| self.record(record));
        self.more(records.len());
    }

    fn more(&mut self, records: usize) {
        if records > SHOWN {
            self.line(&self.paint(DIM, &format!("  … and {} more", records - SHOWN)));
        }
    }

    fn record(&mut self, record: &Record) {
        let is_moved = record.got_at.is_some() && record.cells.iter().all(|cell| !cell.differs);
        let head = match (record.expected_at, record.got_at) {
            (Some(e), Some(g)) if is_moved => {
                format!("record {} came out of order, as number {}", e + 1, g + 1)
            }
            (Some(e), Some(_)) => format!("record {}", e + 1),
            (Some(e), None) => format!("record {} did not come", e + 1),
            (None, g) => format!("number {} came and was not expected", g.unwrap_or_default() + 1),
        };
        let place = record.place.as_ref().map(|place| self.paint(DIM, &format!("  {place}")));
        self.line(&format!("  {head}{}", place.unwrap_or_default()));
        let width = record.cells.iter().map(|cell| cell.column.chars().count()).max().unwrap_or(0);
        record.cells.iter().for_each(|cell| self.cell(cell, width));
    }

    fn cell(&mut self, cell: &Cell, width: usize) {
        let Cell { column, expected, got, differs, note, .. } = cell;
        let head = |sign: &str| format!("    {sign} {column:width$}  ");
        if !differs {
            let line = head(" ") + got.as_deref().unwrap_or_default();
            return self.line(&self.paint(DIM, &line));
        }
        if let Some(expected) = expected {
            self.line(&self.side(BAD, &head("-"), expected, got.as_deref()));
        }
        if let Some(got) = got {
            let note = note.as_ref().map(|note| self.paint(DIM, &format!("   {note}")));
            let line = self.side(GOOD, &head("+"), got, expected.as_deref());
            self.line(&(line + &note.unwrap_or_default()));
        }
    }

    /// One side of a difference; in a long value, the part that differs from the other side is underlined.
    fn side(&self, tone: &str, head: &str, value: &str, other: Option<&str>) -> String {
        if !self.color {
            return format!("{head}{value}");
        }
        let (from, to) = other.map_or((0, 0), |other| differing_part(value, other));
        let (before, part, behind) = (&value[..from], &value[from..to], &value[to..]);
        let part = if part.is_empty() { String::new() } else { format!("\x1b[4m{part}\x1b[24m") };
        self.paint(tone, &format!("{head}{before}{part}{behind}"))
    }

    fn rejected(&mut self, rejected: &[Rejected]) {
        if rejected.is_empty() {
            return;
        }
        let count = number_of(rejected.len(), "record");
        let head = self.paint(BOLD, "rejected");
        self.line(&format!("{head}: {count} that the test does not expect"));
        for one in rejected.iter().take(SHOWN) {
            let place = match (one.stream.as_str(), one.position.as_str()) {
                ("", _) => String::new(),
                (stream, position) => format!("stream {stream}, record {position}"),
            };
            self.line(&format!("  by {}  {}", one.node, self.paint(DIM, &place)));
            let reason = format!("    + [{}] {}", one.code, one.reason);
            self.line(&self.paint(GOOD, &reason));
        }
        self.more(rejected.len());
        self.line(
            &self.paint(
                DIM,
                "  write `rejected: [{ code: … }]` under `expect` if that is what the test shows",
            ),
        );
    }
}

/// The bytes of `value` that are not as in `other`; none where they have less than half in common.
fn differing_part(value: &str, other: &str) -> (usize, usize) {
    let same = value.char_indices().zip(other.chars()).take_while(|((_, a), b)| a == b);
    let from = same.last().map_or(0, |((at, c), _)| at + c.len_utf8());
    let room = (value.len() - from).min(other.len() - from);
    let same = value.chars().rev().zip(other.chars().rev()).take_while(|(a, b)| a == b);
    let mut back = 0;
    for (c, _) in same {
        if back + c.len_utf8() > room {
            break;
        }
        back += c.len_utf8();
    }
    let to = value.len() - back;
    let is_alike = value.len().min(other.len()) > 8 && 2 * (from + back) >= value.len().max(other.len());
    if is_alike { (from, to) } else { (0, 0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(column: &str, expected: Option<&str>, got: Option<&str>, note: Option<&str>) -> Cell {
        let text = |text: Option<&str>| text.map(str::to_string);
        Cell {
            column: column.into(),
            expected: text(expected),
            got: text(got),
            differs: expected != got,
            note: text(note),
            sensitive: false,
        }
    }

    fn failure() -> Failure {
        let record = |expected_at: Option<usize>, got_at, cells| {
            let place = expected_at.map(|at| format!("p.yaml:{}", at + 20));
            Record { expected_at, got_at, place, cells }
        };
        let words = Some("50.0% of the words differ");
        let records = vec![
            record(
                Some(0),
                Some(0),
                vec![
                    cell("id", Some("1"), Some("1"), None),
                    cell("said", Some("hello"), Some("hello you"), words),
                ],
            ),
            record(Some(1), None, vec![cell("id", Some("2"), None, None)]),
            record(None, Some(1), vec![cell("id", None, Some("3"), None)]),
            record(Some(2), Some(4), vec![cell("id", Some("4"), Some("4"), None)]),
        ];
        let text = |text: &str| text.to_string();
        Failure {
            differences: vec![Difference { output: "out".into(), expected: 3, got: 5, records }],
            rejected: vec![Rejected {
                code: text("FB0708"),
                reason: text("too many digits"),
                node: text("tx"),
                stream: text("test"),
                position: text("2"),
            }],
            edits: Vec::new(),
        }
    }

    #[test]
    fn a_failure_is_a_diff_by_record_and_column() {
        let expect = "\
out: 3 records expected, 5 came   - expected + came
  record 1  p.yaml:20
      id    1
    - said  hello
    + said  hello you   50.0% of the words differ
  record 2 did not come  p.yaml:21
    - id  2
  number 2 came and was not expected
    + id  3
  record 3 came out of order, as number 5  p.yaml:22
      id  4
rejected: 1 record that the test does not expect
  by tx  stream test, record 2
    + [FB0708] too many digits
  write `rejected: [{ code: … }]` under `expect` if that is what the test shows
";
        assert_eq!(failure().render(false), expect);
    }

    #[test]
    fn colour_changes_no_letter() {
        let coloured = failure().render(true);
        assert!(coloured.contains("\x1b[31m    - said  hello\x1b[0m\n\x1b[32m    + said  hello you\x1b[0m"));
        let mut plain = String::new();
        for part in coloured.split('\x1b') {
            plain.push_str(
                part.split_once('m').filter(|_| part.starts_with('[')).map_or(part, |(_, text)| text),
            );
        }
        assert_eq!(plain, failure().render(false));
    }

    #[test]
    fn of_many_records_the_first_are_shown() {
        let record = |at| Record { expected_at: Some(at), got_at: None, place: None, cells: Vec::new() };
        let records = (0..SHOWN + 2).map(record).collect();
        let difference = Difference { output: "out".into(), expected: 9, got: 2, records };
        let text = Failure { differences: vec![difference], ..Failure::default() }.render(false);
        assert!(text.ends_with("  record 5 did not come\n  … and 2 more\n"), "{text}");
    }

    #[test]
    fn only_what_differs_in_a_long_value_is_marked() {
        let check = |value: &str, other: &str, part: &str| {
            let (from, to) = differing_part(value, other);
            assert_eq!(&value[from..to], part, "{value} beside {other}");
        };
        check("ask not what your country", "ask not what your county", "r");
        check("ask not what your county", "ask not what your country", "");
        check("zwölf Bögen im Hof", "zwölf Bänke im Hof", "ögen");
        check("aaaaaaaaaaaa", "aaaaaaaaaa", "aa");
        check("approve", "review", "");
        check("nothing alike here", "something else now", "");
    }
}
