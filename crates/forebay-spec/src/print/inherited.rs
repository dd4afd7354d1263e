//! Defaults that are values of other fields: the deadline of a source is the pipeline's, and so is the guarantee of a sink,
//! or else the strongest that it can give.

use super::Loaded;
use crate::grammar;
use crate::nodes::beside;
use crate::pipeline::{Breaker, Guarantee};
use forebay_types::kind::Role;
use forebay_types::shape::Field;
use forebay_types::value::{Entry, Text};
use forebay_types::{Node, Record, Span, Value};

/// What stands under `spec`, with what is not written there.
pub(super) fn filled_in(loaded: &Loaded, guarantees: &[(String, Guarantee)]) -> Vec<Entry> {
    let mut spec = loaded.printed.spec.clone();
    let general = loaded.pipeline.delivery.guarantee.as_ref().map(|guarantee| guarantee.value);
    let slo = spec.iter().find(|entry| entry.key == "slo").map(|entry| as_default(&entry.node));
    for section in &mut spec {
        let Value::Map(nodes) = &mut section.node.value else { continue };
        for node in nodes {
            let Value::Map(fields) = &mut node.node.value else { continue };
            match section.key.as_str() {
                "sources" => insert(fields, beside(Role::Source), "slo", slo.clone()),
                "sinks" => {
                    let given =
                        guarantees.iter().find(|(name, _)| *name == node.key).map(|(_, given)| *given);
                    insert(fields, beside(Role::Sink), "delivery", given.or(general).map(word));
                }
                _ => {}
            }
        }
    }
    insert(&mut spec, grammar::SPEC, "delivery", strongest(guarantees).map(delivery));
    insert(&mut spec, grammar::SPEC, "breaker", Some(breaker()));
    spec
}

/// A sink may state less than the pipeline, and never more. The words of the grammar begin with the strongest.
fn strongest(guarantees: &[(String, Guarantee)]) -> Option<Guarantee> {
    let strength =
        |guarantee: &Guarantee| Guarantee::WORDS.iter().position(|(word, _)| *word == guarantee.word());
    guarantees.iter().map(|(_, guarantee)| *guarantee).min_by_key(strength)
}

/// Puts a field that is not there into its place among the others; what is no field of the grammar is the kind.
fn insert(entries: &mut Vec<Entry>, fields: &[Field], name: &str, node: Option<Node>) {
    let place = |name: &str| fields.iter().position(|field| field.name == name);
    let Some(node) = node.filter(|_| entries.iter().all(|entry| entry.key != name)) else { return };
    let behind = |entry: &Entry| place(&entry.key).is_some_and(|at| Some(at) > place(name));
    let at = entries.iter().position(behind).unwrap_or(entries.len());
    entries.insert(at, Entry { key: name.to_string(), key_span: Span::NONE, node });
}

fn unwritten(value: Value) -> Node {
    Node { value, span: Span::NONE }
}

fn word(guarantee: Guarantee) -> Node {
    unwritten(Value::Text(Text { text: guarantee.word().into(), verbatim: None }))
}

fn delivery(guarantee: Guarantee) -> Node {
    let every = forebay_types::unit::parse_duration(grammar::COMMIT_EVERY).unwrap_or_default();
    let every = unwritten(Value::Duration(every));
    unwritten(Value::Record(Record { fields: vec![("guarantee", word(guarantee)), ("commit_every", every)] }))
}

fn breaker() -> Node {
    let Breaker { share, over, least } = grammar::USUAL_BREAKER;
    let (share, over) = (unwritten(Value::Share(share)), unwritten(Value::Duration(over)));
    let least = unwritten(Value::Int(least.try_into().unwrap_or(i64::MAX)));
    unwritten(Value::Record(Record { fields: vec![("share", share), ("over", over), ("least", least)] }))
}

/// The same value as one that nobody wrote.
fn as_default(node: &Node) -> Node {
    match &node.value {
        Value::Record(record) => {
            let fields = record.fields.iter().map(|(name, node)| (*name, as_default(node))).collect();
            unwritten(Value::Record(Record { fields }))
        }
        value => unwritten(value.clone()),
    }
}
