//! When files change, and what they are called.

use std::sync::Arc;

use forebay_file::testing::Faults;
use forebay_stage::Sink;
use forebay_stage::batch::{Batch, HeaderRing, Times};
use forebay_stage::types::Epoch;
use forebay_stage::types::id::NodeId;

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

/// Nothing was said of event time: a record's own is when it arrived, and there is no highest one.
#[test]
fn without_event_time_the_time_is_that_of_arrival() {
    let folder = folder(&[]);
    let spec = "{ path: \"DIR/${time:%Y-%m-%dT%H}\", rotate: 1h }";
    let mut sink = sink(folder.path(), spec, &[], &Faults::default()).unwrap();
    sink.restore(None).unwrap();
    let columns = batch(&[(0, 1), (0, 2), (0, 3)]).groups()[0].clone();
    let mut headers = HeaderRing::default();
    let mut header = headers.take(NodeId(0), Epoch(1));
    for arrival in [5, HOUR - 1, HOUR] {
        let times = Times { event: arrival, high: i64::MIN };
        Arc::get_mut(&mut header).unwrap().push(0, times);
    }
    push(sink.as_mut(), &Batch::new(headers.share(header), columns)).unwrap();
    commit(sink.as_mut(), 1, true);
    assert_eq!(listing(folder.path()), "1970-01-01T00: {\"a\":1};{\"a\":2};\n1970-01-01T01: {\"a\":3};\n");
}

/// A state goes on with other periods: the open file ends where a file of the new period would.
#[test]
fn another_period_holds_from_the_open_file_on() {
    let path = "path: \"DIR/${time:%m-%dT%H}\"";
    let check = |before: &str, after: &str, expect: &str| {
        let folder = folder(&[]);
        let made = |rotate: &str| {
            let spec = format!("{{ {path}, rotate: {rotate} }}");
            sink(folder.path(), &spec, &[], &Faults::default()).unwrap()
        };
        let mut first = made(before);
        first.restore(None).unwrap();
        push(first.as_mut(), &batch(&[(10 * HOUR, 1)])).unwrap();
        let entry = commit(first.as_mut(), 1, false);
        drop(first);
        let mut second = made(after);
        second.restore(Some(&entry)).unwrap();
        push(second.as_mut(), &batch(&[(11 * HOUR, 2), (25 * HOUR, 3)])).unwrap();
        commit(second.as_mut(), 2, true);
        assert_eq!(listing(folder.path()), expect, "{before} {after}");
    };
    check("1h", "1d", "01-01T10: {\"a\":1};{\"a\":2};\n01-02T00: {\"a\":3};\n");
    check("1d", "1h", "01-01T00: {\"a\":1};\n01-01T11: {\"a\":2};\n01-02T01: {\"a\":3};\n");
}
