//! What a stream of transactions promises, whatever its seed and size.

use std::collections::{HashMap, HashSet};

use forebay_testkit::card::{self, Chargeback, Config, Event, Generator, Rates, Scenario, Transaction};
use forebay_testkit::random::mix;
use proptest::prelude::*;

const DAY_MS: i64 = 86_400_000;

fn events(config: &Config) -> Vec<Event> {
    Generator::new(config.clone()).unwrap().collect()
}

fn transactions(config: &Config) -> Vec<Transaction> {
    let transaction = |event| match event {
        Event::Transaction(transaction) => Some(transaction),
        Event::Chargeback(_) => None,
    };
    events(config).into_iter().filter_map(transaction).collect()
}

fn chargebacks(events: &[Event]) -> Vec<Chargeback> {
    let chargeback = |event: &Event| match event {
        Event::Transaction(_) => None,
        Event::Chargeback(chargeback) => Some(*chargeback),
    };
    events.iter().filter_map(chargeback).collect()
}

fn small() -> Config {
    Config { seed: 7, customers: 200, terminals: 300, days: 40, ..Config::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_stream_is_in_order_and_each_report_belongs_to_a_fraud(
        seed: u64, customers in 1..60u32, terminals in 1..80u32, days in 1..25u32, rate in 0..200_000u32,
    ) {
        let rates =
            Rates { large_amounts: rate, terminals: rate, customers: rate, tests: rate, nights: rate, unreported: rate };
        let config = Config { seed, customers, terminals, days, rates, ..Config::default() };
        let all = events(&config);
        let mut frauds = HashMap::new();
        let mut ids = HashSet::new();
        let mut before = (i64::MIN, 0);
        for event in &all {
            let place = match event {
                Event::Chargeback(chargeback) => {
                    let fraud: Transaction = frauds.remove(&chargeback.id).expect("a fraud, reported once");
                    prop_assert_eq!(chargeback.terminal, fraud.terminal);
                    prop_assert_eq!(chargeback.reported_ms % 1_000, 0);
                    let after_ms = chargeback.reported_ms - fraud.at_ms;
                    prop_assert!((7 * DAY_MS..9 * DAY_MS + 1_000).contains(&after_ms), "{} ms", after_ms);
                    (event.at_ms(), 0)
                }
                Event::Transaction(transaction) => {
                    prop_assert!(ids.insert(transaction.id), "ids are unique");
                    prop_assert!(transaction.customer < customers && transaction.terminal < terminals);
                    prop_assert!(transaction.amount_cents >= 50);
                    let day = (transaction.at_ms - config.start_ms).div_euclid(DAY_MS);
                    prop_assert!((0..i64::from(days)).contains(&day));
                    if transaction.fraud.is_some() {
                        frauds.insert(transaction.id, *transaction);
                    }
                    (event.at_ms(), 1)
                }
            };
            prop_assert!(place >= before, "chargebacks come before transactions of the same instant");
            before = place;
        }
    }
}

/// The digest of the demo's first days: whoever changes the stream changes this line and trains the model again.
#[test]
fn the_stream_is_the_same_on_every_platform() {
    let mut digest = 0;
    let mut line = Vec::new();
    for event in events(&small()) {
        line.clear();
        match event {
            Event::Transaction(transaction) => {
                transaction.write_json(&mut line);
                transaction.write_truth(&mut line);
            }
            Event::Chargeback(chargeback) => chargeback.write_json(&mut line),
        }
        digest = line.iter().fold(digest, |digest, &byte| mix(digest ^ u64::from(byte)));
    }
    assert_eq!(format!("{digest:016x}"), "2d6d7ab3bee676f1");
}

/// Instants that two records share are rare, so here everything is a fraud and reported.
#[test]
fn chargebacks_come_before_transactions_of_the_same_instant() {
    let rates = Rates { large_amounts: 1_000_000, unreported: 0, ..Rates::default() };
    let all = events(&Config { seed: 7, days: 12, rates, ..Config::default() });
    let shared: Vec<bool> = all
        .windows(2)
        .filter(|pair| pair[0].at_ms() == pair[1].at_ms())
        .filter_map(|pair| match pair {
            [Event::Chargeback(_), Event::Transaction(_)] => Some(true),
            [Event::Transaction(_), Event::Chargeback(_)] => Some(false),
            _ => None,
        })
        .collect();
    assert!(!shared.is_empty() && shared.iter().all(|&first| first), "{shared:?}");
}

#[test]
fn more_days_do_not_change_the_days_before() {
    let short = transactions(&small());
    let long = transactions(&Config { days: 60, ..small() });
    assert!(long.len() > short.len());
    assert_eq!(short, long[..short.len()]);
    assert_ne!(short, transactions(&Config { seed: 8, ..small() })[..short.len()]);
}

/// Shares of the default stream, in thousandths of a percent of the transactions.
#[test]
fn every_kind_of_fraud_occurs_and_none_dominates() {
    let all = transactions(&Config { days: 60, ..Config::default() });
    let share = |count: usize| count * 100_000 / all.len();
    let frauds = all.iter().filter(|transaction| transaction.fraud.is_some()).count();
    assert!((500..1_000).contains(&share(frauds)), "{} of 100,000 are frauds", share(frauds));
    for scenario in Scenario::ALL {
        let count = all.iter().filter(|transaction| transaction.fraud == Some(scenario)).count();
        assert!(
            (20..frauds).contains(&count) && count < frauds / 2,
            "{count} of {frauds}: {}",
            scenario.name()
        );
        assert!(share(count) >= 30, "{} of 100,000: {}", share(count), scenario.name());
    }
}

#[test]
fn some_frauds_are_never_reported() {
    let rates = Rates { unreported: 300_000, ..Rates::default() };
    let all = events(&Config { customers: 2_000, rates, ..small() });
    let is_fraud =
        |event: &&Event| matches!(event, Event::Transaction(transaction) if transaction.fraud.is_some());
    let (frauds, reported) = (all.iter().filter(is_fraud).count(), chargebacks(&all).len());
    let percent = reported * 100 / frauds;
    assert!((60..80).contains(&percent), "{reported} of {frauds}");
}

#[test]
fn habits_show() {
    let all = transactions(&small());
    let honest: Vec<&Transaction> = all.iter().filter(|transaction| transaction.fraud.is_none()).collect();
    let night = honest.iter().filter(|transaction| transaction.at_ms % DAY_MS < 7 * 3_600_000).count();
    assert!((5..15).contains(&(night * 100 / honest.len())), "{night} of {} before seven", honest.len());
    // Whoever pays a few times a day goes to the same dozen places, and sometimes elsewhere.
    let mut visits: HashMap<u32, Vec<u32>> = HashMap::new();
    for transaction in &honest {
        visits.entry(transaction.customer).or_default().push(transaction.terminal);
    }
    let often: Vec<&Vec<u32>> = visits.values().filter(|visits| visits.len() > 100).collect();
    assert!(often.len() > 10);
    for visits in often {
        let places: HashSet<u32> = visits.iter().copied().collect();
        assert!(
            (2..=visits.len() / 4).contains(&places.len()),
            "{} visits to {}",
            visits.len(),
            places.len()
        );
    }
}

#[test]
fn a_wrong_configuration_says_what_is_wrong() {
    let rates = Rates { nights: 1_000_001, ..Rates::default() };
    for (config, expect) in [
        (Config { customers: 0, ..small() }, "`customers` and `terminals` are 1 or more"),
        (Config { start_ms: 5, ..small() }, "`start_ms` is midnight UTC, and 5 is not: round it to a day"),
        (Config { days: 0, ..small() }, "`days` is 1 to 2907786 from that start, and not 0"),
        (Config { days: u32::MAX, ..small() }, "`days` is 1 to 2907786 from that start, and not 4294967295"),
        (
            Config { start_ms: -DAY_MS, ..small() },
            "the days lie between 1970 and 9987: choose another `start_ms`",
        ),
        (
            Config { start_ms: i64::MAX / DAY_MS * DAY_MS, ..small() },
            "the days lie between 1970 and 9987: choose another `start_ms`",
        ),
        (Config { rates, ..small() }, "rates are numbers in a million, and 1000001 is more than that"),
    ] {
        let error = Generator::new(config).unwrap_err().to_string();
        assert!(error.ends_with(expect), "{error}");
    }
}

#[test]
fn files_hold_what_the_generator_yields() {
    let folder = tempfile::tempdir().unwrap();
    let summary = card::write(Generator::new(small()).unwrap(), folder.path()).unwrap();
    let all = events(&small());
    let (mut transactions, mut truth, mut reports) = (Vec::new(), Vec::new(), Vec::new());
    for event in &all {
        match event {
            Event::Transaction(transaction) => {
                transaction.write_json(&mut transactions);
                transaction.write_truth(&mut truth);
            }
            Event::Chargeback(chargeback) => chargeback.write_json(&mut reports),
        }
    }
    for (name, expect) in
        [(card::TRANSACTIONS, transactions), (card::CHARGEBACKS, reports), (card::TRUTH, truth)]
    {
        assert!(std::fs::read(folder.path().join(name)).unwrap() == expect, "{name}");
    }
    assert_eq!(summary.transactions + summary.chargebacks, all.len() as u64);
}
