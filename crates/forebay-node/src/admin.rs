//! What a process says of itself over HTTP, on the loopback unless it is told otherwise: `/healthz`, `/readyz`, `/metrics`,
//! `/pipelines`. Answers are made from counters; asking often costs the engine nothing.
//!
//! It answers before there is a pipeline to show, and whoever stands in for a process that is to come back answers the same:
//! `/healthz` says that nobody has to step in, whatever the pipelines wait for, and `/readyz` that they are at work.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::get;
use forebay_types::code;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::metrics::Format;
use crate::status::{Phase, View};
use crate::{Error, json, metrics};

/// An address that is taken, before there is anything to serve.
pub struct Bound {
    listener: std::net::TcpListener,
    address: SocketAddr,
}

/// The server on a thread of its own. Dropping it ends both.
pub struct Admin {
    address: SocketAddr,
    views: Views,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What there is to show, once there is something.
type Views = Arc<OnceLock<Vec<Arc<View>>>>;

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
        let views = Views::default();
        let router = router(views.clone());
        let serve = move || {
            runtime.block_on(async move {
                let Ok(listener) = TcpListener::from_std(listener) else { return };
                let served = axum::serve(listener, router);
                tokio::select! {
                    _ = served.into_future() => {}
                    _ = stopped => {}
                }
            });
        };
        let thread = std::thread::Builder::new().name("forebay-admin".into()).spawn(serve).map_err(refuse)?;
        Ok(Admin { address, views, stop: Some(stop), thread: Some(thread) })
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

    /// Shows these pipelines from now on. For the first call; a process has its pipelines once.
    pub fn show(&self, views: Vec<Arc<View>>) {
        let _ = self.views.set(views);
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

fn router(views: Views) -> Router {
    let (ready, counted, shown) = (views.clone(), views.clone(), views);
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(move || async move { at_work(&ready).and_then(readiness) }))
        .route(
            "/metrics",
            get(move |asked: HeaderMap| async move {
                let accept = asked.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
                let format = Format::accepted(accept);
                let kind = [(header::CONTENT_TYPE, format.content_type())];
                at_work(&counted).map(|views| (kind, metrics::text(views, format)))
            }),
        )
        .route(
            "/pipelines",
            get(move || async move {
                let all = |views: &[Arc<View>]| -> serde_json::Value {
                    views.iter().map(|view| json::pipeline(view)).collect()
                };
                let text =
                    |views| ([(header::CONTENT_TYPE, "application/json")], format!("{:#}\n", all(views)));
                at_work(&shown).map(text)
            }),
        )
        .fallback(|| async {
            (StatusCode::NOT_FOUND, "there are /healthz, /readyz, /metrics and /pipelines\n")
        })
}

/// Not now, and why.
type Unready = (StatusCode, String);

fn at_work(views: &Views) -> Result<&[Arc<View>], Unready> {
    let unready = || (StatusCode::SERVICE_UNAVAILABLE, "the pipelines are being started\n".to_string());
    views.get().map(Vec::as_slice).ok_or_else(unready)
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
