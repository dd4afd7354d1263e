//! `server.properties`: how the broker is set up, and who may talk to it.

use std::collections::BTreeMap;

use super::Options;
use super::certificates::Certificates;
use super::folder::Folder;
use super::ports::Ports;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Security {
    /// One listener, for everybody.
    Plaintext,
    /// All listeners there are.
    Secured {
        /// Who may come with a password.
        users: Vec<User>,
        /// Whether a client may do only what an ACL lets it do. Who comes without a name may do everything: by
        /// `Listener::Plaintext`, and by `Listener::Tls`, which asks for none.
        acls: bool,
    },
}

/// For PLAIN and for SCRAM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub password: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    Plaintext,
    Tls,
    /// TLS for clients that have a certificate: `CLIENT_PRINCIPAL` is the one there is.
    Mtls,
    /// SASL PLAIN over TLS.
    SaslPlain,
    /// SASL SCRAM-SHA-256 and SCRAM-SHA-512 over TLS.
    SaslScram,
}

impl Listener {
    fn name(self) -> &'static str {
        match self {
            Listener::Plaintext => "PLAINTEXT",
            Listener::Tls => "TLS",
            Listener::Mtls => "MTLS",
            Listener::SaslPlain => "SASL_PLAIN",
            Listener::SaslScram => "SASL_SCRAM",
        }
    }

    fn protocol(self) -> &'static str {
        match self {
            Listener::Plaintext => "PLAINTEXT",
            Listener::Tls | Listener::Mtls => "SSL",
            Listener::SaslPlain | Listener::SaslScram => "SASL_SSL",
        }
    }
}

impl User {
    pub fn new(name: &str, password: &str) -> User {
        User { name: name.into(), password: password.into() }
    }
}

impl Security {
    pub fn listeners(&self) -> &'static [Listener] {
        use Listener::*;
        match self {
            Security::Plaintext => &[Plaintext],
            Security::Secured { .. } => &[Plaintext, Tls, Mtls, SaslPlain, SaslScram],
        }
    }

    /// Names and passwords go through three notations of Kafka's; letters that mean something in one of them are refused.
    pub fn check(&self) -> Result<(), String> {
        let Security::Secured { users, .. } = self else { return Ok(()) };
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        for User { name, password } in users {
            for word in [name, password] {
                if word.is_empty() || !word.chars().all(plain) {
                    return Err(format!(
                        "`{word}`: names and passwords of a test's users are ASCII letters, digits, `-`, `_` and `.`"
                    ));
                }
            }
        }
        Ok(())
    }
}

/// The whole file.
pub(super) fn text(
    options: &Options,
    ports: &Ports,
    folder: &Folder,
    certificates: Option<&Certificates>,
) -> String {
    let mut all: BTreeMap<String, String> =
        COMMON.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let mut set = |name: &str, value: String| all.insert(name.to_string(), value);
    set("log.dirs", folder.data().display().to_string());
    let open: Vec<String> = ports
        .listeners()
        .iter()
        .map(|(listener, port)| format!("{}://127.0.0.1:{port}", listener.name()))
        .collect();
    let protocols: Vec<String> = ports
        .listeners()
        .iter()
        .map(|(listener, _)| format!("{}:{}", listener.name(), listener.protocol()))
        .collect();
    set("controller.quorum.voters", format!("1@127.0.0.1:{}", ports.controller));
    set("listeners", format!("{},CONTROLLER://127.0.0.1:{}", open.join(","), ports.controller));
    set("advertised.listeners", open.join(","));
    set("listener.security.protocol.map", format!("{},CONTROLLER:PLAINTEXT", protocols.join(",")));
    if let Some(certificates) = certificates {
        set("ssl.keystore.location", certificates.server.display().to_string());
        set("ssl.truststore.location", certificates.ca.display().to_string());
    }
    if let Security::Secured { users, acls } = &options.security {
        for (name, value) in SECURED {
            set(name, value.to_string());
        }
        let users: Vec<String> =
            users.iter().map(|User { name, password }| format!(" user_{name}=\"{password}\"")).collect();
        let module = "org.apache.kafka.common.security.plain.PlainLoginModule required";
        set("listener.name.sasl_plain.plain.sasl.jaas.config", format!("{module}{};", users.concat()));
        if *acls {
            let authorizer = "org.apache.kafka.metadata.authorizer.StandardAuthorizer";
            set("authorizer.class.name", authorizer.into());
            set("super.users", "User:ANONYMOUS".into());
        }
    }
    all.extend(options.properties.iter().cloned());
    all.iter().map(|(name, value)| format!("{name}={}\n", escaped(value))).collect()
}

