//! Assembly: the kinds that there are, files from the disk, engines with what they need from outside, and what others may
//! see of them over HTTP. A library: no signal handler, no global state beyond ONNX Runtime's own, several engines in
//! one process.
//!
//! Reading order: `registry` lists the kinds; `disk` and `load` bring pipeline files in, up to their plan; `vars`, `lists` and
//! `models` are what a plan needs from outside, and `live` looks whether it is there; `together` says which pipelines cannot run
//! side by side; `engine` starts one and `status` looks at it; `dlq` looks at dead letters and sends them back; `trial` runs the
//! tests of a file; `metrics`, `json`, `tap` and `admin` show that to others, who
//! find it through `announce`.
//!
//! What holds: loading touches no model file, no network and no ONNX Runtime. What looks at an engine never makes it wait.

mod error;
mod registry;

mod disk;
mod load;

mod vars;
mod lists;
mod models;
mod connections;
mod live;

mod together;
mod engine;
mod status;

pub mod dlq;

pub mod trial;

mod metrics;
mod json;
mod tap;
mod admin;
mod announce;

pub use admin::{Admin, Ask, Bound, Obey};
pub use announce::{Announced, Found, announce, running};
pub use engine::{Begun, Engine, Options, Prepared, Run, prepare};
pub use error::{Away, Error};
pub use json::ledger;
pub use lists::ListStatus;
pub use live::{Live, Needed, live};
pub use load::{Goal, LoadOptions, Loaded, PipelineFile, load, load_configs};
pub use models::{Model, Models};
pub use registry::{factories, registry};
pub use status::{Ledger, Line, Phase, Status, View};
pub use together::clashes;

pub use forebay_exec::{Here, Outcome, Trip};
pub use forebay_onnx::{Progress, RUNTIME, Step};
pub use forebay_stage::Registry;

use std::path::Path;

/// Notes that the process that worked with this state directory has crashed, so that the next one looks at each record
/// that was in flight by itself. Not for a process that was killed from outside.
pub fn note_crash(state: &Path) -> Result<(), Error> {
    let noted = forebay_exec::note_crash(state).map(drop);
    noted.map_err(|error| Error::new(&forebay_types::code::STATE_UNREADABLE, error.to_string()))
}
