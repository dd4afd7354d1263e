//! Exactly once, from files to files: processes are killed at random moments, and outputs and account are as if nothing
//! had happened.
//!
//! The moments come from a seed, another one each time; a failure names it, and `FOREBAY_KILL_SEED` repeats it.

#[allow(dead_code, reason = "each test uses a part of it")]
#[path = "it/desk.rs"]
mod desk;
mod support;

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use forebay_testkit::random::Random;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::Value;

use desk::{Desk, wait_for};

const KILLS: u32 = 16;

/// Kills come within so many milliseconds: some before anything is at work, most in the middle.
const MOMENTS_MS: (u32, u32) = (10, 300);

/// A stream with records of every fate, read at a pace that outlasts the kills.
fn disturbed_desk() -> Desk {
    let (desk, _) = support::cards(5, 30);
    let text = desk.read("transactions.jsonl");
    let mut lines: Vec<String> = text.lines().map(String::from).collect();
    for at in (50..lines.len()).step_by(97) {
        lines[at] = match at % 3 {
            0 => "{\"tx_id\":".into(),
            1 => lines[at].replace("\"amount\":", "\"amount\":null,\"was\":"),
            _ => lines[0].clone(),
        };
    }
    desk.write("transactions.jsonl", &(lines.join("\n") + "\n"));
    let paced = "path: transactions.jsonl, rate: 500/s";
    desk.write("cards.yaml", &support::CARDS.replace("path: transactions.jsonl", paced));
    desk
}

/// Both outputs and the account.
type Results = (String, String, Value);

fn results(desk: &Desk, ended: &str) -> Results {
    let json: Value = serde_json::from_str(ended).unwrap_or_else(|error| panic!("{error}: {ended}"));
    (desk.read("features.jsonl"), desk.read("dead.jsonl"), json["pipelines"][0]["ledger"].clone())
}

fn undisturbed() -> Results {
    let desk = disturbed_desk();
    let ended = desk.forebay("run cards.yaml --json --state state --set sources.tx.file.rate=1000000/s").good();
    results(&desk, &ended.out)
}

fn seed() -> u64 {
    match std::env::var("FOREBAY_KILL_SEED") {
        Ok(text) => text.parse().expect("FOREBAY_KILL_SEED is a number"),
        Err(_) => SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_nanos() as u64,
    }
}

fn pause(random: &mut Random) {
    let (first, last) = MOMENTS_MS;
    std::thread::sleep(Duration::from_millis(random.between(first, last).into()));
}

fn pid(child: &Child) -> Pid {
    Pid::from_child(child)
}

/// A run in a process group of its own; what it prints goes to files, since nobody reads while it is at work.
struct Run {
    child: Child,
}

impl Run {
    fn start(desk: &Desk) -> Run {
        let mut command = desk.command("run cards.yaml --json --state state");
        let file = |name: &str| File::create(desk.path(name)).expect("a file");
        command.process_group(0).stdout(file("stdout")).stderr(file("stderr"));
        Run { child: command.spawn().expect("forebay starts") }
    }

    fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("its own child")
    }

    /// The worker at work.
    fn worker(&self) -> Option<Pid> {
        let path = format!("/proc/{0}/task/{0}/children", self.child.id());
        let children = fs::read_to_string(path).unwrap_or_default();
        children.split_whitespace().next().and_then(|pid| Pid::from_raw(pid.parse().ok()?))
    }

    /// Kills parent and worker, and waits for the end of both: the lock of the state goes with the last one.
    fn kill_all(mut self) {
        let worker = self.worker();
        kill_process_group(pid(&self.child), Signal::KILL).expect("nobody has waited for it");
        self.child.wait().expect("its own child");
        if let Some(worker) = worker {
            let worker = worker.as_raw_nonzero().get() as u32;
            wait_for("the end of the worker", || (!desk::is_alive(worker)).then_some(()));
        }
    }
}

/// A test that fails leaves no process behind.
impl Drop for Run {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = kill_process_group(pid(&self.child), Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

#[track_caller]
fn check_equal(ours: &Results, expected: &Results, seed: u64) {
    let hint = format!("repeat it with FOREBAY_KILL_SEED={seed}");
    assert!(ours.0 == expected.0, "features differ; {hint}");
    for (ours, expected) in ours.1.lines().zip(expected.1.lines()) {
        assert_eq!(ours, expected, "dead letters differ; {hint}");
    }
    assert!(ours.1 == expected.1, "dead letters differ; {hint}");
    assert_eq!(ours.2, expected.2, "{hint}");
}

fn finish(desk: &Desk, mut run: Run, seed: u64) -> Results {
    let status = run.child.wait().expect("its own child");
    let (out, err) = (desk.read("stdout"), desk.read("stderr"));
    assert!(status.success(), "{out}{err}; repeat it with FOREBAY_KILL_SEED={seed}");
    results(desk, &out)
}

#[test]
fn killing_parent_and_worker_changes_nothing() {
    let expected = undisturbed();
    assert!(expected.0.lines().count() > 2_000 && expected.1.lines().count() > 20, "{}", expected.2);
    let (desk, seed) = (disturbed_desk(), seed());
    let mut random = Random::new(seed, 0);
    for kill in 0..KILLS {
        let mut run = Run::start(&desk);
        pause(&mut random);
        let ended = run.ended();
        assert!(ended.is_none(), "kill {kill} found {ended:?}; FOREBAY_KILL_SEED={seed} {}", desk.read("stderr"));
        run.kill_all();
    }
    check_equal(&finish(&desk, Run::start(&desk), seed), &expected, seed);
}

#[test]
fn killing_the_worker_alone_changes_nothing() {
    let expected = undisturbed();
    let (desk, seed) = (disturbed_desk(), seed());
    let mut random = Random::new(seed, 1);
    let mut run = Run::start(&desk);
    let mut kills = 0;
    let end = Instant::now() + Duration::from_secs(60);
    while kills < KILLS {
        assert!(Instant::now() < end, "{kills} kills in a minute; FOREBAY_KILL_SEED={seed}");
        pause(&mut random);
        assert!(run.ended().is_none(), "the run ended after {kills} kills; FOREBAY_KILL_SEED={seed}");
        // Between two workers there is none.
        kills += u32::from(run.worker().is_some_and(|worker| kill_process(worker, Signal::KILL).is_ok()));
    }
    check_equal(&finish(&desk, run, seed), &expected, seed);
}
