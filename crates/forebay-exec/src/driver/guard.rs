//! Watches what share of each source's records is rejected, and lets the pipeline take in nothing more when it is too large.
//!
//! A pipeline whose sources do not end is paused until somebody lets it go on; one whose sources all end is drained, since nobody
//! waits beside it for that. Either way what was taken in is brought to its end and committed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use forebay_sched::breaker::{Breaker, Limits};
use forebay_types::code;
use forebay_types::end::{End, Fate};
use forebay_types::id::NodeId;
use forebay_types::unit::{DurationText, count};

use super::Wish;
use crate::kit::SharedReasons;
use forebay_stage::Fault;

/// Why a pipeline takes in nothing more.
#[derive(Clone, Debug)]
pub struct Trip {
    /// The name of the source.
    pub source: String,
    pub rejected: u64,
    pub ended: u64,
    /// The code of most of them, and what was said of one of those.
    pub code: String,
    pub example: String,
    pub over_ns: i64,
    /// The run ends with it.
    pub is_end: bool,
    /// Which one of this run it is, from 1.
    pub number: u64,
}

impl Trip {
    pub fn share_percent(&self) -> f64 {
        self.rejected as f64 * 100.0 / self.ended.max(1) as f64
    }

    /// What was seen, without what to do about it.
    pub fn words(&self) -> String {
        format!(
            "{:.1} % of the {} records of `{}` that ended within {} were rejected, most of them with {} ({})",
            self.share_percent(),
            count(self.ended),
            self.source,
            DurationText(self.over_ns),
            self.code,
            self.example
        )
    }

    /// What the run ends with.
    pub fn fault(&self) -> Fault {
        let words = self.words();
        let message = format!(
            "{words}: it stopped there, and what was taken in is committed; mend the input or the pipeline, or allow for more with \
             `breaker` in `spec`"
        );
        Fault::fatal(&code::BREAKER_TRIPPED, message)
    }
}

/// The breakers of a pipeline's sources.
pub struct Guard {
    limits: Option<Limits>,
    /// By source, with its name.
    breakers: BTreeMap<NodeId, (String, Breaker)>,
    /// Every source ends by itself.
    is_end: bool,
    /// What the others see.
    trip: Arc<Mutex<Option<Trip>>>,
    has_tripped: bool,
    trips: u64,
    now: i64,
}

impl Guard {
    pub fn new(
        limits: Option<Limits>,
        sources: impl Iterator<Item = (NodeId, String)>,
        is_end: bool,
        trip: Arc<Mutex<Option<Trip>>>,
    ) -> Guard {
        let breakers =
            limits.map(|limits| sources.map(|(id, name)| (id, (name, Breaker::new(limits)))).collect());
        Guard {
            limits,
            breakers: breakers.unwrap_or_default(),
            is_end,
            trip,
            has_tripped: false,
            trips: 0,
            now: 0,
        }
    }

    /// Says what time it is, and sees whether somebody lets the pipeline go on.
    pub fn at(&mut self, now: i64, wish: &Wish) {
        self.now = now;
        if self.has_tripped && !self.is_end && !wish.is_tripped() {
            self.has_tripped = false;
            *self.trip.lock().unwrap_or_else(PoisonError::into_inner) = None;
            self.begin_anew();
        }
    }

    /// Records of a source have ended.
    pub fn add(&mut self, source: NodeId, end: Option<End>, count: u64) {
        if let Some((_, breaker)) = self.breakers.get_mut(&source) {
            let rejected = end.filter(|end| end.fate() == Fate::Rejected).map(End::reason);
            breaker.add(self.now, rejected, count);
        }
    }

    /// Forgets what was counted.
    pub fn begin_anew(&mut self) {
        self.breakers.values_mut().for_each(|(_, breaker)| breaker.clear());
    }

