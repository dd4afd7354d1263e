//! How many rounds may be under way at once. Credits bound it: the engine makes memory for that many before the first record,
//! and the sum of the memory counts it.

use std::collections::BTreeSet;

use super::lanes::Lanes;
use crate::plan::Exchange;

/// On each side of an exchange: the round at work, and the one before, of which things are let go when the next begins.
const BESIDE_CREDITS: u32 = 2;

/// Rounds of a segment, of those with so many exchanges on the longest way behind them.
pub(crate) fn rounds(behind: u32, credits: u32) -> u32 {
    BESIDE_CREDITS + behind * per_exchange(credits)
}

/// What each exchange adds to those in front of it: what waits on its edges, and what its receiver holds.
pub(crate) fn per_exchange(credits: u32) -> u32 {
    credits + BESIDE_CREDITS
}

/// The exchanges on the longest way from each segment on.
pub(super) fn exchanges_behind(lanes: &Lanes, exchanges: &[Exchange]) -> Vec<u32> {
    let segment = |node: forebay_types::id::NodeId| lanes.nodes[usize::from(node.0)].segment;
    let ways: BTreeSet<(usize, usize)> =
        exchanges.iter().map(|exchange| (segment(exchange.from), segment(exchange.to.node))).collect();
    (0..lanes.segments.len()).map(|segment| longest(&ways, segment)).collect()
}

/// Segments have no cycles.
fn longest(ways: &BTreeSet<(usize, usize)>, segment: usize) -> u32 {
    let after = ways.range((segment, 0)..=(segment, usize::MAX));
    after.map(|(_, to)| 1 + longest(ways, *to)).max().unwrap_or(0)
}
