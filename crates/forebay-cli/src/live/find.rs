//! Which run a name means: by the files of the run-time directory, or at the address that the call gives.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use forebay_node::{Found, running};
use forebay_types::code;
use forebay_types::nearest::nearest;
use serde_json::Value;

use super::client::{self, Silent};
use super::{Refusal, Target, refused};
use crate::args::Where;

/// A worker that has crashed, or a run that has just begun, is there soon.
const SOON: Duration = Duration::from_secs(10);
/// Between a worker that has crashed and whoever stands in for it nobody listens.
const NOBODY: Duration = Duration::from_millis(500);

/// A process that runs pipelines, and what it says.
pub struct Process {
    /// `None` where only its address is known, and it does not answer.
    pub pid: Option<u32>,
    pub admin: SocketAddr,
    /// Name and file of each.
    pub pipelines: Vec<(String, String)>,
    pub said: Result<Vec<Value>, Silent>,
}

/// A pipeline that runs.
pub struct Place {
    pub pid: u32,
    pub admin: SocketAddr,
    /// `NAMESPACE/NAME`.
    pub pipeline: String,
    /// The process runs nothing else.
    pub is_alone: bool,
}

/// Every process that is meant, asked all at once.
pub fn processes(at: &Where) -> Result<Vec<Process>, Refusal> {
    if let Some(admin) = at.admin {
        let said = client::pipelines(admin);
        let all = said.as_deref().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
        let pipelines = all.iter().map(|one| (text(&one["pipeline"]), text(&one["file"]))).collect();
        let pid = all.first().and_then(|one| u32::try_from(one["pid"].as_u64()?).ok());
        return Ok(vec![Process { pid, admin, pipelines, said }]);
    }
    let found = found(at)?;
    let asked = std::thread::scope(|scope| {
        let ask = |found: &Found| {
            let admin = found.admin;
            scope.spawn(move || client::pipelines(admin))
        };
        let threads: Vec<_> = found.iter().map(ask).collect();
        let died = || Err(Silent::Away("nobody could ask".into()));
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| died())).collect::<Vec<_>>()
    });
    let process = |(found, said): (Found, _)| {
        let Found { pid, admin, pipelines } = found;
        Process { pid: Some(pid), admin, pipelines, said }
    };
    Ok(found.into_iter().zip(asked).map(process).collect())
}

fn found(at: &Where) -> Result<Vec<Found>, Refusal> {
    match running() {
        Ok(mut found) => {
            found.retain(|found| at.pid.is_none_or(|pid| pid == found.pid));
            Ok(found)
        }
        Err(error) => refused(&code::NOT_RUNNING, format!("the run-time directory cannot be read: {error}")),
    }
}

/// The one pipeline that a name means.
pub fn find(target: &Target, at: &Where) -> Result<Place, Refusal> {
    let places = match at.admin {
        None => found(at)?.into_iter().flat_map(places_of).collect(),
        Some(admin) => places_at(admin)?,
    };
    choose(target, places)
}

fn places_of(found: Found) -> Vec<Place> {
    let Found { pid, admin, pipelines } = found;
    let is_alone = pipelines.len() == 1;
    pipelines.into_iter().map(|(pipeline, _)| Place { pid, admin, pipeline, is_alone }).collect()
}

fn places_at(admin: SocketAddr) -> Result<Vec<Place>, Refusal> {
    let all = patiently(admin, || client::pipelines(admin), || true)?;
    let is_alone = all.len() == 1;
    let place = |one: &Value| Place {
        pid: one["pid"].as_u64().unwrap_or_default() as u32,
        admin,
        pipeline: one["pipeline"].as_str().unwrap_or_default().to_string(),
        is_alone,
    };
    Ok(all.iter().map(place).collect())
}

fn choose(target: &Target, places: Vec<Place>) -> Result<Place, Refusal> {
    let all: Vec<String> = places.iter().map(|place| place.pipeline.clone()).collect();
    let mut meant: Vec<Place> = places.into_iter().filter(|place| target.means(&place.pipeline)).collect();
    let name = &target.pipeline;
    match (meant.pop(), meant.is_empty()) {
        (Some(place), true) => Ok(place),
        (Some(last), false) => {
            meant.push(last);
            let rows: Vec<String> = meant
                .iter()
                .map(|place| format!("\n  {}  --pid {}  --admin {}", place.pipeline, place.pid, place.admin))
                .collect();
            let message = format!("`{name}` is the name of several that run; say which one{}", rows.concat());
            refused(&code::SEVERAL_RUNNING, message)
        }
        (None, _) if all.is_empty() => {
            refused(&code::NOT_RUNNING, format!("no pipeline runs, and so none that is called `{name}`"))
        }
        (None, _) => {
            let last = |full: &str| full.rsplit('/').next().unwrap_or_default().to_string();
            let names: Vec<String> = all.iter().map(|full| last(full)).collect();
            let near = nearest(name, all.iter().chain(&names).map(String::as_str));
            let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            let list = all.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            refused(&code::NOT_RUNNING, format!("no pipeline `{name}` runs{near}\n  there are {list}"))
        }
    }
}

impl Place {
    /// Asks for something, again and again while the run is being started.
    pub fn patiently<T>(&self, ask: impl FnMut() -> Result<T, Silent>) -> Result<T, Refusal> {
        patiently(self.admin, ask, || self.is_there())
    }

    /// Whether its process is.
    pub fn is_there(&self) -> bool {
        self.pid == 0 || std::fs::exists(format!("/proc/{}", self.pid)).unwrap_or(true)
    }
}

fn patiently<T>(
    admin: SocketAddr,
    mut ask: impl FnMut() -> Result<T, Silent>,
    goes_on: impl Fn() -> bool,
) -> Result<T, Refusal> {
    let began = Instant::now();
    loop {
        let why = match ask() {
            Ok(answer) => return Ok(answer),
            Err(Silent::Refused(refusal)) => return Err(refusal),
            Err(Silent::Starting) => "its pipelines are still being started".to_string(),
            Err(Silent::Away(why)) if began.elapsed() < NOBODY => why,
            Err(Silent::Away(why)) => return no_answer(admin, &why),
        };
        if began.elapsed() >= SOON || !goes_on() {
            return no_answer(admin, &why);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The error for a run that says nothing.
pub fn no_answer<T>(admin: SocketAddr, why: &str) -> Result<T, Refusal> {
    refused(&code::NO_ANSWER, format!("the run at {admin} does not answer: {why}"))
}
