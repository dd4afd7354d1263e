//! JSON strings, written, and fixed texts that are written again and again.

/// Writes `text`, which is UTF-8, in quotes.
pub(crate) fn write_text(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let mut done = 0;
    for (at, byte) in text.iter().enumerate() {
        if needs_escape(*byte) {
            out.extend_from_slice(&text[done..at]);
            write_escape(*byte, out);
            done = at + 1;
        }
    }
    out.extend_from_slice(&text[done..]);
    out.push(b'"');
}

#[inline]
fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
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

/// A fixed text in blocks of a length that the compiler knows: whole blocks are appended and the rest is cut off
/// again, which costs less than a copy of any length.
pub(crate) struct Fixed {
    blocks: Vec<[u8; 32]>,
    len: usize,
}

impl Fixed {
    pub fn new(text: &[u8]) -> Fixed {
        let block = |part: &[u8]| {
            let mut block = [0; 32];
            block[..part.len()].copy_from_slice(part);
            block
        };
        Fixed { blocks: text.chunks(32).map(block).collect(), len: text.len() }
    }

    #[inline]
    pub fn write(&self, out: &mut Vec<u8>) {
        let end = out.len() + self.len;
        self.blocks.iter().for_each(|block| out.extend_from_slice(block));
        out.truncate(end);
    }
}
