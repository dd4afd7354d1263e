//! How long a transaction takes from being produced to being consumed from the topic of results, at a pace that waits for
//! nobody; and the same without anything in between. Producer and consumer are in this process, by one clock, and have the
//! settings that the source and the sink have.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use forebay_kafka::testing::{Feed, Sent, Tail};
use forebay_testkit::card::Event;
use hdrhistogram::Histogram;

use super::forebay::Forebay;
use super::fraud;
use super::stand::{NO_CHARGEBACKS, PARTITIONS, Stand, events, message};
use crate::failure::Failure;
use crate::machine;
use crate::row::{Row, Rows};

const RUNS: usize = 3;
const PACE: u64 = 50_000;
/// One has time to spare at this pace, and no row crosses to another.
const LANES: usize = 1;
/// What comes within the first of these counts for nothing.
const WARM: Duration = Duration::from_secs(5);
const COUNTS: Duration = Duration::from_secs(10);
/// After the last was sent.
const WITHIN: Duration = Duration::from_secs(20);
/// The id of a transaction within its message.
const ID: std::ops::Range<usize> = 10..26;

pub fn measure(stand: &Stand, rows: &mut Rows) -> Result<(), Failure> {
    let load = Load::new()?;
    let (mut whole, mut client, mut skipped) = (Vec::new(), Vec::new(), 0);
    // The broker's machine compiles its own code meanwhile, on the same processors.
    eprintln!("the pipeline at its pace, once without counting");
    through(stand, &load)?;
    for number in 1..=RUNS {
        client.push(alone(stand, &load)?);
        let (taken, left_out) = through(stand, &load)?;
        whole.push(taken);
        skipped += left_out;
        let p99 = |runs: &[Histogram<u64>]| runs.last().map_or(0.0, |run| millis(run, 0.99));
        eprintln!(
            "run {number} of {RUNS}: p99 {:.2} ms, the client alone {:.2} ms",
            p99(&whole),
            p99(&client)
        );
    }
    let targets =
        [("p50", 0.5, None), ("p99", 0.99, Some("<= 10")), ("p99.9", 0.999, None), ("max", 1.0, None)];
    for (name, quantile, target) in targets {
        let of = |runs: &[Histogram<u64>]| {
            crate::core::median(runs.iter().map(|run| millis(run, quantile)).collect())
        };
        let case = format!("card fraud at {PACE}/s, produced to consumed, {name}");
        let row = Row::new(case, of(&whole), "ms").beside("client alone", of(&client));
        rows.add(if let Some(target) = target { row.target(target) } else { row })?;
    }
    let worst = whole.iter().map(|run| millis(run, 0.99)).fold(0.0, f64::max);
    let of_client = client.iter().map(|run| millis(run, 0.99)).fold(0.0, f64::max);
    let case = format!("card fraud at {PACE}/s, p99 of the worst of {RUNS}");
    rows.add(Row::new(case, worst, "ms").beside("client alone", of_client))?;
    let case = format!("card fraud at {PACE}/s, without a score for lack of time, in {RUNS} runs");
    rows.add(Row::new(case, skipped as f64, "tx"))
}

fn millis(run: &Histogram<u64>, quantile: f64) -> f64 {
    run.value_at_quantile(quantile) as f64 / 1e6
}

/// Without anything in between.
fn alone(stand: &Stand, load: &Load) -> Result<Histogram<u64>, Failure> {
    let topic = stand.topic("alone");
    load.run(stand, &topic, &topic)
}

/// With the pipeline, and for how many its model was left out because they would have been late.
fn through(stand: &Stand, load: &Load) -> Result<(Histogram<u64>, u64), Failure> {
    let (from, to) = (stand.topic("paced"), stand.topic("scored"));
    let mut set = fraud::set(&to);
    set.push(format!("sources.tx.kafka.topic={from}"));
    set.push(format!("sources.chargebacks.kafka.topic={NO_CHARGEBACKS}"));
    let forebay = Forebay::run(stand, &machine::root().join(fraud::PIPELINE), LANES, &set)?;
    let taken = load.run(stand, &from, &to).map_err(|failure| forebay.explain(failure))?;
    Ok((taken, forebay.drain()?))
}

