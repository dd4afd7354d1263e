//! A broker with what everything here reads: transactions of the project's own generator and the chargebacks that belong to
//! them, in the order in which they happened.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use forebay_kafka::testing::{Cluster, Sent};
use forebay_testkit::broker::{Broker, Options};
use forebay_testkit::card::{Config, Event, Generator, Transaction};

use crate::failure::Failure;
use crate::machine;

/// Topics as `pipelines/card-fraud.yaml` names them.
pub const TRANSACTIONS: &str = "transactions";
pub const CHARGEBACKS: &str = "chargebacks";
const DEAD: &str = "card-fraud-dead";
/// Without anything in them.
pub const NO_CHARGEBACKS: &str = "no-chargebacks";

pub const PARTITIONS: i32 = 4;
/// Every message of the topic has so many bytes, its key not counted.
pub const MESSAGE_BYTES: usize = 200;
/// Gives two million transactions with the generator's other defaults.
const CUSTOMERS: u32 = 10_500;

pub struct Stand {
    broker: Broker,
    pub cluster: Cluster,
    pub folder: PathBuf,
    /// Transactions in the topic.
    pub messages: u64,
    topics: Cell<u32>,
}

impl Stand {
    pub fn start() -> Result<Stand, Failure> {
        eprintln!("starting a broker");
        // Weeks of events come within seconds, and a segment ends a week of event time after it began: that would be every three
        // seconds at 50,000 a second, in all partitions at once, for some 40 ms each time.
        let properties = vec![("log.roll.ms".into(), "3153600000000".into())];
        let broker = Broker::start(Options { properties, ..Options::bench() }).map_err(Failure::new)?;
        let folder = machine::empty_folder("kafka")?;
        let cluster = Cluster::at(&broker.bootstrap());
        write_configs(&folder, &broker.bootstrap())?;
        cluster.create(TRANSACTIONS, PARTITIONS);
        for topic in [CHARGEBACKS, DEAD, NO_CHARGEBACKS] {
            cluster.create(topic, 1);
        }
        eprintln!("filling the topic of transactions");
        let mut chargebacks = Vec::new();
        let transactions = events()?.filter_map(|event| match event {
            Event::Transaction(transaction) => Some(message(&transaction)),
            Event::Chargeback(chargeback) => {
                let mut value = Vec::new();
                chargeback.write_json(&mut value);
                value.pop();
                let key = Some(chargeback.terminal.to_string());
                chargebacks.push(Sent { key, value: Some(value), timestamp_ms: chargeback.reported_ms });
                None
            }
        });
        cluster.send(TRANSACTIONS, transactions);
        cluster.send(CHARGEBACKS, chargebacks);
        let messages = cluster.count(TRANSACTIONS);
        eprintln!("{messages} transactions of {MESSAGE_BYTES} bytes in {PARTITIONS} partitions");
        Ok(Stand { broker, cluster, folder, messages, topics: Cell::new(0) })
    }

    pub fn bootstrap(&self) -> String {
        self.broker.bootstrap()
    }

    pub fn broker_pid(&self) -> Result<u32, Failure> {
        self.broker.pid().ok_or_else(|| Failure::new("the broker has ended"))
    }

    /// A topic to write to that is empty.
    pub fn topic(&self, stem: &str) -> String {
        self.topics.set(self.topics.get() + 1);
        let name = format!("{stem}-{}", self.topics.get());
        self.cluster.create(&name, PARTITIONS);
        name
    }

    /// An empty folder for the state of a process.
    pub fn empty_state(&self) -> Result<PathBuf, Failure> {
        let folder = self.folder.join("state");
        // It may not be there.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).map_err(Failure::doing(format!("make {}", folder.display())))?;
        Ok(folder)
    }
}

/// Transactions and chargebacks, in order of time.
pub fn events() -> Result<impl Iterator<Item = Event>, Failure> {
    let config = Config { customers: CUSTOMERS, ..Config::default() };
    Generator::new(config).map_err(Failure::doing("make the transactions"))
}

/// A transaction as a message: the columns of the pipeline, and a note that brings it to its length.
pub fn message(transaction: &Transaction) -> Sent {
    let mut value = Vec::with_capacity(MESSAGE_BYTES);
    transaction.write_json(&mut value);
    // Without the end of its line and of the object.
    value.truncate(value.len() - 2);
    value.extend_from_slice(b",\"note\":\"");
    value.resize(MESSAGE_BYTES - 2, b'x');
    value.extend_from_slice(b"\"}");
    let key = Some(transaction.customer.to_string());
    Sent { key, value: Some(value), timestamp_ms: transaction.at_ms }
}

/// `configs/` for the pipelines: the repository's own models, and this broker for the connection `payments`.
fn write_configs(folder: &Path, bootstrap: &str) -> Result<(), Failure> {
    let configs = folder.join("configs");
    let models = machine::root().join("configs/models");
    let failed = || Failure::doing(format!("write {}", configs.display()));
    fs::create_dir_all(configs.join("connections")).map_err(failed())?;
    std::os::unix::fs::symlink(&models, configs.join("models")).map_err(failed())?;
    let text = format!(
        "apiVersion: forebay.dev/v1alpha1\nkind: Connection\nmetadata: {{ name: payments }}\n\
         spec: {{ kafka: {{ brokers: [\"{bootstrap}\"] }} }}\n"
    );
    fs::write(configs.join("connections/payments.yaml"), text).map_err(failed())
}

#[cfg(test)]
mod tests {
    use forebay_testkit::card::TxId;

    use super::*;

    #[test]
    fn a_message_is_json_of_its_length() {
        let transaction = Transaction {
            id: TxId(0x2a),
            customer: 7,
            terminal: 9,
            amount_cents: 1_205,
            at_ms: 1_767_225_600_000,
            fraud: None,
        };
        let Sent { key, value, timestamp_ms } = message(&transaction);
        let value = value.unwrap();
        assert_eq!(
            (key.as_deref(), value.len(), timestamp_ms),
            (Some("7"), MESSAGE_BYTES, 1_767_225_600_000)
        );
        let json: serde_json::Value = serde_json::from_slice(&value).unwrap();
        assert_eq!(json["tx_id"], "000000000000002a");
        assert_eq!(json["amount"], 12.05);
        assert!(json["note"].as_str().unwrap().bytes().all(|byte| byte == b'x'));
    }
}
