//! A process that is measured: started, looked at from outside, and ended with whoever holds it.

use std::fs;
use std::ops::{Add, Sub};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::failure::Failure;

pub struct Process {
    what: &'static str,
    child: Child,
}

/// Time on cores.
#[derive(Clone, Copy, Debug, Default)]
pub struct Time {
    /// Threads that fetch, send and take answers: the client library's own, and those of source and sink.
    pub client: Duration,
    /// Threads that records are worked on in.
    pub engine: Duration,
    /// All threads of the process and those that it started.
    pub all: Duration,
}

impl Process {
    pub fn start(what: &'static str, command: &mut Command) -> Result<Process, Failure> {
        let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
        Ok(Process { what, child: child.map_err(Failure::doing(format!("start {what}")))? })
    }

    pub fn time(&self) -> Time {
        time_of_tree(self.child.id())
    }

    /// That it has ended where nobody asked it to.
    pub fn check(&mut self) -> Result<(), Failure> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(Failure::new(format!("{} ended by itself: {status}", self.what))),
            Err(error) => Err(Failure::doing(format!("look at {}", self.what))(error)),
        }
    }

    /// Asks it to end as a user does, and closes its standard input.
    pub fn end(mut self) -> Result<ExitStatus, Failure> {
        const WITHIN: Duration = Duration::from_secs(60);
        drop(self.child.stdin.take());
        if let Some(pid) = Pid::from_raw(self.child.id() as i32) {
            // Where it has ended already, that is found below.
            let _ = kill_process(pid, Signal::INT);
        }
        let began = Instant::now();
        while began.elapsed() < WITHIN {
            let ended = self.child.try_wait().map_err(Failure::doing(format!("wait for {}", self.what)))?;
            if let Some(status) = ended {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(20));
        }
        Err(Failure::new(format!("{} does not end within {WITHIN:?}", self.what)))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended where it was asked to.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Of a process with all that it started.
pub fn time_of_tree(pid: u32) -> Time {
    let tasks = format!("/proc/{pid}/task");
    let mut time = Time { all: time_of_process(pid), ..Time::default() };
    for task in fs::read_dir(&tasks).into_iter().flatten().flatten() {
        let task = task.path();
        let took = time_of_task(&task).unwrap_or_default();
        match fs::read_to_string(task.join("comm")).unwrap_or_default().trim_end() {
            name if name.starts_with("rdk:") => time.client += took,
            "forebay-fetch" | "forebay-acks" => time.client += took,
            name if name.starts_with("forebay-lane") => time.engine += took,
            _ => {}
        }
        let children = fs::read_to_string(task.join("children")).unwrap_or_default();
        for child in children.split_whitespace().filter_map(|child| child.parse().ok()) {
            time = time + time_of_tree(child);
        }
    }
    time
}

fn time_of_task(task: &Path) -> Option<Duration> {
    let schedstat = fs::read_to_string(task.join("schedstat")).ok()?;
    schedstat.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// As the system counts it for all threads that a process has and had, in hundredths of a second.
fn time_of_process(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name, in brackets, may have blanks in it; of what follows, user and system time are the 12th and 13th.
    let after = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = after.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

impl Add for Time {
    type Output = Time;

    fn add(self, other: Time) -> Time {
        Time {
            client: self.client + other.client,
            engine: self.engine + other.engine,
            all: self.all + other.all,
        }
    }
}

impl Sub for Time {
    type Output = Time;

    fn sub(self, other: Time) -> Time {
        Time {
            client: self.client.saturating_sub(other.client),
            engine: self.engine.saturating_sub(other.engine),
            all: self.all.saturating_sub(other.all),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// Looks until the time is as expected: the machine may be busy with others.
    #[track_caller]
    fn check(time: impl Fn() -> Time, is_expected: impl Fn(&Time) -> bool) {
        let began = Instant::now();
        while !is_expected(&time()) {
            assert!(began.elapsed() < Duration::from_secs(30), "{:?}", time());
            thread::sleep(Duration::from_millis(10));
        }
    }

    const SOME: Duration = Duration::from_millis(20);

    #[test]
    fn a_process_is_charged_for_what_it_starts() {
        let mut shell = Command::new("sh");
        // The loop runs in a child of the shell, and ends by itself: whoever ends the shell does not end its child.
        shell.args(["-c", "sh -c 'i=0; while [ $i -lt 1000000 ]; do i=$((i + 1)); done' & wait"]);
        let process = Process::start("a loop", &mut shell).unwrap();
        check(|| process.time(), |time| time.all > SOME && time.client.is_zero() && time.engine.is_zero());
        process.end().unwrap();
    }

    #[test]
    fn threads_are_told_apart_by_their_names() {
        let is_over = Arc::new(AtomicBool::new(false));
        let spawn = |name: &str| {
            let is_over = is_over.clone();
            let work = move || while !is_over.load(Ordering::Relaxed) {};
            thread::Builder::new().name(name.into()).spawn(work).unwrap()
        };
        let own = || time_of_tree(std::process::id());
        let client = spawn("rdk:broker1");
        check(own, |time| time.client > SOME && time.engine.is_zero());
        let lane = spawn("forebay-lane-0");
        check(own, |time| time.engine > SOME && time.all > SOME);
        is_over.store(true, Ordering::Relaxed);
        [client, lane].into_iter().for_each(|thread| thread.join().unwrap());
    }
}
