//! Two pipes between parent and worker: orders go down, reports come up. The end of the orders means that the parent is
//! gone, whatever became of it.
//!
//! The worker gets its ends as inherited descriptors, whose numbers stand in an environment variable.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, PipeReader, PipeWriter, Read, Write};
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc::Sender;
use std::time::Duration;

use rustix::io::{FdFlags, fcntl_setfd};
use serde_json::{Value, json};

/// A JSON object: the descriptors of `orders` and `reports`, and what [`Past`] says.
const VARIABLE: &str = "FOREBAY_WORKER";

/// What the parent asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Take in nothing more and end when everything is committed.
    Drain,
    /// End at once.
    Abort,
    /// The parent is gone: nobody would restart or stop this process.
    Orphaned,
}

/// What the worker tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// It works with this state directory.
    State(PathBuf),
    /// Every pipeline is at work.
    Begun(Begun),
    /// Something was committed since the last report.
    Progress,
}

/// What holds for the whole run from its first worker on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// Where it is served.
    pub admin: SocketAddr,
    /// By pipeline: records that were committed before.
    pub committed: Vec<u64>,
}

/// What workers before leave to the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// How many there were.
    pub workers: u32,
    /// How long the run has gone on.
    pub elapsed: Duration,
    /// One of them had every pipeline at work, so that what `--fresh` asks for is done.
    pub begun: Option<Begun>,
}

/// The parent's ends for one worker.
pub struct ToWorker {
    pub orders: PipeWriter,
    pub reports: PipeReader,
    /// The worker's ends, which have to be open while it starts.
    inherited: (PipeReader, PipeWriter),
}

impl ToWorker {
    /// Makes the pipes and lets the command inherit the worker's ends.
    pub fn new(command: &mut Command, past: &Past) -> io::Result<ToWorker> {
        let (orders_end, orders) = io::pipe()?;
        let (reports, reports_end) = io::pipe()?;
        fcntl_setfd(&orders_end, FdFlags::empty())?;
        fcntl_setfd(&reports_end, FdFlags::empty())?;
        let ends = [&orders_end as &dyn AsRawFd, &reports_end].map(AsRawFd::as_raw_fd);
        command.env(VARIABLE, past.to_json(ends).to_string());
        Ok(ToWorker { orders, reports, inherited: (orders_end, reports_end) })
    }

    /// The worker has started: only it holds its ends now.
    pub fn started(self) -> (PipeWriter, PipeReader) {
        drop(self.inherited);
        (self.orders, self.reports)
    }
}

/// Reads reports until the worker is gone.
pub fn read_reports(from: PipeReader, mut each: impl FnMut(Report)) {
    for line in BufReader::new(from).lines().map_while(Result::ok) {
        match line.split_once(' ') {
            Some(("state", path)) => each(Report::State(path.into())),
            Some(("begun", begun)) => each(Begun::parse(begun).map_or(Report::Progress, Report::Begun)),
            _ => each(Report::Progress),
        }
    }
}

pub fn send(to: &mut PipeWriter, order: Order) {
    let byte = match order {
        Order::Drain => b'd',
        Order::Abort => b'a',
        Order::Orphaned => return,
    };
    // A worker that is gone needs no orders.
    let _ = to.write_all(&[byte]);
}

/// The worker's ends.
pub struct FromParent {
    orders: File,
    reports: File,
    pub past: Past,
}

/// The link, when this process is a worker.
pub fn from_parent() -> Option<FromParent> {
    let value: Value = serde_json::from_str(&std::env::var(VARIABLE).ok()?).ok()?;
    // A name instead of the number: opening it is how safe code gets hold of an inherited descriptor.
    let path = |end: &str| Some(PathBuf::from(format!("/dev/fd/{}", value[end].as_u64()?)));
    let reports = OpenOptions::new().write(true).open(path("reports")?).ok()?;
    Some(FromParent { orders: File::open(path("orders")?).ok()?, reports, past: Past::from_json(&value)? })
}

impl Past {
    fn to_json(&self, [orders, reports]: [i32; 2]) -> Value {
        json!({
            "orders": orders,
            "reports": reports,
            "workers": self.workers,
            "elapsed_ns": self.elapsed.as_nanos() as u64,
            "begun": self.begun.as_ref().map(Begun::text),
        })
    }

    fn from_json(value: &Value) -> Option<Past> {
        Some(Past {
            workers: value["workers"].as_u64()? as u32,
            elapsed: Duration::from_nanos(value["elapsed_ns"].as_u64()?),
            begun: value["begun"].as_str().and_then(Begun::parse),
        })
    }
}

/// `ADDRESS COUNT COUNT…`
impl Begun {
    fn text(&self) -> String {
        let counts = self.committed.iter().map(u64::to_string);
        std::iter::once(self.admin.to_string()).chain(counts).collect::<Vec<_>>().join(" ")
    }

    fn parse(text: &str) -> Option<Begun> {
        let mut words = text.split(' ');
        let admin = words.next()?.parse().ok()?;
        let committed = words.map(|word| word.parse().ok()).collect::<Option<_>>()?;
        Some(Begun { admin, committed })
    }
}

/// The worker's way to tell.
pub struct Reports(File);

impl Reports {
    pub fn send(&mut self, report: &Report) {
        let line = match report {
            Report::State(path) => format!("state {}\n", path.display()),
            Report::Begun(begun) => format!("begun {}\n", begun.text()),
            Report::Progress => "progress\n".to_string(),
        };
        // A parent that is gone is learnt of from the orders.
        let _ = self.0.write_all(line.as_bytes());
    }
}

impl FromParent {
    /// Hands on orders from a thread of its own, which ends with the process.
    pub fn split(self, orders: Sender<Order>) -> Reports {
        let mut from = self.orders;
        let work = move || {
            loop {
                let mut byte = [0];
                let order = match from.read(&mut byte) {
                    Ok(1) if byte[0] == b'd' => Order::Drain,
                    Ok(1) => Order::Abort,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Ok(_) | Err(_) => Order::Orphaned,
                };
                if orders.send(order).is_err() || order == Order::Orphaned {
                    return;
                }
            }
        };
        if std::thread::Builder::new().name("forebay-orders".into()).spawn(work).is_err() {
            // Nobody could stop this process: better that it does not begin.
            std::process::exit(crate::exit::Exit::Away as i32);
        }
        Reports(self.reports)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_workers_leave_to_the_next_one_comes_back() {
        let begun = Begun { admin: "[::1]:9100".parse().expect("an address"), committed: vec![0, u64::MAX] };
        for begun in [Some(begun), None] {
            let past = Past { workers: 3, elapsed: Duration::from_millis(1_500), begun };
            let value: Value = serde_json::from_str(&past.to_json([5, 8]).to_string()).expect("JSON");
            assert_eq!(Past::from_json(&value), Some(past));
        }
        assert_eq!(Begun::parse("nowhere 1"), None);
    }
}
