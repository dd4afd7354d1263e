//! A batch from one lane to another: over the edge that lanes use, and beside it over a crossbeam channel. Once with both
//! ends busy, so that nobody sleeps, and once with a receiver that sleeps and has to be woken.

use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{TryRecvError, TrySendError, bounded};
use forebay_exec::edge::{Receiver, Sender, edge};
use forebay_exec::park::Parker;
use forebay_stage::batch::{Batch, Builder, HeaderRing, Times};
use forebay_stage::types::id::NodeId;
use forebay_stage::types::{Epoch, Ty};

use super::{SIZES, allocations, median};
use crate::failure::Failure;
use crate::machine;
use crate::row::{Row, Rows};

const BATCHES: u64 = 200_000;
/// Batches that may be under way, as by default.
const CREDITS: usize = 8;
const SPANS: usize = 7;
/// Batches that go round: each has its own header and columns, as in a pipeline.
const DIFFERENT: usize = 64;
const WAKES: usize = 400;
/// Long enough for the receiver to fall asleep.
const PAUSE: Duration = Duration::from_micros(500);
const PEER: &str = "crossbeam channel";

pub fn run(rows: &mut Rows) -> Result<(), Failure> {
    for size in SIZES {
        eprintln!("from lane to lane, batches of {size}");
        let batches = batches(size);
        let (edge, channel): (Vec<Busy>, Vec<f64>) =
            (0..SPANS).map(|_| (busy_edge(&batches), busy_channel(&batches))).unzip();
        let cpu = median(edge.iter().map(|busy| busy.cpu_ns).collect());
        let row = Row::new(format!("a hop between busy lanes, both ends, {size} a batch"), cpu, "ns/batch");
        rows.add(row.beside(PEER, median(channel)).target("<= 2000"))?;
        let most = edge.iter().map(|busy| busy.allocations).fold(0.0, f64::max);
        rows.add(Row::new(format!("allocations of a hop, {size} a batch"), most, "/batch").target("<= 0"))?;
    }
    eprintln!("waking an idle lane");
    let batches = batches(1_024);
    let (edge, channel) = (wake_edge(&batches), wake_channel(&batches));
    for (what, of) in [("p50", 0.5), ("p99", 0.99)] {
        let row = Row::new(format!("waking an idle lane: send to receive, {what}"), edge.at(of), "us");
        rows.add(row.beside(PEER, channel.at(of)))?;
    }
    let row = Row::new("waking an idle lane: on the core, both ends", edge.cpu_us, "us");
    rows.add(row.beside(PEER, channel.cpu_us))
}

fn batches(rows: usize) -> Vec<Batch> {
    let mut headers = HeaderRing::default();
    let one = |_| {
        let mut builder = Builder::new(&[Ty::I64, Ty::I64]);
        builder.begin();
        builder.cols().iter_mut().for_each(|col| (0..rows).for_each(|row| col.push(row as i64)));
        let mut header = headers.take(NodeId(0), Epoch(1));
        let inner = Arc::get_mut(&mut header).expect("a taken header is held once");
        (0..rows).for_each(|_| inner.push(0, Times::default()));
        Batch::new(headers.share(header), builder.finish())
    };
    (0..DIFFERENT).map(one).collect()
}

/// Waiting of a lane that is busy otherwise: short spins, and when the other end is not on a core just now, that core.
#[derive(Default)]
struct Wait(u32);

impl Wait {
    fn a_little(&mut self) {
        self.0 += 1;
        match self.0 {
            0..64 => spin_loop(),
            _ => thread::yield_now(),
        }
    }
}

#[derive(Clone, Copy)]
struct Busy {
    cpu_ns: f64,
    allocations: f64,
}

/// Runs both ends on a thread each; what they took on their cores together, for each batch.
fn both(send: impl FnOnce() + Send, receive: impl FnOnce() + Send) -> f64 {
    let timed = |work: &mut dyn FnMut()| {
        let began = machine::thread_time();
        work();
        machine::thread_time() - began
    };
    let (mut send, mut receive) = (Some(send), Some(receive));
    let cpu = thread::scope(|scope| {
        let sender = scope.spawn(move || timed(&mut || send.take().into_iter().for_each(|send| send())));
        let receiver = timed(&mut || receive.take().into_iter().for_each(|receive| receive()));
        receiver + sender.join().unwrap_or_default()
    });
    cpu.as_nanos() as f64
}

fn lanes() -> (Parker, Parker, Sender, Receiver) {
    let (from, to) = (Parker::default(), Parker::default());
    let (sender, receiver) = edge(CREDITS, from.waker(), to.waker(), None);
    (from, to, sender, receiver)
}

fn send_over(edge: &mut Sender, batch: &Batch) {
    let mut parcel = edge.blank();
    parcel.batches.push((0, batch.clone()));
    edge.send(parcel);
}

