//! How a run is spoken to: HTTP to its admin address. Answers come within a second or not at all; what goes on, as a tap does,
//! gives a sign of life each second.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use forebay_node::Error;
use forebay_types::code;
use serde_json::Value;
use ureq::{Agent, Body, http};

use super::Refusal;

/// For an answer as a whole.
const PATIENCE: Duration = Duration::from_secs(1);
/// Without a sign of life the other end is gone.
const SILENCE: Duration = Duration::from_secs(5);
/// An answer may be as large as a pipeline of many streams makes it.
const LARGEST: u64 = 1 << 30;
const STARTING: u16 = 503;

/// Why there is no answer.
#[derive(Debug)]
pub enum Silent {
    /// The process lives, and its pipelines are being started.
    Starting,
    /// Nobody is there, or it takes too long.
    Away(String),
    /// It answers, and refuses.
    Refused(Refusal),
}

/// For answers that take so long as a whole, or that begin soon and go on.
fn agent(whole: Option<Duration>) -> Agent {
    let config = Agent::config_builder().proxy(None).max_redirects(0).http_status_as_error(false);
    let config = config.timeout_connect(Some(PATIENCE)).timeout_per_read(Some(SILENCE));
    config.timeout_recv_response(Some(whole.unwrap_or(PATIENCE))).timeout_global(whole).build().into()
}

/// What all pipelines of a run show of themselves.
pub fn pipelines(admin: SocketAddr) -> Result<Vec<Value>, Silent> {
    let answer = agent(Some(PATIENCE)).get(format!("http://{admin}/pipelines")).call();
    match value(answer)? {
        Value::Array(all) => Ok(all),
        _ => Err(Silent::Away(format!("what answers at {admin} is not Forebay"))),
    }
}

/// Asks something of a pipeline that is done at once.
pub fn order(admin: SocketAddr, pipeline: &str, verb: &str) -> Result<Value, Silent> {
    value(post(&agent(Some(SILENCE * 2)), admin, pipeline, verb, &Value::Null))
}

/// Asks something of a pipeline that is told about line by line: the receiver ends when the other end does.
pub fn watch(admin: SocketAddr, pipeline: &str, verb: &str, body: &Value) -> Result<Receiver<Value>, Silent> {
    let mut answer = post(&agent(None), admin, pipeline, verb, body).map_err(away)?;
    if !answer.status().is_success() {
        return Err(refused(answer.status().as_u16(), &text(&mut answer)?));
    }
    let (sender, receiver) = sync_channel(16);
    let lines = BufReader::new(answer.into_body().into_with_config().limit(u64::MAX).reader()).lines();
    let work = move || {
        for line in lines.map_while(Result::ok) {
            let Ok(value) = serde_json::from_str(&line) else { return };
            if sender.send(value).is_err() {
                return;
            }
        }
    };
    match std::thread::Builder::new().name("forebay-lines".into()).spawn(work) {
        Ok(_) => Ok(receiver),
        Err(error) => Err(Silent::Away(format!("the system gives no thread: {error}"))),
    }
}

fn post(
    agent: &Agent,
    admin: SocketAddr,
    pipeline: &str,
    verb: &str,
    body: &Value,
) -> Result<http::Response<Body>, ureq::Error> {
    let url = format!("http://{admin}/pipelines/{pipeline}/{verb}");
    agent.post(url).header("content-type", "application/json").send(body.to_string())
}

fn value(answer: Result<http::Response<Body>, ureq::Error>) -> Result<Value, Silent> {
    let mut answer = answer.map_err(away)?;
    let text = text(&mut answer)?;
    match answer.status().is_success() {
        true => {
            serde_json::from_str(&text).map_err(|_| Silent::Away("what answers there is not Forebay".into()))
        }
        false => Err(refused(answer.status().as_u16(), &text)),
    }
}

fn text(answer: &mut http::Response<Body>) -> Result<String, Silent> {
    answer.body_mut().with_config().limit(LARGEST).read_to_string().map_err(away)
}

fn away(error: ureq::Error) -> Silent {
    Silent::Away(match error {
        ureq::Error::Timeout(_) => "no answer in time".into(),
        ureq::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    })
}

fn refused(status: u16, text: &str) -> Silent {
    if status == STARTING {
        return Silent::Starting;
    }
    let said: Value = serde_json::from_str(text).unwrap_or_default();
    let found = said["code"].as_str().and_then(code::find);
    match (found, said["message"].as_str()) {
        (Some(code), Some(message)) => Silent::Refused(Refusal(Error::new(code, message))),
        _ => Silent::Away(format!("what answers there is not this Forebay: status {status}")),
    }
}
