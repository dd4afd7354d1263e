//! What is on its way to the brokers: how much, what was refused, and whether anybody answers.

use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Mutex, MutexGuard, PoisonError};

use forebay_stage::types::code::{self, Code};
use forebay_stage::types::nearest::nearest;
use forebay_stage::{Bell, Condition, Fault, Gate};

use super::legs::Legs;
use super::underway::Underway;
use crate::live::no_right;
use crate::raw::{Client, Deliveries, Delivery, ErrorCode, KafkaError, Listener, NewTopic};
use crate::trouble::{Beginning, Trouble, fatal};

/// How long a question may take before it is asked again; what the client tells of its connections is looked at in between.
const ASK_MS: i32 = 2_000;
const KEPT: [(&str, &str); 1] = [("retention.ms", "-1")];

/// The topic that is written.
#[derive(Clone, Debug)]
pub struct Topic {
    pub name: String,
    /// As messages call it.
    pub connection: String,
    /// Partitions and replication where it is to be made.
    pub create: Option<(i32, i32)>,
    /// It is made to keep messages however old they are.
    pub keeps: bool,
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
    underway: Underway,
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
    /// For one of so many instances of a sink.
    pub fn new(topic: Topic, instances: u32, bell: Bell, condition: Condition) -> Outbound {
        let gate = Gate::default();
        gate.close();
        Outbound {
            topic,
            legs: Legs::new(),
            gate,
            underway: Underway::new(instances),
            bell,
            condition,
            is_ready: AtomicBool::new(false),
            is_waiting: AtomicBool::new(false),
            errors: Mutex::default(),
            beginning: Mutex::default(),
        }
    }

    /// The lane has sent messages. The gate is looked at before a round only, so this is for the end of one.
    pub fn sent(&self, messages: usize, bytes: usize) {
        self.underway.sent(messages, bytes);
        if self.underway.is_full() {
            self.gate.close();
            // Answers may have come in between: either they are seen here, or the closed gate is where they are counted.
            fence(Ordering::SeqCst);
            self.open_if_room();
        }
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
        if !self.gate.is_open() && self.underway.has_room() && self.is_ready.load(Ordering::Relaxed) {
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
                if !lock(&self.beginning).is_missing() {
                    self.met(&error);
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
        let config = if self.topic.keeps { &KEPT[..] } else { &[] };
        let new = NewTopic { name: &self.topic.name, partitions, replication, config };
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

    /// Messages were answered.
    pub fn answered(&self, deliveries: impl Iterator<Item = Delivery>) {
        let (mut messages, mut bytes) = (0, 0);
        let mut answers = self.legs.answers();
        for delivery in deliveries {
            messages += 1;
            bytes += delivery.bytes;
            match &delivery.error {
                Some(error) => self.refused(error),
                None if self.is_waiting.load(Ordering::Relaxed) => self.goes_on(),
                None => {}
            }
            answers.add(delivery.opaque, delivery.error);
        }
        // Whoever sees that a leg is answered sees what was said of it.
        drop(answers);
        self.underway.answered(messages, bytes);
        fence(Ordering::SeqCst);
        self.open_if_room();
    }

    /// A message will not be written: the pipeline goes back to its last commit.
    fn refused(&self, error: &KafkaError) {
        let trouble = Trouble::of(error.code);
        if trouble == Trouble::Message {
            let message = format!("{}: a message is refused: {error}", self.topic.shown());
            self.fail(Fault::away(&code::MESSAGE_REFUSED, message));
        } else {
            let says = trouble.says(&self.topic.shown(), error);
            self.waits(trouble.code(), says.clone());
            self.fail(Fault::away(trouble.code(), says));
        }
    }

    /// Takes note of what the client has to say while messages are under way.
    pub fn look(&self) {
        for error in std::mem::take(&mut *lock(&self.errors)) {
            match Trouble::of(error.code) {
                // What was told before says why.
                _ if error.code == ErrorCode::RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN
                    && self.is_waiting.load(Ordering::Relaxed) => {}
                trouble @ (Trouble::Away | Trouble::Login) if !self.underway.is_nothing() => {
                    self.waits(trouble.code(), trouble.says(&self.topic.connection, &error));
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

    fn delivered(&self, deliveries: Deliveries<'_>) {
        self.answered(deliveries);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    use super::super::underway::MOST_MESSAGES;
    use super::*;

    const REFUSED: ErrorCode = ErrorCode::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
    const AWAY: ErrorCode = ErrorCode::RD_KAFKA_RESP_ERR__TIMED_OUT;

    /// After each step of (sent, answered without and with these errors): whether the gate is open, how often the bell was rung so far,
    /// and which fault stands in the gate.
    #[track_caller]
    fn check(steps: &[(usize, usize, &[ErrorCode])], expect: &[(bool, usize, Option<&str>)]) {
        let topic = Topic { name: "t".into(), connection: "c".into(), create: None, keeps: false };
        let rung = Arc::new(AtomicUsize::new(0));
        let rings = rung.clone();
        let bell = Bell::new(move || {
            rings.fetch_add(1, Ordering::Relaxed);
        });
        let outbound = Outbound::new(topic, 1, bell, Condition::default());
        outbound.is_ready.store(true, Ordering::Relaxed);
        outbound.gate.open();
        let mut leg = outbound.legs.begin([].iter()).expect("a leg");
        let mut answered = leg;
        let step = |(sent, good, bad): &(usize, usize, &[ErrorCode])| {
            leg.sent += *sent as u64;
            outbound.sent(*sent, *sent * 10);
            let errors = (0..*good).map(|_| None).chain(bad.iter().map(|code| Some(KafkaError::of(*code))));
            outbound.answered(errors.map(|error| {
                let opaque = outbound.legs.opaque(&answered);
                answered.sent += 1;
                Delivery { opaque, bytes: 10, error }
            }));
            assert_eq!(outbound.legs.is_answered(&leg), leg == answered);
            let code = outbound.gate.take_fault().map(|fault| fault.code.id);
            (outbound.gate.is_open(), rung.load(Ordering::Relaxed), code)
        };
        let found: Vec<_> = steps.iter().map(step).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn the_gate_closes_where_too_much_is_under_way_and_opens_at_half_of_it() {
        let half = MOST_MESSAGES / 2;
        check(
            &[(half, 0, &[]), (half, 0, &[]), (0, half, &[]), (0, 1, &[]), (0, half - 1, &[])],
            &[(true, 0, None), (false, 0, None), (false, 0, None), (true, 1, None), (true, 1, None)],
        );
    }

    #[test]
    fn a_refused_message_is_answered_and_told_as_a_fault() {
        check(
            &[(3, 1, &[REFUSED]), (0, 0, &[AWAY])],
            &[(true, 1, Some(code::MESSAGE_REFUSED.id)), (true, 2, Some(code::KAFKA_AWAY.id))],
        );
    }
}
