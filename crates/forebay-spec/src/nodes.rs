//! The entries of `sources`, `stages` and `sinks`: exactly one key that names a kind, and a few fields beside it.

use crate::extract;
use crate::grammar;
use crate::later::{self, Early, later};
use crate::pipeline::*;
use crate::read::{At, Level, Reader, is_name, name_help};
use crate::yaml::{Data, Pair, Tree};
use forebay_types::code;
use forebay_types::format::{Extra, Format};
use forebay_types::kind::Role;
use forebay_types::nearest::nearest;
use forebay_types::shape::Field;
use forebay_types::value::Entry;
use forebay_types::{Diagnostic, Kind, Node, Record, Span, Value};

/// The fields that stand beside the kind.
pub(crate) fn beside(role: Role) -> &'static [Field] {
    match role {
        Role::Source => grammar::SOURCE,
        Role::Stage => grammar::STAGE,
        Role::Sink => grammar::SINK,
    }
}

/// The section of `spec` in which nodes of a role stand.
pub(crate) fn section(role: Role) -> &'static str {
    match role {
        Role::Source => "sources",
        Role::Stage => "stages",
        Role::Sink => "sinks",
    }
}

/// An entry as read: the typed parts, and all of it for printing.
pub(crate) struct Entered {
    pub body: Body,
    pub beside: Record,
    pub printed: Entry,
}

pub(crate) struct Nodes<'k> {
    pub kinds: &'k [&'static Kind],
    /// Every name so far, over all sections.
    names: Vec<(String, Span)>,
}

