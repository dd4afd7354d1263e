//! `cargo xtask demo --kafka` as a user starts it, on a small stream: all that goes to the topics of a real Kafka comes out of them,
//! and whoever stops it finds no process of it afterwards.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A demo at work, with a folder of its own for results.
struct Demo {
    child: Child,
    out: PathBuf,
}

struct Ended {
    code: Option<i32>,
    /// What it printed since it was last looked at.
    said: String,
    errors: String,
    out: PathBuf,
}

impl Demo {
    fn start(name: &str, size: &[&str]) -> Demo {
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        // It may not be there.
        let _ = fs::remove_dir_all(&out);
        let xtask = Path::new(env!("CARGO_BIN_EXE_xtask"));
        let forebay = xtask.with_file_name("forebay");
        assert!(forebay.is_file(), "{}: `cargo build -p forebay-cli` makes it", forebay.display());
        let mut demo = Command::new(xtask);
        demo.args(["demo", "--kafka"]).args(size).arg("--out").arg(&out).arg("--forebay").arg(forebay);
        demo.env("XDG_RUNTIME_DIR", out.join("run"));
        let child = demo.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Demo { child, out }
    }

    /// Waits for a line with these words.
    fn wait_for(&mut self, words: &str) {
        let said = BufReader::with_capacity(1, self.child.stdout.as_mut().unwrap());
        let found = said.lines().any(|line| line.unwrap().contains(words));
        assert!(found, "it ended before it said `{words}`");
    }

    /// As Ctrl-C does.
    fn interrupt(&self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("sh").args(["-c", "kill -s INT \"$1\"", "sh", &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for its end, and looks for what it left at work.
    fn end(mut self) -> Ended {
        let (mut said, mut errors) = (String::new(), String::new());
        self.child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        let code = self.child.wait().unwrap().code();
        let broker = format!("/kafka/run/{}-", self.child.id());
        let marks = [self.out.display().to_string(), broker];
        let left: Vec<String> =
            processes().into_iter().filter(|words| marks.iter().any(|mark| words.contains(mark))).collect();
        assert!(left.is_empty(), "{left:?}");
        Ended { code, said, errors, out: self.out.clone() }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Where a test failed: the demo ends all that it started.
        if matches!(self.child.try_wait(), Ok(None)) {
            self.interrupt();
            let _ = self.child.wait();
        }
    }
}

/// The words with which each process of this machine was called.
fn processes() -> Vec<String> {
    let all = fs::read_dir("/proc").unwrap().flatten();
    let words = all.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    words.map(|words| String::from_utf8_lossy(&words).replace('\0', " ")).collect()
}

/// The transactions that lines name.
fn ids(file: &Path) -> (usize, BTreeSet<String>) {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let id = |line: &str| line.split('"').nth(3).expect("the first field is its id").to_string();
    (text.lines().count(), text.lines().map(id).collect())
}

#[test]
fn every_transaction_goes_through_kafka_once() {
    let size = ["--days", "6", "--customers", "300", "--terminals", "600"];
    let Ended { code, said, errors, out } = Demo::start("demo-kafka-whole", &size).end();
    assert_eq!(code, Some(0), "{said}\n{errors}");
    let generated = said.lines().find_map(|line| {
        line.split(['=', ' ']).find(|word| word.ends_with("transactions.jsonl")).map(PathBuf::from)
    });
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let (transactions, went_in) = ids(&root.join(generated.expect(&said)));
    let (results, came_out) = ids(&out.join("scored.jsonl"));
    assert!(transactions > 2_000, "{transactions}");
    assert_eq!(came_out, went_in);
    assert_eq!(results, transactions, "each once");
    assert!(said.contains("were read back: each transaction once."), "{said}");
}

#[test]
fn a_demo_that_is_stopped_leaves_no_process() {
    let size = ["--days", "40", "--customers", "2000", "--terminals", "4000"];
    let mut demo = Demo::start("demo-kafka-stopped", &size);
    demo.wait_for("precision at 100 a day");
    // In the middle of it: the first line of the table.
    demo.wait_for("%");
    demo.interrupt();
    let Ended { code, said, errors, out } = demo.end();
    assert_eq!(code, Some(130), "{said}\n{errors}");
    assert!(
        errors
            .contains("xtask: stopped; Kafka and its topics are gone; what was scored until then stays in ")
    );
    assert!(out.join("scored.jsonl.partial").is_file() && !out.join("scored.jsonl").exists());
}
