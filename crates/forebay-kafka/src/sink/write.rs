//! The sink itself, on its lane, and the thread that polls the client.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use forebay_stage::batch::Batch;
use forebay_stage::types::{Epoch, StreamId, code};
use forebay_stage::{Fault, FaultKind, Gate, Sealed, Sink, SinkCx, Synced};

use super::MOST_MESSAGE_BYTES;
use super::legs::Leg;
use super::message::{Buffers, Messages};
use super::outbound::Outbound;
use crate::raw::{ErrorCode, KafkaError, Outgoing, Producer};
use crate::trouble::{Trouble, fatal};

/// The record that a message was made from.
type Origin = (StreamId, u64);

/// How long a message that was refused among others may take when it is sent alone.
const ALONE_WITHIN: Duration = Duration::from_secs(10);

pub struct KafkaSink {
    messages: Messages,
    buffers: Buffers,
    outbound: Arc<Outbound>,
    producer: Arc<Producer>,
    poller: Poller,
    /// What is sent now, with the records that its messages were made from.
    leg: Leg,
    origins: Vec<Origin>,
    /// Messages and bytes that were sent and are not counted as such: counting each would cost more than counting a push.
    unsaid: (usize, usize),
    /// Sealed, and not committed.
    sealed: VecDeque<(Epoch, Leg, Vec<Origin>)>,
    /// Undone, and not answered altogether.
    undone: Vec<Leg>,
    /// Memory for `origins`.
    free: Vec<Vec<Origin>>,
    /// Records of which a message was refused: they are sent alone, so that it is known which of a batch was meant.
    suspects: HashSet<Origin>,
}

impl KafkaSink {
    pub fn new(messages: Messages, outbound: Arc<Outbound>, producer: Producer) -> Result<KafkaSink, Fault> {
        let producer = Arc::new(producer);
        let leg = outbound.legs.begin([].iter()).expect("no leg is under way yet");
        Ok(KafkaSink {
            messages,
            buffers: Buffers::default(),
            poller: Poller::start(outbound.clone(), producer.clone())?,
            outbound,
            producer,
            leg,
            origins: Vec::new(),
            unsaid: (0, 0),
            sealed: VecDeque::new(),
            undone: Vec::new(),
            free: Vec::new(),
            suspects: HashSet::new(),
        })
    }

    /// Sends what is in the buffers.
    fn send(&mut self, timestamp_ms: i64, origin: Origin) -> Result<(), KafkaError> {
        let buffers = &self.buffers;
        let message = Outgoing {
            key: buffers.has_key.then_some(&buffers.key),
            value: buffers.has_value.then_some(&buffers.value),
            timestamp_ms,
            opaque: self.outbound.legs.opaque(&self.leg),
        };
        self.producer.send(&message, self.messages.headers(buffers))?;
        self.leg.sent += 1;
        self.unsaid.0 += 1;
        self.unsaid.1 += buffers.value.len() + buffers.key.len();
        self.origins.push(origin);
        Ok(())
    }

    fn say_sent(&mut self) {
        let (messages, bytes) = std::mem::take(&mut self.unsaid);
        self.outbound.sent(messages, bytes);
    }

    /// Sends a message by itself and waits for its answer; says why it was refused, where it was.
    fn send_alone(&mut self, timestamp_ms: i64, origin: Origin) -> Result<Option<KafkaError>, Fault> {
        self.drain()?;
        // Others may have been refused meanwhile, which are not known yet: the next try knows them.
        if self.outbound.legs.has_refused(&self.leg) {
            return Err(refused(&self.outbound));
        }
        let number = self.leg.sent;
        self.send(timestamp_ms, origin).map_err(|error| fatal(&self.outbound.topic.shown(), &error))?;
        self.drain()?;
        let refused = self.outbound.legs.take_refused(&self.leg);
        // It was told as a fault of the sink as well.
        self.outbound.gate.take_fault();
        Ok(refused.into_iter().find(|(at, _)| *at == number).map(|(_, error)| error))
    }

