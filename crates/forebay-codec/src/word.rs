//! Eight bytes at a time: texts are looked through and digits are read in words of 64 bits, in plain arithmetic that is the same
//! on every machine.
//!
//! The first byte of a text is the lowest of its word. A flag is the highest bit of a byte; the lowest flag of a word is
//! exact, those above it may be wrong, since a borrow or a carry may have come from below.

const ONES: u64 = 0x0101_0101_0101_0101;
const FLAGS: u64 = 0x80 * ONES;

/// The bytes from `at` on; zeros stand behind the end of the text.
#[inline]
pub(crate) fn word(text: &[u8], at: usize) -> u64 {
    match text.get(at..).and_then(|rest| rest.first_chunk()) {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => last(text, text.len().saturating_sub(at)),
    }
}

/// The last bytes of the text, less than eight.
fn last(text: &[u8], count: usize) -> u64 {
    match text.last_chunk() {
        Some(bytes) => u64::from_le_bytes(*bytes).checked_shr(64 - 8 * count as u32).unwrap_or(0),
        None => text.iter().rev().take(count).fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

/// Where the first byte with a flag stands; 8 without any.
#[inline]
fn first(flags: u64) -> usize {
    flags.trailing_zeros() as usize / 8
}

/// How many bytes there are before one that stands in no JSON string as it is, a quote, a backslash or a control character; and
/// whether they are surely ASCII.
#[inline]
pub(crate) fn unescaped(text: &[u8]) -> (usize, bool) {
    let mut at = 0;
    for block in text.as_chunks().0 {
        if !is_plain(block) {
            break;
        }
        at += BLOCK;
    }
    let mut all = 0;
    // It ends: zeros stand behind the text, and they are control characters.
    loop {
        let word = word(text, at);
        let equal = |byte: u8| (word ^ (u64::from(byte) * ONES)).wrapping_sub(ONES);
        let control = word.wrapping_sub(0x20 * ONES);
        let flags = (control | equal(b'"') | equal(b'\\')) & !word & FLAGS;
        all |= word;
        if flags != 0 {
            return (at + first(flags), all & FLAGS == 0);
        }
        at += 8;
    }
}

const BLOCK: usize = 32;

/// Whether all bytes are ASCII and stand for themselves. Compilers make vectors of this.
#[inline]
fn is_plain(block: &[u8; BLOCK]) -> bool {
    let is_other = |byte: u8| {
        u8::from(byte.wrapping_sub(0x20) >= 0x60) | u8::from(byte == b'"') | u8::from(byte == b'\\')
    };
    block.iter().fold(0, |found, byte| found | is_other(*byte)) == 0
}

/// The number that the digits at the beginning make, and how many there are.
#[inline]
pub(crate) fn digits(word: u64) -> (u64, usize) {
    let values = word ^ (b'0' as u64 * ONES);
    let count = first((values.wrapping_add(0x76 * ONES) | values) & FLAGS);
    if count == 0 {
        return (0, 0);
    }
    // As many zeros before them as are missing to eight; then pairs, fours and all eight.
    let ones = values << (64 - 8 * count);
    let pairs = ones.wrapping_mul(10).wrapping_add(ones >> 8);
    let (even, odd) = (pairs & 0x0000_00ff_0000_00ff, pairs >> 16 & 0x0000_00ff_0000_00ff);
    let all = even.wrapping_mul(100 + (1_000_000 << 32)).wrapping_add(odd.wrapping_mul(1 + (10_000 << 32)));
    (all >> 32, count)
}

/// A number below 10^8 as eight digits.
#[inline]
pub(crate) fn eight_digits(value: u32) -> u64 {
    let fours = u64::from(value / 10_000) | u64::from(value % 10_000) << 32;
    // Divisions by multiplying, in two and then in four numbers at once: exact, since the numbers are that small.
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let pairs = hundreds | (fours - hundreds * 100) << 16;
    let tens = ((pairs * 103) >> 10) & 0x000f_000f_000f_000f;
    (tens | (pairs - tens * 10) << 8) | (b'0' as u64 * ONES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_digits_are_written_and_read_again() {
        let some = (0..20_000).chain((0..100_000_000).step_by(4_999)).chain(99_990_000..100_000_000);
        for value in some {
            let text = eight_digits(value);
            assert_eq!(text.to_le_bytes().as_slice(), format!("{value:08}").as_bytes());
            assert_eq!(digits(text), (u64::from(value), 8));
        }
    }

    #[test]
    fn digits_end_where_something_else_comes() {
        for byte in 0..=u8::MAX {
            for count in 0..8 {
                let mut text = *b"98765432";
                text[count] = byte;
                let expect = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
                let value = text[..expect].iter().fold(0, |value, byte| value * 10 + u64::from(byte - b'0'));
                assert_eq!(digits(word(&text, 0)), (value, expect), "{byte} at {count}");
            }
        }
    }

    /// Every byte at every place of texts of every length, among letters and among bytes of other characters.
    #[test]
    fn what_has_to_be_escaped_is_found_wherever_it_stands() {
        let needs_escape = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
        for (len, filler) in (0..100).flat_map(|len| [(len, b'a'), (len, 0x7f), (len, 0xc3)]) {
            for (at, byte) in
                (0..len).flat_map(|at| [0, 0x1f, b' ', b'"', b'\\', 0x80, 0xff].map(|byte| (at, byte)))
            {
                let mut text = vec![filler; len];
                text[at] = byte;
                let (count, is_ascii) = unescaped(&text);
                assert_eq!(
                    count,
                    text.iter().position(needs_escape).unwrap_or(len),
                    "{byte} at {at} of {len}"
                );
                assert!(text[..count].is_ascii() || !is_ascii, "{byte} at {at} of {len}");
            }
        }
    }
}
