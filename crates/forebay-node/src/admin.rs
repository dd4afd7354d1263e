//! What a process says of itself over HTTP, on the loopback unless it is told otherwise: `/healthz`, `/readyz`, `/metrics`,
//! `/pipelines`. Answers are made from counters; asking often costs the engine nothing. What may be asked of a pipeline stands in
//! `orders`.
//!
//! It answers before there is a pipeline to show, and whoever stands in for a process that is to come back answers the same:
//! `/healthz` says that nobody has to step in, whatever the pipelines wait for, and `/readyz` that they are at work.

mod orders;
mod peer;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use forebay_types::code;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::metrics::Format;
use crate::status::{Phase, View};
use crate::{Error, json, metrics};

pub use orders::Ask;

/// How long answers that are under way at the end may take: who waits for the end of a pipeline is to hear of it.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// An address that is taken, before there is anything to serve.
pub struct Bound {
    listener: std::net::TcpListener,
    address: SocketAddr,
}

/// The server on a thread of its own. Dropping it ends both.
pub struct Admin {
    address: SocketAddr,
    shown: Shared,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What there is to show, once there is something.
type Shared = Arc<OnceLock<Shown>>;

/// Whoever runs the pipelines: is told what is asked of which, and does it soon.
pub type Obey = Box<dyn Fn(&str, Ask) + Send + Sync>;

struct Shown {
    port: u16,
    views: Vec<Arc<View>>,
    obey: Obey,
}

impl Bound {
    /// Where it is, with the port that was given.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes an address; port 0 is any free one.
    pub fn at(address: SocketAddr) -> Result<Bound, Error> {
        let refuse = |error| refuse(address, error);
        let listener = std::net::TcpListener::bind(address).map_err(refuse)?;
        listener.set_nonblocking(true).map_err(refuse)?;
        let address = listener.local_addr().map_err(refuse)?;
        Ok(Bound { listener, address })
    }

    /// Answers from now on; what is not [shown](Admin::show) yet is not ready.
    pub fn serve(self) -> Result<Admin, Error> {
        let Bound { listener, address } = self;
        let refuse = |error| refuse(address, error);
        let (stop, stopped) = oneshot::channel::<()>();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(refuse)?;
        let shown = Shared::default();
        let service = router(shown.clone()).into_make_service_with_connect_info::<SocketAddr>();
        let serve = move || {
            runtime.block_on(async move {
                let Ok(listener) = TcpListener::from_std(listener) else { return };
                let (end, ended) = oneshot::channel::<()>();
                let last_words = async {
                    let _ = ended.await;
                };
                let served = axum::serve(listener, service).with_graceful_shutdown(last_words);
                let mut served = std::pin::pin!(served.into_future());
                tokio::select! {
                    _ = &mut served => return,
                    _ = stopped => drop(end),
                }
                let _ = tokio::time::timeout(LAST_WORDS, served).await;
            });
        };
        let thread = std::thread::Builder::new().name("forebay-admin".into()).spawn(serve).map_err(refuse)?;
        Ok(Admin { address, shown, stop: Some(stop), thread: Some(thread) })
    }
}

fn refuse(address: SocketAddr, error: io::Error) -> Error {
    let message = format!("the admin server cannot use {address}: {error}; take another with --admin ADDR");
    Error::new(&code::ADMIN_ADDRESS, message)
}

impl Admin {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Shows these pipelines from now on, and hands on what is asked of them. For the first call; a process has its pipelines
    /// once.
    pub fn show(&self, views: Vec<Arc<View>>, obey: Obey) {
        let _ = self.shown.set(Shown { port: self.address.port(), views, obey });
    }
}

impl Drop for Admin {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn router(shown: Shared) -> Router {
    let (ready, counted, ordered) = (shown.clone(), shown.clone(), shown.clone());
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route(
            "/readyz",
            get(move || async move { at_work(&ready).and_then(|shown| readiness(&shown.views)) }),
        )
        .route(
            "/metrics",
            get(move |asked: HeaderMap| async move {
                let accept = asked.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
                let format = Format::accepted(accept);
                let kind = [(header::CONTENT_TYPE, format.content_type())];
                at_work(&counted).map(|shown| (kind, metrics::text(&shown.views, format)))
            }),
        )
        .route(
            "/pipelines",
            get(move || async move {
                let all = |views: &[Arc<View>]| -> serde_json::Value {
                    views.iter().map(|view| json::pipeline(view)).collect()
                };
                let text = |shown: &Shown| {
                    ([(header::CONTENT_TYPE, "application/json")], format!("{:#}\n", all(&shown.views)))
                };
                at_work(&shown).map(text)
            }),
        )
        .route(
            "/pipelines/{namespace}/{name}/{verb}",
            post(move |path, peer, headers, body| async move {
                match at_work(&ordered) {
                    Ok(shown) => orders::order(shown, (path, peer, headers, body)).await,
                    Err(unready) => unready.into_response(),
                }
            }),
        )
        .fallback(|| async {
            (StatusCode::NOT_FOUND, "there are /healthz, /readyz, /metrics and /pipelines\n")
        })
}

/// Not now, and why.
type Unready = (StatusCode, String);

fn at_work(shown: &Shared) -> Result<&Shown, Unready> {
    let unready = || (StatusCode::SERVICE_UNAVAILABLE, "the pipelines are being started\n".to_string());
    shown.get().ok_or_else(unready)
}

/// Ready is who takes in records: every pipeline is at work and none waits.
fn readiness(views: &[Arc<View>]) -> Result<&'static str, Unready> {
    let mut lines = String::new();
    for view in views {
        let status = view.status();
        if status.phase != Phase::Running {
            let why = status.why.map_or(String::new(), |why| format!(": {why}"));
            lines.push_str(&format!("{} is {}{why}\n", view.pipeline, status.phase.word()));
        }
    }
    if lines.is_empty() { Ok("ok\n") } else { Err((StatusCode::SERVICE_UNAVAILABLE, lines)) }
}
