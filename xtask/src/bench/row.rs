//! One measurement, and how it is judged and shown.

use serde_json::{Map, Value};

#[derive(Debug, PartialEq)]
pub struct Row {
    bench: String,
    case: String,
    value: f64,
    unit: String,
    peer: Option<Peer>,
    target: Option<Target>,
}

/// The same work done by something else.
#[derive(Debug, PartialEq)]
struct Peer {
    name: String,
    value: f64,
}

/// What the value has to be: `<= 150` or `>= 100000`.
#[derive(Debug, PartialEq)]
struct Target {
    most: bool,
    bound: f64,
    text: String,
}

impl Row {
    /// A line of a bench; `Err` says what is wrong with it.
    pub fn parse(line: &str) -> Result<Row, String> {
        let object: Map<String, Value> = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let known = ["bench", "case", "value", "unit", "peer", "peer_value", "target"];
        if let Some(name) = object.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(format!("there is no field `{name}`"));
        }
        let text = |name: &str| match object.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(format!("`{name}` is no text")),
        };
        let number = |name: &str| match object.get(name) {
            None => Ok(None),
            Some(value) => value.as_f64().map(Some).ok_or(format!("`{name}` is no number")),
        };
        let needed = |name: &str| text(name)?.ok_or(format!("`{name}` is missing"));
        let peer = match (text("peer")?, number("peer_value")?) {
            (Some(name), Some(value)) => Some(Peer { name, value }),
            (None, None) => None,
            _ => return Err("`peer` and `peer_value` go together".into()),
        };
        Ok(Row {
            bench: needed("bench")?,
            case: needed("case")?,
            value: number("value")?.ok_or("`value` is missing")?,
            unit: needed("unit")?,
            peer,
            target: text("target")?.map(|text| Target::parse(&text)).transpose()?,
        })
    }

    /// Whether the target holds, where there is one.
    pub fn holds(&self) -> Option<bool> {
        let Target { most, bound, .. } = self.target.as_ref()?;
        Some(if *most { self.value <= *bound } else { self.value >= *bound })
    }

    /// The row as it is written to the file.
    pub fn json(&self) -> Value {
        let mut object = Map::new();
        let mut put = |name: &str, value: Value| object.insert(name.to_string(), value);
        put("bench", self.bench.clone().into());
        put("case", self.case.clone().into());
        put("value", self.value.into());
        put("unit", self.unit.clone().into());
        if let Some(peer) = &self.peer {
            put("peer", peer.name.clone().into());
            put("peer_value", peer.value.into());
            put("ratio", (self.value / peer.value).into());
        }
        if let (Some(target), Some(holds)) = (&self.target, self.holds()) {
            put("target", target.text.clone().into());
            put("holds", holds.into());
        }
        Value::Object(object)
    }

    fn cells(&self) -> [String; 7] {
        let peer = self.peer.as_ref();
        let towards = match &self.target {
            Some(Target { most: true, .. }) => Towards::Up,
            Some(_) => Towards::Down,
            None => Towards::Nearest,
        };
        [
            self.case.clone(),
            digits(self.value, towards),
            self.unit.clone(),
            peer.map_or(String::new(), |peer| {
                format!("{} {}", peer.name, digits(peer.value, Towards::Nearest))
            }),
            peer.map_or(String::new(), |peer| digits(self.value / peer.value, towards)),
            self.target.as_ref().map_or(String::new(), |target| target.text.clone()),
            self.holds().map_or("", |holds| if holds { "holds" } else { "FAILS" }).to_string(),
        ]
    }
}

impl Target {
    fn parse(text: &str) -> Result<Target, String> {
        let wrong = || format!("the target `{text}` is neither `<= NUMBER` nor `>= NUMBER`");
        let (most, bound) = match text.split_once(' ') {
            Some(("<=", bound)) => (true, bound),
            Some((">=", bound)) => (false, bound),
            _ => return Err(wrong()),
        };
        Ok(Target { most, bound: bound.parse().map_err(|_| wrong())?, text: text.to_string() })
    }
}

