//! Streams that come and go while the pipeline runs, and those that cannot go on.

use forebay_sched::ledger::Account;
use forebay_stage::{Change, Fault, Position, Stream};
use forebay_types::code;
use forebay_types::code::Code;
use forebay_types::end::{End, Fate};

use super::{Driver, SourceRun, lane_of, lock, place};
use crate::entry::StreamEntry;
use crate::group::Group;
use crate::intake::Intake;
use crate::node::Stop;
use crate::post::News;
use crate::status::Here;

/// A position that was saved has to be of the stream that is there now.
pub(super) fn check(intake: &Intake, last: Option<&StreamEntry>) -> Result<(), Fault> {
    match last {
        Some(last) if !intake.matches(&last.fingerprint) => {
            let message = format!(
                "`{}` of source `{}` is not what it was when its position was saved: put it back, or begin anew with \
                 --fresh",
                intake.name, intake.source
            );
            Err(Fault::fatal(&code::STREAM_REPLACED, message))
        }
        _ => Ok(()),
    }
}

pub(super) fn here(intake: &Intake) -> Here {
    match intake.failure() {
        Some(fault) => Here::Failed(fault.to_string()),
        None if intake.has_ended() => Here::Ended,
        None if !intake.is_open() || intake.is_closing() => Here::Moved,
        None => Here::Open,
    }
}

/// Adds to the ends of a stream.
fn count_end(ends: &mut Vec<(String, String, u64)>, fate: Fate, reason: &str, more: u64) {
    match ends.iter_mut().find(|(f, r, _)| *f == fate.to_string() && r == reason) {
        Some((_, _, count)) => *count += more,
        None => ends.push((fate.to_string(), reason.to_string(), more)),
    }
}

impl Driver {
    /// Asks the sources what there is to know, takes what concerns this lane, and looks again at streams that had nothing.
    pub(super) fn hear(&mut self) -> Result<(), Stop> {
        if self.is_first() {
            self.ask_sources()?;
        }
        let post = self.post.clone();
        while let Some(news) = post.next(self.step.lane()) {
            match news {
                News::Opened { source, stream, last } => self.open(source, *stream, last)?,
                News::Closing { source, stream } => self.close(source, &stream),
                News::Gone { source, stream } => self.give_up(source, &stream),
            }
        }
        self.groups.iter_mut().for_each(|group| group.wake());
        self.let_go();
        Ok(())
    }

    /// Tells each lane what the sources say of its streams.
    fn ask_sources(&mut self) -> Result<(), Stop> {
        let mut is_any = false;
        for source in 0..self.sources.len() {
            let SourceRun { name, source: asked, .. } = &self.sources[source];
            let changes = lock(asked).changes().map_err(|fault| Stop::new(name, fault))?;
            is_any |= !changes.is_empty();
            for change in changes {
                let (id, news) = match change {
                    Change::Opened(stream) => {
                        let id = self.names.add(name, &stream.name);
                        let is_it =
                            |entry: &StreamEntry| entry.source == *name && entry.stream == stream.name;
                        let past = self.past.iter().position(is_it);
                        let last = past.map(|at| self.past.swap_remove(at));
                        (Some(id), News::Opened { source, stream: Box::new(stream), last })
                    }
                    Change::Closing(stream) => {
                        (self.names.find(name, &stream), News::Closing { source, stream })
                    }
                    Change::Gone(stream) => (self.names.find(name, &stream), News::Gone { source, stream }),
                };
                // One that never came need not go.
                if let Some(id) = id {
                    self.post.put(lane_of(id, self.step.lanes()), news);
                }
            }
        }
        if is_any {
            self.publish_all();
        }
        Ok(())
    }

