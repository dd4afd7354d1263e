//! `forebay kinds [NAME]`: the kinds of nodes, all from the values that the reader and the plan use too.

use forebay_node::Registry;
use forebay_spec::later;
use forebay_types::Kind;
use forebay_types::kind::Role;
use forebay_types::nearest::nearest;
use forebay_types::shape::{Field, Need, Shape};
use serde_json::{Value, json};

use crate::args::Kinds;
use crate::exit::Exit;
use crate::output::{Paint, misuse, print};
use crate::table::{indented, table, wrapped};

/// Lines are no longer than this.
const WIDTH: usize = 110;

pub fn run(args: &Kinds, registry: &Registry) -> Exit {
    let mut kinds = registry.kinds();
    kinds.sort_by_key(|kind| (kind.role as u8, kind.name));
    let all: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
    if let Some(name) = &args.name {
        kinds.retain(|kind| kind.name == name);
        if kinds.is_empty() {
            return misuse(&unknown(name, all));
        }
    }
    let text = if args.json {
        format!("{:#}\n", kinds.iter().map(|kind| as_json(kind)).collect::<Value>())
    } else if args.name.is_some() {
        kinds.iter().map(|kind| describe(kind, Paint::stdout())).collect::<Vec<_>>().join("\n\n")
    } else {
        list(&kinds)
    };
    print(&text);
    Exit::Good
}

/// That there is no kind of this name.
pub fn unknown(name: &str, known: impl IntoIterator<Item = &'static str>) -> String {
    let roles = [Role::Source, Role::Stage, Role::Sink];
    if roles.into_iter().any(|role| later(role).contains(&name)) {
        return format!(
            "the kind `{name}` is not in this version yet; `forebay kinds` lists those there are"
        );
    }
    match nearest(name, known) {
        Some(near) => format!("there is no kind `{name}`; did you mean `{near}`?"),
        None => format!("there is no kind `{name}`; `forebay kinds` lists those there are"),
    }
}

fn list(kinds: &[&Kind]) -> String {
    let row = |kind: &&Kind| [kind.role.noun(), kind.name, kind.summary].map(str::to_string).to_vec();
    table(&kinds.iter().map(row).collect::<Vec<_>>(), &[])
}

fn describe(kind: &Kind, paint: Paint) -> String {
    let mut out =
        format!("{}: {}\n\n", paint.bold(&format!("{} ({})", kind.name, kind.role.noun())), kind.summary);
    out.push_str(kind.doc);
    out.push('\n');
    section(&mut out, paint, "Fields");
    for field in kind.fields {
        describe_field(&mut out, "", field, 2);
    }
    if !kind.inputs.is_empty() {
        section(&mut out, paint, "Inputs");
        let need = |required: bool| if required { "required" } else { "optional" };
        kind.inputs
            .iter()
            .for_each(|port| item(&mut out, 2, &format!("{}, {}", port.name, need(port.required)), port.doc));
    }
    if !kind.outputs.is_empty() {
        section(&mut out, paint, "Outputs");
        for port in kind.outputs {
            let name = if port.name.is_empty() { "NODE".to_string() } else { format!("NODE.{}", port.name) };
            item(&mut out, 2, &name, port.doc);
        }
        for (name, doc) in given_outputs(kind) {
            item(&mut out, 2, name, doc);
        }
    }
    let facts = facts(kind);
    if !facts.is_empty() {
        section(&mut out, paint, "Facts");
        facts.iter().for_each(|(_, what)| out.push_str(&wrapped(what, 2, WIDTH)));
    }
    section(&mut out, paint, "Example");
    out.push_str(&indented(&format!("NODE:\n{}", indented(kind.example, 2)), 2));
    out
}

fn section(out: &mut String, paint: Paint, title: &str) {
    out.push_str(&format!("\n{}\n", paint.bold(title)));
}

fn item(out: &mut String, indent: usize, head: &str, doc: &str) {
    out.push_str(&format!("{}{head}\n{}", " ".repeat(indent), wrapped(doc, indent + 4, WIDTH)));
}

