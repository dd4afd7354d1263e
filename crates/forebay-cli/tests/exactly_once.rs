//! Exactly once, from files to files: processes are killed at random moments, and outputs and account are as if nothing
//! had happened.
//!
//! The moments come from a seed, another one each time; a failure prints it, and `FOREBAY_KILL_SEED` repeats it.

#[allow(dead_code, reason = "each test uses a part of it")]
#[path = "it/desk.rs"]
mod desk;
mod support;

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::process::Child;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use forebay_testkit::random::Random;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;

use desk::{Desk, is_alive, signal, wait_for};

const KILLS: u32 = 16;

/// A kill comes so many milliseconds, or fewer, after what it waited for.
const MOMENT_MS: u32 = 150;

/// A pace at which a test that is slow kills long before the end: the stream takes more than ten seconds.
const PACE: &str = "200/s";

/// Three bad records among a hundred good ones, so that the dead letters are an output to be kept as well.
fn new_desk() -> Desk {
    let (desk, _) = support::cards(5, 30);
    let text = desk.read("transactions.jsonl");
    let mut lines: Vec<String> = text.lines().map(String::from).collect();
    for (number, at) in (30..lines.len()).step_by(33).enumerate() {
        lines[at] = match number % 3 {
            0 => "{\"tx_id\":".into(),
            1 => lines[at].replace("\"amount\":", "\"amount\":null,\"was\":"),
            _ => lines[0].clone(),
        };
    }
    desk.write("transactions.jsonl", &(lines.join("\n") + "\n"));
    desk
}

/// Runs what is left at full speed, and takes both outputs and the account.
fn finish(desk: &Desk) -> (String, String, Value) {
    let ended = desk.forebay("run cards.yaml --json --state state").good();
    (
        desk.read("features.jsonl"),
        desk.read("dead.jsonl"),
        ended.json()["pipelines"][0]["ledger"]["streams"].clone(),
    )
}

fn seed() -> u64 {
    match std::env::var("FOREBAY_KILL_SEED") {
        Ok(text) => text.parse().expect("FOREBAY_KILL_SEED is a number"),
        Err(_) => {
            SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_micros() as u64
        }
    }
}

/// A run at the pace, in a process group of its own.
struct Run<'a> {
    desk: &'a Desk,
    child: Child,
}

impl Run<'_> {
    fn start(desk: &Desk) -> Run<'_> {
        let mut command = desk.command("run cards.yaml --json --state state");
        command.args(["--set", &format!("sources.tx.file.rate={PACE}")]);
        // Into files, since nobody reads while it is at work.
        let file = |name: &str| File::create(desk.path(name)).expect("a file");
        command.process_group(0).stdout(file("stdout")).stderr(file("stderr"));
        Run { desk, child: command.spawn().expect("forebay starts") }
    }

    /// The worker at work that is not `before`; none once the run has ended.
    fn worker(&self, before: Option<u32>) -> Option<u32> {
        wait_for("a worker", || {
            let path = format!("/proc/{0}/task/{0}/children", self.child.id());
            let children = fs::read_to_string(path).unwrap_or_default();
            let mut workers = children.split_whitespace().filter_map(|pid| pid.parse().ok());
            let worker = workers.find(|pid| Some(*pid) != before);
            (worker.is_some() || !is_alive(self.child.id())).then_some(worker)
        })
    }

    #[track_caller]
    fn first_worker(&self) -> u32 {
        self.worker(None).unwrap_or_else(|| panic!("the run ended early: {}", self.desk.read("stderr")))
    }

    /// Waits for a moment to kill: every fourth is while the worker starts, the others are after it has written more
    /// than `before` bytes. Returns how many there are then.
    fn wait(&self, kill: u32, before: u64, random: &mut Random) -> u64 {
        let written =
            || fs::metadata(self.desk.path("features.jsonl.partial")).map_or(0, |partial| partial.len());
        if !kill.is_multiple_of(4) {
            wait_for("more output", || (written() > before).then_some(()));
        }
        std::thread::sleep(Duration::from_millis(random.between(0, MOMENT_MS).into()));
        written().max(before)
    }

    /// Kills parent and worker at once, and waits for the end of both.
    fn kill(mut self) {
        let worker = self.first_worker();
        self.end();
        // The lock of the state goes with the last thread, which may end after the first one.
        let threads = || fs::read_dir(format!("/proc/{worker}/task")).map_or(0, Iterator::count);
        wait_for("the end of the worker", || (threads() <= 1 && !is_alive(worker)).then_some(()));
    }

    fn end(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

/// A test that fails leaves no process behind.
impl Drop for Run<'_> {
    fn drop(&mut self) {
        self.end();
    }
}

/// Disturbs a run, lets the next one come to the end, and compares with one that nobody disturbed.
fn check(disturb: impl FnOnce(&Desk, Random)) {
    let seed = seed();
    // Shown when the test fails.
    println!("FOREBAY_KILL_SEED={seed} repeats these kills");
    let desk = new_desk();
    disturb(&desk, Random::new(seed, 0));
    assert!(
        !desk.path("features.jsonl").exists(),
        "the run came to its end before it was killed often enough"
    );
    let (features, dead, ledger) = finish(&desk);
    let expected = finish(&new_desk());
    assert!(expected.0.lines().count() > 2_000 && expected.1.lines().count() > 60, "{}", expected.2);
    assert!(features == expected.0, "the features differ");
    assert!(dead == expected.1, "the dead letters differ");
    assert_eq!(ledger, expected.2);
}

#[test]
fn killing_parent_and_worker_changes_nothing() {
    check(|desk, mut random| {
        let mut written = 0;
        for kill in 1..=KILLS {
            let run = Run::start(desk);
            written = run.wait(kill, written, &mut random);
            run.kill();
        }
    });
}

#[test]
fn killing_the_worker_alone_changes_nothing() {
    check(|desk, mut random| {
        let run = Run::start(desk);
        let (mut written, mut worker) = (0, run.first_worker());
        for kill in 1..=KILLS {
            written = run.wait(kill, written, &mut random);
            signal(worker, Signal::KILL);
            let next = run.worker(Some(worker));
            worker = next.unwrap_or_else(|| panic!("the run ended early: {}", desk.read("stderr")));
        }
        run.kill();
    });
}
