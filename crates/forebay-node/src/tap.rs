//! Taps: a sample of the records that leave by one output of a running pipeline, as lines of JSON.
//!
//! What holds: a tap costs the lane a bounded time, so many rows a second and a batch, and it never waits; it keeps nothing of a
//! batch, since that would hold the commit; what the plan calls sensitive is never written, and there is no way to turn that off.

mod outlet;
mod text;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use forebay_batch::Batch;
use forebay_exec::Watch;
use forebay_plan::plan::Output;
use forebay_stage::Reject;
use serde_json::{Value, json};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::Error;
use crate::status::View;
use forebay_types::code;

pub(crate) use outlet::{Outlet, outlets};
use text::Writer;

/// Taps of one pipeline at once.
const TAPS: usize = 8;
/// Records a second, at most: what is looked at costs the lane a microsecond or a few each.
const RATE: f64 = 1_000.0;
/// Rows of one batch, at most.
const ROWS_A_BATCH: usize = 64;
/// Lines that wait for a reader. What comes when they are full goes by unseen.
const LINES: usize = 256;

const HEARTBEAT: Duration = Duration::from_secs(1);
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// A reader's end. Dropping it takes the tap away.
pub(crate) struct Tap {
    view: Arc<View>,
    seer: Arc<Seer>,
    /// The same, as nodes know it.
    watch: Arc<dyn Watch>,
    lines: Receiver<Vec<u8>>,
    head: Option<Vec<u8>>,
    said: Instant,
    is_over: bool,
}

/// The lane's end.
struct Seer {
    outlet: Arc<Outlet>,
    writer: Writer,
    passed: AtomicU64,
    budget: Mutex<Budget>,
    lines: Sender<Vec<u8>>,
}

/// How many records may be shown now: a second's worth at most.
struct Budget {
    rate: f64,
    left: f64,
    at: Instant,
}

impl Tap {
    /// Opens a tap; so many records a second are wanted.
    pub fn open(view: &Arc<View>, outlet: &Arc<Outlet>, rate: f64) -> Result<Tap, Error> {
        if !view.take_tap(TAPS) {
            let message = format!("{TAPS} taps look at {} already; end one of them first", view.pipeline);
            return Err(Error::new(&code::TOO_MANY_TAPS, message));
        }
        let rate = if rate > 0.0 { rate.min(RATE) } else { 1.0 };
        let (sender, lines) = channel(LINES);
        let seer = Arc::new(Seer {
            outlet: outlet.clone(),
            writer: Writer::new(outlet, view.shared.stream_names.clone()),
            passed: AtomicU64::new(0),
            budget: Mutex::new(Budget { rate, left: rate.max(1.0), at: Instant::now() }),
            lines: sender,
        });
        let watch: Arc<dyn Watch> = seer.clone();
        for node in view.nodes().iter().filter(|node| *node.name == *outlet.node) {
            node.metrics.tap(watch.clone());
        }
        let head = Some(line(&outlet.head(&view.pipeline, rate)));
        Ok(Tap { view: view.clone(), seer, watch, lines, head, said: Instant::now(), is_over: false })
    }

    /// The next line: first what there is to see, then records, and a sign of life each second; the last one says how the
    /// pipeline has ended.
    pub async fn next(&mut self) -> Option<Vec<u8>> {
        if self.is_over {
            return None;
        }
        let next = match self.head.take() {
            Some(head) => head,
            None => self.record_or_sign().await,
        };
        self.said = Instant::now();
        Some(next)
    }

    async fn record_or_sign(&mut self) -> Vec<u8> {
        loop {
            tokio::select! {
                Some(record) = self.lines.recv() => return record,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            let passed = self.seer.passed.load(Ordering::Relaxed);
            if self.view.is_over() {
                self.is_over = true;
                return line(&json!({ "passed": passed, "ended": self.view.status().phase.word() }));
            }
            if self.said.elapsed() >= HEARTBEAT {
                return line(&json!({ "passed": passed }));
            }
        }
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.view.nodes().iter().for_each(|node| node.metrics.untap(&self.watch));
        self.view.give_tap();
    }
}

fn line(value: &Value) -> Vec<u8> {
    format!("{value}\n").into_bytes()
}

impl Watch for Seer {
    fn batch(&self, output: Output, batch: &Batch) {
        if output == self.outlet.output {
            self.sample(batch.len(), |at, out| self.writer.row(batch, batch.rows().at(at), out));
        }
    }

