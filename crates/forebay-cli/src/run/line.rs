//! The status line of a terminal: one line for each pipeline, written over itself.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use forebay_node::{Phase, Status, View};

use crate::output::{Paint, say};
use crate::table::{count, time};

/// The rate is that of this last while.
const WHILE: Duration = Duration::from_secs(2);

/// A commit that takes longer is worth a word.
const SLOW: Duration = Duration::from_secs(1);

#[derive(Default)]
pub struct StatusLine {
    /// Lines on the screen now.
    drawn: usize,
    history: Vec<History>,
}

/// How many records each pipeline had taken in, and when its last commit was seen.
#[derive(Default)]
struct History {
    taken: VecDeque<(Instant, u64)>,
    epochs: u64,
    committed: Option<Instant>,
}

impl StatusLine {
    pub fn draw(&mut self, views: &[Arc<View>], statuses: &[Status]) {
        self.history.resize_with(views.len(), History::default);
        let now = Instant::now();
        // In one piece with what it replaces, so that nothing flickers.
        let mut out = self.rub_out();
        for ((view, status), history) in views.iter().zip(statuses).zip(&mut self.history) {
            let line = history.line(&view.pipeline, status, now);
            out.push_str(&format!("{}\n", cut(&line)));
        }
        say(&out);
        self.drawn = views.len();
    }

    pub fn clear(&mut self) {
        let out = self.rub_out();
        if !out.is_empty() {
            say(&out);
        }
    }

    /// What takes the lines on the screen away.
    fn rub_out(&mut self) -> String {
        match std::mem::take(&mut self.drawn) {
            0 => String::new(),
            drawn => format!("\x1b[{drawn}A\r\x1b[J"),
        }
    }
}

impl History {
    fn line(&mut self, pipeline: &str, status: &Status, now: Instant) -> String {
        self.taken.push_back((now, status.taken()));
        while self.taken.len() > 2 && now - self.taken[0].0 > WHILE {
            self.taken.pop_front();
        }
        if status.epochs != self.epochs || self.committed.is_none() {
            (self.epochs, self.committed) = (status.epochs, Some(now));
        }
        let mut parts = vec![
            format!("{} records/s", count(self.rate())),
            format!("{} in", count(status.taken())),
            format!("{} in flight", count(status.in_flight())),
        ];
        parts
            .extend(status.latency.map(|latency| format!("p99 {}", time(Duration::from_nanos(latency.p99)))));
        if let Some(since) =
            self.committed.map(|at| now - at).filter(|since| status.in_flight() > 0 && *since > SLOW)
        {
            parts.push(format!("no commit for {}", time(since)));
        }
        match (status.phase, &status.why) {
            (Phase::Running, _) => {}
            (Phase::Waiting, Some(why)) => parts.push(format!("waiting: {why}")),
            (phase, _) => parts.push(phase.word().into()),
        }
        format!("{pipeline}  {}", parts.join(" · "))
    }

    /// Records per second.
    fn rate(&self) -> u64 {
        let (Some((from, before)), Some((to, after))) = (self.taken.front(), self.taken.back()) else {
            return 0;
        };
        let seconds = (*to - *from).as_secs_f64();
        if seconds > 0.0 { (after.saturating_sub(*before) as f64 / seconds) as u64 } else { 0 }
    }
}

/// As much of a line as fits: one that wraps could not be written over.
fn cut(line: &str) -> String {
    let width = rustix::termios::tcgetwinsize(std::io::stderr()).map_or(80, |size| usize::from(size.ws_col));
    let width = if width == 0 { 80 } else { width };
    let line: String = match line.chars().count() > width {
        true => line.chars().take(width - 1).chain(['…']).collect(),
        false => line.into(),
    };
    match line.split_once("  ") {
        Some((name, rest)) => format!("{}  {rest}", Paint::stderr().bold(name)),
        None => line,
    }
}
