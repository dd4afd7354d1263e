//! The broker of tests is a real one, does what it is told, and leaves nothing behind.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use forebay_testkit::broker::{
    Broker, CLIENT_PRINCIPAL, Listener, Options, SHARED, Security, Tool, User, fresh_name,
};

/// Waits for something that takes a moment.
#[track_caller]
fn soon(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn accepts(address: &str) -> bool {
    TcpStream::connect(address).is_ok()
}

fn runs(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

#[test]
fn what_is_in_it_outlives_its_process() {
    let mut broker = Broker::start(Options::default()).unwrap();
    let address = broker.bootstrap();
    assert!(broker.answers() && broker.log().is_file());
    broker.create(&[("kept", 3)]).unwrap();
    assert_eq!(
        broker.create(&[("kept", 1)]).unwrap_err(),
        "the topic `kept` cannot be made: Topic 'kept' already exists."
    );
    broker.kill();
    assert!(!broker.answers() && !accepts(&address), "it was killed");
    assert_eq!(broker.pid(), None);
    assert_eq!(broker.pause(), Err("the broker is stopped".into()));
    broker.restart().unwrap();
    assert_eq!(broker.bootstrap(), address);
    assert_eq!(broker.tool(Tool::Topics, &["--list"]).unwrap(), "kept\n");
    let (folder, pid) = (broker.folder().to_path_buf(), broker.pid().unwrap());
    assert!(folder.is_dir() && runs(pid));
    drop(broker);
    assert!(!folder.exists() && !runs(pid), "nothing is left of it");
}

#[test]
fn a_broker_that_is_paused_hangs_and_its_neighbour_does_not() {
    let (first, second) = std::thread::scope(|scope| {
        let other = scope.spawn(|| Broker::start(Options::default()).unwrap());
        (Broker::start(Options::default()).unwrap(), other.join().unwrap())
    });
    let mut first = first;
    assert_ne!(first.bootstrap(), second.bootstrap());
    first.pause().unwrap();
    assert!(accepts(&first.bootstrap()), "the kernel still takes connections");
    assert!(!first.answers() && second.answers());
    first.resume().unwrap();
    assert!(first.answers());
    // One that hangs can be stopped all the same, and by its own will: it would be killed after 15 s.
    first.pause().unwrap();
    let (began, log) = (Instant::now(), first.log());
    first.stop();
    assert!(began.elapsed() < Duration::from_secs(14));
    let said = fs::read_to_string(log).unwrap();
    assert!(said.contains("shut down completed"), "{said}");
}

#[test]
fn it_dies_with_the_process_that_started_it() {
    const HELPER: &str = "FOREBAY_TEST_HOLDS_A_BROKER";
    if std::env::var_os(HELPER).is_some() {
        let broker = Broker::start(Options::default()).unwrap();
        println!("\nbroker {} {} {}", broker.bootstrap(), broker.pid().unwrap(), broker.folder().display());
        std::thread::park();
    }
    let mut helper = Command::new(std::env::current_exe().unwrap());
    helper.args(["--exact", "it_dies_with_the_process_that_started_it", "--nocapture"]).env(HELPER, "1");
    let mut helper = helper.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(helper.stdout.take().unwrap()).lines();
    let line = lines.map(Result::unwrap).find(|line| line.starts_with("broker ")).unwrap();
    let words: Vec<&str> = line.split(' ').collect();
    let (address, pid, folder) = (words[1], words[2].parse().unwrap(), Path::new(words[3]));
    assert!(accepts(address) && runs(pid));
    helper.kill().unwrap();
    helper.wait().unwrap();
    soon("the broker is dead", || !accepts(address) && !runs(pid));
    assert!(folder.is_dir(), "it can be looked at until somebody makes the next one");
}

#[test]
fn a_shared_one_loses_records_to_retention_soon() {
    let broker = Broker::shared().unwrap();
    assert_eq!(Broker::shared().unwrap().bootstrap(), broker.bootstrap());
    let topic = fresh_name("short");
    broker.tool(Tool::Topics, &["--create", "--topic", &topic, "--config", "retention.ms=1"], "").unwrap();
    broker.tool(Tool::Produce, &["--topic", &topic], "a\nb\nc\n").unwrap();
    let earliest = ["--topic", &topic, "--time", "earliest"];
    soon("three records are gone", || {
        broker.tool(Tool::Offsets, &earliest, "").unwrap() == format!("{topic}:0:3\n")
    });
}

#[test]
fn a_shared_one_that_is_named_and_not_there_is_no_reason_to_start_another() {
    let mut other = Command::new(std::env::current_exe().unwrap());
    other.args(["--exact", "a_shared_one_loses_records_to_retention_soon"]).env(SHARED, "127.0.0.1:1");
    let done = other.output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(said.contains("FOREBAY_TEST_KAFKA names 127.0.0.1:1, where no Kafka answers"), "{said}");
}

/// The topics that a client of this listener sees, with these settings.
fn topics(broker: &Broker, listener: Listener, settings: &str) -> Result<String, String> {
    let file = broker.folder().join(format!("{}.properties", fresh_name("client")));
    let ca = broker.certificates().unwrap().ca.display().to_string();
    fs::write(&file, format!("ssl.truststore.type=PEM\nssl.truststore.location={ca}\n{settings}")).unwrap();
    broker.tool_on(listener, Tool::Topics, &["--list", "--command-config", &file.display().to_string()], "")
}

fn sasl(mechanism: &str, module: &str, password: &str) -> String {
    format!(
        "security.protocol=SASL_SSL\nsasl.mechanism={mechanism}\nsasl.jaas.config=org.apache.kafka.common.security.{module} \
         required username=\"alice\" password=\"{password}\";\n"
    )
}

/// Whether TLS comes about with these arguments of openssl's.
fn shakes_hands(address: &str, ca: &Path, args: &[&str]) -> bool {
    let mut openssl = Command::new("openssl");
    // Before 1.3 the one without a certificate is refused within the handshake.
    openssl
        .args(["s_client", "-tls1_2", "-brief", "-verify_return_error", "-verify_ip", "127.0.0.1"])
        .args(args);
    openssl.args(["-connect", address, "-CAfile"]).arg(ca);
    openssl.stdin(Stdio::null()).output().unwrap().status.success()
}

#[test]
fn a_secured_one_lets_in_who_may_and_shows_them_what_they_may_see() {
    let users = vec![User::new("alice", "a-secret")];
    let security = Security::Secured { users, acls: true };
    let broker = Broker::start(Options { security, ..Options::default() }).unwrap();
    broker.tool(Tool::Topics, &["--create", "--topic", "payments"]).unwrap();
    let plain = |password| sasl("PLAIN", "plain.PlainLoginModule", password);
    assert_eq!(topics(&broker, Listener::SaslPlain, &plain("a-secret")).unwrap().trim(), "", "no ACL");
    let allow = ["--add", "--allow-principal", "User:alice", "--allow-principal", CLIENT_PRINCIPAL];
    let what = ["--operation", "Describe", "--topic", "payments"];
    broker.tool(Tool::Acls, &[&allow[..], &what].concat()).unwrap();
    let scram = sasl("SCRAM-SHA-512", "scram.ScramLoginModule", "a-secret");
    assert_eq!(topics(&broker, Listener::SaslScram, &scram).unwrap(), "payments\n");
    let refused = topics(&broker, Listener::SaslPlain, &plain("another")).unwrap_err();
    assert!(refused.contains("Authentication failed"), "{refused}");

    let certificates = broker.certificates().unwrap();
    let read = |path: &Path| fs::read_to_string(path).unwrap().trim().replace('\n', "\\n");
    let own = format!(
        "security.protocol=SSL\nssl.keystore.type=PEM\nssl.keystore.key={}\nssl.keystore.certificate.chain={}\n",
        read(&certificates.client_key),
        read(&certificates.client_certificate)
    );
    assert_eq!(topics(&broker, Listener::Mtls, &own).unwrap(), "payments\n");
    let (tls, mtls) = (broker.address(Listener::Tls), broker.address(Listener::Mtls));
    let text = |path: &Path| path.display().to_string();
    let (cert, key) = (text(&certificates.client_certificate), text(&certificates.client_key));
    assert!(shakes_hands(&tls, &certificates.ca, &[]));
    assert!(!shakes_hands(&tls, &certificates.wrong_ca, &[]));
    assert!(shakes_hands(&mtls, &certificates.ca, &["-cert", &cert, "-key", &key]));
    assert!(!shakes_hands(&mtls, &certificates.ca, &[]));
}
