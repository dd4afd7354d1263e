//! Checks a tree against the columns and names it may use, and gives every node its type.
//!
//! A literal takes the type of what stands beside it, so a node is checked with a hint: the type that would
//! be welcome. Mistakes are independent of each other: a node in error has the type `Unknown`, which goes with
//! everything, and the checking goes on.

mod call;
mod choice;
mod literal;
mod name;
mod null;
mod operator;
mod aggregate;
mod mixing;

use forebay_types::code;
use forebay_types::kind::Scope;
use forebay_types::value::Text;
use forebay_types::{Report, Schema, Span, Ty};

pub use aggregate::compile_aggregate;
pub(crate) use call::is_function;

use crate::mistake::{Mistakes, Part};
use crate::parse::parse;
use crate::tree::{Expr, ExprKind};
use crate::typed::{Node, Op, Typed};

/// What an expression may name.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    pub columns: &'a Schema,
    pub scope: &'a Scope,
}

/// Reads and checks an expression. `want` is the type that it has to give, where that is not free: literals take it and
/// numbers are widened to it. `None` when there are errors, all of which are in the report.
pub fn compile(
    text: &Text,
    span: Span,
    names: &Names,
    want: Option<&Ty>,
    report: &mut Report,
) -> Option<Typed> {
    let mut mistakes = Mistakes::new(text, span, report);
    let expr = parse(&mut mistakes)?;
    let mut checker = Checker::new(*names, &mut mistakes);
    let root = checker.result(&expr, want);
    checker.typed(root)
}

struct Checker<'c, 'a> {
    names: Names<'c>,
    mistakes: &'c mut Mistakes<'a>,
    columns: Vec<String>,
    /// Columns, fields and vars that were compared with null around here and are none, so to speak.
    present: Vec<String>,
}

impl<'c, 'a> Checker<'c, 'a> {
    fn new(names: Names<'c>, mistakes: &'c mut Mistakes<'a>) -> Checker<'c, 'a> {
        Checker { names, mistakes, columns: Vec::new(), present: Vec::new() }
    }

    fn typed(self, root: Node) -> Option<Typed> {
        let text = self.mistakes.text().into();
        (!self.mistakes.failed).then_some(Typed { root, columns: self.columns, text })
    }

    /// The whole expression, which has to be of type `want`.
    fn result(&mut self, expr: &Expr, want: Option<&Ty>) -> Node {
        let Some(want) = want else { return self.check(expr, None) };
        let node =
            if want.is_optional() { self.check(expr, Some(want)) } else { self.value(expr, Some(want)) };
        if self.widens(&node.ty, want) {
            return self.widen(node, want.inner());
        }
        let message = format!("{want} is wanted here, and this is {}", node.ty);
        let help = match want {
            Ty::Bool => "write a condition: compare it, as in `x > 0` or `x == 'a'`".into(),
            _ => self.conversion_help(&node, want),
        };
        self.mistakes.error(&code::EXPR_RESULT, expr.part, message, help);
        Node::unknown(expr.part)
    }

    /// A node that may be null.
    fn check(&mut self, expr: &Expr, hint: Option<&Ty>) -> Node {
        let part = expr.part;
        match &expr.kind {
            ExprKind::Null => self.null(part, hint),
            ExprKind::Bool(value) => Node::new(Op::Const(crate::Scalar::Bool(*value)), Ty::Bool, part),
            ExprKind::Int(digits) | ExprKind::Float(digits) => self.number(digits.clone(), part, hint),
            ExprKind::Text(text) => self.text(text, part, hint),
            ExprKind::Name(name) => self.name(name, part),
            ExprKind::Field { of, name, name_part } => self.field(expr, of, name, *name_part),
            ExprKind::Index { of, at } => self.index(of, at, part),
            ExprKind::Call { name, name_part, method, args } => {
                self.call(name, *name_part, *method, args, part, hint)
            }
            ExprKind::List(items) => self.list(items, part, hint),
            ExprKind::Not(of) => self.not(of, part),
            ExprKind::Negate(of) => self.negate(of, part, hint),
            ExprKind::Binary(op, a, b) => self.binary(*op, a, b, part, hint),
            ExprKind::Choice(condition, yes, no) => self.choice([condition, yes, no], part, hint),
        }
    }

    /// A node that is never null; what may be is an error.
    fn value(&mut self, expr: &Expr, hint: Option<&Ty>) -> Node {
        let node = self.check(expr, hint);
        match &node.ty {
            Ty::Optional(inner) => {
                let inner = inner.as_ref().clone();
                self.may_be_null(&node, expr, &inner);
                Node::new(Op::Present(Box::new(node)), inner, expr.part)
            }
            _ => node,
        }
    }

    /// A condition: a bool.
    fn condition(&mut self, expr: &Expr, what: &str) -> Node {
        let node = self.value(expr, Some(&Ty::Bool));
        self.is_condition(node, what)
    }

    fn is_condition(&mut self, node: Node, what: &str) -> Node {
        if !matches!(node.ty.inner(), Ty::Bool | Ty::Unknown) {
            let message = format!("{what} is a bool, and {} is {}", self.called(&node), node.ty);
            let help = "write a condition: compare it, as in `x > 0` or `x == 'a'`";
            self.mistakes.error(&code::EXPR_OPERAND, node.part, message, help);
        }
        node
    }

    /// The expression as the user wrote it, short enough for a message.
    fn called(&self, node: &Node) -> String {
        called(self.mistakes.source(node.part))
    }

    fn operand_error(&mut self, part: Part, message: String, help: impl Into<String>) -> Node {
        self.mistakes.error(&code::EXPR_OPERAND, part, message, help);
        Node::unknown(part)
    }
}

fn called(source: &str) -> String {
    match source.char_indices().nth(40) {
        None => format!("`{source}`"),
        Some((at, _)) => format!("`{}…`", &source[..at]),
    }
}
