//! Cuts a stream of bytes that arrives in pieces into lines.
//!
//! The bytes are read straight into the buffer that the lines are given out from, and a line is a range of it, so
//! that a rejected record can keep its bytes without a copy. Only the beginning of a line that crosses the end of
//! a buffer is copied, into the next one. Buffers are used again when nobody holds them any more.
//!
//! `\n` and `\r\n` end a line, and so does the end of the stream. Empty lines are left out and counted in the
//! numbering. A byte order mark at the start of the stream belongs to no line. Of a line over the limit nothing
//! is held; it is told by its place and its length.

use std::collections::VecDeque;

use forebay_batch::{Buf, BufMut};
use memchr::{memchr, memrchr};

const BOM: &[u8] = b"\xef\xbb\xbf";

/// The longest record in bytes.
pub const RECORD_LIMIT: usize = 1 << 20;

/// How many buffers given out are looked at for reuse.
const RING: usize = 64;

/// The state of the cutting. In turns: [`space`](Self::space) and [`filled`](Self::filled), then
/// [`next_cut`](Self::next_cut) until there is none; [`finish`](Self::finish) and the rest when no more bytes come.
pub struct Lines {
    chunk: usize,
    limit: usize,
    /// The beginning of an unfinished line, `held` bytes, and space behind it.
    filling: BufMut,
    held: usize,
    /// The buffer that lines are given out from: `at..end` are lines, behind `end` begins an unfinished one.
    buf: Buf,
    at: usize,
    end: usize,
    /// The line over the limit that is being left out, and whether its end was found.
    skipped: Option<Skipped>,
    skipped_ends: bool,
    /// Lines so far, and the place in the stream where the next one begins.
    number: u64,
    offset: u64,
    ring: VecDeque<Buf>,
}

/// A line over the limit of which some bytes were dropped already.
#[derive(Clone, Copy)]
struct Skipped {
    /// Bytes without those of the line's end.
    len: u64,
    /// Bytes that belong to no line: the byte order mark before it, the end behind it.
    before: u64,
    after: u64,
    last: u8,
}

/// A line, or what is known of one that was too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Counts from 1, empty lines included.
    pub number: u64,
    /// Place of its first byte in the stream.
    pub offset: u64,
    /// Place behind it and its end: where reading goes on after it.
    pub next: u64,
    pub what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Bytes `start..end` of [`Lines::buf`].
    Line { start: u32, end: u32 },
    /// It had so many bytes, more than the limit.
    TooLong { len: u64 },
}

impl Lines {
    /// `chunk` is how many bytes to read at a time, `limit` the longest line in bytes, 16 at least.
    pub fn new(chunk: usize, limit: usize) -> Lines {
        Lines::resume(chunk, limit, 0, 0)
    }

    /// Goes on behind line `number`, at byte `offset` of the stream.
    pub fn resume(chunk: usize, limit: usize, number: u64, offset: u64) -> Lines {
        Lines {
            chunk,
            limit: limit.max(16),
            filling: BufMut::default(),
            held: 0,
            buf: Buf::default(),
            at: 0,
            end: 0,
            skipped: None,
            skipped_ends: false,
            number,
            offset,
            ring: VecDeque::with_capacity(RING),
        }
    }

    pub fn limit(&self) -> usize {
        self.limit
    }

    /// What the lines given out since the last [`filled`](Self::filled) are ranges of.
    pub fn buf(&self) -> &Buf {
        &self.buf
    }

    /// Space to read into. What it holds before is unspecified. Comes when there is no further cut.
    pub fn space(&mut self) -> &mut [u8] {
        self.turn_over();
        let room = if self.held < self.chunk / 2 { self.chunk - self.held } else { self.chunk };
        &mut self.filling.resize::<u8>(self.held + room)[self.held..]
    }

    /// Says that so many bytes of the space were read into.
    pub fn filled(&mut self, bytes: usize) {
        self.filling.truncate(self.held + bytes);
        let fresh = &self.filling.bytes()[self.held..];
        if let Some(skipped) = &mut self.skipped {
            match memchr(b'\n', fresh) {
                None => {
                    skipped.extend(fresh);
                    self.filling.clear();
                }
                Some(at) => {
                    skipped.extend(&fresh[..at]);
                    skipped.end_of_line();
                    self.skipped_ends = true;
                    let end = memrchr(b'\n', fresh).unwrap_or(at) + 1;
                    self.give_out(at + 1, end);
                }
            }
        } else if let Some(at) = memrchr(b'\n', fresh) {
            self.give_out(0, self.held + at + 1);
        } else {
            self.held = self.filling.len();
            self.skip_if_too_long();
        }
    }

