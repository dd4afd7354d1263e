//! The live table, a line at a time.

use std::time::Duration;

use forebay_types::unit::count;

use super::alerts::Alerts;
use super::engine::Look;

pub const HEAD: &str = " seconds  transactions   a second  in flight       p50       p99     alerts   right  precision at 100 a day";

/// A line: how far it is, how fast it was since `before` (a time and a number of transactions), and how good.
pub fn line(elapsed: Duration, before: (Duration, u64), alerts: &Alerts<'_>, look: Option<Look>) -> String {
    let seconds = (elapsed - before.0).as_secs_f64();
    let rate = if seconds > 0.0 { ((alerts.records() - before.1) as f64 / seconds) as u64 } else { 0 };
    let dash = || "-".to_string();
    let in_flight = look.map_or_else(dash, |look| count(look.in_flight));
    let (p50, p99) = match look.and_then(|look| look.latency) {
        Some((p50, p99)) => (duration(p50), duration(p99)),
        None => (dash(), dash()),
    };
    let precision = alerts.precision(0).map_or_else(dash, |precision| format!("{precision:.3}"));
    let right = match alerts.raised() {
        0 => dash(),
        raised => format!("{:.0} %", 100.0 * alerts.right() as f64 / raised as f64),
    };
    format!(
        "{:8.1}  {:>12}  {:>9}  {in_flight:>9}  {p50:>8}  {p99:>8}  {:>9}  {right:>6}  {precision:>22}",
        elapsed.as_secs_f64(),
        count(alerts.records()),
        count(rate),
        count(alerts.raised()),
    )
}

/// Three digits and a unit.
fn duration(duration: Duration) -> String {
    let nanos = duration.as_nanos() as f64;
    let (value, unit) = match nanos {
        nanos if nanos < 1e6 => (nanos / 1e3, "µs"),
        nanos if nanos < 1e9 => (nanos / 1e6, "ms"),
        nanos => (nanos / 1e9, "s"),
    };
    let decimals = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.decimals$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short() {
        let times = [950, 12_345, 1_500_000, 65_000_000, 123_400_000, 2_500_000_000]
            .map(|ns| duration(Duration::from_nanos(ns)));
        assert_eq!(times, ["0.95 µs", "12.3 µs", "1.50 ms", "65.0 ms", "123 ms", "2.50 s"]);
    }
}
