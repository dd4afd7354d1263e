//! The thread that fetches: the one member of the consumer group that this source is.
//!
//! Invariants: messages of a partition are given on in order, from the offset that the engine goes on from; a partition that goes to
//! another process is let go of when everything that was taken of it is committed, or somebody else has it already; what is fetched
//! and not read is bounded; the group's offsets are never ahead of what is committed.

mod joining;
mod room;
mod sharing;
mod watching;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use forebay_stage::types::code;
use forebay_stage::{Condition, Fault};

use self::room::Wait;
use super::partition::Partition;
use super::reader::Form;
use super::shared::{Command, Shared};
use super::start::{Manner, Start};
use crate::connection::Connection;
use crate::raw::{Consumer, KafkaError, Message, Place, Scratch, TopicFacts};
use crate::trouble::{Beginning, Trouble};

/// Messages of one poll, and how long it waits for the first.
const POLL_MESSAGES: usize = 2048;
const POLL_MS: i32 = 100;
/// How long a question to the cluster may take before it is asked again.
const ASK_MS: i32 = 5_000;

/// What the file says of the source.
pub struct Settings {
    pub connection: Connection,
    pub topic: String,
    pub group: String,
    pub start: Start,
    pub manner: Manner,
    /// How our own earlier process was called: it may still be a member.
    pub client_id: String,
    /// What the names of this pipeline's other sources begin with: they may be members of the same group.
    pub siblings: String,
}

/// Where a partition stands with this process.
struct Mine {
    partition: Arc<Partition>,
    /// The engine has let go of it.
    is_released: bool,
}

pub struct Fetcher {
    settings: Settings,
    form: Arc<Form>,
    shared: Arc<Shared>,
    consumer: Arc<Consumer>,
    commands: Receiver<Command>,
    condition: Condition,
    /// Committed by this pipeline, by partition.
    saved: HashMap<i32, i64>,
    mine: BTreeMap<i32, Mine>,
    facts: Option<TopicFacts>,
    /// Partitions that the group gives and of which it is not known yet where they go on.
    to_take: Vec<i32>,
    /// Partitions that the group wants back, and until when they may be finished here.
    to_give: Vec<i32>,
    give_until: Instant,
    /// Committed and not written to the group.
    to_group: BTreeMap<i32, i64>,
    group_at: Instant,
    is_paused: bool,
    wait: Wait,
    look_at: Instant,
    lag_at: Instant,
    /// How often in a row the topic was not there.
    doubts: u32,
    doubt_at: Instant,
    beginning: Beginning,
    /// The group has given partitions: a right that is missing now was there before.
    was_let_in: bool,
    /// A right was taken away and, as far as is known, not given back.
    is_refused: bool,
    /// The last of what went wrong with a broker.
    last_error: Option<KafkaError>,
    scratch: Scratch,
    inbox: Vec<Message>,
}

impl Fetcher {
    pub fn new(
        settings: Settings,
        form: Arc<Form>,
        shared: Arc<Shared>,
        consumer: Arc<Consumer>,
        commands: Receiver<Command>,
        condition: Condition,
        saved: HashMap<i32, i64>,
    ) -> Fetcher {
        let now = Instant::now();
        Fetcher {
            settings,
            form,
            shared,
            consumer,
            commands,
            condition,
            saved,
            mine: BTreeMap::new(),
            facts: None,
            to_take: Vec::new(),
            to_give: Vec::new(),
            give_until: now,
            to_group: BTreeMap::new(),
            group_at: now,
            is_paused: false,
            wait: Wait::default(),
            look_at: now,
            lag_at: now,
            doubts: 0,
            doubt_at: now,
            beginning: Beginning::default(),
            was_let_in: false,
            is_refused: false,
            last_error: None,
            scratch: Scratch::default(),
            inbox: Vec::new(),
        }
    }

    /// The thread's whole life.
    pub fn run(mut self) {
        match self.join() {
            Ok(true) => {
                if let Err(fault) = self.fetch() {
                    self.shared.fail(fault);
                    // The engine stops the pipeline and drops the source.
                    while !self.obey(self.commands.recv().ok()) {}
                }
            }
            Ok(false) => {}
            Err(fault) => {
                self.shared.fail(fault);
                while !self.obey(self.commands.recv().ok()) {}
            }
        }
        self.leave();
    }

    fn place(&self) -> String {
        format!("{}, topic `{}`", self.settings.connection.shown(), self.settings.topic)
    }

    fn place_of(&self, partition: i32) -> String {
        format!("{}, partition {partition}", self.place())
    }

