//! How well scores tell frauds from honest transactions, by the measures of the field.
//!
//! Two of them look at the whole ranking (`auc`, `average_precision`), two at what an office that can look at `k` alerts
//! a day gets out of it (`precision_at`, `card_precision_at`). The definitions are those of the Fraud Detection
//! Handbook, so figures compare with published ones.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A scored transaction and the truth about it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    pub day: u32,
    pub customer: u64,
    /// Not NaN.
    pub score: f64,
    pub fraud: bool,
}

/// The chance that a fraud has a higher score than an honest transaction; equal scores count half. `None` where either
/// kind is missing.
pub fn auc(scored: &[Scored]) -> Option<f64> {
    let (frauds, honest) = totals(scored);
    let mut below = honest;
    // Twice the number of pairs in the right order, so that halves are whole.
    let mut twice: u128 = 0;
    for level in levels(scored) {
        below -= level.honest;
        twice += u128::from(level.frauds) * u128::from(2 * below + level.honest);
    }
    (frauds > 0 && honest > 0).then(|| twice as f64 / (2 * u128::from(frauds) * u128::from(honest)) as f64)
}

/// Precision averaged over recall: each threshold's precision, weighted with the share of frauds that it adds. `None`
/// where there is no fraud.
pub fn average_precision(scored: &[Scored]) -> Option<f64> {
    let (frauds, _) = totals(scored);
    let (mut found, mut alerts, mut sum) = (0, 0, 0.0);
    for level in levels(scored) {
        found += level.frauds;
        alerts += level.frauds + level.honest;
        sum += level.frauds as f64 * (found as f64 / alerts as f64);
    }
    (frauds > 0).then(|| sum / frauds as f64)
}

/// The share of frauds among the `k` highest scores of each day, averaged over days; of equal scores the earlier
/// transaction comes first. A day with fewer than `k` transactions counts as if the rest were false alerts. `None`
/// where there is no day or `k` is 0.
pub fn precision_at(k: usize, scored: &[Scored]) -> Option<f64> {
    let days = by_day(scored);
    let found: usize =
        days.values().map(|day| highest(k, day.clone()).filter(|scored| scored.fraud).count()).sum();
    (k > 0 && !days.is_empty()).then(|| found as f64 / (k * days.len()) as f64)
}

/// Like `precision_at` for cards: a card's score of a day is its highest, it is compromised when one of the day's
/// transactions is a fraud, and once it was found it is blocked and counts on no later day.
pub fn card_precision_at(k: usize, scored: &[Scored]) -> Option<f64> {
    let days = by_day(scored);
    let mut blocked = BTreeSet::new();
    for day in days.values() {
        let found: Vec<u64> =
            highest(k, cards(day.iter().filter(|scored| !blocked.contains(&scored.customer))))
                .filter(|card| card.fraud)
                .map(|card| card.customer)
                .collect();
        blocked.extend(found);
    }
    // A card is found once at most, so those that are blocked are all that were found.
    (k > 0 && !days.is_empty()).then(|| blocked.len() as f64 / (k * days.len()) as f64)
}

/// Transactions of one score.
struct Level {
    frauds: u64,
    honest: u64,
}

/// From the highest score down.
fn levels(scored: &[Scored]) -> Vec<Level> {
    let mut sorted: Vec<&Scored> = scored.iter().collect();
    sorted.sort_by(|one, other| descending(one, other));
    sorted
        .chunk_by(|one, other| one.score == other.score)
        .map(|chunk| {
            let frauds = chunk.iter().filter(|scored| scored.fraud).count() as u64;
            Level { frauds, honest: chunk.len() as u64 - frauds }
        })
        .collect()
}

fn totals(scored: &[Scored]) -> (u64, u64) {
    let frauds = scored.iter().filter(|scored| scored.fraud).count() as u64;
    (frauds, scored.len() as u64 - frauds)
}

fn by_day(scored: &[Scored]) -> BTreeMap<u32, Vec<Scored>> {
    let mut days: BTreeMap<u32, Vec<Scored>> = BTreeMap::new();
    for scored in scored {
        days.entry(scored.day).or_default().push(*scored);
    }
    days
}