    /// Waits until everything that was sent in this leg is answered.
    fn drain(&mut self) -> Result<(), Fault> {
        self.say_sent();
        let until = Instant::now() + ALONE_WITHIN;
        while !self.outbound.legs.is_answered(&self.leg) {
            if Instant::now() > until {
                let message = format!("{}: no answer within {ALONE_WITHIN:?}", self.outbound.topic.shown());
                return Err(Fault::away(&code::KAFKA_AWAY, message));
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        Ok(())
    }

    fn push_rows(&mut self, cx: &mut SinkCx<'_>, batch: &Batch) -> Result<(), Fault> {
        let batch = self.messages.prepare(batch);
        for row in batch.rows().iter() {
            if let Err(error) = self.messages.write(&batch, row, &mut self.buffers) {
                cx.reject(&batch, row, error.code, error.message);
                continue;
            }
            let size = self.buffers.value.len() + self.buffers.key.len();
            if size > MOST_MESSAGE_BYTES {
                let reason = format!(
                    "the message has {size} bytes, and {MOST_MESSAGE_BYTES} is the most that is sent"
                );
                cx.reject(&batch, row, &code::MESSAGE_TOO_LARGE, reason);
                continue;
            }
            let header = batch.header();
            let origin = header.origin(row);
            let origin = (origin.stream, origin.seq);
            let timestamp_ms = self.messages.timestamp_ms(&batch, row);
            let refused = match self.suspects.contains(&origin) {
                true => self.send_alone(timestamp_ms, origin)?,
                false => self.send(timestamp_ms, origin).err(),
            };
            match refused {
                None => cx.written(&batch, row),
                Some(error) if Trouble::of(error.code) == Trouble::Message => {
                    let code = match error.code {
                        ErrorCode::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE => &code::MESSAGE_TOO_LARGE,
                        _ => &code::MESSAGE_REFUSED,
                    };
                    let place = self.outbound.topic.shown();
                    cx.reject(&batch, row, code, format!("{place} refuses {size} bytes: {error}"));
                }
                Some(error) => {
                    let trouble = Trouble::of(error.code);
                    return Err(Fault::away(
                        trouble.code(),
                        trouble.says(&self.outbound.topic.shown(), &error),
                    ));
                }
            }
        }
        Ok(())
    }

    fn next_leg(&mut self) -> Result<Leg, Fault> {
        let legs = &self.outbound.legs;
        self.undone.retain(|leg| !legs.is_answered(leg));
        let sealed = self.sealed.iter().map(|(_, leg, _)| leg);
        legs.begin(self.undone.iter().chain(sealed).chain([&self.leg])).ok_or_else(|| {
            let message =
                format!("{}: too much that was undone waits for its answer", self.outbound.topic.shown());
            Fault::away(&code::KAFKA_AWAY, message)
        })
    }
}

impl Sink for KafkaSink {
    fn push(&mut self, cx: &mut SinkCx<'_>, batch: &Batch) -> Result<(), Fault> {
        let pushed = self.push_rows(cx, batch);
        self.say_sent();
        pushed
    }

    fn seal(&mut self, epoch: Epoch, _last: bool) -> Result<Sealed, Fault> {
        let next = self.next_leg()?;
        let leg = std::mem::replace(&mut self.leg, next);
        let origins = std::mem::replace(&mut self.origins, self.free.pop().unwrap_or_default());
        self.sealed.push_back((epoch, leg, origins));
        let outbound = self.outbound.clone();
        let sync = move || {
            if !outbound.legs.is_answered(&leg) {
                return Ok(Synced::Waits);
            }
            match outbound.legs.has_refused(&leg) {
                false => Ok(Synced::Done),
                true => Err(refused(&outbound)),
            }
        };
        Ok(Sealed { entry: Vec::new(), sync: Some(Box::new(sync)) })
    }

    fn committed(&mut self, epoch: Epoch) -> Result<(), Fault> {
        while self.sealed.front().is_some_and(|(sealed, ..)| *sealed <= epoch) {
            let Some((.., mut origins)) = self.sealed.pop_front() else { break };
            if !self.suspects.is_empty() {
                origins.iter().for_each(|origin| {
                    self.suspects.remove(origin);
                });
            }
            origins.clear();
            self.free.push(origins);
        }
        Ok(())
    }

    /// What was sent since the last commit stays where it is, and is sent once more.
    fn restore(&mut self, _entry: Option<&[u8]>) -> Result<(), Fault> {
        if let Some(fault) = self.outbound.gate.take_fault().filter(|fault| fault.kind == FaultKind::Fatal) {
            return Err(fault);
        }
        let next = self.next_leg()?;
        let leg = std::mem::replace(&mut self.leg, next);
        let origins = std::mem::take(&mut self.origins);
        let legs = std::mem::take(&mut self.sealed).into_iter().map(|(_, leg, origins)| (leg, origins));
        for (leg, mut origins) in legs.chain([(leg, origins)]) {
            let refused: HashMap<u64, KafkaError> =
                self.outbound.legs.take_refused(&leg).into_iter().collect();
            let is_meant = |error: &KafkaError| Trouble::of(error.code) == Trouble::Message;
            let meant = refused.iter().filter(|(_, error)| is_meant(error));
            self.suspects.extend(meant.filter_map(|(number, _)| origins.get(*number as usize)));
            if !self.outbound.legs.is_answered(&leg) {
                self.undone.push(leg);
            }
            origins.clear();
            self.free.push(origins);
        }
        Ok(())
    }

    fn gate(&self) -> Option<Gate> {
        Some(self.outbound.gate.clone())
    }
}

impl Drop for KafkaSink {
    fn drop(&mut self) {
        self.poller.stop();
        // What is committed is acknowledged; the rest is made again by the next run.
        self.producer.purge();
        self.producer.poll(0);
    }
}

/// Something that was sent will not be written: the epoch is undone, and it is found out what.
fn refused(outbound: &Outbound) -> Fault {
    Fault::away(&code::MESSAGE_REFUSED, format!("{}: messages were refused", outbound.topic.shown()))
}

/// The thread that takes the brokers' answers.
struct Poller {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

const POLL_MS: i32 = 50;

impl Poller {
    fn start(outbound: Arc<Outbound>, producer: Arc<Producer>) -> Result<Poller, Fault> {
        let stop = Arc::new(AtomicBool::new(false));
        let asked = stop.clone();
        let life = move || {
            let mut is_ready = false;
            while !asked.load(Ordering::Acquire) {
                if !is_ready {
                    is_ready = outbound.look_for_topic(producer.client());
                }
                producer.poll(POLL_MS);
                // Before that, what the client tells belongs to the next question.
                if is_ready {
                    outbound.look();
                }
            }
        };
        let thread = std::thread::Builder::new().name("forebay-acks".into()).spawn(life);
        let thread = thread.map_err(|error| {
            Fault::fatal(
                &code::KAFKA_FAILED,
                format!("the system gives no thread for acknowledgements: {error}"),
            )
        })?;
        Ok(Poller { stop, thread: Some(thread) })
    }

    fn stop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
