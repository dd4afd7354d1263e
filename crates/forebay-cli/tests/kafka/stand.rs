//! A desk with a connection to a broker, topics of its own, and a pipeline between them.

use std::time::Duration;

use forebay_kafka::testing::{Cluster, Seen, Sent};
use forebay_testkit::broker::{Broker, fresh_name};

use crate::desk::{Desk, Going, signal, wait_for};

pub struct Stand {
    pub desk: Desk,
    pub cluster: Cluster,
    /// Topics that no other test has.
    pub input: String,
    pub output: String,
    pub dead: String,
}

/// What a test changes of the pipeline: texts in its place.
#[derive(Default)]
pub struct Change<'c> {
    /// Beside `delivery`.
    pub spec: &'c str,
    /// Behind `start`, in the source.
    pub source: &'c str,
    pub stages: &'c str,
    /// What the sink reads; `tx` where nothing is said.
    pub reads: &'c str,
    /// Behind `key`, in the sink.
    pub sink: &'c str,
    pub columns: &'c str,
}

/// A stage with state by card, for `Change::stages`.
pub const WINDOW: &str =
    "    habits: { input: tx, window_features: { by: card, windows: [1h], emit: { paid: count() } } }";

impl Stand {
    /// On the broker that tests share.
    pub fn new(partitions: i32) -> Stand {
        let broker = Broker::shared().unwrap_or_else(|error| panic!("{error}"));
        Stand::on(broker.bootstrap(), partitions)
    }

    pub fn on(bootstrap: &str, partitions: i32) -> Stand {
        let stand = Stand {
            desk: Desk::new(),
            cluster: Cluster::at(bootstrap),
            input: fresh_name("in"),
            output: fresh_name("out"),
            dead: fresh_name("dead"),
        };
        stand.cluster.create(&stand.input, partitions);
        stand.cluster.create(&stand.output, partitions);
        stand.cluster.create(&stand.dead, 1);
        stand.connection(&format!("brokers: [{bootstrap}]"));
        stand
    }

    /// The connection `here`, with these fields.
    pub fn connection(&self, kafka: &str) {
        self.desk.write(
            "configs/connections/here.yaml",
            &format!(
                "apiVersion: forebay.dev/v1alpha1\nkind: Connection\nmetadata: {{ name: here }}\nspec: {{ kafka: {{ {kafka} }} }}\n"
            ),
        );
    }

    /// Writes `pay.yaml`: payments in, payments out, what is rejected to the topic of dead letters.
    pub fn pipeline(&self, change: &Change<'_>) {
        let Change { spec, source, stages, reads, sink, columns } = change;
        let reads = if reads.is_empty() { "tx" } else { reads };
        let columns = if columns.is_empty() { "[id, card, amount, ts]" } else { columns };
        let stages = if stages.is_empty() { String::new() } else { format!("  stages:\n{stages}\n") };
        let Stand { input, output, dead, .. } = self;
        self.desk.write(
            "pay.yaml",
            &format!(
                "\
apiVersion: forebay.dev/v1alpha1
kind: Pipeline
metadata: {{ name: pay, namespace: {input} }}
spec:
  delivery: at_least_once
{spec}
  sources:
    tx:
      kafka: {{ connection: here, topic: {input}, key: card, start: earliest{source} }}
      schema: {{ id: u64, card: u64, amount: decimal(2), ts: timestamp(ms) }}
      event_time: {{ column: ts, max_ahead: 36500d }}
{stages}  sinks:
    out:
      input: {reads}
      kafka: {{ connection: here, topic: {output}, key: card{sink} }}
      columns: {columns}
    dead: {{ input: rejected, kafka: {{ connection: here, topic: {dead} }} }}
"
            ),
        );
    }

    /// Fills the input with the payments of these numbers.
    pub fn pay(&self, ids: std::ops::Range<u64>) {
        self.cluster.send(&self.input, ids.map(payment));
    }

    pub fn run(&self, arguments: &str) -> Going {
        self.desk.start(&format!("run pay.yaml {arguments}"))
    }

    /// The payments that have come out, once there are so many different ones.
    pub fn out(&self, ids: usize) -> Vec<Seen> {
        self.read(&self.output, ids)
    }

    pub fn dead(&self, letters: usize) -> Vec<Seen> {
        self.read(&self.dead, letters)
    }

    fn read(&self, topic: &str, different: usize) -> Vec<Seen> {
        wait_for(&format!("{different} messages of {topic}"), || {
            let seen = self.cluster.read(topic, usize::MAX, Duration::from_millis(600));
            let mut values: Vec<_> = seen.iter().map(|seen| &seen.value).collect();
            values.sort();
            values.dedup();
            (values.len() >= different).then_some(seen)
        })
    }
}

/// Ends a run as its user does, and gives what it printed.
pub fn drain(going: Going) -> crate::desk::Ended {
    signal(going.parent(), rustix::process::Signal::INT);
    going.end()
}

/// A name that nobody has had before.
pub fn fresh(stem: &str) -> String {
    fresh_name(stem)
}

pub fn payment(id: u64) -> Sent {
    let (card, ts) = (id * 7 % 20, 1_767_225_600_000 + id * 1_000);
    let value = format!("{{\"id\":{id},\"card\":{card},\"amount\":{}.50,\"ts\":{ts}}}", id % 60);
    Sent { key: Some(card.to_string()), value: Some(value.into_bytes()), timestamp_ms: ts as i64 }
}
