//! Warnings about what goes nowhere: nodes that nobody reads, rejected records that nobody takes.

use forebay_types::{Diagnostic, Report, code};

use super::{Entry, Graph, GraphNode, Out};

pub(super) fn warn(graph: &Graph<'_>, report: &mut Report) {
    // What looks unread may only be misspelt where it is read.
    if report.errors() > 0 {
        return;
    }
    let mut read = vec![false; graph.nodes.len()];
    let mut rejects = vec![false; graph.nodes.len()];
    for link in graph.nodes.iter().flat_map(GraphNode::links) {
        let taken = if link.output == Out::Rejected { &mut rejects } else { &mut read };
        taken[link.from] = true;
    }
    let inner = || graph.nodes.iter().enumerate().filter(|(_, node)| !matches!(node.entry, Entry::Sink(_)));
    for (_, node) in inner().filter(|(at, _)| !read[*at]) {
        let message = format!("nobody reads the {} `{}`", node.body().role.noun(), node.name());
        let help = "name it under `input` of a stage or sink, or take it out";
        report.push(Diagnostic::warning(&code::UNREAD, node.body().name.span, message).help(help));
    }
    // A stage that works on rejected records has rejects of its own, which `rejected` leaves out for stages.
    let lost: Vec<_> = inner().filter(|(at, _)| !rejects[*at]).map(|(_, node)| node).collect();
    let Some(first) = lost.first() else { return };
    let all = !rejects.contains(&true);
    let names = lost.iter().map(|node| format!("`{}`", node.name())).collect::<Vec<_>>().join(", ");
    let whose = if all { "this pipeline".to_string() } else { names };
    let message = format!("no sink takes what {whose} rejects: such records are counted and gone");
    let help = if all {
        "add a sink for dead letters: `dead: { input: rejected, file: { path: out/dead.jsonl } }`".to_string()
    } else {
        format!("let a sink read `{}.rejected`, or `rejected` for all nodes", first.name())
    };
    report.push(Diagnostic::warning(&code::NO_DEAD_LETTERS, first.body().name.span, message).help(help));
}
