//! The records that come out, and what is known of them besides.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Transaction(Transaction),
    Chargeback(Chargeback),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transaction {
    pub id: TxId,
    pub customer: u32,
    pub terminal: u32,
    pub amount_cents: u32,
    pub at_ms: i64,
    /// The truth, which no pipeline gets to see: how it is a fraud, if it is one.
    pub fraud: Option<Scenario>,
}

/// A fraud that was reported. Ordered by when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Chargeback {
    /// A whole second.
    pub reported_ms: i64,
    pub id: TxId,
    pub terminal: u32,
}

/// Unique within a stream; written as 16 hexadecimal digits without any order in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TxId(pub u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scenario {
    /// A very large amount, far from home.
    LargeAmount,
    /// A terminal that copies cards: for weeks, most that is paid there is fraud, with amounts as usual.
    Terminal,
    /// A card in foreign hands for two weeks: a third of its transactions are several times as large as usual.
    Customer,
    /// Many tiny amounts within minutes at one terminal, then one large one.
    CardTest,
    /// A few payments in one night, anywhere.
    Night,
}

impl Event {
    pub fn at_ms(&self) -> i64 {
        match self {
            Event::Transaction(transaction) => transaction.at_ms,
            Event::Chargeback(chargeback) => chargeback.reported_ms,
        }
    }
}

impl Scenario {
    pub const ALL: [Scenario; 5] =
        [Scenario::LargeAmount, Scenario::Terminal, Scenario::Customer, Scenario::CardTest, Scenario::Night];

    pub fn name(self) -> &'static str {
        match self {
            Scenario::LargeAmount => "large_amount",
            Scenario::Terminal => "terminal",
            Scenario::Customer => "customer",
            Scenario::CardTest => "card_test",
            Scenario::Night => "night",
        }
    }
}

impl fmt::Display for TxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
