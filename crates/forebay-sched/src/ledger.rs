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

impl Account {
    /// What is missing for the equation to hold with so many records in flight; 0 when it holds.
    pub fn imbalance(&self, in_flight: u64) -> i64 {
        self.taken as i64 - (self.tally.ended() - self.tally.lost + in_flight) as i64
    }
}

/// Reasons by number, as ends name them.
#[derive(Clone, Debug, Default)]
pub struct Reasons {
    names: Vec<String>,
}

impl Reasons {
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

    pub fn name(&self, id: ReasonId) -> &str {
        self.names.get(id.0 as usize).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_equation_holds_and_a_lost_record_breaks_it() {
        let mut reasons = Reasons::default();
        let published = End::new(Fate::Published, reasons.id(""));
        let rejected = End::new(Fate::Rejected, reasons.id("FB0701"));
        let mut account = Account { taken: 10, ..Account::default() };
        account.tally.add(Some(published), 6);
        account.tally.add(Some(rejected), 1);
        assert_eq!(account.imbalance(3), 0);
        account.tally.add(None, 1);
        assert_eq!(account.imbalance(2), 1);
        assert_eq!((account.tally.of(Fate::Published), account.tally.of(Fate::Rejected)), (6, 1));
        assert_eq!(reasons.name(rejected.reason()), "FB0701");
    }
}
