//! What a stream of transactions depends on: all of it, so equal values give equal streams.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub seed: u64,
    pub customers: u32,
    pub terminals: u32,
    /// Midnight UTC of the first day.
    pub start_ms: i64,
    pub days: u32,
    pub rates: Rates,
}

/// How often fraud happens, each as a number in a million.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Of the customers' own transactions: replaced by a very large one far from home.
    pub large_amounts: u32,
    /// Of the terminals, a day: beginning to copy cards, for weeks.
    pub terminals: u32,
    /// Of the customers, a day: the card's details known to a thief for two weeks.
    pub customers: u32,
    /// Of the customers, a day: the card tested with tiny amounts, then used for a large one.
    pub tests: u32,
    /// Of the customers, a day: the card used in the night.
    pub nights: u32,
    /// Of the frauds: never reported.
    pub unreported: u32,
}

/// Why a configuration describes no stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    why: String,
}

pub(super) const DAY_MS: i64 = 86_400_000;

impl Default for Config {
    /// 90 days from 2026-01-01 of as many people and places as the reference has.
    fn default() -> Config {
        Config {
            seed: 1,
            customers: 5_000,
            terminals: 10_000,
            start_ms: 1_767_225_600_000,
            days: 90,
            rates: Rates::default(),
        }
    }
}

impl Default for Rates {
    /// About 0.85 % of all transactions are frauds, and no pattern makes up more than half of them.
    fn default() -> Rates {
        Rates {
            large_amounts: 500,
            terminals: 200,
            customers: 500,
            tests: 300,
            nights: 800,
            unreported: 50_000,
        }
    }
}

impl Config {
    /// Says what keeps a stream from being generated, before anything is.
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |why: String| Err(Error { why });
        if self.customers == 0 || self.terminals == 0 {
            return refuse("`customers` and `terminals` are 1 or more".into());
        }
        if self.start_ms % DAY_MS != 0 {
            return refuse(format!(
                "`start_ms` is midnight UTC, and {} is not: round it to a day",
                self.start_ms
            ));
        }
        // Years stay below 10,000, so that every date has four digits.
        const FIRST_MS: i64 = 0;
        const LAST_MS: i64 = 253_000_000_000_000;
        let most = LAST_MS.saturating_sub(self.start_ms) / DAY_MS;
        if self.start_ms < FIRST_MS || most < 1 {
            return refuse("the days lie between 1970 and 9987: choose another `start_ms`".into());
        }
        if !(1..=most).contains(&i64::from(self.days)) {
            return refuse(format!("`days` is 1 to {most} from that start, and not {}", self.days));
        }
        let Rates { large_amounts, terminals, customers, tests, nights, unreported } = self.rates;
        match [large_amounts, terminals, customers, tests, nights, unreported]
            .iter()
            .find(|&&rate| rate > 1_000_000)
        {
            Some(rate) => refuse(format!("rates are numbers in a million, and {rate} is more than that")),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no transactions can be generated: {}", self.why)
    }
}

impl std::error::Error for Error {}
