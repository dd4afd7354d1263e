//! What benches measure with. Its clients have the very settings of those of sources and sinks, so that what is compared with
//! a pipeline differs from it by the pipeline alone.

use std::iter::empty;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Answers;
use crate::connection::Connection;
use crate::raw::{self, Client, Consumer, KafkaError, Outgoing, Place, Producer, Role, Scratch};
use crate::{sink, source};

/// Messages that may wait for their acknowledgement, as in a sink.
const UNDER_WAY: usize = 64 << 10;
/// Where a partition begins, and where it ends.
const BEGINNING: i64 = -2;
const END: i64 = -1;

/// Brings everything from one topic to another with as little as librdkafka allows, for ever; gives why it cannot go on.
pub fn copy(bootstrap: &str, from: &str, to: &str, partitions: i32) -> KafkaError {
    let consumer = consumer(bootstrap, from, partitions, BEGINNING);
    let (producer, answers) = producer(bootstrap, to);
    raw::copy(&consumer, &producer, &answers.in_flight, UNDER_WAY)
}

/// Sends messages to a topic, and does not wait for answers.
pub struct Feed {
    producer: Producer,
    answers: Arc<Answers>,
}

impl Feed {
    pub fn new(bootstrap: &str, topic: &str) -> Feed {
        let (producer, answers) = producer(bootstrap, topic);
        Feed { producer, answers }
    }

    pub fn send(&self, key: &[u8], value: &[u8], timestamp_ms: i64) -> Result<(), KafkaError> {
        let (key, value) = (Some(key), Some(value));
        self.answers.in_flight.fetch_add(1, Ordering::AcqRel);
        self.producer.send(&Outgoing { key, value, timestamp_ms, opaque: 0 }, empty())
    }

    /// Takes answers that have come.
    pub fn look(&self) {
        self.producer.poll(0);
    }

    /// Messages that were not acknowledged yet, and those that never will be.
    pub fn left(&self) -> (usize, usize) {
        (self.answers.in_flight.load(Ordering::Acquire), self.answers.refused.load(Ordering::Acquire))
    }
}

/// Reads what is written to a topic from now on.
pub struct Tail {
    consumer: Consumer,
    scratch: Scratch,
}

impl Tail {
    pub fn new(bootstrap: &str, topic: &str, partitions: i32) -> Tail {
        Tail { consumer: consumer(bootstrap, topic, partitions, END), scratch: Scratch::default() }
    }

    /// Waits for messages and gives the value of each.
    pub fn poll(&mut self, timeout_ms: i32, mut each: impl FnMut(&[u8])) {
        self.consumer.poll(timeout_ms, 1024, &mut self.scratch, |message| {
            if !message.is_error() {
                each(message.value().unwrap_or_default());
            }
        });
    }
}

fn consumer(bootstrap: &str, topic: &str, partitions: i32, from: i64) -> Consumer {
    let conf = source::conf(&Connection::plain(bootstrap), "forebay-probe", "probe");
    let conf = conf.unwrap_or_else(|fault| panic!("{fault}"));
    let client = Client::new(Role::Consumer, conf, Arc::new(Answers::default())).expect("a client");
    let consumer = Consumer::new(client);
    let places: Vec<Place> = (0..partitions).map(|partition| Place::new(topic, partition, from)).collect();
    consumer.assign_alone(&places).unwrap_or_else(|error| panic!("{topic}: {error}"));
    consumer
}

fn producer(bootstrap: &str, topic: &str) -> (Producer, Arc<Answers>) {
    let conf = sink::conf(&Connection::plain(bootstrap), "probe").unwrap_or_else(|fault| panic!("{fault}"));
    let answers = Arc::new(Answers::default());
    let client = Client::new(Role::Producer, conf, answers.clone()).expect("a client");
    let producer = Producer::new(client, topic).unwrap_or_else(|error| panic!("{topic}: {error}"));
    (producer, answers)
}
