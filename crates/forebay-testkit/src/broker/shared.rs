//! One broker for all tests of a process, or of all processes that `cargo xtask test` starts.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::jars::Jars;
use super::java::{Archive, Java};
use super::tools::{self, Tool};
use super::{Broker, Options, probe};

/// The variable that names the address of a broker to be used in place of an own one.
pub const SHARED: &str = "FOREBAY_TEST_KAFKA";

/// A broker that others use too, so that nobody may stop it.
#[derive(Debug)]
pub struct Shared {
    java: Java,
    bootstrap: String,
    /// Never dropped, being static: it ends with the process.
    _own: Option<Broker>,
}

impl Shared {
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// One of Kafka's own programs, against this broker and with this as its standard input; the text is what it printed.
    pub fn tool(&self, tool: Tool, args: &[&str], input: &str) -> Result<String, String> {
        tools::run(&self.java, &self.bootstrap, tool, args, input)
    }
}

pub(super) fn get() -> Result<&'static Shared, String> {
    static SHARED: OnceLock<Result<Shared, String>> = OnceLock::new();
    SHARED.get_or_init(find).as_ref().map_err(String::clone)
}

fn find() -> Result<Shared, String> {
    let Ok(bootstrap) = std::env::var(SHARED) else {
        let broker = Broker::start(Options::default())?;
        return Ok(Shared { java: broker.java.clone(), bootstrap: broker.bootstrap(), _own: Some(broker) });
    };
    match probe::cluster(&bootstrap) {
        Ok(Some(_)) => Ok(Shared { java: Java::with(Jars::kafka()?, Archive::Read)?, bootstrap, _own: None }),
        Ok(None) => Err(format!("{SHARED} names {bootstrap}, where a Kafka answers that serves nobody yet")),
        Err(error) => Err(format!("{SHARED} names {bootstrap}, where no Kafka answers: {error}")),
    }
}

/// A name for a topic or a group that nobody has had before.
pub fn fresh_name(stem: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    format!("{stem}-{since}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
