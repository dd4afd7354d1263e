//! Operators: logic, comparison, arithmetic and `in`.

use forebay_types::ty::MAX_SCALE;
use forebay_types::{Ty, code};

use super::Checker;
use super::literal::{among, beside};
use super::null::present_if;
use crate::mistake::Part;
use crate::tree::{Binary, Expr, ExprKind};
use crate::typed::{Arith, Compare, Form, Node, Op};

impl Checker<'_, '_> {
    pub(super) fn not(&mut self, of: &Expr, part: Part) -> Node {
        let node = self.condition(of, "what `!` turns");
        if node.ty == Ty::Unknown { node } else { Node::new(Op::Not(Box::new(node)), Ty::Bool, part) }
    }

    pub(super) fn binary(&mut self, op: Binary, a: &Expr, b: &Expr, part: Part, hint: Option<&Ty>) -> Node {
        match op {
            Binary::And | Binary::Or => self.logic(op, a, b, part),
            Binary::In => self.is_in(a, b, part),
            Binary::Eq | Binary::Ne if matches!(b.kind, ExprKind::Null) => {
                self.is_null(a, op == Binary::Eq, part)
            }
            Binary::Eq | Binary::Ne if matches!(a.kind, ExprKind::Null) => {
                self.is_null(b, op == Binary::Eq, part)
            }
            Binary::Eq => self.compare(op, Compare::Eq, a, b, part),
            Binary::Ne => self.compare(op, Compare::Ne, a, b, part),
            Binary::Lt => self.compare(op, Compare::Lt, a, b, part),
            Binary::Le => self.compare(op, Compare::Le, a, b, part),
            Binary::Gt => self.compare(op, Compare::Gt, a, b, part),
            Binary::Ge => self.compare(op, Compare::Ge, a, b, part),
            Binary::Add => self.arith(op, Arith::Add, a, b, part, hint),
            Binary::Sub => self.arith(op, Arith::Sub, a, b, part, hint),
            Binary::Mul => self.arith(op, Arith::Mul, a, b, part, hint),
            Binary::Div => self.arith(op, Arith::Div, a, b, part, hint),
            Binary::Rem => self.arith(op, Arith::Rem, a, b, part, hint),
        }
    }

    fn logic(&mut self, op: Binary, a: &Expr, b: &Expr, part: Part) -> Node {
        let what = format!("each side of `{}`", op.sign());
        let left = self.condition(a, &what);
        let known = present_if(a, op == Binary::And);
        let right = self.with_present(known, |checker| checker.condition(b, &what));
        let two = Box::new([left, right]);
        Node::new(if op == Binary::And { Op::And(two) } else { Op::Or(two) }, Ty::Bool, part)
    }

    /// Both sides, a literal after what stands beside it.
    fn sides(&mut self, a: &Expr, b: &Expr, op: Option<Arith>, hint: Option<&Ty>) -> [Node; 2] {
        match (a.is_pliable(), b.is_pliable()) {
            (true, false) => {
                let right = self.value(b, hint);
                let left = self.value(a, Some(&beside(&right.ty, a, op)));
                [left, right]
            }
            (false, true) => {
                let left = self.value(a, hint);
                let right = self.value(b, Some(&beside(&left.ty, b, op)));
                [left, right]
            }
            (true, true) => {
                let hint = among(hint, [a, b]);
                [a, b].map(|side| self.value(side, hint.map(|hint| beside(hint.inner(), side, op)).as_ref()))
            }
            (false, false) => [self.value(a, hint), self.value(b, hint)],
        }
    }

    fn compare(&mut self, op: Binary, compare: Compare, a: &Expr, b: &Expr, part: Part) -> Node {
        let [left, right] = self.sides(a, b, None, None);
        if left.ty == Ty::Unknown || right.ty == Ty::Unknown {
            return Node::new(Op::Null, Ty::Bool, part);
        }
        let Some(common) = self.common(&left.ty, &right.ty) else {
            let (message, help) = self.mixes(op, &left, &right);
            self.mistakes.error(&code::EXPR_MIX, part, message, help);
            return Node::new(Op::Null, Ty::Bool, part);
        };
        let ordering = !matches!(compare, Compare::Eq | Compare::Ne);
        if Form::of(&common) == Form::Nested || common == Ty::Zones || ordering && common == Ty::Bool {
            let help = match common {
                Ty::Bool => "a bool stands alone: `x`, or `!x`",
                Ty::List(_) => "ask for items: `e in x`, `x[0] == e`, `size(x) == 0`",
                _ => "compare its fields one by one",
            };
            let message = format!("`{}` does not work on {common}", op.sign());
            self.operand_error(part, message, help);
            return Node::new(Op::Null, Ty::Bool, part);
        }
        // Integers and decimals of two types are compared as they are; floats in one form.
        let two = if common == Ty::F64 {
            [left, right].map(|side| self.widen(side, &common))
        } else {
            [left, right]
        };
        Node::new(Op::Compare(compare, Box::new(two)), Ty::Bool, part)
    }