/// A field, and those inside of it with its name in front.
fn describe_field(out: &mut String, before: &str, field: &Field, indent: usize) {
    let name = match (before, field.name) {
        ("", "") => "(the kind itself)".to_string(),
        ("", name) => name.to_string(),
        (before, name) => format!("{before}.{name}"),
    };
    let need = match field.need {
        Need::Required => "required".to_string(),
        Need::Optional => "optional".to_string(),
        Need::Default(value) => format!("default {value}"),
    };
    let mut notes = vec![need, type_of(&field.shape)];
    if field.per_stream {
        notes.push("per stream".into());
    }
    if field.secret {
        notes.push("may be a secret".into());
    }
    item(out, indent, &format!("{name}: {}", notes.join(", ")), field.doc);
    for (word, what) in words(&field.shape) {
        out.push_str(&wrapped(&format!("{word}: {what}"), indent + 6, WIDTH));
    }
    for inner in inside(&field.shape) {
        describe_field(out, &name, inner, indent);
    }
}

fn type_of(shape: &Shape) -> String {
    match shape {
        Shape::Word(_) => "a word".into(),
        shape => shape.noun(),
    }
}

fn words(shape: &Shape) -> &'static [(&'static str, &'static str)] {
    match shape {
        Shape::Word(words) => words,
        Shape::List(item) | Shape::Short { short: item, .. } => words(item),
        _ => &[],
    }
}

/// The fields inside of a shape.
fn inside(shape: &Shape) -> &'static [Field] {
    match shape {
        Shape::Record(fields) | Shape::Short { long: fields, .. } => fields,
        Shape::List(item) | Shape::Map(item) => inside(item),
        Shape::Forms { scalar, list, map } => {
            let forms = [scalar, list, map].into_iter().flatten();
            forms.map(|shape| inside(shape)).find(|fields| !fields.is_empty()).unwrap_or(&[])
        }
        _ => &[],
    }
}

/// Outputs that nodes have without saying so.
fn given_outputs(kind: &Kind) -> Vec<(&'static str, &'static str)> {
    let rejected =
        (kind.role != Role::Sink).then_some(("NODE.rejected", "Records that it could not work on."));
    let behind = kind
        .facts
        .keyed
        .then_some(("NODE.behind", "Records that are older than the watermark; unread, they are rejected."));
    rejected.into_iter().chain(behind).collect()
}

fn facts(kind: &Kind) -> Vec<(&'static str, &'static str)> {
    let facts = kind.facts;
    let all = [
        (
            facts.adds,
            "adds",
            "One record out for each record in: its columns pass on, and what it adds comes beside them.",
        ),
        (facts.keyed, "keyed", "Keeps state by key, and runs where the key lives."),
        (
            facts.replayable,
            "replayable",
            "Can be read again from a committed position, so `exactly_once` is possible.",
        ),
        (facts.ends, "ends", "Its input comes to an end."),
        (
            facts.foreign,
            "foreign",
            "Runs code that is not Forebay's: a call that fails is repeated on fewer records.",
        ),
    ];
    all.into_iter().filter(|(holds, _, _)| *holds).map(|(_, name, what)| (name, what)).collect()
}

fn as_json(kind: &Kind) -> Value {
    json!({
        "kind": kind.name,
        "role": kind.role.noun(),
        "summary": kind.summary,
        "doc": kind.doc,
        "fields": kind.fields.iter().map(field_json).collect::<Vec<_>>(),
        "inputs": kind.inputs.iter().map(|p| json!({ "name": p.name, "required": p.required, "doc": p.doc })).collect::<Vec<_>>(),
        "outputs": kind.outputs.iter().map(|p| json!({ "name": p.name, "doc": p.doc })).collect::<Vec<_>>(),
        "facts": facts(kind).iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        "example": kind.example,
    })
}

fn field_json(field: &Field) -> Value {
    json!({
        "name": field.name,
        "type": type_of(&field.shape),
        "required": field.need == Need::Required,
        "default": match field.need { Need::Default(value) => Some(value), _ => None },
        "per_stream": field.per_stream,
        "secret": field.secret,
        "words": words(&field.shape).iter().map(|(word, what)| json!({ "word": word, "doc": what })).collect::<Vec<_>>(),
        "fields": inside(&field.shape).iter().map(field_json).collect::<Vec<_>>(),
        "doc": field.doc,
    })
}
