//! Who reads what: the names under `input` as links between nodes, without cycles and in topological order.
//!
//! Invariants: after [`Graph::new`] every link comes from a node with a smaller index. A link that could not be made
//! was reported and leaves its port `broken`, so its columns are unknown and no second error follows.

mod names;
mod links;
mod order;
mod unread;

use forebay_spec::pipeline::{Body, Input, Pipeline, Sink, Source, Spanned, Stage};
use forebay_types::value::Text;
use forebay_types::{Report, Span};

pub(crate) use names::Names;

pub(crate) struct Graph<'p> {
    pub nodes: Vec<GraphNode<'p>>,
}

pub(crate) struct GraphNode<'p> {
    pub entry: Entry<'p>,
    /// In the order of the kind's inputs, or as written where the kind is not known.
    pub ports: Vec<Option<Port>>,
}

/// An input with the outputs that fill it.
#[derive(Debug, Default)]
pub(crate) struct Port {
    pub links: Vec<Link>,
    pub broken: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub from: usize,
    pub output: Out,
    pub span: Span,
}

/// An output of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Out {
    Port(usize),
    Rejected,
    Behind,
    /// Of a node whose kind is not known.
    Unknown,
}

#[derive(Clone, Copy)]
pub(crate) enum Entry<'p> {
    Source(&'p Source),
    Stage(&'p Stage),
    Sink(&'p Sink),
}

impl<'p> Entry<'p> {
    pub fn body(self) -> &'p Body {
        match self {
            Entry::Source(source) => &source.body,
            Entry::Stage(stage) => &stage.body,
            Entry::Sink(sink) => &sink.body,
        }
    }

    pub fn inputs(self) -> &'p [Input] {
        match self {
            Entry::Source(_) => &[],
            Entry::Stage(stage) => &stage.inputs,
            Entry::Sink(sink) => &sink.inputs,
        }
    }

    pub fn filter(self) -> Option<&'p Spanned<Text>> {
        match self {
            Entry::Source(_) => None,
            Entry::Stage(stage) => stage.filter.as_ref(),
            Entry::Sink(sink) => sink.filter.as_ref(),
        }
    }

    pub fn name(self) -> &'p str {
        &self.body().name.value
    }
}

impl<'p> GraphNode<'p> {
    pub fn body(&self) -> &'p Body {
        self.entry.body()
    }

    pub fn name(&self) -> &'p str {
        self.entry.name()
    }

    pub fn links(&self) -> impl Iterator<Item = &Link> {
        self.ports.iter().flatten().flat_map(|port| &port.links)
    }

    /// A sink that takes records which somebody rejected.
    pub fn takes_dead_letters(&self) -> bool {
        matches!(self.entry, Entry::Sink(_)) && self.links().any(|link| link.output == Out::Rejected)
    }
}

impl<'p> Graph<'p> {
    pub fn new(pipeline: &'p Pipeline, report: &mut Report) -> Graph<'p> {
        let before = report.errors();
        let names = Names::new(pipeline);
        let mut nodes = links::connect(&names, report);
        order::cut_cycles(&mut nodes, report);
        links::add_failed_writes(&mut nodes);
        let graph = Graph { nodes: order::sort(nodes) };
        if report.errors() == before {
            unread::warn(&graph, report);
        }
        graph
    }

    pub fn find(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.name() == name)
    }

    /// For each node the sources that its records come from.
    pub fn origins(&self) -> Vec<Vec<usize>> {
        let mut origins: Vec<Vec<usize>> = Vec::with_capacity(self.nodes.len());
        for (at, node) in self.nodes.iter().enumerate() {
            let mut from: Vec<usize> =
                node.links().flat_map(|link| origins[link.from].iter().copied()).collect();
            if let Entry::Source(_) = node.entry {
                from.push(at);
            }
            from.sort_unstable();
            from.dedup();
            origins.push(from);
        }
        origins
    }
}
