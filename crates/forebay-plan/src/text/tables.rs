//! The tables of a plan: names from outside, copies, memory, delivery.

use std::fmt::Write as _;

use forebay_types::Value;
use forebay_types::kind::Role;
use forebay_types::unit::DurationText;

use super::{count, nodes, size};
use crate::build::{PER_STREAM, per_exchange, rounds};
use crate::plan::{MemoryLine, Plan};

pub(super) fn counts(plan: &Plan) -> String {
    let one = |role: Role| {
        let number = plan.nodes.iter().filter(|node| node.kind.role == role).count();
        format!("{number} {}{}", role.noun(), if number == 1 { "" } else { "s" })
    };
    [Role::Source, Role::Stage, Role::Sink].map(one).join(", ")
}

pub(super) fn names(out: &mut String, plan: &Plan) {
    if plan.vars.is_empty() && plan.lists.is_empty() {
        return;
    }
    out.push_str("\nNames\n");
    for var in &plan.vars {
        let value = match &var.value.value {
            Value::Number(text) => text.clone(),
            Value::Text(text) => format!("{:?}", text.text),
            Value::Bool(value) => value.to_string(),
            _ => "…".into(),
        };
        let _ = writeln!(out, "  vars.{}  {}  {value}", var.name, var.ty);
    }
    for list in &plan.lists {
        let reload = list
            .reload_ns
            .map_or(String::new(), |every| format!(", looked at every {}", DurationText(every)));
        let column = list.column.as_ref().map_or(String::new(), |column| format!(" column {column}"));
        let _ = writeln!(out, "  lists.{}  {}  {}{column}{reload}", list.name, list.ty, list.file);
    }
}

pub(super) fn copies(out: &mut String, plan: &Plan) {
    let rows = plan
        .copies
        .iter()
        .map(|copy| [copy.at.clone(), copy.what.clone(), format!("{} B", count(copy.bytes_per_record))]);
    table(out, rows.collect(), 2);
}

/// What is known, and what grows.
pub(super) fn memory_total(plan: &Plan) -> String {
    let streams = plan.memory.iter().find(|line| line.each.as_deref() == Some(PER_STREAM));
    let mut grows: Vec<String> =
        streams.map(|line| format!("{} for each open stream", size(line.bytes))).into_iter().collect();
    let state = plan.memory.iter().filter(|line| line.each.as_deref().is_some_and(|each| each != PER_STREAM));
    let mut names: Vec<_> = state.filter_map(|line| line.what.split(':').next()).collect();
    names.dedup();
    if !names.is_empty() {
        grows.push(format!("the state of {}", names.join(", ")));
    }
    match grows.is_empty() {
        true => size(total(plan)),
        false => format!("{}, beside {}", size(total(plan)), grows.join(" and ")),
    }
}

fn total(plan: &Plan) -> u64 {
    plan.memory.iter().filter(|line| line.each.is_none()).map(|line| line.bytes).sum()
}

pub(super) fn memory(out: &mut String, plan: &Plan) {
    let row = |line: &MemoryLine| {
        let reason = match (&line.each, line.reason.as_str()) {
            (Some(each), "") => format!("for each {each}"),
            (Some(each), reason) => format!("for each {each}: {reason}"),
            (None, reason) => reason.to_string(),
        };
        [line.what.clone(), size(line.bytes), reason]
    };
    let (fixed, grows): (Vec<_>, Vec<_>) = plan.memory.iter().partition(|line| line.each.is_none());
    let mut rows: Vec<_> = fixed.into_iter().map(row).collect();
    rows.push(["sum".into(), size(total(plan)), String::new()]);
    rows.extend(grows.into_iter().map(row));
    table(out, rows, 1);
}

pub(super) fn delivery(out: &mut String, plan: &Plan) {
    nodes::wrapped(out, "guarantee", plan.delivery.guarantee.word());
    nodes::wrapped(out, "because", &plan.delivery.proof);
    nodes::wrapped(out, "epochs", &format!("one every {}", DurationText(plan.delivery.commit_every_ns)));
    nodes::wrapped(out, "commit", "one entry of the local log, synced after the outputs that it names");
    let credits = match plan.exchanges.is_empty() {
        true => "none needed: every batch is handed on inside its lane".to_string(),
        false => format!(
            "{} batches of up to {} records on each edge between lanes, so a node has memory for {} rounds, and {} more \
             for each edge on the way behind it",
            plan.credits,
            count(plan.max_batch.into()),
            rounds(0, plan.credits),
            per_exchange(plan.credits),
        ),
    };
    nodes::wrapped(out, "credits", &credits);
}

/// Rows in columns; `right` is the one that holds numbers.
fn table(out: &mut String, rows: Vec<[String; 3]>, right: usize) {
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    for row in &rows {
        let cell = |at: usize| {
            let pad = " ".repeat(widths[at] - row[at].chars().count());
            if at == right { format!("{pad}{}", row[at]) } else { format!("{}{pad}", row[at]) }
        };
        let line = format!("    {}  {}  {}", cell(0), cell(1), cell(2));
        out.push_str(line.trim_end());
        out.push('\n');
    }
}
