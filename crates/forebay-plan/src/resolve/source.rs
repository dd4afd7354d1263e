//! Sources: declared columns, event time, deadlines.

use forebay_spec::pipeline::{Declared, From, Slo, Source};
use forebay_types::kind::{Models, Scope};
use forebay_types::nearest::nearest;
use forebay_types::{Column, Diagnostic, Report, Schema, Ty, code};

use super::{Checked, Resolved, extra, node};

pub(super) fn check(
    resolved: &Resolved<'_>,
    source: &Source,
    models: &dyn Models,
    scope: &Scope,
    report: &mut Report,
) -> Checked {
    let body = &source.body;
    let (answer, wrong) = node::ask(body, &[], models, scope, report);
    let declared = declared(source);
    let mut own: Vec<Schema> = node::outputs(body, &answer, wrong)
        .into_iter()
        .map(|given| {
            let mut all = declared.clone();
            if !node::is_narrow(body, all.columns.len() + given.columns.len(), report) {
                return Schema::unknown();
            }
            for column in given.columns {
                // A declared column of that name says more about it.
                let _ = all.add(column);
            }
            Schema { open: all.open || given.open, ..all }
        })
        .collect();
    let silent = !own.is_empty() && own.iter().all(|schema| schema.columns.is_empty() && !schema.open);
    if source.schema.is_none() && silent {
        let message = format!("`{}` does not say which columns its records have", body.name.value);
        let help = "declare those that are needed: `schema: { NAME: TYPE, … }`; others are ignored";
        report.push(Diagnostic::error(&code::NO_SCHEMA, body.name.span, message).help(help));
        own.iter_mut().for_each(|schema| schema.open = true);
    }
    if let Some(first) = own.first() {
        event_time(source, first, report);
    }
    check_slo(source, resolved.pipeline.slo.as_ref(), report);
    if let (Some(on_full), Some(kind)) = (&source.on_full, body.kind)
        && kind.facts.replayable
    {
        let message =
            format!("{} can be read again, so `{}` waits and drops nothing", kind.name, body.name.value);
        let help = "leave `on_full` out: it is for live sources";
        report.push(Diagnostic::error(&code::ON_FULL_WAITS, on_full.span, message).help(help));
    }
    Checked {
        outputs: own.clone(),
        own,
        memory: answer.memory,
        copies: answer.copies,
        promise: answer.promise,
        extra: extra::kept(source),
        ..Checked::default()
    }
}

fn declared(source: &Source) -> Schema {
    match &source.schema {
        Some(Declared::Columns { columns, open }) => {
            let columns = columns.iter().map(|column| {
                Column::new(&column.name.value, column.ty.clone(), column.name.span)
                    .sensitive(column.sensitive)
            });
            Schema { columns: columns.collect(), open: *open }
        }
        // What stands in another file is known once that file has been read.
        Some(Declared::File(_) | Declared::Registry { .. }) => Schema::unknown(),
        None => Schema { open: source.body.broken, ..Schema::default() },
    }
}

fn event_time(source: &Source, columns: &Schema, report: &mut Report) {
    let Some(time) = &source.event_time else { return };
    let (name, span) = (&time.column.value, time.column.span);
    let Some(column) = columns.get(name) else {
        if !columns.open {
            let message = format!("the event time is a column of the schema, and `{name}` is none");
            let times = columns.columns.iter().filter(|column| matches!(column.ty, Ty::Timestamp(_)));
            let near =
                nearest(name, columns.names()).or_else(|| times.map(|column| column.name.as_str()).next());
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("declare it: `{name}: timestamp`, or `timestamp(ms)` for a number"),
            };
            report.push(Diagnostic::error(&code::EVENT_TIME_COLUMN, span, message).help(help));
        }
        return;
    };
    let help = match &column.ty {
        Ty::Timestamp(_) | Ty::Unknown => return,
        Ty::Optional(inner) if matches!(**inner, Ty::Timestamp(_)) => {
            format!(
                "every record has an event time: declare `{name}: {inner}`, and records without one are rejected"
            )
        }
        ty if ty.inner().is_integer() => format!("declare the unit: `{name}: timestamp(ms)`, or s, us, ns"),
        _ => "the event time is a `timestamp` or `timestamp(s|ms|us|ns)`".into(),
    };
    let message = format!("`{name}` is {}, and the event time is a timestamp", column.ty);
    let diagnostic = Diagnostic::error(&code::EVENT_TIME_TYPE, span, message);
    report.push(diagnostic.also(column.span, "declared here").help(help));
}

fn check_slo(source: &Source, general: Option<&Slo>, report: &mut Report) {
    let Some(slo) = source.slo.as_ref().or(general) else { return };
    let ends = source.body.kind.is_some_and(|kind| kind.facts.ends);
    let name = &source.body.name;
    let message = match slo.from.value {
        From::EventTime if ends && source.event_time.is_none() && !source.body.broken => {
            format!("deadlines count from the event time, and `{}` names none", name.value)
        }
        From::Produced if ends => {
            format!("records of a file like `{}` were not produced to Kafka", name.value)
        }
        _ => return,
    };
    let diagnostic =
        Diagnostic::error(&code::SLO_FROM, slo.from.span, message).also(name.span, "this source");
    report.push(diagnostic.help("count from `arrival`, or name the column: `event_time: COLUMN`"));
}