    /// Takes a stream in: a new one, or one that was here before.
    fn open(&mut self, source: usize, stream: Stream, last: Option<StreamEntry>) -> Result<(), Stop> {
        let run = &self.sources[source];
        let (name, facts, group) = (run.name.clone(), run.facts, run.group);
        let id = self.names.add(&name, &stream.name);
        let at = place(id, self.step.lanes());
        let (begins, lost) = (stream.begins, stream.lost);
        let is_new = at == self.intakes.len();
        if is_new {
            self.intakes.push(Intake::new(id, name, stream, facts));
            self.last.push(last);
        } else {
            self.groups[group].leave(at);
            self.closing -= usize::from(self.intakes[at].is_closing());
            self.intakes[at].reopen(stream);
        }
        let intake = &mut self.intakes[at];
        if let Err(fault) = check(intake, self.last[at].as_ref()) {
            intake.fail(fault);
        }
        if let Some(begins) = begins {
            let last = self.last[at].get_or_insert_with(|| intake.entry());
            (last.seq, last.offset) = (begins.seq, begins.offset);
            last.ended = false;
            if let Some((count, code)) = lost {
                last.taken += count;
                count_end(&mut last.ends, Fate::Dropped, code.id, count);
            }
        }
        let last = self.last[at].clone();
        let account = match is_new {
            true => last.as_ref().map_or_else(Default::default, |entry| self.account_of(entry)),
            false => self.account_so_far(at, lost),
        };
        let intake = &mut self.intakes[at];
        intake.restore(last.as_ref(), account)?;
        self.groups[group].join(at, intake);
        // It is stated at the next barrier, whatever it has to say.
        if !std::mem::replace(&mut intake.is_changed, true) {
            self.changed.push(at);
        }
        self.publish_all();
        Ok(())
    }

    /// The account of a stream that comes back: records that are still under way have their place in it.
    fn account_so_far(&self, at: usize, lost: Option<(u64, &'static Code)>) -> Account {
        let intake = &self.intakes[at];
        let mut account = Account { taken: intake.taken, ..intake.account.clone() };
        if let Some((count, code)) = lost {
            let mut reasons = lock(&self.reasons);
            account.taken += count;
            account.tally.add(Some(End::new(Fate::Dropped, reasons.id(code.id))), count);
        }
        account
    }

    fn close(&mut self, source: usize, name: &str) {
        let Some(at) = self.find(source, name) else { return };
        self.groups[self.sources[source].group].leave(at);
        if self.intakes[at].is_open() && !self.intakes[at].is_closing() {
            self.intakes[at].close();
            self.closing += 1;
        }
    }

    fn give_up(&mut self, source: usize, name: &str) {
        let Some(at) = self.find(source, name) else { return };
        self.groups[self.sources[source].group].leave(at);
        self.closing -= usize::from(self.intakes[at].is_closing());
        self.intakes[at].let_go();
        self.publish_all();
    }

    fn find(&self, source: usize, name: &str) -> Option<usize> {
        let source = &self.sources[source].name;
        self.intakes.iter().position(|intake| intake.source == *source && intake.name == name)
    }

    /// Lets go of streams that close and of which everything is committed.
    pub(super) fn let_go(&mut self) {
        if self.closing == 0 {
            return;
        }
        for (intake, last) in self.intakes.iter_mut().zip(&self.last) {
            let committed = last.as_ref().map_or(0, |entry| entry.taken);
            if intake.is_closing() && intake.is_open() && intake.taken == committed {
                intake.let_go();
                self.closing -= 1;
            }
        }
        self.publish_all();
    }

    /// Tells sources where their streams are now.
    pub(super) fn tell_sources(&mut self, streams: &[(usize, StreamEntry)]) {
        for run in &self.sources {
            let own = streams.iter().filter(|(_, entry)| entry.source == run.name);
            let own: Vec<(&str, Position)> =
                own.map(|(_, entry)| (entry.stream.as_str(), entry.position())).collect();
            if !own.is_empty() {
                lock(&run.source).committed(&own);
            }
        }
    }

    /// When no stream of the pipeline can go on, the pipeline cannot.
    pub(super) fn check_alive(&mut self) -> Result<(), Stop> {
        let has_ended = self.groups.iter().all(Group::has_ended);
        let failed = |intake: &Intake| Some(Stop::new(intake.source.clone(), intake.failure()?.clone()));
        let why = || self.intakes.iter().find_map(failed);
        match self.step.ends(has_ended, why) {
            Some(Stop { node, fault, .. }) => Err(Stop::new(node, Fault::fatal(fault.code, fault.message))),
            None => Ok(()),
        }
    }
}
