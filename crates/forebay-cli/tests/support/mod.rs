//! A small stream of card transactions and the two window stages that the card fraud pipeline is made of.
//!
//! The model is left out: it has tests of its own, and these are to run where no model was fetched.

use forebay_testkit::card::{self, Config, Generator, Summary};

use super::desk::Desk;

/// Dead letters come without `time`, the one column that says when it happened and not what.
pub const CARDS: &str = "\
apiVersion: forebay.dev/v1alpha1
kind: Pipeline
metadata: { name: cards, namespace: tests }
spec:
  delivery: { guarantee: exactly_once, commit_every: 5ms }
  sources:
    tx:
      file: { path: transactions.jsonl }
      format: json
      schema: { tx_id: string, customer_id: u64, terminal_id: u64, amount: decimal(2), ts: timestamp(ms) }
      event_time: { column: ts, out_of_order: 10s }
    chargebacks:
      file: { path: chargebacks.jsonl }
      format: json
      schema: { tx_id: string, terminal_id: u64, fraud: bool, reported: timestamp }
      event_time: reported
  stages:
    calendar: { input: tx, set: { night: \"= ts.getHours('UTC') <= 6\", weekend: \"= ts.getDayOfWeek('UTC') in [0, 6]\" } }
    customer:
      input: calendar
      window_features: { by: customer_id, windows: [1d, 7d, 30d], emit: { customer_n: count(), customer_avg: mean(amount) } }
    terminal:
      input: { main: customer, labels: chargebacks }
      window_features:
        by: terminal_id
        windows: [1d, 7d, 30d]
        delay: 7d
        labels: { by: tx_id, unknown: { fraud: false } }
        emit: { terminal_n: count(), terminal_risk: share(fraud) }
  sinks:
    features:
      input: terminal
      file: { path: features.jsonl }
      columns: [tx_id, night, weekend, customer_n_1d, customer_n_7d, customer_n_30d, customer_avg_1d, customer_avg_7d, customer_avg_30d,
        terminal_n_1d, terminal_n_7d, terminal_n_30d, terminal_risk_1d, terminal_risk_7d, terminal_risk_30d]
    dead: { input: rejected, file: { path: dead.jsonl }, columns: [code, reason, node, source, stream, position, bytes] }
";

/// `cards.yaml` and its two inputs. Few terminals and much fraud, so that windows are full and labels matter.
pub fn cards(seed: u64, days: u32) -> (Desk, Summary) {
    let desk = Desk::new();
    desk.write("cards.yaml", CARDS);
    let mut config = Config { seed, customers: 60, terminals: 25, days, ..Config::default() };
    config.rates.terminals = 20_000;
    config.rates.customers = 10_000;
    let generator = Generator::new(config).expect("a sound configuration");
    let summary = card::write(generator, &desk.path(".")).expect("files for a test");
    (desk, summary)
}