    fn fetch(&mut self) -> Result<(), Fault> {
        loop {
            while let Ok(command) = self.commands.try_recv() {
                if self.obey(Some(command)) {
                    return Ok(());
                }
            }
            self.heed_rebalances()?;
            self.take_on()?;
            self.give_away();
            self.follow();
            self.look();
            self.count_lag();
            self.look_for_topic_again()?;
            if let Some(left) = self.lacks_room() {
                if self.wait_for_room(left) {
                    return Ok(());
                }
                continue;
            }
            let soon = !self.to_take.is_empty() || !self.to_give.is_empty();
            self.poll(if soon { 5 } else { POLL_MS });
            self.hand_out()?;
        }
    }

    fn poll(&mut self, timeout_ms: i32) {
        let inbox = &mut self.inbox;
        self.consumer.poll(timeout_ms, POLL_MESSAGES, &mut self.scratch, |message| inbox.push(message));
    }

    /// Gives what was fetched to its partitions.
    fn hand_out(&mut self) -> Result<(), Fault> {
        if self.inbox.is_empty() {
            return Ok(());
        }
        let has_come = self.inbox.iter().any(|message| !message.is_error());
        let mut inbox = std::mem::take(&mut self.inbox);
        let mut messages = inbox.drain(..).peekable();
        while let Some(number) = messages.peek().map(Message::partition) {
            if messages.peek().is_some_and(Message::is_error) {
                let message = messages.next().expect("it was looked at");
                self.met(&message)?;
                continue;
            }
            let run = std::iter::from_fn(|| messages.next_if(|m| m.partition() == number && !m.is_error()));
            match self.mine.get(&number) {
                Some(mine) => {
                    mine.partition.push(run, &self.shared.buffered);
                    if let Some(end) = self.consumer.client().known_end(&self.settings.topic, number) {
                        mine.partition.end.store(end, Ordering::Relaxed);
                    }
                }
                None => run.for_each(drop),
            }
        }
        drop(messages);
        self.inbox = inbox;
        if has_come && !self.is_refused {
            self.condition.goes_on();
            self.last_error = None;
        }
        self.shared.bell.ring();
        Ok(())
    }

    /// Whether what was taken away has been given back.
    fn has_rights(&self) -> bool {
        let client = self.consumer.client();
        client.topic(&self.settings.topic, 500).is_ok_and(|facts| facts.may_read)
            && client.may_join(&self.settings.group, 500).unwrap_or(false)
    }

    /// Does what the lane said; true when that is to stop.
    fn obey(&mut self, command: Option<Command>) -> bool {
        match command {
            None | Some(Command::Stop) => return true,
            Some(Command::Room) => self.resume(),
            Some(Command::Committed(offsets)) => {
                for (partition, offset) in offsets {
                    self.saved.insert(partition, offset);
                    self.to_group.insert(partition, offset);
                }
            }
            Some(Command::Released(partition)) => {
                if let Some(mine) = self.mine.get_mut(&partition.number)
                    && Arc::ptr_eq(&mine.partition, &partition)
                {
                    mine.is_released = true;
                }
            }
            Some(Command::Seek { partition, offset }) => self.seek(&partition, offset),
        }
        false
    }

    /// What comes of other partitions meanwhile waits for its turn: the client gives it once.
    fn seek(&mut self, partition: &Arc<Partition>, offset: i64) {
        let place = Place::new(&self.settings.topic, partition.number, offset);
        // Right after an assignment the client may not be that far yet.
        let until = Instant::now() + Duration::from_secs(5);
        let sought = loop {
            match self.consumer.seek(&place, ASK_MS) {
                Err(error) if Trouble::of(error.code) == Trouble::Away && Instant::now() < until => {
                    self.poll(50);
                }
                sought => break sought,
            }
        };
        match sought {
            Ok(()) => partition.sought(),
            Err(error) => {
                let text =
                    format!("{} cannot be set back to {offset}: {error}", self.place_of(partition.number));
                partition.fail(Fault::away(&code::KAFKA_FAILED, text));
                self.shared.bell.ring();
            }
        }
    }

    /// Tells the group what is committed and leaves it.
    fn leave(&mut self) {
        while let Ok(command) = self.commands.try_recv() {
            self.obey(Some(command));
        }
        let numbers: Vec<i32> = self.mine.keys().copied().collect();
        if self.condition.why().is_none() {
            self.commit_to_group(&numbers, false);
        }
        self.mine.clear();
        // A member with an identity of its own is waited for unless it says that it leaves.
        self.consumer.unsubscribe();
        let mut until = Instant::now() + Duration::from_secs(1);
        while Instant::now() < until {
            self.poll(20);
            self.inbox.clear();
            let rebalances = self.shared.take_rebalances();
            let Some((_, places)) = rebalances.into_iter().find(|(assign, _)| !assign) else { continue };
            let _ = self.consumer.unassign(&places);
            // What is closed now would never say that it leaves.
            until = Instant::now() + Duration::from_millis(200);
        }
        self.consumer.close();
    }
}
