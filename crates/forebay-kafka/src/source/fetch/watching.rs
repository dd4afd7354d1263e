//! What goes wrong with partitions, topic and brokers meanwhile, how much is still to come, and waiting for room.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use forebay_stage::Fault;
use forebay_stage::types::code;

use super::super::start::lost_fault;
use super::room::Room;
use super::{ASK_MS, Fetcher, Mine};
use crate::live::no_right;
use crate::raw::{ErrorCode, KafkaError, Message, Place};
use crate::trouble::{Trouble, fatal};

/// Brokers that have just started may not know a topic yet: it is gone when it was not there so often, a second apart.
const DOUBTS: u32 = 4;
/// How often what was not read is counted.
const LAG_EVERY: Duration = Duration::from_secs(1);
/// How often it is looked whether somebody answers again.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl Fetcher {
    /// A message that stands for something that went wrong.
    pub(super) fn met(&mut self, message: &Message) -> Result<(), Fault> {
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
            // What is told of connections says more.
            (_, Trouble::Away) => _ = self.last_error.get_or_insert(error),
            (_, Trouble::Topic) => self.doubts = self.doubts.max(1),
            _ => return self.shut_out(&error),
        }
        Ok(())
    }

    /// Somebody answers, and does not give what was asked for. What was given once is waited for, since it may be given back.
    pub(super) fn shut_out(&mut self, error: &KafkaError) -> Result<(), Fault> {
        let fault = match Trouble::of(error.code) {
            Trouble::Rights => self.refused(error),
            _ => fatal(&self.place(), error),
        };
        match Trouble::of(error.code) {
            Trouble::Rights if self.was_let_in => self.is_refused = true,
            Trouble::Login if self.was_let_in => {}
            _ => return Err(fault),
        }
        self.condition.waits(fault.code, fault.message);
        Ok(())
    }

    /// A right that is missing, of the group or of the topic.
    pub(super) fn refused(&self, error: &KafkaError) -> Fault {
        match error.code {
            ErrorCode::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED => {
                let place = format!("{}, group `{}`", self.place(), self.settings.group);
                no_right(&place, "join it", "READ on the group")
            }
            _ => no_right(&self.place(), "read", "READ on the topic"),
        }
    }

    pub(super) fn lost(&self, number: i32, from: i64) -> Fault {
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

    pub(super) fn fail_partition(&self, number: i32, fault: Fault) {
        if let Some(mine) = self.mine.get(&number) {
            mine.partition.fail(fault);
            self.shared.bell.ring();
        }
    }

    /// Where a broker has said that the topic is not there: whether that stays so, and whether it is still the same one.
    pub(super) fn look_for_topic_again(&mut self) -> Result<(), Fault> {
        if self.doubts == 0 || self.doubt_at > Instant::now() {
            return Ok(());
        }
        self.doubt_at = Instant::now() + LOOK_EVERY;
        match self.consumer.client().topic(&self.settings.topic, ASK_MS) {
            Ok(facts) if self.facts.as_ref().is_some_and(|before| before.id != facts.id) => {
                let message = format!("{}: it was made anew; begin anew with --fresh", self.place());
                return Err(Fault::fatal(&code::STREAM_REPLACED, message));
            }
            Ok(_) => self.doubts = 0,
            Err(error) if Trouble::of(error.code) == Trouble::Topic && self.doubts >= DOUBTS => {
                let message = format!("{}: the topic is not there any more", self.place());
                return Err(Fault::fatal(&code::KAFKA_TOPIC, message));
            }
            Err(error) if Trouble::of(error.code) == Trouble::Topic => self.doubts += 1,
            Err(_) => {}
        }
        Ok(())
    }

    /// Counts what is there and was not read. While nothing is fetched only the broker knows how much has come.
    pub(super) fn count_lag(&mut self) {
        if self.lag_at > Instant::now() {
            return;
        }
        self.lag_at = Instant::now() + LAG_EVERY;
        let is_fetching = !self.is_paused && !self.wait.is_on();
        for (number, Mine { partition, .. }) in &self.mine {
            let (client, topic) = (self.consumer.client(), &self.settings.topic);
            let end = match is_fetching {
                true => client.known_end(topic, *number),
                false => client.bounds(topic, *number, 200).ok().map(|(_, high)| high),
            };
            let Some(end) = end else { continue };
            let lag = end - partition.next.load(Ordering::Relaxed);
            partition.lag.store(u64::try_from(lag).unwrap_or(0), Ordering::Relaxed);
        }
    }

    /// Takes note of what the client has to say, and looks whether somebody answers again.
    pub(super) fn look(&mut self) {
        for error in self.shared.take_errors() {
            match (error.code, Trouble::of(error.code)) {
                (ErrorCode::RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, _) => {
                    let why = self.last_error.clone().unwrap_or(error);
                    self.waits_for_broker(&why);
                }
                (_, Trouble::Client | Trouble::Rights) if error.text.starts_with("fatal") => {
                    self.shared.fail(fatal(&self.place(), &error));
                }
                (_, trouble) => {
                    if trouble == Trouble::Login {
                        self.waits_for_broker(&error);
                    }
                    self.last_error = Some(error);
                }
            }
        }
        if self.condition.why().is_some() && self.to_take.is_empty() && self.look_at < Instant::now() {
            self.look_at = Instant::now() + LOOK_EVERY;
            let first = self.mine.keys().next().copied().unwrap_or(0);
            let is_refused = self.is_refused && !self.has_rights();
            if !is_refused && self.consumer.client().bounds(&self.settings.topic, first, 500).is_ok() {
                self.is_refused = false;
                self.condition.goes_on();
                self.last_error = None;
            }
        }
    }

    fn waits_for_broker(&self, why: &KafkaError) {
        let trouble = match Trouble::of(why.code) {
            Trouble::Login => Trouble::Login,
            _ => Trouble::Away,
        };
        self.condition.waits(trouble.code(), trouble.says(&self.settings.connection.shown(), why));
    }

    /// How much longer room is waited for without polling. From the moment that this is asked, whoever makes room says so.
    pub(super) fn lacks_room(&mut self) -> Option<Duration> {
        if self.is_paused {
            return None;
        }
        let mut room = self.wait.look(&self.shared.buffered, Instant::now());
        if room != Room::There && !self.shared.waits_for_room.swap(true, Ordering::AcqRel) {
            // What was read before was not told.
            room = self.wait.look(&self.shared.buffered, Instant::now());
        }
        match room {
            Room::There => self.shared.waits_for_room.store(false, Ordering::Release),
            Room::Awaited(left) => return Some(left),
            Room::Wanting => self.pause(),
        }
        None
    }

    /// Waits until the lane has read; true where that is to stop.
    pub(super) fn wait_for_room(&mut self, at_most: Duration) -> bool {
        match self.commands.recv_timeout(at_most.min(Duration::from_millis(100))) {
            Ok(command) => self.obey(Some(command)),
            Err(crossbeam_channel::RecvTimeoutError::Timeout) => false,
            Err(crossbeam_channel::RecvTimeoutError::Disconnected) => true,
        }
    }

    pub(super) fn all(&self) -> Vec<Place> {
        self.mine.keys().map(|number| Place::new(&self.settings.topic, *number, -1001)).collect()
    }

    pub(super) fn pause(&mut self) {
        if self.consumer.pause(&self.all()).is_ok() {
            self.is_paused = true;
        }
    }

    pub(super) fn resume(&mut self) {
        self.wait.end();
        if std::mem::take(&mut self.is_paused)
            && let Err(error) = self.consumer.resume(&self.all())
        {
            self.shared.fail(fatal(&self.place(), &error));
        }
    }
}
