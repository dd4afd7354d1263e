//! Kafka in and out: the `kafka` source and the `kafka` sink.
//!
//! Reading order: `raw` is the border to librdkafka; `connection` is what a client is made from and `trouble` what its errors mean;
//! `source` says what the source takes, `source/fetch` is the thread that is a member of the group, with `source/start` for where a
//! partition goes on, `source/partition` for what is fetched and not read and `source/reader` for messages as columns; `sink` says
//! what the sink takes, `sink/message` makes messages, `sink/write` sends them, with `sink/legs` for which epoch's are
//! acknowledged, `sink/underway` for how much is under way and `sink/outbound` for what stands in its way. `live` is what can be asked before anything runs; `letters` is for
//! those who look at a topic while no pipeline of it has to run: it reads what is there, and sends messages again.
//!
//! What holds:
//! - A position is committed only when every message that was made up to there is acknowledged by all replicas in sync.
//! - What is fetched ahead and what waits for its acknowledgement is bounded; nobody is evicted from the group for being slow.
//! - A partition, a topic or a cluster that is away is waited for, and the wait is said and counted.

mod raw;

mod connection;
mod trouble;

mod source;
mod sink;

pub mod letters;
pub mod live;
pub mod testing;

pub use sink::SINK;
pub use source::SOURCE;

use forebay_stage::{Factory, Make};

/// The kinds of this crate with the ways to make them.
pub fn factories() -> Vec<Factory> {
    vec![
        Factory { kind: &SOURCE, make: Make::Source(source::make) },
        Factory { kind: &SINK, make: Make::Sink(sink::make) },
    ]
}
