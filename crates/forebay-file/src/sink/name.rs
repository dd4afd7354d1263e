//! What the files of a sink are called: the path with the time filled in, and a number where files are cut by size.

use std::collections::HashMap;

use forebay_stage::types::template::{Part, parts};
use forebay_stage::types::unit::{parse_duration, parse_size};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::packing::Packing;

/// When the next file begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rotate {
    Never,
    /// At each multiple of so many nanoseconds since 1970.
    Every(i64),
    /// When it would have more bytes of text than this.
    Size(u64),
}

const LEAST_NS: i64 = 1_000_000_000;
const LEAST_BYTES: u64 = 1 << 10;

impl Rotate {
    /// A duration or a size; the error says why it is neither, and perhaps what was meant.
    pub fn parse(text: Option<&str>) -> Result<Rotate, (String, Option<String>)> {
        let Some(text) = text else { return Ok(Rotate::Never) };
        let (duration, size) = (parse_duration(text), parse_size(text));
        match (duration, size) {
            (Ok(nanos), _) if nanos >= LEAST_NS => Ok(Rotate::Every(nanos)),
            (_, Ok(bytes)) if bytes >= LEAST_BYTES => Ok(Rotate::Size(bytes)),
            (Ok(_), _) => Err(("files change once a second at most".into(), Some("1s".into()))),
            (_, Ok(_)) => Err(("a file has at least 1KiB".into(), Some("1KiB".into()))),
            (Err(duration), Err(size)) => {
                let suggest = duration.suggest.or(size.suggest);
                Err(("it is a time such as 1h, or a size such as 64MiB".into(), suggest))
            }
        }
    }
}

#[derive(Debug)]
enum Piece {
    Text(String),
    Time(String),
}

/// A path, taken apart.
#[derive(Debug)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
}

impl Template {
    /// Formats of times have been checked when the file was read.
    pub fn parse(path: &str) -> Template {
        let piece = |part| match part {
            Part::Ref { scheme: "time", name, .. } => Piece::Time(name.to_string()),
            Part::Text(text) => Piece::Text(text.to_string()),
            Part::Ref { at, .. } | Part::Broken { at } => Piece::Text(path[at].to_string()),
        };
        Template { pieces: parts(path).into_iter().map(piece).collect() }
    }

    pub fn has_time(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Time(_)))
    }

    /// The path of a file that begins at this time, nanoseconds since 1970, in UTC.
    pub fn fill(&self, time: i64, number: Option<u64>) -> String {
        let mut path = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => path.push_str(text),
                Piece::Time(format) => {
                    // Every i64 of nanoseconds is a time that jiff knows.
                    let at =
                        Timestamp::from_nanosecond(time.into()).unwrap_or_default().to_zoned(TimeZone::UTC);
                    path.push_str(&jiff::fmt::strtime::format(format, &at).unwrap_or_default());
                }
            }
        }
        number.map_or(path.clone(), |number| numbered(&path, &format!("{number:05}")))
    }

    /// A period and a later one whose files would have the same name, as the times at which they begin.
    pub fn repeats(&self, period: i64) -> Option<(i64, i64)> {
        const DAY: i64 = 86_400_000_000_000;
        // 2026-01-01: the day, month or year begins anew some time after each of these.
        let from = 20_454 * DAY;
        let next = (0..400).map(|periods: i64| periods.saturating_mul(period));
        let days = [1, 7, 28, 31, 59, 365, 366, 36_525].map(|days| days * DAY);
        let starts = next
            .chain(days)
            .map(|after| from.saturating_add(after).div_euclid(period).saturating_mul(period));
        let mut met: HashMap<String, i64> = HashMap::new();
        for start in starts {
            if let Some(before) = met.insert(self.fill(start, None), start).filter(|before| *before != start)
            {
                return Some((before.min(start), before.max(start)));
            }
        }
        None
    }
}

/// What all files of a path are called.
pub(crate) fn pattern(path: &str, rotate: Rotate) -> String {
    if matches!(rotate, Rotate::Size(_)) { numbered(path, "NNNNN") } else { path.to_string() }
}

/// `out/a.jsonl.gz` as file 7 is `out/a-00007.jsonl.gz`.
pub(crate) fn numbered(path: &str, number: &str) -> String {
    let packed = Packing::of(path).ending();
    let plain = &path[..path.len() - packed.len()];
    let name = plain.rfind('/').map_or(0, |slash| slash + 1);
    let dot = plain[name..].rfind('.').filter(|at| *at > 0).map_or(plain.len(), |at| name + at);
    format!("{}-{number}{}{packed}", &plain[..dot], &plain[dot..])
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000_000_000;

    #[test]
    fn paths_are_filled_in() {
        let check = |path: &str, number, expect: &str| {
            assert_eq!(Template::parse(path).fill(20_454 * DAY + 3_600_000_000_000, number), expect);
        };
        check("out/all.jsonl", None, "out/all.jsonl");
        check("dead/${time:%Y-%m-%d}.jsonl", None, "dead/2026-01-01.jsonl");
        check("${time:%Y}/${time:%m}/x-${time:%H}.jsonl.gz", None, "2026/01/x-01.jsonl.gz");
        check("out/a.b.jsonl.gz", Some(7), "out/a.b-00007.jsonl.gz");
        check("out.d/all", Some(123_456), "out.d/all-123456");
        check(".zst", Some(1), "-00001.zst");
        check("$${time:%Y}", None, "${time:%Y}");
    }

    #[test]
    fn rotation_is_a_time_or_a_size() {
        let check = |text, expect: Result<Rotate, &str>| {
            let rotate = Rotate::parse(Some(text)).map_err(|(_, suggest)| suggest.unwrap_or_default());
            assert_eq!(rotate, expect.map_err(String::from), "{text}");
        };
        check("1d", Ok(Rotate::Every(DAY)));
        check("64MiB", Ok(Rotate::Size(64 << 20)));
        check("5min", Err("5m"));
        check("64mib", Err("64MiB"));
        check("20ms", Err("1s"));
        check("512B", Err("1KiB"));
        check("daily", Err(""));
    }

    #[test]
    fn names_that_come_back_are_found() {
        let hour = DAY / 24;
        let check = |path, period, repeats| {
            assert_eq!(Template::parse(path).repeats(period).is_some(), repeats, "{path} every {period}");
        };
        check("${time:%Y-%m-%d}", DAY, false);
        check("${time:%Y-%m-%dT%H}", hour, false);
        check("${time:%Y-%m-%d}", 7 * DAY, false);
        check("${time:%Y-%m}", 31 * DAY, false);
        check("${time:%Y-%m}", 30 * DAY, true);
        check("${time:%Y-%m-%d}", hour, true);
        check("${time:%H}", hour, true);
        check("${time:%d}", DAY, true);
        check("${time:%m-%d}", DAY, true);
        check("${time:%y-%m-%d}", DAY, true);
        check("all", DAY, true);
    }
}
