//! What may be asked of a running pipeline: `POST /pipelines/NAMESPACE/NAME/VERB` with `pause`, `resume`, `stop` or `tap`.
//!
//! What stops a pipeline or shows its records is for its own user on this machine, and for no web page that a browser of that user
//! happens to show. Four things are asked for: the connection comes from the loopback; it was opened by the user whose pipelines
//! these are, or by root; `Host` is an address or `localhost`, and not a name that somebody made lead here; the content type is
//! JSON, which a page of another origin cannot send unasked.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Path};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use forebay_types::code::{self, Code};
use futures_util::stream;
use serde_json::{Value, json};

use super::{Shown, peer};
use crate::status::{Phase, View};
use crate::tap::{Outlet, Tap};
use crate::{Error, json as shown};

/// What whoever runs the pipelines is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    Pause,
    Resume,
    /// Take in nothing more and end when everything is committed.
    Drain,
    /// End at once.
    Abort,
}

/// How soon something is seen to be done.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Looks for something that is done at once.
const LOOKS: u32 = 250;
/// A line while a pipeline comes to its end.
const TELL_EVERY: Duration = Duration::from_millis(500);

pub(super) type From = (Path<(String, String, String)>, ConnectInfo<SocketAddr>, HeaderMap, Bytes);

/// Does what is asked, or says why not.
pub(super) async fn order(shown: &Shown, from: From) -> Response {
    let (Path((namespace, name, verb)), ConnectInfo(peer), headers, body) = from;
    let own = rustix::process::getuid().as_raw();
    let trusted = trusted(peer.ip(), &headers).and_then(|()| is_of(peer::user_of(peer, shown.port), own));
    let answer = match trusted {
        Ok(()) => obey(shown, &format!("{namespace}/{name}"), &verb, &body).await,
        Err(why) => refuse(StatusCode::FORBIDDEN, &code::ORDER_REFUSED, why),
    };
    answer.unwrap_or_else(IntoResponse::into_response)
}

/// Whether somebody on this machine asks, by an own decision.
fn trusted(peer: IpAddr, headers: &HeaderMap) -> Result<(), String> {
    let text = |name: header::HeaderName| {
        headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    };
    if !peer.to_canonical().is_loopback() {
        return Err(format!("orders and taps are taken from this machine alone, and not from {peer}"));
    }
    let host = text(header::HOST);
    if !is_own(host) {
        return Err(format!("`Host: {host}` is neither an address nor localhost"));
    }
    let kind = text(header::CONTENT_TYPE).split(';').next().unwrap_or_default().trim();
    if kind != "application/json" {
        return Err("an order needs the header `content-type: application/json`".into());
    }
    Ok(())
}

/// Whether it is the user whose pipelines these are who asks.
fn is_of(user: Option<u32>, own: u32) -> Result<(), String> {
    match user {
        Some(user) if user == own || user == 0 => Ok(()),
        Some(user) => Err(format!("orders and taps are taken from user {own}, and not from user {user}")),
        None => Err("the system does not tell whose connection this is".to_string()),
    }
}

/// An address, with or without a port, or `localhost`.
fn is_own(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    };
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    bare.parse::<IpAddr>().is_ok() || name.eq_ignore_ascii_case("localhost")
}

async fn obey(shown: &Shown, pipeline: &str, verb: &str, body: &[u8]) -> Result<Response, Refused> {
    let Some(view) = shown.views.iter().find(|view| view.pipeline == pipeline) else {
        let message = format!("no pipeline `{pipeline}` runs here");
        return refuse(StatusCode::NOT_FOUND, &code::NOT_RUNNING, message);
    };
    let said: Value = match body {
        [] => Value::Null,
        text => match serde_json::from_slice(text) {
            Ok(said) => said,
            Err(error) => {
                return refuse(StatusCode::BAD_REQUEST, &code::ORDER_REFUSED, format!("no JSON: {error}"));
            }
        },
    };
    match verb {
        "pause" => hold(shown, view, Ask::Pause).await,
        "resume" => hold(shown, view, Ask::Resume).await,
        "stop" => Ok(stop(shown, view, &said)),
        "tap" => tap(view, &said),
        _ => {
            let message = format!("there is no `{verb}`; there are pause, resume, stop and tap");
            refuse(StatusCode::NOT_FOUND, &code::ORDER_REFUSED, message)
        }
    }
}