impl<'k> Nodes<'k> {
    pub fn new(kinds: &'k [&'static Kind]) -> Nodes<'k> {
        Nodes { kinds, names: Vec::new() }
    }

    /// Every entry of a section.
    pub fn section(&mut self, reader: &mut Reader<'_>, role: Role, spec: &Tree) -> Vec<Entered> {
        let Some(tree) = spec.get(section(role)) else { return Vec::new() };
        if !tree.is_null()
            && tree.pairs().is_empty()
            && matches!(tree.data, Data::Map(_))
            && role != Role::Stage
        {
            let message = format!("`{}` names no {}", section(role), role.noun());
            reader.error(&code::EMPTY, tree.span, message, "a pipeline has at least one source and one sink");
        }
        let mut early = Vec::new();
        let entered = tree.pairs().iter().map(|pair| self.entry(reader, role, pair, &mut early)).collect();
        later::report(role, &early, reader.report);
        entered
    }

    fn entry<'p>(
        &mut self,
        reader: &mut Reader<'_>,
        role: Role,
        pair: &'p Pair,
        early: &mut Vec<Early<'p>>,
    ) -> Entered {
        self.name(reader, role, pair);
        let at = At::named(&pair.key, pair.key_span);
        let found = self.kind_key(reader, role, pair);
        let kind = found.and_then(|key| self.find(role, &key.key));
        match found {
            Some(key) if kind.is_none() && later(role).contains(&key.key.as_str()) => early.push(Early {
                kind: &key.key,
                kind_span: key.key_span,
                node: &pair.key,
                schema: pair.value.get("schema").is_some(),
            }),
            Some(key) if kind.is_none() => self.unknown_kind(reader, role, key),
            _ => {}
        }
        let before = reader.errors();
        let strays = strays(role, pair, found);
        let beside = self.read_beside(reader, role, pair, at, found, &strays);
        let broken = reader.errors() > before;
        let config = kind.zip(found).and_then(|(kind, key)| read_config(reader, role, kind, key, &strays));
        let kind_name = found.map_or(Spanned { value: String::new(), span: pair.key_span }, |key| Spanned {
            value: key.key.clone(),
            span: key.key_span,
        });
        let printed = printed(pair, &beside, found, &config);
        let body = Body {
            role,
            name: Spanned { value: pair.key.clone(), span: pair.key_span },
            span: pair.value.span,
            kind_name,
            kind,
            config,
            broken,
        };
        Entered { body, beside, printed }
    }

    fn name(&mut self, reader: &mut Reader<'_>, role: Role, pair: &Pair) {
        let (name, span) = (&pair.key, pair.key_span);
        if !is_name(name) {
            let message = format!("`{name}` is no name of a {} ([a-z][a-z0-9_]*)", role.noun());
            reader.error(&code::NAME, span, message, name_help(name));
        } else if grammar::RESERVED.contains(&name.as_str()) {
            let message = format!("the name `{name}` is reserved");
            reader.error(
                &code::RESERVED_NAME,
                span,
                message,
                format!("`{name}` means something in every pipeline: choose another name"),
            );
        } else if let Some((_, first)) = self.names.iter().find(|(known, _)| known == name) {
            let diagnostic =
                Diagnostic::error(&code::DUPLICATE_NODE, span, format!("there are two nodes `{name}`"));
            reader.report.push(
                diagnostic
                    .also(*first, "first here")
                    .help("sources, stages and sinks share one name space: rename one of them"),
            );
            return;
        }
        self.names.push((name.clone(), span));
    }

    fn find(&self, role: Role, name: &str) -> Option<&'static Kind> {
        self.kinds.iter().copied().find(|kind| kind.role == role && kind.name == name)
    }

    fn of_role(&self, role: Role) -> Vec<&'static str> {
        self.kinds.iter().filter(|kind| kind.role == role).map(|kind| kind.name).collect()
    }

    /// Also those that come later.
    fn named(&self, role: Role) -> impl Iterator<Item = &'static str> {
        self.of_role(role).into_iter().chain(later(role).iter().copied())
    }

    /// The key that names the kind. Everything else that is not a field beside a kind is reported here.
    fn kind_key<'p>(&self, reader: &mut Reader<'_>, role: Role, pair: &'p Pair) -> Option<&'p Pair> {
        let tree = &pair.value;
        if !matches!(tree.data, Data::Map(_)) {
            let expected = format!("a map with one of the kinds {}", self.of_role(role).join(", "));
            reader.wrong_type(tree, &expected, At::named(&pair.key, pair.key_span));
            return None;
        }
        let fields = beside(role);
        let others = || tree.pairs().iter().filter(|p| !fields.iter().any(|field| field.name == p.key));
        let is_kind = |p: &Pair| self.kinds.iter().any(|kind| kind.name == p.key);
        let looks_like_kind = |p: &Pair| {
            let near_field = nearest(&p.key, fields.iter().map(|field| field.name)).is_some();
            let near_kind = nearest(&p.key, self.named(role)).is_some();
            let elsewhere = misplaced(role, &p.key).is_some();
            is_kind(p) || !elsewhere && (near_kind || !near_field && matches!(p.value.data, Data::Map(_)))
        };
        let key = others()
            .find(|p| self.find(role, &p.key).is_some())
            .or_else(|| others().find(|p| is_kind(p)))
            .or_else(|| others().find(|p| looks_like_kind(p)));
        for other in others().filter(|p| key.is_none_or(|key| key.key != p.key)) {
            self.stray(reader, role, pair, key, other);
        }
        if key.is_none() {
            let message = format!("the {} `{}` names no kind", role.noun(), pair.key);
            let help = format!("write what it does as a key: {}", self.of_role(role).join(", "));
            reader.error(&code::NO_KIND, pair.key_span, message, help);
        }
        key
    }

    /// A key that is neither the kind nor a field beside it.
    fn stray(&self, reader: &mut Reader<'_>, role: Role, node: &Pair, key: Option<&Pair>, stray: &Pair) {
        let (name, span) = (stray.key.as_str(), stray.key_span);
        let kind = key.and_then(|key| self.find(role, &key.key));
        if let (Some(key), true) = (key, self.kinds.iter().any(|kind| kind.name == name)) {
            let message = format!("`{}` names two kinds, `{}` and `{name}`", node.key, key.key);
            let diagnostic =
                Diagnostic::error(&code::SEVERAL_KINDS, span, message).also(key.key_span, "the first one");
            reader.report.push(diagnostic.help("one node does one thing: make two nodes, joined by `input`"));
            return;
        }
        let message = format!("no field `{name}` stands beside the kind of a {}", role.noun());
        if let Some(kind) = kind.filter(|kind| kind.fields.iter().any(|field| field.name == name)) {
            let help = format!("`{name}` is a field of `{0}`: write it inside `{0}: {{ … }}`", kind.name);
            reader.error(&code::MISPLACED_FIELD, span, message, help);
        } else if let Some(place) = misplaced(role, name) {
            reader.error(&code::MISPLACED_FIELD, span, message, format!("`{name}` stands {place}"));
        } else {
            let fields: Vec<_> = beside(role).iter().map(|field| field.name).collect();
            reader.unknown(&code::UNKNOWN_FIELD, span, message, name, &fields);
        }
    }

    fn unknown_kind(&self, reader: &mut Reader<'_>, role: Role, key: &Pair) {
        let name = key.key.as_str();
        if let Some(kind) = self.kinds.iter().find(|kind| kind.name == name) {
            let message = format!("`{name}` is a {} kind, and this is a {}", kind.role.noun(), role.noun());
            let help = format!("write it under `{}`", section(kind.role));
            reader.error(&code::KIND_ROLE, key.key_span, message, help);
            return;
        }
        let message = format!("there is no {} kind `{name}`", role.noun());
        match nearest(name, self.named(role)).filter(|near| later(role).contains(near)) {
            Some(near) => {
                let help = format!("did you mean `{near}`? It is not in this version yet");
                reader.error(&code::UNKNOWN_KIND, key.key_span, message, help);
            }
            None => reader.unknown(&code::UNKNOWN_KIND, key.key_span, message, name, &self.of_role(role)),
        }
    }

    fn read_beside(
        &self,
        reader: &mut Reader<'_>,
        role: Role,
        pair: &Pair,
        at: At<'_>,
        key: Option<&Pair>,
        strays: &[&str],
    ) -> Record {
        let fields = beside(role);
        if !matches!(pair.value.data, Data::Map(_)) {
            return Record::default();
        }
        let pairs = pair.value.pairs().iter().filter(|p| fields.iter().any(|field| field.name == p.key));
        let tree = Tree { span: pair.value.span, data: Data::Map(pairs.cloned().collect()) };
        // `input` inside the kind is reported there, and not as missing here.
        let inside = key.map_or(&[][..], |key| key.value.pairs()).iter().map(|p| p.key.as_str());
        let inside = inside.filter(|name| fields.iter().any(|field| field.name == *name));
        let reported: Vec<_> = strays.iter().copied().chain(inside).collect();
        match reader.record_beside(fields, &tree, at, &reported) {
            Value::Record(record) => record,
            _ => Record::default(),
        }
    }
}