    /// Says that the stream ends: what is unfinished is the last line.
    pub fn finish(&mut self) {
        self.turn_over();
        if self.skipped.is_some() {
            self.skipped_ends = true;
        } else {
            self.filling.truncate(self.held);
            self.give_out(0, self.held);
        }
    }

    /// The next line, or `None` when more bytes are needed.
    pub fn next_cut(&mut self) -> Option<Cut> {
        if self.skipped_ends {
            self.skipped_ends = false;
            let skipped = self.skipped.take()?;
            let next = self.offset + skipped.before + skipped.len + skipped.after;
            let offset = self.offset + skipped.before;
            return Some(self.cut(offset, next, What::TooLong { len: skipped.len }));
        }
        while self.at < self.end {
            let rest = &self.buf.bytes()[self.at..self.end];
            let (line, used) = match memchr(b'\n', rest) {
                Some(at) => (rest[..at].strip_suffix(b"\r").unwrap_or(&rest[..at]), at + 1),
                None => (rest, rest.len()),
            };
            let before = mark(self.offset, line);
            let len = line.len() - before;
            let start = self.at + before;
            self.at += used;
            let (offset, next) = (self.offset + before as u64, self.offset + used as u64);
            if len > self.limit {
                return Some(self.cut(offset, next, What::TooLong { len: len as u64 }));
            } else if len > 0 {
                return Some(self.cut(
                    offset,
                    next,
                    What::Line { start: start as u32, end: (start + len) as u32 },
                ));
            }
            self.number += 1;
            self.offset = next;
        }
        None
    }

    /// Whether there is surely no further cut before more bytes come.
    pub fn is_used_up(&self) -> bool {
        self.at == self.end && !self.skipped_ends
    }

    fn cut(&mut self, offset: u64, next: u64, what: What) -> Cut {
        self.number += 1;
        self.offset = next;
        Cut { number: self.number, offset, next, what }
    }

    /// Freezes what was filled; its lines are at `at..end`.
    fn give_out(&mut self, at: usize, end: usize) {
        self.buf = std::mem::take(&mut self.filling).freeze();
        assert!(self.buf.len() <= u32::MAX as usize, "a buffer of lines has at most 4 GiB");
        (self.at, self.end, self.held) = (at, end, 0);
        if self.ring.len() == RING {
            self.ring.pop_front();
        }
        self.ring.push_back(self.buf.clone());
    }

    /// Leaves the buffer whose lines were given out and takes its unfinished line along.
    fn turn_over(&mut self) {
        if self.buf.is_empty() {
            return;
        }
        assert!(self.is_used_up(), "lines are taken before more bytes are read");
        let free = self.ring.front_mut().is_some_and(Buf::is_held_once);
        let recycled = if free { self.ring.pop_front().and_then(Buf::recycle) } else { None };
        self.filling = recycled.unwrap_or_default();
        self.filling.extend(&self.buf.bytes()[self.end..]);
        self.held = self.filling.len();
        self.buf = Buf::default();
        (self.at, self.end) = (0, 0);
        self.skip_if_too_long();
    }

    /// An unfinished line that is too long whatever follows is not held any longer.
    fn skip_if_too_long(&mut self) {
        let text = &self.filling.bytes()[..self.held];
        let before = mark(self.offset, text);
        let line = &text[before..];
        // One byte more may turn out to be half of an end.
        let room = self.limit + usize::from(line.last() == Some(&b'\r'));
        if line.len() > room {
            let mut skipped = Skipped { len: 0, before: before as u64, after: 0, last: 0 };
            skipped.extend(line);
            self.skipped = Some(skipped);
            self.filling.clear();
            self.held = 0;
        }
    }
}

impl Skipped {
    fn extend(&mut self, bytes: &[u8]) {
        self.len += bytes.len() as u64;
        self.last = bytes.last().copied().unwrap_or(self.last);
    }

    fn end_of_line(&mut self) {
        let carriage = u64::from(self.last == b'\r');
        self.len -= carriage;
        self.after = carriage + 1;
    }
}

/// The bytes of a byte order mark at the start of the stream.
fn mark(offset: u64, line: &[u8]) -> usize {
    if offset == 0 && line.starts_with(BOM) { BOM.len() } else { 0 }
}
