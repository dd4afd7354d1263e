//! `forebay stop PIPELINE`: what a signal does to a run, for one pipeline of it; waits for the end and says how it came.

use std::io::IsTerminal;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::client::Silent;
use super::find::{Place, find, no_answer};
use super::{Refusal, client, ended};
use crate::args::Stop;
use crate::exit::Exit;
use crate::output::{Paint, print, say};
use crate::table::{count, elapsed, time};

/// A process that ran nothing else ends when its pipeline has.
const AFTERWARDS: Duration = Duration::from_secs(5);
/// Two signals that come sooner are one.
const TWO_SIGNALS: Duration = Duration::from_millis(300);
/// A worker that has crashed, or who stands in for it, answers sooner.
const SILENT_FOR: Duration = Duration::from_secs(2);
const TICK: Duration = Duration::from_millis(100);

pub fn run(args: &Stop) -> Exit {
    ended(find(&args.pipeline, &args.at).and_then(|place| Stopping::new(args, &place).run()))
}

struct Stopping<'a> {
    args: &'a Stop,
    place: &'a Place,
    began: Instant,
    /// Something stands on the status line.
    is_drawn: bool,
}

/// How the waiting ended.
enum End {
    /// What the run said last.
    Told(Value),
    /// The process is gone, and said nothing.
    Gone,
    /// It takes longer than somebody wants to wait.
    TooLong,
}

impl<'a> Stopping<'a> {
    fn new(args: &'a Stop, place: &'a Place) -> Stopping<'a> {
        Stopping { args, place, began: Instant::now(), is_drawn: false }
    }

    fn run(mut self) -> Result<Exit, Refusal> {
        let end = self.end()?;
        self.clear();
        let (answer, words, exit) = match &end {
            End::Told(last) => {
                if last["is_last"] == true {
                    self.until_gone(Instant::now() + AFTERWARDS);
                }
                told(last)
            }
            End::Gone => {
                let words = "its process has ended; how, its own output says".to_string();
                (json!({ "phase": null }), words, Exit::Good)
            }
            End::TooLong => {
                let words =
                    format!("it has not ended within {}, and goes on with that", time(self.began.elapsed()));
                (json!({ "phase": "draining" }), words, Exit::Late)
            }
        };
        let pipeline = &self.place.pipeline;
        match self.args.at.json {
            true => {
                let mut answer = answer;
                answer["pipeline"] = json!(pipeline);
                print(&format!("{answer:#}\n"));
            }
            false => print(&format!("{}: {words}\n", Paint::stdout().bold(pipeline))),
        }
        Ok(exit)
    }

    /// Asks for the end, and once more from each worker that follows one that died meanwhile.
    fn end(&mut self) -> Result<End, Refusal> {
        loop {
            let body = json!({ "now": self.args.now });
            match client::watch(self.place.admin, &self.place.pipeline, "stop", &body) {
                Ok(lines) => {
                    if let Some(end) = self.follow(&lines) {
                        return Ok(end);
                    }
                }
                Err(Silent::Refused(refusal)) => return Err(refusal),
                Err(Silent::Starting) => self.draw("it is being started"),
                Err(Silent::Away(why)) if self.place.is_alone && self.place.pid != 0 => {
                    if !self.place.is_there() {
                        return Ok(End::Gone);
                    }
                    if self.began.elapsed() > SILENT_FOR {
                        return Ok(self.signal(&why));
                    }
                }
                Err(Silent::Away(why)) => {
                    if self.began.elapsed() > SILENT_FOR {
                        return no_answer(self.place.admin, &why);
                    }
                }
            }
            if self.is_too_long() {
                return Ok(End::TooLong);
            }
            if !self.place.is_there() {
                return Ok(End::Gone);
            }
            std::thread::sleep(TICK);
        }
    }

    /// Shows how the end comes; `None` when nobody tells any more.
    fn follow(&mut self, lines: &Receiver<Value>) -> Option<End> {
        let mut how = "draining".to_string();
        loop {
            match lines.recv_timeout(TICK) {
                Ok(line) if line["ended"] == true => return Some(End::Told(line)),
                Ok(line) => how = progress(&line),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
            self.draw(&how);
            if self.is_too_long() {
                return Some(End::TooLong);
            }
        }
    }

    /// Whoever does not answer may still take a signal, which is for the whole process.
    fn signal(&mut self, why: &str) -> End {
        let Some(pid) = Pid::from_raw(self.place.pid as i32) else { return End::Gone };
        let _ = kill_process(pid, Signal::TERM);
        if self.args.now {
            std::thread::sleep(TWO_SIGNALS);
            let _ = kill_process(pid, Signal::TERM);
        }
        while self.place.is_there() {
            self.draw(&format!("it does not answer ({why}) and was told by a signal"));
            if self.is_too_long() {
                return End::TooLong;
            }
            std::thread::sleep(TICK);
        }
        End::Gone
    }

    fn until_gone(&self, at_most: Instant) {
        while self.place.pid != 0 && self.place.is_there() && Instant::now() < at_most {
            std::thread::sleep(TICK / 10);
        }
    }

    fn is_too_long(&self) -> bool {
        self.args.timeout.is_some_and(|most| self.began.elapsed() >= Duration::from_nanos(most as u64))
    }

    fn draw(&mut self, how: &str) {
        if std::io::stderr().is_terminal() && !self.args.at.json {
            self.is_drawn = true;
            say(&format!("\r\x1b[2K{}: {how}, {}", self.place.pipeline, time(self.began.elapsed())));
        }
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.is_drawn) {
            say("\r\x1b[2K");
        }
    }
}

fn progress(line: &Value) -> String {
    let in_flight = line["in_flight"].as_u64().unwrap_or_default();
    match line["phase"].as_str() {
        Some("waiting") => format!("waiting: {}", line["why"].as_str().unwrap_or_default()),
        Some(phase) => format!("{phase}, {} records in flight", count(in_flight)),
        None => "draining".into(),
    }
}

/// For programs, for people, and for the shell.
fn told(last: &Value) -> (Value, String, Exit) {
    let phase = last["phase"].as_str().unwrap_or_default();
    let number = |value: &Value| count(value.as_u64().unwrap_or_default());
    let up = elapsed(last["seconds"].as_f64().unwrap_or_default());
    let (committed, in_flight) = (number(&last["committed"]), number(&last["in_flight"]));
    let mut words = format!("{phase} after {up}, {committed} records committed");
    let exit = match phase {
        "complete" | "drained" => Exit::Good,
        "aborted" => {
            words.push_str(&format!(", {in_flight} in flight are done again by the next run"));
            Exit::Late
        }
        _ => {
            words.push_str(&format!(": {}", last["why"].as_str().unwrap_or_default()));
            Exit::Fault
        }
    };
    (last.clone(), words, exit)
}
