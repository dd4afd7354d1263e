//! Positions: from any of them the rest is the same, and a file that is another one is found out.

use std::fs;

use forebay_stage::Position;
use forebay_stage::types::code;
use proptest::prelude::*;

use crate::support::{PLAIN, folder, packed, read_on, reader};

const LINES: &str = "{\"a\":1}\n\n{\"a\":2,\"t\":\"zwei\"}\r\nbad\n\r\n{\"a\":3}\n{\"a\":4}";

#[test]
fn from_every_position_the_rest_is_the_same() {
    for name in ["in", "in.gz", "in.zst"] {
        let folder = folder(&[(name, LINES)]);
        let spec = format!("{{ path: {name} }}");
        let (all, _) = read_on(reader(folder.path(), &spec, &PLAIN).as_mut(), 9, &PLAIN);
        assert_eq!(all.len(), 5);
        for from in 0..=all.len() {
            let to = if from == 0 { Position::default() } else { all[from - 1].1 };
            for read_before in [0, 2, 5] {
                let mut reader = reader(folder.path(), &spec, &PLAIN);
                (0..read_before).for_each(|_| {
                    reader.read(0, 1, &mut Default::default()).expect("a record");
                });
                reader.seek(to).unwrap_or_else(|fault| panic!("{fault}"));
                assert_eq!(read_on(reader.as_mut(), 2, &PLAIN).0, all[from..], "{name} from {to:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Texts of any size around the size of a buffer, read in chunks of any size.
    #[test]
    fn chunks_of_any_size_give_the_same_records(
        widths in prop::collection::vec(0usize..60_000, 1..20), max in 1usize..9, kind in 0usize..3, from in 0usize..20,
    ) {
        let name = ["in", "in.gz", "in.zst"][kind];
        let line = |(at, width): (usize, &usize)| format!("{{\"a\":{at},\"t\":\"{}\"}}\n", "x".repeat(*width));
        let lines: String = widths.iter().enumerate().map(line).collect();
        let folder = folder(&[(name, &lines)]);
        let spec = format!("{{ path: {name} }}");
        let (all, _) = read_on(reader(folder.path(), &spec, &PLAIN).as_mut(), 1_000, &PLAIN);
        prop_assert_eq!(all.len(), widths.len());
        let expect = |(at, width): (usize, &usize)| format!("{}: {at} {}", at + 1, "x".repeat(*width));
        for (expect, (found, _)) in widths.iter().enumerate().map(expect).zip(&all) {
            prop_assert_eq!(&expect, found);
        }
        let (small, _) = read_on(reader(folder.path(), &spec, &PLAIN).as_mut(), max, &PLAIN);
        prop_assert!(small == all);
        let from = from.min(all.len() - 1);
        let mut reader = reader(folder.path(), &spec, &PLAIN);
        reader.seek(all[from].1).unwrap();
        prop_assert!(read_on(reader.as_mut(), max, &PLAIN).0 == all[from + 1..]);
    }
}

/// Reads the whole first text, saves fingerprint and position, and goes on with the second.
fn go_on(name: &str, first: &str, second: &str) -> Result<Vec<String>, String> {
    let folder = folder(&[(name, first)]);
    let spec = format!("{{ path: {name} }}");
    let mut before = reader(folder.path(), &spec, &PLAIN);
    let (all, _) = read_on(before.as_mut(), 9, &PLAIN);
    let (saved, at) = (before.fingerprint(), all.last().map_or(Position::default(), |(_, at)| *at));
    fs::write(folder.path().join(name), packed(name, second.as_bytes())).unwrap();
    let mut after = reader(folder.path(), &spec, &PLAIN);
    if !after.matches(&saved) {
        return Err("another file".into());
    }
    after.seek(at).map_err(|fault| {
        assert_eq!(fault.code, &code::STREAM_REPLACED);
        fault.message.replace(&folder.path().display().to_string(), "DIR")
    })?;
    Ok(read_on(after.as_mut(), 9, &PLAIN).0.into_iter().map(|(text, _)| text).collect())
}

#[test]
fn a_file_that_has_grown_goes_on_and_a_replaced_or_cut_one_is_refused() {
    let long = |a: usize, count: usize| {
        (0..count)
            .map(|at| format!("{{\"a\":{},\"t\":\"{}\"}}\n", at * a, "y".repeat(50)))
            .collect::<String>()
    };
    let ended = |text: &str| format!("{text}\n");
    for name in ["in", "in.gz", "in.zst"] {
        let one = "{\"a\":1}\n";
        assert_eq!(go_on(name, one, &format!("{one}{{\"a\":2}}\n")).unwrap(), ["2: 2 -"]);
        assert_eq!(go_on(name, "", one).unwrap(), ["1: 1 -"]);
        assert_eq!(go_on(name, one, one).unwrap(), Vec::<String>::new());
        assert_eq!(go_on(name, one, "{\"a\":9}\n{\"a\":2}\n").unwrap_err(), "another file");
        assert_eq!(go_on(name, one, "").unwrap_err(), "another file");
        // The last line had no end, and has one now.
        assert_eq!(go_on(name, one.trim(), &format!("{one}{{\"a\":2}}\n")).unwrap(), ["2: 2 -"]);
        assert_eq!(go_on(name, one.trim(), &ended(one.trim())).unwrap(), Vec::<String>::new());
        // It begins alike, and differs or ends before the position.
        let grown = long(1, 200);
        assert_eq!(go_on(name, &grown, &ended(&grown)).unwrap(), Vec::<String>::new());
        let cut = go_on(name, &grown, &long(1, 150)).unwrap_err();
        assert!(
            cut.starts_with(&format!("`DIR/{name}` was read up to byte ")) && cut.ends_with("--fresh"),
            "{cut}"
        );
        let rewritten = format!("{}{}", long(1, 120), long(1_000_007, 120));
        assert!(go_on(name, &grown, &rewritten).unwrap_err().contains("no record begins there now"));
    }
}
