//! Reads scored transactions and tells results that it has seen: `consumer BROKERS TOPIC COUNT`.

use std::collections::HashMap;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use rdkafka::Message;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::message::Headers;
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(10);

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [brokers, topic, count] = args.as_slice() else {
        eprintln!("consumer BROKERS TOPIC COUNT");
        return Ok(ExitCode::from(2));
    };
    let is_whole = read(brokers, topic, count.parse()?)?;
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read(brokers: &str, topic: &str, count: usize) -> Result<bool, Box<dyn Error>> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", format!("example-rust-{topic}"))
        .set("auto.offset.reset", "earliest")
        // Positions are kept when what was read is dealt with, not before.
        .set("enable.auto.commit", "false")
        .set("isolation.level", "read_committed")
        .create()?;
    consumer.subscribe(&[topic])?;
    let mut highest: HashMap<(i32, String), u64> = HashMap::new();
    let (mut seen, mut again) = (0, 0);
    while seen < count
        && let Some(message) = consumer.poll(PATIENCE)
    {
        let message = message?;
        // A message without a value says that its key is gone.
        let Some(value) = message.payload() else { continue };
        let header = |name: &str| -> Option<&str> {
            let header = message.headers()?.iter().find(|header| header.key == name)?;
            std::str::from_utf8(header.value?).ok()
        };
        let stream = header("stream").ok_or("a result names its stream")?.to_string();
        let seq: u64 = header("_seq").ok_or("a result names its number")?.parse()?;
        let known = highest.get(&(message.partition(), stream.clone()));
        if known.is_some_and(|highest| seq <= *highest) {
            again += 1;
            continue;
        }
        highest.insert((message.partition(), stream), seq);
        let value: Value = serde_json::from_slice(value)?;
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_string();
        println!("{} {}", text("tx_id"), text("decision"));
        seen += 1;
    }
    eprintln!("{again} seen before");
    consumer.commit(&consumer.position()?, CommitMode::Sync)?;
    Ok(seen == count)
}
