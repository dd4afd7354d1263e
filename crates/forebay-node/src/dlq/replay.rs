//! Sends what dead letters are about back to the topics that it came from.
//!
//! A message goes out with its own key, value and timestamp, and with the header `forebay-replay` that names the letter. It is looked
//! up in its topic where the letter does not hold it. Marks follow what is acknowledged, so whoever breaks off a replay sends at most
//! the letters of one step again.

use std::collections::BTreeMap;

use forebay_kafka::letters::{Copy, Post, Sender, Topic};
use forebay_stage::Fault;
use forebay_types::code;

use super::marks::Marks;
use super::{DeadLetters, Filter, Letter, Place};
use crate::Error;

/// Letters of one step.
const STEP: usize = 500;
const HEADER: &str = "forebay-replay";

/// What came of a replay.
#[derive(Clone, Debug, Default)]
pub struct Replayed {
    /// By topic, code and node.
    pub sent: BTreeMap<(String, String, String), Sent>,
    /// Letters that were sent back before.
    pub before: u64,
    /// What lies there and is no letter.
    pub unreadable: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    pub sent: u64,
    /// The message is not in its topic any more, and the letter does not hold it.
    pub gone: u64,
    /// The record came from no topic of this pipeline.
    pub homeless: u64,
}

impl Replayed {
    pub fn total(&self) -> Sent {
        self.sent.values().fold(Sent::default(), |sum, one| Sent {
            sent: sum.sent + one.sent,
            gone: sum.gone + one.gone,
            homeless: sum.homeless + one.homeless,
        })
    }
}

/// How it is done.
#[derive(Clone, Copy, Debug, Default)]
pub struct How {
    /// Also what was sent back before.
    pub again: bool,
    /// Nothing is sent and nothing kept.
    pub dry_run: bool,
}

impl DeadLetters<'_> {
    /// Sends back what matches; says now and then how far it is.
    pub fn replay(
        &self,
        filter: &Filter,
        how: How,
        mut tell: impl FnMut(&Replayed),
    ) -> Result<Replayed, Error> {
        let Place::Topic(letters) = &self.place else {
            let message = "its dead letters are in a file, which cannot say what was replayed: let `rejected` go to a topic";
            return Err(Error::new(&code::REPLAY_REFUSED, message).in_pipeline(self.pipeline));
        };
        if !self.sources.values().any(|node| node.kind.name == "kafka") {
            let message = "its sources are no topics, so there is nowhere to send records to: mend what `forebay dlq show` prints in \
                           a new file, and run the pipeline on that one";
            return Err(Error::new(&code::REPLAY_REFUSED, message).in_pipeline(self.pipeline));
        }
        let of = |fault: Fault| Error::of(self.pipeline, None, &fault);
        let marks = Marks::of(letters.marks().map_err(of)?);
        let mut run = Run {
            of: self,
            letters,
            filter,
            how,
            marks,
            topics: BTreeMap::new(),
            step: Vec::new(),
            done: Replayed::default(),
        };
        let from = if how.again { BTreeMap::new() } else { run.marks.begins() };
        let mut wrong = None;
        let read = letters.read(&from, |post| {
            run.take(post);
            if run.step.len() < STEP {
                return Ok(());
            }
            tell(&run.done);
            run.send().map_err(|error| {
                let fault = Fault::fatal(error.code, String::new());
                wrong = Some(error);
                fault
            })
        });
        let ends = match (read, wrong) {
            (_, Some(error)) => return Err(error),
            (read, None) => read.map_err(of)?,
        };
        run.send()?;
        if !how.dry_run {
            ends.iter().for_each(|(partition, end)| run.marks.replayed(filter, *partition, *end));
            letters.mark(&run.marks.marks()?).map_err(of)?;
        }
        Ok(run.done)
    }
}

struct Run<'r> {
    of: &'r DeadLetters<'r>,
    letters: &'r Topic,
    filter: &'r Filter,
    how: How,
    marks: Marks,
    /// By connection and topic.
    topics: BTreeMap<(String, String), (Topic, Sender)>,
    step: Vec<Letter>,
    done: Replayed,
}

/// Where the message of a letter comes from.
struct Home {
    connection: String,
    topic: String,
    partition: i32,
    offset: i64,
}