/// One item for each card, in the order in which the cards first appear.
fn cards<'a>(day: impl Iterator<Item = &'a Scored>) -> Vec<Scored> {
    let mut cards: Vec<Scored> = Vec::new();
    let mut places: HashMap<u64, usize> = HashMap::new();
    for scored in day {
        let place = *places.entry(scored.customer).or_insert_with(|| {
            cards.push(*scored);
            cards.len() - 1
        });
        cards[place].score = cards[place].score.max(scored.score);
        cards[place].fraud |= scored.fraud;
    }
    cards
}

fn highest(k: usize, mut scored: Vec<Scored>) -> impl Iterator<Item = Scored> {
    scored.sort_by(descending);
    scored.into_iter().take(k)
}

fn descending(one: &Scored, other: &Scored) -> std::cmp::Ordering {
    other.score.total_cmp(&one.score)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `day customer score fraud` a line, where fraud is `F` or `-`.
    fn read(text: &str) -> Vec<Scored> {
        let line = |line: &str| {
            let mut words = line.split_whitespace();
            let mut word = || words.next().unwrap();
            Scored {
                day: word().parse().unwrap(),
                customer: word().parse().unwrap(),
                score: word().parse().unwrap(),
                fraud: word() == "F",
            }
        };
        text.lines().map(str::trim).filter(|text| !text.is_empty()).map(line).collect()
    }

    #[track_caller]
    fn check(measure: impl Fn(&[Scored]) -> Option<f64>, text: &str, expect: Option<f64>) {
        let found = measure(&read(text));
        let near = match (found, expect) {
            (Some(found), Some(expect)) => (found - expect).abs() < 1e-12,
            (found, expect) => found == expect,
        };
        assert!(near, "found {found:?}, expected {expect:?}");
    }

    const RANKED: &str = "0 1 0.9 F
                          0 2 0.8 -
                          0 3 0.7 F
                          0 4 0.2 -";
    const TIED: &str = "0 1 0.5 F
                        0 2 0.5 -
                        0 3 0.1 -";

    #[test]
    fn auc_is_the_share_of_pairs_in_order() {
        check(auc, RANKED, Some(3.0 / 4.0));
        check(auc, TIED, Some(1.5 / 2.0));
        check(auc, "0 1 0.9 F\n0 2 0.8 F", None);
        check(auc, "", None);
    }

    #[test]
    fn average_precision_weighs_each_threshold_with_the_recall_it_adds() {
        // Half of the frauds at precision 1, the other half at 2 of 3.
        check(average_precision, RANKED, Some((1.0 + 2.0 / 3.0) / 2.0));
        // Equal scores are one threshold.
        check(average_precision, TIED, Some(1.0 / 2.0));
        check(average_precision, "0 1 0.9 -", None);
    }

    #[test]
    fn precision_at_k_looks_at_each_day_by_itself() {
        let two_days = "0 1 0.9 F
                        0 2 0.8 -
                        0 3 0.7 F
                        1 4 0.3 F
                        1 5 0.2 F
                        1 6 0.1 F";
        check(|scored| precision_at(2, scored), two_days, Some((1.0 / 2.0 + 2.0 / 2.0) / 2.0));
        check(|scored| precision_at(1, scored), two_days, Some(1.0));
        check(|scored| precision_at(4, scored), two_days, Some((2.0 / 4.0 + 3.0 / 4.0) / 2.0));
        // Of equal scores the first is taken.
        check(|scored| precision_at(1, scored), TIED, Some(1.0));
        check(|scored| precision_at(0, scored), RANKED, None);
        check(|scored| precision_at(1, scored), "", None);
    }

    #[test]
    fn card_precision_counts_a_card_once() {
        // On the first day card 1 has two transactions and is found once; on the second it is blocked, which makes
        // room for card 3, whose score is that of its honest transaction.
        let cards = "0 1 0.9 F
                     0 1 0.8 -
                     0 2 0.7 -
                     0 4 0.6 F
                     1 1 0.9 F
                     1 2 0.8 -
                     1 3 0.7 -
                     1 3 0.1 F
                     1 5 0.2 -";
        check(|scored| card_precision_at(2, scored), cards, Some((1.0 / 2.0 + 1.0 / 2.0) / 2.0));
        check(|scored| card_precision_at(3, scored), cards, Some((2.0 / 3.0 + 1.0 / 3.0) / 2.0));
        check(|scored| card_precision_at(0, scored), cards, None);
    }
}
