//! One node of a plan: where it runs, what comes in over which edge, what it makes.

use std::fmt::Write as _;

use forebay_types::format::EXTRA;
use forebay_types::kind::Role;
use forebay_types::unit::DurationText;
use forebay_types::{Column, Schema};

use crate::plan::{Exchange, Feed, Output, Plan, PlanInput, PlanNode, Reader, Route, SinkColumn, Spread};

/// Where the text of a line begins, and where it is wrapped.
const INDENT: usize = 14;
const WIDTH: usize = 108;
/// A space at which no line is broken.
const TIED: char = '\u{a0}';

pub(super) fn render(out: &mut String, plan: &Plan, node: &PlanNode) {
    let _ = writeln!(out, "  {}  {}  {}", node.name, node.kind.name, place(plan, node));
    for (port, input) in node.inputs.iter().enumerate() {
        if let Some(input) = input {
            render_input(out, plan, node, port, input);
        }
    }
    if let Some(slo) = node.source.as_ref().and_then(|source| source.slo.as_ref()) {
        let text = format!("{} from {}, then {}", DurationText(slo.deadline_ns), slo.from, slo.on_late);
        wrapped(out, "deadline", &text);
    }
    render_outputs(out, node);
    if let Some(sink) = &node.sink {
        let names = sink.columns.iter().map(|column| match column {
            SinkColumn::Column { name, .. } => shown(name),
            SinkColumn::Own(name) => name,
        });
        let letters = if sink.dead_letters { " (dead letters)" } else { "" };
        wrapped(out, "writes", &format!("{}{letters}", names.collect::<Vec<_>>().join(", ")));
        if sink.guarantee != plan.delivery.guarantee {
            wrapped(out, "delivery", sink.guarantee.word());
        }
    }
    if !node.models.is_empty() {
        wrapped(out, "models", &node.models.join(", "));
    }
}

fn render_outputs(out: &mut String, node: &PlanNode) {
    let several = node.outputs.len() > 1;
    for (port, output) in node.kind.outputs.iter().zip(&node.outputs) {
        let name = if several { format!("{}: ", port.name) } else { String::new() };
        let label = match (node.kind.facts.adds, output.adds.columns.is_empty()) {
            (_, true) if output.readers.is_empty() => None,
            (true, true) => None,
            (true, false) => Some("adds"),
            (false, _) => Some("gives"),
        };
        let optional = if node.skip_late { " (null where there was no time)" } else { "" };
        if let Some(label) = label {
            wrapped(out, label, &format!("{name}{}{optional}", columns(&output.adds)));
        }
        if !output.unread.columns.is_empty() {
            let unread: Vec<_> = output.unread.names().map(shown).collect();
            wrapped(out, "left out", &format!("{name}{}, which nobody reads", unread.join(", ")));
        }
    }
}

fn place(plan: &Plan, node: &PlanNode) -> String {
    match (plan.segments[node.segment].spread, &node.keys) {
        (Spread::One, Some(_)) => format!("lane 0, by {}", keys(node)),
        (Spread::One, None) => "lane 0".into(),
        (Spread::Keyed, Some(_)) => format!("lanes 0–{}, by {}", plan.lanes - 1, keys(node)),
        (Spread::Streams, _) if node.source.is_some() => {
            format!("lanes 0–{}, each with its share of the streams", plan.lanes - 1)
        }
        (Spread::Keyed | Spread::Streams, _) => format!("lanes 0–{}, where its records are", plan.lanes - 1),
    }
}

/// The names of a node's key on its main input.
pub(super) fn keys(node: &PlanNode) -> String {
    let (Some(Some(main)), Some(Some(keys))) =
        (node.inputs.first(), node.keys.as_ref().map(|keys| keys.first()))
    else {
        return "its key".into();
    };
    let name = |addr| {
        main.schema.columns.iter().find(|column| column.addr == addr).map(|column| column.name.clone())
    };
    keys.iter().filter_map(|key| name(key.addr)).collect::<Vec<_>>().join(", ")
}