pub fn table(rows: &[Row]) -> String {
    let head = ["case", "value", "unit", "peer", "ratio", "target", ""].map(String::from);
    let rows: Vec<[String; 7]> = std::iter::once(head).chain(rows.iter().map(Row::cells)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..7).map(width).collect();
    let line = |row: &[String; 7]| {
        let cells = row.iter().enumerate().map(|(column, cell)| {
            let width = widths[column];
            if matches!(column, 1 | 4) { format!("{cell:>width$}") } else { format!("{cell:width$}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_string() + "\n"
    };
    rows.iter().map(line).collect()
}

/// Which way a number that is shown short is rounded: never towards its target.
#[derive(Clone, Copy)]
enum Towards {
    Up,
    Down,
    Nearest,
}

/// Four significant digits, and all of them before the point.
fn digits(value: f64, towards: Towards) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let decimals = (3 - value.abs().log10().floor() as i32).max(0);
    let scale = 10f64.powi(decimals);
    let scaled = value * scale;
    // A value that has no more digits than are shown stays what it is.
    let near = scaled.round();
    let rounded = match towards {
        _ if (scaled - near).abs() < 1e-9 * near.abs() => near,
        Towards::Up => scaled.ceil(),
        Towards::Down => scaled.floor(),
        Towards::Nearest => near,
    };
    format!("{:.*}", decimals as usize, rounded / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expect: Result<&str, &str>) {
        let found = Row::parse(line).map(|row| row.json().to_string());
        assert_eq!(found.as_deref().map_err(String::as_str), expect);
    }

    #[test]
    fn rows_are_judged_by_the_values_as_they_came() {
        check(
            r#"{"bench":"core","case":"hop","value":1.5,"unit":"us","peer":"channel","peer_value":3,"target":"<= 1.4"}"#,
            Ok(
                r#"{"bench":"core","case":"hop","value":1.5,"unit":"us","peer":"channel","peer_value":3.0,"ratio":0.5,"target":"<= 1.4","holds":false}"#,
            ),
        );
        check(
            r#"{"bench":"core","case":"rate","value":7,"unit":"/s","target":">= 7"}"#,
            Ok(r#"{"bench":"core","case":"rate","value":7.0,"unit":"/s","target":">= 7","holds":true}"#),
        );
        check(
            r#"{"bench":"core","case":"idle","value":7,"unit":"%"}"#,
            Ok(r#"{"bench":"core","case":"idle","value":7.0,"unit":"%"}"#),
        );
    }

    #[test]
    fn lines_that_are_no_rows_are_refused() {
        check(r#"{"bench":"core","case":"x","unit":"s"}"#, Err("`value` is missing"));
        check(r#"{"bench":"core","case":"x","value":"1","unit":"s"}"#, Err("`value` is no number"));
        check(
            r#"{"bench":"c","case":"x","value":1,"unit":"s","peer":"p"}"#,
            Err("`peer` and `peer_value` go together"),
        );
        check(
            r#"{"bench":"c","case":"x","value":1,"unit":"s","target":"150"}"#,
            Err("the target `150` is neither `<= NUMBER` nor `>= NUMBER`"),
        );
        check(
            r#"{"bench":"c","case":"x","value":1,"unit":"s","holds":true}"#,
            Err("there is no field `holds`"),
        );
    }

    #[test]
    fn nothing_is_rounded_in_favour() {
        let cases = [
            (150.000_1, Towards::Up, "150.1"),
            (99_999.9, Towards::Down, "99999"),
            (150.0, Towards::Up, "150.0"),
            (0.012_344, Towards::Up, "0.01235"),
            (0.3, Towards::Down, "0.3000"),
            (1234.4, Towards::Nearest, "1234"),
            (0.0, Towards::Up, "0"),
        ];
        for (value, towards, expect) in cases {
            assert_eq!(digits(value, towards), expect);
        }
    }

    #[test]
    fn a_table_is_aligned() {
        let rows = [
            r#"{"bench":"c","case":"hop","value":1.5,"unit":"us","peer":"channel","peer_value":3,"target":"<= 2"}"#,
            r#"{"bench":"c","case":"all of it","value":123456,"unit":"tx/s","target":">= 200000"}"#,
        ];
        let expect = "\
case        value  unit  peer            ratio  target
hop         1.500  us    channel 3.000  0.5000  <= 2       holds
all of it  123456  tx/s                         >= 200000  FAILS
";
        assert_eq!(table(&rows.map(|row| Row::parse(row).unwrap())), expect);
    }
}
