//! How everything is said while pipelines run, on standard error: words above a status line on a terminal, one JSON object a
//! line everywhere else.
//!
//! Where it is JSON, nothing else is written there: each line has `time`, `level`, `event` and `message`, and beside them
//! what the event has to tell.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use forebay_node::Error;
use forebay_types::{Files, Report};
use serde_json::{Value, json};

use super::line::{Look, StatusLine};
use crate::diagnostics;
use crate::exit::Exit;
use crate::output::{Paint, error_text, say};

/// How often somebody looks whether the screen is free, a millisecond apart.
const TRIES: u32 = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Info,
    Warn,
    Error,
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        }
    }
}

/// Clones speak on the same screen.
#[derive(Clone)]
pub struct Voice {
    /// `None` where JSON is written.
    line: Option<Arc<Mutex<StatusLine>>>,
}

impl Voice {
    pub fn new(json: bool) -> Voice {
        let terminal = !json && std::io::stderr().is_terminal();
        Voice { line: terminal.then(Arc::default) }
    }

    pub fn is_json(&self) -> bool {
        self.line.is_none()
    }

    /// An event: words for people, and fields beside them for programs.
    pub fn say(&self, level: Level, event: &str, words: &str, fields: Value) {
        let paint = Paint::stderr();
        let head = match level {
            Level::Info => format!("{}: ", paint.bold(event)),
            Level::Warn => format!("{}: ", paint.yellow(event)),
            Level::Error => format!("{}: ", paint.red(event)),
        };
        match &self.line {
            None => write(level, event, words, fields),
            Some(_) => self.print(&format!("{head}{words}\n")),
        }
    }

    /// An error that ends the run, with its exit code.
    pub fn refuse(&self, error: &Error) -> Exit {
        self.refuse_in(error, &Files::default())
    }

    /// The same, with the texts that it may point into.
    pub fn refuse_in(&self, error: &Error, files: &Files) -> Exit {
        match &self.line {
            None => {
                let place = error.place.map(|place| diagnostics::place(place, files));
                let mut fields = place.unwrap_or_else(|| json!({}));
                fields["code"] = json!(error.code.id);
                fields["pipeline"] = json!(error.pipeline);
                fields["node"] = json!(error.node);
                write(Level::Error, "error", &error.message, fields);
            }
            Some(_) => self.print(&error_text(error, files, Paint::stderr())),
        }
        Exit::of(error)
    }

    /// What is wrong with files; the sum of it stands below where it ends the run.
    pub fn report(&self, report: &Report, files: &Files, checked: usize, ends: bool) {
        if self.line.is_some() {
            diagnostics::show(report, files);
            if ends {
                diagnostics::sum(report, checked);
            }
            return;
        }
        let list = diagnostics::json(report, files)["diagnostics"].take();
        for mut fields in list.as_array().cloned().unwrap_or_default() {
            let level = if fields["severity"] == "warning" { Level::Warn } else { Level::Error };
            let message = fields["message"].as_str().unwrap_or_default().to_string();
            for said in ["severity", "message"] {
                fields.as_object_mut().map(|fields| fields.remove(said));
            }
            write(level, "diagnostic", &message, fields);
        }
    }

    /// Says that the call itself is wrong.
    pub fn misuse(&self, message: &str) -> Exit {
        self.say(Level::Error, "error", message, json!({}));
        Exit::Usage
    }

    /// Draws the status line, where there is one.
    pub fn draw(&self, looks: &[Look<'_>]) {
        if let Some(mut line) = self.lock() {
            line.draw(looks);
        }
    }

    /// Takes the status line away.
    pub fn clear(&self) {
        self.print("");
    }

    /// Words of a terminal, in place of the status line, which comes again below them.
    fn print(&self, text: &str) {
        let mut line = self.lock();
        let rub_out = line.as_mut().map_or(String::new(), |line| line.rub_out());
        say(&format!("{rub_out}{text}"));
    }

    /// The screen, when it is free soon. A panic may come from the very thread that draws just now: what it says is worth
    /// more than a tidy screen.
    fn lock(&self) -> Option<MutexGuard<'_, StatusLine>> {
        let line = self.line.as_ref()?;
        for _ in 0..TRIES {
            match line.try_lock() {
                Ok(line) => return Some(line),
                Err(TryLockError::Poisoned(line)) => return Some(PoisonError::into_inner(line)),
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        None
    }
}

fn write(level: Level, event: &str, message: &str, fields: Value) {
    // Always to the microsecond, so that times have one width and sort as texts.
    let time = format!("{:.6}", jiff::Timestamp::now());
    let mut line = json!({ "time": time, "level": level.word(), "event": event, "message": message });
    if let (Value::Object(line), Value::Object(fields)) = (&mut line, fields) {
        line.extend(fields);
    }
    say(&format!("{line}\n"));
}
