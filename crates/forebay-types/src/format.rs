//! How records look outside, and what becomes of what nobody declared.

/// The form of records in files and messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    #[default]
    Json,
    Csv,
    Parquet,
    Avro,
    Protobuf,
}

/// What becomes of input fields that nobody declared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Extra {
    #[default]
    Ignore,
    /// They pass through to sinks of the same format.
    Keep,
    Reject,
}
