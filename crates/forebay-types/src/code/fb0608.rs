//! Tensors and columns that do not match.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0608",
    title: "the columns of a tensor do not fit its dimensions",
    text: "\
A dimension is a name (`batch`) or a number. The dimensions after the first make the row: each column is one element of it, with
an index (`at`, from 0) of its own, and the columns of an input fill the row.",
    examples: &[
        Example {
            wrong: "\
apiVersion: forebay.dev/v1alpha1
kind: Model
metadata: { name: fraud }
spec:
  source: { file: fraud.onnx }
  sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
  licence: Apache-2.0
  batch: invariant
  inputs: [{ tensor: x, type: f32, dims: [batch, 2], columns: [amount] }]
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
