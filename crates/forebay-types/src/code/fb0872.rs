//! The cluster does not let us in.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0872",
    title: "the cluster does not let us in",
    text: "\
The broker answered and refused the login or the encryption: a wrong user or password, another mechanism than the listener has, a certificate
that we do not trust (`tls.ca`) or that the broker does not trust (`tls.certificate`, `tls.key`), or no encryption where one side
wants it. Secrets come from this host: `FOREBAY_SECRET_N`. At its start a pipeline ends with this; once it runs it waits. `validate --live`
asks without running anything.",
    examples: &[],
};
