//! Cycles are reported and cut; what remains is sorted.

use forebay_types::{Diagnostic, Report, code};

use super::GraphNode;

#[derive(Clone, Copy, PartialEq)]
enum Visit {
    New,
    Open,
    Done,
}

/// A place on the way up from a reader: the node and which of its links comes next.
struct Step {
    node: usize,
    next: usize,
}

/// Takes every link away that closes a cycle, and says so.
pub(super) fn cut_cycles(nodes: &mut [GraphNode<'_>], report: &mut Report) {
    let mut visits = vec![Visit::New; nodes.len()];
    for start in 0..nodes.len() {
        if visits[start] != Visit::New {
            continue;
        }
        visits[start] = Visit::Open;
        let mut way = vec![Step { node: start, next: 0 }];
        while let Some(step) = way.last_mut() {
            let (node, next) = (step.node, step.next);
            step.next += 1;
            let Some(from) = nodes[node].links().nth(next).map(|link| link.from) else {
                visits[node] = Visit::Done;
                way.pop();
                continue;
            };
            match visits[from] {
                Visit::Done => {}
                Visit::New => {
                    visits[from] = Visit::Open;
                    way.push(Step { node: from, next: 0 });
                }
                Visit::Open => {
                    report_cycle(nodes, &way, from, report);
                    cut(&mut nodes[node], next);
                    if let Some(step) = way.last_mut() {
                        step.next -= 1;
                    }
                }
            }
        }
    }
}

/// The last step of the way reads `from`, which stands on the way already. The cycle is told from its first node in the
/// file on, and pointed at where that node reads the last one.
fn report_cycle(nodes: &[GraphNode<'_>], way: &[Step], from: usize, report: &mut Report) {
    let mut cycle: Vec<usize> = way.iter().map(|step| step.node).skip_while(|node| *node != from).collect();
    // The way goes from readers to what they read; records flow in the other direction.
    cycle.reverse();
    let first = (0..cycle.len()).min_by_key(|at| cycle[*at]).unwrap_or(0);
    cycle.rotate_left(first);
    let names: Vec<_> = cycle.iter().chain(cycle.first()).map(|node| nodes[*node].name()).collect();
    let (Some(first), Some(last)) = (cycle.first(), cycle.last()) else { return };
    let Some(link) = nodes[*first].links().find(|link| link.from == *last) else { return };
    let message = format!("records would go in a circle: {}", names.join(" → "));
    let help = "a pipeline has no loops: publish to a topic or file and read it in another pipeline";
    report.push(Diagnostic::error(&code::CYCLE, link.span, message).help(help));
}

fn cut(node: &mut GraphNode<'_>, mut link: usize) {
    for port in node.ports.iter_mut().flatten() {
        if link < port.links.len() {
            port.links.remove(link);
            port.broken = true;
            return;
        }
        link -= port.links.len();
    }
}

/// Nodes after everything that they read; where there is a choice the order of the file stands.
pub(super) fn sort(nodes: Vec<GraphNode<'_>>) -> Vec<GraphNode<'_>> {
    let mut place = vec![usize::MAX; nodes.len()];
    let mut order = Vec::with_capacity(nodes.len());
    while order.len() < nodes.len() {
        let ready = |at: &usize| {
            place[*at] == usize::MAX && nodes[*at].links().all(|link| place[link.from] != usize::MAX)
        };
        let Some(next) = (0..nodes.len()).find(ready) else { unreachable!("cycles have been cut") };
        place[next] = order.len();
        order.push(next);
    }
    let mut slots: Vec<_> = nodes.into_iter().map(Some).collect();
    let mut sorted: Vec<_> = order.iter().filter_map(|at| slots[*at].take()).collect();
    for link in
        sorted.iter_mut().flat_map(|node| node.ports.iter_mut().flatten()).flat_map(|port| &mut port.links)
    {
        link.from = place[link.from];
    }
    sorted
}
