//! The consumers in `examples/consumers` read the same results, in each language.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use forebay_testkit::broker::{Jars, kafka_folder};

use crate::stand::{Change, Stand, drain};

const COUNT: usize = 40;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/consumers")
}

/// What a consumer printed, sorted: partitions are read beside each other.
#[track_caller]
fn read(command: &mut Command, stand: &Stand) -> Vec<String> {
    let count = COUNT.to_string();
    let command = command.args([stand.cluster.bootstrap(), &stand.output, &count]);
    let Output { status, stdout, stderr } =
        command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&stderr).into_owned();
    assert!(status.success(), "{said}");
    assert!(said.contains("0 seen before"), "{said}");
    let mut lines: Vec<String> = String::from_utf8_lossy(&stdout).lines().map(String::from).collect();
    lines.sort();
    lines
}

#[test]
fn consumers_in_python_java_and_rust_read_the_same_results() {
    let stand = Stand::new(2);
    let stages = "    decide: { input: tx, set: { tx_id: \"= string(id)\", decision: \"= amount > 30.00 ? 'review' : 'approve'\" } }";
    stand.pipeline(&Change { stages, reads: "decide", columns: "[tx_id, decision]", ..Change::default() });
    let text = stand.desk.read("pay.yaml").replace(", key: card }\n      columns", " }\n      columns");
    stand.desk.write("pay.yaml", &text);
    stand.pay(0..COUNT as u64);
    let going = stand.run("");
    stand.out(COUNT);
    drain(going).good();
    let mut expect: Vec<String> =
        (0..COUNT).map(|id| format!("{id} {}", if id % 60 >= 30 { "review" } else { "approve" })).collect();
    expect.sort();

    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--quiet", "--locked", "-p", "consumer", "--"]).current_dir(examples());
    assert_eq!(read(&mut cargo, &stand), expect);

    let jars = Jars::kafka().unwrap_or_else(|error| panic!("{error}"));
    let mut java = Command::new("java");
    java.args(["-cp", &jars.class_path().expect("jars")]).arg(examples().join("java/Consumer.java"));
    assert_eq!(read(&mut java, &stand), expect);

    let packages = kafka_folder().join("python");
    if !packages.join("confluent_kafka").is_dir() {
        println!("skipped: the Python consumer needs confluent-kafka, which `cargo xtask setup` installs");
        return;
    }
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", packages).arg("-B").arg(examples().join("python/consumer.py"));
    assert_eq!(read(&mut python, &stand), expect);
}
