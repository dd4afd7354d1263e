//! Files that nodes name: no two sinks write one file, no two sources share standard input, and what never ends is cut into
//! several files.

use forebay_types::kind::Promise;
use forebay_types::shape::{Access, Shape};
use forebay_types::{Diagnostic, Record, Report, Span, Value, code};

use super::Resolved;
use crate::graph::{Entry, GraphNode};

pub(super) fn check(resolved: &Resolved<'_>, report: &mut Report) {
    let mut written: Vec<(&str, Span, &str)> = Vec::new();
    let mut standard_input: Option<(Span, &str)> = None;
    for (at, node) in resolved.graph.nodes.iter().enumerate() {
        let (Some(kind), Some(config)) = (node.body().kind, &node.body().config) else { continue };
        match node.entry {
            Entry::Source(_) => {
                let mut from = paths(node, config, Access::Read).filter(|(path, _)| *path == "-");
                let Some((_, span)) = from.next() else { continue };
                match standard_input {
                    None => standard_input = Some((span, node.name())),
                    Some(first) => shared_input(node.name(), span, first, report),
                }
            }
            Entry::Sink(_) => {
                // Standard output is no file: lines of several may mix there, and it need not end.
                if resolved.checked[at].promise == Promise::MayRepeat {
                    continue;
                }
                for (path, span) in paths(node, config, Access::Write) {
                    let path = path.strip_prefix("./").unwrap_or(path);
                    if let Some((_, first, other)) = written.iter().find(|(known, ..)| *known == path) {
                        shared_output(node.name(), span, (*first, other), report);
                    }
                    written.push((path, span, node.name()));
                }
                let rotates = kind.fields.iter().any(|field| field.name == "rotate");
                if rotates && config.get("rotate").is_none() {
                    needs_rotate(resolved, at, report);
                }
            }
            Entry::Stage(_) => {}
        }
    }
}

/// Every path of that sort that a node's own fields name.
fn paths<'n>(
    node: &GraphNode<'n>,
    config: &'n Record,
    access: Access,
) -> impl Iterator<Item = (&'n str, Span)> {
    let is_path = move |shape: &Shape| match shape {
        Shape::Path(found) | Shape::List(Shape::Path(found)) => *found == access,
        _ => false,
    };
    let fields = node.body().kind.into_iter().flat_map(|kind| kind.fields);
    let values = fields.filter(move |field| is_path(&field.shape)).filter_map(|field| config.get(field.name));
    let nodes = values.flat_map(|value| match &value.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(value),
    });
    nodes.filter_map(|node| Some((node.text()?.text.as_str(), node.span)))
}

fn shared_input(name: &str, span: Span, (first, other): (Span, &str), report: &mut Report) {
    let message = format!("`{other}` and `{name}` both read standard input");
    let diagnostic = Diagnostic::error(&code::SAME_STANDARD_INPUT, span, message).also(first, "first here");
    report.push(diagnostic.help(format!("name a file or a pipe for one of them: `--from {name}=PATH`")));
}

fn shared_output(name: &str, span: Span, (first, other): (Span, &str), report: &mut Report) {
    let message = format!("`{name}` and `{other}` write the same file");
    let diagnostic = Diagnostic::error(&code::SAME_OUTPUT_FILE, span, message).also(first, "first here");
    report.push(diagnostic.help("give each its own path, or write the union of their inputs with one sink"));
}

fn needs_rotate(resolved: &Resolved<'_>, sink: usize, report: &mut Report) {
    let Some(source) = resolved.endless_source(sink) else { return };
    let (node, source) = (&resolved.graph.nodes[sink], resolved.graph.nodes[source].name());
    let message = format!("`{}` would never finish a file: `{source}` has no end", node.name());
    let help = "say when the next file begins: `rotate: 1h`, with `${time:%Y-%m-%dT%H}` in the path";
    let span = node.body().kind_name.span;
    report.push(Diagnostic::error(&code::NEEDS_ROTATE, span, message).help(help));
}
