//! From plans to engines at work: everything that every pipeline needs is brought together before the first one starts.
//!
//! Either all pipelines of a run start or none does, and what keeps them from it is said of all of them. All are prepared, which
//! changes nothing, before the first one takes its state over; all have theirs before the first one runs.

use std::net::SocketAddr;
use std::os::unix::process::parent_id;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Instant;

use forebay_node::{
    Admin, Begun, Bound, Engine, Error, Found, Loaded, Options, Prepared, Registry, View, announce, prepare,
};
use serde_json::json;

use super::link::{Order, Past, Report, Reports, Wish};
use super::voice::{Level, Voice};
use super::worker::LEAVE_AFTER;
use crate::args::Run;

/// What a start needs.
pub struct Start<'a> {
    pub args: &'a Run,
    pub registry: &'a Registry,
    pub loaded: &'a Loaded,
    /// The state directory of each pipeline.
    pub states: Vec<PathBuf>,
    pub past: Past,
    pub voice: &'a Voice,
    /// What is asked of pipelines goes here.
    pub orders: Sender<Order>,
}

impl Start<'_> {
    /// All pipelines at work with the server that shows them, or everything that is in the way.
    pub fn all(&self, reports: &mut Reports) -> Result<(Vec<Engine>, Admin), Vec<Error>> {
        // First of all: bringing a large state back takes its time, and whoever probes this process is to know that it lives.
        let admin = self.bind().and_then(Bound::serve).map_err(|error| vec![error])?;
        reports.send(&Report::Admin(admin.address()));
        self.announce(admin.address());
        let prepared = self.prepare()?;
        let views: Vec<Arc<View>> = prepared.iter().map(|prepared| prepared.view().clone()).collect();
        views.iter().for_each(|view| self.go_on_as_wished(view));
        // What has not begun when one cannot stays as it was.
        let begun = prepared.into_iter().map(Prepared::begin).collect::<Result<Vec<_>, _>>();
        let begun = begun.map_err(|error| vec![error])?;
        // From here on marks are of this run: a crash before it has nothing to note.
        self.states.iter().for_each(|state| reports.send(&Report::State(absolute(state))));
        reports.send(&Report::Begun(views.iter().map(|view| view.before()).collect()));
        let engines = launch(begun)?;
        let orders = self.orders.clone();
        // A worker that takes no orders any more is at its end.
        admin.show(views, Box::new(move |of, ask| drop(orders.send(Order::Of(of.to_string(), ask)))));
        Ok((engines, admin))
    }

    /// From here on others find the run, which may have to bring a large state back first.
    fn announce(&self, admin: SocketAddr) {
        let names =
            |file: &forebay_node::PipelineFile| Some((file.plan.as_ref()?.name.clone(), file.path.clone()));
        let pipelines = self.loaded.pipelines.iter().filter_map(names).collect();
        if let Err(error) = announce(&Found { pid: parent_id(), admin, pipelines }) {
            // The pipelines run all the same; others only have to be told where.
            let words = format!(
                "nobody will find this run by its name: the run-time directory cannot be written: {error}"
            );
            self.voice.say(Level::Warn, "unannounced", &words, json!({}));
        }
    }

    /// What was asked of a pipeline before a worker died is not forgotten.
    fn go_on_as_wished(&self, view: &View) {
        match self.past.wishes.get(&view.pipeline) {
            Some(Wish::Paused) => view.shared().wish.pause(),
            Some(Wish::Stopped) => view.shared().wish.drain(),
            Some(Wish::Resumed) | None => {}
        }
    }

    /// The address of the worker before, so that who watches a run finds it again; another one where somebody has taken it.
    fn bind(&self) -> Result<Bound, Error> {
        let former = self.past.admin.and_then(|former| Bound::at(former).ok());
        former.map_or_else(|| Bound::at(self.args.admin), Ok)
    }

    fn prepare(&self) -> Result<Vec<Prepared>, Vec<Error>> {
        let Past { elapsed, begun, .. } = &self.past;
        let began = Instant::now().checked_sub(*elapsed).unwrap_or_else(Instant::now);
        let pipelines = self.loaded.pipelines.iter().zip(&self.states).enumerate();
        every(pipelines.map(|(at, (file, state))| {
            let committed = begun.as_ref().and_then(|committed| committed.get(at).copied());
            let options = Options {
                state: state.clone(),
                fresh: self.args.fresh && begun.is_none(),
                holder: Some(parent_id()),
                run: forebay_node::Run { began, committed },
            };
            prepare(self.registry, self.loaded, file, &options)
        }))
    }
}

/// All that is good, or all that is wrong.
fn every<T>(results: impl Iterator<Item = Result<T, Error>>) -> Result<Vec<T>, Vec<Error>> {
    let (mut good, mut wrong) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(one) => good.push(one),
            Err(error) => wrong.push(error),
        }
    }
    if wrong.is_empty() { Ok(good) } else { Err(wrong) }
}

fn launch(begun: Vec<Begun>) -> Result<Vec<Engine>, Vec<Error>> {
    let mut engines = Vec::new();
    for begun in begun {
        match begun.start() {
            Ok(engine) => engines.push(engine),
            Err(error) => {
                abort(engines);
                return Err(vec![error]);
            }
        }
    }
    Ok(engines)
}

fn abort(engines: Vec<Engine>) {
    engines.iter().for_each(Engine::abort);
    engines.into_iter().for_each(|mut engine| drop(engine.wait_for(LEAVE_AFTER)));
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}