fn render_input(out: &mut String, plan: &Plan, node: &PlanNode, port: usize, input: &PlanInput) {
    let name = node.kind.inputs[port].name;
    let label = if name == "main" { "reads" } else { name };
    let feed = |(at, feed): (usize, &Feed)| -> String {
        let reader = Reader { node: node.id, port, feed: at };
        let way = plan.exchanges.iter().find(|exchange| exchange.to == reader).map(how).unwrap_or_default();
        format!("{}{way}", feed_name(plan, feed))
    };
    let feeds = join_rejected(plan, input.from.iter().enumerate().map(feed).collect());
    wrapped(out, label, &feeds);
    if !all_rejected(input) {
        wrapped(out, "", &columns(&input.reads));
    }
    let passed = if port == 0 { passed(node, input) } else { Vec::new() };
    if !passed.is_empty() {
        wrapped(out, "passes on", &passed.join(", "));
    }
    if let Some(filter) = &input.filter {
        wrapped(out, "where", &format!("depends on {}", filter.columns().join(", ")));
    }
}

/// Columns that others read, and the node only lets through: behind it, or to `.behind`.
fn passed<'a>(node: &PlanNode, input: &'a PlanInput) -> Vec<&'a str> {
    let has_behind = !node.behind.is_empty();
    let is_passed = |name: &&str| {
        let output = node.outputs.iter().find(|output| output.schema.get(name).is_some());
        let is_carried = output.is_some_and(|output| output.adds.get(name).is_none());
        (is_carried || has_behind) && input.reads.get(name).is_none()
    };
    input.schema.names().filter(is_passed).map(shown).collect()
}

fn all_rejected(input: &PlanInput) -> bool {
    input.from.iter().all(|feed| feed.output == Output::Rejected)
}

/// Rejected records of every node are one thing to say.
fn join_rejected(plan: &Plan, feeds: Vec<String>) -> String {
    let every = plan.nodes.iter().filter(|node| node.kind.role != Role::Sink).all(|node| {
        feeds.iter().any(|feed| feed.split(' ').next() == Some(&format!("{}.rejected", node.name)))
    });
    let (rejected, others): (Vec<_>, Vec<_>) =
        feeds.into_iter().partition(|feed| every && feed.contains(".rejected"));
    let mut parts = others;
    if !rejected.is_empty() {
        parts.push("rejected of all nodes".into());
    }
    parts.join(" + ")
}

fn feed_name(plan: &Plan, feed: &Feed) -> String {
    let node = &plan.nodes[usize::from(feed.node.0)];
    match feed.output {
        Output::Rejected => format!("{}.rejected", node.name),
        Output::Behind => format!("{}.behind", node.name),
        Output::Port(port) => match node.kind.outputs[port].name {
            "" => node.name.clone(),
            port => format!("{}.{port}", node.name),
        },
    }
}

fn how(exchange: &Exchange) -> String {
    match exchange.how {
        Route::ByKey => format!(" to the lane of its key ({} B copied)", exchange.copied_bytes),
        Route::ToOne => format!(" from all lanes, in order ({} B copied)", exchange.copied_bytes),
        Route::Same => String::new(),
    }
}

fn columns(schema: &Schema) -> String {
    let column = |column: &Column| {
        let mark = if column.sensitive { "\u{a0}(sensitive)" } else { "" };
        match column.name.as_str() {
            EXTRA => format!("{}{mark}", shown(EXTRA)),
            name => format!("{name}{TIED}{}{mark}", column.ty),
        }
    };
    match schema.columns.is_empty() {
        true => "no columns".into(),
        false => schema.columns.iter().map(column).collect::<Vec<_>>().join(", "),
    }
}

/// The name of a column; that of the undeclared fields is empty.
pub(crate) fn shown(name: &str) -> &str {
    if name == EXTRA { "(undeclared fields)" } else { name }
}

/// A label and a text of several lines beside it.
pub(super) fn wrapped(out: &mut String, label: &str, text: &str) {
    let mut line = format!("    {label:<width$}", width = INDENT - 4);
    if label.len() >= INDENT - 4 {
        line.push(' ');
    }
    let mut empty = true;
    for word in text.split(' ') {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            out.push_str(line.trim_end());
            out.push('\n');
            line = " ".repeat(INDENT);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(&word.replace(TIED, " "));
        empty = false;
    }
    out.push_str(line.trim_end());
    out.push('\n');
}
