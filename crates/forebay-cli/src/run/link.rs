//! Two pipes between parent and worker: orders go down, reports come up. The end of the orders means that the parent is
//! gone, whatever became of it.
//!
//! The worker gets its ends as inherited descriptors, whose numbers stand in an environment variable.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc::Sender;
use std::time::Duration;

use rustix::io::{FdFlags, fcntl_setfd};

/// `ORDERS,REPORTS,ATTEMPT,BEGUN`: two descriptors, how many workers there were before, and 1 when one of them had begun.
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
    Begun,
    /// Something was committed since the last report.
    Progress,
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
    pub fn new(command: &mut Command, attempt: u32, begun: bool) -> io::Result<ToWorker> {
        let (orders_end, orders) = io::pipe()?;
        let (reports, reports_end) = io::pipe()?;
        fcntl_setfd(&orders_end, FdFlags::empty())?;
        fcntl_setfd(&reports_end, FdFlags::empty())?;
        let ends = [&orders_end as &dyn AsRawFd, &reports_end].map(AsRawFd::as_raw_fd);
        command.env(VARIABLE, format!("{},{},{attempt},{}", ends[0], ends[1], u8::from(begun)));
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
            None if line == "begun" => each(Report::Begun),
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
    /// How many workers there were before.
    pub attempt: u32,
    /// One of them had begun, so that what `--fresh` asks for is done.
    pub begun: bool,
}

/// The link, when this process is a worker.
pub fn from_parent() -> Option<FromParent> {
    let value = std::env::var(VARIABLE).ok()?;
    let mut parts = value.split(',').map_while(|part| part.parse::<u32>().ok());
    let (orders, reports, attempt, begun) = (parts.next()?, parts.next()?, parts.next()?, parts.next()? == 1);
    // A name instead of the number: opening it is how safe code gets hold of an inherited descriptor.
    let path = |fd: u32| PathBuf::from(format!("/dev/fd/{fd}"));
    let reports = OpenOptions::new().write(true).open(path(reports)).ok()?;
    Some(FromParent { orders: File::open(path(orders)).ok()?, reports, attempt, begun })
}

/// The worker's way to tell.
pub struct Reports(File);

impl Reports {
    pub fn send(&mut self, report: &Report) {
        let line = match report {
            Report::State(path) => format!("state {}\n", path.display()),
            Report::Begun => "begun\n".to_string(),
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

/// How long a worker's successor waits, by the workers in a row that committed nothing.
pub fn pause(fruitless: u32) -> Duration {
    Duration::from_millis(100 << fruitless.saturating_sub(1).min(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_back_within_three_seconds_however_often_it_crashed() {
        assert!((0..100).all(|fruitless| pause(fruitless) < Duration::from_secs(1)));
    }
}
