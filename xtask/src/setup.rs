//! What the other verbs need of the machine: looked for, and installed where it is missing and that is possible without
//! asking. Costs a fraction of a second when everything is there. What only a real Kafka needs is left alone by verbs
//! that start none.

use std::path::{Path, PathBuf};
use std::process::Command;

use forebay_testkit::broker::{Jars, kafka_folder};

use crate::args::{Args, Verb};
use crate::failure::Failure;
use crate::shell;

pub const VERB: Verb = Verb {
    name: "setup",
    summary: "Installs what is needed and missing, and fetches models",
    about: "\
Looks for what building needs (compilers for C and C++, make, pkg-config, OpenSSL's headers), Python 3 with pip, and what a
real Kafka needs (a JDK, Maven, openssl), and installs what is missing with apt-get where it is root or sudo works without
asking; otherwise it prints the line to run, and stops. Then fetches ONNX Runtime, the models whose cards name a package,
checked by their sha256, and Kafka. `test` and `demo` do by themselves what they need of this.

Made for Debian 12. Written for Ubuntu 24.04 as well, and not tested there.",
    word: None,
    options: &[],
    run: |_: &Args| {
        machine(For::Kafka)?;
        shell::run(&mut shell::cargo(["build", "--package", "forebay-cli"]))?;
        models(&shell::target().join("debug/forebay"))?;
        kafka()?;
        tell!("set-up: everything is there\n")?;
        Ok(())
    },
};

/// What somebody is about to do. Each needs all that those before it need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum For {
    /// To build and run `forebay`.
    Building,
    /// To run a real Kafka beside it, and programs in Java.
    Kafka,
}

/// Something that has to be on the machine.
struct Need {
    purpose: For,
    what: &'static str,
    why: &'static str,
    /// The command that works when it is there.
    probe: &'static [&'static str],
    /// Debian's packages that bring it.
    packages: &'static [&'static str],
}

const NEEDS: &[Need] = &[
    Need {
        purpose: For::Building,
        what: "a C compiler",
        why: "Rust links with it, and zstd and librdkafka are written in C",
        probe: &["cc", "-fsyntax-only", "-include", "stdio.h", "-x", "c", "/dev/null"],
        packages: &["gcc", "libc6-dev"],
    },
    Need {
        purpose: For::Building,
        what: "a C++ compiler",
        why: "librdkafka is built as a whole, and has a part in C++",
        probe: &["c++", "-fsyntax-only", "-include", "cstdio", "-x", "c++", "/dev/null"],
        packages: &["g++"],
    },
    Need {
        purpose: For::Building,
        what: "make",
        why: "librdkafka is built with it",
        probe: &["make", "--version"],
        packages: &["make"],
    },
    Need {
        purpose: For::Building,
        what: "pkg-config",
        why: "librdkafka finds OpenSSL with it",
        probe: &["pkg-config", "--version"],
        packages: &["pkg-config"],
    },
    Need {
        purpose: For::Building,
        what: "OpenSSL with its headers",
        why: "librdkafka does TLS with it",
        probe: &["pkg-config", "--exists", "openssl"],
        packages: &["libssl-dev"],
    },
    Need {
        purpose: For::Building,
        what: "Python 3 with pip",
        why: "ONNX Runtime and models come in Python wheels",
        probe: &["python3", "-c", "import sys, importlib.util as u; sys.exit(u.find_spec('pip') is None)"],
        packages: &["python3", "python3-pip"],
    },
    Need {
        purpose: For::Kafka,
        what: "a JDK, 17 or later",
        why: "Kafka is written in Java, and so are some of those that read from it",
        probe: &[
            "sh",
            "-c",
            "for program in java javac; do \
             $program -version 2>&1 | grep -Eq '(javac |version \")(1[7-9]|[2-9][0-9])' || exit 1; done",
        ],
        packages: &["default-jdk-headless"],
    },
    Need {
        purpose: For::Kafka,
        what: "Maven",
        why: "Kafka comes as its artefacts",
        // To be asked for its version it starts Java.
        probe: &["sh", "-c", "command -v mvn"],
        packages: &["maven"],
    },
    Need {
        purpose: For::Kafka,
        what: "the program openssl",
        why: "it makes the certificates of a Kafka with TLS",
        probe: &["openssl", "version"],
        packages: &["openssl"],
    },
];

