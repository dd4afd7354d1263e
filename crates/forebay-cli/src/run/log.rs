//! What is said of pipelines while they run: that they have started, what changes, how far they are, how they ended.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use forebay_node::{Here, Phase, Status, View};
use serde_json::{Value, json};

use super::line::Look;
use super::voice::{Level, Voice};
use crate::output::Paint;
use crate::table::{count, time};

/// How often the line is written again.
const LINE_EVERY: Duration = Duration::from_millis(250);
/// How often a log tells how far it is.
const TELL_EVERY: Duration = Duration::from_secs(5);
/// Streams in the account of an event, at most: all of them are at `/pipelines` and in the results.
const STREAMS: usize = 20;

pub struct Log {
    voice: Voice,
    seen: RefCell<Seen>,
}

/// What was said last, so that only changes are said.
#[derive(Default)]
struct Seen {
    looked: Option<Instant>,
    told: Option<Instant>,
    pipelines: Vec<Last>,
}

#[derive(Clone, Default)]
struct Last {
    why: Option<String>,
    aborts: u64,
    lists: Vec<(u64, u64)>,
    /// Streams of which it was said that they cannot go on.
    failed: BTreeSet<(String, String)>,
    warnings: usize,
}

impl Log {
    pub fn new(voice: Voice) -> Log {
        Log { voice, seen: RefCell::default() }
    }

    pub fn started(&self, views: &[Arc<View>], admin: SocketAddr) {
        for view in views {
            let guarantee = view.plan["delivery"]["guarantee"].as_str().unwrap_or_default();
            let state = view.state.display().to_string();
            let words = format!("{guarantee}, state in {state}, admin http://{admin}");
            let fields = json!({
                "file": view.path,
                "guarantee": guarantee,
                "lanes": view.plan["lanes"],
                "state": state,
                "admin": format!("http://{admin}"),
            });
            self.tell(Level::Info, "started", view, &words, fields);
        }
    }

    /// Somebody has let a pipeline pause, or go on.
    pub fn held(&self, view: &View) {
        let (event, words) = match view.is_paused() {
            true => ("paused", "it takes in nothing, as was asked; what was taken in is committed"),
            false => ("resumed", "it takes in records again"),
        };
        self.tell(Level::Info, event, view, words, json!({}));
    }

    /// Looks at the pipelines that are at work, if it is time, and says what is new.
    pub fn look(&self, views: &[Arc<View>]) {
        let mut seen = self.seen.borrow_mut();
        if seen.looked.is_some_and(|looked| looked.elapsed() < LINE_EVERY) {
            return;
        }
        seen.looked = Some(Instant::now());
        seen.pipelines.resize(views.len(), Last::default());
        let looks: Vec<Look<'_>> = views.iter().map(|view| (&**view, view.status())).collect();
        for ((view, status), last) in looks.iter().zip(&mut seen.pipelines) {
            if !status.phase.is_over() {
                self.changes(view, status, last);
            }
        }
        self.voice.draw(&looks);
        if self.voice.is_json() && seen.told.is_none_or(|told| told.elapsed() >= TELL_EVERY) {
            // The first look comes at once and has nothing to tell.
            if seen.told.replace(Instant::now()).is_some() {
                for (view, status) in looks.iter().filter(|(_, status)| !status.phase.is_over()) {
                    let mut fields = progress(status);
                    fields["phase"] = json!(status.phase.word());
                    self.tell(Level::Info, "progress", view, &progress_words(status), fields);
                }
            }
        }
    }

