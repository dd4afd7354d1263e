//! A topic for those who look at it from outside of a pipeline: what is there is read to its end, single messages are found again, and
//! messages are sent again.
//!
//! What holds: nobody waits without end for a cluster that does not answer; reading changes nothing, not even offsets; how far somebody
//! came is kept as offsets of a group that no consumer is a member of.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use forebay_stage::types::code;
use forebay_stage::{Connections, Fault};

use crate::connection::Connection;
use crate::live::no_right;
use crate::raw::{
    Client, Consumer, Deliveries, Delivery, ErrorCode, KafkaError, Listener, Message, Outgoing, Place,
    Producer, Role, Scratch,
};
use crate::trouble::{Trouble, fatal};

/// How long a cluster may say nothing.
const PATIENCE: Duration = Duration::from_secs(20);
const ASK_MS: i32 = 10_000;
const POLL_MS: i32 = 100;
/// A message that is so many offsets further on is gone to, and not read up to.
const NEAR: i64 = 2_000;

/// A message as it stands in a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    pub partition: i32,
    pub offset: i64,
    /// Milliseconds since 1970.
    pub timestamp_ms: Option<i64>,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: Vec<(String, Vec<u8>)>,
}

impl Post {
    fn of(message: &Message) -> Post {
        Post {
            partition: message.partition(),
            offset: message.offset(),
            timestamp_ms: message.timestamp_ms(),
            key: message.key().map(<[u8]>::to_vec),
            value: message.value().map(<[u8]>::to_vec),
            headers: message.headers(),
        }
    }

    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_slice())
    }
}

/// How far somebody came in a partition, with what else there is to say about that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub partition: i32,
    pub offset: i64,
    pub note: String,
}

/// A topic that is looked at.
pub struct Topic {
    connection: Connection,
    name: String,
    group: String,
    consumer: Consumer,
    errors: Arc<Errors>,
}

/// What a question needs a right to.
#[derive(Clone, Copy)]
enum Needs {
    Topic,
    Group,
}

#[derive(Default)]
struct Errors(Mutex<Vec<KafkaError>>);

impl Listener for Errors {
    fn error(&self, error: KafkaError) {
        lock(&self.0).push(error);
    }
}

