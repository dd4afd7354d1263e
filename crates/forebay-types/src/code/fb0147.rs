//! Secrets written into a file.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0147",
    title: "a secret stands in the file",
    text: "\
Files are kept, copied and printed; a secret in one is none. Write `\"${secret:NAME}\"`: it is resolved on the host when the
pipeline starts, from FOREBAY_SECRET_NAME or a file, and is never printed.",
    examples: &[
        Example {
            wrong: "\
apiVersion: forebay.dev/v1alpha1
kind: Connection
metadata: { name: payments }
spec:
  kafka:
    brokers: [\"localhost:9092\"]
    sasl: { mechanism: plain, user: app, password: \"hunter2\" }",
            right: "\
apiVersion: forebay.dev/v1alpha1
kind: Connection
metadata: { name: payments }
spec:
  kafka:
    brokers: [\"localhost:9092\"]
    sasl: { mechanism: plain, user: app, password: \"${secret:KAFKA}\" }",
        },
    ],
};
