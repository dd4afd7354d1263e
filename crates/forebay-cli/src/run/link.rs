//! Two pipes between parent and worker: orders go down, reports come up. The end of the orders means that the parent is
//! gone, whatever became of it.
//!
//! The worker gets its ends as inherited descriptors, whose numbers stand in an environment variable.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, PipeReader, PipeWriter, Read, Write};
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc::Sender;
use std::time::Duration;

use forebay_node::Ask;
use rustix::io::{FdFlags, fcntl_setfd};
use serde_json::{Map, Value, json};

/// A JSON object: the descriptors of `orders` and `reports`, and what [`Past`] says.
const VARIABLE: &str = "FOREBAY_WORKER";

/// What the parent asks for, or somebody else of one pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Take in nothing more and end when everything is committed.
    Drain,
    /// End at once.
    Abort,
    /// The parent is gone: nobody would restart or stop this process.
    Orphaned,
    /// Came to the admin address.
    Of(String, Ask),
}

/// What was asked of one pipeline, and holds for the next worker too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Paused,
    Resumed,
    Stopped,
}

/// What the worker tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// Where it is served.
    Admin(SocketAddr),
    /// What crashes from now on was at work with this state directory.
    State(PathBuf),
    /// Every pipeline has taken its state over. By pipeline: records that were committed before the run.
    Begun(Vec<u64>),
    /// What somebody wants of a pipeline from now on.
    Wish(String, Wish),
    /// Something was committed since the last report.
    Progress,
}

/// What workers before leave to the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// How many there were.
    pub workers: u32,
    /// How long the run has gone on.
    pub elapsed: Duration,
    /// Where the run is served.
    pub admin: Option<SocketAddr>,
    /// What the first one said that had taken over every state, so that what `--fresh` asks for is done.
    pub begun: Option<Vec<u64>>,
    /// What was asked of pipelines.
    pub wishes: BTreeMap<String, Wish>,
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
            Some(("admin", address)) => address.parse().into_iter().for_each(|at| each(Report::Admin(at))),
            Some(("state", path)) => each(Report::State(path.into())),
            Some(("begun", counts)) => {
                numbers(counts).into_iter().for_each(|begun| each(Report::Begun(begun)))
            }
            Some(("wish", wish)) => {
                let wish =
                    wish.split_once(' ').and_then(|(word, of)| Some((of.to_string(), Wish::of(word)?)));
                wish.into_iter().for_each(|(of, wish)| each(Report::Wish(of, wish)));
            }
            _ => each(Report::Progress),
        }
    }
}

pub fn send(to: &mut PipeWriter, order: Order) {
    let byte = match order {
        Order::Drain => b'd',
        Order::Abort => b'a',
        Order::Orphaned | Order::Of(..) => return,
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
            "admin": self.admin.map(|admin| admin.to_string()),
            "begun": self.begun,
            "wishes": self.wishes.iter().map(|(of, wish)| (of.clone(), json!(wish.word()))).collect::<Map<_, _>>(),
        })
    }

    fn from_json(value: &Value) -> Option<Past> {
        Some(Past {
            workers: value["workers"].as_u64()? as u32,
            elapsed: Duration::from_nanos(value["elapsed_ns"].as_u64()?),
            admin: value["admin"].as_str().and_then(|admin| admin.parse().ok()),
            begun: value["begun"].as_array().and_then(|counts| counts.iter().map(Value::as_u64).collect()),
            wishes: value["wishes"]
                .as_object()?
                .iter()
                .filter_map(|(of, wish)| Some((of.clone(), Wish::of(wish.as_str()?)?)))
                .collect(),
        })
    }
}

impl Wish {
    const ALL: [Wish; 3] = [Wish::Paused, Wish::Resumed, Wish::Stopped];

    fn word(self) -> &'static str {
        match self {
            Wish::Paused => "paused",
            Wish::Resumed => "resumed",
            Wish::Stopped => "stopped",
        }
    }

    fn of(word: &str) -> Option<Wish> {
        Wish::ALL.into_iter().find(|wish| wish.word() == word)
    }
}

fn numbers(text: &str) -> Option<Vec<u64>> {
    text.split(' ').map(|word| word.parse().ok()).collect()
}

/// The worker's way to tell.
pub struct Reports(File);

impl Reports {
    pub fn send(&mut self, report: &Report) {
        let line = match report {
            Report::State(path) => format!("state {}\n", path.display()),
            Report::Admin(address) => format!("admin {address}\n"),
            Report::Begun(counts) => {
                let counts: Vec<String> = counts.iter().map(u64::to_string).collect();
                format!("begun {}\n", counts.join(" "))
            }
            Report::Wish(of, wish) => format!("wish {} {of}\n", wish.word()),
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
                let is_last = order == Order::Orphaned;
                if orders.send(order).is_err() || is_last {
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
        let admin = Some("[::1]:9100".parse().expect("an address"));
        for (admin, begun) in [(admin, Some(vec![0, u64::MAX])), (None, None)] {
            let wishes = Wish::ALL.into_iter().map(|wish| (format!("team/{}", wish.word()), wish)).collect();
            let past = Past { workers: 3, elapsed: Duration::from_millis(1_500), admin, begun, wishes };
            let value: Value = serde_json::from_str(&past.to_json([5, 8]).to_string()).expect("JSON");
            assert_eq!(Past::from_json(&value), Some(past));
        }
    }

    #[test]
    fn reports_come_back_as_they_were_sent() {
        let (from, to) = io::pipe().expect("a pipe");
        let sent = [
            Report::Admin("127.0.0.1:9100".parse().expect("an address")),
            Report::State("/a folder/s".into()),
            Report::Begun(vec![7, 0]),
            Report::Wish("team/pay".into(), Wish::Stopped),
            Report::Progress,
        ];
        let mut reports = Reports(File::from(std::os::fd::OwnedFd::from(to)));
        sent.iter().for_each(|report| reports.send(report));
        drop(reports);
        let mut came = Vec::new();
        read_reports(from, |report| came.push(report));
        assert_eq!(came, sent);
    }
}
