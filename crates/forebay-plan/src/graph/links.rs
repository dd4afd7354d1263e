//! From what stands under `input` to links.

use forebay_spec::pipeline::{Input, OutputRef};
use forebay_types::kind::InPort;
use forebay_types::{Diagnostic, Report, code};

use super::{Entry, GraphNode, Link, Names, Out, Port};

/// The nodes in the order of the file, linked by index.
pub(super) fn connect<'p>(names: &Names<'p>, report: &mut Report) -> Vec<GraphNode<'p>> {
    let connected =
        names.entries.iter().map(|entry| GraphNode { entry: *entry, ports: ports(names, *entry, report) });
    let mut nodes: Vec<_> = connected.collect();
    add_rejected(names, &mut nodes);
    nodes
}

fn ports(names: &Names<'_>, entry: Entry<'_>, report: &mut Report) -> Vec<Option<Port>> {
    let (body, inputs) = (entry.body(), entry.inputs());
    let Some(kind) = body.kind else {
        return inputs.iter().map(|input| Some(port(names, input, report))).collect();
    };
    let mut ports: Vec<Option<Port>> = kind.inputs.iter().map(|_| None).collect();
    for input in inputs {
        match kind.inputs.iter().position(|port| port.name == input.port.value) {
            Some(at) => ports[at] = Some(port(names, input, report)),
            None => {
                report.push(unknown_input(kind.name, kind.inputs, input));
                input.from.iter().filter(|from| !is_all_rejected(from)).for_each(|from| {
                    names.output(from, report);
                });
            }
        }
    }
    let missing = kind.inputs.iter().zip(&ports).find(|(port, found)| port.required && found.is_none());
    if let Some((port, _)) = missing
        && !body.broken
        && !inputs.is_empty()
    {
        let message = format!("`{}` reads nothing on its input `{}`", entry.name(), port.name);
        let help = format!("write `input: {{ {}: NAME }}`", port.name);
        report.push(Diagnostic::error(&code::INPUT_MISSING, body.name.span, message).help(help));
    }
    ports
}

fn unknown_input(kind: &str, ports: &[InPort], input: &Input) -> Diagnostic {
    let name = &input.port.value;
    let message = format!("{kind} has no input `{name}`");
    Diagnostic::error(&code::UNKNOWN_INPUT, input.port.span, message)
        .meant(name, ports.iter().map(|port| port.name))
}

fn is_all_rejected(from: &OutputRef) -> bool {
    from.node == "rejected" && from.port.is_empty()
}

fn port(names: &Names<'_>, input: &Input, report: &mut Report) -> Port {
    let mut port = Port::default();
    for from in input.from.iter().filter(|from| !is_all_rejected(from)) {
        let Some((node, output)) = names.output(from, report) else {
            port.broken = true;
            continue;
        };
        match port
            .links
            .iter()
            .find(|link| link.from == node && link.output == output && output != Out::Unknown)
        {
            Some(first) => {
                let message = format!("`{from}` stands twice in one union");
                let diagnostic =
                    Diagnostic::error(&code::READ_TWICE, from.span, message).also(first.span, "first here");
                report.push(diagnostic.help("leave one of them out: every record would come twice"));
            }
            None => port.links.push(Link { from: node, output, span: from.span }),
        }
    }
    port
}

/// `rejected` alone: the rejected records of every source and stage, but for those that work on rejected records.
fn add_rejected(names: &Names<'_>, nodes: &mut [GraphNode<'_>]) {
    let mut readers = Vec::new();
    for (at, entry) in names.entries.iter().enumerate() {
        let kind = entry.body().kind;
        for (i, input) in entry.inputs().iter().enumerate() {
            let port =
                kind.map_or(Some(i), |kind| kind.inputs.iter().position(|p| p.name == input.port.value));
            let all = input.from.iter().find(|from| is_all_rejected(from));
            readers.extend(port.zip(all).map(|(port, all)| (at, port, all.span)));
        }
    }
    let mut behind_rejected = vec![false; nodes.len()];
    for (at, ..) in readers.iter().filter(|(at, ..)| !matches!(nodes[*at].entry, Entry::Sink(_))) {
        mark_downstream(nodes, *at, &mut behind_rejected);
    }
    for (at, port, span) in readers {
        let sink = matches!(nodes[at].entry, Entry::Sink(_));
        let from: Vec<usize> = (0..nodes.len())
            .filter(|from| !matches!(nodes[*from].entry, Entry::Sink(_)) && (sink || !behind_rejected[*from]))
            .collect();
        let Some(port) = nodes[at].ports[port].as_mut() else { continue };
        for from in from {
            if !port.links.iter().any(|link| link.from == from && link.output == Out::Rejected) {
                port.links.push(Link { from, output: Out::Rejected, span });
            }
        }
    }
}

fn mark_downstream(nodes: &[GraphNode<'_>], start: usize, marked: &mut [bool]) {
    let mut open = vec![start];
    while let Some(at) = open.pop() {
        if std::mem::replace(&mut marked[at], true) {
            continue;
        }
        let reads = |node: &GraphNode<'_>| node.links().any(|link| link.from == at);
        open.extend((0..nodes.len()).filter(|next| !marked[*next] && reads(&nodes[*next])));
    }
}

/// What a sink cannot write goes where the rejected records of the nodes go that it reads. What a sink that takes
/// such records cannot write goes nowhere: it stops the pipeline.
pub(super) fn add_failed_writes(nodes: &mut [GraphNode<'_>]) {
    for sink in 0..nodes.len() {
        if !matches!(nodes[sink].entry, Entry::Sink(_)) || nodes[sink].takes_dead_letters() {
            continue;
        }
        let reads: Vec<usize> = nodes[sink].links().map(|link| link.from).collect();
        for node in nodes.iter_mut().filter(|node| matches!(node.entry, Entry::Sink(_))) {
            for port in node.ports.iter_mut().flatten() {
                let takes = |link: &&Link| link.output == Out::Rejected && reads.contains(&link.from);
                if let Some(span) = port.links.iter().find(takes).map(|link| link.span) {
                    port.links.push(Link { from: sink, output: Out::Rejected, span });
                }
            }
        }
    }
}
