//! What a sink can promise, what was asked for, and what stands in the way.
//!
//! The engine commits positions, state changes and the lengths of outputs as one entry of the local log. So what comes
//! from sources that can be read again counts once. A result that is dropped for being late is gone, although what
//! was published stays published once. What comes from a live source is lost when a restart interrupts it, until
//! there is an outbox.

use forebay_spec::pipeline::{CrossingMode, Guarantee, OnLate, Sink, Spanned};
use forebay_types::kind::Promise;
use forebay_types::{Diagnostic, Report, code};

use crate::graph::Entry;
use crate::resolve::Resolved;

/// Larger is stronger.
pub(crate) fn strength(guarantee: Guarantee) -> u8 {
    match guarantee {
        Guarantee::ExactlyOnce => 3,
        Guarantee::ResultsOnce => 2,
        Guarantee::AtLeastOnce => 1,
        Guarantee::BestEffort => 0,
    }
}

/// What is asked of a sink, by itself or by the pipeline.
pub(crate) fn wish<'r>(resolved: &'r Resolved<'_>, sink: &'r Sink) -> Option<&'r Spanned<Guarantee>> {
    sink.delivery.as_ref().or(resolved.pipeline.delivery.guarantee.as_ref())
}

/// The strongest that a sink can promise.
pub(crate) fn strongest(resolved: &Resolved<'_>, sink: usize) -> Guarantee {
    let sources = || resolved.origins[sink].iter();
    if sources().any(|source| is_live(resolved, *source)) {
        Guarantee::BestEffort
    } else if repeats(resolved, sink) || repeats_yet(resolved, sink) {
        Guarantee::AtLeastOnce
    } else if sources().any(|source| drops(resolved, *source)) {
        Guarantee::ResultsOnce
    } else {
        Guarantee::ExactlyOnce
    }
}

/// A source that cannot be read again after a restart.
pub(crate) fn is_live(resolved: &Resolved<'_>, source: usize) -> bool {
    let replayable = resolved.graph.nodes[source].body().kind.is_none_or(|kind| kind.facts.replayable);
    !replayable || resolved.checked[source].promise == Promise::ReadOnce
}

/// A sink that may show a record twice.
pub(crate) fn repeats(resolved: &Resolved<'_>, sink: usize) -> bool {
    resolved.checked[sink].promise == Promise::MayRepeat
}

/// A sink that may show a record twice in this version.
pub(crate) fn repeats_yet(resolved: &Resolved<'_>, sink: usize) -> bool {
    resolved.checked[sink].promise == Promise::RepeatsYet
}

pub(crate) fn drops(resolved: &Resolved<'_>, source: usize) -> bool {
    resolved.slo(source).is_some_and(|slo| slo.on_late.value == OnLate::Drop)
}

/// What contradicts itself whatever can run: these are mistakes of the file.
pub(crate) fn check(resolved: &Resolved<'_>, report: &mut Report) {
    let mut said: Vec<(usize, &str)> = Vec::new();
    for (at, node) in resolved.graph.nodes.iter().enumerate() {
        let Entry::Sink(sink) = node.entry else { continue };
        stronger_than_pipeline(resolved, sink, report);
        let Some(asked) = wish(resolved, sink) else { continue };
        if strength(asked.value) > strength(Guarantee::AtLeastOnce) && repeats(resolved, at) {
            repeating_sink(sink, asked, report);
        }
        if asked.value != Guarantee::ExactlyOnce {
            continue;
        }
        for source in &resolved.origins[at] {
            if is_live(resolved, *source) && !said.contains(&(*source, "live")) {
                said.push((*source, "live"));
                live_source(resolved, *source, node.name(), asked, report);
            }
            if drops(resolved, *source) && !said.contains(&(*source, "drop")) {
                said.push((*source, "drop"));
                dropped(resolved, *source, node.name(), asked, report);
            }
        }
        live_crossing(resolved, asked, report);
    }
}

fn stronger_than_pipeline(resolved: &Resolved<'_>, sink: &Sink, report: &mut Report) {
    let (Some(own), Some(general)) = (&sink.delivery, &resolved.pipeline.delivery.guarantee) else { return };
    if strength(own.value) > strength(general.value) {
        let message =
            format!("`{}` is stronger than what the pipeline promises, `{}`", own.value, general.value);
        let diagnostic =
            Diagnostic::error(&code::STRONGER_SINK, own.span, message).also(general.span, "stated here");
        let help = "a sink may state less than the pipeline: state the stronger one there, and less at the other sinks";
        report.push(diagnostic.help(help));
    }
}

fn repeating_sink(sink: &Sink, asked: &Spanned<Guarantee>, report: &mut Report) {
    let (name, kind) = (&sink.body.name.value, &sink.body.kind_name);
    let message = format!("`{}` cannot hold: `{name}` may show records twice after a fault", asked.value);
    let diagnostic =
        Diagnostic::error(&code::REPEATING_SINK, asked.span, message).also(kind.span, "this sink");
    let help = "`--set delivery=at_least_once`, or `delivery: at_least_once` at this sink alone; a file can be cut back";
    report.push(diagnostic.help(help));
}

fn live_source(
    resolved: &Resolved<'_>,
    source: usize,
    sink: &str,
    asked: &Spanned<Guarantee>,
    report: &mut Report,
) {
    let body = resolved.graph.nodes[source].body();
    let name = &body.name.value;
    let message =
        format!("`exactly_once` cannot hold: `{sink}` gets records of `{name}`, which cannot be read again");
    let diagnostic = Diagnostic::error(&code::LIVE_SOURCE_ONCE, asked.span, message);
    let help = "write `delivery: results_once`: each result that was made is published once; until there is an outbox for it \
                `--set delivery=best_effort` runs it";
    report.push(diagnostic.also(body.kind_name.span, "the live source").help(help));
}

fn dropped(
    resolved: &Resolved<'_>,
    source: usize,
    sink: &str,
    asked: &Spanned<Guarantee>,
    report: &mut Report,
) {
    let Some(slo) = resolved.slo(source) else { return };
    let name = resolved.graph.nodes[source].name();
    let message =
        format!("`exactly_once` cannot hold: late records of `{name}` on the way to `{sink}` are dropped");
    let diagnostic =
        Diagnostic::error(&code::DROP_ONCE, asked.span, message).also(slo.on_late.span, "dropped here");
    report.push(diagnostic.help("write `on_late: publish` or `reject`, or `delivery: results_once`"));
}

fn live_crossing(resolved: &Resolved<'_>, asked: &Spanned<Guarantee>, report: &mut Report) {
    let crossings = resolved.pipeline.placement.iter().flat_map(|placement| &placement.crossings);
    for crossing in crossings.filter(|crossing| crossing.mode.value == CrossingMode::Live) {
        let message = format!(
            "`exactly_once` cannot hold: `{}` crosses live, so what a cut interrupts is lost",
            crossing.output
        );
        let diagnostic = Diagnostic::error(&code::LIVE_CROSSING_ONCE, asked.span, message);
        let help = "write `as: durable`, or `delivery: results_once`";
        report.push(diagnostic.also(crossing.mode.span, "live here").help(help));
    }
}
