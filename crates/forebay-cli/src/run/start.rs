//! From plans to engines at work: everything that every pipeline needs is brought together before the first one starts.
//!
//! Either all pipelines of a run start or none does, and what keeps them from it is said of all of them. Where they begin anew,
//! nothing of an old state goes before that is known.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use forebay_node::{
    Admin, Bound, Engine, Error, Loaded, Options, Prepared, Registry, View, prepare, rehearse,
};

use super::link::{Begun, Past, Report, Reports};
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
}

impl Start<'_> {
    /// All pipelines at work with the server that shows them, or everything that is in the way.
    pub fn all(&self, reports: &mut Reports) -> Result<(Vec<Engine>, Admin), Vec<Error>> {
        let bound = self.bind().map_err(|error| vec![error])?;
        let prepared = self.prepare(reports)?;
        let views: Vec<Arc<View>> = prepared.iter().map(|prepared| prepared.view().clone()).collect();
        let begun =
            Begun { admin: bound.address(), committed: views.iter().map(|view| view.before()).collect() };
        let engines = launch(prepared)?;
        reports.send(&Report::Begun(begun));
        match bound.serve(views) {
            Ok(admin) => Ok((engines, admin)),
            Err(error) => {
                abort(engines);
                Err(vec![error])
            }
        }
    }

    /// The address of the worker before, so that who watches a run finds it again; another one where somebody has taken it.
    fn bind(&self) -> Result<Bound, Error> {
        let former = self.past.begun.as_ref().map(|begun| begun.admin);
        former.and_then(|former| Bound::at(former).ok()).map_or_else(|| Bound::at(self.args.admin), Ok)
    }

    fn prepare(&self, reports: &mut Reports) -> Result<Vec<Prepared>, Vec<Error>> {
        let fresh = self.args.fresh && self.past.begun.is_none();
        if fresh {
            // Before the first state goes: what keeps one pipeline from starting keeps all of them.
            every(self.loaded.pipelines.iter().map(|file| rehearse(self.registry, self.loaded, file)))?;
        }
        let began = Instant::now().checked_sub(self.past.elapsed).unwrap_or_else(Instant::now);
        let pipelines = self.loaded.pipelines.iter().zip(&self.states).enumerate();
        every(pipelines.map(|(at, (file, state))| {
            // The parent notes a crash where the state is, also one that happens while it is opened.
            reports.send(&Report::State(absolute(state)));
            let committed = self.past.begun.as_ref().and_then(|begun| begun.committed.get(at).copied());
            let options = Options {
                state: state.clone(),
                fresh,
                holder: Some(std::os::unix::process::parent_id()),
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

fn launch(prepared: Vec<Prepared>) -> Result<Vec<Engine>, Vec<Error>> {
    let mut engines = Vec::new();
    for prepared in prepared {
        match prepared.start() {
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
