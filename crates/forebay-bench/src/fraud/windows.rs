//! Window features alone: the stage `customer` of the pipeline over batches that are ready, once its windows have filled
//! up. Sealing the epochs is part of it. Nothing here waits for anything, so time on the core is what counts.

use std::sync::Arc;
use std::time::Duration;

use forebay_node::{Registry, registry};
use forebay_plan::{Known, Plan};
use forebay_spec::{Configs, MemoryLoader};
use forebay_stage::batch::{Batch, Builder, HeaderRing, Terms, Times};
use forebay_stage::types::id::NodeId;
use forebay_stage::types::{Epoch, Files, Report, Schema, StreamId};
use forebay_stage::{Cx, Outbox, Stage};

use super::parts;
use crate::failure::Failure;
use crate::machine;
use crate::row::{Row, Rows};

const PIPELINE: &str = "
apiVersion: forebay.dev/v1alpha1
kind: Pipeline
metadata: { name: windows, namespace: bench }
spec:
  sources:
    tx:
      file: { path: tx.jsonl }
      schema: { card: u64, amount: decimal(2), ts: timestamp(ns) }
      event_time: { column: ts, out_of_order: 10s }
  stages:
    customer:
      input: tx
      window_features: { by: card, windows: [1d, 7d, 30d], emit: { customer_n: count(), customer_avg: mean(amount) } }
  sinks:
    out: { input: customer, file: { path: out.jsonl } }
    dead: { input: rejected, file: { path: dead.jsonl } }
";

/// Keys, and events of each in the longest window.
const LOADS: [(u64, u64); 2] = [(10_000, 60), (1_000_000, 16)];
const LONGEST_NS: i64 = 30 * 86_400_000_000_000;
const OUT_OF_ORDER_NS: i64 = 10_000_000_000;
const ROWS: u64 = 1024;
const ROWS_AN_EPOCH: u64 = 64 * ROWS;
/// Events of a timed span; the best of some spans counts.
const TIMED: u64 = 16 * ROWS_AN_EPOCH;
const SPANS: usize = 3;

pub fn measure(rows: &mut Rows) -> Result<(), Failure> {
    let registry = registry();
    let plan = plan(&registry)?;
    for (keys, per_key) in LOADS {
        eprintln!("window features of {keys} keys");
        let mut work = Work::new(&registry, &plan, keys, per_key)?;
        work.run(keys * per_key * 5 / 4)?;
        let mut rates = Vec::new();
        for _ in 0..SPANS {
            rates.push(TIMED as f64 / work.run(TIMED)?.as_secs_f64());
        }
        rates.sort_by(f64::total_cmp);
        let case = format!("window features, {keys} keys");
        rows.add(Row::new(&case, rates[SPANS - 1], "events/s").target(">= 1000000"))?;
        rows.add(Row::new(format!("{case}, slowest of {SPANS} spans"), rates[0], "events/s"))?;
        let (held, bytes) = work.stage.state().map_or((0, 0), |state| state.size());
        let events = (keys * per_key) as f64;
        rows.add(Row::new(format!("{case} of {per_key} events: an event"), bytes as f64 / events, "B"))?;
        rows.add(Row::new(
            format!("{case} of {per_key} events: a key with its events"),
            bytes as f64 / held.max(1) as f64,
            "B",
        ))?;
    }
    Ok(())
}

fn plan(registry: &Registry) -> Result<Plan, Failure> {
    const PATH: &str = "windows.yaml";
    let loader = MemoryLoader::default().with(PATH, PIPELINE);
    let (mut files, mut report, configs) = (Files::default(), Report::default(), Configs::default());
    let (kinds, options) = (registry.kinds(), forebay_spec::Options::default());
    let spec =
        forebay_spec::read_pipeline(&mut files, &loader, PATH, &kinds, &configs, &options, &mut report);
    let plan = spec.as_ref().and_then(|spec| {
        let known = Known { models: &configs, files: &files };
        let resolved = forebay_plan::resolve(&spec.pipeline, &known, &mut report);
        forebay_plan::plan(resolved, &forebay_plan::Options::default(), &mut report)
    });
    plan.ok_or_else(|| Failure::new(report.render(&files, false)))
}

/// A stage with what it is given.
struct Work {
    stage: Box<dyn Stage>,
    /// What the source gives.
    schema: Schema,
    keys: u64,
    step_ns: i64,
    /// Events so far.
    at: u64,
    epoch: Epoch,
    headers: HeaderRing,
    columns: Builder,
    outbox: Outbox,
    delta: Vec<u8>,
}

impl Work {
    fn new(registry: &Registry, plan: &Plan, keys: u64, per_key: u64) -> Result<Work, Failure> {
        let schema = parts::node(plan, "tx")?.outputs[0].adds.clone();
        Ok(Work {
            stage: parts::stage(registry, parts::node(plan, "customer")?)?,
            columns: Builder::new(schema.columns.iter().map(|column| &column.ty)),
            schema,
            keys,
            step_ns: LONGEST_NS / (keys * per_key) as i64,
            at: 0,
            epoch: Epoch(1),
            headers: HeaderRing::default(),
            outbox: Outbox::default(),
            delta: Vec::new(),
        })
    }

    /// Takes at least so many events through; gives the time that the stage took.
    fn run(&mut self, events: u64) -> Result<Duration, Failure> {
        let mut took = Duration::ZERO;
        let end = (self.at + events).next_multiple_of(ROWS_AN_EPOCH);
        while self.at < end {
            let batch = self.batch();
            let began = machine::thread_time();
            let pushed = self.stage.push(&mut Cx::new(0, &mut self.outbox), 0, &batch);
            pushed.map_err(Failure::doing("push into window features"))?;
            if self.at.is_multiple_of(ROWS_AN_EPOCH) {
                self.seal();
            }
            took += machine::thread_time().saturating_sub(began);
            if !self.outbox.rejects.is_empty() {
                return Err(Failure::new("window features rejected a record"));
            }
            self.outbox.clear();
        }
        Ok(took)
    }

    fn seal(&mut self) {
        let Some(state) = self.stage.state() else { return };
        self.delta.clear();
        state.seal(self.epoch, &mut self.delta);
        state.committed(self.epoch);
        self.epoch = self.epoch.next();
    }

    fn batch(&mut self) -> Batch {
        self.headers.settle(|_| {});
        let mut header = self.headers.take(NodeId(0), self.epoch);
        let inner = Arc::get_mut(&mut header).expect("a fresh header is held once");
        inner.of_stream(StreamId(0), Terms { out_of_order_ns: Some(OUT_OF_ORDER_NS), deadline: None });
        self.columns.begin();
        for number in self.at..self.at + ROWS {
            let event = number as i64 * self.step_ns;
            inner.push(number, Times { event, high: event });
            for (at, column) in self.schema.columns.iter().enumerate() {
                match column.name.as_str() {
                    "card" => self.columns.col(at).push(mixed(number) % self.keys),
                    "ts" => self.columns.col(at).push(event),
                    _ => self.columns.col(at).push((mixed(number + 1) & 0xf_ffff) as i64),
                }
            }
        }
        self.at += ROWS;
        let header = self.headers.share(header);
        Batch::new(header, self.columns.finish())
    }
}

/// Numbers without a pattern.
fn mixed(number: u64) -> u64 {
    let number = (number ^ number >> 31).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (number ^ number >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ number >> 32
}