/// What is sent: the first transactions of the stream.
struct Load {
    messages: Arc<Vec<Sent>>,
    /// Where a transaction stands among them.
    places: HashMap<Vec<u8>, usize>,
}

impl Load {
    fn new() -> Result<Load, Failure> {
        let count = PACE as usize * (WARM + COUNTS).as_secs() as usize;
        let transactions = events()?.filter_map(|event| match event {
            Event::Transaction(transaction) => Some(message(&transaction)),
            Event::Chargeback(_) => None,
        });
        let messages: Vec<Sent> = transactions.take(count).collect();
        let id = |message: &Sent| message.value.as_ref().map(|value| value[ID].to_vec()).unwrap_or_default();
        let places = messages.iter().enumerate().map(|(at, message)| (id(message), at)).collect();
        Ok(Load { messages: Arc::new(messages), places })
    }

    /// Sends to one topic and reads from the other; a message that is sent late took longer by that.
    fn run(&self, stand: &Stand, from: &str, to: &str) -> Result<Histogram<u64>, Failure> {
        let mut taken = Histogram::new(3).map_err(Failure::doing("make a histogram"))?;
        let mut tail = Tail::new(&stand.bootstrap(), to, PARTITIONS);
        // It has its partitions.
        tail.poll(1_000, |_| {});
        let began = Instant::now() + Duration::from_millis(100);
        let producer = Pace::start(Feed::new(&stand.bootstrap(), from), self.messages.clone(), began);
        let (mut seen, mut until) = (0, None);
        while seen < self.messages.len() {
            tail.poll(100, |value| {
                seen += 1;
                let now = began.elapsed();
                let Some(at) = value.get(ID).and_then(|id| self.places.get(id)) else { return };
                let due = due(*at);
                if due >= WARM {
                    // A histogram without bounds takes every number.
                    let _ = taken.record(now.saturating_sub(due).as_nanos() as u64);
                }
            });
            if producer.sent.load(Ordering::Acquire) as usize == self.messages.len()
                && *until.get_or_insert(Instant::now() + WITHIN) < Instant::now()
            {
                let (count, of) = (seen, self.messages.len());
                return Err(Failure::new(format!("of {of} messages {count} came within {WITHIN:?}")));
            }
        }
        producer.end()?;
        Ok(taken)
    }
}

/// When a message is to be sent, since the beginning.
fn due(at: usize) -> Duration {
    Duration::from_nanos(at as u64 * 1_000_000_000 / PACE)
}

/// The thread that sends.
struct Pace {
    sent: Arc<AtomicU64>,
    thread: thread::JoinHandle<Result<(), Failure>>,
}

impl Pace {
    fn start(feed: Feed, messages: Arc<Vec<Sent>>, began: Instant) -> Pace {
        let sent = Arc::new(AtomicU64::new(0));
        let counts = sent.clone();
        let life = move || {
            for (at, message) in messages.iter().enumerate() {
                let wait = due(at).saturating_sub(began.elapsed());
                // Those of a millisecond go out together.
                if wait > Duration::ZERO || Instant::now() < began {
                    feed.look();
                    thread::sleep(wait.max(Duration::from_millis(1)));
                }
                let (key, value) = (message.key.as_deref().unwrap_or_default(), message.value.as_deref());
                let done = feed.send(key.as_bytes(), value.unwrap_or_default(), message.timestamp_ms);
                done.map_err(Failure::doing("send a message"))?;
                counts.fetch_add(1, Ordering::Release);
            }
            let until = Instant::now() + WITHIN;
            while feed.left().0 > 0 && Instant::now() < until {
                feed.look();
                thread::sleep(Duration::from_millis(1));
            }
            match feed.left() {
                (0, 0) => Ok(()),
                (waiting, refused) => {
                    Err(Failure::new(format!("{waiting} messages were not answered, {refused} refused")))
                }
            }
        };
        Pace { sent, thread: thread::spawn(life) }
    }

    fn end(self) -> Result<(), Failure> {
        self.thread.join().map_err(|_| Failure::new("the thread that sends panicked"))?
    }
}
