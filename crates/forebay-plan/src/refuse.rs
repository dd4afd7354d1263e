//! What is right in a file and cannot run here or not yet. Every refusal says what to do instead, most as one `--set`.

use forebay_spec::pipeline::{Declared, Guarantee, Scale, Spanned};
use forebay_types::format::Format;
use forebay_types::unit::DurationText;
use forebay_types::{Diagnostic, Report, Value, code};

use crate::delivery;
use crate::graph::Entry;
use crate::resolve::Resolved;

/// What one commit of the local log takes at most on an ordinary disk, from the barrier to the synced entry.
pub(crate) const COMMIT_NS: i64 = 10_000_000;

/// Commits between a source and the moment when a reader sees the result: file to file has one.
pub(crate) const COMMIT_HOPS: i64 = 1;

pub(crate) fn check(resolved: &Resolved<'_>, report: &mut Report) {
    for (at, node) in resolved.graph.nodes.iter().enumerate() {
        match node.entry {
            Entry::Source(source) => {
                format(&source.format, node.name(), report);
                schema(source.schema.as_ref(), report);
            }
            Entry::Sink(sink) => {
                format(&sink.format, node.name(), report);
                guarantee(resolved, at, report);
                deadline(resolved, at, report);
            }
            Entry::Stage(_) => {
                on_watermark(resolved, at, report);
                repartition(resolved, at, report);
            }
        }
    }
    placement(resolved, report);
}

fn format(format: &Spanned<Format>, name: &str, report: &mut Report) {
    if format.value != Format::Json {
        let message = format!("`{name}`: the format {} is not there yet", format.value);
        report.push(
            Diagnostic::error(&code::FORMAT_AWAY, format.span, message)
                .help("write `format: json`: JSON Lines is what this version reads and writes"),
        );
    }
}

fn schema(schema: Option<&Declared>, report: &mut Report) {
    let (span, what) = match schema {
        Some(Declared::File(path)) => (path.span, format!("the schema file `{}`", path.value)),
        Some(Declared::Registry { subject, span, .. }) => {
            (*span, format!("the subject `{subject}` of a registry"))
        }
        _ => return,
    };
    let message = format!("{what} cannot be read yet");
    let help = "write the columns out: `schema: { NAME: TYPE, … }`";
    report.push(Diagnostic::error(&code::SCHEMA_AWAY, span, message).help(help));
}

/// A live source needs an outbox for anything better than best effort, and a broker transactions for more than at least once.
fn guarantee(resolved: &Resolved<'_>, at: usize, report: &mut Report) {
    let Entry::Sink(sink) = resolved.graph.nodes[at].entry else { return };
    let Some(asked) = delivery::wish(resolved, sink) else { return };
    let is_stronger = delivery::strength(asked.value) > delivery::strength(Guarantee::AtLeastOnce);
    if is_stronger && delivery::repeats_yet(resolved, at) {
        let (name, kind) = (&sink.body.name.value, &sink.body.kind_name);
        let message = format!(
            "`{}` cannot be given yet: what `{name}` writes is seen before it is committed, and written once more after a fault",
            asked.value
        );
        let help = "`--set delivery=at_least_once` runs it: results carry `stream` and `_seq` in their headers, by which a \
                    consumer knows one that it has seen";
        let diagnostic = Diagnostic::error(&code::GUARANTEE_AWAY, asked.span, message);
        report.push(diagnostic.also(kind.span, "this sink").help(help));
        return;
    }
    let live = resolved.origins[at].iter().find(|source| delivery::is_live(resolved, **source));
    let (Some(live), false) = (live, asked.value == Guarantee::BestEffort) else { return };
    let name = resolved.graph.nodes[*live].name();
    let message = format!(
        "`{}` cannot be given yet: the results of the live source `{name}` need an outbox, and there is none",
        asked.value
    );
    let help = "`--set delivery=best_effort` runs it: what a restart interrupts is lost";
    report.push(Diagnostic::error(&code::GUARANTEE_AWAY, asked.span, message).help(help));
}

fn deadline(resolved: &Resolved<'_>, at: usize, report: &mut Report) {
    let Entry::Sink(sink) = resolved.graph.nodes[at].entry else { return };
    let given = delivery::wish(resolved, sink).map_or(delivery::strongest(resolved, at), |asked| asked.value);
    if delivery::strength(given) < delivery::strength(Guarantee::ResultsOnce) {
        return;
    }
    let every = &resolved.pipeline.delivery.commit_every;
    let least = every.value.saturating_mul(COMMIT_HOPS).saturating_add(COMMIT_NS);
    for source in &resolved.origins[at] {
        let Some(slo) = resolved.slo(*source).filter(|slo| slo.deadline.value < least) else { continue };
        let message = format!(
            "no result can be in time: with `{given}` it is seen when its epoch commits, up to {} × {} + {} after it was read, and the deadline is {}",
            COMMIT_HOPS,
            DurationText(every.value),
            DurationText(COMMIT_NS),
            DurationText(slo.deadline.value)
        );
        let mut diagnostic = Diagnostic::error(&code::DEADLINE_TOO_SHORT, slo.deadline.span, message);
        if !every.span.is_none() {
            diagnostic = diagnostic.also(every.span, "the commit interval");
        }
        let shorter = (slo.deadline.value - COMMIT_NS) / COMMIT_HOPS / 2;
        report.push(diagnostic.help(match shorter {
            1_000_000.. => format!(
                "commit more often (`--set delivery.commit_every={}ms`), or allow more time",
                shorter / 1_000_000
            ),
            _ => format!("allow at least {}, or ask for `at_least_once`", DurationText(least)),
        }));
    }
}

fn on_watermark(resolved: &Resolved<'_>, at: usize, report: &mut Report) {
    let body = resolved.graph.nodes[at].body();
    let Some(answer) = body.config.as_ref().and_then(|config| config.get("answer")) else { return };
    if !matches!(&answer.value, Value::Text(text) if text.text == "on_watermark") {
        return;
    }
    let name = &body.name.value;
    let message = format!("`{name}` cannot answer on the watermark yet");
    let help = "leave `answer` out: it answers on arrival, from all records up to this one";
    report.push(Diagnostic::error(&code::ON_WATERMARK, answer.span, message).help(help));
}

/// Files are read by one process anyway; everything else has to reach the process that owns its key.
fn repartition(resolved: &Resolved<'_>, at: usize, report: &mut Report) {
    let body = resolved.graph.nodes[at].body();
    let keyed = body.kind.is_some_and(|kind| kind.facts.keyed);
    if !keyed || resolved.pipeline.scale.value != Scale::Group {
        return;
    }
    if let Some(source) = resolved.endless_source(at) {
        let source = resolved.graph.nodes[source].name();
        let message = format!(
            "`{}` keeps state by key, and the records of `{source}` would have to go through a repartition topic, which does not exist yet",
            body.name.value
        );
        let help = "`--set scale=one` runs it in one process, with an exchange between its lanes";
        report.push(Diagnostic::error(&code::REPARTITION, body.name.span, message).help(help));
    }
}

fn placement(resolved: &Resolved<'_>, report: &mut Report) {
    let Some(placement) = &resolved.pipeline.placement else { return };
    if placement.pins.is_empty() && placement.crossings.is_empty() && placement.jurisdictions.is_empty() {
        return;
    }
    let message = "this plan is for one machine, and `placement` says where its parts have to be";
    let help = "`--set placement={}` runs all of it here, on your own account";
    report.push(Diagnostic::error(&code::PLACEMENT_AWAY, placement.span, message).help(help));
}
