//! What is copied and what it takes, each with the reason for the number.

use super::lanes::Lanes;
use super::layout::Layout;
use crate::Options;
use crate::graph::Entry;
use crate::plan::{Copy, Exchange, MemoryLine, Output, Route, Segment, Spread};
use crate::resolve::{Resolved, Write};
use crate::text::{count, row_bytes};

/// Event time and high, sequence, arrival, end and the place of the original of one record.
const RECORD_HEADER_BYTES: u64 = 16 + 8 + 8 + 4 + 8;
/// Event time and high of one gathered row, and where it comes from.
const ROW_HEADER_BYTES: u64 = 16 + 8;
/// What a stream's reader holds: a chunk that is being read and one that is being cut into records.
const READ_BYTES: u64 = 2 << 20;
/// What a source's buffers are counted by.
pub(crate) const PER_STREAM: &str = "open stream";

pub(super) fn copies(resolved: &Resolved<'_>, layout: &Layout, exchanges: &[Exchange]) -> Vec<Copy> {
    let nodes = &resolved.graph.nodes;
    let mut copies = Vec::new();
    for (at, node) in nodes.iter().enumerate() {
        if let (Entry::Source(_), Some(output)) = (node.entry, layout.outputs[at].first()) {
            let bytes = row_bytes(&output.adds);
            copies.push(Copy {
                at: node.name().into(),
                what: "text to columns".into(),
                bytes_per_record: bytes,
            });
        }
        for exchange in exchanges.iter().filter(|e| usize::from(e.to.node.0) == at && e.how != Route::Same) {
            let from = nodes[usize::from(exchange.from.0)].name();
            let what = match exchange.how {
                Route::ByKey => "rows to the lane of their key",
                _ => "rows of all lanes back into order",
            };
            let ending = if exchange.output == Output::Rejected { ".rejected" } else { "" };
            copies.push(Copy {
                at: format!("{from}{ending} → {}", node.name()),
                what: what.into(),
                bytes_per_record: exchange.copied_bytes,
            });
        }
        let own = resolved.checked[at].copies.iter();
        copies.extend(own.map(|term| Copy {
            at: node.name().into(),
            what: term.what.clone(),
            bytes_per_record: term.bytes_per_record,
        }));
        if let (Entry::Sink(_), Some(Some(input))) = (node.entry, layout.inputs[at].first()) {
            let written = |name: &String| resolved.checked[at].writes.contains(&Write::Column(name.clone()));
            let schema = &input.laid.schema;
            let columns = schema.columns.iter().filter(|column| written(&column.name)).cloned().collect();
            let bytes = row_bytes(&forebay_types::Schema::of(columns));
            copies.push(Copy {
                at: node.name().into(),
                what: "columns to text".into(),
                bytes_per_record: bytes,
            });
        }
    }
    copies
}

pub(super) fn sum(
    resolved: &Resolved<'_>,
    layout: &Layout,
    lanes: &Lanes,
    segments: &[Segment],
    exchanges: &[Exchange],
    options: &Options,
) -> Vec<MemoryLine> {
    let mut lines = Vec::new();
    let rounds = |node: usize| u64::from(segments[lanes.nodes[node].segment].rounds);
    sources(resolved, layout, &rounds, options, &mut lines);
    stages(resolved, layout, lanes, &rounds, options, &mut lines);
    edges(resolved, lanes, exchanges, &rounds, options, &mut lines);
    models(resolved, lanes, options, &mut lines);
    state(resolved, lanes, options, &mut lines);
    lines
}

/// How many rounds of a node may be held at once.
type Rounds<'a> = &'a dyn Fn(usize) -> u64;

fn fixed(what: String, bytes: u64, reason: String) -> MemoryLine {
    MemoryLine { what, bytes, reason, each: None }
}

fn sources(
    resolved: &Resolved<'_>,
    layout: &Layout,
    rounds: Rounds<'_>,
    options: &Options,
    lines: &mut Vec<MemoryLine>,
) {
    let batch = u64::from(options.max_batch);
    for (at, node) in resolved.graph.nodes.iter().enumerate() {
        let (Entry::Source(_), Some(output)) = (node.entry, layout.outputs[at].first()) else { continue };
        let (row, rounds) = (row_bytes(&output.adds), rounds(at));
        let reason = format!("{rounds} rounds × {} records × {row} B", count(batch));
        lines.push(fixed(format!("{}: records read", node.name()), rounds * batch * row, reason));
        let (bytes, records) = (rounds * batch * RECORD_HEADER_BYTES, count(rounds * batch));
        lines.push(MemoryLine {
            each: Some(PER_STREAM.into()),
            ..fixed(
                format!("{}: read buffers", node.name()),
                READ_BYTES + bytes,
                format!("2 chunks × 1 MiB + headers of {records} records × {RECORD_HEADER_BYTES} B"),
            )
        });
    }
}

