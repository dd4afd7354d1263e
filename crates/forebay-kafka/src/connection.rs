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
        let files = [
            ("ca", "ssl.ca.location"),
            ("certificate", "ssl.certificate.location"),
            ("key", "ssl.key.location"),
        ];
        for (field, property) in files {
            let Some(path) = tls.and_then(|tls| tls.text(field)) else { continue };
            // The client says neither which file it could not read nor why.
            std::fs::read(path).map_err(|error| {
                let message = format!("connection `{name}`: `{path}` (tls.{field}) cannot be read: {error}");
                Fault::fatal(&code::KAFKA_CONNECTION, message)
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
            password = Some(connections.secret(sasl.text("password").unwrap_or_default())?);
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
            ("log_level", "0"),
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

    /// How messages call it: with the addresses, since the name may be another in each environment.
    pub fn shown(&self) -> String {
        format!("connection `{}` ({})", self.name, self.brokers)
    }
}
