//! A plan for people: a few lines, or everything that was worked out.

mod tables;
mod nodes;

use forebay_spec::pipeline::Scale;
pub(crate) use forebay_types::unit::count;
use forebay_types::unit::{DurationText, SizeText};
use forebay_types::{Schema, Ty};

use crate::plan::{Plan, Spread};

/// Bytes that the content of a text or of bytes is taken to have, and items of a list: what a plan cannot know.
const CONTENT_BYTES: u64 = 16;
const LIST_ITEMS: u64 = 4;

/// Bytes that one record takes in these columns.
pub(crate) fn row_bytes(schema: &Schema) -> u64 {
    schema.columns.iter().map(|column| value_bytes(&column.ty)).sum()
}

fn value_bytes(ty: &Ty) -> u64 {
    let content = |ty: &Ty| match ty {
        Ty::String | Ty::Bytes | Ty::Zones => CONTENT_BYTES,
        Ty::List(item) => LIST_ITEMS * value_bytes(item),
        _ => 0,
    };
    match ty.inner() {
        Ty::Struct(fields) => {
            fields.iter().map(|(_, ty)| value_bytes(ty)).sum::<u64>() + u64::from(ty.is_optional())
        }
        inner => ty.width() as u64 + content(inner),
    }
}

pub(crate) use nodes::shown;

/// The plan in a few lines.
pub fn summary(plan: &Plan) -> String {
    let mut out = format!("{}\n", plan.name);
    nodes::wrapped(&mut out, "nodes", &tables::counts(plan));
    nodes::wrapped(&mut out, "runs", &runs(plan));
    nodes::wrapped(&mut out, "delivery", &commits(plan));
    nodes::wrapped(&mut out, "memory", &tables::memory_total(plan));
    out
}

/// Everything that was worked out.
pub fn explain(plan: &Plan) -> String {
    let mut out = summary(plan);
    out.push_str("\nGraph (every column in host memory)\n");
    plan.nodes.iter().for_each(|node| nodes::render(&mut out, plan, node));
    tables::names(&mut out, plan);
    out.push_str(&format!("\nCopies (a text counts {CONTENT_BYTES} B, a list {LIST_ITEMS} items)\n"));
    tables::copies(&mut out, plan);
    out.push_str("\nMemory\n");
    tables::memory(&mut out, plan);
    out.push_str("\nDelivery\n");
    tables::delivery(&mut out, plan);
    out
}

fn runs(plan: &Plan) -> String {
    // Only what comes from a broker can be shared by a group of processes.
    let endless = plan.nodes.iter().any(|node| node.source.is_some() && !node.kind.facts.ends);
    let process = match plan.scale {
        Scale::Group if endless => "each process of its group",
        Scale::Group | Scale::One => "one process",
    };
    if plan.lanes == 1 {
        return format!("on one lane of {process}");
    }
    let keyed = plan
        .nodes
        .iter()
        .filter(|node| node.keys.is_some() && plan.segments[node.segment].spread == Spread::Keyed);
    let keyed: Vec<_> = keyed.map(|node| format!("{} by {}", node.name, nodes::keys(node))).collect();
    let spread = match keyed.is_empty() {
        true => "nothing has a key, so one does all the work".to_string(),
        false => format!("{} shards a key space, {}", plan.shards, keyed.join(", ")),
    };
    format!("on {} lanes of {process}: {spread}", plan.lanes)
}

fn commits(plan: &Plan) -> String {
    format!("{}, committed every {}", plan.delivery.guarantee, DurationText(plan.delivery.commit_every_ns))
}

fn size(bytes: u64) -> String {
    SizeText(bytes).to_string()
}
