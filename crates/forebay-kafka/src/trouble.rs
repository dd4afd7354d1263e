//! What an error of a client means for a pipeline.

use forebay_stage::Fault;
use forebay_stage::types::code::{self, Code};

use crate::raw::{ErrorCode, KafkaError};

/// What is to be done about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nobody answers, or not in time: it is tried again until somebody does.
    Away,
    /// The cluster does not let us in.
    Login,
    /// We are in, and may not do this.
    Rights,
    /// The topic is not there, or not to be seen.
    Topic,
    /// This message is not taken, and others are.
    Message,
    /// The client is of no use any more, or something that nobody expected.
    Client,
}

impl Trouble {
    pub fn of(error: ErrorCode) -> Trouble {
        use crate::raw::ErrorCode::*;
        match error {
            RD_KAFKA_RESP_ERR__AUTHENTICATION
            | RD_KAFKA_RESP_ERR__SSL
            | RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED
            | RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM
            | RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE => Trouble::Login,
            RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
            | RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED
            | RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED
            | RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED => Trouble::Rights,
            RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART
            | RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_ID
            | RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC
            | RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION
            | RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION => Trouble::Topic,
            RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE
            | RD_KAFKA_RESP_ERR_INVALID_RECORD
            | RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP
            | RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE
            | RD_KAFKA_RESP_ERR_INVALID_MSG => Trouble::Message,
            RD_KAFKA_RESP_ERR__TRANSPORT
            | RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN
            | RD_KAFKA_RESP_ERR__RESOLVE
            | RD_KAFKA_RESP_ERR__TIMED_OUT
            | RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE
            | RD_KAFKA_RESP_ERR__MSG_TIMED_OUT
            | RD_KAFKA_RESP_ERR__WAIT_COORD
            | RD_KAFKA_RESP_ERR__STATE
            | RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT
            | RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE
            | RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE
            | RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION
            | RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS
            | RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE
            | RD_KAFKA_RESP_ERR_NOT_COORDINATOR
            | RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS
            | RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND
            | RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR
            | RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION
            | RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS => Trouble::Away,
            _ => Trouble::Client,
        }
    }

    pub fn code(self) -> &'static Code {
        match self {
            Trouble::Away => &code::KAFKA_AWAY,
            Trouble::Login => &code::KAFKA_LOGIN,
            Trouble::Rights => &code::KAFKA_RIGHTS,
            Trouble::Topic => &code::KAFKA_TOPIC,
            Trouble::Message => &code::MESSAGE_REFUSED,
            Trouble::Client => &code::KAFKA_FAILED,
        }
    }

    /// What helps, as the end of a message.
    fn cure(self, text: &str) -> String {
        match self {
            Trouble::Login => format!("; {}", login_cure(text)),
            Trouble::Rights => "; the README lists the rights that a pipeline needs".into(),
            _ => String::new(),
        }
    }

    /// What is said of an error at a place.
    pub fn says(self, place: &str, error: &KafkaError) -> String {
        let text = error.text.trim_end_matches(['.', ' ']);
        format!("{place}: {text}{}", self.cure(text))
    }
}

/// What the client says where the two sides do not speak the same: it takes that for a connection that was lost.
const MISFITS: [&str; 2] = ["connecting to a SSL listener?", "broker might require SASL"];

/// What helps where a login is refused, by what the client or the broker says.
fn login_cure(text: &str) -> &'static str {
    let cures = [
        ("connecting to a SSL listener?", "the port seems to speak TLS: write `tls` into the connection"),
        ("broker might require SASL", "the port seems to want a login: write `sasl` into the connection"),
        ("wrong version number", "the port seems to speak no TLS: leave `tls` out, or name another port"),
        ("plaintext listener", "the port seems to speak no TLS: leave `tls` out, or name another port"),
        ("certificate verify failed", "`tls.ca` has to name who signed the certificate of the broker"),
        ("certificate required", "the port wants a certificate of us: `tls.certificate` and `tls.key`"),
        ("alert", "the broker does not take our certificate: look at `tls.certificate` and `tls.key`"),
        ("mechanism", "write one that the broker has as `sasl.mechanism`"),
    ];
    let found = cures.iter().find(|(says, _)| text.contains(says));
    found.map_or("look at `sasl` and `tls` of the connection, and at the secret on this host", |(_, cure)| *cure)
}

/// What goes wrong before anything was answered: a refused login ends a pipeline there, and what is away is waited for.
#[derive(Debug, Default)]
pub struct Beginning {
    /// The last that the client told of its connections; it tells the same only once.
    last: Option<KafkaError>,
    misfits: u32,
}

/// A broker that ends looks like one that speaks something else; one that speaks something else stays so.
const MISFITS_THAT_COUNT: u32 = 2;

impl Beginning {
    /// A question was not answered in time. `told` is what the client told since the last one; the answer is what is waited for.
    pub fn unanswered(
        &mut self,
        connection: &str,
        told: Vec<KafkaError>,
        error: &KafkaError,
    ) -> Result<String, Fault> {
        if let Some(refused) = told.iter().find(|error| Trouble::of(error.code) == Trouble::Login) {
            return Err(fatal(connection, refused));
        }
        let is_news = |error: &&KafkaError| error.code != ErrorCode::RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
        if let Some(news) = told.iter().rfind(is_news) {
            self.last = Some(news.clone());
        }
        let why = self.last.as_ref().unwrap_or(error);
        self.misfits = if MISFITS.iter().any(|says| why.text.contains(says)) { self.misfits + 1 } else { 0 };
        match self.misfits {
            MISFITS_THAT_COUNT.. => Err(Fault::fatal(&code::KAFKA_LOGIN, Trouble::Login.says(connection, why))),
            _ => Ok(format!("{connection}: {}", why.text)),
        }
    }
}

/// The fault that ends what cannot go on with this error.
pub fn fatal(place: &str, error: &KafkaError) -> Fault {
    let trouble = Trouble::of(error.code);
    Fault::fatal(trouble.code(), trouble.says(place, error))
}
