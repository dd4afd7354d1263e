//! Models: a store for their files, ONNX Runtime sessions, and the kind `infer`.
//!
//! Reading order: `store` brings a file onto this machine and vouches for its digest; `runtime` loads ONNX Runtime,
//! once a process; `session` opens a model and holds it to its card; `infer` runs it over the columns of batches.

mod error;
mod store;
mod runtime;
mod session;
mod infer;

pub use error::Error;
pub use infer::factories;
pub use runtime::load;
pub use session::{Answers, Session, Values};
pub use store::{LocalModels, Package, Progress, RUNTIME, Step, Store, from_package};