fn stages(
    resolved: &Resolved<'_>,
    layout: &Layout,
    lanes: &Lanes,
    rounds: Rounds<'_>,
    options: &Options,
    lines: &mut Vec<MemoryLine>,
) {
    let batch = u64::from(options.max_batch);
    for (at, node) in resolved.graph.nodes.iter().enumerate() {
        let Entry::Stage(_) = node.entry else { continue };
        let row: u64 = layout.outputs[at].iter().map(|output| row_bytes(&output.adds)).sum();
        if row > 0 {
            let (copies, rounds) = (instances(lanes, at, options), rounds(at));
            let reason = format!("{}{rounds} rounds × {} records × {row} B", times(copies), count(batch));
            let what = format!("{}: columns made", node.name());
            lines.push(fixed(what, copies * rounds * batch * row, reason));
        }
    }
}

/// What waits on an edge is the sender's, and counted there; here is what the receiver gathers it into.
fn edges(
    resolved: &Resolved<'_>,
    lanes: &Lanes,
    exchanges: &[Exchange],
    rounds: Rounds<'_>,
    options: &Options,
    lines: &mut Vec<MemoryLine>,
) {
    let batch = u64::from(options.max_batch);
    for exchange in exchanges.iter().filter(|exchange| exchange.how != Route::Same) {
        let name = |node: forebay_types::id::NodeId| resolved.graph.nodes[usize::from(node.0)].name();
        let ending = if exchange.output == Output::Rejected { ".rejected" } else { "" };
        let to = usize::from(exchange.to.node.0);
        let row = exchange.copied_bytes + ROW_HEADER_BYTES;
        let (copies, rounds) = (instances(lanes, to, options), rounds(to));
        let reason =
            format!("{}{rounds} rounds × {} records × {row} B with header", times(copies), count(batch));
        let what = format!("{}{ending} → {}: gathered", name(exchange.from), name(exchange.to.node));
        lines.push(fixed(what, copies * rounds * batch * row, reason));
    }
}

fn models(resolved: &Resolved<'_>, lanes: &Lanes, options: &Options, lines: &mut Vec<MemoryLine>) {
    for (at, node) in resolved.graph.nodes.iter().enumerate() {
        for model in &resolved.checked[at].models {
            let size = options.models.iter().find(|(name, _)| name == model).map(|(_, bytes)| *bytes);
            let copies = instances(lanes, at, options);
            let line = match size {
                Some(bytes) => fixed(
                    format!("{}: model {model}", node.name()),
                    copies * bytes,
                    format!("{}its file", times(copies)),
                ),
                None => fixed(format!("{}: model {model}", node.name()), 0, "not on this machine yet".into()),
            };
            lines.push(line);
        }
    }
}

/// What nodes keep: buffers, of which there are as many as instances, and state, which grows with the data.
fn state(resolved: &Resolved<'_>, lanes: &Lanes, options: &Options, lines: &mut Vec<MemoryLine>) {
    for (at, (node, checked)) in resolved.graph.nodes.iter().zip(&resolved.checked).enumerate() {
        let copies = instances(lanes, at, options);
        lines.extend(checked.memory.iter().map(|term| match term.each.as_str() {
            "lane" => fixed(
                format!("{}: buffers", node.name()),
                copies * term.bytes,
                format!("{}what it works on", times(copies)),
            ),
            // Its instances share it.
            "sink" => fixed(format!("{}: buffers", node.name()), term.bytes, "what it works on".into()),
            each => MemoryLine {
                what: format!("{}: state", node.name()),
                bytes: term.bytes,
                reason: String::new(),
                each: Some(each.to_string()),
            },
        }));
    }
}

/// How many instances of a node run.
fn instances(lanes: &Lanes, at: usize, options: &Options) -> u64 {
    match lanes.nodes[at].spread {
        Spread::One => 1,
        Spread::Keyed | Spread::Streams => u64::from(options.lanes()),
    }
}

fn times(lanes: u64) -> String {
    if lanes > 1 { format!("{lanes} lanes × ") } else { String::new() }
}