    fn arith(&mut self, op: Binary, arith: Arith, a: &Expr, b: &Expr, part: Part, hint: Option<&Ty>) -> Node {
        let [left, right] = self.sides(a, b, Some(arith), hint);
        let concat = arith == Arith::Add && left.ty == Ty::String && right.ty == Ty::String;
        if concat {
            return Node::new(Op::Concat(Box::new([left, right])), Ty::String, part);
        }
        if left.ty == Ty::Unknown || right.ty == Ty::Unknown {
            return Node::unknown(part);
        }
        match self.arith_types(op, arith, &left, &right) {
            Ok([a_ty, b_ty, ty]) => {
                let two = [self.widen(left, &a_ty), self.widen(right, &b_ty)];
                Node::new(Op::Arith(arith, Box::new(two)), ty, part)
            }
            Err((code, message, help)) => {
                self.mistakes.error(code, part, message, help);
                Node::unknown(part)
            }
        }
    }

    /// The types to which the sides are widened, and that of the result.
    fn arith_types(
        &mut self,
        op: Binary,
        arith: Arith,
        left: &Node,
        right: &Node,
    ) -> Result<[Ty; 3], Refusal> {
        use Arith::{Add, Div, Mul, Rem, Sub};
        let (a, b) = (&left.ty, &right.ty);
        let number = |ty: &Ty| ty.is_integer() || matches!(ty, Ty::Decimal(_));
        Ok(match (arith, a, b) {
            (Add | Sub, Ty::Timestamp(_), Ty::Duration) => [a.clone(), b.clone(), a.clone()],
            (Add, Ty::Duration, Ty::Timestamp(_)) => [a.clone(), b.clone(), b.clone()],
            (Sub, Ty::Timestamp(_), Ty::Timestamp(_)) => [a.clone(), b.clone(), Ty::Duration],
            (Add | Sub, Ty::Duration, Ty::Duration) => [Ty::Duration, Ty::Duration, Ty::Duration],
            (Mul | Div, Ty::Duration, b) if b.is_integer() => [Ty::Duration, Ty::I64, Ty::Duration],
            (Mul, a, Ty::Duration) if a.is_integer() => [Ty::I64, Ty::Duration, Ty::Duration],
            (_, a, b) if a.is_integer() && b.is_integer() => {
                let ty = if self.common(a, b) == Some(Ty::U64) { Ty::U64 } else { Ty::I64 };
                [ty.clone(), ty.clone(), ty]
            }
            (Add | Sub | Mul | Div, a, b) if a == b && a.is_float() => [a.clone(), a.clone(), a.clone()],
            (Add | Sub | Mul | Div, a, b) if a.is_float() && b.is_float() => [Ty::F64, Ty::F64, Ty::F64],
            (Rem, a, b) if a == b && a.is_float() => {
                let help = "convert what is divided: `int(x) % 10`";
                return Err((&code::EXPR_OPERAND, format!("`%` works on integers, not on {a}"), help.into()));
            }
            (Add | Sub, a, b) if number(a) && number(b) => {
                let Some(ty) = self.common(a, b) else { return Err(self.unmixed(op, left, right)) };
                [ty.clone(), ty.clone(), ty]
            }
            (Mul, a, b) if number(a) && number(b) => {
                let scale = |ty: &Ty| if let Ty::Decimal(scale) = ty { *scale } else { 0 };
                let factor = |ty: &Ty| if ty.is_integer() { Ty::I64 } else { ty.clone() };
                let product = scale(a) + scale(b);
                if product > MAX_SCALE {
                    let message = format!(
                        "the product of {a} and {b} has {product} digits after the point, and {MAX_SCALE} is the most"
                    );
                    let help = format!("write `double({})`", self.mistakes.source(left.part));
                    return Err((&code::EXPR_DECIMAL, message, help));
                }
                [factor(a), factor(b), Ty::Decimal(product)]
            }
            (Div | Rem, a, b) if number(a) && number(b) => {
                let (a, b) = (self.mistakes.source(left.part), self.mistakes.source(right.part));
                let help = match arith {
                    Rem => "the rest is one of whole numbers: `int(x) % 10`".to_string(),
                    _ => format!("write `double({a}) / double({b})` and take the rounding of floats"),
                };
                let message = format!("`{}` on decimals would have to round", op.sign());
                return Err((&code::EXPR_DECIMAL, message, help));
            }
            (
                _,
                Ty::Bool | Ty::Bytes | Ty::Date | Ty::Zones | Ty::List(_) | Ty::Struct(_) | Ty::String,
                b,
            ) if a == b => {
                let help = "arithmetic is for numbers, times and durations; `+` also joins texts";
                return Err((
                    &code::EXPR_OPERAND,
                    format!("`{}` does not work on {a}", op.sign()),
                    help.into(),
                ));
            }
            _ => return Err(self.unmixed(op, left, right)),
        })
    }

