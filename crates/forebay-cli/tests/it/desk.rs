//! A folder of its own for each test, with helpers to call `forebay` in it and to look at what it did.

use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use rustix::io::ioctl_fionread;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// A payments pipeline at 2,000 records a second or as fast as it goes.
pub const PIPELINE: &str = "\
apiVersion: forebay.dev/v1alpha1
kind: Pipeline
metadata: { name: pay, namespace: team }
spec:
  vars: { large: { type: decimal(2), default: 50.00 } }
  sources:
    tx:
      file: { path: in.jsonl }
      format: json
      schema: { id: u64, card: u64, amount: decimal(2), ts: timestamp(ms) }
      event_time: ts
  stages:
    habits: { input: tx, window_features: { by: card, windows: [1h], emit: { paid: count(), spent: sum(amount) } } }
    decide:
      input: habits
      rules:
        first: [{ name: large, when: amount > vars.large, set: { decision: review } }]
        else: { decision: approve }
  sinks:
    out: { input: decide, file: { path: out.jsonl }, columns: [id, card, paid_1h, spent_1h, decision, rule] }
    dead: { input: rejected, file: { path: dead.jsonl }, columns: [code, node, position] }
";

pub struct Desk {
    folder: TempDir,
}

impl Desk {
    pub fn new() -> Desk {
        Desk { folder: tempfile::tempdir().expect("a folder for a test") }
    }

    /// With the payments pipeline and so many records of input.
    pub fn with_payments(records: u64) -> Desk {
        let desk = Desk::new();
        desk.write("pay.yaml", PIPELINE);
        desk.write("in.jsonl", &payments(0..records));
        desk
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("inside the folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_forebay"));
        command.args(arguments.split_whitespace()).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env("XDG_STATE_HOME", self.path("state")).env("XDG_RUNTIME_DIR", self.path("run"));
        command.env_remove("NO_COLOR");
        command
    }

    /// Runs to the end.
    pub fn forebay(&self, arguments: &str) -> Ended {
        self.start(arguments).end()
    }

    /// Starts and goes on.
    pub fn start(&self, arguments: &str) -> Going {
        Going::start(&mut self.command(arguments))
    }

    /// Lines of an output, finished or not.
    pub fn lines(&self, name: &str) -> usize {
        let read = |name: &str| fs::read_to_string(self.path(name)).ok();
        let text = read(name).or_else(|| read(&format!("{name}.partial"))).unwrap_or_default();
        text.lines().count()
    }
}

/// Input records: 20 cards, a second apart.
pub fn payments(ids: std::ops::Range<u64>) -> String {
    let line = |id: u64| {
        let (card, ts) = (id * 7 % 20, 1_767_225_600_000 + id * 1_000);
        format!("{{\"id\":{id},\"card\":{card},\"amount\":{}.50,\"ts\":{ts}}}\n", id % 60)
    };
    ids.map(line).collect()
}

/// What a call left behind.
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ended {
    pub fn of(output: Output) -> Ended {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("forebay prints UTF-8");
        Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    #[track_caller]
    pub fn good(self) -> Ended {
        assert_eq!(self.code, Some(0), "{}{}", self.out, self.err);
        self
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }

    /// Both outputs and the exit code, without what differs from run to run.
    pub fn shown(&self, desk: &Desk) -> String {
        let mut text = format!("{}{}", self.out, self.err);
        text = text.replace(desk.folder.path().to_str().expect("a name in UTF-8"), "DESK");
        text.push_str(&format!("exit {}\n", self.code.map_or("by a signal".into(), |code| code.to_string())));
        text
    }

    /// The log of a run, and nothing else is in it.
    #[track_caller]
    pub fn log(&self) -> Vec<Value> {
        let read = |line: &str| {
            serde_json::from_str::<Value>(line).ok().filter(|event| {
                let time = event["time"].as_str().unwrap_or_default();
                time.len() == "2026-01-01T00:00:00.000000Z".len()
                    && ["level", "event", "message"].iter().all(|field| event[*field].is_string())
            })
        };
        let lines = self.err.lines();
        lines
            .map(|line| read(line).unwrap_or_else(|| panic!("`{line}` is no event in {}", self.err)))
            .collect()
    }

    /// Events of the log of one name.
    #[track_caller]
    pub fn events(&self, name: &str) -> Vec<Value> {
        self.log().into_iter().filter(|event| event["event"] == name).collect()
    }

    /// What a run refused, as a person on a terminal reads it: codes, messages, places and help.
    #[track_caller]
    pub fn refused(&self) -> String {
        let mut out = String::new();
        for event in self.log().iter().filter(|event| event["level"] == "error") {
            let text = |name: &str| event[name].as_str().unwrap_or_default();
            out.push_str(&format!("error[{}]: {}\n", text("code"), text("message")));
            if let Some(line) = event["line"].as_u64() {
                out.push_str(&format!("  --> {}:{line}:{}\n", text("file"), event["column"]));
            }
            out.push_str(&format!("  help: {}\n", text("help")));
        }
        out
    }
}

/// What takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A run that goes on.
pub struct Going {
    child: Option<Child>,
}

/// A test that fails leaves no process behind (a worker ends with its parent), and tells what it said.
impl Drop for Going {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let _ = child.kill();
        let Ok(output) = child.wait_with_output() else { return };
        if std::thread::panicking() {
            eprintln!("what the run said ({}):\n{}", output.status, String::from_utf8_lossy(&output.stderr));
        }
    }
}

