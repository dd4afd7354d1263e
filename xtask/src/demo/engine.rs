//! `forebay run` as a child, and what it says of itself over HTTP.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Desk, LOOK_EVERY};
use crate::failure::Failure;
use crate::shell;

/// How long an engine may take until it has what it needs.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How long one may take to bring to its end what it has taken in; it gives itself half a minute.
const DRAIN_WITHIN: Duration = Duration::from_secs(40);
/// The same where nobody waits for what it does.
const STOP_WITHIN: Duration = Duration::from_secs(3);

/// Ends when it is dropped.
pub struct Engine {
    /// Of its pipeline, in the namespace `payments`.
    name: String,
    child: Child,
    admin: SocketAddr,
    /// Where it writes what it has to say.
    log: PathBuf,
    last: Option<Look>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Quantiles of the time from a record's arrival to its being written to the sink, over the last ten seconds: p50 and p99.
    pub latency: Option<(Duration, Duration)>,
    pub taken: u64,
    pub published: u64,
    pub in_flight: u64,
}

impl Engine {
    /// Its standard output goes to the file that is given, or to its log.
    pub fn start(
        desk: &Desk,
        pipeline: &str,
        arguments: &[String],
        output: Option<&Path>,
    ) -> Result<Engine, Failure> {
        let name = Path::new(pipeline).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let log = desk.work().join(&name).with_extension("log");
        let create =
            |path: &Path| File::create(path).map_err(Failure::io(format!("write {}", path.display())));
        let said = create(&log)?;
        let errors = said.try_clone().map_err(Failure::io(format!("write {}", log.display())))?;
        // Free a moment ago; should somebody else take it in between, `forebay` says so.
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        let admin = free.map_err(Failure::io("find a free port"))?;
        let mut command = shell::command(&desk.forebay);
        command.args(["run", pipeline]).args(arguments);
        let into = output.map_or(String::new(), |path| format!(" > {}", shell::shown(path).display()));
        tell!("\n$ {}{into}\n", shell::line(&command))?;
        let state = desk.work().join("state").join(&name);
        command.arg("--fresh").arg("--state").arg(state).args(["--admin", &admin.to_string()]);
        let output = output.map_or(Ok(said), create)?;
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        // Ctrl-C in a terminal is for the demo, which passes it on once.
        let child = command.process_group(0).spawn().map_err(Failure::io("start forebay"))?;
        Ok(Engine { name, child, admin, log, last: None })
    }

    /// Waits until it has all that it needs.
    pub fn ready(&mut self, desk: &Desk) -> Result<(), Failure> {
        let began = Instant::now();
        while !ask(self.admin, "GET /readyz").is_ok_and(|answer| is_good(&answer)) {
            desk.go_on()?;
            self.check()?;
            if began.elapsed() > READY_WITHIN {
                return Err(self.fault(&format!("is not ready after {} s", READY_WITHIN.as_secs())));
            }
            thread::sleep(LOOK_EVERY / 2);
        }
        Ok(())
    }

    pub fn ended(&mut self) -> Result<Option<ExitStatus>, Failure> {
        self.child.try_wait().map_err(Failure::io("look at forebay"))
    }

    /// A failure where one that nobody asked to end has ended.
    pub fn check(&mut self) -> Result<(), Failure> {
        match self.ended()? {
            Some(status) => Err(self.fault(&format!("ended with {status}"))),
            None => Ok(()),
        }
    }

    /// Lets it bring to its end what it has taken in, and gives the account of it.
    pub fn drain(&mut self, desk: &Desk) -> Result<String, Failure> {
        self.interrupt()?;
        let began = Instant::now();
        while began.elapsed() < DRAIN_WITHIN {
            if let Some(status) = self.ended()? {
                return self.ledger(status);
            }
            desk.go_on()?;
            thread::sleep(LOOK_EVERY / 2);
        }
        Err(self.fault(&format!("has not drained after {} s", DRAIN_WITHIN.as_secs())))
    }

    /// `pause` or `resume`; whether it was done.
    pub fn order(&self, verb: &str) -> bool {
        let request = format!("POST /pipelines/payments/{}/{verb}", self.name);
        ask(self.admin, &request).is_ok_and(|answer| is_good(&answer))
    }

    fn interrupt(&self) -> Result<(), Failure> {
        shell::signal(self.child.id(), "INT")
    }

    /// The newest look; the one before it while the engine does not answer, as at its start.
    pub fn look(&mut self) -> Option<Look> {
        if let Some(look) = ask(self.admin, "GET /pipelines").ok().as_deref().and_then(Look::parse) {
            self.last = Some(look);
        }
        self.last
    }

