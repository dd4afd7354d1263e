//! Memory for all rounds that the plan says may be under way at once is made before the first record: in steady state nothing
//! is allocated for a batch, however lanes fall behind each other.

use forebay_plan::plan::{Plan, PlanNode, Route};

use crate::gather::Room;

/// Rounds of a segment of which something may be held at once.
pub(super) fn rounds(plan: &Plan, segment: usize) -> usize {
    plan.segments[segment].rounds as usize
}

/// For what is gathered in a segment from so many batches a round.
pub(super) fn of_gatherer(plan: &Plan, segment: usize, max_batch: usize, batches: usize) -> Room {
    Room { rounds: rounds(plan, segment), rows: max_batch, batches }
}

/// Selections that a lane with these segments may have under way.
pub(super) fn selections(plan: &Plan, segments: &[usize]) -> usize {
    let of = |segment: &usize| {
        let nodes = plan.segments[*segment].nodes.iter().map(|id| &plan.nodes[id.0 as usize]);
        nodes.map(|node| selections_of(plan, node)).sum::<usize>() * rounds(plan, *segment)
    };
    segments.iter().map(of).sum()
}

/// Selections that one round of a node makes: what a filter keeps and what it does not, what is behind and what is not, the
/// rows for each lane.
fn selections_of(plan: &Plan, node: &PlanNode) -> usize {
    let filters = node.inputs.iter().flatten().filter(|input| input.filter.is_some()).count();
    let by_key = plan.exchanges.iter().filter(|e| e.from == node.id && e.how == Route::ByKey).count();
    2 * filters + 2 * usize::from(node.kind.facts.keyed) + by_key * plan.lanes as usize
}
