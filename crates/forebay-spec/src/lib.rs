//! Pipeline and configuration files as written: YAML with spans, read by shapes, every mistake reported in one run.
//!
//! Reading order: `yaml` makes a tree with places out of a text; `grammar` says as shapes what may stand where;
//! `read` turns a tree into values of a shape; `overlay` puts values from outside into the tree before it is read; `load`,
//! `nodes`, `cases` and `configs` put it together; `pipeline` is what comes out.
//!
//! Pure: files come in through [`Loader`]. What needs the graph (do inputs exist, do types fit) is the plan's part.

pub mod grammar;
pub mod pipeline;

mod literal;
pub mod matcher;
pub mod loader;
pub mod paths;
mod read;
mod yaml;

mod cases;
pub mod configs;
mod extract;
mod header;
mod later;
mod load;
mod nodes;
mod overlay;

mod json_schema;
mod misfits;
mod print;

pub use configs::{Config, Configs, check_config, configs_folder};
pub use json_schema::{FileKind, config_schema, schema};
pub use later::later;
pub use literal::fits;
pub use load::{Loaded, read_pipeline};
pub use loader::{LoadError, Loader, MemoryLoader};
pub use misfits::misfits;
pub use overlay::{Options, Origin};
pub use print::{Around, resolved};