impl Going {
    pub fn start(command: &mut Command) -> Going {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("forebay starts");
        Going { child: Some(child) }
    }

    pub fn parent(&self) -> u32 {
        self.child.as_ref().expect("it goes on").id()
    }

    /// Bytes of its standard output that nobody has read yet.
    pub fn unread(&self) -> u64 {
        let out = self.child.as_ref().and_then(|child| child.stdout.as_ref()).expect("it goes on");
        ioctl_fionread(out).expect("a pipe")
    }

    /// The worker at work, once there is one that is not `before`.
    pub fn worker(&self, before: Option<u32>) -> u32 {
        wait_for("a worker", || {
            let path = format!("/proc/{0}/task/{0}/children", self.parent());
            let children = fs::read_to_string(path).unwrap_or_default();
            children.split_whitespace().filter_map(|pid| pid.parse().ok()).find(|pid| Some(*pid) != before)
        })
    }

    /// Waits for the end.
    pub fn end(mut self) -> Ended {
        let child = self.child.take().expect("it goes on");
        let pid = child.id();
        let (ended, waits) = mpsc::channel::<()>();
        let watch = std::thread::spawn(move || {
            if waits.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                signal(pid, Signal::KILL);
            }
        });
        let output = child.wait_with_output().expect("forebay ends");
        drop(ended);
        watch.join().expect("the watch ends");
        Ended::of(output)
    }
}

pub fn signal(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(pid as i32).expect("a pid");
    kill_process(pid, signal).expect("the process is there");
}

pub fn is_alive(pid: u32) -> bool {
    // A process that has ended and nobody has waited for is a zombie.
    let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !state.is_empty() && !state.contains(") Z ")
}

#[track_caller]
pub fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(Instant::now() < end, "{what} did not come in 30 seconds");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The inside of a file of the run-time directory, once what it tells of is at work.
pub fn announced(desk: &Desk) -> Value {
    let folder: PathBuf = desk.path("run/forebay");
    wait_for("a run that is at work", || {
        let files = fs::read_dir(Path::new(&folder)).ok()?.flatten();
        let mut files = files.filter(|entry| entry.path().extension().is_some_and(|ending| ending == "json"));
        let file: Value = serde_json::from_str(&fs::read_to_string(files.next()?.path()).ok()?).ok()?;
        let (status, _) = try_get(&admin_of(&file), "/pipelines").ok()?;
        (status == "200").then_some(file)
    })
}

/// Where the run of such a file answers.
pub fn admin_of(file: &Value) -> String {
    file["admin"].as_str().expect("an address").trim_start_matches("http://").to_string()
}

/// The status and body of an answer.
pub fn get(address: &str, path: &str) -> (String, String) {
    try_get(address, path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub fn try_get(address: &str, path: &str) -> io::Result<(String, String)> {
    let (head, body) = ask(address, path, "*/*")?;
    Ok((head.split_whitespace().nth(1).unwrap_or_default().to_string(), body))
}

/// The head and body of an answer.
pub fn ask(address: &str, path: &str, accept: &str) -> io::Result<(String, String)> {
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: {accept}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok((head.to_string(), body.to_string()))
}
