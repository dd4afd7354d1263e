//! A client for tests and benches: makes topics, fills them, and reads back what is there. It knows nothing of pipelines.
//! `probe` has what benches measure with: clients that are set as those of pipelines are.

mod probe;

pub use probe::{Feed, Tail, copy};

use std::iter::empty;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::raw::{
    Client, Conf, Consumer, Deliveries, KafkaError, Listener, NewTopic, Outgoing, Place, Producer, Role,
    Scratch,
};

const ASK_MS: i32 = 10_000;

/// A cluster without encryption and login.
pub struct Cluster {
    bootstrap: String,
    answers: Arc<Answers>,
    client: Arc<Client>,
}

/// A message to be sent.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    pub key: Option<String>,
    pub value: Option<Vec<u8>>,
    /// Milliseconds since 1970; 0 is now.
    pub timestamp_ms: i64,
}

/// A message that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub partition: i32,
    pub offset: i64,
    pub key: Option<String>,
    pub value: Option<String>,
    pub headers: Vec<(String, String)>,
    pub timestamp_ms: i64,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Default)]
struct Answers {
    in_flight: AtomicUsize,
    refused: AtomicUsize,
}

impl Listener for Answers {
    fn error(&self, _: KafkaError) {}

    fn delivered(&self, deliveries: Deliveries<'_>) {
        let (mut count, mut refused) = (0, 0);
        for delivery in deliveries {
            count += 1;
            refused += usize::from(delivery.error.is_some());
        }
        self.refused.fetch_add(refused, Ordering::AcqRel);
        self.in_flight.fetch_sub(count, Ordering::AcqRel);
    }
}

impl Cluster {
    pub fn at(bootstrap: &str) -> Cluster {
        let answers = Arc::new(Answers::default());
        let properties = [
            ("bootstrap.servers", bootstrap),
            ("enable.idempotence", "true"),
            ("partitioner", "murmur2_random"),
            ("linger.ms", "5"),
            ("compression.codec", "lz4"),
            ("queue.buffering.max.messages", "0"),
            ("message.max.bytes", "20000000"),
        ];
        let client = Client::new(Role::Producer, conf(&properties), answers.clone()).expect("a client");
        Cluster { bootstrap: bootstrap.into(), answers, client }
    }

    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// A topic that keeps messages however old their timestamps are.
    pub fn create(&self, topic: &str, partitions: i32) {
        self.create_with(topic, partitions, &[("retention.ms", "-1")]);
    }

