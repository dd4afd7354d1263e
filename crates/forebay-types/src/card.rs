//! What is known of a model before its file is there: where it comes from, its digest, its tensors, and which
//! columns go in and come out.

use crate::{Span, Ty};

#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    pub name: String,
    pub version: Option<String>,
    pub source: Source,
    /// Lower-case hexadecimal digest of the model file.
    pub sha256: String,
    pub licence: String,
    pub batch: Batching,
    pub inputs: Vec<Tensor>,
    pub outputs: Vec<Tensor>,
    /// Where the card stands.
    pub span: Span,
}

/// Where the file comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A Python wheel, by exact version, and the path of the file inside it.
    Package { name: String, version: String, member: String },
    /// A file, as an absolute path or one that counts from the working directory; the reader of the card has
    /// resolved it against the card's own place.
    File(String),
}

/// Whether a row's result depends on its neighbours in a batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Batching {
    /// The same bits at any batch size.
    Invariant,
    /// Within this absolute tolerance; the card's test holds it.
    Tolerance(f64),
    /// One row a call.
    One,
}

/// A tensor of the model: the first dimension is the batch where it is `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    pub name: String,
    /// Element type.
    pub ty: Ty,
    pub dims: Vec<Dim>,
    pub columns: Vec<TensorColumn>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dim {
    /// Named, of any size (`batch`).
    Any(String),
    Fixed(u64),
}

/// A column of records that one element of a row stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorColumn {
    pub name: String,
    /// Index in the row.
    pub at: usize,
    /// What stands for a null value; without it a null is an error of the record.
    pub null: Option<f64>,
    pub span: Span,
}

impl Card {
    /// `NAME@VERSION`, or the name where there is no version.
    pub fn label(&self) -> String {
        match &self.version {
            Some(version) => format!("{}@{version}", self.name),
            None => self.name.clone(),
        }
    }
}
