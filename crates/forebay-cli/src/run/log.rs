//! What is said while pipelines run, on standard error: a status line and a few words on a terminal, one JSON object a line
//! everywhere else.

use std::cell::RefCell;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use forebay_node::{Phase, Status, View};
use serde_json::{Value, json};

use super::line::StatusLine;
use crate::output::{Paint, say};

/// How often the line is written again.
const LINE_EVERY: Duration = Duration::from_millis(250);
/// How often a log tells how far it is.
const TELL_EVERY: Duration = Duration::from_secs(5);

pub struct Log {
    /// `None` where JSON is logged.
    line: Option<RefCell<StatusLine>>,
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
}

impl Log {
    pub fn new(json: bool) -> Log {
        let terminal = !json && std::io::stderr().is_terminal();
        Log { line: terminal.then(RefCell::default), seen: RefCell::default() }
    }

    pub fn started(&self, views: &[Arc<View>], admin: SocketAddr) {
        for view in views {
            let guarantee = view.plan["delivery"]["guarantee"].as_str().unwrap_or_default().to_string();
            let words = format!(
                "{}  {guarantee}, state in {}, admin http://{admin}",
                Paint::stderr().bold(&view.pipeline),
                view.state.display()
            );
            let state = view.state.display().to_string();
            self.tell("started", view, &words, json!({
                "file": view.path, "guarantee": guarantee, "lanes": view.plan["lanes"], "state": state, "admin": format!("http://{admin}"),
            }));
        }
    }

    /// The parent starts another worker.
    pub fn restarted(&self, how: &str, crashed: bool, attempt: u32) {
        let next = match crashed {
            true => "what was in flight is now worked on record by record",
            false => "it goes on from the last commit",
        };
        match &self.line {
            Some(_) => say(&format!(
                "{}: the worker {how}; restart {attempt}, {next}\n",
                Paint::stderr().yellow("restarted")
            )),
            None => {
                write(json!({ "event": "restarted", "why": how, "crashed": crashed, "restarts": attempt }))
            }
        }
    }

    /// Looks at the pipelines, if it is time, and says what is new.
    pub fn look(&self, views: &[Arc<View>]) -> Option<Vec<Status>> {
        let mut seen = self.seen.borrow_mut();
        if seen.looked.is_some_and(|looked| looked.elapsed() < LINE_EVERY) {
            return None;
        }
        seen.looked = Some(Instant::now());
        seen.pipelines.resize(views.len(), Last::default());
        let statuses: Vec<Status> = views.iter().map(|view| view.status()).collect();
        for ((view, status), last) in views.iter().zip(&statuses).zip(&mut seen.pipelines) {
            self.changes(view, status, last);
        }
        if let Some(line) = &self.line {
            line.borrow_mut().draw(views, &statuses);
        } else if seen.told.is_none_or(|told| told.elapsed() >= TELL_EVERY) {
            // The first look comes at once and has nothing to tell.
            if seen.told.replace(Instant::now()).is_some() {
                let looks = views.iter().zip(&statuses);
                looks.for_each(|(view, status)| write(event("progress", view, progress(status))));
            }
        }
        Some(statuses)
    }

    fn changes(&self, view: &View, status: &Status, last: &mut Last) {
        let why = status.why.clone().filter(|_| status.phase == Phase::Waiting);
        // Each try words it a little differently: what counts is node and code.
        let cause =
            |why: &Option<String>| why.as_ref().and_then(|why| Some(why.split_once(']')?.0.to_string()));
        if cause(&why) != cause(&last.why) {
            match &why {
                Some(why) => {
                    self.tell("waiting", view, &format!("{why}; it is tried again"), json!({ "why": why }))
                }
                None => self.tell("resumed", view, "what it waited for is there", json!({})),
            }
        }
        if status.aborts != last.aborts && why.is_none() && last.why.is_none() {
            let words = "it was set back to its last commit and goes on";
            self.tell("aborted", view, words, json!({ "aborts": status.aborts }));
        }
        (last.why, last.aborts) = (why, status.aborts);
        last.lists.resize(view.lists.len(), (0, 0));
        for (list, (reloads, failures)) in view.lists.iter().zip(&mut last.lists) {
            let now = (list.reloads.load(Ordering::Relaxed), list.failures.load(Ordering::Relaxed));
            if now.0 > *reloads {
                let members = list.members.load(Ordering::Relaxed);
                let words = format!("the list `{}` now has {members} values", list.name);
                self.tell("list_reloaded", view, &words, json!({ "list": list.name, "members": members }));
            }
            if now.1 > *failures {
                let wrong =
                    list.wrong.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default();
                let words = format!("the list `{}` keeps its values: {wrong}", list.name);
                self.tell("list_failed", view, &words, json!({ "list": list.name, "why": wrong }));
            }
            (*reloads, *failures) = now;
        }
    }

    pub fn ended(&self, view: &View, status: &Status) {
        if self.line.is_none() {
            let mut fields = progress(status);
            fields["outcome"] = json!(status.phase.word());
            fields["why"] = json!(status.why);
            fields["seconds"] = json!(status.elapsed.as_secs_f64());
            fields["ledger"] = forebay_node::ledger(&status.ledger());
            write(event("ended", view, fields));
        }
    }

    /// Takes the status line away.
    pub fn clear(&self) {
        if let Some(line) = &self.line {
            line.borrow_mut().clear();
        }
    }

    fn tell(&self, name: &str, view: &View, words: &str, fields: Value) {
        match &self.line {
            None => write(event(name, view, fields)),
            Some(line) => {
                line.borrow_mut().clear();
                let paint = Paint::stderr();
                match name {
                    "started" => say(&format!("{words}\n")),
                    _ => say(&format!("{}: {}: {words}\n", paint.yellow(name), view.pipeline)),
                }
            }
        }
    }
}

fn progress(status: &Status) -> Value {
    json!({
        "in": status.taken(),
        "in_flight": status.in_flight(),
        "epochs": status.epochs,
        "p99_ns": status.latency.map(|latency| latency.p99),
    })
}

fn event(name: &str, view: &View, fields: Value) -> Value {
    let mut event = json!({ "event": name, "pipeline": view.pipeline });
    if let (Value::Object(event), Value::Object(fields)) = (&mut event, fields) {
        event.extend(fields);
    }
    event
}

/// One line, with the time in front.
pub fn write(event: Value) {
    let mut line = json!({ "time": jiff::Timestamp::now().to_string() });
    if let (Value::Object(line), Value::Object(event)) = (&mut line, event) {
        line.extend(event);
    }
    say(&format!("{line}\n"));
}
