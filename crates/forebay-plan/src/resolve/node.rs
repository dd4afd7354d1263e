//! Stages and sinks: the kind's own check, what it adds, its filter and its keys.

use forebay_expr::Names;
use forebay_spec::pipeline::{Body, WhenLate};
use forebay_types::kind::{Answer, Check, Models, Scope};
use forebay_types::value::Record;
use forebay_types::{Diagnostic, Report, Schema, Ty, code};

use super::{Checked, Resolved, extra, union};
use crate::graph::Entry;

pub(super) fn check(
    resolved: &Resolved<'_>,
    at: usize,
    models: &dyn Models,
    scope: &Scope,
    report: &mut Report,
) -> Checked {
    let node = &resolved.graph.nodes[at];
    let body = node.body();
    let ports =
        node.ports.iter().map(|port| port.as_ref().map(|port| union::columns(resolved, port, report)));
    let mut inputs: Vec<Option<Schema>> = ports.collect();
    if let (true, Some(main)) = (inputs.first().is_none_or(Option::is_none), inputs.first_mut()) {
        // A required input that is missing was reported.
        *main = Some(Schema::unknown());
    }
    let main = inputs.first().cloned().flatten().unwrap_or_else(Schema::unknown);
    let filter = node.entry.filter().and_then(|filter| {
        let names = Names { columns: &main, scope };
        forebay_expr::compile(&filter.value, filter.span, &names, Some(&Ty::Bool), report)
    });
    let mut checked = Checked { filter, ..Checked::default() };
    let (answer, wrong) = ask(body, &inputs, models, scope, report);
    checked.own = outputs(body, &answer, wrong);
    if let Entry::Stage(stage) = node.entry {
        if stage.on_late.value == WhenLate::Skip {
            skip_late(resolved, at, &mut checked.own, report);
        }
        event_time(resolved, at, report);
    }
    checked.outputs = match body.kind {
        Some(kind) if kind.facts.adds => {
            checked.own.iter().map(|own| add(body, &main, own, report)).collect()
        }
        _ => checked.own.clone(),
    };
    if body.kind.is_some_and(|kind| kind.facts.keyed) && !wrong {
        check_keys(body, &answer.keys, &inputs, report);
        checked.keys = Some(answer.keys);
    } else if matches!(node.entry, Entry::Sink(_)) && !answer.keys.is_empty() {
        // What it writes keeps the order of its keys.
        checked.keys = Some(answer.keys);
    }
    Checked {
        inputs,
        reads: answer.reads,
        memory: answer.memory,
        copies: answer.copies,
        models: answer.models,
        promise: answer.promise,
        extra: extra::passed(resolved, at),
        ..checked
    }
}

/// The kind's own check; `true` where what it answers may be incomplete because something was wrong.
pub(super) fn ask(
    body: &Body,
    inputs: &[Option<Schema>],
    models: &dyn Models,
    scope: &Scope,
    report: &mut Report,
) -> (Answer, bool) {
    let (Some(kind), Some(config)) = (body.kind, &body.config) else { return (Answer::default(), true) };
    let before = report.errors();
    let config: &Record = config;
    let name = &body.name.value;
    let mut check = Check {
        name,
        span: body.name.span,
        config,
        inputs,
        scope,
        models,
        report,
        answer: Answer::default(),
    };
    (kind.check)(&mut check);
    let answer = check.answer;
    let wrong = report.errors() > before || body.broken;
    (answer, wrong)
}

/// What a node makes by each output, open where something was wrong.
pub(super) fn outputs(body: &Body, answer: &Answer, wrong: bool) -> Vec<Schema> {
    let count = body.kind.map_or(0, |kind| kind.outputs.len());
    let output = |at: usize| match answer.outputs.get(at) {
        Some(schema) => Schema { open: schema.open || wrong, ..schema.clone() },
        None => Schema { open: wrong, ..Schema::default() },
    };
    (0..count).map(output).collect()
}

/// Columns of an edge, at most. An address would take more; searching by name would not.
const MAX_COLUMNS: usize = 4096;

/// Whether an edge may carry so many columns; says so where it may not.
pub(super) fn is_narrow(body: &Body, columns: usize, report: &mut Report) -> bool {
    if columns > MAX_COLUMNS {
        let message = format!(
            "`{}` gives {columns} columns, and an edge carries at most {MAX_COLUMNS}",
            body.name.value
        );
        let help = "leave out what nobody needs, or group columns into a struct or list";
        report.push(Diagnostic::error(&code::TOO_MANY_COLUMNS, body.name.span, message).help(help));
    }
    columns <= MAX_COLUMNS
}

