//! Messages that are passed on as they are: through a pipeline that reads and writes JSON, beside a bare loop on the client
//! library that has the same settings and looks at nothing.

use std::fs;
use std::process::Command;
use std::time::Duration;

use super::BARE;
use super::forebay::Forebay;
use super::process::Process;
use super::stand::Stand;
use super::watch::{Part, Runs, Seen, TimeOf, watch};
use crate::failure::Failure;
use crate::row::{Row, Rows};

const RUNS: usize = 5;
/// The broker's machine compiles its own code meanwhile, on the same processors: it takes more than twice as long for a message at
/// first.
const WARM_RUNS: usize = 5;

const PIPELINE: &str = "
apiVersion: forebay.dev/v1alpha1
kind: Pipeline
metadata: { name: pass, namespace: bench }
spec:
  delivery: at_least_once
  sources:
    tx:
      kafka: { connection: payments, topic: transactions, key: customer_id, start: earliest }
      format: json
      schema: { tx_id: string, customer_id: u64, terminal_id: u64, amount: decimal(2), ts: timestamp(ms), note: string }
      event_time: { column: ts, max_ahead: 36500d }
  sinks:
    out:
      input: tx
      kafka: { connection: payments, topic: out, key: customer_id, headers: [] }
      columns: [tx_id, customer_id, terminal_id, amount, ts, note]
    dead: { input: rejected, kafka: { connection: payments, topic: card-fraud-dead } }
";

pub fn measure(stand: &Stand, rows: &mut Rows) -> Result<(), Failure> {
    let (mut bare, mut passed) = (Runs::default(), Runs::default());
    eprintln!("bare loop and pass-through, {WARM_RUNS} times without counting");
    for _ in 0..WARM_RUNS {
        one_bare(stand)?;
        one(stand)?;
    }
    for _ in 0..RUNS {
        bare.add("bare loop", one_bare(stand)?);
        passed.add("pass-through", one(stand)?);
    }
    rows.add(Row::new("pass-through", passed.rate(), "msg/s").beside("bare loop", bare.rate()))?;
    let share = 100.0 * passed.rate() / bare.rate();
    rows.add(Row::new("pass-through, of the bare loop", share, "%").target(">= 80"))?;
    let (slowest, fastest) = (passed.slowest(), passed.fastest());
    rows.add(
        Row::new(format!("pass-through, slowest of {RUNS}"), slowest, "msg/s")
            .beside("bare loop", bare.slowest()),
    )?;
    rows.add(
        Row::new(format!("pass-through, fastest of {RUNS}"), fastest, "msg/s")
            .beside("bare loop", bare.fastest()),
    )?;
    let parts: [(&str, TimeOf); 4] = [
        ("whole process", |seen| seen.process.all),
        ("threads of the client", |seen| seen.process.client),
        ("threads of the engine", |seen| seen.process.engine),
        ("broker", |seen| seen.broker),
    ];
    for (name, of) in parts {
        let row = Row::new(format!("pass-through, CPU: {name}"), passed.cpu(of), "s/million");
        // The bare loop has no engine.
        let peer = bare.cpu(of);
        rows.add(if peer > 0.0 { row.beside("bare loop", peer) } else { row })?;
    }
    Ok(())
}

/// All but what comes while a process gets going.
fn part(stand: &Stand) -> Part {
    Part { after: stand.messages / 10, warm: Duration::ZERO, at_most: Duration::from_secs(30) }
}

fn one_bare(stand: &Stand) -> Result<Seen, Failure> {
    let topic = stand.topic("bare");
    let own = std::env::current_exe().map_err(Failure::doing("find the program's own place"))?;
    let mut command = Command::new(own);
    let mut process = Process::start("the bare loop", command.args([BARE, &stand.bootstrap(), &topic]))?;
    watch(stand, &mut process, &topic, &part(stand))
}

fn one(stand: &Stand) -> Result<Seen, Failure> {
    let topic = stand.topic("passed");
    let file = stand.folder.join("pass.yaml");
    fs::write(&file, PIPELINE).map_err(Failure::doing(format!("write {}", file.display())))?;
    let mut forebay = Forebay::run(stand, &file, 1, &[format!("sinks.out.kafka.topic={topic}")])?;
    let seen = watch(stand, forebay.process(), &topic, &part(stand));
    let seen = seen.map_err(|failure| forebay.explain(failure))?;
    forebay.drain()?;
    Ok(seen)
}
