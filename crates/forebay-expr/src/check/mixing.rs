//! Which types go together, how one is widened to another, and what to say when they do not mix.

use forebay_types::Ty;

use super::Checker;
use crate::scalar::Scalar;
use crate::tree::Binary;
use crate::typed::{Cast, Form, Node, Op};

impl Checker<'_, '_> {
    /// The type to which values of both types can be brought without loss. Integers of different types meet in i64, or
    /// in u64 when one of them is u64 and the other cannot be negative; f32 and f64 meet in f64.
    pub(super) fn common(&self, a: &Ty, b: &Ty) -> Option<Ty> {
        let signed = |ty: &Ty| ty.integer_range().is_some_and(|(min, _)| min < 0);
        Some(match (a, b) {
            (a, b) if a == b => a.clone(),
            (Ty::Unknown, _) | (_, Ty::Unknown) => Ty::Unknown,
            (a, b) if a.is_integer() && b.is_integer() => {
                let unsigned = !signed(a) && !signed(b) && (*a == Ty::U64 || *b == Ty::U64);
                if unsigned { Ty::U64 } else { Ty::I64 }
            }
            (Ty::Decimal(a), Ty::Decimal(b)) => Ty::Decimal(*a.max(b)),
            (decimal @ Ty::Decimal(_), integer) | (integer, decimal @ Ty::Decimal(_))
                if integer.is_integer() =>
            {
                decimal.clone()
            }
            (Ty::F32, Ty::F64) | (Ty::F64, Ty::F32) => Ty::F64,
            (Ty::Timestamp(_), Ty::Timestamp(_)) => a.clone(),
            _ => return None,
        })
    }

    /// Whether a value of `from` becomes one of `to` by widening alone.
    pub(super) fn widens(&self, from: &Ty, to: &Ty) -> bool {
        if from.is_optional() && !to.is_optional() && *to != Ty::Unknown {
            return false;
        }
        let (from, to) = (from.inner(), to.inner());
        from.fits(to) || self.common(from, to).as_ref() == Some(to)
    }

    /// Brings a node to a type that [`common`](Self::common) gave for it; what may be null stays so.
    pub(super) fn widen(&self, node: Node, to: &Ty) -> Node {
        let from = node.ty.inner().clone();
        if from == *to || from == Ty::Unknown || *to == Ty::Unknown {
            return node;
        }
        let ty = if node.ty.is_optional() { to.clone().optional() } else { to.clone() };
        let part = node.part;
        let cast = match (Form::of(&from), Form::of(to), to) {
            (Form::U64, _, Ty::Decimal(_)) => {
                let node = self.widen(node, &Ty::I64);
                return self.widen(node, to);
            }
            (_, _, Ty::Decimal(scale)) => match from {
                Ty::Decimal(less) => Cast::Scale(scale - less),
                _ => Cast::Scale(*scale),
            },
            (Form::U64, Form::I64, _) => Cast::U64ToI64,
            (Form::I64, Form::U64, _) => Cast::I64ToU64,
            (Form::F32, Form::F64, _) => Cast::F32ToF64,
            _ => Cast::Same,
        };
        match (&node.op, cast) {
            (Op::Const(_) | Op::Null, Cast::Same) => Node { ty, ..node },
            (Op::Const(Scalar::I64(value)), Cast::I64ToU64) if *value >= 0 => {
                Node::new(Op::Const(Scalar::U64(value.unsigned_abs())), ty, part)
            }
            _ => Node::new(Op::Cast(cast, Box::new(node)), ty, part),
        }
    }

    /// How to bring two values that do not mix together: a literal changes first.
    fn mixing_help(&self, a: &Node, b: &Node) -> String {
        let [first, second] = if is_literal(b) { [b, a] } else { [a, b] };
        let direct =
            self.conversion(first, second.ty.inner()).or_else(|| self.conversion(second, first.ty.inner()));
        direct.unwrap_or_else(|| format!("{} and {} have no common type", a.ty, b.ty))
    }

    /// How to make `node` a `wanted`.
    pub(super) fn conversion_help(&self, node: &Node, wanted: &Ty) -> String {
        let way = self.conversion(node, wanted.inner());
        way.unwrap_or_else(|| format!("{} does not become {wanted}; make both of one type", node.ty))
    }

    fn conversion(&self, node: &Node, wanted: &Ty) -> Option<String> {
        let source = self.mistakes.source(node.part);
        let plain = source.trim_matches(['\'', '"']);
        Some(match (node.ty.inner(), wanted) {
            (Ty::String, Ty::Timestamp(_)) => format!("write `timestamp({source})`"),
            (Ty::String, Ty::Duration) => format!("write `duration({source})`"),
            (Ty::String, to) if to.is_number() && is_literal(node) => {
                plain.parse::<f64>().ok()?;
                format!("a number stands without quotes: {plain}")
            }
            (Ty::String, to) if to.is_integer() => format!("write `int({source})`"),
            (Ty::String, to) if to.is_number() => format!("write `double({source})`"),
            (from, Ty::String) if from.is_number() && is_literal(node) => {
                format!("a text stands in quotes: '{source}'")
            }
            (from, Ty::String) if from.is_number() => format!("write `string({source})`"),
            (from, Ty::Duration) if from.is_integer() && is_literal(node) => {
                format!("write `duration('{source}s')`")
            }
            (from, Ty::Timestamp(_)) if from.is_number() => {
                "a time is written `timestamp('2026-01-31T12:00:00Z')`".into()
            }
            (Ty::F64, to) if to.is_number() => return None,
            (from, Ty::F64) if from.is_number() => format!("write `double({source})`"),
            (Ty::F32, to) | (to, Ty::F32) if to.is_number() => "write `double(…)` around both".into(),
            (Ty::Decimal(_), to) if to.is_integer() => format!("write `int({source})`"),
            (Ty::Bool, _) | (_, Ty::Bool) => "a bool stands alone: `x`, or `!x`".into(),
            _ => return None,
        })
    }

    /// What to say of two sides of an operator that do not go together.
    pub(super) fn mixes(&mut self, op: Binary, a: &Node, b: &Node) -> (String, String) {
        let (a_called, b_called) = (self.called(a), self.called(b));
        let verb = if op.power() == 4 { "compare" } else { "mix" };
        let message =
            format!("{a_called} ({}) and {b_called} ({}) do not {verb} with `{}`", a.ty, b.ty, op.sign());
        let times = matches!((&a.ty, op), (Ty::Timestamp(_), Binary::Add | Binary::Sub));
        let help = match &b.ty {
            Ty::Timestamp(_) if times => "the time between two times is `a - b`".into(),
            ty if times && ty.is_integer() => "to a time add a duration, such as `duration('5s')`".into(),
            _ => self.mixing_help(a, b),
        };
        (message, help)
    }

    /// The same for values of which one is chosen.
    pub(super) fn odd_one(&mut self, what: &str, a: &Node, b: &Node) -> (String, String) {
        let (a_ty, b_ty) = (a.ty.inner(), b.ty.inner());
        let message =
            format!("{what} are of two types: {} is {a_ty} and {} is {b_ty}", self.called(a), self.called(b));
        (message, self.mixing_help(a, b))
    }
}

fn is_literal(node: &Node) -> bool {
    matches!(node.op, Op::Const(_))
}
