//! What is on its way to the brokers: how much, what was refused, and whether anybody answers.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use forebay_stage::types::code::{self, Code};
use forebay_stage::types::nearest::nearest;
use forebay_stage::{Bell, Condition, Fault, Gate};

use super::legs::Legs;
use crate::live::no_right;
use crate::raw::{Client, KafkaError, Listener, NewTopic};
use crate::trouble::{Beginning, Trouble, fatal};

/// No round begins while so much waits for its acknowledgement, or half of it once that much did.
pub const MOST_BYTES: usize = 32 << 20;
const MOST_MESSAGES: usize = 64 << 10;
/// How long a question may take before it is asked again; what the client tells of its connections is looked at in between.
const ASK_MS: i32 = 2_000;

/// The topic that is written.
#[derive(Clone, Debug)]
pub struct Topic {
    pub name: String,
    /// As messages call it.
    pub connection: String,
    /// Partitions and replication where it is to be made.
    pub create: Option<(i32, i32)>,
}

impl Topic {
    pub fn shown(&self) -> String {
        format!("{}, topic `{}`", self.connection, self.name)
    }
}

pub struct Outbound {
    pub topic: Topic,
    pub legs: Legs,
    pub gate: Gate,
    messages: AtomicUsize,
    bytes: AtomicUsize,
    bell: Bell,
    condition: Condition,
    /// The topic was found, and what is sent can arrive.
    is_ready: AtomicBool,
    /// The condition says that it waits; asking it for each answer would cost more than the answer.
    is_waiting: AtomicBool,
    errors: Mutex<Vec<KafkaError>>,
    beginning: Mutex<Beginning>,
}

impl Outbound {
    pub fn new(topic: Topic, bell: Bell, condition: Condition) -> Outbound {
        let gate = Gate::default();
        gate.close();
        Outbound {
            topic,
            legs: Legs::new(),
            gate,
            messages: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            bell,
            condition,
            is_ready: AtomicBool::new(false),
            is_waiting: AtomicBool::new(false),
            errors: Mutex::default(),
            beginning: Mutex::default(),
        }
    }

    /// A message goes out.
    pub fn sends(&self, bytes: usize) {
        let messages = self.messages.fetch_add(1, Ordering::Relaxed) + 1;
        let bytes = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if messages >= MOST_MESSAGES || bytes >= MOST_BYTES {
            self.gate.close();
            // Answers may have come in between.
            self.open_if_room();
        }
    }

    /// A message was answered, or was not taken.
    pub fn ended(&self, bytes: usize) {
        self.messages.fetch_sub(1, Ordering::Relaxed);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.open_if_room();
    }

    fn waits(&self, code: &'static Code, why: String) {
        self.is_waiting.store(true, Ordering::Relaxed);
        self.condition.waits(code, why);
    }

    fn goes_on(&self) {
        self.is_waiting.store(false, Ordering::Relaxed);
        self.condition.goes_on();
    }

    fn open_if_room(&self) {
        let (messages, bytes) = (self.messages.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed));
        let has_room = messages < MOST_MESSAGES / 2 && bytes < MOST_BYTES / 2;
        if has_room && !self.gate.is_open() && self.is_ready.load(Ordering::Relaxed) {
            self.gate.open();
            self.bell.ring();
        }
    }

    /// Something stands in the way of everything that is sent: the pipeline goes back to its last commit and tries again.
    pub fn fail(&self, fault: Fault) {
        self.gate.fail(fault);
        self.bell.ring();
    }

    /// Looks for the topic, or makes it; true when it is there.
    pub fn look_for_topic(&self, client: &Client) -> bool {
        let asked = client.topic(&self.topic.name, ASK_MS);
        // What the client has to say of its connections is told where it is polled.
        client.poll(0);
        match asked {
            Ok(facts) if !facts.may_write => {
                self.fail(no_right(&self.topic.shown(), "write", "WRITE on the topic"));
                false
            }
            Ok(_) => {
                self.goes_on();
                self.is_ready.store(true, Ordering::Relaxed);
                self.open_if_room();
                true
            }
            Err(error) if Trouble::of(error.code) == Trouble::Topic => {
                if let Some((partitions, replication)) = self.topic.create {
                    self.make_topic(client, partitions, replication);
                    return false;
                }
                let topics = client.topics(ASK_MS).unwrap_or_default();
                let near = nearest(&self.topic.name, topics.iter().map(String::as_str));
                let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                let message = format!(
                    "{}: there is no such topic{near}; `create: {{ partitions: N }}` at the sink makes it",
                    self.topic.shown()
                );
                self.fail(Fault::fatal(&code::KAFKA_TOPIC, message));
                false
            }
            Err(error) => {
                self.met(&error);
                false
            }
        }
    }

    /// It is looked for again: a topic that was made a moment ago may not be known to every broker.
    fn make_topic(&self, client: &Client, partitions: i32, replication: i32) {
        let new = NewTopic { name: &self.topic.name, partitions, replication, config: &[] };
        match client.create_topic(&new, ASK_MS) {
            Ok(()) => {}
            Err(error) if Trouble::of(error.code) == Trouble::Rights => {
                self.fail(no_right(&self.topic.shown(), "make the topic", "CREATE on the topic"));
            }
            Err(error) => self.met(&error),
        }
    }

    /// A question went wrong: what a wait may mend is waited for.
    fn met(&self, error: &KafkaError) {
        let told = std::mem::take(&mut *lock(&self.errors));
        match Trouble::of(error.code) {
            Trouble::Away | Trouble::Topic => {
                match lock(&self.beginning).unanswered(&self.topic.connection, told, error) {
                    Ok(why) => self.waits(Trouble::of(error.code).code(), why),
                    Err(fault) => self.fail(fault),
                }
            }
            Trouble::Rights => {
                self.fail(no_right(&self.topic.shown(), "see the topic", "WRITE on the topic"))
            }
            _ => self.fail(fatal(&self.topic.shown(), error)),
        }
    }

    /// Takes note of what the client has to say while messages are under way.
    pub fn look(&self) {
        for error in std::mem::take(&mut *lock(&self.errors)) {
            match Trouble::of(error.code) {
                Trouble::Away | Trouble::Login if self.messages.load(Ordering::Relaxed) > 0 => {
                    self.waits(
                        Trouble::of(error.code).code(),
                        format!("{}: {}", self.topic.connection, error.text),
                    );
                }
                Trouble::Client | Trouble::Rights if error.text.starts_with("fatal") => {
                    self.fail(Fault::away(&code::KAFKA_FAILED, format!("{}: {error}", self.topic.shown())));
                }
                _ => {}
            }
        }
    }
}

impl Listener for Outbound {
    fn error(&self, error: KafkaError) {
        lock(&self.errors).push(error);
    }

    fn delivered(&self, opaque: u64, bytes: usize, error: Option<KafkaError>) {
        if let Some(error) = &error {
            let trouble = Trouble::of(error.code);
            if trouble != Trouble::Message {
                let says = trouble.says(&self.topic.shown(), error);
                self.waits(trouble.code(), says.clone());
                self.gate.fail(Fault::away(trouble.code(), says));
            } else {
                let message = format!("{}: a message is refused: {error}", self.topic.shown());
                self.gate.fail(Fault::away(&code::MESSAGE_REFUSED, message));
            }
            self.bell.ring();
        } else if self.is_waiting.load(Ordering::Relaxed) {
            self.goes_on();
        }
        self.legs.answered(opaque, error);
        self.ended(bytes);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
