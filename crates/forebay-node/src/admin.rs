//! What a process says of itself over HTTP, on the loopback unless it is told otherwise: `/healthz`, `/readyz`, `/metrics`,
//! `/pipelines`. Answers are made from counters; asking often costs the engine nothing.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use forebay_types::code;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

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
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

type Views = Arc<[Arc<View>]>;

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

    pub fn serve(self, views: Vec<Arc<View>>) -> Result<Admin, Error> {
        let Bound { listener, address } = self;
        let refuse = |error| refuse(address, error);
        let (stop, stopped) = oneshot::channel::<()>();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(refuse)?;
        let serve = move || {
            runtime.block_on(async move {
                let Ok(listener) = TcpListener::from_std(listener) else { return };
                let served = axum::serve(listener, router(views.into()));
                tokio::select! {
                    _ = served.into_future() => {}
                    _ = stopped => {}
                }
            });
        };
        let thread = std::thread::Builder::new().name("forebay-admin".into()).spawn(serve).map_err(refuse)?;
        Ok(Admin { address, stop: Some(stop), thread: Some(thread) })
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
        .route("/readyz", get(move || async move { readiness(&ready) }))
        .route(
            "/metrics",
            get(move || async move {
                (
                    [(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")],
                    metrics::text(&counted),
                )
            }),
        )
        .route(
            "/pipelines",
            get(move || async move {
                let all: Value = shown.iter().map(|view| json::pipeline(view)).collect();
                ([(header::CONTENT_TYPE, "application/json")], format!("{all:#}\n"))
            }),
        )
        .fallback(|| async {
            (StatusCode::NOT_FOUND, "there are /healthz, /readyz, /metrics and /pipelines\n")
        })
}

/// Ready is who takes in records: every pipeline is at work and none waits.
fn readiness(views: &Views) -> impl IntoResponse + use<> {
    let mut lines = String::new();
    for view in views.iter() {
        let status = view.status();
        if status.phase != Phase::Running {
            let why = status.why.map_or(String::new(), |why| format!(": {why}"));
            lines.push_str(&format!("{} is {}{why}\n", view.pipeline, status.phase.word()));
        }
    }
    match lines.is_empty() {
        true => (StatusCode::OK, "ok\n".to_string()),
        false => (StatusCode::SERVICE_UNAVAILABLE, lines),
    }
}