/// The columns of the main input and the node's own behind them.
fn add(body: &Body, main: &Schema, own: &Schema, report: &mut Report) -> Schema {
    if !is_narrow(body, main.columns.len() + own.columns.len(), report) {
        return Schema::unknown();
    }
    let mut all = main.clone();
    for column in &own.columns {
        let span = if column.span.is_none() { body.name.span } else { column.span };
        if let Err(there) = all.add(column.clone()) {
            let message =
                format!("`{}` adds the column `{}`, which exists already", body.name.value, column.name);
            let mut diagnostic = Diagnostic::error(&code::COLUMN_EXISTS, span, message);
            if !there.span.is_none() {
                diagnostic = diagnostic.also(there.span, "this one");
            }
            report.push(diagnostic.help("columns are never overwritten: give one of the two another name"));
        }
    }
    all.open |= own.open;
    all
}

/// `on_late: skip`: what the stage adds is null where there was no time for it.
fn skip_late(resolved: &Resolved<'_>, at: usize, own: &mut [Schema], report: &mut Report) {
    let node = &resolved.graph.nodes[at];
    let Entry::Stage(stage) = node.entry else { return };
    let Some(kind) = stage.body.kind else { return };
    if !kind.facts.adds {
        let message =
            format!("{} cannot be skipped: it does not add columns to records, it makes its own", kind.name);
        let help = "`on_late: skip` stands at stages whose columns may be null; leave it out";
        report.push(Diagnostic::error(&code::SKIP_ADDS_NOTHING, stage.on_late.span, message).help(help));
        return;
    }
    for column in own.iter_mut().flat_map(|schema| &mut schema.columns) {
        column.ty = std::mem::replace(&mut column.ty, Ty::Unknown).optional();
    }
    let sources = &resolved.origins[at];
    if !sources.is_empty() && sources.iter().all(|source| resolved.slo(*source).is_none()) {
        let message = format!("`{}` is never skipped: its records have no deadline", node.name());
        let help = "state one: `slo: { deadline: 200ms }`, under `spec` or at the source";
        report
            .push(Diagnostic::warning(&code::SKIP_WITHOUT_DEADLINE, stage.on_late.span, message).help(help));
    }
}

/// State by key goes by event time, which records of a file have only where a column says so.
fn event_time(resolved: &Resolved<'_>, at: usize, report: &mut Report) {
    let body = resolved.graph.nodes[at].body();
    if !body.kind.is_some_and(|kind| kind.facts.keyed) {
        return;
    }
    for source in &resolved.origins[at] {
        let Entry::Source(source) = resolved.graph.nodes[*source].entry else { continue };
        let timeless = source.body.kind.is_some_and(|kind| kind.facts.ends) && source.event_time.is_none();
        if timeless && !source.body.broken {
            let name = &source.body.name;
            let message = format!(
                "`{}` keeps state by event time, and the records of `{}` have none",
                body.name.value, name.value
            );
            let diagnostic =
                Diagnostic::error(&code::NO_EVENT_TIME, body.name.span, message).also(name.span, "read here");
            report
                .push(diagnostic.help(format!("name the column at `{}`: `event_time: COLUMN`", name.value)));
        }
    }
}

/// Inputs of one node meet by key, so their keys have equal types.
fn check_keys(body: &Body, keys: &[Vec<String>], inputs: &[Option<Schema>], report: &mut Report) {
    let key_types = |at: usize| -> Option<Vec<&Ty>> {
        let schema = inputs.get(at)?.as_ref()?;
        keys.get(at)?.iter().map(|name| schema.get(name).map(|column| &column.ty)).collect()
    };
    let Some(main) = key_types(0) else { return };
    for (at, input) in body.kind.iter().flat_map(|kind| kind.inputs).enumerate().skip(1) {
        let Some(other) = key_types(at) else { continue };
        let differ = main.iter().zip(&other).position(|(a, b)| !a.fits(b) || !b.fits(a));
        if main.len() == other.len() && differ.is_none() {
            continue;
        }
        let part = differ.unwrap_or(0);
        let show = |keys: &[String], types: &[&Ty]| match (keys.get(part), types.get(part)) {
            (Some(key), Some(ty)) => format!("`{key}` ({ty})"),
            _ => "nothing".to_string(),
        };
        let message = format!(
            "the inputs of `{}` meet by key, but their keys differ: {} on the main input, {} on `{}`",
            body.name.value,
            show(&keys[0], &main),
            show(&keys[at], &other),
            input.name
        );
        let help = "declare both columns with the same type in the schemas of their sources";
        report.push(Diagnostic::error(&code::KEY_TYPES, body.name.span, message).help(help));
    }
}
