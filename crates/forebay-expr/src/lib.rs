//! Expressions: CEL without macros, read once, type-checked against the columns of an edge and run over batches.
//!
//! The way of a text: [`compile`] reads it (`token`, `parse`), checks it (`check`) and gives a [`Typed`] tree in
//! which every widening is written out. [`Typed::program`] binds the tree to the addresses of an edge and to the
//! vars and lists of a run and flattens it (`lower`) into a [`Program`]: a list of steps, each of which fills one
//! register for all rows of a batch's hull. Registers are kept from batch to batch, so a program in steady state
//! allocates nothing.
//!
//! Invariants:
//! - What compiles has a meaning for every row. A row whose expression fails (overflow, division by zero, a text that
//!   is no number) has a fault of its own; the other rows are not touched by it.
//! - `false && fault` is false and `true || fault` is true, on either side, as in CEL. So all rows are computed
//!   in every branch, without a jump, and results are those of a row alone.
//! - A result depends on the row and nothing else: neither on the batch around it nor on the order of batches.

mod mistake;
mod token;
mod tree;
mod parse;

mod scalar;
mod typed;
mod check;

mod values;
mod fault;
mod lower;
mod run;
mod program;

#[cfg(test)]
mod tests;

pub use check::{Names, compile, compile_aggregate};
pub use fault::Fault;
pub use program::{Output, Program};
pub use scalar::Scalar;
pub use typed::{Aggregate, Typed, TypedAggregate};
pub use values::{List, Members, Values};
