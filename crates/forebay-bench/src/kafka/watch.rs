//! How fast a topic fills, and what that takes: looked at from outside, so that everything is measured alike.

use std::thread;
use std::time::{Duration, Instant};

use super::process::{Process, Time, time_of_tree};
use super::stand::{PARTITIONS, Stand};
use crate::failure::Failure;

/// Which part of a run counts.
pub struct Part {
    /// Messages that come before it: whoever starts is not at full speed yet.
    pub after: u64,
    /// And time since the first message.
    pub warm: Duration,
    /// It ends with the topic, or after this.
    pub at_most: Duration,
}

/// What was seen in the part that counts.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub messages: u64,
    pub wall: Duration,
    pub process: Time,
    pub broker: Duration,
}

const LOOK_EVERY: Duration = Duration::from_millis(40);
/// A topic that does not grow for so long will not.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone, Copy)]
struct Look {
    at: Instant,
    messages: u64,
    process: Time,
    broker: Duration,
}

/// A time out of what was seen.
pub type TimeOf = fn(&Seen) -> Duration;

/// Watches a topic until it has what the stand has, or the time is over.
pub fn watch(stand: &Stand, process: &mut Process, topic: &str, part: &Part) -> Result<Seen, Failure> {
    let broker = stand.broker_pid()?;
    let look = |process: &Process| Look {
        messages: stand.cluster.count_of(topic, PARTITIONS),
        at: Instant::now(),
        process: process.time(),
        broker: time_of_tree(broker).all,
    };
    let (mut first, mut from): (Option<Look>, Option<Look>) = (None, None);
    let mut last = look(process);
    loop {
        thread::sleep(LOOK_EVERY);
        process.check()?;
        let now = look(process);
        if now.messages > last.messages {
            last = now;
        } else if now.at - last.at > PATIENCE {
            let count = now.messages;
            return Err(Failure::new(format!("`{topic}` has {count} messages, and nothing more comes")));
        }
        if now.messages > 0 {
            let first = *first.get_or_insert(now);
            if now.messages >= part.after && now.at - first.at >= part.warm {
                let from = *from.get_or_insert(now);
                if last.messages >= stand.messages || now.at - from.at >= part.at_most {
                    return Seen::between(&from, &last);
                }
            }
        }
    }
}

impl Seen {
    fn between(from: &Look, to: &Look) -> Result<Seen, Failure> {
        let messages = to.messages - from.messages;
        if messages == 0 {
            return Err(Failure::new("everything had come before it was looked at"));
        }
        Ok(Seen {
            messages,
            wall: to.at - from.at,
            process: to.process - from.process,
            broker: to.broker.saturating_sub(from.broker),
        })
    }

    fn rate(&self) -> f64 {
        self.messages as f64 / self.wall.as_secs_f64()
    }

    /// Seconds on a core for a million messages.
    fn per_million(&self, time: Duration) -> f64 {
        time.as_secs_f64() * 1e6 / self.messages as f64
    }
}

/// The runs of one thing.
#[derive(Default)]
pub struct Runs(Vec<Seen>);

impl Runs {
    pub fn add(&mut self, what: &str, seen: Seen) {
        let (rate, cpu) = (seen.rate(), seen.per_million(seen.process.all));
        eprintln!("{what}, run {}: {rate:.0} a second, {cpu:.2} CPU s a million", self.0.len() + 1);
        self.0.push(seen);
    }

    pub fn rate(&self) -> f64 {
        self.median(Seen::rate)
    }

    pub fn slowest(&self) -> f64 {
        self.0.iter().map(Seen::rate).fold(f64::INFINITY, f64::min)
    }

    pub fn fastest(&self) -> f64 {
        self.0.iter().map(Seen::rate).fold(0.0, f64::max)
    }

    /// Seconds on a core for a million messages.
    pub fn cpu(&self, of: impl Fn(&Seen) -> Duration) -> f64 {
        self.median(|seen| seen.per_million(of(seen)))
    }

    fn median(&self, of: impl Fn(&Seen) -> f64) -> f64 {
        crate::core::median(self.0.iter().map(of).collect())
    }
}
