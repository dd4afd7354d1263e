//! Digests of files.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0607",
    title: "not a SHA-256 digest",
    text: "\
A digest is 64 hexadecimal digits, as `sha256sum FILE` prints them. Every model file is checked by it before it is used.",
    examples: &[Example {
        wrong: "\
apiVersion: forebay.dev/v1alpha1
kind: Model
metadata: { name: fraud }
spec:
  source: { file: fraud.onnx }
  sha256: abc123
  licence: Apache-2.0
  batch: invariant
  inputs: [{ tensor: x, type: f32, dims: [batch, 2], columns: [amount, night] }]
  outputs: [{ tensor: p, type: f32, dims: [batch, 2], columns: [{ name: score, at: 1 }] }]",
        right: "\
apiVersion: forebay.dev/v1alpha1
kind: Model
metadata: { name: fraud }
spec:
  source: { file: fraud.onnx }
  sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
  licence: Apache-2.0
  batch: invariant
  inputs: [{ tensor: x, type: f32, dims: [batch, 2], columns: [amount, night] }]
  outputs: [{ tensor: p, type: f32, dims: [batch, 2], columns: [{ name: score, at: 1 }] }]",
    }],
};
