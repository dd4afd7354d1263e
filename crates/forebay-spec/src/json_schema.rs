//! JSON Schema (draft 2020-12) for editors, from the same shapes as the reader. It completes and explains; the
//! reader stays the judge: a schema cannot say what depends on other places of a file.

use crate::configs::shapes;
use crate::grammar;
use crate::nodes::{beside, section};
use crate::read::COLUMN_FIELDS;
use crate::yaml::parse_value;
use forebay_types::kind::Role;
use forebay_types::shape::{Field, Need, Shape};
use forebay_types::{Kind, Report, Span};
use serde_json::{Map, Value, json};

/// The kinds of files in `configs/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Model,
    Connection,
    Environment,
    Pop,
}

/// The schema of pipeline files; with the name of a kind, of what stands inside that kind. `None` when there is no
/// such kind.
pub fn schema(kinds: &[&'static Kind], kind: Option<&str>) -> Option<Value> {
    let root = match kind {
        None => pipeline(kinds),
        Some(name) => {
            let of_name = kinds.iter().filter(|kind| kind.name == name);
            let mut schemas: Vec<Value> = of_name.map(|kind| of_kind(kind)).collect();
            match schemas.len() {
                0 => return None,
                1 => schemas.remove(0),
                _ => json!({ "oneOf": schemas }),
            }
        }
    };
    Some(document(root))
}

/// The schema of a kind of configuration file.
pub fn config_schema(kind: FileKind) -> Value {
    let fields = match kind {
        FileKind::Model => shapes::MODEL_TOP,
        FileKind::Connection => shapes::CONNECTION_TOP,
        FileKind::Environment => shapes::ENVIRONMENT_TOP,
        FileKind::Pop => shapes::POP_TOP,
    };
    document(record(fields))
}

fn document(root: Value) -> Value {
    let mut document = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema" });
    merge(&mut document, root);
    document["$defs"] = json!({ "column": column() });
    document
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}

fn pipeline(kinds: &[&'static Kind]) -> Value {
    let mut root = record(grammar::TOP);
    let spec = &mut root["properties"]["spec"]["properties"];
    for role in [Role::Source, Role::Stage, Role::Sink] {
        let section = &mut spec[section(role)];
        section["propertyNames"] = json!({ "pattern": NAME, "not": { "enum": grammar::RESERVED } });
        section["additionalProperties"] = node(kinds, role);
    }
    let columns = &mut spec["sources"]["additionalProperties"]["properties"]["schema"]["anyOf"][1];
    columns["propertyNames"] = json!({ "pattern": "^[A-Za-z][A-Za-z0-9_]*$", "not": { "const": "stream" } });
    let test = record(grammar::TEST);
    let file =
        json!({ "type": "object", "properties": { "file": { "type": "string" } }, "required": ["file"] });
    let one = json!({ "anyOf": [test, file] });
    root["properties"]["tests"]["anyOf"] = json!([{ "type": "array", "items": one.clone() }, one]);
    root
}

/// A node: the fields beside the kind, and exactly one kind. Kinds are properties, so that editors complete them.
fn node(kinds: &[&'static Kind], role: Role) -> Value {
    let mut node = record(beside(role));
    let kinds: Vec<_> = kinds.iter().filter(|kind| kind.role == role).collect();
    for kind in &kinds {
        node["properties"][kind.name] = of_kind(kind);
    }
    let one: Vec<_> = kinds.iter().map(|kind| json!({ "required": [kind.name] })).collect();
    if !one.is_empty() {
        node["oneOf"] = Value::Array(one);
    }
    node
}

fn of_kind(kind: &Kind) -> Value {
    let mut schema = record(kind.fields);
    schema["description"] = Value::String(format!("{} {}", kind.summary, kind.doc).trim().to_string());
    schema
}

fn record(fields: &'static [Field]) -> Value {
    if let [field @ Field { name: "", .. }] = fields {
        return shape(&field.shape);
    }
    let properties: Map<String, Value> = fields.iter().map(|f| (f.name.to_string(), described(f))).collect();
    let required: Vec<_> = fields.iter().filter(|f| f.need == Need::Required).map(|f| f.name).collect();
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn described(field: &'static Field) -> Value {
    let holds = |pattern: &str| json!({ "type": "string", "pattern": pattern });
    let mut schema = match (field.secret, field.per_stream) {
        (true, true) => holds("\\$\\{(secret|stream):"),
        (true, false) => holds("\\$\\{secret:"),
        (false, true) => json!({ "anyOf": [shape(&field.shape), holds("\\$\\{stream:")] }),
        (false, false) => shape(&field.shape),
    };
    schema["description"] = Value::String(field.doc.to_string());
    if let Need::Default(text) = field.need {
        schema["default"] = default(text);
    }
    schema
}

/// A default as JSON. Quantities stay texts.
fn default(text: &str) -> Value {
    let tree = parse_value(text, Span::NONE.file, 0, &mut Report::default());
    tree.map_or(Value::Null, |tree| tree.to_json())
}

const NAME: &str = "^[a-z][a-z0-9_]*$";
const VAR: &str = "\\$\\{var:";
const DURATION: &str = "^([0-9.]+ ?(ns|us|ms|s|m|h|d))+$";

fn shape(shape: &'static Shape) -> Value {
    match shape {
        Shape::Bool => or_var(json!({ "type": "boolean" })),
        Shape::Int { min, max } => or_var(json!({ "type": "integer", "minimum": min, "maximum": max })),
        Shape::Float { min, max } => or_var(json!({ "type": "number", "minimum": min, "maximum": max })),
        Shape::Text | Shape::ColumnName | Shape::Path(_) | Shape::Time | Shape::Ref(_) => {
            json!({ "type": "string" })
        }
        Shape::Name => text_like(NAME),
        Shape::Label => text_like("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"),
        Shape::Output => text_like("^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)?$"),
        Shape::Date => text_like("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
        Shape::Duration => or_zero(text_like(DURATION)),
        Shape::NamedDuration => text_like(DURATION),
        Shape::Size => text_like("^[0-9.]+ ?(B|kB|MB|GB|KiB|MiB|GiB|TiB)$"),
        Shape::Rate => text_like("^[0-9.]+ ?(fps|/s|/m|/h|/d)$"),
        Shape::Share => {
            let percent = text_like("^(100(\\.0*)?|[0-9]{0,2}(\\.[0-9]*)?) ?%$");
            json!({ "anyOf": [{ "type": "number", "minimum": 0, "maximum": 1 }, percent] })
        }
        Shape::Level => text_like("^[-+]?[0-9.]+ ?dB$"),
        Shape::Ty => {
            let mut ty = text_like(&type_pattern());
            ty["examples"] = json!(forebay_types::ty::type_names().collect::<Vec<_>>());
            ty
        }
        Shape::Column => json!({ "$ref": "#/$defs/column" }),
        Shape::Expr => json!({ "type": ["string", "boolean", "number"] }),
        Shape::Plain => json!({ "type": ["string", "boolean", "number", "null"] }),
        Shape::Any => json!({}),
        Shape::Word(words) => {
            let known = words.iter().map(|(word, what)| json!({ "const": word, "description": what }));
            json!({ "oneOf": known.collect::<Vec<_>>() })
        }
        Shape::List(item) => {
            let item = self::shape(item);
            json!({ "anyOf": [{ "type": "array", "items": item.clone() }, item] })
        }
        Shape::Map(item) => json!({ "type": "object", "additionalProperties": self::shape(item) }),
        Shape::Record(fields) => record(fields),
        Shape::Short { short, long, .. } => json!({ "anyOf": [self::shape(short), record(long)] }),
        Shape::Forms { scalar, list, map } => {
            let forms = [scalar, list, map].into_iter().flatten().map(|form| self::shape(form));
            json!({ "anyOf": forms.collect::<Vec<_>>() })
        }
    }
}

/// A type in its short form; that each bracket has its partner is left to the reader.
fn type_pattern() -> String {
    let plain = |name: &&str| !matches!(*name, "decimal" | "list" | "optional");
    let names: Vec<_> = forebay_types::ty::type_names().filter(plain).collect();
    let one = format!("decimal\\([0-9]+\\)|timestamp\\((s|ms|us|ns)\\)|{}", names.join("|"));
    format!("^((list|optional)\\()*({one})\\)*$")
}

fn text_like(pattern: &str) -> Value {
    json!({ "type": "string", "pattern": format!("{pattern}|{VAR}") })
}

fn or_var(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "string", "pattern": VAR }] })
}

fn or_zero(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "const": 0 }] })
}

fn column() -> Value {
    let long = record(COLUMN_FIELDS);
    json!({ "anyOf": [shape(&Shape::Ty), long] })
}
