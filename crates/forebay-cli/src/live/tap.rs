//! `forebay tap PIPELINE.NODE[.PORT]`: records that pass, as lines of JSON; what there is to say of them on standard error.

use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use forebay_types::code;
use serde_json::{Value, json};

use super::find::{Place, find};
use super::{Quit, Refusal, client, ended, refused};
use crate::args::Tap;
use crate::exit::Exit;
use crate::output::{Paint, print, say};
use crate::table::count;

const TICK: Duration = Duration::from_millis(50);

pub fn run(args: &Tap) -> Exit {
    ended(Tapping { args, quit: Quit::on_signals(), head: Value::Null, shown: 0, passed: 0, before: 0 }.run())
}

struct Tapping<'a> {
    args: &'a Tap,
    quit: Quit,
    /// What was said of the output.
    head: Value,
    shown: u64,
    /// Records that passed, with those that passed workers that have died.
    passed: u64,
    before: u64,
}

/// Why there is nothing more to show.
enum End {
    /// Enough was shown, or nobody wants more.
    Enough,
    /// The pipeline has ended, and how.
    Over(String),
    /// The worker has died, or the process.
    Lost,
}

impl Tapping<'_> {
    fn run(mut self) -> Result<Exit, Refusal> {
        let target = &self.args.output;
        let place = find(target, &self.args.at)?;
        let Some(node) = &target.node else {
            let message = format!("`{target}` is a pipeline: name a node of it, as in `tap {target}.NODE`");
            // What there is stands in the answer to a node that there is not.
            let body = json!({ "node": "" });
            return match place.patiently(|| client::watch(place.admin, &place.pipeline, "tap", &body)) {
                Err(Refusal(error)) if error.code == &code::NO_OUTLET => {
                    let list = error.message.split_once('\n').map_or("", |(_, list)| list);
                    refused(&code::NO_OUTLET, format!("{message}\n{list}"))
                }
                Err(other) => Err(other),
                Ok(_) => refused(&code::NO_OUTLET, message),
            };
        };
        let body = json!({ "node": node, "port": target.port, "rate": self.args.rate });
        let end = loop {
            let end = self.watch(&place, &body)?;
            if !matches!(end, End::Lost) || !place.is_there() {
                break end;
            }
            self.before = self.passed;
        };
        if !self.args.at.json {
            self.sum(&end);
        }
        Ok(Exit::Good)
    }

    fn watch(&mut self, place: &Place, body: &Value) -> Result<End, Refusal> {
        let lines = place.patiently(|| client::watch(place.admin, &place.pipeline, "tap", body));
        let lines = match lines {
            // Its process has ended meanwhile.
            Err(_) if !self.head.is_null() && !place.is_there() => return Ok(End::Lost),
            lines => lines?,
        };
        loop {
            if self.quit.is_wanted() {
                return Ok(End::Enough);
            }
            match lines.recv_timeout(TICK) {
                Ok(line) => {
                    if let Some(end) = self.line(line) {
                        return Ok(end);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(End::Lost),
            }
        }
    }

    fn line(&mut self, line: Value) -> Option<End> {
        if self.args.at.json {
            print(&format!("{line}\n"));
        }
        if line["output"].is_string() {
            if self.head != line && !self.args.at.json {
                say(&head(&line));
            }
            self.head = line;
            return None;
        }
        self.passed = self.before + line["passed"].as_u64().unwrap_or_default();
        if let Some(how) = line["ended"].as_str() {
            return Some(End::Over(how.to_string()));
        }
        if line["record"].is_object() {
            self.shown += 1;
            if !self.args.at.json {
                print(&format!("{}\n", line["record"]));
            }
        }
        let is_enough = self.args.count.is_some_and(|most| self.shown >= most);
        is_enough.then_some(End::Enough)
    }

    /// What was not shown is said, so that nobody takes a sample for all.
    fn sum(&self, end: &End) {
        let unseen = self.passed.saturating_sub(self.shown);
        let why = match end {
            End::Enough => String::new(),
            End::Over(how) => format!("; the pipeline is {how}"),
            End::Lost => "; its process has ended".to_string(),
        };
        say(&format!("{} shown, {} passed by unseen{why}\n", count(self.shown), count(unseen)));
    }
}

fn head(line: &Value) -> String {
    let paint = Paint::stderr();
    let names = |of: &str| {
        let all = line[of].as_array().into_iter().flatten().filter_map(Value::as_str);
        all.collect::<Vec<_>>().join(", ")
    };
    let text = |of: &str| line[of].as_str().unwrap_or_default();
    let rate = line["rate"].as_f64().unwrap_or_default();
    let mut out =
        format!("{} of {}, {rate} records a second at most\n", paint.bold(text("output")), text("pipeline"));
    let rows = [
        ("carries", names("carries"), ""),
        ("hidden", names("sensitive"), " (sensitive)"),
        ("not there", names("unread"), " (nobody reads it)"),
    ];
    for (label, names, why) in rows.iter().filter(|(_, names, _)| !names.is_empty()) {
        out.push_str(&format!("  {} {names}{why}\n", paint.cyan(&format!("{label}:"))));
    }
    out
}
