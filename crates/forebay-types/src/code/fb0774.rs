//! Records that crash the process or a sink.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0774",
    title: "a record that crashed the process or a sink twice",
    text: "\
The process died by itself (not killed from outside), or a sink broke off, twice while it worked on this record: the second time it
worked on it alone. At the third try the record is set aside, and everything else goes on. It is most often a defect of foreign code,
such as a model's runtime.",
    examples: &[],
};
