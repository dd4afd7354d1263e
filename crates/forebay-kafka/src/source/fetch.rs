//! The thread that fetches: the one member of the consumer group that this source is.
//!
//! Invariants: messages of a partition are given on in order, from the offset that the engine goes on from; a partition that goes to
//! another process is let go of when everything that was taken of it is committed, or somebody else has it already; what is fetched
//! and not read is bounded; the group's offsets are never ahead of what is committed.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use forebay_stage::types::code;
use forebay_stage::types::nearest::nearest;
use forebay_stage::{Bell, Change, Condition, Fault, Stream};

use super::partition::{Buffered, Partition};
use super::reader::{Form, PartitionReader};
use super::start::{Begin, Known, Manner, Start, begin, lost_fault, position};
use crate::connection::Connection;
use crate::raw::{Consumer, ErrorCode, KafkaError, Listener, Message, Place, Scratch, TopicFacts};
use crate::trouble::{Trouble, fatal};

/// Messages of one poll, and how long it waits for the first.
const POLL_MESSAGES: usize = 2048;
const POLL_MS: i32 = 100;
/// How long a question to the cluster may take before it is asked again.
const ASK_MS: i32 = 5_000;
/// The group's offsets follow what is committed at this pace.
const GROUP_EVERY: Duration = Duration::from_millis(500);
/// While fetching waits for room no heartbeats are due for minutes; after this the partitions are paused and polling goes on.
const PAUSE_AFTER: Duration = Duration::from_secs(1);
/// A partition that is asked for waits so long for the commit of what was taken of it.
const LET_GO_WITHIN: Duration = Duration::from_secs(20);
/// How often it is looked whether somebody answers again.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What the lane tells the thread.
pub enum Command {
    /// Set a partition back (or forth) to an offset.
    Seek {
        partition: Arc<Partition>,
        offset: i64,
    },
    /// Its reader is gone.
    Released(Arc<Partition>),
    /// Committed offsets, by partition.
    Committed(Vec<(i32, i64)>),
    /// There is room again.
    Room,
    Stop,
}

/// What thread, lane and client share.
pub struct Shared {
    pub buffered: Buffered,
    /// The thread waits for room.
    waits_for_room: AtomicBool,
    changes: Mutex<Vec<Change>>,
    fault: Mutex<Option<Fault>>,
    rebalances: Mutex<Vec<(bool, Vec<Place>)>>,
    errors: Mutex<Vec<KafkaError>>,
    commands: Sender<Command>,
    bell: Bell,
    topic: String,
    consumer: std::sync::OnceLock<std::sync::Weak<Consumer>>,
}

impl Shared {
    pub fn new(topic: &str, bell: Bell, commands: Sender<Command>) -> Shared {
        Shared {
            buffered: Buffered::default(),
            waits_for_room: AtomicBool::new(false),
            changes: Mutex::default(),
            fault: Mutex::default(),
            rebalances: Mutex::default(),
            errors: Mutex::default(),
            commands,
            bell,
            topic: topic.into(),
            consumer: std::sync::OnceLock::new(),
        }
    }

    /// Says which consumer is to be woken. Once.
    pub fn wakes(&self, consumer: &Arc<Consumer>) {
        let _ = self.consumer.set(Arc::downgrade(consumer));
    }

    pub fn tell(&self, command: Command) {
        let _ = self.commands.send(command);
        if let Some(consumer) = self.consumer.get().and_then(std::sync::Weak::upgrade) {
            consumer.wake();
        }
    }

    /// Tells something that has time until the thread looks by itself.
    pub fn note(&self, command: Command) {
        let _ = self.commands.send(command);
    }

    /// Something was read.
    pub fn made_room(&self) {
        if self.waits_for_room.load(Ordering::Relaxed)
            && self.buffered.has_room()
            && self.waits_for_room.swap(false, Ordering::AcqRel)
        {
            self.tell(Command::Room);
        }
    }

    /// The next offset of a partition, as of the last fetch.
    pub fn end_of(&self, partition: i32) -> Option<i64> {
        self.consumer.get()?.upgrade()?.client().known_end(&self.topic, partition)
    }

    /// What came and went since the last call.
    pub fn changes(&self) -> Result<Vec<Change>, Fault> {
        match lock(&self.fault).clone() {
            Some(fault) => Err(fault),
            None => Ok(std::mem::take(&mut *lock(&self.changes))),
        }
    }

    fn change(&self, change: Change) {
        lock(&self.changes).push(change);
        self.bell.ring();
    }

    fn fail(&self, fault: Fault) {
        lock(&self.fault).get_or_insert(fault);
        self.bell.ring();
    }
}

