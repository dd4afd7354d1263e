//! The cutting of lines against a splitter that sees the whole stream at once.

use forebay_batch::Buf;
use forebay_codec::{Cut, Lines, What};
use proptest::prelude::*;

/// What was cut, with the bytes of the lines.
type Found = Vec<(Cut, Option<Vec<u8>>)>;

const ANYWHERE: What = What::Line { start: 0, end: 0 };

/// Feeds the stream in pieces of these sizes, over and over. Every line's buffer is held to the end in `buffers`.
fn cut(lines: &mut Lines, stream: &[u8], pieces: &[usize], buffers: &mut Vec<Buf>) -> Found {
    let mut found = Vec::new();
    let mut rest = stream;
    let mut pieces = pieces.iter().cycle();
    let mut ended = false;
    loop {
        while let Some(cut) = lines.next_cut() {
            buffers.push(lines.buf().clone());
            found.push(match cut.what {
                What::Line { start, end } => {
                    let bytes = lines.buf().bytes()[start as usize..end as usize].to_vec();
                    (Cut { what: ANYWHERE, ..cut }, Some(bytes))
                }
                What::TooLong { .. } => (cut, None),
            });
        }
        if ended {
            return found;
        } else if rest.is_empty() {
            lines.finish();
            ended = true;
            continue;
        }
        let space = lines.space();
        let size = (*pieces.next().unwrap()).clamp(1, space.len()).min(rest.len());
        space[..size].copy_from_slice(&rest[..size]);
        lines.filled(size);
        rest = &rest[size..];
    }
}

/// The same by looking at the whole stream.
fn naive(stream: &[u8], limit: usize) -> Found {
    let mut found = Vec::new();
    let mut at = 0;
    for (number, whole) in stream.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let mut line = match whole.strip_suffix(b"\n") {
            Some(line) => line.strip_suffix(b"\r").unwrap_or(line),
            None => whole,
        };
        let mut offset = at;
        if at == 0 && line.starts_with(b"\xef\xbb\xbf") {
            line = &line[3..];
            offset = 3;
        }
        at += whole.len();
        let cut = |what| Cut { number: number as u64 + 1, offset: offset as u64, next: at as u64, what };
        if line.len() > limit {
            found.push((cut(What::TooLong { len: line.len() as u64 }), None));
        } else if !line.is_empty() {
            found.push((cut(ANYWHERE), Some(line.to_vec())));
        }
    }
    found
}

fn check(stream: &[u8], expect: &[&str]) {
    for (chunk, pieces) in [(16, &[7, 1, 30][..]), (64, &[1]), (4096, &[4096])] {
        let found = cut(&mut Lines::new(chunk, 16), stream, pieces, &mut Vec::new());
        let shown: Vec<String> = found
            .iter()
            .map(|(cut, bytes)| match (bytes, cut.what) {
                (Some(bytes), _) => {
                    format!(
                        "{} at {}..{}: {}",
                        cut.number,
                        cut.offset,
                        cut.next,
                        String::from_utf8_lossy(bytes)
                    )
                }
                (None, what) => format!("{} at {}..{}: {what:?}", cut.number, cut.offset, cut.next),
            })
            .collect();
        assert_eq!(shown, expect, "in chunks of {chunk}");
    }
}

#[test]
fn lines_end_in_every_usual_way() {
    check(b"", &[]);
    check(b"one", &["1 at 0..3: one"]);
    check(b"one\ntwo\r\n\n\r\nfive", &["1 at 0..4: one", "2 at 4..9: two", "5 at 12..16: five"]);
    check(b"one\n\n", &["1 at 0..4: one"]);
    check(b"\xef\xbb\xbfone\n\xef\xbb\xbf\n", &["1 at 3..7: one", "2 at 7..11: \u{feff}"]);
    check(b"\xef\xbb\xbf\none", &["2 at 4..7: one"]);
}

#[test]
fn a_line_over_the_limit_is_told_and_left_out() {
    check(
        b"0123456789abcdef\r\n0123456789abcdefg\nx",
        &["1 at 0..18: 0123456789abcdef", "2 at 18..36: TooLong { len: 17 }", "3 at 36..37: x"],
    );
    let long = "y".repeat(1000);
    check(
        format!("a\n{long}\r\nb\n{long}").as_bytes(),
        &[
            "1 at 0..2: a",
            "2 at 2..1004: TooLong { len: 1000 }",
            "3 at 1004..1006: b",
            "4 at 1006..2006: TooLong { len: 1000 }",
        ],
    );
}

#[test]
fn a_position_is_enough_to_go_on() {
    let stream = b"one\n\ntwo\nthree\n";
    let whole = cut(&mut Lines::new(64, 16), stream, &[5], &mut Vec::new());
    let (first, _) = &whole[0];
    let mut lines = Lines::resume(64, 16, first.number, first.next);
    let rest = cut(&mut lines, &stream[first.next as usize..], &[3], &mut Vec::new());
    assert_eq!(rest, whole[1..]);
}

#[test]
fn buffers_are_used_again_once_nobody_holds_a_line() {
    let stream = b"0123456789\n".repeat(200);
    let mut lines = Lines::new(64, 64);
    let mut seen = std::collections::BTreeSet::new();
    let mut rest = &stream[..];
    while !rest.is_empty() {
        let space = lines.space();
        let size = space.len().min(rest.len());
        space[..size].copy_from_slice(&rest[..size]);
        lines.filled(size);
        rest = &rest[size..];
        while let Some(cut) = lines.next_cut() {
            assert!(matches!(cut.what, What::Line { .. }));
            seen.insert(lines.buf().bytes().as_ptr() as usize);
        }
    }
    assert!(seen.len() <= 3, "{} buffers for one reader", seen.len());
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => Just(b"\n".to_vec()),
        2 => Just(b"\r\n".to_vec()),
        1 => Just(b"\r".to_vec()),
        1 => Just(b"\xef\xbb\xbf".to_vec()),
        6 => proptest::collection::vec(b'a'..=b'z', 0..12),
        1 => proptest::collection::vec(b'a'..=b'z', 12..80),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn cutting_does_not_depend_on_how_the_bytes_arrive(
        stream in stream(),
        pieces in proptest::collection::vec(1usize..40, 1..6),
        chunk in 16usize..100,
        limit in 16usize..40,
    ) {
        let mut held = Vec::new();
        let found = cut(&mut Lines::new(chunk, limit), &stream, &pieces, &mut held);
        prop_assert_eq!(found, naive(&stream, limit));
    }
}
