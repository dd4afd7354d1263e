//! Files that sinks write: no two write one file, and what never ends is cut into several.

use forebay_types::kind::Promise;
use forebay_types::shape::{Access, Shape};
use forebay_types::value::Text;
use forebay_types::{Diagnostic, Report, Span, Value, code};

use super::Resolved;
use crate::graph::Entry;

pub(super) fn check(resolved: &Resolved<'_>, report: &mut Report) {
    let mut paths: Vec<(&str, Span, &str)> = Vec::new();
    for (at, node) in resolved.graph.nodes.iter().enumerate() {
        let Entry::Sink(sink) = node.entry else { continue };
        let (Some(kind), Some(config)) = (sink.body.kind, &sink.body.config) else { continue };
        for field in kind.fields.iter().filter(|field| matches!(field.shape, Shape::Path(Access::Write))) {
            let Some(value) = config.get(field.name) else { continue };
            let Value::Text(Text { text, .. }) = &value.value else { continue };
            // Lines on standard output may mix.
            if resolved.checked[at].promise == Promise::MayRepeat {
                continue;
            }
            if let Some((_, first, other)) = paths.iter().find(|(path, ..)| path == text) {
                let message = format!("`{}` and `{other}` write the same file", node.name());
                let diagnostic = Diagnostic::error(&code::SAME_OUTPUT_FILE, value.span, message)
                    .also(*first, "first here");
                report.push(
                    diagnostic
                        .help("give each its own path, or write the union of their inputs with one sink"),
                );
            }
            paths.push((text, value.span, node.name()));
        }
        let rotates = kind.fields.iter().any(|field| field.name == "rotate");
        if let (true, None, Some(source)) = (rotates, config.get("rotate"), resolved.endless_source(at)) {
            let source = resolved.graph.nodes[source].name();
            let message = format!("`{}` would never finish a file: `{source}` has no end", node.name());
            let help = "say when the next file begins: `rotate: 1h`, with `${time:%Y-%m-%dT%H}` in the path";
            report.push(Diagnostic::error(&code::NEEDS_ROTATE, sink.body.kind_name.span, message).help(help));
        }
    }
}