impl Run<'_> {
    fn take(&mut self, post: Post) {
        match Letter::of_post(self.letters.name(), post) {
            None => self.done.unreadable += 1,
            Some(letter) if !self.filter.takes(&letter) => {}
            Some(letter) if !self.how.again && self.marks.has(&letter) => self.done.before += 1,
            Some(letter) => self.step.push(letter),
        }
    }

    fn home(&self, letter: &Letter) -> Option<Home> {
        let source = self.of.sources.get(letter.source.as_str())?;
        let (topic, partition) = letter.stream.rsplit_once('/')?;
        Some(Home {
            connection: source.config.text("connection").filter(|_| source.kind.name == "kafka")?.to_string(),
            topic: topic.to_string(),
            partition: partition.parse().ok()?,
            offset: letter.position.parse().ok()?,
        })
    }

    /// Sends what was taken, and keeps that it was.
    fn send(&mut self) -> Result<(), Error> {
        let step = std::mem::take(&mut self.step);
        let mut homes: BTreeMap<(String, String), Vec<(&Letter, Home)>> = BTreeMap::new();
        for letter in &step {
            match self.home(letter) {
                Some(home) => {
                    let key = (home.connection.clone(), home.topic.clone());
                    homes.entry(key).or_default().push((letter, home));
                }
                None => self.count(&letter.stream, letter).homeless += 1,
            }
        }
        for ((connection, topic), letters) in homes {
            let sent = self.send_to(&connection, &topic, &letters);
            sent.map_err(|fault| Error::of(self.of.pipeline, None, &fault))?;
        }
        if self.how.dry_run {
            return Ok(());
        }
        for letter in &step {
            self.marks.replayed(self.filter, letter.partition, letter.offset + 1);
        }
        self.letters.mark(&self.marks.marks()?).map_err(|fault| Error::of(self.of.pipeline, None, &fault))
    }

    fn count(&mut self, topic: &str, letter: &Letter) -> &mut Sent {
        self.done.sent.entry((topic.to_string(), letter.code.clone(), letter.node.clone())).or_default()
    }

    fn send_to(&mut self, connection: &str, topic: &str, letters: &[(&Letter, Home)]) -> Result<(), Fault> {
        let key = (connection.to_string(), topic.to_string());
        if !self.topics.contains_key(&key) {
            let known = &self.of.known;
            let opened = Topic::open(known, connection, topic, "forebay-dlq")?;
            self.topics.insert(key.clone(), (opened, Sender::open(known, connection, topic)?));
        }
        let (origin, sender) = &self.topics[&key];
        // What letters do not hold is looked up.
        let mut wanted: BTreeMap<i32, Vec<i64>> = BTreeMap::new();
        for (_, home) in letters.iter().filter(|(letter, _)| letter.bytes.is_none()) {
            wanted.entry(home.partition).or_default().push(home.offset);
        }
        let mut found: BTreeMap<(i32, i64), Post> = BTreeMap::new();
        for (partition, mut offsets) in wanted {
            offsets.sort_unstable();
            offsets.dedup();
            let posts = origin.find(partition, &offsets)?;
            found.extend(posts.into_iter().map(|(offset, post)| ((partition, offset), post)));
        }
        let copies: Vec<Option<Copy<'_>>> = letters
            .iter()
            .map(|(letter, home)| copy(letter, found.get(&(home.partition, home.offset))))
            .collect();
        if !self.how.dry_run {
            sender.send(copies.iter().flatten())?;
        }
        let is_there: Vec<bool> = copies.iter().map(Option::is_some).collect();
        for ((letter, home), is_there) in letters.iter().zip(is_there) {
            let count = self.count(&home.topic, letter);
            match is_there {
                true => count.sent += 1,
                false => count.gone += 1,
            }
        }
        Ok(())
    }
}

/// What is sent for a letter: what it holds, or else the message as it stands in its topic.
fn copy<'c>(letter: &'c Letter, post: Option<&'c Post>) -> Option<Copy<'c>> {
    let named = (HEADER, letter.place.as_bytes());
    if let Some(value) = letter.bytes.as_deref() {
        let (key, timestamp_ms) = (letter.key.as_deref(), letter.timestamp_ms);
        return Some(Copy { key, value: Some(value), timestamp_ms, headers: vec![named] });
    }
    let post = post?;
    let own = post.headers.iter().filter(|(name, _)| name != HEADER);
    let headers = own.map(|(name, value)| (name.as_str(), value.as_slice())).chain([named]).collect();
    let (key, value, timestamp_ms) = (post.key.as_deref(), post.value.as_deref(), post.timestamp_ms);
    Some(Copy { key, value, timestamp_ms, headers })
}
