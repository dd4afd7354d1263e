//! Kinds that belong to the format and that this version does not have. Who names one made no mistake and is only too early:
//! what is missing is said once a kind, with each place, and not once a node.
//!
//! The list only makes that message possible. A kind that exists is found first, whatever stands here.

use forebay_types::kind::Role;
use forebay_types::{Diagnostic, Report, Span, code};

const SOURCES: &[&str] = &["media"];
const STAGES: &[&str] = &[
    "audio_quality",
    "caption_lines",
    "caption_presence",
    "classify",
    "clip",
    "crop",
    "detect",
    "events",
    "join",
    "sample",
    "segment",
    "summarise",
    "track",
    "transcribe",
    "video_quality",
];
const SINKS: &[&str] = &["webvtt"];

/// The kinds of a role that a later version has.
pub fn later(role: Role) -> &'static [&'static str] {
    match role {
        Role::Source => SOURCES,
        Role::Stage => STAGES,
        Role::Sink => SINKS,
    }
}

/// A node of a kind that comes later.
pub(crate) struct Early<'p> {
    pub kind: &'p str,
    pub kind_span: Span,
    pub node: &'p str,
    /// Whether it says its columns: only then a file can stand in for a source.
    pub schema: bool,
}

/// One mistake for each kind that `nodes` name.
pub(crate) fn report(role: Role, nodes: &[Early<'_>], report: &mut Report) {
    for (at, first) in nodes.iter().enumerate() {
        if nodes[..at].iter().any(|before| before.kind == first.kind) {
            continue;
        }
        let alike: Vec<&Early<'_>> = nodes[at..].iter().filter(|node| node.kind == first.kind).collect();
        let message = format!("the {} kind `{}` is not in this version yet", role.noun(), first.kind);
        let mut diagnostic = Diagnostic::error(&code::UNKNOWN_KIND, first.kind_span, message);
        for node in &alike[1..] {
            diagnostic = diagnostic.also(node.kind_span, "here too");
        }
        report.push(diagnostic.help(meanwhile(role, &alike)));
    }
}

fn meanwhile(role: Role, nodes: &[&Early<'_>]) -> String {
    match (role, nodes) {
        (Role::Source, nodes) if nodes.iter().all(|node| node.schema) => {
            let from: Vec<_> = nodes.iter().map(|node| format!("--from {}=PATH", node.node)).collect();
            format!("until then it can be read from files: `{}`", from.join(" "))
        }
        (Role::Sink, [one]) => format!("until then it can be written to a file: `--to {}=PATH`", one.node),
        (Role::Sink, _) => "until then all sinks can be written to files: `--to '*=FOLDER/'`".into(),
        _ => "`forebay kinds` lists what there is".into(),
    }
}
