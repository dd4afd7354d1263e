//! Files are found by name.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0602",
    title: "a file in `configs/` that describes another name",
    text: "\
Models, connections, environments and PoPs are found by the name of their file, so `configs/models/fraud.yaml` describes
`fraud`. Several versions of a model lie in `NAME@VERSION.yaml`.",
    examples: &[
        Example {
            wrong: "\
apiVersion: forebay.dev/v1alpha1
kind: Model
metadata: { name: scam }
spec:
  source: { file: fraud.onnx }
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
        },
    ],
};
