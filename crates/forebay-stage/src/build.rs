//! What a factory gets to make a node: its configuration, its columns with their addresses, its share of the
//! key space.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use forebay_expr::Values;
use forebay_types::card::Card;
use forebay_types::format::{Extra, Format};
use forebay_types::id::NodeId;
use forebay_types::kind::{NoModels, Scope};
use forebay_types::value::Node;
use forebay_types::{Addr, Record, Schema, Ty, code};

use crate::{Bell, Condition, Connections, Fault, OwnColumn, StreamNames};

/// Everything a node is made from. Paths in the configuration are resolved already.
pub struct Build<'a> {
    /// `NAMESPACE/NAME` of the pipeline.
    pub pipeline: &'a str,
    pub node: NodeId,
    pub name: &'a str,
    /// The folder of the pipeline file. Paths below it are named relative to it wherever a name is kept, so that a
    /// pipeline means the same from any working directory and after it was moved.
    pub base: &'a Path,
    /// The kind's own fields.
    pub config: &'a Record,
    /// For sources and sinks: the form of records outside.
    pub format: Format,
    /// For a source: what becomes of fields that nobody declared. Kept ones are the column `forebay_types::format::EXTRA`
    /// of its group, where somebody reads them.
    pub extra: Extra,
    /// Columns of each input, laid out; `None` for one that is not connected.
    pub inputs: &'a [Option<Schema>],
    /// For each output what this node adds (or all of it, where it makes its own row space), in the order of the
    /// group that it has to build. Columns that nobody reads are left out.
    pub outputs: &'a [Schema],
    /// For a source: the declared columns.
    pub declared: &'a [Declared],
    /// For a sink: what it writes, in order.
    pub columns: &'a [SinkColumn],
    /// The names of streams, for sinks that write them.
    pub streams: &'a Arc<StreamNames>,
    /// For a sink that writes `_model`: the models that its records went through, with their digests.
    pub model: Option<&'a str>,
    /// Names and types of vars and lists, for expressions in the configuration.
    pub scope: &'a Scope,
    /// Vars and lists at run time.
    pub values: &'a Values,
    pub models: &'a dyn ModelFiles,
    pub connections: &'a dyn Connections,
    pub process: &'a Process,
    /// Wakes the lane that the node runs on; of a source, the lane that reads it.
    pub bell: &'a Bell,
    /// Where the node says what it waits for.
    pub condition: &'a Condition,
    pub shards: Shards,
    /// Somebody reads this node's rejected records with their original bytes.
    pub keep_raw: bool,
    /// For a sink: what it writes was rejected somewhere. What it cannot write stops the pipeline.
    pub dead_letters: bool,
}

/// The process that a pipeline runs in, among those that run it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// It is the only one: `scale: one`.
    pub alone: bool,
    /// What earlier runs left is forgotten.
    pub fresh: bool,
    /// The same after a restart with the same state, and another one for every other process: letters and digits.
    pub identity: String,
}

/// A column of a source's schema.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The name in the input.
    pub from: String,
    pub name: String,
    pub ty: Ty,
    pub default: Option<Node>,
    pub sensitive: bool,
    /// Index in the group that the source builds; `None` when it is checked but carried by nobody.
    pub slot: Option<usize>,
}

/// A column of what a sink writes.
#[derive(Clone, Debug, PartialEq)]
pub enum SinkColumn {
    /// A column of its input.
    Column { name: String, ty: Ty, addr: Addr, sensitive: bool },
    /// A value of the header.
    Own(OwnColumn),
}

/// The part of the key space that an instance of a keyed node owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shards {
    /// Number of shards of the key space, fixed for the life of a state.
    pub total: u32,
    /// This instance owns the shards with `shard % lanes == lane`.
    pub lane: u32,
    pub lanes: u32,
}

impl Shards {
    /// Everything on one lane.
    pub const ALL: Shards = Shards { total: 64, lane: 0, lanes: 1 };

    /// The shard of a key by its hash.
    pub fn of(&self, hash: u64) -> u32 {
        // The upper bits: hash tables inside a shard use the lower ones.
        (((hash >> 32) * u64::from(self.total)) >> 32) as u32
    }

    pub fn owned(&self) -> impl Iterator<Item = u32> + use<> {
        (self.lane..self.total).step_by(self.lanes as usize)
    }

    pub fn owns(&self, shard: u32) -> bool {
        shard % self.lanes == self.lane
    }
}

/// A model that is on this machine and has been checked against its card.
#[derive(Clone, Debug)]
pub struct ModelFile {
    pub card: Arc<Card>,
    pub path: PathBuf,
}

/// Where stages get model files from.
pub trait ModelFiles {
    /// The file of `NAME` or `NAME@VERSION`.
    fn file(&self, name: &str) -> Result<ModelFile, Fault>;
}

impl ModelFiles for NoModels {
    fn file(&self, name: &str) -> Result<ModelFile, Fault> {
        let message = format!("there are no models, and `{name}` was asked for");
        Err(Fault::fatal(&code::MODEL_UNKNOWN, message))
    }
}