    fn changes(&self, view: &View, status: &Status, last: &mut Last) {
        let why = status.why.clone().filter(|_| status.phase == Phase::Waiting);
        // Each try words it a little differently: what counts is node and code.
        let cause =
            |why: &Option<String>| why.as_ref().and_then(|why| Some(why.split_once(']')?.0.to_string()));
        if cause(&why) != cause(&last.why) {
            match &why {
                Some(why) => {
                    let words = format!("{why}; it is tried again");
                    self.tell(Level::Warn, "waiting", view, &words, json!({ "why": why }));
                }
                None => self.tell(Level::Info, "resumed", view, "what it waited for is there", json!({})),
            }
        }
        if status.aborts != last.aborts && why.is_none() && last.why.is_none() {
            let words = "it was set back to its last commit and goes on";
            self.tell(Level::Warn, "aborted", view, words, json!({ "aborts": status.aborts }));
        }
        (last.why, last.aborts) = (why, status.aborts);
        self.streams(view, status, last);
        for (node, warning) in status.warnings.iter().skip(last.warnings) {
            let words = format!("{node}: [{}] {}", warning.code.id, warning.text);
            self.tell(Level::Warn, "warning", view, &words, json!({ "node": node, "code": warning.code.id }));
        }
        last.warnings = status.warnings.len();
        self.lists(view, last);
    }

    /// Streams that cannot go on, each once.
    fn streams(&self, view: &View, status: &Status, last: &mut Last) {
        for stream in &status.streams {
            let Here::Failed(why) = &stream.here else { continue };
            let name = (stream.source.clone(), stream.stream.clone());
            if last.failed.insert(name) {
                let words = format!("{} {}: {why}", stream.source, stream.stream);
                let fields = json!({ "source": stream.source, "stream": stream.stream, "why": why });
                self.tell(Level::Error, "stream_failed", view, &words, fields);
            }
        }
    }

    fn lists(&self, view: &View, last: &mut Last) {
        last.lists.resize(view.lists.len(), (0, 0));
        for (list, (reloads, failures)) in view.lists.iter().zip(&mut last.lists) {
            let now = (list.reloads.load(Ordering::Relaxed), list.failures.load(Ordering::Relaxed));
            if now.0 > *reloads {
                let members = list.members.load(Ordering::Relaxed);
                let words = format!("the list `{}` now has {members} values", list.name);
                let fields = json!({ "list": list.name, "members": members });
                self.tell(Level::Info, "list_reloaded", view, &words, fields);
            }
            if now.1 > *failures {
                let wrong =
                    list.wrong.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default();
                let words = format!("the list `{}` keeps its values: {wrong}", list.name);
                let fields = json!({ "list": list.name, "why": wrong });
                self.tell(Level::Warn, "list_failed", view, &words, fields);
            }
            (*reloads, *failures) = now;
        }
    }

    /// For programs: people read the account.
    pub fn ended(&self, view: &View, status: &Status) {
        if self.voice.is_json() {
            let mut fields = progress(status);
            fields["outcome"] = json!(status.phase.word());
            fields["seconds"] = json!(status.elapsed.as_secs_f64());
            fields["ledger"] = forebay_node::ledger(status, STREAMS);
            let words = format!("{} in {}", status.phase.word(), time(status.elapsed));
            self.tell(Level::Info, "ended", view, &words, fields);
        }
    }

    fn tell(&self, level: Level, event: &str, view: &View, words: &str, fields: Value) {
        let mut all = json!({ "pipeline": view.pipeline });
        if let (Value::Object(all), Value::Object(fields)) = (&mut all, fields) {
            all.extend(fields);
        }
        let name = match self.voice.is_json() {
            true => view.pipeline.clone(),
            false => Paint::stderr().bold(&view.pipeline),
        };
        self.voice.say(level, event, &format!("{name}: {words}"), all);
    }
}

fn progress(status: &Status) -> Value {
    json!({
        "why": status.why,
        "in": status.taken(),
        "in_flight": status.in_flight(),
        "committed": status.committed,
        "epochs": status.epochs,
        "p50_to_sink_ns": status.latency.map(|latency| latency.p50),
        "p99_to_sink_ns": status.latency.map(|latency| latency.p99),
    })
}

fn progress_words(status: &Status) -> String {
    let mut words = format!("{} records in, {} in flight", count(status.taken()), count(status.in_flight()));
    if let Some(latency) = status.latency {
        words.push_str(&format!(", p99 {} to the sink", time(Duration::from_nanos(latency.p99))));
    }
    match (status.phase, &status.why) {
        (Phase::Running, _) => {}
        (phase, Some(why)) => words.push_str(&format!(", {}: {why}", phase.word())),
        (phase, None) => words.push_str(&format!(", {}", phase.word())),
    }
    words
}
