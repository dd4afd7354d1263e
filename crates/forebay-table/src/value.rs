//! Values under `set`, `unknown` and the like: plain ones and expressions, their types, and how plain ones come into
//! columns.

use forebay_stage::batch::{ColMut, Presence};
use forebay_stage::expr::{Names, Scalar, Typed, compile};
use forebay_stage::types::value::Node;
use forebay_stage::types::{Diagnostic, Report, Ty, Value, code};

/// What a column gets under `set`.
#[derive(Clone, Debug)]
pub enum Given {
    Plain(Scalar),
    Expr(Typed),
}

/// Reads a value of the shape [`Plain`](forebay_stage::types::shape::Shape::Plain) with its type, which is `want`
/// where there is one to meet. `None` when it is in error, which was reported.
pub fn read(node: &Node, names: &Names<'_>, want: Option<&Ty>, report: &mut Report) -> Option<(Ty, Given)> {
    if let Value::Expr(text) = &node.value {
        let typed = compile(text, node.span, names, want, report)?;
        return Some((typed.ty().clone(), Given::Expr(typed)));
    }
    let Some((ty, value)) = plain(node) else {
        let help = "write a number, a text, true or false";
        report.push(Diagnostic::error(&code::NO_VALUE_TYPE, node.span, "this value has no type").help(help));
        return None;
    };
    Some((ty, Given::Plain(value)))
}

/// The value of a literal that has this type.
pub fn literal(node: &Node, ty: &Ty) -> Result<Scalar, String> {
    let text = match &node.value {
        Value::Null if ty.is_optional() || *ty == Ty::Unknown => return Ok(Scalar::Null),
        Value::Null => return Err("it is never null".into()),
        Value::Bool(value) => value.to_string(),
        Value::Number(digits) => digits.clone(),
        Value::Text(text) => text.text.clone(),
        _ => return Err("one value is wanted".into()),
    };
    if *ty == Ty::Unknown { Ok(Scalar::Null) } else { Scalar::read(ty, &text) }
}

/// The value of a literal by itself, and its type: `5` is i64, `1.5` f64. `None` for null, lists and maps.
fn plain(node: &Node) -> Option<(Ty, Scalar)> {
    match &node.value {
        Value::Bool(value) => Some((Ty::Bool, Scalar::Bool(*value))),
        Value::Text(text) => Some((Ty::String, Scalar::text(&text.text))),
        Value::Int(value) => Some((Ty::I64, Scalar::I64(*value))),
        Value::Float(value) => Some((Ty::F64, Scalar::F64(*value))),
        Value::Number(digits) => {
            let ty = if digits.contains(['.', 'e', 'E']) { Ty::F64 } else { Ty::I64 };
            Scalar::read(&ty, digits).ok().map(|value| (ty, value))
        }
        _ => None,
    }
}

/// Appends a value to a column of its type.
pub fn push(col: &mut ColMut, ty: &Ty, value: &Scalar) {
    match (value, ty.inner()) {
        (Scalar::Null, _) => col.push_absent(Presence::Null),
        (Scalar::Bool(value), _) => col.push(u8::from(*value)),
        (Scalar::I64(value), Ty::I8) => col.push(*value as i8),
        (Scalar::I64(value), Ty::I16) => col.push(*value as i16),
        (Scalar::I64(value), Ty::I32 | Ty::Date) => col.push(*value as i32),
        (Scalar::I64(value), Ty::U8) => col.push(*value as u8),
        (Scalar::I64(value), Ty::U16) => col.push(*value as u16),
        (Scalar::I64(value), Ty::U32) => col.push(*value as u32),
        (Scalar::I64(value), _) => col.push(*value),
        (Scalar::U64(value), _) => col.push(*value),
        (Scalar::F32(value), _) => col.push(*value),
        (Scalar::F64(value), _) => col.push(*value),
        (Scalar::Text(text), _) => col.push_bytes(text),
    }
}
