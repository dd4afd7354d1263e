//! What may be null: comparing with null, and what a comparison says about the rest of the expression.

use forebay_types::{Ty, code};

use super::Checker;
use crate::mistake::Part;
use crate::tree::{Binary, Expr, ExprKind};
use crate::typed::{Node, Op};

impl Checker<'_, '_> {
    pub(super) fn null(&mut self, part: Part, hint: Option<&Ty>) -> Node {
        match hint {
            Some(ty @ Ty::Optional(_)) => Node::new(Op::Null, ty.clone(), part),
            Some(Ty::Unknown) => Node::unknown(part),
            _ => {
                let help =
                    "compare with it (`x == null`, `x != null`), or give it for a case: `a > 0 ? a : null`";
                self.mistakes.error(&code::EXPR_NULL, part, "null is no value to compute with", help);
                Node::unknown(part)
            }
        }
    }

    /// A value that may be null stands where one is needed: says the cures that there are.
    pub(super) fn may_be_null(&mut self, node: &Node, expr: &Expr, inner: &Ty) {
        let source = self.called(node);
        let plain = source.trim_matches('`');
        let ask = expr.path().map(|_| format!("ask first: `{plain} != null && …`"));
        let default =
            default(inner).map(|default| format!("say what null means: `coalesce({plain}, {default})`"));
        let help = match (ask, default) {
            (Some(ask), Some(default)) => format!("{ask}, or {default}"),
            (ask, default) => {
                ask.or(default).unwrap_or_else(|| "give it a name in a `set` before, and ask there".into())
            }
        };
        self.mistakes.error(&code::EXPR_NULL, node.part, format!("{source} may be null here"), help);
    }

    /// `x == null`, or with `!=` the opposite.
    pub(super) fn is_null(&mut self, of: &Expr, equal: bool, part: Part) -> Node {
        if matches!(of.kind, ExprKind::Null) {
            return self.operand_error(
                part,
                "null is compared with null".into(),
                "compare a column with null",
            );
        }
        let node = self.check(of, None);
        if !node.ty.is_optional() && node.ty != Ty::Unknown {
            let message = format!("{} is never null here, so this is always {}", self.called(&node), !equal);
            let help = "take the comparison out; only `optional(…)` columns may be null";
            self.mistakes.warning(&code::EXPR_NEVER_NULL, part, message, help);
        }
        if node.ty == Ty::Unknown {
            return Node::new(Op::Null, Ty::Bool, part);
        }
        let is_null = Node::new(Op::IsNull(Box::new(node)), Ty::Bool, part);
        if equal { is_null } else { Node::new(Op::Not(Box::new(is_null)), Ty::Bool, part) }
    }

    /// Checks with more names known to be present.
    pub(super) fn with_present<T>(&mut self, names: Vec<String>, check: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.present.len();
        self.present.extend(names);
        let out = check(self);
        self.present.truncate(before);
        out
    }

    pub(super) fn is_present(&self, expr: &Expr) -> bool {
        !self.present.is_empty() && expr.path().is_some_and(|path| self.present.contains(&path))
    }
}

/// A value of a type as one would write it.
fn default(ty: &Ty) -> Option<&'static str> {
    Some(match ty {
        Ty::Bool => "false",
        Ty::F32 | Ty::F64 | Ty::Decimal(_) => "0.0",
        Ty::String | Ty::Bytes => "''",
        Ty::Timestamp(_) => "timestamp('1970-01-01T00:00:00Z')",
        Ty::Date => "'1970-01-01'",
        Ty::Duration => "duration('0s')",
        Ty::List(_) => "[]",
        ty if ty.is_integer() => "0",
        _ => return None,
    })
}

/// The names that are not null when `expr` is `outcome`.
pub(super) fn present_if(expr: &Expr, outcome: bool) -> Vec<String> {
    let both = |a: Vec<String>, b: Vec<String>| a.into_iter().filter(|name| b.contains(name)).collect();
    let any = |mut a: Vec<String>, b: Vec<String>| {
        a.extend(b);
        a
    };
    match &expr.kind {
        ExprKind::Not(of) => present_if(of, !outcome),
        ExprKind::Binary(op @ (Binary::And | Binary::Or), a, b) => {
            let (a, b) = (present_if(a, outcome), present_if(b, outcome));
            // `a && b` is true, or `a || b` false, only when both sides say so.
            if (*op == Binary::And) == outcome { any(a, b) } else { both(a, b) }
        }
        ExprKind::Binary(op @ (Binary::Eq | Binary::Ne), a, b) if (*op == Binary::Ne) == outcome => {
            match (&a.kind, &b.kind) {
                (ExprKind::Null, _) => b.path().into_iter().collect(),
                (_, ExprKind::Null) => a.path().into_iter().collect(),
                _ => Vec::new(),
            }
        }
        ExprKind::Choice(condition, yes, no) => {
            let branch = |branch: &Expr, outcome_of_condition: bool| match branch.kind {
                ExprKind::Bool(value) if value != outcome => None,
                _ => Some(any(present_if(branch, outcome), present_if(condition, outcome_of_condition))),
            };
            match (branch(yes, true), branch(no, false)) {
                (Some(a), Some(b)) => both(a, b),
                (Some(only), None) | (None, Some(only)) => only,
                (None, None) => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}
