//! How long a batch takes. Only worth something in a release build:
//! `cargo test --release -p forebay-expr speed -- --ignored --nocapture`.

use std::hint::black_box;
use std::time::Instant;

use super::generate::{Choices, row};
use super::table::{V, addr_of, batch, columns, compiled, run_values};

const ROWS: usize = 1024;

/// Expressions with the most microseconds that 1,024 rows may take, where there is a limit.
const CASES: &[(&str, Option<f64>)] = &[
    ("i > 500", Some(1.0)),
    ("m > 500.00", Some(1.0)),
    ("i < j", Some(1.0)),
    ("d >= 0.9", Some(1.0)),
    ("i + j", Some(1.0)),
    ("d * d", Some(1.0)),
    ("i + 1 > j && d < 0.5", None),
    ("coalesce(od, 0.0) >= vars.limit", None),
    ("od != null && od > 0.5", None),
    ("ts.getHours('UTC') <= 6", Some(5.0)),
    ("ts.getDayOfWeek('UTC') in [0, 6]", Some(5.0)),
    ("ts.getHours('Europe/Zurich')", None),
    ("u in lists.blocked", None),
    ("s == 'door'", None),
    ("byte > 100", None),
    ("m * n", None),
    ("i / j", None),
    ("double(m) / 3.0", None),
    ("b ? m : m + 1", None),
    ("'door' in tags", None),
    ("s + t", None),
];

/// A row of ordinary values, so that nothing fails.
fn ordinary(number: i64) -> Vec<V> {
    let mut values = row(&mut Choices::new(&number.to_le_bytes()));
    let mut set = |name: &str, value: V| {
        values[columns().iter().position(|(known, ..)| *known == name).unwrap()] = value;
    };
    set("i", V::I64(number % 1000));
    set("j", V::I64(number % 77 + 1));
    set("m", V::I64(number * 31 % 100_000));
    set("n", V::I64(number * 17 % 100_000));
    set("d", V::F64((number % 100) as f64 / 100.0));
    set("ts", V::I64(1_767_225_600_000_000_000 + number * 1_000_000_000));
    set("s", V::text(if number % 3 == 0 { "door" } else { "other" }));
    values
}

#[test]
#[ignore = "a measurement, for a release build"]
fn speed() {
    let rows: Vec<Vec<V>> = (0..ROWS as i64).map(ordinary).collect();
    let batch = batch(&rows);
    println!("{:<40} {:>10} {:>10}", format!("{ROWS} rows"), "µs", "limit");
    let mut slow = Vec::new();
    for (text, limit) in CASES {
        let typed = compiled(text, None).0.unwrap();
        let mut program = typed.program(&addr_of, &run_values());
        let best = (0..50)
            .map(|_| {
                let start = Instant::now();
                (0..200).for_each(|_| assert!(black_box(program.eval(&batch).hull()) == (0..ROWS)));
                start.elapsed().as_secs_f64() / 200.0 * 1e6
            })
            .fold(f64::MAX, f64::min);
        println!("{text:<40} {best:>10.3} {:>10}", limit.map_or(String::new(), |limit| limit.to_string()));
        slow.extend(limit.filter(|limit| best > *limit).map(|_| *text));
    }
    assert!(slow.is_empty(), "slower than the limit: {slow:?}");
}
