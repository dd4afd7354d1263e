//! `kafka`: from topic to topic on a real Kafka, which shares the machine with whatever is measured.
//!
//! What is measured is a process of its own, and it is measured from outside in the same way whatever it is: how much came to
//! its topic, and what the system says that its threads and the broker's took. Peers take turns with Forebay in one run.
//!
//! Reading order: `stand` is the broker with a topic of transactions; `process` is what is measured and `watch` measures it;
//! `forebay` and `streams` start Forebay and Kafka Streams. `pass` compares what passes everything on with a bare loop on the
//! client library, `fraud` scores card transactions beside Kafka Streams, `latency` measures at a pace.

mod stand;
mod process;
mod watch;
mod forebay;
mod streams;
mod pass;
mod fraud;
mod latency;

use std::process::ExitCode;

use crate::Wanted;
use crate::failure::Failure;
use crate::row::Rows;
use stand::{PARTITIONS, Stand, TRANSACTIONS};

pub const CASES: &[&str] = &["pass", "fraud", "latency"];

pub fn run(wanted: &Wanted, rows: &mut Rows) -> Result<(), Failure> {
    let stand = Stand::start()?;
    if wanted.has("pass") {
        pass::measure(&stand, rows)?;
    }
    if wanted.has("fraud") {
        fraud::measure(&stand, rows)?;
    }
    if wanted.has("latency") {
        latency::measure(&stand, rows)?;
    }
    Ok(())
}

/// The word by which this program is called to be the bare loop, in a process of its own.
pub const BARE: &str = "bare-copy";

/// The bare loop, from the transactions to a topic, until the process is ended.
pub fn bare(arguments: &[&str]) -> ExitCode {
    let [bootstrap, to] = arguments else { return ExitCode::from(2) };
    let why = forebay_kafka::testing::copy(bootstrap, TRANSACTIONS, to, PARTITIONS);
    eprintln!("the bare loop cannot go on: {why}");
    ExitCode::FAILURE
}