impl Listener for Shared {
    fn error(&self, error: KafkaError) {
        lock(&self.errors).push(error);
    }

    fn rebalance(&self, assign: bool, places: Vec<Place>) {
        lock(&self.rebalances).push((assign, places));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

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
    waits_since: Option<Instant>,
    look_at: Instant,
    /// The last of what went wrong with a broker, in its own words.
    last_error: Option<String>,
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
            waits_since: None,
            look_at: now,
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

    /// Finds the topic and joins the group; false where the pipeline ended before that.
    fn join(&mut self) -> Result<bool, Fault> {
        loop {
            match self.look_for_topic() {
                Ok(facts) => {
                    self.facts = Some(facts);
                    break;
                }
                Err(error) => self.wait_or_fail(&error)?,
            }
            if self.is_stopped_within(Duration::from_millis(200)) {
                return Ok(false);
            }
        }
        while self.settings.manner.alone {
            match self.consumer.client().group_members(&self.settings.group, ASK_MS) {
                Ok(members) => {
                    self.check_alone(&members)?;
                    break;
                }
                Err(error) => self.wait_or_fail(&error)?,
            }
            if self.is_stopped_within(Duration::from_millis(200)) {
                return Ok(false);
            }
        }
        self.check_count(0)?;
        self.condition.goes_on();
        let subscribed = self.consumer.subscribe(&self.settings.topic);
        subscribed.map_err(|error| fatal(&self.place(), &error))?;
        Ok(true)
    }

    /// A pipeline that keeps state by key refuses another number of partitions than its state was written with.
    fn check_count(&self, at_least: i32) -> Result<(), Fault> {
        let now = self.facts.as_ref().map_or(0, |facts| facts.partitions).max(at_least);
        let before = match (self.saved.len() as i32, &self.facts) {
            (0, Some(facts)) => facts.partitions,
            (saved, _) => saved,
        };
        if !self.settings.manner.alone || now == before {
            return Ok(());
        }
        let message = format!(
            "{} has {now} partitions and had {before}: keys are in other partitions now; begin anew with --fresh",
            self.place()
        );
        Err(Fault::fatal(&code::KAFKA_PARTITIONS, message))
    }

    fn look_for_topic(&mut self) -> Result<TopicFacts, KafkaError> {
        let asked = self.consumer.client().topic(&self.settings.topic, ASK_MS);
        // What the client has to say of its connections is told where it is polled.
        self.poll(0);
        asked
    }

    /// Before anything was read: what a wait may mend is waited for, everything else ends the pipeline.
    fn wait_or_fail(&mut self, error: &KafkaError) -> Result<(), Fault> {
        for said in std::mem::take(&mut *lock(&self.shared.errors)) {
            if Trouble::of(said.code) == Trouble::Login {
                return Err(fatal(&self.settings.connection.shown(), &said));
            }
            self.last_error = Some(said.text);
        }
        match Trouble::of(error.code) {
            Trouble::Away => {
                let why = self.last_error.clone().unwrap_or_else(|| error.text.clone());
                self.condition.waits(format!("{}: {why}", self.settings.connection.shown()));
                Ok(())
            }
            Trouble::Topic => Err(self.no_topic()),
            _ => Err(fatal(&self.place(), error)),
        }
    }

    fn no_topic(&self) -> Fault {
        let topics = self.consumer.client().topics(ASK_MS).unwrap_or_default();
        let near = nearest(&self.settings.topic, topics.iter().map(String::as_str));
        let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        let message = format!("{}: there is no such topic{near}", self.place());
        Fault::fatal(&code::KAFKA_TOPIC, message)
    }

    fn check_alone(&self, members: &[(String, String)]) -> Result<(), Fault> {
        let Some((client, host)) = stranger(members, &self.settings.siblings) else { return Ok(()) };
        Err(Fault::fatal(
            &code::KAFKA_GROUP,
            format!(
                "{}: group `{}` has another member, {client} at {}; with `scale: one` one process reads alone",
                self.place(),
                self.settings.group,
                host.trim_start_matches('/')
            ),
        ))
    }

    fn is_stopped_within(&mut self, wait: Duration) -> bool {
        match self.commands.recv_timeout(wait) {
            Ok(command) => self.obey(Some(command)),
            Err(crossbeam_channel::RecvTimeoutError::Timeout) => false,
            Err(crossbeam_channel::RecvTimeoutError::Disconnected) => true,
        }
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
            if self.shared.buffered.is_full() && !self.is_paused {
                if self.wait_for_room() {
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
                Some(mine) => mine.partition.push(run, &self.shared.buffered),
                None => run.for_each(drop),
            }
        }
        drop(messages);
        self.inbox = inbox;
        self.condition.goes_on();
        self.shared.bell.ring();
        Ok(())
    }

    /// A message that stands for something that went wrong.
    fn met(&mut self, message: &Message) -> Result<(), Fault> {
        let Some(error) = message.error() else { return Ok(()) };
        let number = message.partition();
        match (error.code, Trouble::of(error.code)) {
            (ErrorCode::RD_KAFKA_RESP_ERR__PARTITION_EOF, _) => {}
            (
                ErrorCode::RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET
                | ErrorCode::RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,
                _,
            ) => {
                let fault = self.lost(number, message.offset());
                self.fail_partition(number, fault);
            }
            (_, Trouble::Away) => self.last_error = Some(error.text),
            (_, Trouble::Topic) => {
                let place = if number < 0 { self.place() } else { self.place_of(number) };
                let fault = Fault::stream(&code::KAFKA_TOPIC, format!("{place}: the topic is gone"));
                match number {
                    ..0 => self.mine.values().for_each(|mine| mine.partition.fail(fault.clone())),
                    _ => self.fail_partition(number, fault),
                }
            }
            (_, Trouble::Rights) => return Err(fatal(&self.group_place(&error), &error)),
            _ => return Err(fatal(&self.place(), &error)),
        }
        Ok(())
    }

    fn group_place(&self, error: &KafkaError) -> String {
        match error.code {
            ErrorCode::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED => {
                format!("{}, group `{}`", self.place(), self.settings.group)
            }
            _ => self.place(),
        }
    }

    fn lost(&self, number: i32, from: i64) -> Fault {
        let place = self.place_of(number);
        match self.consumer.client().bounds(&self.settings.topic, number, ASK_MS) {
            Ok((_, high)) if from > high => Fault::stream(
                &code::STREAM_REPLACED,
                format!("{place} ends at {high}, and {from} was to come next: it was cut or made anew"),
            ),
            Ok((low, _)) => lost_fault(&place, from, low),
            Err(error) => {
                Fault::stream(&code::KAFKA_LOST, format!("{place}: offset {from} is not there: {error}"))
            }
        }
    }

    fn fail_partition(&self, number: i32, fault: Fault) {
        if let Some(mine) = self.mine.get(&number) {
            mine.partition.fail(fault);
            self.shared.bell.ring();
        }
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

    fn seek(&mut self, partition: &Arc<Partition>, offset: i64) {
        let place = Place::new(&self.settings.topic, partition.number, offset);
        // Right after an assignment the client may not be that far yet.
        let until = Instant::now() + Duration::from_secs(5);
        let sought = loop {
            match self.consumer.seek(&place, ASK_MS) {
                Err(error) if Trouble::of(error.code) == Trouble::Away && Instant::now() < until => {
                    self.poll(50);
                    self.inbox.clear();
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

    fn heed_rebalances(&mut self) -> Result<(), Fault> {
        for (assign, places) in std::mem::take(&mut *lock(&self.shared.rebalances)) {
            let numbers: Vec<i32> = places.iter().map(|place| place.partition).collect();
            if assign {
                self.to_take.extend(numbers);
                if self.to_take.is_empty() {
                    // The group waits for the answer although there is nothing to take.
                    self.consumer.assign(&[]).map_err(|error| fatal(&self.place(), &error))?;
                }
                continue;
            }
            if self.settings.manner.alone {
                let members = self.consumer.client().group_members(&self.settings.group, ASK_MS);
                self.check_alone(&members.unwrap_or_default())?;
            }
            let lost = self.consumer.has_lost_assignment();
            self.to_take.retain(|number| !numbers.contains(number));
            self.give_until = Instant::now() + LET_GO_WITHIN;
            for number in numbers {
                let Some(mine) = self.mine.get(&number) else { continue };
                let name = mine.partition.name.clone();
                self.shared.change(if lost { Change::Gone(name) } else { Change::Closing(name) });
                self.to_give.push(number);
            }
            if self.to_give.is_empty() {
                self.unassign(&places)?;
            }
        }
        Ok(())
    }

    fn unassign(&self, places: &[Place]) -> Result<(), Fault> {
        self.consumer.unassign(places).map_err(|error| fatal(&self.place(), &error))
    }

    /// Finds out where given partitions go on, and takes them.
    fn take_on(&mut self) -> Result<(), Fault> {
        if self.to_take.is_empty() {
            return Ok(());
        }
        self.check_count(self.to_take.iter().max().map_or(0, |last| last + 1))?;
        let found = match self.look_up(&self.to_take) {
            Ok(found) => found,
            Err(error) if Trouble::of(error.code) == Trouble::Away => {
                self.condition.waits(format!("{}: {error}", self.settings.connection.shown()));
                return Ok(());
            }
            Err(error) => return Err(fatal(&self.group_place(&error), &error)),
        };
        let topic = self.settings.topic.clone();
        let mut places = Vec::new();
        for (number, known) in std::mem::take(&mut self.to_take).into_iter().zip(found) {
            let partition = Arc::new(Partition::new(&topic, number));
            let place = self.place_of(number);
            let Begin { offset, lost } = match begin(known, self.settings.manner, &place) {
                Ok(begin) => begin,
                Err(fault) if fault.kind == forebay_stage::FaultKind::Stream => {
                    // It is here, so that it is seen, and gives nothing.
                    partition.fail(fault);
                    Begin { offset: known.saved.or(known.group).unwrap_or(known.start), lost: 0 }
                }
                Err(fault) => return Err(fault),
            };
            places.push(Place::new(&topic, number, offset.clamp(known.low, known.high)));
            let reader = PartitionReader::new(
                self.shared.clone(),
                partition.clone(),
                self.form.clone(),
                offset,
                self.fingerprint(),
                self.consumer.clone(),
            )?;
            let stream = Stream {
                begins: Some(position(offset)),
                lost: (lost > 0).then_some((lost, &code::KAFKA_LOST)),
                ..Stream::new(partition.name.clone(), Box::new(reader))
            };
            self.mine.insert(number, Mine { partition, is_released: false });
            self.shared.change(Change::Opened(stream));
        }
        self.condition.goes_on();
        self.consumer.assign(&places).map_err(|error| fatal(&self.place(), &error))
    }

    /// The topic by its id, which is another one when the topic is made anew.
    fn fingerprint(&self) -> String {
        self.facts.as_ref().map_or_else(String::new, |facts| format!("topic {}", facts.id))
    }

    fn look_up(&self, numbers: &[i32]) -> Result<Vec<Known>, KafkaError> {
        let topic = &self.settings.topic;
        let places: Vec<Place> = numbers.iter().map(|number| Place::new(topic, *number, -1001)).collect();
        let group = self.consumer.committed(&places, ASK_MS)?;
        let mut starts = Vec::new();
        if let Start::At(nanos) = self.settings.start {
            let at = |number: &i32| Place::new(topic, *number, nanos.div_euclid(1_000_000));
            let at: Vec<Place> = numbers.iter().map(at).collect();
            starts = self.consumer.at_times(&at, ASK_MS)?;
        }
        let known = |(at, number): (usize, &i32)| {
            let (low, high) = self.consumer.client().bounds(topic, *number, ASK_MS)?;
            let found = starts.get(at).map(|place| place.offset).filter(|offset| *offset >= 0);
            Ok(Known {
                saved: self.saved.get(number).copied(),
                group: group.get(at).map(|place| place.offset).filter(|offset| *offset >= 0),
                low,
                high,
                start: match self.settings.start {
                    // Nothing of a partition that was added meanwhile was there when the pipeline began.
                    _ if self.facts.as_ref().is_some_and(|facts| *number >= facts.partitions) => low,
                    Start::Earliest => low,
                    Start::Latest => high,
                    Start::At(_) => found.unwrap_or(high),
                },
            })
        };
        numbers.iter().enumerate().map(known).collect()
    }

    /// Lets go of partitions that the group wants back once the engine has.
    fn give_away(&mut self) {
        if self.to_give.is_empty() {
            return;
        }
        let is_done = |number: &i32| self.mine.get(number).is_none_or(|mine| mine.is_released);
        if !self.to_give.iter().all(is_done) {
            if Instant::now() < self.give_until {
                return;
            }
            for number in &self.to_give {
                let Some(mine) = self.mine.get(number) else { continue };
                self.shared.change(Change::Gone(mine.partition.name.clone()));
            }
        }
        let numbers = std::mem::take(&mut self.to_give);
        let places: Vec<Place> =
            numbers.iter().map(|number| Place::new(&self.settings.topic, *number, -1001)).collect();
        if !self.consumer.has_lost_assignment() {
            self.commit_to_group(&numbers, false);
        }
        numbers.iter().for_each(|number| {
            self.mine.remove(number);
        });
        if let Err(fault) = self.unassign(&places) {
            self.shared.fail(fault);
        }
    }

    /// The group's offsets follow what is committed.
    fn follow(&mut self) {
        if self.to_group.is_empty() || self.group_at > Instant::now() {
            return;
        }
        self.group_at = Instant::now() + GROUP_EVERY;
        let numbers: Vec<i32> = self.mine.keys().copied().collect();
        self.commit_to_group(&numbers, true);
    }

    /// What fails here is written with what is committed next, or found by a restart in the state.
    fn commit_to_group(&mut self, numbers: &[i32], is_async: bool) {
        let places: Vec<Place> = numbers
            .iter()
            .filter_map(|number| {
                Some(Place::new(&self.settings.topic, *number, self.to_group.remove(number)?))
            })
            .collect();
        if !places.is_empty()
            && let Err(error) = self.consumer.commit(&places, is_async)
        {
            self.last_error = Some(error.text);
        }
    }

    /// Waits until the lane has read, at first without polling; true where that is to stop.
    fn wait_for_room(&mut self) -> bool {
        self.shared.waits_for_room.store(true, Ordering::Release);
        let since = *self.waits_since.get_or_insert_with(Instant::now);
        if self.shared.buffered.has_room() {
            self.shared.waits_for_room.store(false, Ordering::Release);
            self.waits_since = None;
            return false;
        }
        let left = PAUSE_AFTER.saturating_sub(since.elapsed());
        if left.is_zero() {
            self.pause();
            return false;
        }
        match self.commands.recv_timeout(left.min(Duration::from_millis(100))) {
            Ok(command) => self.obey(Some(command)),
            Err(crossbeam_channel::RecvTimeoutError::Timeout) => false,
            Err(crossbeam_channel::RecvTimeoutError::Disconnected) => true,
        }
    }

    fn all(&self) -> Vec<Place> {
        self.mine.keys().map(|number| Place::new(&self.settings.topic, *number, -1001)).collect()
    }

    fn pause(&mut self) {
        if self.consumer.pause(&self.all()).is_ok() {
            self.is_paused = true;
        }
    }

    fn resume(&mut self) {
        self.waits_since = None;
        if std::mem::take(&mut self.is_paused)
            && let Err(error) = self.consumer.resume(&self.all())
        {
            self.shared.fail(fatal(&self.place(), &error));
        }
    }

    /// Takes note of what the client has to say, and looks whether somebody answers again.
    fn look(&mut self) {
        for error in std::mem::take(&mut *lock(&self.shared.errors)) {
            match (error.code, Trouble::of(error.code)) {
                (ErrorCode::RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, _) | (_, Trouble::Login) => {
                    let why = self.last_error.clone().unwrap_or(error.text);
                    self.condition.waits(format!("{}: {why}", self.settings.connection.shown()));
                }
                (_, Trouble::Client | Trouble::Rights) if error.text.starts_with("fatal") => {
                    self.shared.fail(fatal(&self.group_place(&error), &error));
                }
                _ => self.last_error = Some(error.text),
            }
        }
        if self.condition.why().is_some() && self.to_take.is_empty() && self.look_at < Instant::now() {
            self.look_at = Instant::now() + LOOK_EVERY;
            let first = self.mine.keys().next().copied().unwrap_or(0);
            if self.consumer.client().bounds(&self.settings.topic, first, 500).is_ok() {
                self.condition.goes_on();
                self.last_error = None;
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
            let rebalances = std::mem::take(&mut *lock(&self.shared.rebalances));
            let Some((_, places)) = rebalances.into_iter().find(|(assign, _)| !assign) else { continue };
            let _ = self.consumer.unassign(&places);
            // What is closed now would never say that it leaves.
            until = Instant::now() + Duration::from_millis(200);
        }
        self.consumer.close();
    }
}

/// The member of a group, by its client id and host, that is no source of this pipeline.
fn stranger<'m>(members: &'m [(String, String)], siblings: &str) -> Option<&'m (String, String)> {
    members.iter().find(|(client, _)| !client.starts_with(siblings))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_of_one_pipeline_are_no_strangers_to_each_other() {
        #[track_caller]
        fn check(members: &[&str], expect: Option<&str>) {
            let members: Vec<_> = members.iter().map(|name| (name.to_string(), "here".to_string())).collect();
            let found = stranger(&members, "forebay-5e1f-").map(|(client, _)| client.as_str());
            assert_eq!(found, expect);
        }
        check(&[], None);
        check(&["forebay-5e1f-tx", "forebay-5e1f-chargebacks"], None);
        check(&["forebay-5e1f-tx", "forebay-77aa-tx"], Some("forebay-77aa-tx"));
        check(&["kcat"], Some("kcat"));
    }
}
