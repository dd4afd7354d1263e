//! A lane: one thread that owns instances of segments, runs their rounds when there is input and room, and otherwise
//! sleeps until somebody has something for it.

use std::collections::VecDeque;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};
use forebay_sched::epochs::Generation;
use forebay_sched::suspects::Range;
use forebay_stage::{Sealed, Turn};
use forebay_types::Epoch;

use crate::driver::{Driver, FromSource, Next};
use crate::edge::Barrier;
use crate::entry::{Missed, StreamEntry};
use crate::kit::Kit;
use crate::node::{Stop, Work, protected};
use crate::park::Parker;
use crate::segment::SegmentRun;
use crate::steps::Round;

/// What the coordinator tells a lane.
pub enum Command {
    /// Every lane has sealed this epoch: let go of what is kept of it, and say when every record up to it has ended.
    Settle(Epoch),
    Committed(Epoch),
    /// Go back to the last commit; work on these records one by one from now on.
    Undo {
        generation: Generation,
        suspects: Vec<Range>,
    },
    /// Every lane has gone back.
    Resume(Generation),
    /// Write images of state until so many bytes are out, a part at each barrier.
    Image,
    Stop,
}

/// What a lane tells the coordinator.
pub enum Report {
    Sealed(SealedLane),
    Settled {
        generation: Generation,
        epoch: Epoch,
        streams: Vec<StreamEntry>,
    },
    Undone {
        generation: Generation,
    },
    Failed {
        generation: Generation,
        stop: Stop,
    },
    /// A lane's thread ended with a panic outside of any stage: a defect.
    Died(String),
}

/// A lane's part of an epoch.
pub struct SealedLane {
    pub generation: Generation,
    pub barrier: Barrier,
    /// By node name.
    pub sinks: Vec<(String, Sealed)>,
    pub deltas: Vec<(String, Vec<u8>)>,
    /// Node, shard and bytes of state images taken at this barrier.
    pub images: Vec<(String, u32, Vec<u8>)>,
    /// What deadlines did, by node.
    pub missed: Vec<(String, Missed)>,
}

pub struct Lane {
    /// In topological order.
    pub segments: Vec<SegmentRun>,
    /// Drives the first segment, on lanes that have sources.
    pub driver: Option<Driver>,
    pub kit: Kit,
    pub parker: Parker,
    pub commands: Receiver<Command>,
    pub reports: Sender<Report>,
    pub generation: Generation,
    /// Set while the lane waits for others to go back.
    pub paused: bool,
    /// Epochs that every lane has sealed and that are not committed, with whether it was reported that they have settled. What is held
    /// of them is let go of until they are committed, also where it is others' records alone.
    pub settling: VecDeque<(Epoch, bool)>,
    /// What sinks sealed, until it is committed; then the last one stands for going back.
    pub sink_entries: VecDeque<(Epoch, usize, usize, Vec<u8>)>,
    pub committed_entries: Vec<(usize, usize, Vec<u8>)>,
    /// Shards of which images are still to be taken: segment, node, shard.
    pub imaging: VecDeque<(usize, usize, u32)>,
    pub from_sources: Vec<FromSource>,
    /// Asks for an empty round when something out of turn has to cross.
    pub nudge: crate::engine::Nudge,
}

/// Bytes of images that are taken at one barrier at most, beyond the first.
const IMAGE_BYTES_A_BARRIER: usize = 4 << 20;

impl Lane {
    /// The thread's whole life.
    pub fn run(mut self) {
        self.parker.bind();
        while self.obey() {
            if self.paused {
                let commands = &self.commands;
                self.parker.park(None, || !commands.is_empty());
                continue;
            }
            match self.step() {
                Ok(true) => {}
                Ok(false) => self.sleep(),
                Err(stop) => {
                    self.paused = true;
                    self.kit.unmark();
                    self.report(Report::Failed { generation: self.generation, stop });
                }
            }
        }
    }

    fn report(&self, report: Report) {
        // A coordinator that is gone wants to hear nothing.
        let _ = self.reports.send(report);
    }