    fn rejects(&self, rejects: &[Reject]) {
        if self.outlet.output == Output::Rejected {
            self.sample(rejects.len(), |at, out| {
                self.writer.reject(&self.outlet.node, &rejects[at], out);
            });
        }
    }
}

impl Seer {
    /// Writes some of these records, spread over all of them.
    fn sample(&self, records: usize, write: impl Fn(usize, &mut Vec<u8>)) {
        let passed = self.passed.fetch_add(records as u64, Ordering::Relaxed) + records as u64;
        // Another lane that looks at its budget just now has the turn.
        let Ok(mut budget) = self.budget.try_lock() else { return };
        let shown = budget.take(records.min(ROWS_A_BATCH), Instant::now());
        drop(budget);
        // Which ones has to look random: batches are often alike.
        let turn = (passed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize % records.max(1);
        for at in 0..shown {
            let mut out = format!("{{\"passed\":{passed},\"record\":").into_bytes();
            write((at * records + turn) / shown, &mut out);
            out.extend_from_slice(b"}\n");
            if self.lines.try_send(out).is_err() {
                return;
            }
        }
    }
}

impl Budget {
    fn take(&mut self, wanted: usize, now: Instant) -> usize {
        let more = now.saturating_duration_since(self.at).as_secs_f64() * self.rate;
        (self.left, self.at) = ((self.left + more).min(self.rate.max(1.0)), now);
        let taken = wanted.min(self.left as usize);
        self.left -= taken as f64;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wanted at a time in milliseconds, and what is shown.
    #[track_caller]
    fn check(rate: f64, asked: &[(u64, usize, usize)]) {
        let start = Instant::now();
        let mut budget = Budget { rate, left: rate.max(1.0), at: start };
        for (at, wanted, shown) in asked {
            let now = start + Duration::from_millis(*at);
            assert_eq!(budget.take(*wanted, now), *shown, "at {at} ms of {wanted} at {rate}/s");
        }
    }

    #[test]
    fn a_tap_shows_so_many_records_a_second() {
        check(10.0, &[(0, 64, 10), (0, 64, 0), (150, 64, 1), (200, 64, 1), (9_000, 64, 10), (9_001, 1, 0)]);
        check(10.0, &[(0, 3, 3), (0, 64, 7)]);
        check(0.5, &[(0, 5, 1), (1_900, 5, 0), (2_001, 5, 1)]);
    }

    #[test]
    fn nobody_waits_for_a_reader_and_what_passes_is_counted() {
        let outlet = Outlet::of_test("decide", Output::Port(0));
        let (sender, mut lines) = channel(3);
        let seer = Seer {
            writer: Writer::new(&outlet, Arc::default()),
            outlet: Arc::new(outlet),
            passed: AtomicU64::new(0),
            budget: Mutex::new(Budget { rate: RATE, left: RATE, at: Instant::now() }),
            lines: sender,
        };
        for _ in 0..100 {
            seer.sample(1_000, |at, out| out.extend_from_slice(at.to_string().as_bytes()));
        }
        assert_eq!(seer.passed.load(Ordering::Relaxed), 100_000);
        let mut shown = Vec::new();
        while let Ok(line) = lines.try_recv() {
            let line: Value = serde_json::from_slice(&line).expect("JSON");
            assert_eq!(line["passed"], 1_000, "the first batch filled the queue");
            shown.push(line["record"].as_u64().expect("a place"));
        }
        let parts: Vec<u64> = shown.iter().map(|at| at * ROWS_A_BATCH as u64 / 1_000).collect();
        assert_eq!(parts, [0, 1, 2], "spread over the batch: {shown:?}");
    }
}