impl Topic {
    /// The group is where marks are kept; nobody is a member of it.
    pub fn open(
        connections: &dyn Connections,
        connection: &str,
        topic: &str,
        group: &str,
    ) -> Result<Topic, Fault> {
        let connection = Connection::find(connections, connection)?;
        let mut conf = connection.conf("forebay-dlq")?;
        let properties = [
            ("group.id", group),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("auto.offset.reset", "earliest"),
            ("enable.partition.eof", "true"),
            ("isolation.level", "read_committed"),
            ("allow.auto.create.topics", "false"),
            ("fetch.wait.max.ms", "50"),
        ];
        let refuse =
            |said: String| Fault::fatal(&code::KAFKA_CONNECTION, format!("{}: {said}", connection.shown()));
        for (name, value) in properties {
            conf.set(name, value).map_err(refuse)?;
        }
        let errors = Arc::new(Errors::default());
        let client = Client::new(Role::Consumer, conf, errors.clone()).map_err(refuse)?;
        let consumer = Consumer::new(client);
        Ok(Topic { consumer, connection, name: topic.into(), group: group.into(), errors })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn shown(&self) -> String {
        format!("{}, topic `{}`", self.connection.shown(), self.name)
    }

    /// First and next offset of each partition.
    fn bounds(&self) -> Result<Vec<(i32, i64, i64)>, Fault> {
        let client = self.consumer.client();
        let facts = self.answered(Needs::Topic, || client.topic(&self.name, ASK_MS))?;
        if !facts.may_read {
            return Err(self.lacks(Needs::Topic));
        }
        let bounds = (0..facts.partitions).map(|partition| {
            let (low, high) = self.answered(Needs::Topic, || client.bounds(&self.name, partition, ASK_MS))?;
            Ok((partition, low, high))
        });
        bounds.collect()
    }

    fn lacks(&self, right: Needs) -> Fault {
        match right {
            Needs::Topic => no_right(&self.shown(), "read", "READ on the topic"),
            Needs::Group => {
                let place = format!("{}, group `{}`", self.connection.shown(), self.group);
                no_right(&place, "use the group", "READ on the group")
            }
        }
    }

    /// Whether the cluster says that the group is not for this user.
    fn is_shut_out(&self) -> bool {
        self.consumer.client().may_join(&self.group, ASK_MS).is_ok_and(|may| !may)
    }

    /// Asks until somebody answers.
    fn answered<T>(&self, needs: Needs, ask: impl Fn() -> Result<T, KafkaError>) -> Result<T, Fault> {
        let until = Instant::now() + PATIENCE;
        loop {
            let error = match ask() {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            // What the client has to say of its connections is told where it is polled.
            self.consumer.poll(0, 1, &mut Scratch::default(), drop);
            let told = std::mem::take(&mut *lock(&self.errors.0));
            if let Some(login) = told.iter().find(|told| Trouble::of(told.code) == Trouble::Login) {
                return Err(fatal(&self.connection.shown(), login));
            }
            match Trouble::of(error.code) {
                // The client looks for the group's coordinator until its time is over, whatever it is answered.
                Trouble::Away if matches!(needs, Needs::Group) && self.is_shut_out() => {
                    return Err(self.lacks(needs));
                }
                Trouble::Away => {}
                Trouble::Rights => return Err(self.lacks(needs)),
                _ => return Err(fatal(&self.shown(), &error)),
            }
            if Instant::now() > until {
                let why = told.last().unwrap_or(&error);
                return Err(Fault::away(
                    &code::KAFKA_AWAY,
                    Trouble::Away.says(&self.connection.shown(), why),
                ));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Reads everything that is there, partition by partition, each from its offset where one is named; what comes while it is read is
    /// left out. Gives how far that is: the next offset of each partition.
    pub fn read(
        &self,
        from: &BTreeMap<i32, i64>,
        mut each: impl FnMut(Post) -> Result<(), Fault>,
    ) -> Result<BTreeMap<i32, i64>, Fault> {
        let bounds = self.bounds()?;
        for (partition, low, high) in &bounds {
            let begin = from.get(partition).copied().unwrap_or(*low).max(*low);
            if begin < *high {
                self.pass(*partition, begin, |post| {
                    let Some(post) = post.filter(|post| post.offset < *high) else { return Ok(Pass::End) };
                    let is_last = post.offset + 1 >= *high;
                    each(post)?;
                    Ok(if is_last { Pass::End } else { Pass::On })
                })?;
            }
        }
        Ok(bounds.into_iter().map(|(partition, _, high)| (partition, high)).collect())
    }

    /// The messages that stand at these offsets of a partition, in order; those that are gone are left out.
    pub fn find(&self, partition: i32, offsets: &[i64]) -> Result<BTreeMap<i64, Post>, Fault> {
        let client = self.consumer.client();
        let (low, high) = self.answered(Needs::Topic, || client.bounds(&self.name, partition, ASK_MS))?;
        let mut found = BTreeMap::new();
        let mut wanted = offsets.iter().copied().filter(|at| (low..high).contains(at)).peekable();
        while let Some(begin) = wanted.peek().copied() {
            self.pass(partition, begin, |post| {
                let Some(post) = post else {
                    wanted.by_ref().for_each(drop);
                    return Ok(Pass::End);
                };
                let at = post.offset;
                while wanted.next_if(|wanted| *wanted < at).is_some() {}
                if wanted.next_if_eq(&at).is_some() {
                    found.insert(at, post);
                }
                Ok(if wanted.peek().is_some_and(|next| *next <= at + NEAR) { Pass::On } else { Pass::End })
            })?;
        }
        Ok(found)
    }

    /// Reads a partition from an offset on; `None` is its end.
    fn pass(
        &self,
        partition: i32,
        begin: i64,
        mut each: impl FnMut(Option<Post>) -> Result<Pass, Fault>,
    ) -> Result<(), Fault> {
        let stop = |error: &KafkaError| fatal(&format!("{}, partition {partition}", self.shown()), error);
        let assigned = self.consumer.assign_alone(&[Place::new(&self.name, partition, begin)]);
        assigned.map_err(|error| stop(&error))?;
        let (mut scratch, mut inbox, mut heard) = (Scratch::default(), Vec::new(), Instant::now());
        let done = 'pass: loop {
            self.consumer.poll(POLL_MS, 1_000, &mut scratch, |message| inbox.push(message));
            if !inbox.is_empty() {
                heard = Instant::now();
            }
            for message in inbox.drain(..) {
                let post = match message.error() {
                    // Messages of an assignment before this one.
                    _ if message.partition() != partition || message.offset() < begin => continue,
                    None => Some(Post::of(&message)),
                    Some(error) if error.code == ErrorCode::RD_KAFKA_RESP_ERR__PARTITION_EOF => None,
                    Some(error) if Trouble::of(error.code) == Trouble::Away => continue,
                    Some(error) => break 'pass Err(stop(&error)),
                };
                match each(post) {
                    Ok(Pass::On) => {}
                    Ok(Pass::End) => break 'pass Ok(()),
                    Err(fault) => break 'pass Err(fault),
                }
            }
            if heard.elapsed() > PATIENCE {
                let message = format!("{}, partition {partition}: nothing comes", self.shown());
                break Err(Fault::away(&code::KAFKA_AWAY, message));
            }
        };
        let left = self.consumer.assign_alone(&[]);
        done.and(left.map_err(|error| stop(&error)))
    }

    /// How far the group came.
    pub fn marks(&self) -> Result<Vec<Mark>, Fault> {
        let places: Vec<Place> =
            self.bounds()?.into_iter().map(|(partition, ..)| Place::new(&self.name, partition, -1)).collect();
        let committed = self.answered(Needs::Group, || self.consumer.committed(&places, ASK_MS))?;
        let known = committed.into_iter().filter(|place| place.offset >= 0);
        Ok(known
            .map(|place| Mark { partition: place.partition, offset: place.offset, note: place.note })
            .collect())
    }

    /// Keeps how far the group came.
    pub fn mark(&self, marks: &[Mark]) -> Result<(), Fault> {
        if marks.is_empty() {
            return Ok(());
        }
        let place = |mark: &Mark| Place {
            note: mark.note.clone(),
            ..Place::new(&self.name, mark.partition, mark.offset)
        };
        let places: Vec<Place> = marks.iter().map(place).collect();
        self.answered(Needs::Group, || self.consumer.commit(&places, false))
    }
}

/// Whether reading goes on.
enum Pass {
    On,
    End,
}

/// Sends messages to one topic and waits for what the brokers say.
pub struct Sender {
    shown: String,
    producer: Producer,
    answers: Arc<Answers>,
}

#[derive(Default)]
struct Answers {
    refused: Mutex<Vec<(u64, KafkaError)>>,
    answered: Mutex<usize>,
    errors: Errors,
}

impl Listener for Answers {
    fn error(&self, error: KafkaError) {
        self.errors.error(error);
    }

    fn delivered(&self, deliveries: Deliveries<'_>) {
        for Delivery { opaque, error, .. } in deliveries {
            lock(&self.refused).extend(error.map(|error| (opaque, error)));
            *lock(&self.answered) += 1;
        }
    }
}

impl Sender {
    pub fn open(connections: &dyn Connections, connection: &str, topic: &str) -> Result<Sender, Fault> {
        let connection = Connection::find(connections, connection)?;
        let mut conf = connection.conf("forebay-dlq")?;
        let properties = [
            ("enable.idempotence", "true"),
            ("partitioner", "murmur2_random"),
            ("compression.codec", "lz4"),
            ("message.max.bytes", "67108864"),
            ("message.timeout.ms", "20000"),
            ("allow.auto.create.topics", "false"),
        ];
        let refuse =
            |said: String| Fault::fatal(&code::KAFKA_CONNECTION, format!("{}: {said}", connection.shown()));
        for (name, value) in properties {
            conf.set(name, value).map_err(refuse)?;
        }
        let answers = Arc::new(Answers::default());
        let shown = format!("{}, topic `{topic}`", connection.shown());
        let client = Client::new(Role::Producer, conf, answers.clone()).map_err(refuse)?;
        let producer = Producer::new(client, topic).map_err(|error| fatal(&shown, &error))?;
        Ok(Sender { shown, producer, answers })
    }

    /// Sends messages in order; all are acknowledged where it is well.
    pub fn send<'m>(&self, messages: impl Iterator<Item = &'m Copy<'m>>) -> Result<(), Fault> {
        *lock(&self.answers.answered) = 0;
        lock(&self.answers.refused).clear();
        let mut sent = 0;
        for message in messages {
            let headers: Vec<(Vec<u8>, &[u8])> = message
                .headers
                .iter()
                .map(|(name, value)| ([name.as_bytes(), b"\0"].concat(), *value))
                .collect();
            let headers = headers.iter().map(|(name, value)| (&name[..], *value));
            let outgoing = Outgoing {
                key: message.key,
                value: message.value,
                timestamp_ms: message.timestamp_ms.unwrap_or(0),
                opaque: sent as u64,
            };
            self.producer.send(&outgoing, headers).map_err(|error| fatal(&self.shown, &error))?;
            sent += 1;
        }
        let until = Instant::now() + PATIENCE * 2;
        while *lock(&self.answers.answered) < sent {
            self.producer.poll(POLL_MS);
            if Instant::now() > until {
                let message = format!("{}: no acknowledgement", self.shown);
                return Err(Fault::away(&code::KAFKA_AWAY, message));
            }
        }
        let told = std::mem::take(&mut *lock(&self.answers.errors.0));
        let login = told.iter().find(|told| Trouble::of(told.code) == Trouble::Login);
        match lock(&self.answers.refused).first() {
            None => Ok(()),
            Some((_, error)) if Trouble::of(error.code) == Trouble::Away && login.is_none() => {
                Err(Fault::away(&code::KAFKA_AWAY, Trouble::Away.says(&self.shown, error)))
            }
            Some((_, error)) if Trouble::of(error.code) == Trouble::Rights => {
                Err(no_right(&self.shown, "write", "WRITE on the topic"))
            }
            Some((_, error)) => Err(fatal(&self.shown, login.unwrap_or(error))),
        }
    }
}

/// A message to be sent again.
pub struct Copy<'m> {
    pub key: Option<&'m [u8]>,
    pub value: Option<&'m [u8]>,
    /// Milliseconds since 1970; now where there is none.
    pub timestamp_ms: Option<i64>,
    pub headers: Vec<(&'m str, &'m [u8])>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