/// Programs and libraries of the system.
pub fn machine(purpose: For) -> Result<(), Failure> {
    let needs = NEEDS.iter().filter(|need| need.purpose <= purpose);
    let missing: Vec<&Need> = needs.filter(|need| !need.is_there()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    for need in &missing {
        tell!("set-up: {} is missing ({})\n", need.what, need.why)?;
    }
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.packages).copied().collect();
    for args in [
        &["update", "--quiet"][..],
        &[&["install", "--yes", "--no-install-recommends"], &packages[..]].concat(),
    ] {
        let mut apt = apt_get(&packages)?;
        shell::run(apt.args(args))?;
    }
    match missing.iter().find(|need| !need.is_there()) {
        None => Ok(()),
        Some(need) => Err(Failure::Away(format!(
            "{} is still missing after apt-get: `{}` fails, look at what it says",
            need.what,
            shell::line(&need.command())
        ))),
    }
}

/// Files of models and ONNX Runtime, by a `forebay` that was built.
pub fn models(forebay: &Path) -> Result<(), Failure> {
    shell::run(shell::command(forebay).args(["model", "pull"])).map(drop)
}

/// Kafka's client for Python, for the example that reads results with it.
const PYTHON_CLIENT: &str = "confluent-kafka==2.16.1";

fn python_client() -> Result<(), Failure> {
    let folder = kafka_folder().join("python");
    if folder.join("confluent_kafka").is_dir() {
        return Ok(());
    }
    let mut pip = shell::command("python3");
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--root-user-action",
        "ignore",
    ]);
    shell::run(pip.arg("--target").arg(&folder).arg(PYTHON_CLIENT)).map(drop)
}

/// Kafka's jars and its client for Python, which come from the network the first time.
pub fn kafka() -> Result<Jars, Failure> {
    python_client()?;
    if !Jars::are_there() {
        tell!("set-up: Kafka's jars are copied by Maven, which takes half a minute\n")?;
    }
    Jars::kafka().map_err(Failure::Away)
}

impl Need {
    fn is_there(&self) -> bool {
        shell::succeeds(&mut self.command())
    }

    fn command(&self) -> Command {
        let mut command = shell::command(self.probe[0]);
        command.args(&self.probe[1..]);
        command
    }
}

/// `apt-get` with the rights to install, or why there is none and what to do instead.
fn apt_get(packages: &[&str]) -> Result<Command, Failure> {
    let packages = packages.join(" ");
    if on_path("apt-get").is_none() {
        return Err(Failure::Away(format!(
            "this machine has no apt-get: install by hand what Debian calls {packages}, and run this again"
        )));
    }
    let is_root = shell::output(shell::command("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    // The variable keeps packages from asking; sudo drops variables, so `env` sets it behind sudo.
    let quiet = "DEBIAN_FRONTEND=noninteractive";
    let mut command;
    if is_root {
        command = shell::command("env");
    } else if shell::succeeds(shell::command("sudo").args(["-n", "true"])) {
        command = shell::command("sudo");
        command.args(["-n", "env"]);
    } else {
        return Err(Failure::Away(format!(
            "installing needs the rights of root, and sudo would ask for a password. Run this line, then try again:\n\n    \
             sudo apt-get update && sudo apt-get install --yes --no-install-recommends {packages}\n"
        )));
    }
    command.args([quiet, "apt-get"]);
    Ok(command)
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_need_says_how_to_meet_it() {
        for need in NEEDS {
            assert!(
                !need.packages.is_empty() && !need.why.is_empty() && on_path("sh").is_some(),
                "{}",
                need.what
            );
        }
    }

    #[test]
    fn java_is_asked_for_by_kafka_alone() {
        let packages = |purpose: For| -> Vec<&str> {
            let needs = NEEDS.iter().filter(|need| need.purpose <= purpose);
            needs.flat_map(|need| need.packages).copied().collect()
        };
        let java = |purpose| packages(purpose).iter().any(|name| name.contains("jdk") || *name == "maven");
        assert!(java(For::Kafka) && !java(For::Building));
        assert!(packages(For::Kafka).contains(&"gcc"), "what runs it was built");
    }

    #[test]
    fn what_is_not_there_is_missed() {
        let (purpose, probe) = (For::Building, &["no-such-program-here"]);
        let need = Need { purpose, what: "", why: "", probe, packages: &[] };
        assert!(!need.is_there());
        // Whoever built this test has a C compiler.
        assert!(NEEDS[0].is_there());
    }
}