    pub fn create_with(&self, topic: &str, partitions: i32, config: &[(&str, &str)]) {
        let new = NewTopic { name: topic, partitions, replication: 1, config };
        self.client.create_topic(&new, ASK_MS).unwrap_or_else(|error| panic!("{topic}: {error}"));
        // Known to the controller is not known to everybody.
        let until = Instant::now() + Duration::from_secs(10);
        let is_there = || {
            let has_leader = |partition| self.client.bounds(topic, partition, ASK_MS).is_ok();
            self.client.topic(topic, ASK_MS).is_ok() && (0..partitions).all(has_leader)
        };
        while !is_there() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Whether there is such a topic.
    pub fn has(&self, topic: &str) -> bool {
        self.client.topic(topic, ASK_MS).is_ok()
    }

    /// Sends messages in order and waits until all are acknowledged.
    pub fn send(&self, topic: &str, messages: impl IntoIterator<Item = Sent>) {
        let producer = Producer::new(self.client.clone(), topic).expect("a topic");
        for message in messages {
            let outgoing = Outgoing {
                key: message.key.as_ref().map(String::as_bytes),
                value: message.value.as_deref(),
                timestamp_ms: message.timestamp_ms,
                opaque: 0,
            };
            while self.answers.in_flight.load(Ordering::Acquire) > 200_000 {
                producer.poll(1);
            }
            self.answers.in_flight.fetch_add(1, Ordering::AcqRel);
            producer.send(&outgoing, empty()).unwrap_or_else(|error| panic!("{topic}: {error}"));
            producer.poll(0);
        }
        let until = Instant::now() + Duration::from_secs(60);
        while self.answers.in_flight.load(Ordering::Acquire) > 0 {
            producer.poll(5);
            assert!(Instant::now() < until, "{topic}: no acknowledgement within a minute");
        }
        assert_eq!(self.answers.refused.swap(0, Ordering::AcqRel), 0, "{topic}: messages were refused");
    }

    /// Sends values, each with its key.
    pub fn fill<'m>(&self, topic: &str, messages: impl IntoIterator<Item = (&'m str, String)>) {
        self.send(
            topic,
            messages.into_iter().map(|(key, value)| Sent {
                key: Some(key.into()),
                value: Some(value.into_bytes()),
                timestamp_ms: 0,
            }),
        );
    }

    /// How many messages were ever written to a topic, over all partitions, whatever retention has deleted since.
    pub fn written(&self, topic: &str) -> u64 {
        let facts = self.client.topic(topic, ASK_MS).unwrap_or_else(|error| panic!("{topic}: {error}"));
        let end = |partition| self.client.bounds(topic, partition, ASK_MS).expect("a partition").1 as u64;
        (0..facts.partitions).map(end).sum()
    }

    /// How many messages a topic holds, over all partitions.
    pub fn count(&self, topic: &str) -> u64 {
        let facts = self.client.topic(topic, ASK_MS).unwrap_or_else(|error| panic!("{topic}: {error}"));
        self.count_of(topic, facts.partitions)
    }

    /// The same, where it is known how many partitions there are: one question less.
    pub fn count_of(&self, topic: &str, partitions: i32) -> u64 {
        let ends = (0..partitions).map(|partition| {
            let (low, high) = self.client.bounds(topic, partition, ASK_MS).expect("a partition");
            (high - low) as u64
        });
        ends.sum()
    }

    /// Reads a topic from its beginning: `count` messages, or what has come when the time is over.
    pub fn read(&self, topic: &str, count: usize, within: Duration) -> Vec<Seen> {
        let properties = [
            ("bootstrap.servers", self.bootstrap.as_str()),
            ("group.id", "forebay-testing"),
            ("enable.auto.commit", "false"),
            ("auto.offset.reset", "earliest"),
            ("fetch.wait.max.ms", "50"),
            ("isolation.level", "read_committed"),
        ];
        let client = Client::new(Role::Consumer, conf(&properties), Arc::new(Answers::default()));
        let consumer = Consumer::new(client.expect("a client"));
        let facts = self.client.topic(topic, ASK_MS).unwrap_or_else(|error| panic!("{topic}: {error}"));
        let beginning = |partition| Place::new(topic, partition, -2);
        let places: Vec<Place> = (0..facts.partitions).map(beginning).collect();
        consumer.assign_alone(&places).expect("partitions");
        let (mut seen, mut scratch) = (Vec::new(), Scratch::default());
        let until = Instant::now() + within;
        while seen.len() < count && Instant::now() < until {
            consumer.poll(50, 1000, &mut scratch, |message| {
                if message.is_error() {
                    return;
                }
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                seen.push(Seen {
                    partition: message.partition(),
                    offset: message.offset(),
                    key: message.key().map(text),
                    value: message.value().map(text),
                    headers: message
                        .headers()
                        .iter()
                        .map(|(name, value)| (name.clone(), text(value)))
                        .collect(),
                    timestamp_ms: message.timestamp_ms().unwrap_or(-1),
                });
            });
        }
        seen
    }
}

fn conf(properties: &[(&str, &str)]) -> Conf {
    let mut conf = Conf::new();
    for (name, value) in properties {
        conf.set(name, value).unwrap_or_else(|said| panic!("{said}"));
    }
    conf
}
