//! Day by day: everybody's transactions of one day are drawn, put in order of time and handed out, together with the
//! chargebacks that fall due. What is kept is the population, one day and the frauds that are not yet reported.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::random::{Random, mix};

use super::config::DAY_MS;
use super::fraud::{Compromised, stolen_cards, times_tenths};
use super::population::{Customer, Population};
use super::{Chargeback, Config, Error, Event, Scenario, Transaction, TxId};

/// Yields transactions and chargebacks in order of time; at the same instant chargebacks come first. After the last
/// day come the chargebacks that are still due.
#[derive(Debug)]
pub struct Generator {
    config: Config,
    people: Population,
    compromised: Compromised,
    /// The day that is drawn next.
    day: u32,
    today: Vec<Draft>,
    /// How much of `today` has been handed out.
    handed_out: usize,
    /// What the next id is made of.
    sequence: u64,
    due: BinaryHeap<Reverse<Chargeback>>,
    reports: Random,
}

/// A transaction of today. The order of the fields is the order of the day; drafts that are equal in all of them are
/// the same record, so the order is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Draft {
    /// Since midnight.
    pub at_ms: u32,
    pub customer: u32,
    pub terminal: u32,
    pub amount_cents: u32,
    pub fraud: Option<Scenario>,
}

/// Streams of the seed. Days have streams of their own, from `FIRST_DAY` on.
const PEOPLE: u64 = 0;
const REPORTS: u64 = 1;
const IDS: u64 = 2;
const FIRST_DAY: u64 = 16;

const NOON_MS: i64 = DAY_MS / 2;
const AROUND_NOON_MS: i64 = 4 * 3_600_000;
/// Shares in a million of honest transactions that look odd: far from home, and several times the usual amount.
const FAR_AWAY: u32 = 30_000;
const LARGE: u32 = 3_000;

impl Generator {
    pub fn new(config: Config) -> Result<Generator, Error> {
        config.check()?;
        Ok(Generator {
            people: Population::new(&config, Random::new(config.seed, PEOPLE)),
            compromised: Compromised::new(&config),
            day: 0,
            today: Vec::new(),
            handed_out: 0,
            sequence: Random::new(config.seed, IDS).bits(),
            due: BinaryHeap::new(),
            reports: Random::new(config.seed, REPORTS),
            config,
        })
    }

    fn draw_day(&mut self) {
        let random = &mut Random::new(self.config.seed, FIRST_DAY + u64::from(self.day));
        self.compromised.begin_day(self.day, &self.config.rates, random);
        self.today.clear();
        self.handed_out = 0;
        for (customer, who) in self.people.customers.iter().enumerate() {
            for _ in 0..random.count(who.daily_16ths) {
                // What would fall on another day is not made.
                let at_ms = random.bell(NOON_MS, AROUND_NOON_MS);
                if !(0..DAY_MS).contains(&at_ms) {
                    continue;
                }
                let mut draft = honest(at_ms as u32, customer as u32, who, &self.people, random);
                self.compromised.touch(&mut draft, who, &self.people, &self.config.rates, random);
                self.today.push(draft);
            }
        }
        stolen_cards(&mut self.today, &self.people, &self.config.rates, random);
        self.today.sort_unstable();
        self.day += 1;
    }

    fn hand_out(&mut self, draft: Draft, at_ms: i64) -> Event {
        // `mix` maps different numbers to different ones, so ids are unique.
        let id = TxId(mix(self.sequence));
        self.sequence = self.sequence.wrapping_add(1);
        self.handed_out += 1;
        let Draft { customer, terminal, amount_cents, fraud, .. } = draft;
        if fraud.is_some() && !self.reports.per_million(self.config.rates.unreported) {
            let after_ms = 7 * DAY_MS + i64::from(self.reports.between(0, 2 * DAY_MS as u32));
            let reported_ms = (at_ms + after_ms + 999) / 1_000 * 1_000;
            self.due.push(Reverse(Chargeback { reported_ms, id, terminal }));
        }
        Event::Transaction(Transaction { id, customer, terminal, amount_cents, at_ms, fraud })
    }
}

/// What a customer does of their own accord.
fn honest(at_ms: u32, customer: u32, who: &Customer, people: &Population, random: &mut Random) -> Draft {
    let far = random.per_million(FAR_AWAY);
    let terminal = if far { people.anywhere(random) } else { who.usual_terminal(random) };
    let usual = who.usual_cents(random);
    let amount_cents =
        if random.per_million(LARGE) { times_tenths(usual, random.between(30, 70)) } else { usual };
    Draft { at_ms, customer, terminal, amount_cents, fraud: None }
}

impl Iterator for Generator {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        while self.handed_out == self.today.len() && self.day < self.config.days {
            self.draw_day();
        }
        let draft = self.today.get(self.handed_out).map(|&draft| {
            let midnight_ms = self.config.start_ms + i64::from(self.day - 1) * DAY_MS;
            (draft, midnight_ms + i64::from(draft.at_ms))
        });
        let due = self.due.peek().map(|Reverse(chargeback)| chargeback.reported_ms);
        match (draft, due) {
            (Some((draft, at_ms)), due) if due.is_none_or(|due| due > at_ms) => {
                Some(self.hand_out(draft, at_ms))
            }
            _ => self.due.pop().map(|Reverse(chargeback)| Event::Chargeback(chargeback)),
        }
    }
}