    /// Stops the sources where too much was rejected.
    pub fn judge(&mut self, wish: &Wish, reasons: &SharedReasons) {
        let Some(limits) = self.limits.filter(|_| !self.has_tripped) else { return };
        let tripped = self.breakers.values().find_map(|(name, breaker)| Some((name, breaker.tripped()?)));
        let Some((source, tripped)) = tripped else { return };
        let reasons = reasons.lock().unwrap_or_else(PoisonError::into_inner);
        let trip = Trip {
            source: source.clone(),
            rejected: tripped.rejected,
            ended: tripped.ended,
            code: reasons.name(tripped.most.0).to_string(),
            example: reasons.example(tripped.most.0).unwrap_or_default().to_string(),
            over_ns: limits.over_ns,
            is_end: self.is_end,
            number: self.trips + 1,
        };
        let mut slot = self.trip.lock().unwrap_or_else(PoisonError::into_inner);
        let before = slot.replace(trip);
        self.has_tripped = self.is_end || wish.trip();
        self.trips += u64::from(self.has_tripped);
        match self.has_tripped {
            true if self.is_end => wish.drain(),
            true => {}
            // Somebody paused it, or it is coming to its end.
            false => *slot = before,
        }
    }
}

#[cfg(test)]
mod tests {
    use forebay_sched::ledger::Reasons;

    use super::*;

    const SOURCE: NodeId = NodeId(0);

    fn guard(is_end: bool) -> (Guard, SharedReasons, Arc<Mutex<Option<Trip>>>) {
        let limits = Limits { share: 0.5, over_ns: 60_000_000_000, least: 10 };
        let (trip, mut reasons) = (Arc::default(), Reasons::of(["", "FB0701"]));
        let id = reasons.id("FB0701");
        reasons.show(id, "no JSON");
        let guard = Guard::new(Some(limits), [(SOURCE, "tx".into())].into_iter(), is_end, Arc::clone(&trip));
        (guard, Arc::new(Mutex::new(reasons)), trip)
    }

    fn reject(guard: &mut Guard, reasons: &SharedReasons, count: u64) {
        let end = End::new(Fate::Rejected, reasons.lock().expect("no panic").id("FB0701"));
        guard.add(SOURCE, Some(end), count);
    }

    #[test]
    fn what_does_not_end_waits_and_begins_anew_when_somebody_lets_it_go_on() {
        let (mut guard, reasons, trip) = guard(false);
        let wish = Wish::default();
        reject(&mut guard, &reasons, 10);
        guard.judge(&wish, &reasons);
        assert!(wish.is_tripped() && wish.is_pause());
        let words = trip.lock().expect("no panic").as_ref().map(Trip::words).expect("a reason");
        assert!(
            words.contains("100.0 % of the 10 records of `tx`") && words.contains("FB0701 (no JSON)"),
            "{words}"
        );
        wish.resume();
        guard.at(1, &wish);
        assert!(trip.lock().expect("no panic").is_none());
        reject(&mut guard, &reasons, 9);
        guard.judge(&wish, &reasons);
        assert!(!wish.is_tripped() && !wish.is_pause(), "those of before do not count");
    }

    #[test]
    fn what_ends_is_drained() {
        let (mut guard, reasons, trip) = guard(true);
        let wish = Wish::default();
        reject(&mut guard, &reasons, 10);
        guard.judge(&wish, &reasons);
        assert!(wish.is_drain() && trip.lock().expect("no panic").as_ref().is_some_and(|trip| trip.is_end));
    }

    #[test]
    fn a_pause_that_somebody_asked_for_stays_one() {
        let (mut guard, reasons, trip) = guard(false);
        let wish = Wish::default();
        wish.pause();
        reject(&mut guard, &reasons, 10);
        guard.judge(&wish, &reasons);
        assert!(wish.is_pause() && !wish.is_tripped() && trip.lock().expect("no panic").is_none());
        wish.resume();
        guard.judge(&wish, &reasons);
        assert!(wish.is_tripped(), "it is judged when that ends");
    }
}
