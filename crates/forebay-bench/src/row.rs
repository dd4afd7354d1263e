//! One measurement as a line of JSON: what `cargo xtask bench` reads, judges and keeps.

use std::io::{self, Write as _};

use serde_json::{Map, Value};

use crate::failure::Failure;

/// A measurement. Its case says what was measured and stays the same from run to run.
pub struct Row {
    case: String,
    value: f64,
    unit: &'static str,
    peer: Option<(&'static str, f64)>,
    target: Option<&'static str>,
}

impl Row {
    pub fn new(case: impl Into<String>, value: f64, unit: &'static str) -> Row {
        Row { case: case.into(), value, unit, peer: None, target: None }
    }

    /// The same, as something else did it in this run.
    pub fn beside(self, peer: &'static str, value: f64) -> Row {
        Row { peer: Some((peer, value)), ..self }
    }

    /// What was promised: `>= 100000` or `<= 150`.
    pub fn target(self, target: &'static str) -> Row {
        Row { target: Some(target), ..self }
    }

    fn json(&self, bench: &str) -> Value {
        let mut object = Map::new();
        let mut put = |name: &str, value: Value| object.insert(name.to_string(), value);
        put("bench", bench.into());
        put("case", self.case.clone().into());
        put("value", self.value.into());
        put("unit", self.unit.into());
        if let Some((peer, value)) = self.peer {
            put("peer", peer.into());
            put("peer_value", value.into());
        }
        if let Some(target) = self.target {
            put("target", target.into());
        }
        Value::Object(object)
    }
}

/// Where the rows of a bench go.
pub struct Rows {
    bench: &'static str,
}

impl Rows {
    pub fn of(bench: &'static str) -> Rows {
        Rows { bench }
    }

    /// Writes a row at once, so that what was measured is not lost with what fails after it.
    pub fn add(&mut self, row: Row) -> Result<(), Failure> {
        let line = format!("{}\n", row.json(self.bench));
        io::stdout().write_all(line.as_bytes()).map_err(Failure::doing("write a row"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(row: Row, expect: &str) {
        assert_eq!(row.json("core").to_string(), expect);
    }

    #[test]
    fn a_row_has_the_fields_that_it_needs() {
        check(Row::new("hop", 1.5, "us"), r#"{"bench":"core","case":"hop","value":1.5,"unit":"us"}"#);
        check(
            Row::new("hop", 1.5, "us").beside("channel", 3.0).target("<= 2"),
            r#"{"bench":"core","case":"hop","value":1.5,"unit":"us","peer":"channel","peer_value":3.0,"target":"<= 2"}"#,
        );
    }
}
