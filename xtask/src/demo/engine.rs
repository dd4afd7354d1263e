//! `forebay run` as a child, and what it says of itself over HTTP.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::failure::Failure;
use crate::shell;

/// How long an engine may drain after Ctrl-C.
const STOP_WITHIN: Duration = Duration::from_secs(3);

pub struct Engine {
    child: Child,
    admin: SocketAddr,
    /// Where it writes what it has to say.
    log: PathBuf,
    last: Option<Look>,
}

/// Quantiles of the time from a record's arrival to its being written to the sink, over the last ten seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    pub p50: Duration,
    pub p99: Duration,
    pub in_flight: u64,
}

impl Engine {
    pub fn start(forebay: &Path, pipeline: &str, arguments: &[String]) -> Result<Engine, Failure> {
        let folder = shell::target().join("demo");
        let log = folder.join("forebay.log");
        let file = File::create(&log).map_err(Failure::io(format!("write {}", log.display())))?;
        let errors = file.try_clone().map_err(Failure::io(format!("write {}", log.display())))?;
        // Free a moment ago; should somebody else take it in between, `forebay` says so.
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        let admin = free.map_err(Failure::io("find a free port"))?;
        let mut command = shell::command(forebay);
        command.args(["run", pipeline]).args(arguments);
        tell!("\n$ {}\n", shell::line(&command))?;
        command.arg("--fresh").arg("--state").arg(folder.join("state")).args(["--admin", &admin.to_string()]);
        let child = command.stdout(file).stderr(errors).spawn().map_err(Failure::io("start forebay"))?;
        Ok(Engine { child, admin, log, last: None })
    }

    pub fn ended(&mut self) -> Result<Option<ExitStatus>, Failure> {
        self.child.try_wait().map_err(Failure::io("look at forebay"))
    }

    /// Waits for the end of an engine that has had the same Ctrl-C; one that goes on is killed when this is dropped.
    pub fn stop(&mut self) -> Result<(), Failure> {
        let began = Instant::now();
        while self.ended()?.is_none() && began.elapsed() < STOP_WITHIN {
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// The newest look; the one before it while the engine does not answer, as at its start.
    pub fn look(&mut self) -> Option<Look> {
        if let Some(look) = ask(self.admin).ok().as_deref().and_then(Look::parse) {
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
        Err(Failure::Fault(format!(
            "forebay ended with {status} and said:\n\n{said}\n(from {})",
            self.log.display()
        )))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Only where the demo failed by itself: an engine that has ended cannot be killed again.
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
        let nanos = |name: &str| pipeline["latency_to_sink_ns"][name].as_u64().map(Duration::from_nanos);
        let in_flight = pipeline["ledger"]["total"]["in_flight"].as_u64()?;
        Some(Look { p50: nanos("p50")?, p99: nanos("p99")?, in_flight })
    }

    /// From the line of the log that says that the pipeline has ended.
    fn of_end(line: &str) -> Option<Look> {
        let event: Value =
            serde_json::from_str(line).ok().filter(|event: &Value| event["event"] == "ended")?;
        let nanos = |name: &str| event[name].as_u64().map(Duration::from_nanos);
        let in_flight = event["in_flight"].as_u64()?;
        Some(Look { p50: nanos("p50_to_sink_ns")?, p99: nanos("p99_to_sink_ns")?, in_flight })
    }
}

/// HTTP/1.0: the answer ends when the connection does.
fn ask(admin: SocketAddr) -> std::io::Result<String> {
    const PATIENCE: Duration = Duration::from_millis(500);
    let mut connection = TcpStream::connect_timeout(&admin, PATIENCE)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    write!(connection, "GET /pipelines HTTP/1.0\r\nHost: {admin}\r\n\r\n")?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_look_is_that_of_the_end() {
        let end = r#"{"event":"ended","in_flight":0,"p50_to_sink_ns":1000,"p99_to_sink_ns":2000}"#;
        let look = Look { p50: Duration::from_micros(1), p99: Duration::from_micros(2), in_flight: 0 };
        assert_eq!(Look::of_end(end), Some(look));
        assert_eq!(Look::of_end(&end.replace("ended", "progress")), None);
        assert_eq!(Look::of_end("payments/card-fraud: complete in 5.71 s"), None);
    }

    #[test]
    fn an_answer_is_read_and_half_of_one_is_not() {
        let answer = "HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n\
            [{ \"latency_to_sink_ns\": { \"p50\": 1500000, \"p99\": 9000000 }, \"ledger\": { \"total\": { \"in_flight\": 7 } } }]";
        let look = Look { p50: Duration::from_micros(1_500), p99: Duration::from_millis(9), in_flight: 7 };
        assert_eq!(Look::parse(answer), Some(look));
        assert_eq!(Look::parse(&answer[..answer.len() - 2]), None);
        // Before the first record there is no latency.
        assert_eq!(
            Look::parse(
                "HTTP/1.0 200 OK\r\n\r\n[{ \"latency_to_sink_ns\": null, \"ledger\": { \"total\": { \"in_flight\": 7 } } }]"
            ),
            None
        );
    }
}