fn take_from(edge: &mut Receiver) -> bool {
    let Some(mut parcel) = edge.take() else { return false };
    parcel.batches.clear();
    edge.give_back(parcel);
    true
}

fn busy_edge(batches: &[Batch]) -> Busy {
    let (from, to, mut sender, mut receiver) = lanes();
    let mut before = 0;
    let send = move || {
        from.bind();
        for batch in batches.iter().cycle().take(BATCHES as usize) {
            let mut wait = Wait::default();
            while !sender.has_room() {
                wait.a_little();
            }
            send_over(&mut sender, batch);
        }
    };
    let before_ref = &mut before;
    let receive = move || {
        to.bind();
        let (mut taken, mut wait) = (0, Wait::default());
        while taken < BATCHES {
            if take_from(&mut receiver) {
                (taken, wait) = (taken + 1, Wait::default());
                // The first parcels are made; from then on they go round.
                if taken == 10 * CREDITS as u64 {
                    *before_ref = allocations::count();
                }
            } else {
                wait.a_little();
            }
        }
        *before_ref = allocations::count() - *before_ref;
    };
    let cpu_ns = both(send, receive) / BATCHES as f64;
    Busy { cpu_ns, allocations: before as f64 / BATCHES as f64 }
}

fn busy_channel(batches: &[Batch]) -> f64 {
    let (sender, receiver) = bounded::<Batch>(CREDITS);
    let send = move || {
        for batch in batches.iter().cycle().take(BATCHES as usize) {
            let (mut batch, mut wait) = (batch.clone(), Wait::default());
            while let Err(TrySendError::Full(back)) = sender.try_send(batch) {
                batch = back;
                wait.a_little();
            }
        }
    };
    let receive = move || {
        let mut wait = Wait::default();
        loop {
            match receiver.try_recv() {
                Ok(_) => wait = Wait::default(),
                Err(TryRecvError::Empty) => wait.a_little(),
                Err(TryRecvError::Disconnected) => return,
            }
        }
    };
    both(send, receive) / BATCHES as f64
}

/// Times from a send to the receipt of it by a lane that slept.
struct Woken {
    /// Ascending, microseconds.
    latencies: Vec<f64>,
    cpu_us: f64,
}

impl Woken {
    fn at(&self, quantile: f64) -> f64 {
        self.latencies[((self.latencies.len() - 1) as f64 * quantile) as usize]
    }

    fn new(sent: &[Instant], received: &[Instant], cpu_ns: f64) -> Woken {
        let took = |(sent, received): (&Instant, &Instant)| (*received - *sent).as_nanos() as f64 / 1e3;
        let mut latencies: Vec<f64> = sent.iter().zip(received).map(took).collect();
        latencies.sort_by(f64::total_cmp);
        Woken { latencies, cpu_us: cpu_ns / 1e3 / WAKES as f64 }
    }
}

fn wake_edge(batches: &[Batch]) -> Woken {
    let (from, to, mut sender, mut receiver) = lanes();
    let (mut sent, mut received) = (Vec::with_capacity(WAKES), Vec::with_capacity(WAKES));
    let (sent_ref, received_ref, batch) = (&mut sent, &mut received, &batches[0]);
    let bound = AtomicBool::new(false);
    let bound_ref = &bound;
    let send = move || {
        from.bind();
        while !bound_ref.load(Ordering::Acquire) {
            thread::yield_now();
        }
        for _ in 0..WAKES {
            thread::sleep(PAUSE);
            sent_ref.push(Instant::now());
            send_over(&mut sender, batch);
        }
    };
    let receive = move || {
        to.bind();
        bound_ref.store(true, Ordering::Release);
        while received_ref.len() < WAKES {
            if take_from(&mut receiver) {
                received_ref.push(Instant::now());
            } else {
                to.park(None, || receiver.peek().is_some());
            }
        }
    };
    let cpu = both(send, receive);
    Woken::new(&sent, &received, cpu)
}

fn wake_channel(batches: &[Batch]) -> Woken {
    let (sender, receiver) = bounded::<Batch>(CREDITS);
    let (mut sent, mut received) = (Vec::with_capacity(WAKES), Vec::with_capacity(WAKES));
    let (sent_ref, received_ref, batch) = (&mut sent, &mut received, &batches[0]);
    let send = move || {
        for _ in 0..WAKES {
            thread::sleep(PAUSE);
            sent_ref.push(Instant::now());
            let _ = sender.send(batch.clone());
        }
    };
    let receive = move || {
        while receiver.recv().is_ok() {
            received_ref.push(Instant::now());
        }
    };
    let cpu = both(send, receive);
    Woken::new(&sent, &received, cpu)
}
