//! The status line of a terminal: a line for each pipeline at work, written over itself, and one more below it while it waits
//! for something.

use std::time::{Duration, Instant};

use forebay_node::{Phase, Status, View};

use crate::output::{Paint, say};
use crate::table::{count, time};

/// A commit that takes so much longer than it should is worth a word.
const SLOW: Duration = Duration::from_secs(1);

/// A pipeline and what it is doing just now.
pub type Look<'a> = (&'a View, Status);

#[derive(Default)]
pub struct StatusLine {
    /// Lines on the screen now.
    drawn: usize,
    history: Vec<History>,
}

/// What a pipeline did before.
#[derive(Default)]
struct History {
    /// The last commit that was seen.
    epochs: u64,
    last_commit: Option<Instant>,
    waiting_since: Option<Instant>,
    /// Widths of the parts so far: a line does not jump about when a number gets shorter.
    widths: Vec<usize>,
}

impl StatusLine {
    pub fn draw(&mut self, looks: &[Look<'_>]) {
        self.history.resize_with(looks.len(), History::default);
        let (now, width, paint) = (Instant::now(), width(), Paint::stderr());
        let at_work = || looks.iter().zip(0..).filter(|((_, status), _)| !status.phase.is_over());
        let names = at_work().map(|((view, _), _)| view.pipeline.chars().count()).max().unwrap_or(0);
        let mut lines = Vec::new();
        for ((view, status), at) in at_work() {
            let history = &mut self.history[at];
            history.note(status, now);
            let name = format!("{:names$}", view.pipeline);
            let parts = history.parts(view, status, now);
            let room = width.saturating_sub(names + 2);
            lines.push(format!("{}  {}", paint.bold(&name), fitting(&parts, room)));
            if let (Phase::Waiting | Phase::Tripped, Some(why)) = (status.phase, &status.why) {
                lines.push(paint.yellow(&cut(&format!("  {why}"), width)));
            }
        }
        // In one piece with what it replaces, so that nothing flickers.
        let mut out = self.rub_out();
        lines.iter().for_each(|line| out.push_str(&format!("{line}\n")));
        say(&out);
        self.drawn = lines.len();
    }

    /// What takes the lines on the screen away.
    pub fn rub_out(&mut self) -> String {
        match std::mem::take(&mut self.drawn) {
            0 => String::new(),
            drawn => format!("\x1b[{drawn}A\r\x1b[J"),
        }
    }
}

impl History {
    fn note(&mut self, status: &Status, now: Instant) {
        if status.epochs != self.epochs || self.last_commit.is_none() {
            (self.epochs, self.last_commit) = (status.epochs, Some(now));
        }
        let waits = status.phase == Phase::Waiting;
        self.waiting_since = self.waiting_since.or(Some(now)).filter(|_| waits);
    }

    /// The most important first: a narrow terminal shows those that fit.
    fn parts(&mut self, view: &View, status: &Status, now: Instant) -> Vec<String> {
        let mut parts = vec![
            format!("{} records/s", count(status.per_second)),
            format!("{} in", count(status.taken())),
            format!("{} in flight", count(status.in_flight())),
        ];
        self.widths.resize(parts.len(), 0);
        for (part, width) in parts.iter_mut().zip(&mut self.widths) {
            *width = part.chars().count().max(*width);
            *part = format!("{part:>0$}", *width);
        }
        match (status.phase, self.waiting_since) {
            (Phase::Waiting, Some(since)) => parts.insert(0, format!("waiting for {}", time(now - since))),
            (Phase::Draining, _) => parts.insert(0, "draining".into()),
            (Phase::Paused, _) => parts.insert(0, "paused".into()),
            (Phase::Tripped, _) => parts.insert(0, "tripped".into()),
            _ => {}
        }
        let latency = status.latency.map(|latency| time(Duration::from_nanos(latency.p99)));
        parts.extend(latency.map(|p99| format!("p99 {p99} to the sink")));
        let since = self.last_commit.map(|at| now - at).filter(|_| status.in_flight() > 0);
        if let Some(since) = since.filter(|since| *since > view.commit_every + SLOW) {
            parts.push(format!("no commit for {}", time(since)));
        }
        let total = status.ledger().total();
        let sum = |by_node: &[(String, u64)]| by_node.iter().map(|(_, count)| count).sum();
        let bad = [
            ("rejected", total.ended("rejected")),
            ("dropped", total.ended("dropped")),
            ("skipped", sum(&status.skipped)),
            ("late", sum(&status.late)),
        ];
        parts.extend(
            bad.iter().filter(|(_, number)| *number > 0).map(|(what, n)| format!("{} {what}", count(*n))),
        );
        parts.push(time(status.elapsed));
        parts
    }
}

/// As many parts as fit into a line: one that wraps could not be written over.
fn fitting(parts: &[String], width: usize) -> String {
    let mut line = String::new();
    for part in parts {
        let dot = if line.is_empty() { "" } else { " · " };
        if line.chars().count() + dot.chars().count() + part.chars().count() > width {
            break;
        }
        line.push_str(dot);
        line.push_str(part);
    }
    line
}

fn cut(line: &str, width: usize) -> String {
    match line.chars().count() > width {
        true => line.chars().take(width.saturating_sub(1)).chain(['…']).collect(),
        false => line.into(),
    }
}

fn width() -> usize {
    let columns = rustix::termios::tcgetwinsize(std::io::stderr()).map_or(0, |size| usize::from(size.ws_col));
    if columns == 0 { 80 } else { columns }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_left_out_and_nothing_wraps() {
        let parts = ["1 records/s", "2 in", "3 in flight"].map(String::from);
        let check = |width: usize, expect: &str| assert_eq!(fitting(&parts, width), expect, "{width}");
        check(32, "1 records/s · 2 in · 3 in flight");
        check(31, "1 records/s · 2 in");
        check(11, "1 records/s");
        check(10, "");
        assert_eq!([cut("abc", 3), cut("abcd", 3), cut("abcd", 0)], ["abc", "ab…", "…"]);
    }
}
