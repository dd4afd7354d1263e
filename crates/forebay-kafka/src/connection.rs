//! A connection of `configs/connections/` as the properties of a client.

use forebay_stage::types::{Record, code};
use forebay_stage::{Connections, Fault, Secret};

use crate::raw::Conf;

/// A Kafka cluster with what it takes to use it.
#[derive(Clone, Debug)]
pub struct Connection {
    pub name: String,
    /// `HOST:PORT`, joined by commas.
    pub brokers: String,
    properties: Vec<(&'static str, String)>,
    password: Option<Secret>,
}

/// Files of `tls`, and what the library calls them.
const FILES: [(&str, &str); 3] =
    [("ca", "ssl.ca.location"), ("certificate", "ssl.certificate.location"), ("key", "ssl.key.location")];

impl Connection {
    /// The connection of this name, with its secrets from this host.
    pub fn find(connections: &dyn Connections, name: &str) -> Result<Connection, Fault> {
        let spec = connections.connection(name)?;
        let Some(kafka) = spec.record("kafka") else {
            let message = format!("connection `{name}` leads to no Kafka cluster");
            return Err(Fault::fatal(&code::KAFKA_CONNECTION, message));
        };
        Connection::of(name, kafka, connections)
    }

    fn of(name: &str, kafka: &Record, connections: &dyn Connections) -> Result<Connection, Fault> {
        let brokers: Vec<&str> = kafka.list("brokers").iter().map(|node| node.str()).collect();
        let (tls, sasl) = (kafka.record("tls"), kafka.record("sasl"));
        let protocol = match (tls.is_some(), sasl.is_some()) {
            (false, false) => "plaintext",
            (true, false) => "ssl",
            (false, true) => "sasl_plaintext",
            (true, true) => "sasl_ssl",
        };
        let mut properties = vec![("security.protocol", protocol.to_string())];
        for (field, property) in FILES {
            let Some(path) = tls.and_then(|tls| tls.text(field)) else { continue };
            // The client says neither which file it could not read nor why.
            std::fs::read(path).map_err(|error| {
                let message = format!("connection `{name}`: `{path}` (tls.{field}) cannot be read: {error}");
                Fault::away(&code::KAFKA_CONNECTION, message)
            })?;
            properties.push((property, path.to_string()));
        }
        if let Some(tls) = tls
            && tls.text("certificate").is_some() != tls.text("key").is_some()
        {
            let message = format!(
                "connection `{name}`: `tls.certificate` and `tls.key` go together, and one is missing"
            );
            return Err(Fault::fatal(&code::KAFKA_CONNECTION, message));
        }
        let mut password = None;
        if let Some(sasl) = sasl {
            let mechanism = match sasl.text("mechanism") {
                Some("scram_sha_256") => "SCRAM-SHA-256",
                Some("scram_sha_512") => "SCRAM-SHA-512",
                _ => "PLAIN",
            };
            properties.push(("sasl.mechanism", mechanism.into()));
            properties.push(("sasl.username", sasl.text("user").unwrap_or_default().into()));
            let secret = connections.secret(sasl.text("password").unwrap_or_default());
            password = Some(secret.map_err(|fault| {
                let message = format!("connection `{name}`: {}", fault.message);
                Fault { message, ..fault }
            })?);
        }
        Ok(Connection { name: name.into(), brokers: brokers.join(","), properties, password })
    }

    /// A cluster without encryption and login.
    pub fn plain(brokers: &str) -> Connection {
        let properties = vec![("security.protocol", "plaintext".to_string())];
        Connection { name: "plain".into(), brokers: brokers.into(), properties, password: None }
    }

    /// The configuration of a client of this cluster.
    pub fn conf(&self, client_id: &str) -> Result<Conf, Fault> {
        let mut conf = Conf::new();
        let refuse = |said: String| {
            Fault::fatal(&code::KAFKA_CONNECTION, format!("connection `{}`: {said}", self.name))
        };
        let own = [
            ("bootstrap.servers", self.brokers.as_str()),
            ("client.id", client_id),
            ("reconnect.backoff.max.ms", "1000"),
            ("socket.connection.setup.timeout.ms", "5000"),
            // New partitions are found this soon.
            ("topic.metadata.refresh.interval.ms", "30000"),
            // Nothing is written; what is said of connections is read.
            ("log_level", "6"),
        ];
        let given = self.properties.iter().map(|(name, value)| (*name, value.as_str()));
        for (name, value) in own.into_iter().chain(given) {
            conf.set(name, value).map_err(refuse)?;
        }
        if let Some(password) = &self.password {
            // What is said of a value may hold it.
            conf.set("sasl.password", password.reveal())
                .map_err(|_| refuse("the password is none that the client takes".into()))?;
        }
        Ok(conf)
    }

    /// What the library says where it makes no client of a configuration, in the words of the file.
    pub fn refused(&self, said: &str) -> Fault {
        let mut text = said.to_string();
        for (field, property) in FILES {
            text = text.replace(property, &format!("tls.{field}"));
        }
        Fault::fatal(&code::KAFKA_CONNECTION, format!("{}: {text}", self.shown()))
    }