/// Where a field belongs that was written beside the kind of a node of `role` and is not one of its fields.
fn misplaced(role: Role, name: &str) -> Option<String> {
    let holds = |fields: &[Field]| fields.iter().any(|field| field.name == name);
    let roles = [Role::Source, Role::Stage, Role::Sink];
    let beside = roles.into_iter().filter(|other| *other != role && holds(beside(*other)));
    let names: Vec<_> = beside.map(|role| format!("{}s", role.noun())).collect();
    if !names.is_empty() {
        return Some(format!("beside the kind of {}", names.join(" and ")));
    }
    if holds(grammar::SPEC) {
        return Some("directly under `spec`".into());
    }
    matches!(name, "tests" | "metadata").then(|| "at the top, beside `spec`".into())
}

/// Keys of a node that are neither its kind nor a field beside it.
fn strays<'p>(role: Role, node: &'p Pair, key: Option<&Pair>) -> Vec<&'p str> {
    let names = node.value.pairs().iter().map(|pair| pair.key.as_str());
    let known = |name: &str| beside(role).iter().any(|field| field.name == name);
    names.filter(|name| !known(name) && key.is_none_or(|key| key.key != *name)).collect()
}

/// The kind's own fields; `None` when one of them is in error.
fn read_config(
    reader: &mut Reader<'_>,
    role: Role,
    kind: &'static Kind,
    key: &Pair,
    strays: &[&str],
) -> Option<Record> {
    let before = reader.errors();
    let place = format!("beside `{0}`, not inside it", kind.name);
    reader.levels.push(Level { fields: beside(role), place });
    let value = reader.fields_beside(kind.fields, &key.value, At::named(&key.key, key.key_span), strays);
    reader.levels.pop();
    match value {
        Some(Value::Record(record)) if reader.errors() == before => Some(record),
        _ => None,
    }
}

