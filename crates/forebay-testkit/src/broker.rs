//! A real Apache Kafka for tests, benches, the demo and for playing: one process that is broker and controller (KRaft), on
//! loopback, with ports and a folder of its own.
//!
//! - It ends when the process that started it ends, however that ends (`process`).
//! - It is ready when it says so over Kafka's protocol and under its own name (`probe`), never because of a line in a log.
//! - Jars come from Maven, once (`jars`). Nothing here needs a crate: `cargo xtask` has to build on a bare machine.

mod jars;
mod java;
mod process;
mod probe;
mod ports;
mod folder;
mod properties;
mod certificates;
mod tools;
mod shared;

pub use certificates::{CLIENT_PRINCIPAL, Certificates};
pub use jars::{Jars, POM, folder as kafka_folder};
pub use properties::{Listener, Security, User};
pub use shared::{SHARED, Shared, fresh_name};
pub use tools::Tool;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use folder::Folder;
use java::{Archive, Java};
use ports::Ports;
use process::{Order, Process};

#[derive(Clone, Debug)]
pub struct Options {
    /// Where topics, log, settings and certificates lie. One that is given stays, and a broker that is started on it again
    /// has all that was in it, SCRAM users included; without one it is temporary.
    pub data: Option<PathBuf>,
    /// The port of `Listener::Plaintext` where it is free; another one otherwise.
    pub port: Option<u16>,
    pub heap_mib: u32,
    pub jvm: Jvm,
    /// Settings of the broker, over those that it has here anyway.
    pub properties: Vec<(String, String)>,
    pub security: Security,
}

/// What Java is set up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jvm {
    /// Little compilation and one thread for garbage: starts soon and leaves the processors to others.
    QuickStart,
    /// As Kafka is run where throughput matters.
    Throughput,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            data: None,
            port: None,
            heap_mib: 512,
            jvm: Jvm::QuickStart,
            properties: Vec::new(),
            security: Security::Plaintext,
        }
    }
}

impl Options {
    /// For measuring.
    pub fn bench() -> Options {
        Options { heap_mib: 1024, jvm: Jvm::Throughput, ..Options::default() }
    }
}

#[derive(Debug)]
pub struct Broker {
    java: Java,
    options: Options,
    folder: Folder,
    ports: Ports,
    /// What it goes by in its answers, so that no other broker is taken for it.
    cluster: String,
    certificates: Option<Certificates>,
    /// None while it is stopped.
    process: Option<Process>,
}

/// How long a broker may take until it answers. Far more than it needs: the machine may be busy.
const READY_WITHIN: Duration = Duration::from_secs(90);
/// How long one may take to end when it is asked to.
const STOP_WITHIN: Duration = Duration::from_secs(15);
/// How often somebody else may take the ports that were free a moment ago.
const ATTEMPTS: u32 = 5;

impl Broker {
    /// Starts one, and returns when it answers and topics can be made.
    pub fn start(options: Options) -> Result<Broker, String> {
        Broker::start_with(Java::with(Jars::kafka()?, Archive::Read)?, options)
    }

    fn start_with(java: Java, options: Options) -> Result<Broker, String> {
        options.security.check()?;
        let folder = Folder::of(options.data.as_deref())?;
        let certificates = match &options.security {
            Security::Plaintext => None,
            Security::Secured { .. } => Some(Certificates::made_in(&folder.certificates())?),
        };
        let ports = Ports::free(&options)?;
        let cluster = String::new();
        let mut broker = Broker { java, options, folder, ports, cluster, certificates, process: None };
        for attempt in 1.. {
            broker.set_up()?;
            match broker.run() {
                Ok(()) => break,
                Err(_) if attempt < ATTEMPTS && broker.folder.says("Address already in use") => {
                    broker.ports = Ports::free(&broker.options)?;
                }
                Err(why) => return Err(why),
            }
        }
        Ok(broker)
    }

    /// Asks it to end, as SIGTERM does, and ends it if it does not. One that is paused goes on for that.
    pub fn stop(&mut self) {
        self.stop_within(STOP_WITHIN);
    }

    /// Ends it at once, as SIGKILL does: what it has not written is lost.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Starts it again, on the same ports and with what is in its folder; stops it first where it runs.
    pub fn restart(&mut self) -> Result<(), String> {
        self.stop();
        self.run()
    }

    /// Lets it hang, as SIGSTOP does: connections stay open and nothing answers.
    pub fn pause(&mut self) -> Result<(), String> {
        self.running()?.order(Order::Pause)
    }

