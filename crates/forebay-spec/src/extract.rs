//! From records as read to the structs of `pipeline`. What is missing here was reported when it was read.

use crate::grammar;
use crate::pipeline::*;
use crate::read::{Reader, is_name, name_help};
use forebay_types::code;
use forebay_types::value::{Entry, Text};
use forebay_types::{Diagnostic, Node, Record, Ty, Value, unit};

pub(crate) fn text(record: &Record, name: &str) -> Option<Spanned<String>> {
    let node = record.get(name)?;
    node.text().map(|text| Spanned { value: text.text.clone(), span: node.span })
}

pub(crate) fn texts(record: &Record, name: &str) -> Vec<Spanned<String>> {
    let items = record.list(name).iter();
    items.filter_map(|node| Some(Spanned { value: node.text()?.text.clone(), span: node.span })).collect()
}

pub(crate) fn ty(record: &Record, name: &str) -> Ty {
    match record.get(name) {
        Some(Node { value: Value::Ty(ty), .. }) => ty.clone(),
        _ => Ty::Unknown,
    }
}

pub(crate) fn word<T>(record: &Record, name: &str, of: fn(&str) -> Option<T>) -> Option<Spanned<T>> {
    let text = text(record, name)?;
    Some(Spanned { value: of(&text.value)?, span: text.span })
}

pub(crate) fn duration(record: &Record, name: &str) -> Option<Spanned<i64>> {
    Some(Spanned { value: record.duration(name)?, span: record.span(name) })
}

pub(crate) fn expr(record: &Record, name: &str) -> Option<Spanned<Text>> {
    let node = record.get(name)?;
    node.text().map(|text| Spanned { value: text.clone(), span: node.span })
}

pub(crate) fn text_map(record: &Record, name: &str) -> Vec<(String, String)> {
    let entries = record.map(name).iter();
    entries.filter_map(|entry| Some((entry.key.clone(), entry.node.text()?.text.clone()))).collect()
}

pub(crate) fn slo(record: &Record) -> Option<Slo> {
    let node = record.get("slo")?;
    let fields = node.record()?;
    Some(Slo {
        span: node.span,
        deadline: duration(fields, "deadline")?,
        from: word(fields, "from", From::of)?,
        objective: fields.share("objective")?,
        on_late: word(fields, "on_late", OnLate::of)?,
    })
}

pub(crate) fn delivery(record: &Record) -> Delivery {
    let fields = record.record("delivery");
    let stated = fields.and_then(|fields| duration(fields, "commit_every"));
    let usual = || unit::parse_duration(grammar::COMMIT_EVERY).unwrap_or_default();
    Delivery {
        guarantee: fields.and_then(|fields| word(fields, "guarantee", Guarantee::of)),
        commit_every: stated.unwrap_or_else(|| Spanned { value: usual(), span: forebay_types::Span::NONE }),
    }
}

/// One that is in error counts as none: nothing runs then.
pub(crate) fn breaker(record: &Record) -> Option<Breaker> {
    let Some(node) = record.get("breaker") else { return Some(grammar::USUAL_BREAKER) };
    let fields = node.record()?;
    Some(Breaker {
        share: fields.share("share")?,
        over: fields.duration("over")?,
        least: u64::try_from(fields.int("least")?).ok()?,
    })
}

pub(crate) fn event_time(record: &Record) -> Option<EventTime> {
    let fields = record.record("event_time")?;
    Some(EventTime {
        column: text(fields, "column")?,
        out_of_order: duration(fields, "out_of_order")?,
        idle_after: duration(fields, "idle_after")?,
        max_ahead: duration(fields, "max_ahead")?,
    })
}

/// `NAME` or `NAME.PORT`, whose form has been checked.
pub(crate) fn output(text: &str, span: forebay_types::Span) -> OutputRef {
    let (node, port) = text.split_once('.').unwrap_or((text, ""));
    OutputRef { node: node.to_string(), port: port.to_string(), span }
}

