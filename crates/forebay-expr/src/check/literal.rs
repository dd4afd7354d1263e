//! Literals: what digits and texts mean beside a type.

use forebay_types::{Ty, code};

use super::{Checker, called};
use crate::mistake::Part;
use crate::scalar::{Scalar, digits_after_point, read_date, read_decimal};
use crate::tree::{Expr, ExprKind};
use crate::typed::{Arith, Form, Node, Op};

impl Checker<'_, '_> {
    /// A number, with its sign where it has one.
    pub(super) fn number(&mut self, digits: String, part: Part, hint: Option<&Ty>) -> Node {
        let hint = hint.map(Ty::inner);
        let whole = !digits.contains(['.', 'e', 'E']);
        let read = match hint {
            Some(ty) if ty.is_integer() && whole => {
                Scalar::read(ty, &digits).map(|value| (value, ty.clone()))
            }
            Some(ty @ Ty::Decimal(scale)) => read_decimal(&digits, *scale)
                .map(|value| (Scalar::I64(value), ty.clone()))
                .map_err(|why| format!("{} is no {ty}: {why}", called(&digits))),
            Some(ty) if ty.is_float() => float(&digits, ty, whole),
            _ if whole => digits
                .parse()
                .map(|value| (Scalar::I64(value), Ty::I64))
                .or_else(|_| digits.parse().map(|value| (Scalar::U64(value), Ty::U64)))
                .map_err(|_| format!("{} is too large for i64", called(&digits))),
            _ => float(&digits, &Ty::F64, whole),
        };
        match read {
            Ok((value, ty)) => Node::new(Op::Const(value), ty, part),
            Err(message) => {
                let help = match hint {
                    Some(ty) => format!(
                        "a number takes the type of what stands beside it, here {ty}; nothing is rounded"
                    ),
                    None => "write a number that fits, or one with a point".into(),
                };
                self.mistakes.error(&code::EXPR_LITERAL, part, message, help);
                Node::unknown(part)
            }
        }
    }

    pub(super) fn negate(&mut self, of: &Expr, part: Part, hint: Option<&Ty>) -> Node {
        if let ExprKind::Int(digits) | ExprKind::Float(digits) = &of.kind {
            return self.number(format!("-{digits}"), part, hint);
        }
        let node = self.value(of, hint);
        match &node.ty {
            Ty::Unknown => Node::unknown(part),
            ty if ty.is_integer() => {
                let node = self.widen(node, &Ty::I64);
                Node::new(Op::Negate(Box::new(node)), Ty::I64, part)
            }
            ty if ty.is_number() || *ty == Ty::Duration => {
                let ty = ty.clone();
                Node::new(Op::Negate(Box::new(node)), ty, part)
            }
            ty => {
                let message =
                    format!("`-` works on numbers and durations, and {} is {ty}", self.called(&node));
                self.operand_error(part, message, "not is written `!`")
            }
        }
    }

    /// A text; beside a date or bytes it is one.
    pub(super) fn text(&mut self, text: &str, part: Part, hint: Option<&Ty>) -> Node {
        match hint.map(Ty::inner) {
            Some(Ty::Date) => match read_date(text) {
                Ok(days) => Node::new(Op::Const(Scalar::I64(days)), Ty::Date, part),
                Err(why) => {
                    self.mistakes.error(
                        &code::EXPR_TEXT,
                        part,
                        why,
                        "a text beside a date is a date: year, month, day",
                    );
                    Node::unknown(part)
                }
            },
            Some(Ty::Bytes) => Node::new(Op::Const(Scalar::text(text)), Ty::Bytes, part),
            _ => Node::new(Op::Const(Scalar::text(text)), Ty::String, part),
        }
    }

