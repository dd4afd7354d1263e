//! Fields that nobody declared, from record to record: as the reader kept them, the inside of an object, into the end of
//! another object, where a column of the same name stands for itself.
//!
//! What was kept is sound JSON, with nothing between a key and its colon and nothing around the commas between fields.

use forebay_batch::Batch;
use forebay_types::Addr;
use jiter::Jiter;

pub(crate) struct Undeclared {
    addr: Addr,
    /// Names of columns, in order.
    taken: Vec<String>,
}

impl Undeclared {
    pub fn new<'n>(addr: Addr, taken: impl Iterator<Item = &'n str>) -> Undeclared {
        let mut taken: Vec<String> = taken.map(str::to_string).collect();
        taken.sort_unstable();
        Undeclared { addr, taken }
    }

    /// Appends the fields of a row, each behind a comma.
    pub fn write(&self, batch: &Batch, row: usize, out: &mut Vec<u8>) {
        let col = batch.col(self.addr);
        let mut rest = if col.is_absent(row) { &[][..] } else { col.var().get(row) };
        while !rest.is_empty() {
            let key = end_of_text(rest);
            let end = rest.len().min(key + 1 + end_of_value(rest.get(key + 1..).unwrap_or_default()));
            if !self.is_taken(&rest[..key]) {
                out.push(b',');
                out.extend_from_slice(&rest[..end]);
            }
            rest = rest.get(end + 1..).unwrap_or_default();
        }
    }

    /// Whether a column has this name; `key` stands in its quotes, perhaps with escapes.
    fn is_taken(&self, key: &[u8]) -> bool {
        let is_there = |name: &[u8]| self.taken.binary_search_by(|taken| taken.as_bytes().cmp(name)).is_ok();
        if !key.contains(&b'\\') {
            return is_there(key.get(1..key.len() - 1).unwrap_or_default());
        }
        Jiter::new(key).next_str().is_ok_and(|name| is_there(name.as_bytes()))
    }
}

/// The length of the text in quotes that `json` begins with.
fn end_of_text(json: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = json.get(at).filter(|byte| **byte != b'"') {
        at += if *byte == b'\\' { 2 } else { 1 };
    }
    json.len().min(at + 1)
}

/// The length of the value that `json` begins with, up to the comma behind it.
fn end_of_value(json: &[u8]) -> usize {
    let (mut at, mut depth) = (0, 0);
    while at < json.len() {
        match json[at] {
            b'"' => {
                at += end_of_text(&json[at..]);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => break,
            _ => {}
        }
        at += 1;
    }
    at
}