    fn unmixed(&mut self, op: Binary, a: &Node, b: &Node) -> Refusal {
        let (message, help) = self.mixes(op, a, b);
        (&code::EXPR_MIX, message, help)
    }

    fn is_in(&mut self, a: &Expr, b: &Expr, part: Part) -> Node {
        let unknown = Node::new(Op::Null, Ty::Bool, part);
        if let ExprKind::Field { of, name, name_part } = &b.kind
            && matches!(&of.kind, ExprKind::Name(scope) if scope == "lists")
        {
            let item = self.list_named(name, *name_part);
            let needle = self.value(a, item.as_ref());
            let Some(item) = item else { return unknown };
            return match self.needle(needle, &item, part) {
                Some(needle) => Node::new(Op::InList(Box::new(needle), name.clone()), Ty::Bool, part),
                None => unknown,
            };
        }
        if matches!(&b.kind, ExprKind::List(items) if items.is_empty()) {
            let help = "put values into it, or write `false`";
            self.operand_error(b.part, "nothing is in an empty list".into(), help);
            return unknown;
        }
        let (needle, list) = if a.is_pliable() {
            let list = self.value(b, None);
            let item = if let Ty::List(item) = &list.ty { Some(item.inner().clone()) } else { None };
            (self.value(a, item.as_ref()), list)
        } else {
            let needle = self.value(a, None);
            let hint = Ty::List(Box::new(needle.ty.clone()));
            (needle, self.value(b, Some(&hint)))
        };
        let list = self.brackets_widened(list, &needle.ty);
        match &list.ty {
            Ty::Unknown => unknown,
            Ty::List(item) => match self.needle(needle, &item.clone(), part) {
                Some(needle) => Node::new(Op::In(Box::new([needle, list])), Ty::Bool, part),
                None => unknown,
            },
            ty => {
                let message = format!("`in` looks into a list, and {} is {ty}", self.called(&list));
                let (what, whole) = (self.mistakes.source(a.part), self.mistakes.source(b.part));
                let help = match ty {
                    Ty::String => format!("a text in a text is `{whole}.contains({what})`"),
                    _ => format!("equal to one value is `{what} == {whole}`"),
                };
                self.operand_error(b.part, message, help);
                unknown
            }
        }
    }

    /// A list in brackets takes the wider type where that is the needle's: `n in [m]`.
    fn brackets_widened(&self, list: Node, needle: &Ty) -> Node {
        match (list.op, &list.ty) {
            (Op::List(items), Ty::List(item)) if self.widens(item, needle) => {
                let items = items.into_iter().map(|item| self.widen(item, needle)).collect();
                Node::new(Op::List(items), Ty::List(Box::new(needle.clone())), list.part)
            }
            (op, ty) => Node::new(op, ty.clone(), list.part),
        }
    }

    /// What is looked for, in the type of the items. Integers are compared exactly and stay as they are.
    fn needle(&mut self, needle: Node, item: &Ty, part: Part) -> Option<Node> {
        let item = item.inner();
        if needle.ty == Ty::Unknown || *item == Ty::Unknown {
            return None;
        }
        if Form::of(item) == Form::Nested || *item == Ty::Zones {
            let help = "only simple values can be looked for; look at an item with `x[0]`";
            self.operand_error(part, format!("`in` does not compare {item}"), help);
            return None;
        }
        if needle.ty.is_integer() && item.is_integer() {
            return Some(needle);
        }
        if self.common(&needle.ty, item).as_ref().is_some_and(|common| common.fits(item)) {
            return Some(self.widen(needle, item));
        }
        let message = format!("{} is {}, and the list holds {item}", self.called(&needle), needle.ty);
        let help = self.conversion_help(&needle, item);
        self.mistakes.error(&code::EXPR_MIX, part, message, help);
        None
    }
}

type Refusal = (&'static code::Code, String, String);
