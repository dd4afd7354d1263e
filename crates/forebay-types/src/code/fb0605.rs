//! Connections without a file.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0605",
    title: "there is no such connection",
    text: "\
A pipeline names connections, never addresses. A connection is described in `configs/connections/NAME.yaml` in the nearest
`configs/` upwards of the pipeline; an environment may replace it by another.",
    examples: &[
        Example {
            wrong: "\
apiVersion: forebay.dev/v1alpha1
kind: Environment
metadata: { name: prod }
spec:
  connections: { payments: nowhere }",
            right: "\
apiVersion: forebay.dev/v1alpha1
kind: Environment
metadata: { name: prod }
spec:
  vars: { limit: 5 }",
        },
    ],
};
