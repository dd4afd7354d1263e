//! The formats that a source or sink can name under `format`. Each further one (CSV, Parquet) is a variant here
//! and a reader and a writer beside those of JSON.

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// One JSON object a line.
    Json,
}

impl Format {
    pub const ALL: [Format; 1] = [Format::Json];

    /// The word for it in a pipeline file.
    pub fn name(self) -> &'static str {
        match self {
            Format::Json => "json",
        }
    }

    pub fn find(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.name() == name)
    }
}
