//! Where a model comes from.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0606",
    title: "a model with no source or two",
    text: "\
The source of a model is one of `file: PATH` and `package: { name, version, member }`, a file inside a Python wheel.",
    examples: &[Example {
        wrong: "\
apiVersion: forebay.dev/v1alpha1
kind: Model
metadata: { name: fraud }
spec:
  source: {}
  sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
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
