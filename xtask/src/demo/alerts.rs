//! Scores against the truth: how many of the alerts of each day are frauds.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use super::scored::field;
use crate::failure::Failure;

/// Alerts that an office can look at in a day.
pub const A_DAY: usize = 100;

const DAY_MS: i64 = 86_400_000;

/// What really happened, by transaction.
#[derive(Default)]
pub struct Truth {
    /// Day, counted from the first, and whether it is a fraud.
    by_id: HashMap<u64, (u32, bool)>,
    frauds: u64,
    days: u32,
}

impl Truth {
    /// From the files of the generator, which have a line for each transaction in the same order.
    pub fn read(transactions: &Path, truth: &Path) -> Result<Truth, Failure> {
        let (transactions, truth) = (lines(transactions)?, lines(truth)?);
        let mut read = Truth::default();
        let mut first_day = None;
        for (transaction, truth) in transactions.zip(truth) {
            let tried = "read the generated stream";
            let (transaction, truth) =
                (transaction.map_err(Failure::io(tried))?, truth.map_err(Failure::io(tried))?);
            let parts = (
                id(&truth),
                field(&truth, "fraud"),
                field(&transaction, "ts").and_then(|ts| ts.parse::<i64>().ok()),
            );
            let (Some(id), Some(fraud), Some(at_ms)) = parts else {
                return Err(Failure::Fault(format!(
                    "`{truth}` is no line of the generator: remove target/demo"
                )));
            };
            let day = at_ms / DAY_MS;
            let first = *first_day.get_or_insert(day);
            let day = (day - first) as u32;
            read.by_id.insert(id, (day, fraud == "true"));
            read.days = read.days.max(day + 1);
            read.frauds += u64::from(fraud == "true");
        }
        Ok(read)
    }

    pub fn transactions(&self) -> u64 {
        self.by_id.len() as u64
    }

    /// Of a day, on average.
    pub fn transactions_a_day(&self) -> u64 {
        self.transactions() / u64::from(self.days.max(1))
    }

    pub fn frauds(&self) -> u64 {
        self.frauds
    }
}

fn lines(path: &Path) -> Result<impl Iterator<Item = std::io::Result<String>>, Failure> {
    let file = File::open(path).map_err(Failure::io(format!("open {}", path.display())))?;
    Ok(BufReader::with_capacity(1 << 18, file).lines())
}

fn id(line: &str) -> Option<u64> {
    u64::from_str_radix(field(line, "tx_id")?, 16).ok()
}

/// What was scored so far. A day keeps its highest scores only, so that a look costs little at any time.
pub struct Alerts<'t> {
    truth: &'t Truth,
    days: BTreeMap<u32, Day>,
    lines: u64,
    seen: HashSet<u64>,
    raised: u64,
    right: u64,
}

/// Scores and whether they are of frauds, the highest first; of equal ones that which came first.
#[derive(Default)]
struct Day {
    highest: Vec<(f64, bool)>,
}

impl<'t> Alerts<'t> {
    pub fn new(truth: &'t Truth) -> Alerts<'t> {
        Alerts { truth, days: BTreeMap::new(), lines: 0, seen: HashSet::new(), raised: 0, right: 0 }
    }

    /// A line of the output. One that nobody generated is no record, nor is one that has come before.
    pub fn take(&mut self, line: &str) {
        self.lines += 1;
        let Some(id) = id(line) else { return };
        let Some(&(day, fraud)) = self.truth.by_id.get(&id) else { return };
        if !self.seen.insert(id) {
            return;
        }
        if field(line, "decision").is_some_and(|decision| decision != "approve") {
            self.raised += 1;
            self.right += u64::from(fraud);
        }
        // A record that there was no time to score has none, and no place among the highest.
        if let Some(score) = field(line, "score").and_then(|score| score.parse().ok()) {
            self.days.entry(day).or_default().add(score, fraud);
        }
    }

    /// Whatever stood in them.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Different transactions.
    pub fn records(&self) -> u64 {
        self.seen.len() as u64
    }

    /// Decisions other than to approve.
    pub fn raised(&self) -> u64 {
        self.raised
    }

    /// Those of them that are frauds.
    pub fn right(&self) -> u64 {
        self.right
    }

    /// Days begun.
    pub fn days(&self) -> u32 {
        self.days.last_key_value().map_or(0, |(day, _)| day + 1)
    }

    /// The share of frauds among the highest scores of each day, averaged over days from `first` on.
    pub fn precision(&self, first: u32) -> Option<f64> {
        let days = self.days.range(first..);
        let (count, found) = days.fold((0, 0), |(count, found), (_, day)| (count + 1, found + day.frauds()));
        (count > 0).then(|| found as f64 / (A_DAY * count) as f64)
    }
}

impl Day {
    fn add(&mut self, score: f64, fraud: bool) {
        let at = self.highest.partition_point(|(other, _)| *other >= score);
        if at < A_DAY {
            self.highest.truncate(A_DAY - 1);
            self.highest.insert(at, (score, fraud));
        }
    }

    fn frauds(&self) -> usize {
        self.highest.iter().filter(|(_, fraud)| *fraud).count()
    }
}

#[cfg(test)]
mod tests {
    use forebay_testkit::metrics::{Scored, precision_at};
    use forebay_testkit::random::Random;

    use super::*;

    /// A few days of chance scores with many ties, judged here and by the definition.
    #[test]
    fn precision_is_that_of_the_field() {
        let mut random = Random::new(3, 0);
        let mut truth = Truth { by_id: HashMap::new(), frauds: 0, days: 5 };
        let mut scored = Vec::new();
        for id in 0..3_000u64 {
            let (day, fraud, score) =
                (random.below(5), random.below(10) == 0, f64::from(random.below(200)) / 200.0);
            truth.by_id.insert(id, (day, fraud));
            scored.push(Scored { day, customer: 0, score, fraud });
        }
        let mut alerts = Alerts::new(&truth);
        for (id, one) in scored.iter().enumerate() {
            let decision = if one.score > 0.9 { "review" } else { "approve" };
            alerts.take(&format!(r#"{{"tx_id":"{id:016x}","score":{},"decision":"{decision}"}}"#, one.score));
        }
        assert_eq!(alerts.precision(0), precision_at(A_DAY, &scored));
        scored.retain(|one| one.day >= 3);
        assert_eq!(alerts.precision(3), precision_at(A_DAY, &scored));
        assert_eq!((alerts.records(), alerts.days()), (3_000, 5));
        assert!(alerts.raised() > 0 && alerts.right() < alerts.raised());
    }

    #[test]
    fn lines_without_a_score_or_of_nobody_do_no_harm() {
        let truth = Truth { by_id: HashMap::from([(10, (0, true))]), frauds: 1, days: 1 };
        let mut alerts = Alerts::new(&truth);
        alerts.take(r#"{"tx_id":"000000000000000a","score":null,"decision":"review"}"#);
        alerts.take(r#"{"tx_id":"000000000000000b","score":0.5,"decision":"review"}"#);
        alerts.take("{");
        // Once more, as after a fault.
        alerts.take(r#"{"tx_id":"000000000000000a","score":0.5,"decision":"review"}"#);
        assert_eq!((alerts.lines(), alerts.records()), (4, 1));
        assert_eq!((alerts.raised(), alerts.right(), alerts.precision(0)), (1, 1, None));
    }
}
