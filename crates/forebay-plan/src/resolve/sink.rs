//! Which columns a sink writes.

use std::collections::HashMap;

use forebay_spec::pipeline::Sink;
use forebay_types::{Diagnostic, Report, Schema, Span, Ty, code};

use super::{Checked, Write};
use crate::OWN_COLUMNS;

pub(super) fn columns(sink: &Sink, checked: &Checked, report: &mut Report) -> Vec<Write> {
    let unknown = Schema::unknown();
    let main = checked.inputs.first().and_then(Option::as_ref).unwrap_or(&unknown);
    let name = &sink.body.name;
    let Some(listed) = &sink.columns else {
        let usual = main.columns.iter().filter(|column| is_writable(&column.ty));
        let writes: Vec<_> = usual.map(|column| Write::Column(column.name.clone())).collect();
        if writes.is_empty() && !main.open && !sink.body.broken {
            let message =
                format!("`{}` has nothing to write: its input has no column that can be written", name.value);
            let help = "name what it is to write: `columns: [stream, _seq]`";
            report.push(Diagnostic::error(&code::NOTHING_TO_WRITE, name.span, message).help(help));
        }
        return writes;
    };
    if listed.is_empty() && !sink.body.broken {
        let message = format!("`{}` has nothing to write: the list of its columns is empty", name.value);
        let help = "name what it is to write, or leave `columns` out for all";
        report.push(Diagnostic::error(&code::NOTHING_TO_WRITE, name.span, message).help(help));
    }
    let mut writes = Vec::new();
    let mut seen: HashMap<&str, Span> = HashMap::new();
    for wanted in listed {
        if let Some(first) = seen.insert(&wanted.value, wanted.span) {
            let message = format!("`{}` writes `{}` twice", name.value, wanted.value);
            let diagnostic =
                Diagnostic::error(&code::COLUMN_TWICE, wanted.span, message).also(first, "first here");
            report.push(diagnostic.help("leave one of them out"));
            continue;
        }
        if main.get(&wanted.value).is_some() {
            writes.push(Write::Column(wanted.value.clone()));
        } else if let Some(own) = OWN_COLUMNS.iter().find(|own| **own == wanted.value) {
            writes.push(Write::Own(own));
        } else if !main.open {
            report.push(unknown_column(main, &wanted.value, wanted.span, &name.value));
        }
    }
    writes
}

/// A column that is not there, with the nearest that is.
pub(crate) fn unknown_column(columns: &Schema, name: &str, span: Span, reader: &str) -> Diagnostic {
    let message = format!("`{reader}` has no column `{name}`");
    Diagnostic::error(&code::UNKNOWN_COLUMN, span, message)
        .meant(name, columns.names().chain(OWN_COLUMNS.iter().copied()))
}

/// What a sink writes by default: everything that has a text form, so no pictures' geometry and no samples.
fn is_writable(ty: &Ty) -> bool {
    match ty {
        Ty::Zones | Ty::Unknown => false,
        Ty::Optional(inner) | Ty::List(inner) => is_writable(inner),
        _ => true,
    }
}