    pub(super) fn list(&mut self, items: &[Expr], part: Part, hint: Option<&Ty>) -> Node {
        let hint = match hint.map(Ty::inner) {
            Some(Ty::List(item)) => Some(item.inner()),
            _ => None,
        };
        let mut nodes = self.alike(items, hint);
        let item = nodes.iter().map(|node| node.ty.clone()).reduce(|a, b| self.common(&a, &b).unwrap_or(a));
        let Some(item) = item.or(hint.cloned()) else {
            let help = "put it where a list is known beside it, as in `coalesce(x, [])`";
            return self.operand_error(part, "an empty list has no type of its own".into(), help);
        };
        if nodes.iter().any(|node| node.ty == Ty::Unknown) || item == Ty::Unknown {
            return Node::unknown(part);
        }
        if Form::of(&item) == Form::Nested {
            let message = format!("a list in brackets holds simple values, not {item}");
            return self.operand_error(part, message, "list texts, numbers or times");
        }
        if let Some(odd) = nodes.iter().position(|node| !self.widens(&node.ty, &item)) {
            let odd = nodes.swap_remove(odd);
            let message = format!("{} is {} in a list of {item}", self.called(&odd), odd.ty);
            let help = self.conversion_help(&odd, &item);
            self.mistakes.error(&code::EXPR_MIX, odd.part, message, help);
            return Node::unknown(part);
        }
        let nodes = nodes.into_iter().map(|node| self.widen(node, &item)).collect();
        Node::new(Op::List(nodes), Ty::List(Box::new(item)), part)
    }

    /// Checks values that should be of one type: those with a type of their own first, then the literals beside them.
    pub(super) fn alike(&mut self, exprs: &[Expr], hint: Option<&Ty>) -> Vec<Node> {
        let mut nodes: Vec<Option<Node>> =
            exprs.iter().map(|expr| (!expr.is_pliable()).then(|| self.value(expr, hint))).collect();
        let known = nodes.iter().flatten().map(|node| node.ty.clone()).next();
        let hint = known.as_ref().or(among(hint, exprs.iter()));
        exprs
            .iter()
            .zip(&mut nodes)
            .map(|(expr, node)| node.take().unwrap_or_else(|| self.value(expr, hint)))
            .collect()
    }
}

fn float(digits: &str, ty: &Ty, whole: bool) -> Result<(Scalar, Ty), String> {
    let value: f64 = digits.parse().map_err(|_| format!("{} is no number", called(digits)))?;
    let (value, exact) = match ty {
        Ty::F32 => {
            let value: f32 = digits.parse().unwrap_or_default();
            (Scalar::F32(value), f64::from(value))
        }
        _ => (Scalar::F64(value), value),
    };
    if exact.is_infinite() {
        return Err(format!("{} is no {ty}: it is too large", called(digits)));
    }
    let significant = digits.trim_start_matches(['-', '0']);
    if whole && exact != 0.0 && format!("{:.0}", exact.abs()) != significant {
        return Err(format!("{} is no {ty}: it has too many digits", called(digits)));
    }
    Ok((value, ty.clone()))
}

/// The hint for values of which none has a type of its own.
pub(super) fn among<'h, 'e>(
    hint: Option<&'h Ty>,
    exprs: impl IntoIterator<Item = &'e Expr>,
) -> Option<&'h Ty> {
    let number = hint.is_some_and(|hint| hint.inner().is_number());
    if !number && exprs.into_iter().any(|expr| expr.is_pliable() && expr.has_point()) {
        Some(&Ty::F64)
    } else {
        hint
    }
}

/// The type that a literal takes beside `ty`. Integers calculate in i64, so a literal need not fit a narrower type; a factor
/// keeps its own digits after the point, because the digits of a product are those of both.
pub(super) fn beside(ty: &Ty, literal: &Expr, op: Option<Arith>) -> Ty {
    match (ty, &literal.kind, op) {
        (Ty::Decimal(_), ExprKind::Float(digits), Some(Arith::Mul)) => {
            Ty::Decimal(digits_after_point(digits).min(usize::from(forebay_types::ty::MAX_SCALE)) as u8)
        }
        (Ty::Decimal(_), _, Some(Arith::Mul)) => Ty::Decimal(0),
        (ty, _, Some(_)) if ty.is_integer() && *ty != Ty::U64 => Ty::I64,
        _ => ty.clone(),
    }
}
