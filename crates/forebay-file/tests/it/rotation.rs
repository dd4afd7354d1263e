//! When files change, and what they are called.

use forebay_file::testing::Faults;
use forebay_stage::Sink;

use crate::support::{batch, commit, folder, listing, push, sink};

const HOUR: i64 = 3_600_000_000_000;

fn check(spec: &str, records: &[(i64, i64)], expect: &str) {
    for ending in ["", ".gz", ".zst"] {
        // A file is the same whatever the batches and the epochs are.
        for (size, epochs) in [(1, false), (2, true), (100, false), (100, true)] {
            let folder = folder(&[]);
            let mut sink = sink(folder.path(), &spec.replace('@', ending), &[], &Faults::default()).unwrap();
            sink.restore(None).unwrap();
            let mut high = i64::MIN;
            for (at, rows) in records.chunks(size).enumerate() {
                // The test's batches know no earlier ones.
                let from = high;
                let rows: Vec<(i64, i64)> = rows.to_vec();
                push_above(sink.as_mut(), from, &rows);
                high = rows.iter().fold(high, |high, (time, _)| high.max(*time));
                if epochs {
                    commit(sink.as_mut(), at as u64 + 1, false);
                }
            }
            commit(sink.as_mut(), 1_000, true);
            let expect: String = expect.trim().lines().map(|line| format!("{}\n", line.trim())).collect();
            assert_eq!(listing(folder.path()), expect.replace('@', ending), "{spec} {size} {epochs}");
        }
    }
}

/// Pushes records of a stream whose highest event time was `high`.
fn push_above(sink: &mut dyn Sink, high: i64, rows: &[(i64, i64)]) {
    let Some((time, a)) = rows.first() else { return };
    if *time >= high {
        push(sink, &batch(rows)).unwrap();
    } else {
        // One record before, so that the header's high is right, and not selected.
        let both = batch(&[(high, 0), (*time, *a)]);
        push(sink, &both.select(forebay_stage::batch::Rows::Range(1, 2))).unwrap();
        push_above(sink, high, &rows[1..]);
    }
}

#[test]
fn a_period_of_event_time_is_a_file_and_time_never_goes_back() {
    check(
        "{ path: \"DIR/${time:%Y-%m-%dT%H}.jsonl@\", rotate: 1h }",
        &[(1, 1), (HOUR - 1, 2), (HOUR, 3), (5, 4), (HOUR + 9, 5), (4 * HOUR, 6)],
        "1970-01-01T00.jsonl@: {\"a\":1};{\"a\":2};
         1970-01-01T01.jsonl@: {\"a\":3};{\"a\":4};{\"a\":5};
         1970-01-01T04.jsonl@: {\"a\":6};
        ",
    );
    check(
        "{ path: \"DIR/${time:%Y}/${time:%m-%d}@\", rotate: 1d }",
        &[(-1, 1), (0, 2)],
        "1969/12-31@: {\"a\":1};
         1970/01-01@: {\"a\":2};
        ",
    );
}

#[test]
fn a_size_of_text_is_a_file_and_no_record_is_cut() {
    let rows: Vec<(i64, i64)> = (0..3).map(|a| (a, a)).collect();
    check(
        "{ path: \"DIR/o.jsonl@\", rotate: 1KiB }",
        &rows,
        "o-00001.jsonl@: {\"a\":0};{\"a\":1};{\"a\":2};
        ",
    );
    // 1024 bytes are 93 lines of 11.
    let many: Vec<(i64, i64)> = (0..200).map(|a| (a, 1_000 + a)).collect();
    let lines =
        |from: i64, to: i64| (from..to).map(|a| format!("{{\"a\":{}}};", 1_000 + a)).collect::<String>();
    let expect =
        format!("o-00001@: {}\no-00002@: {}\no-00003@: {}", lines(0, 93), lines(93, 186), lines(186, 200));
    check("{ path: \"DIR/o@\", rotate: 1KiB }", &many, &expect);
}

#[test]
fn without_rotation_the_time_is_that_of_the_first_record() {
    check(
        "{ path: \"DIR/${time:%H}@\" }",
        &[(2 * HOUR, 1), (5 * HOUR, 2)],
        "02@: {\"a\":1};{\"a\":2};
        ",
    );
}
