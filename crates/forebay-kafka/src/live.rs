//! What `forebay validate --live` asks of a cluster before anything runs: does it answer, does it let us in, is there what a
//! pipeline names, and may it be used. Nothing is made, joined, read or written.

use std::sync::Arc;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use forebay_stage::types::code;
use forebay_stage::types::nearest::nearest;
use forebay_stage::{Connections, Fault};

use crate::connection::Connection;
use crate::raw::{Client, KafkaError, Listener, Role};
use crate::trouble::{Beginning, Trouble, fatal};

/// How long one question may take before what the client tells of its connections is looked at.
const ASK_MS: i32 = 2_000;

/// A cluster that can be asked.
#[derive(Clone, Debug)]
pub struct Cluster(Connection);

/// What a source or a sink wants of a cluster.
#[derive(Clone, Debug)]
pub struct Wish {
    pub topic: String,
    pub way: Way,
}

#[derive(Clone, Debug)]
pub enum Way {
    Read { group: String },
    Write { is_keyed: bool, creates: bool },
}

/// What was found out about a wish.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// `None` where the topic is not there.
    pub partitions: Option<i32>,
    pub problems: Vec<Problem>,
}

/// Something that is in the way.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The field of the node that it is about.
    pub field: &'static str,
    pub fault: Fault,
    pub help: Option<String>,
}

impl Cluster {
    /// The cluster of a connection, with its secrets from this host.
    pub fn find(connections: &dyn Connections, name: &str) -> Result<Cluster, Fault> {
        Connection::find(connections, name).map(Cluster)
    }

    /// As messages call it.
    pub fn shown(&self) -> String {
        self.0.shown()
    }

    /// Asks; the error is what concerns the cluster as a whole.
    pub fn ask(&self, wishes: &[Wish], within: Duration) -> Result<Vec<Found>, Fault> {
        let until = Instant::now() + within;
        let conf = self.0.conf("forebay-validate")?;
        let told = Arc::new(Told::default());
        let client = Client::new(Role::Producer, conf, told.clone()).map_err(|said| self.0.refused(&said))?;
        let topics = self.get_in(&client, &told, until)?;
        let asker = Asker { cluster: self.0.shown(), client, topics, until };
        Ok(wishes.iter().map(|wish| asker.ask(wish)).collect())
    }

    /// Waits until a broker answers; gives the topics that there are.
    fn get_in(&self, client: &Client, told: &Told, until: Instant) -> Result<Vec<String>, Fault> {
        let mut beginning = Beginning::default();
        loop {
            let error = match client.topics(left_ms(until)) {
                Ok(topics) => return Ok(topics),
                Err(error) => error,
            };
            client.poll(0);
            let connection = self.0.shown();
            if Trouble::of(error.code) != Trouble::Away {
                return Err(fatal(&connection, &error));
            }
            let why = beginning.unanswered(&connection, told.take(), &error)?;
            if Instant::now() >= until {
                return Err(Fault::away(&code::KAFKA_AWAY, why));
            }
            client.poll(100);
        }
    }
}

/// What a client told of its connections.
#[derive(Default)]
struct Told(Mutex<Vec<KafkaError>>);

impl Told {
    fn take(&self) -> Vec<KafkaError> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Listener for Told {
    fn error(&self, error: KafkaError) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(error);
    }
}

fn left_ms(until: Instant) -> i32 {
    let left = until.saturating_duration_since(Instant::now()).as_millis();
    i32::try_from(left).unwrap_or(ASK_MS).clamp(100, ASK_MS)
}

struct Asker {
    /// As messages call it.
    cluster: String,
    client: Arc<Client>,
    topics: Vec<String>,
    until: Instant,
}

impl Asker {
    fn ask(&self, wish: &Wish) -> Found {
        let mut found = Found::default();
        let place = format!("{}, topic `{}`", self.cluster, wish.topic);
        let mut problem = |field, fault, help: Option<&str>| {
            found.problems.push(Problem { field, fault, help: help.map(str::to_string) });
        };
        let facts = self.answer(|limit_ms| self.client.topic(&wish.topic, limit_ms));
        match (&facts, &wish.way) {
            (Ok(facts), Way::Read { .. }) if !facts.may_read => {
                problem("topic", no_right(&place, "read", "READ on the topic"), None);
            }
            (Ok(facts), Way::Write { .. }) if !facts.may_write => {
                problem("topic", no_right(&place, "write", "WRITE on the topic"), None);
            }
            (Ok(_), Way::Write { is_keyed: false, .. }) if self.is_compacted(&wish.topic) => {
                let message = format!("{place}: the topic is compacted and takes no message without a key");
                let help = "write `key: COLUMN`";
                problem("topic", Fault::fatal(&code::KAFKA_COMPACTED, message), Some(help));
            }
            (Ok(_), _) => {}
            (Err(error), way) => match (Trouble::of(error.code), way) {
                (Trouble::Topic, Way::Write { creates: true, .. }) => {}
                (Trouble::Topic, _) => {
                    let near = nearest(&wish.topic, self.topics.iter().map(String::as_str));
                    let near = near.map(|near| format!("did you mean `{near}`?"));
                    let fault = Fault::fatal(&code::KAFKA_TOPIC, format!("{place}: there is no such topic"));
                    problem("topic", fault, near.as_deref());
                }
                (Trouble::Rights, way) => {
                    let right = match way {
                        Way::Read { .. } => "READ on the topic",
                        Way::Write { .. } => "WRITE on the topic",
                    };
                    problem("topic", no_right(&place, "see it", right), None);
                }
                (trouble, _) => problem("topic", of(trouble, &place, error), None),
            },
        }
        if let Way::Read { group } = &wish.way {
            let place = format!("{}, group `{group}`", self.cluster);
            match self.answer(|limit_ms| self.client.may_join(group, limit_ms)) {
                Ok(true) => {}
                Ok(false) => problem("group", no_right(&place, "join it", "READ on the group"), None),
                Err(error) => problem("group", of(Trouble::of(error.code), &place, &error), None),
            }
        }
        found.partitions = facts.ok().map(|facts| facts.partitions);
        found
    }

    /// The answer to a question; one that somebody else has to be asked, or later, is asked again while there is time.
    fn answer<T>(&self, ask: impl Fn(i32) -> Result<T, KafkaError>) -> Result<T, KafkaError> {
        loop {
            match ask(left_ms(self.until)) {
                Err(error) if Trouble::of(error.code) == Trouble::Away && Instant::now() < self.until => {
                    self.client.poll(100);
                }
                answer => return answer,
            }
        }
    }

    /// Where this user may not look at settings, nothing is known of them.
    fn is_compacted(&self, topic: &str) -> bool {
        let policy = self.client.topic_setting(topic, "cleanup.policy", left_ms(self.until));
        policy.ok().flatten().is_some_and(|policy| policy.contains("compact"))
    }
}

/// The error of a question that was asked.
fn of(trouble: Trouble, place: &str, error: &KafkaError) -> Fault {
    match trouble {
        Trouble::Away => Fault::away(trouble.code(), trouble.says(place, error)),
        _ => fatal(place, error),
    }
}

/// This user may not do what it has to.
pub(crate) fn no_right(place: &str, what: &str, right: &str) -> Fault {
    let message = format!(
        "{place}: this user has no right to {what}: it needs {right}; the README lists the rights that a pipeline needs"
    );
    Fault::fatal(&code::KAFKA_RIGHTS, message)
}