    /// Does what the coordinator said; false when it said stop.
    fn obey(&mut self) -> bool {
        while let Ok(command) = self.commands.try_recv() {
            let done = match command {
                Command::Stop => return false,
                Command::Settle(epoch) => {
                    self.settling.push_back((epoch, false));
                    Ok(())
                }
                Command::Committed(epoch) => self.committed(epoch),
                Command::Undo { generation, suspects } => self.undo(generation, &suspects),
                Command::Resume(generation) => {
                    self.resume(generation);
                    Ok(())
                }
                Command::Image => {
                    self.begin_images();
                    Ok(())
                }
            };
            if let Err(stop) = done {
                self.paused = true;
                self.report(Report::Failed { generation: self.generation, stop });
            }
        }
        true
    }

    /// Runs what can be run; false when there was nothing.
    fn step(&mut self) -> Result<bool, Stop> {
        let mut worked = false;
        if let Some(stop) = self.segments.iter().find_map(SegmentRun::failure) {
            return Err(stop);
        }
        // Later segments first: room is made before more is taken in.
        for at in (0..self.segments.len()).rev() {
            if self.segments[at].can_receive() {
                let barrier = self.segments[at].receive(&mut self.kit);
                self.round(at, barrier)?;
                worked = true;
            }
        }
        let can_read = self.can_read();
        match &mut self.driver {
            Some(_) if can_read => worked |= self.source_round()?,
            Some(driver) => driver.listen()?,
            None => {}
        }
        worked |= self.turns()?;
        if !self.settling.is_empty() {
            // Downstream first: what is held there holds what is upstream.
            self.segments.iter_mut().rev().for_each(SegmentRun::settle);
            self.report_settled();
        }
        Ok(worked)
    }

    /// Whether a round of the sources can begin. One that drains takes nothing in.
    fn can_read(&self) -> bool {
        self.driver.as_ref().is_some_and(|driver| self.segments[0].has_room(!driver.is_draining()))
    }

    fn source_round(&mut self) -> Result<bool, Stop> {
        let Some(driver) = &mut self.driver else { return Ok(false) };
        driver.nudged |= self.nudge.take();
        let now = self.kit.clock.now();
        if !driver.is_due(now) {
            return Ok(false);
        }
        let Next::Round(Round { number, barrier }) = driver.next(now, &mut self.from_sources)? else {
            return Ok(false);
        };
        if let Some(number) = number {
            self.segments[0].round = number;
        }
        if barrier.is_some() {
            self.kit.clock.look_at_wall();
        }
        let took_ns = (self.kit.clock.now() - now).max(0) as u64;
        let records: u64 = self.from_sources.iter().map(FromSource::records).sum();
        for from in self.from_sources.drain(..) {
            let header = from.batch.header();
            if let Some(last) = header.rows().checked_sub(1) {
                self.kit.clock.follow(header.arrival(last));
            }
            // Sources are read in one go: each has its share by records.
            let busy_ns = took_ns * from.records() / records.max(1);
            self.segments[0].hand_source(&mut self.kit, from, busy_ns);
        }
        self.round(0, barrier)?;
        self.driver.iter().for_each(|driver| driver.sent(number));
        Ok(true)
    }

    fn round(&mut self, at: usize, barrier: Option<Barrier>) -> Result<(), Stop> {
        self.segments[at].sweep(&mut self.kit, self.generation, barrier)?;
        match barrier {
            Some(barrier) => self.seal(at, barrier),
            None => Ok(()),
        }
    }

