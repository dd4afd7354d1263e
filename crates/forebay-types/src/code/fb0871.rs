//! No broker answers.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0871",
    title: "no broker answers",
    text: "\
None of the addresses of the connection answers. A running pipeline waits, says so in `/pipelines` and counts the time; what was taken in stays,
what was not yet acknowledged is kept and sent, and nothing is lost. `validate --live` says it at once. Look whether the brokers run, whether
this host reaches their addresses (a broker's *advertised* addresses too, which it names itself), and whether the port speaks TLS.",
    examples: &[],
};
