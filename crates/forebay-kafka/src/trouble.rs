//! What an error of a client means for a pipeline.

use std::time::{Duration, Instant};

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

/// What the client says where the two sides do not speak the same: that the connection was closed, and what it had come to.
const MISFITS: [&str; 3] = [ENCRYPTION, "in state SSL_HANDSHAKE", "in state UP"];
const ENCRYPTION: &str = "in state APIVERSION_QUERY";

/// What helps where a login is refused, by what the client or the broker says.
fn login_cure(text: &str) -> &'static str {
    let cures = [
        ("certificate verify failed", "`tls.ca` has to name who signed the certificate of the broker"),
        (" alert ", "the port wants another certificate of us: look at `tls.certificate` and `tls.key`"),
        ("wrong version number", "the port seems to speak no TLS: leave `tls` out, or name another port"),
        ("in state SSL_HANDSHAKE", "the port seems to speak no TLS: leave `tls` out, or name another port"),
        (ENCRYPTION, "the port seems to speak TLS: write `tls` into the connection"),
        ("in state UP", "the port seems to want a login: write `sasl` into the connection"),
        ("mechanism handshake failed", "write one that the broker has as `sasl.mechanism`"),
    ];
    let found = cures.iter().find(|(says, _)| text.contains(says));
    found.map_or("look at `sasl` and `tls` of the connection, and at the secret on this host", |(_, cure)| {
        *cure
    })
}

/// Whether the other side does not let us in. What it says of our certificate comes as a connection that was lost.
fn is_refusal(error: &KafkaError) -> bool {
    Trouble::of(error.code) == Trouble::Login || error.text.contains("SSL routines")
}

/// What goes wrong before anything was answered: a refused login ends a pipeline there, and what is away is waited for.
#[derive(Debug, Default)]
pub struct Beginning {
    /// The last that the client told of its connections; it tells the same only once.
    last: Option<KafkaError>,
    misfits: u32,
    /// Somebody answered, and did not know the topic.
    missing_since: Option<Instant>,
}

/// A broker that ends looks like one that speaks something else; one that speaks something else stays so.
const MISFITS_THAT_COUNT: u32 = 2;
/// A topic that was made a moment ago is known to all brokers after this.
const KNOWN_WITHIN: Duration = Duration::from_secs(1);

impl Beginning {
    /// A question was not answered in time. `told` is what the client told since the last one; the answer is what is waited for.
    pub fn unanswered(
        &mut self,
        connection: &str,
        told: Vec<KafkaError>,
        error: &KafkaError,
    ) -> Result<String, Fault> {
        if let Some(refused) = told.iter().find(|error| is_refusal(error)) {
            return Err(Fault::fatal(&code::KAFKA_LOGIN, Trouble::Login.says(connection, refused)));
        }
        let is_news = |error: &&KafkaError| error.code != ErrorCode::RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
        if let Some(news) = told.iter().rfind(is_news) {
            self.last = Some(news.clone());
        }
        let why = self.last.as_ref().unwrap_or(error);
        self.misfits = if MISFITS.iter().any(|says| why.text.contains(says)) { self.misfits + 1 } else { 0 };
        match self.misfits {
            MISFITS_THAT_COUNT.. => {
                Err(Fault::fatal(&code::KAFKA_LOGIN, Trouble::Login.says(connection, why)))
            }
            _ => Ok(format!("{connection}: {}", why.text)),
        }
    }

    /// The topic is not there; true where it was not for so long that it will not come.
    pub fn is_missing(&mut self) -> bool {
        self.missing_since.get_or_insert_with(Instant::now).elapsed() >= KNOWN_WITHIN
    }
}

/// The fault that ends what cannot go on with this error.
pub fn fatal(place: &str, error: &KafkaError) -> Fault {
    let trouble = Trouble::of(error.code);
    Fault::fatal(trouble.code(), trouble.says(place, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raw::ErrorCode::*;

    fn error(code: ErrorCode, text: &str) -> KafkaError {
        KafkaError { code, text: text.into() }
    }

    #[test]
    fn an_error_means_what_is_to_be_done() {
        let check = |code, expect: &str| {
            let fault = fatal("place", &error(code, "words. "));
            assert_eq!(fault.to_string(), expect, "{code:?}");
        };
        check(RD_KAFKA_RESP_ERR__TRANSPORT, "[FB0871] place: words");
        check(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, "[FB0871] place: words");
        check(
            RD_KAFKA_RESP_ERR__AUTHENTICATION,
            "[FB0872] place: words; look at `sasl` and `tls` of the connection, and at the secret on this host",
        );
        check(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "[FB0873] place: words");
        check(
            RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
            "[FB0874] place: words; the README lists the rights that a pipeline needs",
        );
        check(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, "[FB0743] place: words");
        check(RD_KAFKA_RESP_ERR__FENCED, "[FB0878] place: words");
    }

    /// What several questions without an answer come to, with what the client told in between.
    #[track_caller]
    fn check(told: &[&[KafkaError]], expect: &[&str]) {
        let mut beginning = Beginning::default();
        let late = error(RD_KAFKA_RESP_ERR__TIMED_OUT, "late");
        let said: Vec<String> = told
            .iter()
            .map(|told| match beginning.unanswered("here", told.to_vec(), &late) {
                Ok(why) => format!("waits, {why}"),
                Err(fault) => fault.to_string(),
            })
            .collect();
        assert_eq!(said, expect);
    }

    #[test]
    fn what_is_away_is_waited_for_with_the_last_that_was_told() {
        let away = error(RD_KAFKA_RESP_ERR__TRANSPORT, "refused");
        let down = error(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1 brokers are down");
        check(
            &[&[], &[away, down.clone()], &[down], &[]],
            &["waits, here: late", "waits, here: refused", "waits, here: refused", "waits, here: refused"],
        );
    }

    #[test]
    fn a_refusal_ends_it_at_once_and_another_language_when_it_lasts() {
        let refused = error(RD_KAFKA_RESP_ERR__AUTHENTICATION, "PLAIN mechanism handshake failed");
        check(
            &[&[refused]],
            &[
                "[FB0872] here: PLAIN mechanism handshake failed; write one that the broker has as `sasl.mechanism`",
            ],
        );
        let alert = error(RD_KAFKA_RESP_ERR__TRANSPORT, "SSL routines::sslv3 alert bad certificate");
        let wrong = "[FB0872] here: SSL routines::sslv3 alert bad certificate; the port wants another certificate of us: look at \
                     `tls.certificate` and `tls.key`";
        check(&[&[alert]], &[wrong]);
        let closed =
            error(RD_KAFKA_RESP_ERR__TRANSPORT, "Disconnected (after 0ms in state APIVERSION_QUERY)");
        let (waits, ends) = (
            "waits, here: Disconnected (after 0ms in state APIVERSION_QUERY)",
            "[FB0872] here: Disconnected (after 0ms in state APIVERSION_QUERY); the port seems to speak TLS: write `tls` into the connection",
        );
        let closed = [closed];
        check(&[&closed, &[]], &[waits, ends]);
        // A broker that was just about to end.
        let away = error(RD_KAFKA_RESP_ERR__TRANSPORT, "refused");
        check(&[&closed, &[away], &closed], &[waits, "waits, here: refused", waits]);
    }
}
