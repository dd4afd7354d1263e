//! Which records made a process crash. Each lane leaves a mark of what it is working on; after a crash the marks
//! say which ranges were in flight. A record of a range that was in flight at one crash is worked on alone; a
//! record in flight at a second crash is set aside at the third start.
//!
//! Ranges are in the order that everything is merged by, which is the same in every process that reads the
//! same streams.

use forebay_types::{MergeKey, StreamId};

/// All records from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    pub first: MergeKey,
    pub last: MergeKey,
}

impl Range {
    fn holds(&self, key: MergeKey) -> bool {
        (self.first..=self.last).contains(&key)
    }

    fn overlap(self, other: Range) -> Option<Range> {
        let (first, last) = (self.first.max(other.first), self.last.min(other.last));
        (first <= last).then_some(Range { first, last })
    }
}

/// What is known of crashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suspects {
    /// In flight at one crash.
    suspected: Vec<Range>,
    /// In flight at two.
    condemned: Vec<Range>,
}

/// How to treat a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is known against it.
    Clear,
    /// It is to be worked on alone.
    Alone,
    /// It is to be set aside.
    SetAside,
}

impl Suspects {
    /// A crash happened with these ranges in flight.
    pub fn crashed(&mut self, in_flight: &[Range]) {
        let again =
            in_flight.iter().flat_map(|range| self.suspected.iter().filter_map(|old| old.overlap(*range)));
        self.condemned.extend(again.collect::<Vec<_>>());
        self.suspected.extend(in_flight);
    }

    pub fn verdict(&self, key: MergeKey) -> Verdict {
        let within = |ranges: &[Range]| ranges.iter().any(|range| range.holds(key));
        if within(&self.condemned) {
            Verdict::SetAside
        } else if within(&self.suspected) {
            Verdict::Alone
        } else {
            Verdict::Clear
        }
    }

    /// Every record up to and including `key` is committed: nothing there needs watching any more.
    pub fn passed(&mut self, key: MergeKey) {
        self.suspected.retain(|range| range.last > key);
        self.condemned.retain(|range| range.last > key);
    }

    pub fn is_empty(&self) -> bool {
        self.suspected.is_empty() && self.condemned.is_empty()
    }

    /// Text form, one range a line, to be kept between processes.
    pub fn to_text(&self) -> String {
        let line = |word: &str, Range { first: a, last: b }: &Range| {
            format!("{word} {} {} {} {} {} {}\n", a.high, a.stream.0, a.seq, b.high, b.stream.0, b.seq)
        };
        let suspected = self.suspected.iter().map(|range| line("suspected", range));
        suspected.chain(self.condemned.iter().map(|range| line("condemned", range))).collect()
    }

    /// Reads [`to_text`](Self::to_text); lines that do not read are left out.
    pub fn from_text(text: &str) -> Suspects {
        let mut suspects = Suspects::default();
        for line in text.lines() {
            match parse(line) {
                Some(("suspected", range)) => suspects.suspected.push(range),
                Some(("condemned", range)) => suspects.condemned.push(range),
                _ => {}
            }
        }
        suspects
    }
}

fn parse(line: &str) -> Option<(&str, Range)> {
    let mut parts = line.split(' ');
    let word = parts.next()?;
    let mut key = || {
        let high = parts.next()?.parse().ok()?;
        let stream = StreamId(parts.next()?.parse().ok()?);
        Some(MergeKey { high, stream, seq: parts.next()?.parse().ok()? })
    };
    Some((word, Range { first: key()?, last: key()? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seq: u64) -> MergeKey {
        MergeKey { high: 10 * seq as i64, stream: StreamId(2), seq }
    }

    fn crash(suspects: &mut Suspects, first: u64, last: u64) {
        suspects.crashed(&[Range { first: key(first), last: key(last) }]);
    }

    #[test]
    fn the_record_in_flight_at_two_crashes_is_set_aside_and_no_other() {
        let mut suspects = Suspects::default();
        crash(&mut suspects, 100, 199);
        assert_eq!(suspects.verdict(key(150)), Verdict::Alone);
        assert_eq!(suspects.verdict(key(200)), Verdict::Clear);
        crash(&mut suspects, 150, 150);
        assert_eq!(suspects.verdict(key(150)), Verdict::SetAside);
        assert_eq!(suspects.verdict(key(151)), Verdict::Alone);
        assert_eq!(Suspects::from_text(&suspects.to_text()), suspects);
        suspects.passed(key(199));
        assert!(suspects.is_empty());
    }

    #[test]
    fn two_crashes_at_different_records_condemn_neither() {
        let mut suspects = Suspects::default();
        crash(&mut suspects, 1, 5);
        crash(&mut suspects, 9, 9);
        assert_eq!((suspects.verdict(key(3)), suspects.verdict(key(9))), (Verdict::Alone, Verdict::Alone));
    }
}
