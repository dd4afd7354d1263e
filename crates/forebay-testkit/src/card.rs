//! A stream of card transactions with labelled fraud, from a seed.
//!
//! The model of the world follows the simulator that Le Borgne et al. describe in the "Fraud Detection Handbook":
//! customers with a place, a usual amount and a daily frequency; terminals with a place; customers pay at terminals
//! near them, mostly around noon; and fraud that follows a few known patterns. Added here are large purchases and
//! payments far from home that are honest, card testing, fraud at night, and chargebacks: about a week after a
//! fraud its label arrives as a record of its own, and some never arrive.
//!
//! `Generator` yields both kinds of record in order of time, keeps the population and one day in memory, and gives
//! the same records for the same `Config` on every platform. More days or another place to stop do not change the
//! days before.

mod config;
mod event;
mod files;
mod fraud;
mod generator;
mod json;
mod population;

pub use config::{Config, Error, Rates};
pub use event::{Chargeback, Event, Scenario, Transaction, TxId};
pub use files::{CHARGEBACKS, Summary, TRANSACTIONS, TRUTH, write};
pub use generator::Generator;
