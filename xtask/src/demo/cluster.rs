//! The demo's own Kafka: a broker with the topics that the pipelines name, and the connection file that says where it is. It ends
//! with the demo, however that ends.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::thread;

use forebay_testkit::broker::{Broker, Options, Tool};

use super::{Desk, LOOK_EVERY};
use crate::failure::Failure;
use crate::shell;

/// As `pipelines/card-fraud.yaml` names them, with their partitions.
const TOPICS: [(&str, i32); 4] =
    [("transactions", 4), ("chargebacks", 1), (SCORED, 4), ("card-fraud-dead", 1)];
pub const SCORED: &str = "scored";

pub struct Cluster {
    broker: Broker,
    /// What `--configs` names.
    configs: PathBuf,
}

impl Cluster {
    pub fn start(desk: &Desk) -> Result<Cluster, Failure> {
        tell!("\nstarting a Kafka of the demo's own\n")?;
        // Beside this thread, so that Ctrl-C need not wait; what is started when this process ends ends too.
        let starting = thread::spawn(start);
        while !starting.is_finished() {
            desk.go_on()?;
            thread::sleep(LOOK_EVERY);
        }
        let started = starting.join().map_err(|_| Failure::Fault("starting Kafka panicked".into()))?;
        let broker = started.map_err(Failure::Away)?;
        let configs = desk.work().join("configs");
        write_configs(&configs, &broker.bootstrap())
            .map_err(Failure::io(format!("write {}", configs.display())))?;
        Ok(Cluster { broker, configs })
    }

    pub fn configs(&self) -> String {
        shell::shown(&self.configs).display().to_string()
    }

    /// Where it is and what is in it.
    pub fn describe(&self) -> String {
        let topics = TOPICS.map(|(topic, partitions)| match partitions {
            1 => topic.to_string(),
            _ => format!("{topic} ({partitions} partitions)"),
        });
        format!(
            "Kafka is at {} until the demo ends, its log in {}\ntopics: {}\n",
            self.broker.bootstrap(),
            shell::shown(&self.broker.log()).display(),
            topics.join(", ")
        )
    }

    /// How many messages a topic has, as Kafka's own program says it.
    pub fn messages(&self, topic: &str) -> Result<u64, Failure> {
        let said = self.broker.tool(Tool::Offsets, &["--topic", topic]).map_err(Failure::Fault)?;
        sum(&said)
            .ok_or_else(|| Failure::Fault(format!("Kafka does not say how long `{topic}` is, but:\n{said}")))
    }
}

fn start() -> Result<Broker, String> {
    // Event times are those of the generator, and what is older than a topic's retention would be deleted at once.
    let properties = vec![("log.retention.ms".into(), "-1".into())];
    // It lives for a minute, beside all that needs the processors: too short for Java to compile it well.
    let broker = Broker::start(Options { properties, ..Options::default() })?;
    broker.create(&TOPICS)?;
    Ok(broker)
}

/// The repository's own models, and this broker in place of the connection `payments`.
fn write_configs(configs: &Path, bootstrap: &str) -> std::io::Result<()> {
    let connections = configs.join("connections");
    fs::create_dir_all(&connections)?;
    let models = configs.join("models");
    if !models.exists() {
        symlink(shell::root().join("configs/models"), &models)?;
    }
    let text = format!(
        "apiVersion: forebay.dev/v1alpha1\nkind: Connection\nmetadata: {{ name: payments }}\n\
         spec: {{ kafka: {{ brokers: [\"{bootstrap}\"] }} }}\n"
    );
    fs::write(connections.join("payments.yaml"), text)
}

/// Of the offsets in lines `TOPIC:PARTITION:OFFSET`.
fn sum(said: &str) -> Option<u64> {
    let offsets = said.lines().map(|line| line.rsplit_once(':')?.1.trim().parse::<u64>().ok());
    offsets.sum::<Option<u64>>().filter(|_| !said.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_counted_over_all_partitions() {
        assert_eq!(sum("scored:0:12\nscored:1:30\n"), Some(42));
        assert_eq!(sum("scored:0:0\n"), Some(0));
        assert_eq!(sum(""), None);
        assert_eq!(sum("scored:0:12\nno such partition\n"), None);
    }
}
