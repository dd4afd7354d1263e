//! Names beside the graph: vars and lists that nobody uses, stages and outputs that the placement names, stages
//! that were renamed.

use forebay_types::{Diagnostic, Files, Report, Schema, Span, code};

use crate::graph::{Entry, Names};
use crate::resolve::Resolved;
use crate::resolve::unknown_column;

pub(crate) fn check(resolved: &Resolved<'_>, files: &Files, report: &mut Report) {
    unused(resolved, files, report);
    renamed(resolved, report);
    pins(resolved, report);
    crossings(resolved, report);
}

/// A name counts as used wherever a text of the file mentions it: `${var:N}` was filled in long before.
fn unused(resolved: &Resolved<'_>, files: &Files, report: &mut Report) {
    // A name that exists nowhere may be the misspelt one of what looks unused.
    let misspelt =
        |diagnostic: &Diagnostic| [code::EXPR_NAME.id, code::UNKNOWN_VAR.id].contains(&diagnostic.code.id);
    if report.diagnostics.iter().any(misspelt) {
        return;
    }
    let mentioned = |needle: &str| files.texts().any(|text| mentions(text, needle));
    for var in &resolved.pipeline.vars {
        let name = &var.name.value;
        if !mentioned(&format!("vars.{name}")) && !mentioned(&format!("${{var:{name}")) {
            let help = format!(
                "write `vars.{name}` in an expression or `${{var:{name}}}` in a value, or take it out"
            );
            let message = format!("nobody uses the var `{name}`");
            report.push(Diagnostic::warning(&code::UNUSED_VAR, var.name.span, message).help(help));
        }
    }
    for list in &resolved.pipeline.lists {
        let name = &list.name.value;
        if !mentioned(&format!("lists.{name}")) {
            let help = format!("write `COLUMN in lists.{name}` in an expression, or take it out");
            let message = format!("nobody uses the list `{name}`");
            report.push(Diagnostic::warning(&code::UNUSED_LIST, list.name.span, message).help(help));
        }
    }
}

/// Whether a text holds the name and not just the beginning of a longer one.
fn mentions(text: &str, needle: &str) -> bool {
    text.match_indices(needle).any(|(at, _)| {
        !text[at + needle.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
    })
}

fn renamed(resolved: &Resolved<'_>, report: &mut Report) {
    for node in &resolved.graph.nodes {
        let Entry::Stage(stage) = node.entry else { continue };
        let Some(old) = &stage.renamed_from else { continue };
        if let Some(there) = resolved.graph.find(&old.value) {
            let message =
                format!("`{}` still exists, so `{}` cannot take over its state", old.value, node.name());
            let diagnostic = Diagnostic::error(&code::STILL_THERE, old.span, message);
            let there = resolved.graph.nodes[there].body().name.span;
            report.push(
                diagnostic
                    .also(there, "here")
                    .help("`renamed_from` is the name that the stage had before; leave it out"),
            );
        }
    }
}

fn pins(resolved: &Resolved<'_>, report: &mut Report) {
    let Some(placement) = &resolved.pipeline.placement else { return };
    let is_stage = |name: &str| resolved.pipeline.stages.iter().any(|stage| stage.body.name.value == name);
    for pin in placement.pins.iter().filter(|pin| !is_stage(&pin.stage.value)) {
        let name = &pin.stage.value;
        let diagnostic = match resolved.graph.find(name) {
            Some(at) => {
                let role = resolved.graph.nodes[at].body().role.noun();
                let message = format!("`{name}` is a {role}, and only stages are pinned");
                let help = "a source or sink is where its streams, its connection or its file is";
                Diagnostic::error(&code::UNKNOWN_STAGE, pin.stage.span, message).help(help)
            }
            None => {
                let names = resolved.pipeline.stages.iter().map(|stage| stage.body.name.value.as_str());
                let message = format!("there is no stage `{name}`");
                Diagnostic::error(&code::UNKNOWN_STAGE, pin.stage.span, message).meant(name, names)
            }
        };
        report.push(diagnostic);
    }
}

fn crossings(resolved: &Resolved<'_>, report: &mut Report) {
    let Some(placement) = &resolved.pipeline.placement else { return };
    let names = Names::new(resolved.pipeline);
    for crossing in &placement.crossings {
        for place in [&crossing.from, &crossing.to] {
            let known = || placement.jurisdictions.iter().map(|known| known.value.as_str());
            if known().next().is_some() && !known().any(|known| known == place.value) {
                let message = format!("`{}` is none of the jurisdictions of this pipeline", place.value);
                let diagnostic = Diagnostic::error(&code::UNKNOWN_JURISDICTION, place.span, message);
                let help = format!(
                    "it may run in {}: write one of them, or add it",
                    known().collect::<Vec<_>>().join(", ")
                );
                report.push(diagnostic.help(help));
            }
        }
        let columns = if crossing.output.node == "rejected" && crossing.output.port.is_empty() {
            crate::rejected_schema()
        } else {
            match names.output(&crossing.output, report) {
                Some((entry, output)) => output_columns(resolved, &names, entry, output),
                None => continue,
            }
        };
        for column in &crossing.columns {
            if columns.get(&column.value).is_none() && !columns.open && !is_own(&column.value) {
                report.push(unknown_column(
                    &columns,
                    &column.value,
                    column.span,
                    &crossing.output.to_string(),
                ));
            }
        }
    }
}

fn output_columns(
    resolved: &Resolved<'_>,
    names: &Names<'_>,
    entry: usize,
    output: crate::graph::Out,
) -> Schema {
    let Some(from) = resolved.graph.find(names.entries[entry].name()) else { return Schema::unknown() };
    resolved.columns(&crate::graph::Link { from, output, span: Span::NONE })
}

fn is_own(name: &str) -> bool {
    crate::OWN_COLUMNS.contains(&name)
}