    /// How messages call it: with the addresses, since the name may be another in each environment.
    pub fn shown(&self) -> String {
        format!("connection `{}` ({})", self.name, self.brokers)
    }
}

#[cfg(test)]
mod tests {
    use forebay_stage::types::value::{Node, Text, Value};
    use forebay_stage::types::{Span, code};

    use super::*;

    const PASSWORD: &str = "hidden-in-here";

    /// The one connection that there is; its secret is `PASSWORD`.
    struct One(Record);

    impl Connections for One {
        fn connection(&self, _: &str) -> Result<Record, Fault> {
            Ok(self.0.clone())
        }

        fn secret(&self, text: &str) -> Result<Secret, Fault> {
            match text {
                "${secret:HERE}" => Ok(Secret::new(PASSWORD)),
                _ => Err(Fault::fatal(&code::NO_SECRET, "the secret `AWAY` is not on this host")),
            }
        }
    }

    fn node(value: Value) -> Node {
        Node { value, span: Span::NONE }
    }

    fn text(text: &str) -> Node {
        node(Value::Text(Text { text: text.into(), verbatim: None }))
    }

    fn record(fields: &[(&'static str, Node)]) -> Node {
        node(Value::Record(Record { fields: fields.to_vec() }))
    }

    fn texts(fields: &[(&'static str, &str)]) -> Node {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, text(value))).collect();
        record(&fields)
    }

    fn find(fields: &[(&'static str, Node)]) -> Result<Connection, Fault> {
        let brokers = node(Value::List(vec![text("a:1"), text("b:2")]));
        let kafka = record(&[&[("brokers", brokers)], fields].concat());
        Connection::find(&One(Record { fields: vec![("kafka", kafka)] }), "here")
    }

    /// What a connection with these fields sets, or why it is refused.
    #[track_caller]
    fn check(fields: &[(&'static str, Node)], expect: &str) {
        let said = match find(fields) {
            Ok(connection) => {
                assert!(!format!("{connection:?}").contains(PASSWORD), "{connection:?}");
                connection.conf("test").expect("a configuration");
                let set = connection.properties.iter().map(|(name, value)| format!("{name}={value}"));
                let mut set: Vec<String> = set.collect();
                set.extend(connection.password.iter().map(|password| {
                    assert_eq!(password.reveal(), PASSWORD);
                    format!("password={password:?}")
                }));
                set.join(" ")
            }
            Err(fault) => format!("{:?} {fault}", fault.kind),
        };
        assert_eq!(said, expect);
    }

    #[test]
    fn every_field_becomes_its_property() {
        let login = |mechanism: &str| {
            let password = ("password", "${secret:HERE}");
            ("sasl", texts(&[("mechanism", mechanism), ("user", "app"), password]))
        };
        check(&[], "security.protocol=plaintext");
        check(&[("tls", texts(&[]))], "security.protocol=ssl");
        for (word, name) in
            [("plain", "PLAIN"), ("scram_sha_256", "SCRAM-SHA-256"), ("scram_sha_512", "SCRAM-SHA-512")]
        {
            let rest = format!("sasl.mechanism={name} sasl.username=app password=•••");
            check(&[login(word)], &format!("security.protocol=sasl_plaintext {rest}"));
            check(&[("tls", texts(&[])), login(word)], &format!("security.protocol=sasl_ssl {rest}"));
        }
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str| {
            let path = folder.path().join(name).display().to_string();
            std::fs::write(&path, "").expect("a file");
            path
        };
        let (ca, certificate, key) = (file("ca"), file("certificate"), file("key"));
        let tls = texts(&[("ca", &ca), ("certificate", &certificate), ("key", &key)]);
        let files =
            format!("ssl.ca.location={ca} ssl.certificate.location={certificate} ssl.key.location={key}");
        check(&[("tls", tls)], &format!("security.protocol=ssl {files}"));
    }

    #[test]
    fn what_is_not_enough_for_a_client_is_refused_by_the_name_of_its_field() {
        let missing = "Away [FB0879] connection `here`: `no/such` (tls.ca) cannot be read: No such file or directory (os error 2)";
        check(&[("tls", texts(&[("ca", "no/such")]))], missing);
        let file = tempfile::NamedTempFile::new().expect("a file");
        let path = file.path().display().to_string();
        for half in ["certificate", "key"] {
            check(
                &[("tls", texts(&[(half, &path)]))],
                "Fatal [FB0879] connection `here`: `tls.certificate` and `tls.key` go together, and one is missing",
            );
        }
        let login = texts(&[("mechanism", "plain"), ("user", "app"), ("password", "${secret:AWAY}")]);
        check(&[("sasl", login)], "Fatal [FB0870] connection `here`: the secret `AWAY` is not on this host");
        let none = Connection::find(&One(Record::default()), "here").expect_err("it leads nowhere");
        assert_eq!(none.to_string(), "[FB0879] connection `here` leads to no Kafka cluster");
    }

    #[test]
    fn what_the_library_says_of_a_file_names_its_field() {
        let connection = find(&[]).expect("a connection");
        let fault = connection.refused("ssl.key.location failed: no start line");
        assert_eq!(fault.to_string(), "[FB0879] connection `here` (a:1,b:2): tls.key failed: no start line");
    }
}