    pub fn resume(&mut self) -> Result<(), String> {
        self.running()?.order(Order::Resume)
    }

    /// Whether it answers a request over Kafka's protocol within a second.
    pub fn answers(&self) -> bool {
        probe::cluster(&self.bootstrap()).is_ok_and(|cluster| cluster.as_ref() == Some(&self.cluster))
    }

    /// What clients without TLS or a password connect to, and the tests' own administration.
    pub fn bootstrap(&self) -> String {
        self.address(Listener::Plaintext)
    }

    /// Panics where the broker was started without this listener.
    pub fn address(&self, listener: Listener) -> String {
        let port = self.ports.of(listener);
        let port = port.unwrap_or_else(|| panic!("{listener:?} is there with Security::Secured only"));
        format!("127.0.0.1:{port}")
    }

    /// Files for clients of the listeners with TLS; none where there are none.
    pub fn certificates(&self) -> Option<&Certificates> {
        self.certificates.as_ref()
    }

    /// Where the broker writes what it has to say.
    pub fn log(&self) -> PathBuf {
        self.folder.log()
    }

    /// Where everything of this broker lies.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The process of the broker; none while it is stopped.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Process::pid)
    }

    /// Makes topics, each with so many partitions.
    pub fn create(&self, topics: &[(&str, i32)]) -> Result<(), String> {
        probe::create(&self.bootstrap(), topics)
    }

    /// One of Kafka's own programs, against this broker; the text is what it printed.
    pub fn tool(&self, tool: Tool, args: &[&str]) -> Result<String, String> {
        self.tool_on(Listener::Plaintext, tool, args, "")
    }

    /// The same through another listener, which takes a file of settings for the client, or with standard input.
    pub fn tool_on(
        &self,
        listener: Listener,
        tool: Tool,
        args: &[&str],
        input: &str,
    ) -> Result<String, String> {
        tools::run(&self.java, &self.address(listener), tool, args, input)
    }

    /// The broker that all tests of a process share, started by the first who asks, or the one that `SHARED` names.
    /// Nobody can stop it, and topics are told apart by `fresh_name`.
    pub fn shared() -> Result<&'static Shared, String> {
        shared::get()
    }

    /// Lets it go on when this process ends; whoever wants it to end sends SIGTERM to its process. It needs `data`: what
    /// is temporary goes with whoever made it.
    pub fn leave(mut self) -> Result<(), String> {
        if self.folder.is_temporary() {
            return Err("a broker that goes on needs a folder that stays".into());
        }
        self.running()?.order(Order::Leave)?;
        if let Some(process) = self.process.take() {
            process.forget();
        }
        Ok(())
    }

    fn running(&mut self) -> Result<&mut Process, String> {
        self.process.as_mut().ok_or_else(|| "the broker is stopped".to_string())
    }

    fn stop_within(&mut self, within: Duration) {
        let Some(mut process) = self.process.take() else { return };
        // Where one of these cannot be sent, it has ended already.
        let _ = process.order(Order::Resume).and_then(|()| process.order(Order::Terminate));
        process.wait(within);
    }

    /// Settings, and the folder that Kafka wants formatted once.
    fn set_up(&mut self) -> Result<(), String> {
        let written = properties::text(&self.options, &self.ports, &self.folder, self.certificates.as_ref());
        self.folder.write_properties(&written)?;
        self.cluster = match self.folder.cluster() {
            Some(cluster) => cluster,
            None => {
                let cluster = folder::new_cluster();
                tools::format(&self.java, &self.folder, &cluster, &self.options.security)?;
                cluster
            }
        };
        Ok(())
    }

    fn run(&mut self) -> Result<(), String> {
        let Options { heap_mib, jvm, .. } = self.options;
        let mut command = self.java.broker(jvm, heap_mib, &self.folder.log())?;
        command.arg(self.folder.properties());
        let mut process = Process::start(&command, &self.folder.console())?;
        let began = Instant::now();
        while !self.answers() {
            if process.has_ended() {
                return Err(format!("the broker ended while it started.\n{}", self.folder.last_words()));
            }
            if began.elapsed() > READY_WITHIN {
                let secs = READY_WITHIN.as_secs();
                let said = self.folder.last_words();
                return Err(format!("the broker does not answer after {secs} s.\n{said}"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.process = Some(process);
        Ok(())
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.folder.last_words());
        }
        // What nobody will read again need not be written.
        if !self.folder.is_temporary() {
            self.stop();
        }
        self.process = None;
    }
}