    /// How it was when it ended, which it only says in its log.
    pub fn last_look(&mut self) -> Result<Option<Look>, Failure> {
        Ok(self.said()?.lines().rev().find_map(Look::of_end).or(self.last))
    }

    fn said(&self) -> Result<String, Failure> {
        fs::read_to_string(&self.log).map_err(Failure::io(format!("read {}", self.log.display())))
    }

    /// The account of every record with which a good run closes; another end is shown with all that was said.
    pub fn ledger(&self, status: ExitStatus) -> Result<String, Failure> {
        let said = self.said()?;
        if status.success() {
            // Events are JSON, a line each.
            return Ok(said
                .lines()
                .filter(|line| !line.starts_with('{'))
                .map(|line| format!("{line}\n"))
                .collect());
        }
        Err(self.fault(&format!("ended with {status}")))
    }

    /// What became of it, with all that it said.
    pub fn fault(&self, what: &str) -> Failure {
        let said = self.said().unwrap_or_default();
        Failure::Fault(format!("forebay {what} and said:\n\n{said}\n(from {})", self.log.display()))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) && self.interrupt().is_ok() {
            let began = Instant::now();
            while matches!(self.child.try_wait(), Ok(None)) && began.elapsed() < STOP_WITHIN {
                thread::sleep(Duration::from_millis(20));
            }
        }
        // One that has ended cannot be killed again.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Look {
    /// From the answer of `/pipelines`.
    fn parse(answer: &str) -> Option<Look> {
        let body = answer.split_once("\r\n\r\n")?.1;
        let pipelines: Value = serde_json::from_str(body).ok()?;
        let pipeline = pipelines.get(0)?;
        let latency = &pipeline["latency_to_sink_ns"];
        Look::of(&latency["p50"], &latency["p99"], &pipeline["ledger"])
    }

    /// From the line of the log that says that the pipeline has ended.
    fn of_end(line: &str) -> Option<Look> {
        let event: Value =
            serde_json::from_str(line).ok().filter(|event: &Value| event["event"] == "ended")?;
        Look::of(&event["p50_to_sink_ns"], &event["p99_to_sink_ns"], &event["ledger"])
    }

    fn of(p50: &Value, p99: &Value, ledger: &Value) -> Option<Look> {
        let nanos = |value: &Value| value.as_u64().map(Duration::from_nanos);
        let count = |name: &str| ledger["total"][name].as_u64();
        Some(Look {
            // Before the first record, and when none has come for a while, there is none.
            latency: nanos(p50).zip(nanos(p99)),
            taken: count("in")?,
            published: count("published")?,
            in_flight: count("in_flight")?,
        })
    }
}

/// HTTP/1.0: the answer ends when the connection does. `request` is a method and a path.
fn ask(admin: SocketAddr, request: &str) -> std::io::Result<String> {
    const PATIENCE: Duration = Duration::from_millis(500);
    let mut connection = TcpStream::connect_timeout(&admin, PATIENCE)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    // What changes something is taken as JSON alone.
    let headers = format!("Host: {admin}\r\nContent-Type: application/json\r\nContent-Length: 0");
    write!(connection, "{request} HTTP/1.0\r\n{headers}\r\n\r\n")?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    Ok(answer)
}

fn is_good(answer: &str) -> bool {
    answer.split(' ').nth(1) == Some("200")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(latency: Option<(u64, u64)>) -> Option<Look> {
        let latency = latency.map(|(p50, p99)| (Duration::from_micros(p50), Duration::from_micros(p99)));
        Some(Look { latency, taken: 9, published: 2, in_flight: 7 })
    }

    const TOTAL: &str = r#"{ "total": { "in": 9, "published": 2, "in_flight": 7 } }"#;

    #[test]
    fn the_last_look_is_that_of_the_end() {
        let end =
            format!(r#"{{"event":"ended","p50_to_sink_ns":1000,"p99_to_sink_ns":2000,"ledger":{TOTAL}}}"#);
        assert_eq!(Look::of_end(&end), look(Some((1, 2))));
        assert_eq!(Look::of_end(&end.replace("ended", "progress")), None);
        assert_eq!(Look::of_end("payments/card-fraud: complete in 5.71 s"), None);
    }

    #[test]
    fn an_answer_is_read_and_half_of_one_is_not() {
        let answer = |latency: &str| {
            format!(
                "HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n\
                [{{ \"latency_to_sink_ns\": {latency}, \"ledger\": {TOTAL} }}]"
            )
        };
        let whole = answer(r#"{ "p50": 1500000, "p99": 9000000 }"#);
        assert_eq!(Look::parse(&whole), look(Some((1_500, 9_000))));
        assert_eq!(Look::parse(&whole[..whole.len() - 2]), None);
        assert_eq!(Look::parse(&answer("null")), look(None));
    }
}
