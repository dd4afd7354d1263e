//! How partitions come and go: where each goes on, and what is told to the group before it is given away.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use forebay_stage::types::code;
use forebay_stage::{Change, Fault, FaultKind, Stream};

use super::super::partition::Partition;
use super::super::reader::PartitionReader;
use super::super::start::{Begin, Known, Start, begin, position};
use super::{ASK_MS, Fetcher, Mine};
use crate::raw::{KafkaError, Place};
use crate::trouble::{Trouble, fatal};

/// The group's offsets follow what is committed at this pace.
const GROUP_EVERY: Duration = Duration::from_millis(500);
/// A partition that is asked for waits so long for the commit of what was taken of it.
const LET_GO_WITHIN: Duration = Duration::from_secs(20);

impl Fetcher {
    pub(super) fn heed_rebalances(&mut self) -> Result<(), Fault> {
        for (assign, places) in self.shared.take_rebalances() {
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
            // What nobody else reads is brought to its commit, whatever the group thinks: state belongs to it.
            let lost = self.consumer.has_lost_assignment() && !self.settings.manner.alone;
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

    pub(super) fn unassign(&self, places: &[Place]) -> Result<(), Fault> {
        self.consumer.unassign(places).map_err(|error| fatal(&self.place(), &error))
    }

    /// Finds out where given partitions go on, and takes them.
    pub(super) fn take_on(&mut self) -> Result<(), Fault> {
        if self.to_take.is_empty() {
            return Ok(());
        }
        self.check_count(self.to_take.iter().max().map_or(0, |last| last + 1))?;
        let found = match self.look_up(&self.to_take) {
            Ok(found) => found,
            Err(error) if Trouble::of(error.code) == Trouble::Away => {
                self.condition
                    .waits(&code::KAFKA_AWAY, format!("{}: {error}", self.settings.connection.shown()));
                return Ok(());
            }
            Err(error) => return self.shut_out(&error),
        };
        let topic = self.settings.topic.clone();
        let mut places = Vec::new();
        for (number, known) in std::mem::take(&mut self.to_take).into_iter().zip(found) {
            let partition = Arc::new(Partition::new(&topic, number));
            let place = self.place_of(number);
            let Begin { offset, lost } = match begin(known, self.settings.manner, &place) {
                Ok(begin) => begin,
                Err(fault) if fault.kind == FaultKind::Stream => {
                    // It is here, so that it is seen, and gives nothing.
                    partition.fail(fault);
                    Begin { offset: known.saved.or(known.group).unwrap_or(known.start), lost: 0 }
                }
                Err(fault) => return Err(fault),
            };
            partition.end.store(known.high, Ordering::Relaxed);
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
        self.was_let_in = true;
        self.is_refused = false;
        // What other processes have read meanwhile is not begun anew when it comes here.
        self.settings.manner.fresh &= self.settings.manner.alone;
        self.consumer.assign(&places).map_err(|error| fatal(&self.place(), &error))
    }

    /// The topic by its id, which is another one when the topic is made anew.
    pub(super) fn fingerprint(&self) -> String {
        self.facts.as_ref().map_or_else(String::new, |facts| format!("topic {}", facts.id))
    }

    pub(super) fn look_up(&self, numbers: &[i32]) -> Result<Vec<Known>, KafkaError> {
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
    pub(super) fn give_away(&mut self) {
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
    pub(super) fn follow(&mut self) {
        if self.to_group.is_empty() || self.group_at > Instant::now() {
            return;
        }
        self.group_at = Instant::now() + GROUP_EVERY;
        let numbers: Vec<i32> = self.mine.keys().copied().collect();
        self.commit_to_group(&numbers, true);
    }

    /// What fails here is written with what is committed next, or found by a restart in the state.
    pub(super) fn commit_to_group(&mut self, numbers: &[i32], is_async: bool) {
        let places: Vec<Place> = numbers
            .iter()
            .filter_map(|number| {
                Some(Place::new(&self.settings.topic, *number, self.to_group.remove(number)?))
            })
            .collect();
        if !places.is_empty()
            && let Err(error) = self.consumer.commit(&places, is_async)
        {
            self.last_error.get_or_insert(error);
        }
    }
}
