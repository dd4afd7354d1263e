//! The kind `window_features`: what it says to a configuration, and what it gives.

mod common;

use common::{Made, check, said, trim};
use forebay_stage::Shards;

#[test]
fn every_window_holds_the_record_and_what_came_before() {
    check(
        "window_features: { by: card, windows: [10ns, 100ns], emit: { num: count(), avg: mean(amount), most: max(amount), sum: sum(amount) } }",
        "card: u64, amount: decimal(2)",
        "@event | card | amount
         100    | 1    | 10.00
         105    | 1    | 20.00
         105    | 2    | 7.00
         105    | 1    | 1.00
         110    | 1    | 2.00
         300    | 1    | 3.00",
        "card | amount | num_10ns | num_100ns | avg_10ns | avg_100ns | most_10ns | most_100ns | sum_10ns | sum_100ns
         1 | 10.00 | 1 | 1 | 10                 | 10                 | 10.00 | 10.00 | 10.00 | 10.00
         1 | 20.00 | 2 | 2 | 15                 | 15                 | 20.00 | 20.00 | 30.00 | 30.00
         2 | 7.00  | 1 | 1 | 7                  | 7                  | 7.00  | 7.00  | 7.00  | 7.00
         1 | 1.00  | 3 | 3 | 10.333333333333334 | 10.333333333333334 | 20.00 | 20.00 | 31.00 | 31.00
         1 | 2.00  | 3 | 4 | 7.666666666666667  | 8.25               | 20.00 | 20.00 | 23.00 | 33.00
         1 | 3.00  | 1 | 1 | 3                  | 3                  | 3.00  | 3.00  | 3.00  | 3.00",
    );
}

#[test]
fn a_record_out_of_order_gets_its_own_windows() {
    check(
        "window_features: { by: [who, where], windows: [10ns], emit: { num: count(), first: first(x), last: last(x), least: min(x) } }",
        "who: string, where: u8, x: f64",
        "@event | @watermark | who | where | x
         100    | 90         | a   | 1     | 1.5
         110    | 100        | a   | 1     | -2.5
         104    | 100        | a   | 1     | 3.5
         104    | 100        | a   | 1     | 0.5
         111    | 101        | a   | 1     | 9
         111    | 101        | a   | 2     | 7",
        "who | where | x | num_10ns | first_10ns | last_10ns | least_10ns
         a | 1 | 1.5  | 1 | 1.5  | 1.5  | 1.5
         a | 1 | -2.5 | 1 | -2.5 | -2.5 | -2.5
         a | 1 | 3.5  | 2 | 1.5  | 3.5  | 1.5
         a | 1 | 0.5  | 3 | 1.5  | 0.5  | 0.5
         a | 1 | 9    | 4 | 3.5  | 9    | -2.5
         a | 2 | 7    | 1 | 7    | 7    | 7",
    );
}