const COMMON: &[(&str, &str)] = &[
    ("process.roles", "broker,controller"),
    ("node.id", "1"),
    ("controller.listener.names", "CONTROLLER"),
    ("inter.broker.listener.name", "PLAINTEXT"),
    // There is no second broker to hold a copy, and a partition costs time at start.
    ("offsets.topic.replication.factor", "1"),
    ("offsets.topic.num.partitions", "4"),
    ("transaction.state.log.replication.factor", "1"),
    ("transaction.state.log.min.isr", "1"),
    ("transaction.state.log.num.partitions", "4"),
    ("share.coordinator.state.topic.replication.factor", "1"),
    ("share.coordinator.state.topic.min.isr", "1"),
    ("share.coordinator.state.topic.num.partitions", "1"),
    // A topic that a test did not make is a defect of the test.
    ("auto.create.topics.enable", "false"),
    // What takes minutes elsewhere, so that no test waits for it: members that are missed, transactions that time out,
    // records past their retention; and a broker that was killed, which has to wait until it is missed.
    ("broker.session.timeout.ms", "3000"),
    ("broker.heartbeat.interval.ms", "500"),
    ("group.initial.rebalance.delay.ms", "0"),
    ("group.min.session.timeout.ms", "1000"),
    ("transaction.abort.timed.out.transaction.cleanup.interval.ms", "1000"),
    ("log.initial.task.delay.ms", "500"),
    ("log.retention.check.interval.ms", "500"),
    ("log.segment.delete.delay.ms", "1000"),
    // 128 MiB otherwise.
    ("log.cleaner.dedupe.buffer.size", "4194304"),
];

const SECURED: &[(&str, &str)] = &[
    ("ssl.keystore.type", "PEM"),
    ("ssl.truststore.type", "PEM"),
    ("listener.name.mtls.ssl.client.auth", "required"),
    ("listener.name.sasl_plain.sasl.enabled.mechanisms", "PLAIN"),
    ("listener.name.sasl_scram.sasl.enabled.mechanisms", "SCRAM-SHA-256,SCRAM-SHA-512"),
    ("listener.name.sasl_scram.scram-sha-256.sasl.jaas.config", SCRAM_MODULE),
    ("listener.name.sasl_scram.scram-sha-512.sasl.jaas.config", SCRAM_MODULE),
];

const SCRAM_MODULE: &str = "org.apache.kafka.common.security.scram.ScramLoginModule required;";

/// A value as it stands in a file of properties, which is read as Latin-1.
fn escaped(value: &str) -> String {
    let mut text = String::new();
    for unit in value.encode_utf16() {
        match u8::try_from(unit) {
            Ok(b'\\') => text += "\\\\",
            Ok(byte @ b' '..=b'~') => text.push(char::from(byte)),
            _ => text += &format!("\\u{unit:04x}"),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of the file that begin with one of these words.
    #[track_caller]
    fn check(options: &Options, beginnings: &[&str], expect: &str) {
        let ports = Ports::free(options).unwrap();
        let folder = Folder::of(None).unwrap();
        let mut text = text(options, &ports, &folder, None);
        text = text.replace(&format!(":{}", ports.controller), ":CONTROLLER");
        for (listener, port) in ports.listeners() {
            text = text.replace(&format!(":{port}"), &format!(":{listener:?}"));
        }
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| beginnings.iter().any(|beginning| line.starts_with(beginning)))
            .collect();
        assert_eq!(lines.join("\n"), expect);
    }

    #[test]
    fn a_plain_broker_has_one_listener_and_takes_what_a_test_sets() {
        let mut options = Options::default();
        options.properties.push(("group.min.session.timeout.ms".into(), "6000".into()));
        check(
            &options,
            &["listener", "advertised", "group.min", "ssl", "authorizer"],
            "\
advertised.listeners=PLAINTEXT://127.0.0.1:Plaintext
group.min.session.timeout.ms=6000
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
listeners=PLAINTEXT://127.0.0.1:Plaintext,CONTROLLER://127.0.0.1:CONTROLLER",
        );
    }

    #[test]
    fn a_secured_one_knows_its_users() {
        let users = vec![User::new("alice", "a-secret"), User::new("bob", "b_secret")];
        let options = Options { security: Security::Secured { users, acls: true }, ..Options::default() };
        check(
            &options,
            &["listener.security", "listener.name.sasl_plain.plain", "super", "authorizer"],
            "\
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
listener.name.sasl_plain.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_alice=\"a-secret\" user_bob=\"b_secret\";
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,TLS:SSL,MTLS:SSL,SASL_PLAIN:SASL_SSL,SASL_SCRAM:SASL_SSL,CONTROLLER:PLAINTEXT
super.users=User:ANONYMOUS",
        );
    }

    #[test]
    fn letters_that_mean_something_to_kafka_are_refused() {
        let check = |name: &str, password: &str| {
            Security::Secured { users: vec![User::new(name, password)], acls: false }.check()
        };
        assert_eq!(check("alice-1", "a_b.C"), Ok(()));
        for (name, password) in [("a,b", "x"), ("a", ""), ("a", "x]"), ("a b", "x"), ("a", "\"")] {
            assert!(check(name, password).is_err(), "{name} {password}");
        }
    }

    #[test]
    fn a_value_is_read_back_as_it_was() {
        assert_eq!(escaped("/home/jürgen/a b\\c"), "/home/j\\u00fcrgen/a b\\\\c");
        assert_eq!(escaped("/𝄞"), "/\\ud834\\udd1e");
    }
}
