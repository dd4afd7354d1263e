//! Nodes by name, and what `NAME` and `NAME.PORT` mean.

use std::collections::HashMap;

use forebay_spec::pipeline::{OutputRef, Pipeline};
use forebay_types::kind::OutPort;
use forebay_types::nearest::nearest;
use forebay_types::{Diagnostic, Kind, Report, code};

use super::{Entry, Out};

/// Every node in the order of the file.
pub(crate) struct Names<'p> {
    pub entries: Vec<Entry<'p>>,
    by_name: HashMap<&'p str, usize>,
}

impl<'p> Names<'p> {
    pub fn new(pipeline: &'p Pipeline) -> Names<'p> {
        let sources = pipeline.sources.iter().map(Entry::Source);
        let stages = pipeline.stages.iter().map(Entry::Stage);
        let entries: Vec<_> = sources.chain(stages).chain(pipeline.sinks.iter().map(Entry::Sink)).collect();
        let mut by_name = HashMap::new();
        for (at, entry) in entries.iter().enumerate() {
            by_name.entry(entry.name()).or_insert(at);
        }
        Names { entries, by_name }
    }

    pub fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The output that a reference means; says why where it means none.
    pub fn output(&self, wanted: &OutputRef, report: &mut Report) -> Option<(usize, Out)> {
        let Some(at) = self.find(&wanted.node) else {
            report.push(self.unknown(wanted));
            return None;
        };
        let (entry, name) = (self.entries[at], wanted.node.as_str());
        if let Entry::Sink(_) = entry {
            let message = format!("`{name}` is a sink: nothing comes out of it");
            let help = format!("read what `{name}` reads; an output may have any number of readers");
            report.push(Diagnostic::error(&code::SINK_READ, wanted.span, message).help(help));
            return None;
        }
        match (entry.body().kind, wanted.port.as_str()) {
            (_, "rejected") => Some((at, Out::Rejected)),
            (None, "behind") => Some((at, Out::Behind)),
            (None, _) => Some((at, Out::Unknown)),
            (Some(kind), "behind") if kind.facts.keyed => Some((at, Out::Behind)),
            (Some(kind), "behind") => {
                let message = format!("`{name}` has no `.behind`: {} keeps no state by key", kind.name);
                let help = "only stages with state by key tell what is behind; put such a stage in between, or read the node itself";
                report.push(Diagnostic::error(&code::NOT_KEYED, wanted.span, message).help(help));
                None
            }
            (Some(kind), "") => default_output(kind, wanted, report).map(|port| (at, Out::Port(port))),
            (Some(kind), port) => match kind.outputs.iter().position(|output| output.name == port) {
                Some(port) => Some((at, Out::Port(port))),
                None => {
                    report.push(unknown_output(kind, wanted));
                    None
                }
            },
        }
    }

    fn unknown(&self, wanted: &OutputRef) -> Diagnostic {
        let name = &wanted.node;
        if name == "rejected" {
            let message = format!("`rejected` alone is all that is rejected; it has no `.{}`", wanted.port);
            let help = format!("write `rejected`, or `{}.rejected` for one node", wanted.port);
            return Diagnostic::error(&code::UNKNOWN_NODE, wanted.span, message).help(help);
        }
        let readable =
            self.entries.iter().filter(|entry| !matches!(entry, Entry::Sink(_))).map(|entry| entry.name());
        let near = nearest(name, readable.chain(["rejected"]));
        let diagnostic = Diagnostic::error(
            &code::UNKNOWN_NODE,
            wanted.span,
            format!("there is no source or stage `{name}`"),
        );
        match near {
            Some(near) if wanted.port.is_empty() => diagnostic.help(format!("did you mean `{near}`?")),
            Some(near) => diagnostic.help(format!("did you mean `{near}.{}`?", wanted.port)),
            None => diagnostic.help("`input` names a source, a stage or `rejected` of this file"),
        }
    }
}

fn default_output(kind: &Kind, wanted: &OutputRef, report: &mut Report) -> Option<usize> {
    let unnamed = kind.outputs.iter().position(|output| output.name.is_empty());
    if unnamed.is_some() || kind.outputs.len() == 1 {
        return Some(unnamed.unwrap_or(0));
    }
    let name = &wanted.node;
    let message = format!("`{name}` has several outputs and no default one");
    let help = format!("write {}", list(kind.outputs, name));
    report.push(Diagnostic::error(&code::NO_DEFAULT_OUTPUT, wanted.span, message).help(help));
    None
}

fn unknown_output(kind: &Kind, wanted: &OutputRef) -> Diagnostic {
    let (name, port) = (&wanted.node, &wanted.port);
    let message = format!("`{name}` has no output `{port}`");
    let diagnostic = Diagnostic::error(&code::UNKNOWN_OUTPUT, wanted.span, message);
    let special = if kind.facts.keyed { &["rejected", "behind"][..] } else { &["rejected"] };
    let names = kind.outputs.iter().map(|output| output.name).filter(|name| !name.is_empty());
    match nearest(port, names.chain(special.iter().copied())) {
        Some(near) => diagnostic.help(format!("did you mean `{name}.{near}`?")),
        None => diagnostic.help(format!("it has {}", list(kind.outputs, name))),
    }
}

fn list(outputs: &[OutPort], node: &str) -> String {
    let one = |output: &OutPort| match output.name {
        "" => format!("`{node}`"),
        port => format!("`{node}.{port}`"),
    };
    outputs.iter().map(one).collect::<Vec<_>>().join(", ")
}
