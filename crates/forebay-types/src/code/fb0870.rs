//! A secret that is not on this host.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0870",
    title: "a secret that is not on this host",
    text: "\
`${secret:N}` is filled in when a pipeline starts, on the host where it runs: from the environment variable `FOREBAY_SECRET_N`, or from the
file that `FOREBAY_SECRET_N_FILE` names (one line end at its end does not count). Neither is there, or the file cannot be read. Nothing
prints what a secret holds.",
    examples: &[],
};
