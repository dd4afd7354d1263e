//! Panics as events of the log. A panic in a stage rejects its record and takes nobody down, but whoever wrote the stage
//! wants to know where it was; at most one a second is told, since a stage that panics tends to do it again.

use std::panic::{self, PanicHookInfo};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;

use super::voice::{Level, Voice};

const EVERY: Duration = Duration::from_secs(1);

/// Tells panics of this process from now on.
pub fn tell(voice: Voice) {
    let last: Mutex<(Option<Instant>, u64)> = Mutex::new((None, 0));
    panic::set_hook(Box::new(move |panicked| {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.0.is_some_and(|told| told.elapsed() < EVERY) {
            last.1 += 1;
            return;
        }
        let untold = std::mem::take(&mut last.1);
        last.0 = Some(Instant::now());
        drop(last);
        one(panicked, untold, &voice);
    }));
}

fn one(panicked: &PanicHookInfo<'_>, untold: u64, voice: &Voice) {
    let at = panicked.location().map_or(String::new(), |at| format!("{}:{}", at.file(), at.line()));
    let message = panicked.payload_as_str().unwrap_or("(no text)");
    let thread = std::thread::current().name().unwrap_or_default().to_string();
    let more = if untold > 0 { format!("; {untold} more since the last one told") } else { String::new() };
    let words = format!("{message} ({at}, {thread}){more}");
    let fields = json!({ "panic": message, "at": at, "thread": thread, "untold": untold });
    voice.say(Level::Error, "panicked", &words, fields);
}
