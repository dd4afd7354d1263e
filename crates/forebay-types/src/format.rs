//! How records look outside, and what becomes of what nobody declared.

/// The name of the column that carries a record's undeclared fields under `extra: keep`: the inside of an object as
/// text. No column of a user's has an empty name.
pub const EXTRA: &str = "";

crate::words! {
    /// The form of records in files and messages.
    #[derive(Default)]
    Format {
        #[default]
        Json = "json": "JSON Lines",
        Csv = "csv": "comma-separated values with a header",
        Parquet = "parquet": "Apache Parquet",
        Avro = "avro": "Apache Avro",
        Protobuf = "protobuf": "Protocol Buffers",
    }
    /// What becomes of input fields that nobody declared.
    #[derive(Default)]
    Extra {
        #[default]
        Ignore = "ignore": "they are left out",
        Keep = "keep": "they pass through to sinks of the same format",
        Reject = "reject": "the record is rejected",
    }
}
