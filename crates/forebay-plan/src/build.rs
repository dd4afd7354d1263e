//! From what was resolved to a plan. Each step is a function of those before it: where nodes run (`lanes`), which
//! columns are carried (`live`), where they lie (`layout`), then the nodes themselves, what is copied and what it
//! takes.

mod lanes;
mod live;
mod layout;
mod nodes;
mod promise;
mod rounds;
mod memory;

use forebay_types::Report;
use forebay_types::id::NodeId;

use crate::graph::Out;
use crate::plan::{BreakerPlan, ListPlan, Output, Plan, Segment, VarPlan};
use crate::resolve::Resolved;
use crate::{Options, refuse};

pub(crate) use memory::PER_STREAM;
pub(crate) use rounds::{per_exchange, rounds};

use lanes::Lanes;
use layout::Layout;

/// Lays a pipeline out. `None` where it has errors, or cannot run here; the report says why.
pub fn plan(resolved: Resolved<'_>, options: &Options, report: &mut Report) -> Option<Plan> {
    if report.errors() > 0 {
        return None;
    }
    refuse::check(&resolved, report);
    if report.errors() > 0 {
        return None;
    }
    let lanes = Lanes::new(&resolved, options.lanes());
    let live = live::Live::new(&resolved);
    let layout = Layout::new(&resolved, &lanes, &live);
    let delivery = promise::delivery(&resolved);
    let exchanges = layout.exchanges(&resolved, &lanes);
    let behind = rounds::exchanges_behind(&lanes, &exchanges);
    let segments = lanes.segments.iter().enumerate().map(|(at, (_, spread))| Segment {
        spread: *spread,
        rounds: rounds(behind[at], options.credits),
        nodes: (0..lanes.nodes.len()).filter(|node| lanes.nodes[*node].segment == at).map(id).collect(),
    });
    let segments: Vec<Segment> = segments.collect();
    let copies = memory::copies(&resolved, &layout, &exchanges);
    let memory = memory::sum(&resolved, &layout, &lanes, &segments, &exchanges, options);
    let pipeline = resolved.pipeline;
    let vars = pipeline.vars.iter().filter_map(|var| {
        Some(VarPlan { name: var.name.value.clone(), ty: var.ty.clone(), value: var.value.clone()? })
    });
    let lists = pipeline.lists.iter().map(|list| ListPlan {
        name: list.name.value.clone(),
        ty: list.ty.clone(),
        file: list.file.value.clone(),
        column: list.column.as_ref().map(|column| column.value.clone()),
        reload_ns: list.reload,
    });
    Some(Plan {
        name: format!("{}/{}", pipeline.metadata.namespace.value, pipeline.metadata.name.value),
        vars: vars.collect(),
        lists: lists.collect(),
        scale: pipeline.scale.value,
        lanes: options.lanes(),
        shards: options.shards,
        max_batch: options.max_batch,
        credits: options.credits,
        nodes: nodes::build(resolved, layout, &lanes)?,
        segments,
        exchanges,
        delivery,
        breaker: pipeline.breaker.map(|breaker| BreakerPlan {
            share: breaker.share,
            over_ns: breaker.over,
            least: breaker.least,
        }),
        copies,
        memory,
    })
}

fn id(at: usize) -> NodeId {
    NodeId(at as u16)
}

/// A link's output as the plan names it. Unknown ones are behind errors, and no plan is made of those.
fn output(out: Out) -> Output {
    match out {
        Out::Port(port) => Output::Port(port),
        Out::Behind => Output::Behind,
        Out::Rejected => Output::Rejected,
        Out::Unknown => unreachable!("an unknown kind was reported, so there is no plan"),
    }
}
