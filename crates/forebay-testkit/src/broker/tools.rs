//! Kafka's own programs, as `bin/kafka-*.sh` of its distribution calls them.

use super::folder::Folder;
use super::java::Java;
use super::process;
use super::properties::{Security, User};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    Topics,
    Configs,
    Acls,
    DeleteRecords,
    Groups,
    Offsets,
    /// Produces the lines of its input.
    Produce,
    /// Ends with `--max-messages` or `--timeout-ms`.
    Consume,
}

impl Tool {
    fn class(self) -> &'static str {
        match self {
            Tool::Topics => "org.apache.kafka.tools.TopicCommand",
            Tool::Configs => "kafka.admin.ConfigCommand",
            Tool::Acls => "org.apache.kafka.tools.AclCommand",
            Tool::DeleteRecords => "org.apache.kafka.tools.DeleteRecordsCommand",
            Tool::Groups => "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
            Tool::Offsets => "org.apache.kafka.tools.GetOffsetShell",
            Tool::Produce => "org.apache.kafka.tools.ConsoleProducer",
            Tool::Consume => "org.apache.kafka.tools.consumer.ConsoleConsumer",
        }
    }
}

pub(super) fn run(
    java: &Java,
    bootstrap: &str,
    tool: Tool,
    args: &[&str],
    input: &str,
) -> Result<String, String> {
    let mut program = java.program(tool.class());
    program.args(["--bootstrap-server", bootstrap]).args(args);
    process::output(&mut program, tool.class(), input)
}

/// Prepares the folder of a new broker, and gives it its SCRAM users.
pub(super) fn format(java: &Java, folder: &Folder, cluster: &str, security: &Security) -> Result<(), String> {
    const CLASS: &str = "kafka.tools.StorageTool";
    let mut program = java.program(CLASS);
    program.args(["format", "--cluster-id", cluster, "--config"]).arg(folder.properties());
    if let Security::Secured { users, .. } = security {
        for User { name, password } in users {
            for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-512"] {
                program.args(["--add-scram", &format!("{mechanism}=[name={name},password={password}]")]);
            }
        }
    }
    process::output(&mut program, CLASS, "").map(drop)
}