pub(crate) fn inputs(reader: &mut Reader<'_>, record: &Record) -> Vec<Input> {
    let Some(node) = record.get("input") else { return Vec::new() };
    let union = |node: &Node| -> Vec<OutputRef> {
        let one = std::slice::from_ref(node);
        let items = if let Value::List(items) = &node.value { items.as_slice() } else { one };
        items.iter().filter_map(|item| Some(output(&item.text()?.text, item.span))).collect()
    };
    let empty = match &node.value {
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        _ => false,
    };
    if empty && reader.files.slice(node.span).chars().filter(|c| !c.is_whitespace()).count() <= 2 {
        reader.error(
            &code::EMPTY,
            node.span,
            "`input` names nothing",
            "name the source or stage that it reads",
        );
    }
    match &node.value {
        Value::Map(entries) => {
            let ports = entries.iter().map(|Entry { key, key_span, node }| Input {
                port: Spanned { value: key.clone(), span: *key_span },
                from: union(node),
            });
            ports.collect()
        }
        _ => vec![Input { port: Spanned { value: "main".into(), span: node.span }, from: union(node) }],
    }
}

/// What a source declares; `None` where it declares nothing.
pub(crate) fn declared(reader: &mut Reader<'_>, record: &Record, broken: bool) -> Option<Declared> {
    let node = record.get("schema")?;
    match &node.value {
        Value::Map(entries) => {
            if entries.is_empty() && !broken {
                reader.error(
                    &code::EMPTY,
                    node.span,
                    "the schema has no column",
                    "name what is read: `{ NAME: TYPE }`",
                );
            }
            let before = reader.errors();
            let columns: Vec<_> = entries.iter().filter_map(|entry| column(reader, entry)).collect();
            Some(Declared::Columns { columns, open: broken || reader.errors() > before })
        }
        _ => schema_text(reader, node),
    }
}

fn schema_text(reader: &mut Reader<'_>, node: &Node) -> Option<Declared> {
    let text = &node.text()?.text;
    if let Some(subject) = text.strip_prefix("registry:") {
        return match subject.split_once('@') {
            Some((subject, version)) if !subject.is_empty() && !version.is_empty() => {
                Some(Declared::Registry {
                    subject: subject.to_string(),
                    version: version.to_string(),
                    span: node.span,
                })
            }
            _ => {
                let message = format!("`{text}` does not say which version");
                reader.error(&code::SCHEMA_FORM, node.span, message, "write `registry:SUBJECT@VERSION`");
                None
            }
        };
    }
    if ![".avsc", ".proto", ".json"].iter().any(|ending| text.ends_with(ending)) {
        let message = format!("`{text}` is no schema");
        let help = "write columns (`{ NAME: TYPE }`), a file (`.avsc`, `.proto`, `.json`) or `registry:SUBJECT@VERSION`";
        reader.error(&code::SCHEMA_FORM, node.span, message, help);
        return None;
    }
    let path = reader.path(text, node.span);
    Some(Declared::File(Spanned { value: path, span: node.span }))
}

pub(crate) fn column(reader: &mut Reader<'_>, entry: &Entry) -> Option<ColumnSpec> {
    let (name, span) = (entry.key.as_str(), entry.key_span);
    let first_is_letter = name.starts_with(|c: char| c.is_ascii_alphabetic());
    if name == "stream" || name.starts_with('_') {
        let message = format!("the column name `{name}` is Forebay's own");
        let help = "give it another name and say where it comes from: `NAME: { type: …, from: FIELD }`";
        reader.error(&code::RESERVED_COLUMN, span, message, help);
        return None;
    }
    if !first_is_letter || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        let message = format!("`{name}` cannot be named in an expression");
        let help = format!(
            "a column is a letter, then letters, digits and `_`: `NAME: {{ type: …, from: \"{name}\" }}`"
        );
        reader.error(&code::NAME, span, message, help);
        return None;
    }
    let fields = entry.node.record()?;
    Some(ColumnSpec {
        name: Spanned { value: name.to_string(), span },
        ty: ty(fields, "type"),
        ty_span: fields.span("type"),
        from: text(fields, "from"),
        default: fields.get("default").cloned(),
        sensitive: fields.bool("sensitive").unwrap_or(false),
        doc: text(fields, "doc").map(|doc| doc.value),
    })
}

