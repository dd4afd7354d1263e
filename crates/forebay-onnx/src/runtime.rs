//! ONNX Runtime, loaded once a process. The library and its environment cannot be unloaded or replaced, which makes
//! this the only state of the process in this crate.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ort::environment::Environment;
use ort::logging::LogLevel;

use crate::Error;

static LOADED: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);

/// Loads the library, which [`Store::runtime`](crate::Store::runtime) has brought. Does nothing when the same one is
/// loaded already; another one is an error.
pub fn load(library: &Path) -> Result<(), Error> {
    let library = library.canonicalize().map_err(|e| Error::Runtime {
        why: format!("ONNX Runtime is not at {}: {e}; `forebay model pull` brings it", library.display()),
    })?;
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    match &*loaded {
        Some((path, _)) if *path == library => return Ok(()),
        Some((path, _)) => {
            return Err(Error::Runtime {
                why: format!(
                    "ONNX Runtime was loaded from {} and cannot be loaded from {} as well: a process has one; start \
                     another process",
                    path.display(),
                    library.display()
                ),
            });
        }
        None => {}
    }
    let environment = start(&library).map_err(|why| Error::Runtime {
        why: format!(
            "ONNX Runtime does not load from {}: {why}; `forebay model verify` tells whether the file is whole, `forebay \
             model pull` brings a good one",
            library.display()
        ),
    })?;
    *loaded = Some((library, environment));
    Ok(())
}

fn start(library: &Path) -> Result<Environment, String> {
    // ONNX Runtime would write to the standard error by itself. What matters comes back as the error of a call.
    let silence = Arc::new(|_: LogLevel, _: &str, _: &str, _: &str, _: &str| {});
    let builder = ort::init_from(library).map_err(|e| e.to_string())?;
    let environment = builder.with_name("forebay").with_telemetry(false).with_logger(silence).build();
    let environment = environment.map_err(|e| e.to_string())?;
    // A message below this level is not even put together.
    environment.set_log_level(LogLevel::Error);
    Ok(environment)
}

/// The environment for sessions.
pub fn environment() -> Result<Environment, Error> {
    let loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    match &*loaded {
        Some((_, environment)) => Ok(environment.clone()),
        None => Err(Error::Runtime {
            why: "ONNX Runtime is not loaded, and this pipeline runs a model; `forebay model pull` brings it"
                .into(),
        }),
    }
}
