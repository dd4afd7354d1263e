//! How what happens outside of the engine's threads gets into the engine: a bell wakes a lane, a gate says whether a sink
//! takes more, a condition says what a node waits for. None of them makes anybody wait.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use forebay_types::code::Code;

use crate::Fault;

/// Wakes the lane of the node that it was given to. Ring after what the lane is to find was made visible.
#[derive(Clone)]
pub struct Bell(Arc<dyn Fn() + Send + Sync>);

impl Bell {
    pub fn new(ring: impl Fn() + Send + Sync + 'static) -> Bell {
        Bell(Arc::new(ring))
    }

    /// Wakes nobody: for tests.
    pub fn silent() -> Bell {
        Bell::new(|| {})
    }

    pub fn ring(&self) {
        (self.0)();
    }
}

impl fmt::Debug for Bell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bell")
    }
}

/// Whether a sink takes more. While it is closed no round begins that may reach the sink; a round that has begun is taken
/// whole, so a gate is closed while there is still room for one. Whoever opens or fails it rings the bell of the sink.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<GateState>);

#[derive(Debug, Default)]
struct GateState {
    is_closed: AtomicBool,
    has_failed: AtomicBool,
    fault: Mutex<Option<Fault>>,
}

impl Gate {
    pub fn is_open(&self) -> bool {
        !self.0.is_closed.load(Ordering::Acquire)
    }

    pub fn close(&self) {
        self.0.is_closed.store(true, Ordering::Release);
    }

    pub fn open(&self) {
        self.0.is_closed.store(false, Ordering::Release);
    }

    /// Something went wrong with what the sink has taken; the first fault stays until it is taken out.
    pub fn fail(&self, fault: Fault) {
        lock(&self.0.fault).get_or_insert(fault);
        self.0.has_failed.store(true, Ordering::Release);
    }

    pub fn has_failed(&self) -> bool {
        self.0.has_failed.load(Ordering::Acquire)
    }

    pub fn take_fault(&self) -> Option<Fault> {
        let fault = self.has_failed().then(|| lock(&self.0.fault).take())?;
        self.0.has_failed.store(false, Ordering::Release);
        fault
    }
}

/// What a node waits for outside, if it does, and for how long it has waited in all: a broker that does not answer. It
/// mends itself or it does not; nothing is lost meanwhile. And what it has found that somebody should look at, although it
/// goes on. Instances of a node have a handle each: the node waits while one of them does.
#[derive(Clone, Debug, Default)]
pub struct Condition {
    node: Arc<Mutex<State>>,
    instance: usize,
}

#[derive(Debug, Default)]
struct State {
    /// By instance, of those that wait.
    why: BTreeMap<usize, String>,
    instances: usize,
    /// When the first of those that wait began to.
    since: Option<Instant>,
    before: Duration,
    warnings: Vec<Warning>,
}

/// Something that does not keep a node from going on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub code: &'static Code,
    /// What was found first.
    pub text: String,
    /// How often it was found.
    pub count: u64,
}

impl Condition {
    /// The handle of another instance of the node.
    pub fn instance(&self) -> Condition {
        let mut state = lock(&self.node);
        state.instances += 1;
        Condition { node: self.node.clone(), instance: state.instances }
    }

    /// It waits: says for what and why, in place of what was said before.
    pub fn waits(&self, code: &'static Code, why: impl fmt::Display) {
        let mut state = lock(&self.node);
        state.why.insert(self.instance, format!("[{}] {why}", code.id));
        state.since.get_or_insert_with(Instant::now);
    }

    /// Something was found that somebody should look at: of each code the first text stays.
    pub fn warns(&self, code: &'static Code, text: impl fmt::Display) {
        let warnings = &mut lock(&self.node).warnings;
        match warnings.iter_mut().find(|warning| warning.code == code) {
            Some(warning) => warning.count += 1,
            None => warnings.push(Warning { code, text: text.to_string(), count: 1 }),
        }
    }

    pub fn warnings(&self) -> Vec<Warning> {
        lock(&self.node).warnings.clone()
    }

    /// It goes on.
    pub fn goes_on(&self) {
        let mut state = lock(&self.node);
        state.why.remove(&self.instance);
        if state.why.is_empty() {
            let waited = state.since.take().map_or(Duration::ZERO, |since| since.elapsed());
            state.before += waited;
        }
    }

    /// Why the node waits, if it does: the first instance that says so.
    pub fn why(&self) -> Option<String> {
        lock(&self.node).why.values().next().cloned()
    }

    /// All the time that was waited, this time included.
    pub fn waited(&self) -> Duration {
        let state = lock(&self.node);
        state.before + state.since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use forebay_types::code;

    use super::*;

    #[test]
    fn the_first_fault_of_a_gate_stays_until_it_is_taken() {
        let gate = Gate::default();
        assert!(gate.is_open() && gate.take_fault().is_none());
        gate.close();
        gate.fail(Fault::away(&code::COMMIT_FAILED, "first"));
        gate.fail(Fault::away(&code::COMMIT_FAILED, "second"));
        assert!(!gate.is_open() && gate.has_failed());
        assert_eq!(gate.take_fault().map(|fault| fault.message), Some("first".into()));
        assert!(!gate.has_failed() && gate.take_fault().is_none() && !gate.is_open());
    }

    #[test]
    fn waits_add_up() {
        let condition = Condition::default();
        condition.goes_on();
        assert_eq!((condition.why(), condition.waited()), (None, Duration::ZERO));
        condition.waits(&code::COMMIT_FAILED, "one");
        condition.waits(&code::COMMIT_FAILED, "two");
        assert_eq!(condition.why().as_deref(), Some("[FB0805] two"));
        condition.goes_on();
        let waited = condition.waited();
        assert!(condition.why().is_none() && waited > Duration::ZERO && waited == condition.waited());
        condition.warns(&code::RECORD_LATE, "first");
        condition.warns(&code::RECORD_LATE, "second");
        let warnings: Vec<_> = condition.warnings().into_iter().map(|w| (w.text, w.count)).collect();
        assert_eq!(warnings, [("first".to_string(), 2)]);
    }

    #[test]
    fn a_node_waits_while_one_of_its_instances_does() {
        let one = Condition::default();
        let other = one.instance();
        one.waits(&code::COMMIT_FAILED, "one");
        other.waits(&code::COMMIT_FAILED, "other");
        one.goes_on();
        assert_eq!([one.why(), other.why()], ["[FB0805] other"; 2].map(|why| Some(why.to_string())));
        other.warns(&code::RECORD_LATE, "seen");
        assert_eq!(one.warnings().len(), 1);
        other.goes_on();
        assert!(one.why().is_none() && one.waited() > Duration::ZERO && one.waited() == other.waited());
    }
}
