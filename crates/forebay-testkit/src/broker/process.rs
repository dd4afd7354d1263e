//! A process that dies with the one that started it, however that one dies.
//!
//! Between the two stands a small shell. It reads orders from a pipe that we hold: a line is a signal to pass on, and the end of
//! the pipe, which the kernel brings about whatever happens to us, is SIGKILL. It needs no code of ours to run at the end, no
//! `unsafe`, and keeps Ctrl-C in a terminal to the process that it was meant for. When the process ends, so does the shell.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use super::java;

#[derive(Debug)]
pub struct Process {
    shell: Child,
    /// None once it has been told that nothing more comes.
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    pid: u32,
}

#[derive(Clone, Copy, Debug)]
pub enum Order {
    Terminate,
    Pause,
    Resume,
    /// To live on when nobody gives orders any more.
    Leave,
}

impl Order {
    fn word(self) -> &'static str {
        match self {
            Order::Terminate => "TERM",
            Order::Pause => "STOP",
            Order::Resume => "CONT",
            Order::Leave => "leave",
        }
    }
}

/// A shell gives what runs in its background no standard input, hence descriptor 3. The answer to an order is its word. The shell's standard error is the console of the process.
const SHELL: &str = r#"
exec 3<&0
"$@" </dev/null >&2 3<&- &
process=$!
echo "$process"
(
    while read -r order; do
        [ "$order" = leave ] && echo "$order" && exit
        kill -s "$order" "$process" && echo "$order"
    done
    kill -s KILL "$process"
) <&3 2>/dev/null &
watcher=$!
exec <&- 3<&- >&-
wait "$process"
kill "$watcher"
"#;

impl Process {
    pub fn start(command: &Command, console: &Path) -> Result<Process, String> {
        let file = OpenOptions::new().create(true).append(true).open(console);
        let file = file.map_err(|error| format!("cannot write {}: {error}", console.display()))?;
        let mut shell = Command::new("sh");
        shell.args(["-c", SHELL, "sh"]).arg(command.get_program()).args(command.get_args());
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(file).process_group(0);
        // Where Java leaves what it has to say about its own death.
        shell.current_dir(console.parent().expect("it is a file in a folder"));
        let mut shell = shell.spawn().map_err(|error| format!("`sh` does not run: {error}"))?;
        let orders = shell.stdin.take();
        let mut answers = BufReader::new(shell.stdout.take().expect("it is piped"));
        let mut line = String::new();
        let read = answers.read_line(&mut line);
        let pid = read.ok().and_then(|_| line.trim().parse().ok());
        let pid = pid.ok_or_else(|| format!("`sh` did not say which process it started, but `{line}`"))?;
        Ok(Process { shell, orders, answers, pid })
    }

    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Returns when the order has been passed on.
    pub fn order(&mut self, order: Order) -> Result<(), String> {
        let ended = || "the process has ended".to_string();
        let orders = self.orders.as_mut().ok_or_else(ended)?;
        orders.write_all(format!("{}\n", order.word()).as_bytes()).map_err(|_| ended())?;
        let mut answer = String::new();
        match self.answers.read_line(&mut answer) {
            Ok(_) if answer.trim() == order.word() => Ok(()),
            // To end is what it was told.
            _ if matches!(order, Order::Terminate) => Ok(()),
            _ => Err(ended()),
        }
    }

    pub fn has_ended(&mut self) -> bool {
        !matches!(self.shell.try_wait(), Ok(None))
    }

    /// Waits for its end, and ends it when the time is up.
    pub fn wait(mut self, within: Duration) {
        let began = Instant::now();
        while !self.has_ended() && began.elapsed() < within {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Gives it up after `Order::Leave`: it is nobody's child any more.
    pub fn forget(mut self) {
        self.orders = None;
        std::mem::forget(self);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.orders = None;
        let _ = self.shell.wait();
    }
}

/// The output of a program that ends by itself.
pub fn output(command: &mut Command, name: &str, input: &str) -> Result<String, String> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| java::missing(&error))?;
    let mut stdin = child.stdin.take().expect("it is piped");
    let done = std::thread::scope(|scope| {
        // A program that has read enough closes its end; what it made of that it says itself.
        scope.spawn(move || stdin.write_all(input.as_bytes()));
        child.wait_with_output()
    });
    let done = done.map_err(|error| format!("cannot wait for {name}: {error}"))?;
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    if done.status.success() {
        return Ok(said);
    }
    let errors = String::from_utf8_lossy(&done.stderr);
    if errors.contains("UnsupportedClassVersionError") {
        return Err(java::missing(&"it is an older one"));
    }
    Err(format!("{name} failed ({}):\n{said}{}", done.status, errors.trim_end()))
}
