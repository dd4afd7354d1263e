//! Everything that is wrong with a file by itself: its graph, its columns and their types, its names. What `validate`
//! needs, and the first half of a plan.
//!
//! Invariants: nodes are in topological order, as in [`crate::graph`]. A schema is open exactly where a mistake
//! upstream was reported.

mod node;
mod union;
mod source;
mod sink;
pub(crate) mod extra;
mod files;

use forebay_expr::Typed;
use forebay_spec::pipeline::{Pipeline, Slo};
use forebay_types::format::Format;
use forebay_types::kind::{CopyTerm, MemoryTerm, Models, Promise, Scope};
use forebay_types::{Files, Report, Schema};

use crate::graph::{Entry, Graph, Link, Out};
use crate::{delivery, names, rejected_schema};

pub(crate) use sink::unknown_column;

/// What resolving needs to know beside the pipeline.
pub struct Known<'a> {
    pub models: &'a dyn Models,
    /// The texts that the pipeline was read from.
    pub files: &'a Files,
}

/// A pipeline whose names and types have been worked out, as far as it is right.
pub struct Resolved<'p> {
    pub(crate) pipeline: &'p Pipeline,
    pub(crate) graph: Graph<'p>,
    /// For each node of the graph.
    pub(crate) checked: Vec<Checked>,
    /// For each node the sources that its records come from.
    pub(crate) origins: Vec<Vec<usize>>,
}

/// What is known of a node's columns.
#[derive(Default)]
pub(crate) struct Checked {
    /// By input; `None` for one that is not connected.
    pub inputs: Vec<Option<Schema>>,
    pub filter: Option<Typed>,
    /// What the node itself makes, by output.
    pub own: Vec<Schema>,
    /// All columns, by output.
    pub outputs: Vec<Schema>,
    /// Columns that the node reads, by input.
    pub reads: Vec<(usize, String)>,
    /// For keyed nodes: the columns of the key, by input.
    pub keys: Option<Vec<Vec<String>>>,
    pub memory: Vec<MemoryTerm>,
    pub copies: Vec<CopyTerm>,
    pub models: Vec<String>,
    pub promise: Promise,
    /// What a sink writes.
    pub writes: Vec<Write>,
    /// The format of the undeclared fields that its records carry along: see `extra`.
    pub extra: Option<Format>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Write {
    Column(String),
    Own(&'static str),
}

/// Reports every mistake of the file.
pub fn resolve<'p>(pipeline: &'p Pipeline, known: &Known<'_>, report: &mut Report) -> Resolved<'p> {
    let graph = Graph::new(pipeline, report);
    let origins = graph.origins();
    let mut resolved = Resolved { pipeline, graph, checked: Vec::new(), origins };
    let scope = Scope {
        vars: pipeline.vars.iter().map(|var| (var.name.value.clone(), var.ty.clone())).collect(),
        lists: pipeline.lists.iter().map(|list| (list.name.value.clone(), list.ty.clone())).collect(),
    };
    for at in 0..resolved.graph.nodes.len() {
        let checked = match resolved.graph.nodes[at].entry {
            Entry::Source(source) => source::check(&resolved, source, known.models, &scope, report),
            Entry::Stage(_) => node::check(&resolved, at, known.models, &scope, report),
            Entry::Sink(sink) => {
                let mut checked = node::check(&resolved, at, known.models, &scope, report);
                checked.writes = sink::columns(sink, &checked, report);
                checked.writes.extend(extra::written(sink, &checked));
                checked
            }
        };
        resolved.checked.push(checked);
    }
    extra::check(&resolved, report);
    files::check(&resolved, report);
    delivery::check(&resolved, report);
    names::check(&resolved, known.files, report);
    resolved
}

impl Resolved<'_> {
    /// The columns of a source's or stage's first output, and those among them that it makes itself.
    pub fn first_output(&self, node: &str) -> Option<(&Schema, &Schema)> {
        let checked = &self.checked[self.graph.find(node)?];
        Some((checked.outputs.first()?, checked.own.first()?))
    }

    /// The columns that come over a link. All nodes before the reader have been checked.
    pub(crate) fn columns(&self, link: &Link) -> Schema {
        let from = &self.checked[link.from];
        match link.output {
            Out::Port(port) => from.outputs.get(port).cloned().unwrap_or_else(Schema::unknown),
            Out::Behind => from.inputs.first().cloned().flatten().unwrap_or_else(Schema::unknown),
            Out::Rejected => rejected_schema(),
            Out::Unknown => Schema::unknown(),
        }
    }

    /// The deadline that counts for a source's records.
    pub(crate) fn slo(&self, source: usize) -> Option<&Slo> {
        match self.graph.nodes[source].entry {
            Entry::Source(source) => source.slo.as_ref().or(self.pipeline.slo.as_ref()),
            _ => None,
        }
    }

    /// Whether some source above a node has no end; sources of unknown kinds do not count.
    pub(crate) fn endless_source(&self, node: usize) -> Option<usize> {
        let endless =
            |source: &&usize| self.graph.nodes[**source].body().kind.is_some_and(|kind| !kind.facts.ends);
        self.origins[node].iter().find(endless).copied()
    }
}
