//! The admin server has no address.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0841",
    title: "the admin address cannot be used",
    text: "\
`--admin ADDR` is where this process answers about itself: `/healthz`, `/readyz`, `/metrics` and `/pipelines`. Somebody else may
listen there, or the address is not one of this machine. Without `--admin` a free port of the loopback is taken.",
    examples: &[],
};
