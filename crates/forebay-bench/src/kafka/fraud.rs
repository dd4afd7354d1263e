//! `pipelines/card-fraud.yaml` from topic to topic, beside the same job on Kafka Streams.

use std::time::Duration;

use super::forebay::Forebay;
use super::stand::Stand;
use super::streams::Streams;
use super::watch::{Part, Runs, Seen, TimeOf, watch};
use crate::failure::Failure;
use crate::machine;
use crate::row::{Row, Rows};

const RUNS: usize = 3;
pub const PIPELINE: &str = "pipelines/card-fraud.yaml";

pub fn measure(stand: &Stand, rows: &mut Rows) -> Result<(), Failure> {
    let streams = Streams::build(stand)?;
    let (mut own, mut peer) = (Runs::default(), Runs::default());
    for _ in 0..RUNS {
        own.add("card fraud", one(stand)?);
        peer.add("Kafka Streams", one_of_streams(stand, &streams)?);
    }
    let beside = "Kafka Streams";
    let rate = Row::new("card fraud", own.rate(), "tx/s").beside(beside, peer.rate());
    rows.add(rate.target(">= 120000"))?;
    for (name, own, peer) in
        [("slowest", own.slowest(), peer.slowest()), ("fastest", own.fastest(), peer.fastest())]
    {
        rows.add(Row::new(format!("card fraud, {name} of {RUNS}"), own, "tx/s").beside(beside, peer))?;
    }
    let (own_all, peer_all) = (own.cpu(|seen| seen.process.all), peer.cpu(|seen| seen.process.all));
    rows.add(
        Row::new("card fraud, for each CPU second", 1e6 / own_all, "tx").beside(beside, 1e6 / peer_all),
    )?;
    let times = peer_all / own_all;
    rows.add(Row::new("card fraud, records a CPU second, of Kafka Streams'", times, "times").target(">= 5"))?;
    rows.add(Row::new("card fraud, CPU: whole process", own_all, "s/million").beside(beside, peer_all))?;
    let parts: [(&str, TimeOf); 3] = [
        ("threads of the client", |seen| seen.process.client),
        ("threads of the engine", |seen| seen.process.engine),
        ("all others", |seen| seen.process.all.saturating_sub(seen.process.client + seen.process.engine)),
    ];
    for (name, of) in parts {
        rows.add(Row::new(format!("card fraud, CPU: {name}"), own.cpu(of), "s/million"))?;
    }
    rows.add(
        Row::new("card fraud, CPU: broker", own.cpu(|seen| seen.broker), "s/million")
            .beside(beside, peer.cpu(|seen| seen.broker)),
    )
}

/// One for each core, as the peer has a thread for each.
fn lanes() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// What `--set` says of the pipeline as it stands.
pub fn set(topic: &str) -> Vec<String> {
    let topic = format!("sinks.scored.kafka.topic={topic}");
    vec!["scale=one".into(), "delivery.guarantee=at_least_once".into(), topic]
}

fn one(stand: &Stand) -> Result<Seen, Failure> {
    let topic = stand.topic("scored");
    // At full speed everything waits in a queue, and what waits for too long would be spared the model.
    let set = [set(&topic), vec!["slo.deadline=1h".into()]].concat();
    let mut forebay = Forebay::run(stand, &machine::root().join(PIPELINE), lanes(), &set)?;
    let part = Part { after: stand.messages / 10, warm: Duration::ZERO, at_most: Duration::from_secs(40) };
    let seen = watch(stand, forebay.process(), &topic, &part);
    let seen = seen.map_err(|failure| forebay.explain(failure))?;
    match forebay.drain()? {
        0 => Ok(seen),
        skipped => Err(Failure::new(format!("the model was left out for {skipped} transactions"))),
    }
}

/// It gets half a minute to be compiled by its own machine, and then counts for as long.
fn one_of_streams(stand: &Stand, streams: &Streams) -> Result<Seen, Failure> {
    let topic = stand.topic("streams");
    let mut process = streams.run(stand, &topic)?;
    let part = Part { after: 1, warm: Duration::from_secs(25), at_most: Duration::from_secs(20) };
    watch(stand, &mut process, &topic, &part)
}
