//! Other programs: called from the root of the repository, shown before they start, without a shell in between.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the repository")
}

/// The cargo that called us, so that a `+toolchain` counts for what it calls in turn.
pub fn cargo<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut cargo = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(args);
    cargo
}

pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// Where cargo puts what it builds.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// Shows and runs a command whose output goes to the user.
pub fn run(command: &mut Command) -> Result<Duration, Failure> {
    tell!("$ {}\n", line(command))?;
    let began = Instant::now();
    let status = command.status().map_err(|error| no_program(command, &error))?;
    match status.success() {
        true => Ok(began.elapsed()),
        false => Err(Failure::Fault(format!("`{}` failed ({status})", line(command)))),
    }
}

/// The standard output of a command that has nothing to show.
pub fn output(command: &mut Command) -> Result<String, Failure> {
    let out = command.stderr(Stdio::piped()).output().map_err(|error| no_program(command, &error))?;
    if !out.status.success() {
        let said = String::from_utf8_lossy(&out.stderr);
        return Err(Failure::Fault(format!("`{}` failed ({}): {}", line(command), out.status, said.trim())));
    }
    String::from_utf8(out.stdout).map_err(|_| Failure::Fault(format!("`{}` wrote no UTF-8", line(command))))
}

/// Whether a command ends well; what it says is of no interest.
pub fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Sends a signal to a process.
pub fn signal(pid: u32, name: &str) -> Result<(), Failure> {
    let mut kill = command("sh");
    // The shell's own `kill`: the program is not on every machine.
    kill.args(["-c", "kill -s \"$1\" \"$2\"", "sh", name, &pid.to_string()]);
    output(&mut kill).map(drop)
}

/// A path as it would be typed in the root of the repository.
pub fn shown(path: &Path) -> &Path {
    path.strip_prefix(root()).unwrap_or(path)
}

/// A command as it would be typed.
pub fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let is_cargo = std::env::var_os("CARGO").is_some_and(|cargo| cargo == program.as_os_str());
    let program = if is_cargo { Path::new("cargo") } else { shown(program) };
    let words = std::iter::once(program.as_os_str()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| quoted(&word.to_string_lossy())).collect();
    words.join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_string() } else { format!("'{word}'") }
}

fn no_program(command: &Command, error: &std::io::Error) -> Failure {
    Failure::Away(format!("`{}` does not run: {error}", command.get_program().display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_reads_as_it_would_be_typed() {
        let mut forebay = command(root().join("target/release/forebay"));
        forebay.args(["run", "pipelines/card-fraud.yaml", "--to", "*=out/"]);
        assert_eq!(line(&forebay), "target/release/forebay run pipelines/card-fraud.yaml --to '*=out/'");
    }

    #[test]
    fn a_command_that_fails_says_so() {
        assert!(succeeds(command("true").arg("x")));
        assert!(!succeeds(&mut command("false")));
        assert!(matches!(run(&mut command("false")), Err(Failure::Fault(_))));
        assert!(matches!(output(&mut command("no-such-program-here")), Err(Failure::Away(_))));
    }
}