#[test]
fn where_the_value_is_null_only_the_record_counts() {
    check(
        "window_features:
           by: k
           windows: [10ns]
           emit: { num: count(), sum: sum(x), avg: mean(x), least: min(x), first: first(x), hot: share(f), up: \"mean(y > 0.0 ? y : null)\" }",
        "k: u8, x: optional(decimal(1)), f: optional(bool), y: f32",
        "@event | k | x    | f     | y
         1      | 1 | null | null  | -1
         2      | 1 | 2.5  | true  | 1
         3      | 1 | -    | null  | 2
         4      | 1 | -1.0 | false | -3
         14     | 1 | null | null  | 0",
        "k | x | f | y | num_10ns | sum_10ns | avg_10ns | least_10ns | first_10ns | hot_10ns | up_10ns
         1 | null | null  | -1 | 1 | 0.0 | null | null | null | 0   | null
         1 | 2.5  | true  | 1  | 2 | 2.5 | 2.5  | 2.5  | 2.5  | 1   | 1
         1 | -    | null  | 2  | 3 | 2.5 | 2.5  | 2.5  | 2.5  | 1   | 1.5
         1 | -1.0 | false | -3 | 4 | 1.5 | 0.75 | -1.0 | 2.5  | 0.5 | 1.5
         1 | null | null  | 0  | 1 | 0.0 | null | null | null | 0   | null",
    );
}

const RISK: &str = "\
window_features:
  by: terminal
  windows: [10ns]
  delay: 5ns
  labels: { by: tx, unknown: { fraud: false } }
  emit: { num: count(), risk: share(fraud), avg: mean(amount) }";

fn risk() -> Made {
    Made::new(
        RISK,
        "tx: string, terminal: u64, amount: f64",
        Some("tx: string, terminal: u64, fraud: bool"),
        Shards::ALL,
    )
}

#[track_caller]
fn step(made: &mut Made, port: usize, table: &str, expect: &str) {
    assert_eq!(trim(&made.push(port, table)), trim(expect));
}

#[test]
fn labels_count_once_they_have_come() {
    let mut made = risk();
    let head = "tx | terminal | amount | num_10ns | risk_10ns | avg_10ns";
    let one = |row: &str| format!("{head}\n{row}");
    step(&mut made, 0, "@event | tx | terminal | amount\n10 | a | 7 | 1", &one("a | 7 | 1 | 0 | 0 | null"));
    step(&mut made, 0, "@event | tx | terminal | amount\n11 | b | 7 | 2", &one("b | 7 | 2 | 0 | 0 | null"));
    step(&mut made, 0, "@event | tx | terminal | amount\n16 | c | 7 | 3", &one("c | 7 | 3 | 2 | 0 | 1.5"));
    step(
        &mut made,
        1,
        "@event | tx | terminal | fraud\n16 | a | 7 | true\n16 | b | 8 | true",
        "3: label\n4: label",
    );
    step(&mut made, 0, "@event | tx | terminal | amount\n16 | d | 7 | 3", &one("d | 7 | 3 | 2 | 0.5 | 1.5"));
    // A label before its record, one that takes another back, and one whose record is far away.
    step(
        &mut made,
        1,
        "@event | tx | terminal | fraud\n17 | e | 7 | true\n17 | a | 7 | false\n17 | z | 7 | true",
        "6: label\n7: label\n8: label",
    );
    step(&mut made, 0, "@event | tx | terminal | amount\n17 | e | 7 | 4", &one("e | 7 | 4 | 2 | 0 | 1.5"));
    step(&mut made, 0, "@event | tx | terminal | amount\n22 | f | 7 | 4", &one("f | 7 | 4 | 5 | 0.2 | 2.6"));
}

#[test]
fn labels_wait_for_delay_and_longest_window() {
    let mut made = risk();
    let head = "tx | terminal | amount | num_10ns | risk_10ns | avg_10ns";
    step(
        &mut made,
        1,
        "@event | tx | terminal | fraud\n10 | a | 7 | true\n11 | b | 7 | true",
        "0: label\n1: label",
    );
    // The labels' watermark comes to 10 + 15, where the first one has waited in vain.
    step(&mut made, 1, "@event | @watermark | tx | terminal | fraud\n26 | 25 | z | 7 | true", "2: label");
    let table = "@event | tx | terminal | amount\n10 | a | 7 | 1\n10 | b | 7 | 1\n15 | c | 7 | 1";
    let expect =
        format!("{head}\na | 7 | 1 | 0 | 0 | null\nb | 7 | 1 | 0 | 0 | null\nc | 7 | 1 | 2 | 0.5 | 1");
    step(&mut made, 0, table, &expect);
}

#[test]
fn records_that_cannot_be_added_up_stay_out() {
    check(
        "window_features: { by: k, windows: [10ns], emit: { s: sum(x), num: count() } }",
        "k: u8, x: f64",
        "@event | k | x\n1 | 1 | 1\n1 | 1 | NaN\n1 | 1 | inf\n1 | 1 | 4611686018427387904\n1 | 1 | -4611686018427387000",
        "k | x | s_10ns | num_10ns
         1 | 1 | 1 | 1
         1 | -4611686018427387000 | -4611686018427387000 | 2
         1: [FB0741] windows cannot add up a float that is no number, infinite, or 2^62 and more in size
         2: [FB0741] windows cannot add up a float that is no number, infinite, or 2^62 and more in size
         3: [FB0741] windows cannot add up a float that is no number, infinite, or 2^62 and more in size",
    );
    check(
        "window_features: { by: k, windows: [10ns], emit: { s: sum(x), m: mean(x) } }",
        "k: u8, x: i64",
        "@event | k | x\n1 | 1 | 9223372036854775807\n2 | 1 | 1\n2 | 1 | -1",
        "k | x | s_10ns | m_10ns
         1 | 9223372036854775807 | 9223372036854775807 | 9223372036854776000
         1 | -1 | 9223372036854775806 | 4611686018427388000
         1: [FB0740] the sum over one of its windows does not fit the type; the record is in no window",
    );
}

#[test]
fn columns_are_named_after_their_windows() {
    let said = |fields: &str| said(&format!("window_features: {fields}"), COLUMNS, None);
    assert_eq!(
        said("{ by: card, windows: [1d, 24h], emit: { num: count(), avg: mean(amount), top: max(amount) } }"),
        "num_1d: i64, num_24h: i64, avg_1d: f64, avg_24h: f64, top_1d: decimal(2), top_24h: decimal(2)"
    );
    assert_eq!(
        said(
            "{ by: card, windows: [1d], delay: 7d, emit: { num: count(), avg: mean(amount), night: share(hour < 6) } }"
        ),
        "num_1d: i64, avg_1d: optional(f64), night_1d: f64"
    );
}

const COLUMNS: &str = "card: u64, amount: decimal(2), hour: i64, x: f64, maybe: optional(u64), name: string";
const LABELS: &str = "name: string, card: u64, fraud: bool, note: string, hour: bool";

#[test]
fn mistakes_are_pointed_at() {
    let said_of =
        |fields: &str, labels: Option<&str>| said(&format!("window_features: {fields}"), COLUMNS, labels);
    let starts = |fields: &str, labels: Option<&str>, expect: &str| {
        let said = said_of(fields, labels);
        assert!(said.starts_with(expect), "{said}");
    };
    starts(
        "{ by: crad, windows: [1d], emit: { num: count() } }",
        None,
        "FB0315 at `crad`: the input `main` has no column `crad` | did you mean `card`?",
    );
    starts(
        "{ by: x, windows: [1d], emit: { num: count() } }",
        None,
        "FB0540 at `x`: `x` is f64 and cannot be a key",
    );
    starts(
        "{ by: [card, maybe], windows: [1d], emit: { num: count() } }",
        None,
        "FB0540 at `maybe`: `maybe` is optional(u64)",
    );
    starts(
        "{ by: card, windows: [1d, 1d], emit: { num: count() } }",
        None,
        "FB0541 at `1d`: no window: `1d` stands here twice",
    );
    starts(
        "{ by: card, windows: [0s], emit: { num: count() } }",
        None,
        "FB0541 at `0s`: no window: a window of no length",
    );
    starts(
        "{ by: card, windows: [1.5h], emit: { num: count() } }",
        None,
        "FB0541 at `1.5h`: no window: a window is part of column names",
    );
    starts(
        "{ by: card, windows: [], emit: { num: count() } }",
        None,
        "FB0541 at `[]`: no window: at least one is needed",
    );
    starts(
        "{ by: card, windows: [1d], emit: { num: last(name) } }",
        None,
        "FB0542 at `last(name)`: windows keep numbers, bools and times, and this is string",
    );
    starts("{ by: card, windows: [1d], emit: { num: median(amount) } }", None, "FB0415 at `median`");
    let with = |labels: &str, emit: &str| {
        format!("{{ by: card, windows: [1d], labels: {labels}, emit: {{ r: {emit} }} }}")
    };
    let right = with("{ by: name, unknown: { fraud: false } }", "share(fraud)");
    assert_eq!(said_of(&right, Some(LABELS)), "r_1d: f64");
    starts(&right, None, "FB0543 at `{ by: name, unknown: { fraud: false } }`");
    starts(
        "{ by: card, windows: [1d], emit: { num: count() } }",
        Some(LABELS),
        "FB0543 at ``: `it` has an input `labels`",
    );
    starts(
        &with("{ by: name, unknown: { fraud: 0.5 } }", "count()"),
        Some(LABELS),
        "FB0544 at `0.5`: the label column `fraud` is bool, and this is none",
    );
    starts(
        &with("{ by: name, unknown: { note: x } }", "count()"),
        Some(LABELS),
        "FB0544 at `x`: the label column `note` is string; labels are numbers and bools",
    );
    starts(
        &with("{ by: name, unknown: { hour: true } }", "count()"),
        Some(LABELS),
        "FB0544 at `true`: the label column `hour` is a column of `main` too",
    );
    starts(
        &with("{ by: name, unknown: { fruad: true } }", "count()"),
        Some(LABELS),
        "FB0315 at `fruad`: the input `labels` has no column `fruad` | did you mean `fraud`?",
    );
    starts(
        &with("{ by: name, unknown: { fraud: false } }", "\"share(fraud && hour > 3)\""),
        Some(LABELS),
        "FB0545 at `\"share(fraud && hour > 3)\"`: `fraud` comes with labels",
    );
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]

    /// What a record gets and what state is left depend on the records before it, not on the batches they came in.
    #[test]
    fn batches_make_no_difference(
        rows in proptest::collection::vec((0..3i64, 0..4i64, 0..3u8, -50..50i32), 1..150),
        cuts in proptest::collection::vec(1..40usize, 1..20),
    ) {
        let stage = "window_features: { by: k, windows: [4ns, 30ns], emit: { s: sum(x), m: mean(x), top: max(x), num: count() } }";
        let mut high = 100;
        let lines: Vec<String> = rows.iter().map(|(ahead, late, k, x)| {
            high += ahead;
            format!("{} | {k} | {}", high - late, f64::from(*x) * 0.1)
        }).collect();
        let run = |sizes: &mut dyn Iterator<Item = usize>| {
            let mut made = Made::new(stage, "k: u8, x: f64", None, Shards::ALL);
            let (mut rest, mut out) = (&lines[..], Vec::new());
            while !rest.is_empty() {
                let (now, later) = rest.split_at(sizes.next().unwrap_or(1).min(rest.len()));
                let table = made.push(0, &format!("@event | k | x\n{}", now.join("\n")));
                out.extend(table.lines().skip(1).map(str::to_string));
                rest = later;
            }
            let state = made.stage.state().expect("a keyed stage");
            let mut image = Vec::new();
            (0..Shards::ALL.total).for_each(|shard| state.image(shard, &mut image));
            (out, image)
        };
        let whole = run(&mut std::iter::repeat(1000));
        proptest::prop_assert_eq!(&run(&mut cuts.iter().copied().cycle()), &whole);
        proptest::prop_assert_eq!(&run(&mut std::iter::repeat(1)), &whole);
    }
}
