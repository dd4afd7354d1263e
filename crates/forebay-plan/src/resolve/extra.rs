//! Fields that nobody declared and a source keeps (`extra: keep`): which outputs carry them along, and which sinks write
//! them.
//!
//! They travel as one column of text in the format of their source, [`EXTRA`]. No schema of this stage has it: no kind and no
//! expression can read it, and it makes no union unequal. What is in them is unknown, so it counts as sensitive.

use forebay_spec::pipeline::{Sink, Source};
use forebay_types::format::{EXTRA, Extra, Format};
use forebay_types::{Column, Diagnostic, Report, Span, Ty, code};

use super::{Checked, Resolved, Write};
use crate::graph::{Entry, Link, Out, Port};

/// The column in which they travel.
pub(crate) fn column() -> Column {
    Column::new(EXTRA, Ty::String.optional(), Span::NONE).sensitive(true)
}

/// What a source keeps.
pub(super) fn kept(source: &Source) -> Option<Format> {
    (source.extra.value == Extra::Keep).then_some(source.format.value)
}

/// What comes through a stage with its records, or to a sink. A stage that makes records of its own has no fields for them.
pub(super) fn passed(resolved: &Resolved<'_>, at: usize) -> Option<Format> {
    let node = &resolved.graph.nodes[at];
    let passes = match node.entry {
        Entry::Sink(_) => true,
        _ => node.body().kind.is_some_and(|kind| kind.facts.adds),
    };
    of_main(resolved, at).filter(|_| passes)
}

fn of_main(resolved: &Resolved<'_>, at: usize) -> Option<Format> {
    let main: Option<&Port> = resolved.graph.nodes[at].ports.first().and_then(Option::as_ref);
    let mut formats = main?.links.iter().filter_map(|link| carried(resolved, link));
    let first = formats.next()?;
    // Of several formats there is no one text.
    formats.all(|other| other == first).then_some(first)
}

/// What comes over a link.
pub(crate) fn carried(resolved: &Resolved<'_>, link: &Link) -> Option<Format> {
    match link.output {
        Out::Port(_) => resolved.checked[link.from].extra,
        Out::Behind => of_main(resolved, link.from),
        Out::Rejected | Out::Unknown => None,
    }
}

/// A sink that says which columns it writes, writes those alone.
pub(super) fn written(sink: &Sink, checked: &Checked) -> Option<Write> {
    (sink.columns.is_none() && checked.extra == Some(sink.format.value)).then(|| Write::Column(EXTRA.into()))
}

/// Says of a source that keeps what no sink writes.
pub(super) fn check(resolved: &Resolved<'_>, report: &mut Report) {
    // What seems to be written nowhere may hang on what is in error.
    if report.errors() > 0 {
        return;
    }
    let written = reaching_sinks(resolved);
    for (at, node) in resolved.graph.nodes.iter().enumerate() {
        let Entry::Source(source) = node.entry else { continue };
        if kept(source).is_none() || written[at] {
            continue;
        }
        let message = format!("`{}` keeps fields that nobody declared, and no sink writes them", node.name());
        let help = "a sink of the same format without `columns` writes them; or leave `extra: keep` out, and declare what is needed";
        report.push(Diagnostic::warning(&code::EXTRA_UNWRITTEN, source.extra.span, message).help(help));
    }
}

/// For each node whether undeclared fields of its records come to a sink that writes them.
fn reaching_sinks(resolved: &Resolved<'_>) -> Vec<bool> {
    let writes = |checked: &Checked| checked.writes.contains(&Write::Column(EXTRA.into()));
    let mut written: Vec<bool> = resolved.checked.iter().map(writes).collect();
    // Readers stand behind what they read.
    for at in (0..written.len()).rev() {
        let main = resolved.graph.nodes[at].ports.first().and_then(Option::as_ref);
        let links = main.into_iter().filter(|_| written[at]).flat_map(|port| &port.links);
        let from: Vec<usize> =
            links.filter(|link| carried(resolved, link).is_some()).map(|link| link.from).collect();
        from.into_iter().for_each(|from| written[from] = true);
    }
    written
}
