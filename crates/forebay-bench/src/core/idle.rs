//! Streams that have nothing to say: what the engine takes to look at them.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use super::{kinds, pipeline};
use crate::failure::Failure;
use crate::machine;
use crate::row::{Row, Rows};

const STREAMS: u64 = 64;
const EVERY_MS: u64 = 100;
const SPAN: Duration = Duration::from_secs(4);

pub fn run(rows: &mut Rows) -> Result<(), Failure> {
    eprintln!("{STREAMS} streams that are silent");
    let spec = format!(
        "\
delivery: {{ guarantee: exactly_once }}
sources: {{ in: {{ quiet: {{ streams: {STREAMS}, every_ms: {EVERY_MS} }}, schema: {{ k: i64 }} }} }}
stages: {{ s: {{ input: in, pass: {{ rows: 0 }} }} }}
sinks: {{ out: {{ input: s, nowhere: {{}} }} }}
"
    );
    let running = pipeline::begin(&spec, 1, 1_024)?;
    thread::sleep(Duration::from_millis(200));
    let (cpu, looks) = (machine::process_time(), kinds::LOOKS.load(Ordering::Relaxed));
    let began = Instant::now();
    thread::sleep(SPAN);
    let (took, cpu) = (began.elapsed(), machine::process_time() - cpu);
    let looks = kinds::LOOKS.load(Ordering::Relaxed) - looks;
    running.drain();
    running.wait();
    let of_a_core = |cpu: Duration, took: Duration| 100.0 * cpu.as_secs_f64() / took.as_secs_f64();
    let case = format!("{STREAMS} idle streams, each looked at every {EVERY_MS} ms");
    let peer = sleeping(looks);
    let row = Row::new(case, of_a_core(cpu, took), "% of a core");
    rows.add(row.beside("a thread that sleeps as often", of_a_core(peer, took)).target("<= 1"))?;
    rows.add(Row::new("looks at idle streams", looks as f64 / took.as_secs_f64(), "/s"))
}

/// What a thread takes that does nothing but fall asleep and wake up so many times in the same span.
fn sleeping(times: u64) -> Duration {
    let cpu = machine::process_time();
    let pause = SPAN / times.max(1) as u32;
    let began = Instant::now();
    let mut next = began;
    for _ in 0..times {
        next += pause;
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    machine::process_time() - cpu
}