    /// Ends an epoch on one segment; the lane's part is complete with the last of its segments.
    fn seal(&mut self, at: usize, barrier: Barrier) -> Result<(), Stop> {
        let mut part = SealedLane {
            generation: self.generation,
            barrier,
            sinks: Vec::new(),
            deltas: Vec::new(),
            images: Vec::new(),
            missed: Vec::new(),
        };
        for (index, node) in self.segments[at].nodes.iter_mut().enumerate() {
            let name = node.name.to_string();
            let missed = node.metrics.take_missed();
            if missed != Missed::default() {
                part.missed.push((name.clone(), missed));
            }
            match &mut node.work {
                Work::Source => {}
                Work::Sink(run) => {
                    let sealed = protected(|| run.sink.seal(barrier.epoch, barrier.complete));
                    let sealed = sealed.map_err(|fault| Stop::new(name.clone(), fault))?;
                    run.sealed = Some(barrier.epoch);
                    self.sink_entries.push_back((barrier.epoch, at, index, sealed.entry.clone()));
                    part.sinks.push((name, sealed));
                }
                Work::Stage(stage) => {
                    if let Some(state) = stage.state() {
                        let mut delta = Vec::new();
                        state.seal(barrier.epoch, &mut delta);
                        let (keys, bytes) = state.size();
                        node.metrics.state_keys.set(keys);
                        node.metrics.state_bytes.set(bytes);
                        if !delta.is_empty() {
                            part.deltas.push((name, delta));
                        }
                    }
                }
            }
        }
        self.take_images(at, &mut part);
        self.report(Report::Sealed(part));
        Ok(())
    }

    /// All shards of all states of this lane are to be written, a few at each barrier.
    fn begin_images(&mut self) {
        if !self.imaging.is_empty() {
            return;
        }
        for (at, segment) in self.segments.iter_mut().enumerate() {
            let shards = segment.shards;
            for (index, node) in segment.nodes.iter_mut().enumerate() {
                if let Work::Stage(stage) = &mut node.work
                    && stage.state().is_some()
                {
                    self.imaging.extend(shards.owned().map(|shard| (at, index, shard)));
                }
            }
        }
    }

    fn take_images(&mut self, at: usize, part: &mut SealedLane) {
        let mut bytes = 0;
        while bytes < IMAGE_BYTES_A_BARRIER
            && let Some((segment, index, shard)) = self.imaging.front().copied()
            && segment == at
        {
            self.imaging.pop_front();
            let node = &mut self.segments[segment].nodes[index];
            if let Work::Stage(stage) = &mut node.work
                && let Some(state) = stage.state()
            {
                let mut image = Vec::new();
                state.image(shard, &mut image);
                bytes += image.len();
                part.images.push((node.name.to_string(), shard, image));
            }
        }
    }

    fn turns(&mut self) -> Result<bool, Stop> {
        let nodes = || self.segments.iter().flat_map(|segment| &segment.nodes);
        if nodes().all(|node| node.due == Turn::Idle) {
            return Ok(false);
        }
        let now = self.kit.clock.now();
        let mut worked = false;
        for segment in &mut self.segments {
            if segment.nodes.iter().any(|node| node.is_due(now)) {
                segment.turns(&mut self.kit)?;
                worked = true;
                if segment.has_outgoing() {
                    match &mut self.driver {
                        Some(driver) => driver.nudged = true,
                        None => self.nudge.ask(),
                    }
                }
            }
        }
        Ok(worked)
    }

    /// Reports epochs of which every record has ended.
    fn report_settled(&mut self) {
        let Some(driver) = &mut self.driver else { return };
        for (epoch, is_reported) in self.settling.iter_mut().filter(|(_, is_reported)| !is_reported) {
            if !driver.is_settled(*epoch) {
                break;
            }
            *is_reported = true;
            let (generation, epoch, streams) = (self.generation, *epoch, driver.settled_streams(*epoch));
            let _ = self.reports.send(Report::Settled { generation, epoch, streams });
        }
    }

