//! Who is compromised on a day, and what thieves do: the patterns behind `Scenario`.

use crate::random::Random;

use super::generator::Draft;
use super::population::{Customer, Population};
use super::{Config, Rates, Scenario};

/// Terminals and customers that are compromised, each up to a day.
#[derive(Debug)]
pub(super) struct Compromised {
    terminals_until: Vec<u32>,
    customers_until: Vec<u32>,
    day: u32,
}

/// Of what is paid at a compromised terminal, in a million.
const TERMINAL_SHARE: u32 = 900_000;
const SECOND_MS: u32 = 1_000;
const HOUR_MS: u32 = 3_600 * SECOND_MS;

impl Compromised {
    pub fn new(config: &Config) -> Compromised {
        Compromised {
            terminals_until: vec![0; config.terminals as usize],
            customers_until: vec![0; config.customers as usize],
            day: 0,
        }
    }

    /// Those who are newly compromised on this day join the others.
    pub fn begin_day(&mut self, day: u32, rates: &Rates, random: &mut Random) {
        self.day = day;
        for _ in 0..random.occurrences(rates.terminals, self.terminals_until.len() as u32) {
            let terminal = random.below(self.terminals_until.len() as u32);
            self.terminals_until[terminal as usize] = day + random.between(14, 28);
        }
        for _ in 0..random.occurrences(rates.customers, self.customers_until.len() as u32) {
            let customer = random.below(self.customers_until.len() as u32);
            self.customers_until[customer as usize] = day + 14;
        }
    }

    /// What becomes of a transaction that a customer was about to make.
    pub fn touch(
        &self,
        draft: &mut Draft,
        who: &Customer,
        people: &Population,
        rates: &Rates,
        random: &mut Random,
    ) {
        if self.terminals_until[draft.terminal as usize] > self.day && random.per_million(TERMINAL_SHARE) {
            draft.fraud = Some(Scenario::Terminal);
        } else if self.customers_until[draft.customer as usize] > self.day && random.below(3) == 0 {
            draft.amount_cents = times_tenths(draft.amount_cents, random.between(30, 80));
            draft.fraud = Some(Scenario::Customer);
        } else if random.per_million(rates.large_amounts) {
            draft.amount_cents = times_tenths(who.mean_cents, random.between(80, 300));
            draft.terminal = people.anywhere(random);
            draft.fraud = Some(Scenario::LargeAmount);
        }
    }
}

/// The day's transactions that no customer had a part in.
pub(super) fn stolen_cards(today: &mut Vec<Draft>, people: &Population, rates: &Rates, random: &mut Random) {
    let customers = people.customers.len() as u32;
    for _ in 0..random.occurrences(rates.tests, customers) {
        test_card(today, random.below(customers), people.anywhere(random), random);
    }
    for _ in 0..random.occurrences(rates.nights, customers) {
        spend_in_the_night(today, random.below(customers), people, random);
    }
}

fn test_card(today: &mut Vec<Draft>, customer: u32, terminal: u32, random: &mut Random) {
    let mut at_ms = random.below(23 * HOUR_MS);
    for _ in 0..random.between(4, 12) {
        let amount_cents = random.between(50, 400);
        today.push(Draft { at_ms, customer, terminal, amount_cents, fraud: Some(Scenario::CardTest) });
        at_ms += random.between(10 * SECOND_MS, 90 * SECOND_MS);
    }
    let amount_cents = random.between(10_000, 60_000);
    today.push(Draft { at_ms, customer, terminal, amount_cents, fraud: Some(Scenario::CardTest) });
}

fn spend_in_the_night(today: &mut Vec<Draft>, customer: u32, people: &Population, random: &mut Random) {
    let who = &people.customers[customer as usize];
    for _ in 0..random.between(2, 4) {
        today.push(Draft {
            at_ms: HOUR_MS + random.below(4 * HOUR_MS),
            customer,
            terminal: people.anywhere(random),
            amount_cents: times_tenths(who.usual_cents(random), random.between(15, 60)),
            fraud: Some(Scenario::Night),
        });
    }
}

pub(super) fn times_tenths(cents: u32, tenths: u32) -> u32 {
    cents * tenths / 10
}
