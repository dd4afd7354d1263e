//! Speed of the whole stage: `cargo test --release -p forebay-table --test speed -- --ignored --nocapture`.

mod common;

use std::sync::Arc;

use common::Made;
use forebay_stage::batch::{Batch, Builder, Header, HeaderRing, Terms, Times};
use forebay_stage::types::id::NodeId;
use forebay_stage::types::{Epoch, StreamId};
use forebay_stage::{Cx, Outbox, Shards};

const ROWS: usize = 1024;
const MONTH_NS: i64 = 30 * 86_400_000_000_000;

/// Seconds that this thread was on a core: other work on the machine does not count.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|nanos| nanos.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
}

fn mix(x: u64) -> u64 {
    let x = (x ^ x >> 31).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (x ^ x >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ x >> 32
}

/// Batches of transactions whose keys have `per_key` events in the longest window, once that has filled up.
struct Stream {
    keys: u64,
    step_ns: i64,
    n: u64,
    headers: HeaderRing,
    columns: Builder,
}

impl Stream {
    fn batch(&mut self, made: &Made) -> Batch {
        let mut header = self.headers.take(NodeId(0), Epoch(1));
        let inner = Arc::get_mut(&mut header).expect("a fresh header");
        inner.of_stream(StreamId(0), Terms { out_of_order_ns: Some(MONTH_NS / 1000), deadline: None });
        self.columns.begin();
        for n in self.n..self.n + ROWS as u64 {
            let event = n as i64 * self.step_ns;
            inner.push(n, Times { event, high: event });
            self.columns.col(0).push(mix(n) % self.keys);
            self.columns.col(1).push((mix(n + 1) & 0xf_ffff) as i64);
        }
        debug_assert_eq!(made.main.columns.len(), 2);
        self.n += ROWS as u64;
        self.headers.settle(|_| {});
        let header: Arc<Header> = self.headers.share(header);
        Batch::new(header, self.columns.finish())
    }
}

fn measure(keys: u64, per_key: u64) {
    let mut made = Made::new(
        "window_features: { by: card, windows: [1d, 7d, 30d], emit: { num: count(), avg: mean(amount) } }",
        "card: u64, amount: decimal(2)",
        None,
        Shards::ALL,
    );
    let columns = Builder::new(made.main.columns.iter().map(|column| &column.ty));
    let step_ns = MONTH_NS / (keys * per_key) as i64;
    let mut stream = Stream { keys, step_ns, n: 0, headers: HeaderRing::default(), columns };
    let before = resident_bytes();
    let (warm, timed) = (keys * per_key * 5 / 4, 3_000_000);
    let (mut outbox, mut epoch, mut delta, mut deltas) = (Outbox::default(), Epoch(1), Vec::new(), 0);
    let mut seconds = 0.0;
    while stream.n < warm + timed {
        let batch = stream.batch(&made);
        let start = cpu_seconds();
        made.stage.push(&mut Cx::new(0, &mut outbox), 0, &batch).unwrap();
        if stream.n.is_multiple_of(65_536) {
            delta.clear();
            let state = made.stage.state().expect("a keyed stage");
            state.seal(epoch, &mut delta);
            state.committed(epoch);
            epoch = epoch.next();
        }
        if stream.n > warm {
            seconds += cpu_seconds() - start;
            deltas += if stream.n.is_multiple_of(65_536) { delta.len() } else { 0 };
        }
        outbox.clear();
    }
    let (held_keys, held) = made.stage.state().expect("a keyed stage").size();
    println!(
        "{keys:>8} keys, {per_key:>3} events each: {:>9.0} events/s; {held_keys} keys; per event {:.1} B held, {:.1} B resident, {:.1} B delta",
        timed as f64 / seconds,
        held as f64 / (keys * per_key) as f64,
        (resident_bytes() - before) as f64 / (keys * per_key) as f64,
        deltas as f64 / timed as f64,
    );
}

#[test]
#[ignore = "a measurement, meant for a release build"]
fn speed() {
    for (keys, per_key) in [(10_000, 100), (1_000_000, 4), (1_000_000, 16)] {
        measure(keys, per_key);
    }
}
