//! Whether kinds fit the grammar, for the test of whoever lists them.

use std::collections::HashSet;

use crate::configs::shapes;
use crate::grammar;
use crate::nodes::beside;
use crate::read::read_default;
use forebay_types::kind::Role;
use forebay_types::shape::{Field, Need, Shape};
use forebay_types::{Kind, Report};

/// What is wrong with kinds (and with the grammar itself), in words: names that stand beside a kind, defaults that are not of
/// their field's shape, two kinds of one name. Empty when all is well.
pub fn misfits(kinds: &[&'static Kind]) -> Vec<String> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for kind in kinds {
        if !seen.insert((kind.name, kind.role)) {
            found.push(format!("there are two kinds `{}` of {}s", kind.name, kind.role.noun()));
        }
        for role in [Role::Source, Role::Stage, Role::Sink] {
            let names = beside(role).iter().map(|field| field.name);
            for name in
                names.filter(|name| *name == kind.name || kind.fields.iter().any(|field| field.name == *name))
            {
                found.push(format!(
                    "`{name}` of the kind `{}` is a field beside the kind of {}s",
                    kind.name,
                    role.noun()
                ));
            }
        }
        defaults(kind.name, kind.fields, &mut found);
    }
    let own = [grammar::TOP, grammar::SOURCE, grammar::STAGE, grammar::SINK, grammar::TEST];
    let configs = [shapes::MODEL_TOP, shapes::CONNECTION_TOP, shapes::ENVIRONMENT_TOP, shapes::POP_TOP];
    for fields in own.into_iter().chain(configs) {
        defaults("the grammar", fields, &mut found);
    }
    found
}

fn defaults(place: &str, fields: &'static [Field], found: &mut Vec<String>) {
    for field in fields {
        if let Need::Default(text) = field.need {
            let mut report = Report::default();
            if read_default(field, text, &mut report).is_none() || !report.diagnostics.is_empty() {
                let why: Vec<_> = report.diagnostics.iter().map(|d| d.message.as_str()).collect();
                found.push(format!("{place}: the default `{text}` of `{}`: {}", field.name, why.join("; ")));
            }
        }
        if matches!(field.name, "on" | "off" | "yes" | "no" | "y" | "n") {
            found.push(format!("{place}: YAML 1.1 reads the field `{}` as a bool", field.name));
        }
        shape_defaults(place, &field.shape, found);
    }
}

fn shape_defaults(place: &str, shape: &'static Shape, found: &mut Vec<String>) {
    match shape {
        Shape::Record(fields) => defaults(place, fields, found),
        Shape::Short { short, long, .. } => {
            shape_defaults(place, short, found);
            defaults(place, long, found);
        }
        Shape::List(item) | Shape::Map(item) => shape_defaults(place, item, found),
        Shape::Forms { scalar, list, map } => {
            for shape in [scalar, list, map].into_iter().flatten() {
                shape_defaults(place, shape, found);
            }
        }
        _ => {}
    }
}