    /// An epoch is durable. What this lane goes back to from now on is set before any sink is told: a sink that cannot do what
    /// follows a commit (a name, a folder to be synced) makes the lane go back, and then everything has to go back to the
    /// same commit.
    fn committed(&mut self, epoch: Epoch) -> Result<(), Stop> {
        self.settling.retain(|(settling, _)| *settling > epoch);
        while self.sink_entries.front().is_some_and(|(sealed, ..)| *sealed <= epoch) {
            if let Some((_, segment, node, entry)) = self.sink_entries.pop_front() {
                self.committed_entries.retain(|(s, n, _)| (*s, *n) != (segment, node));
                self.committed_entries.push((segment, node, entry));
            }
        }
        if let Some(driver) = &mut self.driver {
            driver.committed(epoch);
        }
        for node in self.segments.iter_mut().flat_map(|segment| &mut segment.nodes) {
            if let Work::Stage(stage) = &mut node.work
                && let Some(state) = stage.state()
            {
                state.committed(epoch);
            }
        }
        let mut done = Ok(());
        for node in self.segments.iter_mut().flat_map(|segment| &mut segment.nodes) {
            if let Work::Sink(run) = &mut node.work {
                // What is undone will be written once more, and does not count before it stays.
                run.latency.publish(&run.shared_latency);
                run.age.publish(&run.shared_age);
                if let Err(fault) = protected(|| run.sink.committed(epoch)) {
                    done = Err(Stop::new(&*node.name, fault));
                }
            }
        }
        done
    }

    /// Goes back to the last commit: states are undone, sinks cut back, sources set back, what is under way is forgotten.
    fn undo(&mut self, generation: Generation, suspects: &[Range]) -> Result<(), Stop> {
        self.generation = generation;
        self.paused = true;
        // First of all: what follows may fail, and then nobody says it again.
        if let Some(driver) = &mut self.driver {
            driver.suspect(suspects);
        }
        self.settling.clear();
        self.sink_entries.clear();
        self.imaging.clear();
        self.from_sources.clear();
        self.kit.outbox.clear();
        for (at, segment) in self.segments.iter_mut().enumerate() {
            segment.forget(generation);
            for (index, node) in segment.nodes.iter_mut().enumerate() {
                let name = node.name.clone();
                node.metrics.take_missed();
                match &mut node.work {
                    Work::Source => {}
                    Work::Stage(stage) => {
                        if let Some(state) = stage.state() {
                            state.abort();
                        }
                    }
                    Work::Sink(run) => {
                        let entry = self.committed_entries.iter().find(|(s, n, _)| (*s, *n) == (at, index));
                        let entry = entry.map(|(_, _, bytes)| bytes.as_slice());
                        let done = protected(|| run.sink.restore(entry));
                        done.map_err(|fault| Stop::new(&*name, fault))?;
                        run.latency.forget();
                        run.age.forget();
                        run.sealed = None;
                    }
                }
            }
            segment.settle();
        }
        if let Some(driver) = &mut self.driver {
            driver.begin_anew(generation)?;
        }
        self.report(Report::Undone { generation });
        Ok(())
    }

    /// Goes on after every lane has gone back: what others sent before they did is void.
    fn resume(&mut self, generation: Generation) {
        if generation == self.generation {
            self.segments.iter_mut().for_each(|segment| segment.discard_before(generation));
            self.paused = false;
        }
    }

    fn sleep(&mut self) {
        if let Some(driver) = &self.driver {
            self.kit.clock.look_at_wall();
            driver.rest();
        }
        let now = self.kit.clock.now();
        let nodes = self.segments.iter().flat_map(|segment| &segment.nodes);
        let turns = nodes.filter_map(|node| match node.due {
            Turn::At(time) => Some(time),
            _ => None,
        });
        let wake = turns.chain(self.driver.as_ref().and_then(|driver| driver.wake_at(now))).min();
        let limit = wake.map(|at| Duration::from_nanos((at - now).max(0) as u64));
        self.parker.park(limit, || {
            let can_work = |segment: &SegmentRun| segment.has_failed() || segment.can_receive();
            !self.commands.is_empty()
                || self.segments.iter().any(can_work)
                || self.driver.as_ref().is_some_and(|driver| match self.can_read() {
                    true => self.nudge.is_asked() || driver.is_due(now),
                    false => driver.is_rung(),
                })
        });
    }
}
