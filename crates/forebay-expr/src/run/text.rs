//! Texts.

use super::SiteId;
use super::frame::{Data, Frame, Reg};
use crate::typed::Find;

/// The most bytes that a text may have which an expression makes: as many as a record.
pub(crate) const MAX_TEXT: usize = 1 << 20;

pub(super) fn concat(frame: &Frame, out: &mut Reg, a: &Data, b: &Data, site: SiteId) {
    let (a, b) = (frame.texts(a), frame.texts(b));
    out.texts.begin();
    for row in 0..frame.rows() {
        let (a, b) = (a.get(row), b.get(row));
        if a.len() + b.len() <= MAX_TEXT {
            out.texts.push_part(a);
            out.texts.push_part(b);
        } else {
            out.errors.set(frame.rows(), row, site);
        }
        out.texts.end();
    }
}

pub(super) fn find(frame: &Frame, out: &mut Reg, find: Find, text: &Data, what: &Data) {
    let (text, what) = (frame.texts(text), frame.texts(what));
    let found = |text: &[u8], what: &[u8]| match find {
        Find::Contains => contains(text, what),
        Find::StartsWith => text.starts_with(what),
        Find::EndsWith => text.ends_with(what),
    };
    out.bools.clear();
    out.bools.extend((0..frame.rows()).map(|row| u8::from(found(text.get(row), what.get(row)))));
}

/// The standard search, which is linear however the texts look.
fn contains(text: &[u8], what: &[u8]) -> bool {
    match (std::str::from_utf8(text), std::str::from_utf8(what)) {
        (Ok(text), Ok(what)) => text.contains(what),
        _ => panic!("string columns are built from text"),
    }
}

/// Code points of a text, or bytes.
pub(super) fn text_size(frame: &Frame, out: &mut Reg, of: &Data, chars: bool) {
    let of = frame.texts(of);
    let size = |text: &[u8]| {
        // A byte that begins a code point is none of 0b10xx_xxxx.
        if chars { text.iter().filter(|byte| **byte as i8 >= -64).count() } else { text.len() }
    };
    out.i64s.clear();
    out.i64s.extend((0..frame.rows()).map(|row| size(of.get(row)) as i64));
}
