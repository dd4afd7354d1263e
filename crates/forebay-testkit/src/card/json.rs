//! The records as JSON Lines, in the form in which the card fraud pipeline declares them. Each function appends one
//! line with its end to `out`, and allocates nothing once `out` has grown.

use super::config::DAY_MS;
use super::{Chargeback, Transaction, TxId};

impl Transaction {
    /// `{"tx_id":"…","customer_id":7,"terminal_id":9,"amount":12.50,"ts":1767225600000}`
    pub fn write_json(&self, out: &mut Vec<u8>) {
        tx_id(self.id, out);
        out.extend_from_slice(b",\"customer_id\":");
        number(self.customer.into(), out);
        out.extend_from_slice(b",\"terminal_id\":");
        number(self.terminal.into(), out);
        out.extend_from_slice(b",\"amount\":");
        number(i64::from(self.amount_cents / 100), out);
        out.push(b'.');
        digits(self.amount_cents % 100, 2, out);
        out.extend_from_slice(b",\"ts\":");
        number(self.at_ms, out);
        out.extend_from_slice(b"}\n");
    }

    /// `{"tx_id":"…","fraud":true,"scenario":"night"}`, with `null` for an honest one: for judging, not for pipelines.
    pub fn write_truth(&self, out: &mut Vec<u8>) {
        tx_id(self.id, out);
        match self.fraud {
            None => out.extend_from_slice(b",\"fraud\":false,\"scenario\":null}\n"),
            Some(scenario) => {
                out.extend_from_slice(b",\"fraud\":true,\"scenario\":\"");
                out.extend_from_slice(scenario.name().as_bytes());
                out.extend_from_slice(b"\"}\n");
            }
        }
    }
}

impl Chargeback {
    /// `{"tx_id":"…","terminal_id":9,"fraud":true,"reported":"2026-01-08T12:00:00Z"}`
    pub fn write_json(&self, out: &mut Vec<u8>) {
        tx_id(self.id, out);
        out.extend_from_slice(b",\"terminal_id\":");
        number(self.terminal.into(), out);
        out.extend_from_slice(b",\"fraud\":true,\"reported\":\"");
        time(self.reported_ms, out);
        out.extend_from_slice(b"\"}\n");
    }
}

fn tx_id(id: TxId, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"tx_id\":\"");
    out.extend((0..16).rev().map(|digit| b"0123456789abcdef"[(id.0 >> (4 * digit)) as usize & 15]));
    out.push(b'"');
}

fn number(value: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// The last `count` decimal digits of `value`, with leading zeros.
fn digits(value: u32, count: u32, out: &mut Vec<u8>) {
    out.extend((0..count).rev().map(|digit| b'0' + (value / 10u32.pow(digit) % 10) as u8));
}

/// RFC 3339, to the second, in UTC.
fn time(at_ms: i64, out: &mut Vec<u8>) {
    let (year, month, day) = date(at_ms.div_euclid(DAY_MS) as u32);
    let second = (at_ms.rem_euclid(DAY_MS) / 1_000) as u32;
    for (value, count, after) in [(year, 4, b'-'), (month, 2, b'-'), (day, 2, b'T')] {
        digits(value, count, out);
        out.push(after);
    }
    for (value, after) in [(second / 3_600, b':'), (second / 60 % 60, b':'), (second % 60, b'Z')] {
        digits(value, 2, out);
        out.push(after);
    }
}

/// Year, month and day of a number of days since 1970, in the Gregorian calendar.
fn date(mut days: u32) -> (u32, u32, u32) {
    let leap = |year: u32| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    // 400 years have 146,097 days; from there on one by one.
    let mut year = 1970 + days / 146_097 * 400;
    days %= 146_097;
    while days >= 365 + u32::from(leap(year)) {
        days -= 365 + u32::from(leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u32::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    (year, month as u32 + 1, days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Scenario;

    #[track_caller]
    fn check(write: impl Fn(&mut Vec<u8>), expect: &str) {
        let mut out = Vec::new();
        write(&mut out);
        assert_eq!(String::from_utf8(out).unwrap(), format!("{expect}\n"));
    }

    #[test]
    fn records_are_written_as_the_pipeline_declares_them() {
        let transaction = Transaction {
            id: TxId(0x2a),
            customer: 7,
            terminal: 9,
            amount_cents: 1_205,
            at_ms: 1_767_225_600_000,
            fraud: None,
        };
        check(
            |out| transaction.write_json(out),
            r#"{"tx_id":"000000000000002a","customer_id":7,"terminal_id":9,"amount":12.05,"ts":1767225600000}"#,
        );
        check(
            |out| transaction.write_truth(out),
            r#"{"tx_id":"000000000000002a","fraud":false,"scenario":null}"#,
        );
        let fraud = Transaction { fraud: Some(Scenario::CardTest), ..transaction };
        check(
            |out| fraud.write_truth(out),
            r#"{"tx_id":"000000000000002a","fraud":true,"scenario":"card_test"}"#,
        );
        let chargeback = Chargeback { reported_ms: 1_767_873_600_000, id: TxId(u64::MAX), terminal: 9 };
        check(
            |out| chargeback.write_json(out),
            r#"{"tx_id":"ffffffffffffffff","terminal_id":9,"fraud":true,"reported":"2026-01-08T12:00:00Z"}"#,
        );
    }

    #[test]
    fn times_are_right_across_leap_days_and_centuries() {
        for (at_ms, expect) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (1_709_251_199_000, "2024-02-29T23:59:59Z"),
            (1_767_225_599_000, "2025-12-31T23:59:59Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00Z"),
            (253_000_000_000_000, "9987-04-02T17:46:40Z"),
        ] {
            check(
                |out| {
                    time(at_ms, out);
                    out.push(b'\n')
                },
                expect,
            );
        }
    }
}