fn printed(pair: &Pair, beside: &Record, key: Option<&Pair>, config: &Option<Record>) -> Entry {
    let entry =
        |name: &str, key_span, node: &Node| Entry { key: name.to_string(), key_span, node: node.clone() };
    let mut entries: Vec<_> = beside.fields.iter().map(|(name, node)| entry(name, node.span, node)).collect();
    if let (Some(key), Some(config)) = (key, config) {
        let at = entries.iter().take_while(|entry| entry.key == "input").count();
        let node = Node { value: Value::Record(config.clone()), span: key.value.span };
        entries.insert(at, entry(&key.key, key.key_span, &node));
    }
    let node = Node { value: Value::Map(entries), span: pair.value.span };
    Entry { key: pair.key.clone(), key_span: pair.key_span, node }
}

pub(crate) fn source(reader: &mut Reader<'_>, entered: Entered) -> Source {
    let Entered { mut body, beside, .. } = entered;
    let before = reader.errors();
    let schema = extract::declared(reader, &beside, body.broken);
    body.broken |= reader.errors() > before;
    Source {
        format: or(extract::word(&beside, "format", Format::of), Format::default()),
        schema,
        extra: or(extract::word(&beside, "extra", Extra::of), Extra::default()),
        event_time: extract::event_time(&beside),
        slo: extract::slo(&beside),
        on_full: extract::word(&beside, "on_full", OnFull::of),
        body,
    }
}

pub(crate) fn stage(reader: &mut Reader<'_>, entered: Entered) -> Stage {
    let Entered { mut body, beside, .. } = entered;
    let before = reader.errors();
    let inputs = extract::inputs(reader, &beside);
    body.broken |= reader.errors() > before;
    Stage {
        inputs,
        filter: extract::expr(&beside, "where"),
        on_late: or(extract::word(&beside, "on_late", WhenLate::of), WhenLate::Run),
        renamed_from: extract::text(&beside, "renamed_from"),
        body,
    }
}

pub(crate) fn sink(reader: &mut Reader<'_>, entered: Entered) -> Sink {
    let Entered { mut body, beside, .. } = entered;
    let before = reader.errors();
    let inputs = extract::inputs(reader, &beside);
    body.broken |= reader.errors() > before;
    Sink {
        inputs,
        filter: extract::expr(&beside, "where"),
        columns: beside.get("columns").map(|_| extract::texts(&beside, "columns")),
        format: or(extract::word(&beside, "format", Format::of), Format::default()),
        delivery: extract::word(&beside, "delivery", Guarantee::of),
        sensitive: or(extract::word(&beside, "sensitive", Sensitive::of), Sensitive::Omit),
        body,
    }
}

fn or<T>(found: Option<Spanned<T>>, usual: T) -> Spanned<T> {
    found.unwrap_or(Spanned { value: usual, span: Span::NONE })
}