/// Pauses or resumes; answers when it is done.
async fn hold(shown: &Shown, view: &Arc<View>, ask: Ask) -> Result<Response, Refused> {
    let was = view.status().phase;
    if was.is_over() || was == Phase::Draining {
        let message = format!("{} is {}: it takes in nothing more", view.pipeline, was.word());
        return refuse(StatusCode::CONFLICT, &code::ORDER_REFUSED, message);
    }
    let was_paused = view.is_paused();
    (shown.obey)(&view.pipeline, ask);
    for _ in 0..LOOKS {
        if view.is_paused() == (ask == Ask::Pause) || view.is_over() {
            break;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let status = view.status();
    let answer = json!({
        "pipeline": view.pipeline,
        "was_paused": was_paused,
        "phase": status.phase.word(),
        "in_flight": status.in_flight(),
    });
    Ok(one(StatusCode::OK, &answer))
}

/// Asks for the end, and tells how it comes: a line each half second, and the last one when nothing of the pipeline is left.
fn stop(shown: &Shown, view: &Arc<View>, said: &Value) -> Response {
    let now = said["now"].as_bool().unwrap_or_default();
    (shown.obey)(&view.pipeline, if now { Ask::Abort } else { Ask::Drain });
    let begin = (view.clone(), shown.views.clone(), false);
    lines(stream::unfold(begin, |(view, all, is_told)| async move {
        if is_told {
            return None;
        }
        let mut waited = Duration::ZERO;
        while waited < TELL_EVERY && !view.is_gone() {
            tokio::time::sleep(LOOK_EVERY).await;
            waited += LOOK_EVERY;
        }
        let is_gone = view.is_gone();
        let is_last = is_gone && all.iter().all(|view| view.is_gone());
        Some((line(&shown::end(&view, is_gone, is_last)), (view, all, is_gone)))
    }))
}

fn tap(view: &Arc<View>, said: &Value) -> Result<Response, Refused> {
    let node = said["node"].as_str().unwrap_or_default();
    let outlet = Outlet::find(&view.outlets, &view.pipeline, node, said["port"].as_str());
    let outlet = outlet.map_err(|error| Refused::of(StatusCode::NOT_FOUND, error))?;
    let tap = Tap::open(view, outlet, said["rate"].as_f64().unwrap_or(10.0));
    let tap = tap.map_err(|error| Refused::of(StatusCode::TOO_MANY_REQUESTS, error))?;
    Ok(lines(stream::unfold(tap, |mut tap| async {
        let line = tap.next().await?;
        Some((line, tap))
    })))
}

fn lines(lines: impl stream::Stream<Item = Vec<u8>> + Send + 'static) -> Response {
    let body = Body::from_stream(stream::StreamExt::map(lines, Ok::<_, Infallible>));
    ([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response()
}

fn line(value: &Value) -> Vec<u8> {
    format!("{value}\n").into_bytes()
}

fn one(status: StatusCode, value: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], format!("{value}\n")).into_response()
}

/// Why an order is not followed.
struct Refused {
    status: StatusCode,
    code: &'static Code,
    message: String,
}

fn refuse<T>(status: StatusCode, code: &'static Code, message: impl Into<String>) -> Result<T, Refused> {
    Err(Refused { status, code, message: message.into() })
}

impl Refused {
    fn of(status: StatusCode, error: Error) -> Refused {
        Refused { status, code: error.code, message: error.message }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        one(self.status, &json!({ "code": self.code.id, "message": self.message }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(peer: &str, host: &str, kind: &str, expect: &str) {
        let mut headers = HeaderMap::new();
        for (name, value) in [(header::HOST, host), (header::CONTENT_TYPE, kind)] {
            if !value.is_empty() {
                headers.insert(name, value.parse().expect("a header"));
            }
        }
        let answer = trusted(peer.parse().expect("an address"), &headers);
        assert_eq!(answer.err().unwrap_or_default(), expect, "{peer} {host} {kind}");
    }

    #[test]
    fn orders_come_from_the_own_user_and_root() {
        let check =
            |user: Option<u32>, is_well: bool| assert_eq!(is_of(user, 1_000).is_ok(), is_well, "{user:?}");
        check(Some(1_000), true);
        check(Some(0), true);
        check(Some(1_001), false);
        check(None, false);
    }

    #[test]
    fn orders_come_from_this_machine_and_from_no_web_page() {
        let json = "application/json";
        for host in
            ["127.0.0.1:9100", "127.0.0.1", "localhost:9100", "LOCALHOST", "[::1]:9100", "::1", "10.0.0.7:1"]
        {
            check("127.0.0.1", host, json, "");
        }
        check("::1", "[::1]:9100", "application/json; charset=utf-8", "");
        check("::ffff:127.0.0.1", "localhost", json, "");
        let far = "orders and taps are taken from this machine alone, and not from 10.0.0.7";
        check("10.0.0.7", "10.0.0.7:9100", json, far);
        for host in ["evil.example:9100", "127.0.0.1.evil.example", "localhost.evil.example:80", ""] {
            check("127.0.0.1", host, json, &format!("`Host: {host}` is neither an address nor localhost"));
        }
        for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
            check(
                "127.0.0.1",
                "localhost",
                kind,
                "an order needs the header `content-type: application/json`",
            );
        }
    }
}
