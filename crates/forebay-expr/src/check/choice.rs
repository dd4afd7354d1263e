//! `c ? a : b` and `coalesce(a, b, …)`: one value out of several.

use forebay_types::{Ty, code};

use super::Checker;
use super::literal::among;
use super::null::present_if;
use crate::mistake::Part;
use crate::tree::{Expr, ExprKind};
use crate::typed::{Node, Op};

impl Checker<'_, '_> {
    pub(super) fn choice(&mut self, exprs: [&Expr; 3], part: Part, hint: Option<&Ty>) -> Node {
        let [condition, yes, no] = exprs;
        let test = self.condition(condition, "the left side of `?`");
        let mut branch = |expr: &Expr, outcome: bool, hint: Option<&Ty>| {
            self.with_present(present_if(condition, outcome), |checker| checker.check(expr, hint))
        };
        // The branch with a type of its own comes first; the other one may be a literal or null beside it.
        let (yes, no) = if yes.is_pliable() && !no.is_pliable() || matches!(yes.kind, ExprKind::Null) {
            let no = branch(no, false, hint);
            (branch(yes, true, Some(&beside_branch(&no, yes))), no)
        } else {
            let hint = if yes.is_pliable() { among(hint, [yes, no]) } else { hint };
            let yes = branch(yes, true, hint);
            let beside = beside_branch(&yes, no);
            (yes, branch(no, false, Some(&beside)))
        };
        let Some([yes, no]) = self.same_type([yes, no], "the two cases") else { return Node::unknown(part) };
        let ty = if yes.ty.is_optional() || no.ty.is_optional() {
            yes.ty.inner().clone().optional()
        } else {
            yes.ty.clone()
        };
        Node::new(Op::Choice(Box::new([test, yes, no])), ty, part)
    }

    pub(super) fn coalesce(&mut self, args: &[Expr], part: Part, hint: Option<&Ty>) -> Node {
        let mut nodes: Vec<Option<Node>> =
            args.iter().map(|arg| (!arg.is_pliable()).then(|| self.check(arg, hint))).collect();
        let known = nodes.iter().flatten().next().map(|node| node.ty.inner().clone());
        let hint = known.as_ref().or(among(hint, args));
        let mut out: Option<Node> = None;
        for (at, (arg, node)) in args.iter().zip(&mut nodes).enumerate().rev() {
            let node = node.take().unwrap_or_else(|| self.check(arg, hint));
            if at + 1 < args.len() && !node.ty.is_optional() && node.ty != Ty::Unknown {
                let message =
                    format!("{} is never null here, so what follows it is never used", self.called(&node));
                let help = "take `coalesce` away; only `optional(…)` columns may be null";
                self.mistakes.warning(&code::EXPR_NEVER_NULL, node.part, message, help);
            }
            out = Some(match out {
                None => node,
                Some(rest) => {
                    let Some([node, rest]) = self.same_type([node, rest], "the values of `coalesce`") else {
                        return Node::unknown(part);
                    };
                    let ty = if node.ty.is_optional() { rest.ty.clone() } else { node.ty.clone() };
                    Node::new(Op::Coalesce(Box::new([node, rest])), ty, part)
                }
            });
        }
        out.unwrap_or_else(|| Node::unknown(part))
    }

    /// Widens both to one type; an error when there is none.
    fn same_type(&mut self, nodes: [Node; 2], what: &str) -> Option<[Node; 2]> {
        let [a, b] = nodes;
        if a.ty == Ty::Unknown || b.ty == Ty::Unknown {
            return None;
        }
        let Some(common) = self.common(a.ty.inner(), b.ty.inner()) else {
            let (message, help) = self.odd_one(what, &a, &b);
            self.mistakes.error(&code::EXPR_MIX, b.part, message, help);
            return None;
        };
        Some([self.widen(a, &common), self.widen(b, &common)])
    }
}

/// The hint for a branch: null takes the other branch's type and makes it optional.
fn beside_branch(other: &Node, branch: &Expr) -> Ty {
    if matches!(branch.kind, ExprKind::Null) { other.ty.clone().optional() } else { other.ty.clone() }
}
