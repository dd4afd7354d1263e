//! JSON strings, written, and fixed texts that are written again and again.

use crate::word::unescaped;

/// Writes `text`, which is UTF-8, in quotes.
pub(crate) fn write_text(mut text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    loop {
        let (clean, rest) = text.split_at(unescaped(text).0);
        out.extend_from_slice(clean);
        let Some((byte, behind)) = rest.split_first() else { break };
        write_escape(*byte, out);
        text = behind;
    }
    out.push(b'"');
}

#[cold]
fn write_escape(byte: u8, out: &mut Vec<u8>) {
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            let hex = b"0123456789abcdef";
            let digits = [hex[usize::from(byte >> 4)], hex[usize::from(byte & 15)]];
            out.extend_from_slice(b"\\u00");
            return out.extend_from_slice(&digits);
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// A fixed text that is written again and again. Its beginning has a length that the compiler knows: it is appended whole and the
/// rest is cut off again, which costs less than a copy of any length.
pub(crate) struct Fixed {
    head: [u8; HEAD],
    len: usize,
    /// What does not fit into the head.
    rest: Vec<u8>,
}

const HEAD: usize = 32;

impl Fixed {
    pub fn new(text: &[u8]) -> Fixed {
        let (first, rest) = text.split_at(text.len().min(HEAD));
        let mut head = [0; HEAD];
        head[..first.len()].copy_from_slice(first);
        Fixed { head, len: first.len(), rest: rest.to_vec() }
    }

    #[inline]
    pub fn write(&self, out: &mut Vec<u8>) {
        let end = out.len() + self.len;
        out.extend_from_slice(&self.head);
        out.truncate(end);
        if !self.rest.is_empty() {
            out.extend_from_slice(&self.rest);
        }
    }
}
