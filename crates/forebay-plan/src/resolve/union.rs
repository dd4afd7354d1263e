//! What fills an input: one output, or several with equal columns.

use forebay_types::{Diagnostic, Report, Schema, code};

use super::Resolved;
use crate::graph::{Link, Port};

/// The columns of an input, in the order of its first output.
pub(super) fn columns(resolved: &Resolved<'_>, port: &Port, report: &mut Report) -> Schema {
    let Some((first, others)) = port.links.split_first() else { return Schema::unknown() };
    let mut all = resolved.columns(first);
    for link in others {
        let other = resolved.columns(link);
        if let Some(difference) = difference(resolved, (first, &all), (link, &other)) {
            let message = format!("the outputs of a union have equal columns: {difference}");
            let diagnostic = Diagnostic::error(&code::UNEQUAL_UNION, link.span, message)
                .also(first.span, "compared with this");
            report.push(diagnostic.help("make them equal with `set` in front, or give each its own reader"));
            all.columns.retain(|column| other.get(&column.name).is_some_and(|c| c.ty == column.ty));
            all.open = true;
        }
        for column in &mut all.columns {
            column.sensitive |= other.get(&column.name).is_some_and(|c| c.sensitive);
        }
        all.open |= other.open;
    }
    all.open |= port.broken;
    all
}

/// The first thing in which two outputs differ.
fn difference(resolved: &Resolved<'_>, a: (&Link, &Schema), b: (&Link, &Schema)) -> Option<String> {
    let name = |link: &Link| resolved.graph.nodes[link.from].name();
    let (a_name, b_name) = (name(a.0), name(b.0));
    for column in &a.1.columns {
        match b.1.get(&column.name) {
            Some(other) if other.ty.fits(&column.ty) && column.ty.fits(&other.ty) => {}
            Some(other) => {
                return Some(format!(
                    "`{}` is {} in `{a_name}` and {} in `{b_name}`",
                    column.name, column.ty, other.ty
                ));
            }
            None if b.1.open => {}
            None => return Some(format!("`{}` of `{a_name}` is not in `{b_name}`", column.name)),
        }
    }
    let extra = b.1.columns.iter().find(|column| a.1.get(&column.name).is_none())?;
    (!a.1.open).then(|| format!("`{}` of `{b_name}` is not in `{a_name}`", extra.name))
}
