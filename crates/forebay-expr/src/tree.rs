//! An expression as written: no types yet, every node with its part of the text.

use crate::mistake::Part;

#[derive(Clone, Debug)]
pub(crate) struct Expr {
    pub kind: ExprKind,
    pub part: Part,
    /// Of the tree below, this node included.
    pub depth: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum ExprKind {
    Null,
    Bool(bool),
    /// Numbers keep their digits: what they mean depends on what stands beside them.
    Int(String),
    Float(String),
    Text(String),
    Name(String),
    Field {
        of: Box<Expr>,
        name: String,
        name_part: Part,
    },
    Index {
        of: Box<Expr>,
        at: Box<Expr>,
    },
    /// `f(a, b)`, and `a.f(b)`, which is the same.
    Call {
        name: String,
        name_part: Part,
        method: bool,
        args: Vec<Expr>,
    },
    List(Vec<Expr>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    Binary(Binary, Box<Expr>, Box<Expr>),
    Choice(Box<Expr>, Box<Expr>, Box<Expr>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Or,
    And,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    Add,
    Sub,
    Mul,
    Div,
    Rem,
}

impl Binary {
    pub fn sign(self) -> &'static str {
        match self {
            Binary::Or => "||",
            Binary::And => "&&",
            Binary::Eq => "==",
            Binary::Ne => "!=",
            Binary::Lt => "<",
            Binary::Le => "<=",
            Binary::Gt => ">",
            Binary::Ge => ">=",
            Binary::In => "in",
            Binary::Add => "+",
            Binary::Sub => "-",
            Binary::Mul => "*",
            Binary::Div => "/",
            Binary::Rem => "%",
        }
    }

    pub fn from_sign(sign: &str) -> Option<Binary> {
        use Binary::*;
        [Or, And, Eq, Ne, Lt, Le, Gt, Ge, Add, Sub, Mul, Div, Rem].into_iter().find(|op| op.sign() == sign)
    }

    /// How strongly it binds; all of them bind to the left.
    pub fn power(self) -> u8 {
        match self {
            Binary::Or => 2,
            Binary::And => 3,
            Binary::Eq | Binary::Ne | Binary::Lt | Binary::Le | Binary::Gt | Binary::Ge | Binary::In => 4,
            Binary::Add | Binary::Sub => 5,
            Binary::Mul | Binary::Div | Binary::Rem => 6,
        }
    }
}

impl Expr {
    pub fn new(kind: ExprKind, part: Part) -> Expr {
        let below = match &kind {
            ExprKind::Field { of, .. } | ExprKind::Not(of) | ExprKind::Negate(of) => of.depth,
            ExprKind::Index { of, at } => of.depth.max(at.depth),
            ExprKind::Call { args, .. } | ExprKind::List(args) => {
                args.iter().map(|arg| arg.depth).max().unwrap_or(0)
            }
            ExprKind::Binary(_, a, b) => a.depth.max(b.depth),
            ExprKind::Choice(a, b, c) => a.depth.max(b.depth).max(c.depth),
            _ => 0,
        };
        Expr { kind, part, depth: below + 1 }
    }

    /// The name of a column, field of a column or var: what a comparison with null can tell about.
    pub fn path(&self) -> Option<String> {
        match &self.kind {
            ExprKind::Name(name) => Some(name.clone()),
            ExprKind::Field { of, name, .. } => Some(format!("{}.{name}", of.path()?)),
            _ => None,
        }
    }

    /// Made of literals alone, so that its type may follow what stands beside it.
    pub fn is_pliable(&self) -> bool {
        match &self.kind {
            ExprKind::Null | ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Text(_) => true,
            ExprKind::Negate(of) => of.is_pliable(),
            ExprKind::Binary(op, a, b) => op.power() >= 5 && a.is_pliable() && b.is_pliable(),
            ExprKind::List(items) => items.iter().all(Expr::is_pliable),
            ExprKind::Choice(_, a, b) => a.is_pliable() && b.is_pliable(),
            _ => false,
        }
    }

    /// Of literals that meet no type: with a point in one of them all numbers are floats.
    pub fn has_point(&self) -> bool {
        match &self.kind {
            ExprKind::Float(_) => true,
            ExprKind::Negate(of) => of.has_point(),
            ExprKind::Binary(_, a, b) | ExprKind::Choice(_, a, b) => a.has_point() || b.has_point(),
            ExprKind::List(items) => items.iter().any(Expr::has_point),
            _ => false,
        }
    }
}
