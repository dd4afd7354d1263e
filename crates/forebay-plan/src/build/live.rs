//! Which columns are read by whom. Nothing else is made, carried or copied.

use std::collections::HashSet;

use crate::graph::{Entry, Out};
use crate::resolve::{Resolved, Write};

pub(crate) type Names = HashSet<String>;

pub(crate) struct Live {
    /// Columns that somebody reads, by node and output.
    pub outputs: Vec<Vec<Names>>,
    /// Columns that a node needs, for itself or for those behind it, by node and input.
    pub inputs: Vec<Vec<Names>>,
    /// Those of them that it needs for itself.
    pub reads: Vec<Vec<Names>>,
    /// Columns that readers of `.behind` want.
    behind: Vec<Names>,
}

impl Live {
    /// From the sinks upwards.
    pub fn new(resolved: &Resolved<'_>) -> Live {
        let nodes = &resolved.graph.nodes;
        let mut live = Live {
            outputs: resolved
                .checked
                .iter()
                .map(|checked| vec![Names::new(); checked.outputs.len()])
                .collect(),
            inputs: nodes.iter().map(|node| vec![Names::new(); node.ports.len()]).collect(),
            reads: (0..nodes.len()).map(|at| reads(resolved, at)).collect(),
            behind: vec![Names::new(); nodes.len()],
        };
        for at in (0..nodes.len()).rev() {
            live.event_time(resolved, at);
            live.inputs[at] = live.needs(resolved, at);
            for (port, needed) in nodes[at].ports.iter().zip(&live.inputs[at]) {
                for link in port.iter().flat_map(|port| &port.links) {
                    match link.output {
                        Out::Port(port) => live.outputs[link.from][port].extend(needed.iter().cloned()),
                        Out::Behind => live.behind[link.from].extend(needed.iter().cloned()),
                        Out::Rejected | Out::Unknown => {}
                    }
                }
            }
        }
        live
    }

    /// The engine reads the event time of every record.
    fn event_time(&mut self, resolved: &Resolved<'_>, at: usize) {
        if let Entry::Source(source) = resolved.graph.nodes[at].entry
            && let Some(time) = &source.event_time
        {
            self.outputs[at].iter_mut().for_each(|output| {
                output.insert(time.column.value.clone());
            });
        }
    }

    fn needs(&self, resolved: &Resolved<'_>, at: usize) -> Vec<Names> {
        let (node, checked) = (&resolved.graph.nodes[at], &resolved.checked[at]);
        let mut needs = self.reads[at].clone();
        let Some(main) = needs.first_mut() else { return needs };
        main.extend(self.behind[at].iter().cloned());
        if node.body().kind.is_some_and(|kind| kind.facts.adds) {
            for (wanted, own) in self.outputs[at].iter().zip(&checked.own) {
                main.extend(wanted.iter().filter(|name| own.get(name).is_none()).cloned());
            }
        }
        needs
    }
}

/// What a node itself reads, by input: what its kind says, its key, `where`, and what a sink writes.
fn reads(resolved: &Resolved<'_>, at: usize) -> Vec<Names> {
    let checked = &resolved.checked[at];
    let mut reads = vec![Names::new(); resolved.graph.nodes[at].ports.len()];
    for (port, name) in &checked.reads {
        if let Some(reads) = reads.get_mut(*port) {
            reads.insert(name.clone());
        }
    }
    for (reads, key) in reads.iter_mut().zip(checked.keys.iter().flatten()) {
        reads.extend(key.iter().cloned());
    }
    if let Some(main) = reads.first_mut() {
        main.extend(checked.filter.iter().flat_map(|filter| filter.columns().iter().cloned()));
        main.extend(checked.writes.iter().filter_map(|write| match write {
            Write::Column(name) => Some(name.clone()),
            Write::Own(_) => None,
        }));
    }
    reads
}
