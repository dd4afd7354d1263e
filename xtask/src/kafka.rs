//! `cargo xtask kafka start|stop`: a real Kafka to play with. It goes on in the background until it is stopped, and what is in
//! its topics stays for the next time.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use forebay_testkit::broker::{Broker, Options, kafka_folder};
use serde_json::{Value, json};

use crate::args::{Args, Verb};
use crate::failure::Failure;
use crate::{setup, shell};

pub const VERB: Verb = Verb {
    name: "kafka",
    summary: "Starts or stops a real Kafka to play with, in the background",
    about: "\
`start` brings up one broker on this machine, at port 9092 where that is free, and says where it is and how to use it. It
goes on when the terminal is closed. `stop` ends it. Its topics stay in target/kafka/playground/, which can be removed while
it is stopped. Topics are made when they are first used, with one partition.",
    word: Some("start|stop"),
    options: &[],
    run: |args: &Args| match args.word() {
        "start" => start(),
        "stop" => stop(),
        other => Err(Failure::Usage(format!("`kafka` takes `start` or `stop`, not `{other}`"))),
    },
};

const PORT: u16 = 9092;
const STOP_WITHIN: Duration = Duration::from_secs(20);

/// One that was started before, as it is kept in a file beside its data.
struct Running {
    pid: u32,
    address: String,
}

fn start() -> Result<(), Failure> {
    let folder = folder();
    if let Some(Running { pid, address }) = Running::find(&folder) {
        return tell!("Kafka runs already at {address} (pid {pid}); `cargo xtask kafka stop` ends it\n");
    }
    setup::machine(setup::For::Kafka)?;
    setup::kafka()?;
    // Messages carry the times of events, and a week from an old event has long passed when it is tried out here.
    let properties = [("auto.create.topics.enable", "true"), ("log.retention.ms", "-1")];
    let properties = properties.map(|(name, value)| (name.into(), value.into())).to_vec();
    let options = Options {
        data: Some(folder.clone()),
        port: Some(PORT),
        properties,
        heap_mib: 512,
        ..Options::bench()
    };
    let broker = Broker::start(options).map_err(Failure::Away)?;
    let pid = broker.pid().ok_or_else(|| Failure::Fault("the broker that was started is stopped".into()))?;
    let (address, log) = (broker.bootstrap(), broker.log());
    let running = Running { pid, address };
    running.write(&folder)?;
    broker.leave().map_err(Failure::Fault)?;
    tell!("{}", running.how_to_use(&folder, &log))
}

fn stop() -> Result<(), Failure> {
    let folder = folder();
    let Some(running) = Running::find(&folder) else {
        return tell!("no Kafka of `cargo xtask kafka start` runs\n");
    };
    running.signal("TERM")?;
    let began = Instant::now();
    while Running::find(&folder).is_some() {
        if began.elapsed() > STOP_WITHIN {
            running.signal("KILL")?;
            break;
        }
        thread::sleep(Duration::from_millis(20));
    }
    let file = Running::file(&folder);
    fs::remove_file(&file).map_err(Failure::io(format!("remove {}", file.display())))?;
    tell!("Kafka at {} has ended; its topics stay in {}\n", running.address, shell::shown(&folder).display())
}

fn folder() -> PathBuf {
    kafka_folder().join("playground")
}

impl Running {
    fn file(folder: &Path) -> PathBuf {
        folder.join("running.json")
    }

    /// None where there is none, and where the process has ended since.
    fn find(folder: &Path) -> Option<Running> {
        let text = fs::read_to_string(Running::file(folder)).ok()?;
        let value: Value = serde_json::from_str(&text).ok()?;
        let running = Running {
            pid: u32::try_from(value["pid"].as_u64()?).ok()?,
            address: value["address"].as_str()?.to_string(),
        };
        // Its number may be somebody else's by now. A process that has ended and was not yet asked after has no words.
        let words = fs::read(format!("/proc/{}/cmdline", running.pid)).ok()?;
        let words = String::from_utf8_lossy(&words).into_owned();
        words.contains(&*folder.to_string_lossy()).then_some(running)
    }

    fn write(&self, folder: &Path) -> Result<(), Failure> {
        let file = Running::file(folder);
        let text = json!({ "pid": self.pid, "address": self.address }).to_string();
        fs::write(&file, text).map_err(Failure::io(format!("write {}", file.display())))
    }

    fn signal(&self, signal: &str) -> Result<(), Failure> {
        shell::signal(self.pid, signal)
    }

    fn how_to_use(&self, folder: &Path, log: &Path) -> String {
        let Running { pid, address } = self;
        format!(
            "\
Kafka runs at {address}

  pid     {pid}
  log     {}
  topics  {}, kept when it is stopped
  stop    cargo xtask kafka stop

A connection to it, as configs/connections/playground.yaml; a source or sink then says `connection: playground`:

  apiVersion: forebay.dev/v1alpha1
  kind: Connection
  metadata: {{ name: playground }}
  spec:
    kafka:
      brokers: [{address}]
",
            shell::shown(log).display(),
            shell::shown(folder).display(),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::process::Stdio;

    use super::*;

    #[test]
    fn a_number_that_is_somebody_elses_by_now_is_no_kafka() {
        let folder = kafka_folder().join(format!("test-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        assert!(Running::find(&folder).is_none(), "nothing is written");
        let own = Running { pid: std::process::id(), address: "127.0.0.1:9092".into() };
        own.write(&folder).unwrap();
        assert!(Running::find(&folder).is_none(), "this process is no Kafka of that folder");
        // One whose command line names the folder, as Kafka's does.
        let mut other = shell::command("sh");
        other
            .args(["-c", "echo here; read -r line"])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut other = other.spawn().unwrap();
        // Before it says something it may have no words yet.
        other.stdout.as_mut().unwrap().read_exact(&mut [0; 4]).unwrap();
        Running { pid: other.id(), ..own }.write(&folder).unwrap();
        let found = Running::find(&folder).unwrap();
        assert_eq!((found.pid, &*found.address), (other.id(), "127.0.0.1:9092"));
        found.signal("TERM").unwrap();
        other.wait().unwrap();
        assert!(Running::find(&folder).is_none(), "it has ended");
        fs::remove_dir_all(&folder).unwrap();
    }
}