pub(crate) fn vars(reader: &mut Reader<'_>, record: &Record) -> Vec<Var> {
    let mut vars = Vec::new();
    for entry in record.map("vars") {
        free_name(reader, entry, "var");
        let Some(fields) = entry.node.record() else { continue };
        let ty = ty(fields, "type");
        let mut value = fields.get("default").cloned();
        if let Some(node) = &value
            && let Err(why) = crate::literal::fits(node, &ty)
        {
            let message = format!("the value of the var `{}` is no {ty}: {why}", entry.key);
            let diagnostic = Diagnostic::error(&code::LITERAL, node.span, message);
            let diagnostic = diagnostic.also(fields.span("type"), "declared here");
            reader.report.push(diagnostic.help("write a value of that type, or declare another type"));
            value = None;
        }
        let name = Spanned { value: entry.key.clone(), span: entry.key_span };
        vars.push(Var { name, ty, value, doc: text(fields, "doc").map(|doc| doc.value) });
    }
    vars
}

pub(crate) fn lists(reader: &mut Reader<'_>, record: &Record) -> Vec<List> {
    let mut lists = Vec::new();
    for entry in record.map("lists") {
        free_name(reader, entry, "list");
        let Some(fields) = entry.node.record() else { continue };
        let file = text(fields, "file");
        let broken = file.is_none();
        let missing = || Spanned { value: String::new(), span: entry.key_span };
        lists.push(List {
            name: Spanned { value: entry.key.clone(), span: entry.key_span },
            file: file.unwrap_or_else(missing),
            column: text(fields, "column"),
            ty: ty(fields, "type"),
            reload: fields.duration("reload"),
            broken,
        });
    }
    lists
}

/// A name that the user chose for a var or a list.
fn free_name(reader: &mut Reader<'_>, entry: &Entry, what: &str) {
    if !is_name(&entry.key) {
        let message = format!("`{}` is no name of a {what} ([a-z][a-z0-9_]*)", entry.key);
        reader.error(&code::NAME, entry.key_span, message, name_help(&entry.key));
    }
}

pub(crate) fn placement(reader: &mut Reader<'_>, record: &Record) -> Option<Placement> {
    let node = record.get("placement")?;
    let fields = node.record()?;
    let pins = fields.map("stages").iter().filter_map(|entry| {
        let pin = entry.node.record()?;
        Some(Pin {
            stage: Spanned { value: entry.key.clone(), span: entry.key_span },
            gpu: pin.bool("gpu"),
            pops: texts(pin, "pops"),
            standby: texts(pin, "standby"),
        })
    });
    let pins = pins.collect();
    let mut crossings = Vec::new();
    for entry in fields.map("crossings") {
        if !entry.key.split('.').all(is_name) || entry.key.matches('.').count() > 1 {
            let message = format!("`{}` is not the name of an output", entry.key);
            reader.error(&code::OUTPUT, entry.key_span, message, "write NAME or NAME.PORT");
            continue;
        }
        let output = output(&entry.key, entry.key_span);
        let Value::List(items) = &entry.node.value else { continue };
        crossings.extend(items.iter().filter_map(|item| crossing(item.record()?, &output)));
    }
    Some(Placement {
        span: node.span,
        prefer: prefer(fields).unwrap_or(Prefer::NearSources),
        jurisdictions: texts(fields, "jurisdictions"),
        pins,
        crossings,
    })
}

fn crossing(fields: &Record, output: &OutputRef) -> Option<Crossing> {
    Some(Crossing {
        output: output.clone(),
        mode: word(fields, "as", CrossingMode::of)?,
        from: text(fields, "from")?,
        to: text(fields, "to")?,
        columns: texts(fields, "columns"),
        basis: text(fields, "basis").map(|basis| basis.value),
        until: text(fields, "until"),
    })
}

fn prefer(fields: &Record) -> Option<Prefer> {
    let node = fields.get("prefer")?;
    match node.record() {
        Some(weights) => Some(Prefer::Weights {
            money: weights.float("money")?,
            power: weights.float("power")?,
            lateness: weights.float("lateness")?,
            egress: weights.float("egress")?,
        }),
        None if node.str() == "cheapest" => Some(Prefer::Cheapest),
        None => Some(Prefer::NearSources),
    }
}
