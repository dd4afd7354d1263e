//! The account of every source record: `in = published + absorbed + rejected + dropped + in flight`, per stream,
//! at all times. Entries belong to an epoch; only committed ones count, so an abort takes them back by
//! forgetting them.

use std::collections::BTreeMap;

use forebay_types::end::{End, Fate, ReasonId};

/// Ended records of one stream: how many of each end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    ends: BTreeMap<u16, u64>,
    /// Records that were let go of without an end: a defect of the engine or of a stage.
    pub lost: u64,
}

impl Tally {
    pub fn add(&mut self, end: Option<End>, count: u64) {
        match end {
            Some(end) => *self.ends.entry(end.bits()).or_default() += count,
            None => self.lost += count,
        }
    }

    pub fn merge(&mut self, other: &Tally) {
        other.ends.iter().for_each(|(end, count)| *self.ends.entry(*end).or_default() += count);
        self.lost += other.lost;
    }

    /// Every end with its count, from best to worst.
    pub fn ends(&self) -> impl Iterator<Item = (End, u64)> + '_ {
        self.ends.iter().filter_map(|(bits, count)| Some((End::from_bits(*bits)?, *count)))
    }

    pub fn of(&self, fate: Fate) -> u64 {
        self.ends().filter(|(end, _)| end.fate() == fate).map(|(_, count)| count).sum()
    }

    pub fn ended(&self) -> u64 {
        self.ends.values().sum::<u64>() + self.lost
    }
}

/// The account of one stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Records read in committed epochs.
    pub taken: u64,
    pub tally: Tally,
}

/// Reasons by number, as ends name them.
#[derive(Clone, Debug, Default)]
pub struct Reasons {
    names: Vec<String>,
    /// What was said last of a record with this reason.
    examples: BTreeMap<ReasonId, String>,
}

impl Reasons {
    /// A table with these reasons in this order: of two ends of one kind the one with the higher number stays, whoever met
    /// it first.
    pub fn of<'n>(names: impl IntoIterator<Item = &'n str>) -> Reasons {
        let mut reasons = Reasons::default();
        names.into_iter().for_each(|name| {
            reasons.id(name);
        });
        reasons
    }

    /// The number of a reason; new ones are added until the table is full, then all share the last one.
    pub fn id(&mut self, name: &str) -> ReasonId {
        let at = match self.names.iter().position(|n| n == name) {
            Some(at) => at,
            None if self.names.len() < End::MAX_REASONS => {
                self.names.push(name.to_string());
                self.names.len() - 1
            }
            None => End::MAX_REASONS - 1,
        };
        ReasonId(at as u16)
    }

    /// Keeps what is said of a record with a reason, as an example.
    pub fn show(&mut self, id: ReasonId, text: &str) {
        let example = self.examples.entry(id).or_default();
        example.clear();
        example.push_str(text);
    }

    pub fn example(&self, id: ReasonId) -> Option<&str> {
        self.examples.get(&id).map(String::as_str)
    }

    pub fn name(&self, id: ReasonId) -> &str {
        self.names.get(id.0 as usize).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_counted_by_fate_and_reason_and_lost_records_apart() {
        let mut reasons = Reasons::of(["", "FB0701"]);
        let published = End::new(Fate::Published, reasons.id(""));
        let rejected = End::new(Fate::Rejected, reasons.id("FB0702"));
        let mut tally = Tally::default();
        tally.add(Some(published), 6);
        tally.add(Some(rejected), 1);
        tally.add(None, 1);
        assert_eq!((tally.of(Fate::Published), tally.of(Fate::Rejected), tally.lost), (6, 1, 1));
        assert_eq!(tally.ended(), 8);
        assert_eq!(reasons.name(rejected.reason()), "FB0702");
        assert_eq!(rejected.reason().0, 2);
    }
}
