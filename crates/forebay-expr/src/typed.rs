//! An expression that is checked: every node has its type, and every widening and every look at null is a node of its
//! own, so that whoever runs it decides nothing.

use std::sync::Arc;

use forebay_types::{Addr, Ty};
use jiff::tz::TimeZone;

use crate::lower::lower;
use crate::mistake::Part;
use crate::program::Program;
use crate::scalar::Scalar;
use crate::values::Values;

/// A checked expression.
#[derive(Clone, Debug)]
pub struct Typed {
    pub(crate) root: Node,
    pub(crate) columns: Vec<String>,
    pub(crate) text: Arc<str>,
}

impl Typed {
    /// What it gives; [`Ty::Unknown`] when it reads a column behind a mistake that was reported elsewhere.
    pub fn ty(&self) -> &Ty {
        &self.root.ty
    }

    /// The columns that it reads, each once.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The expression ready to run on batches whose columns lie where `addr_of` says. `values` has to hold every var and
    /// list of the scope that it was checked against; a missing one is a defect and panics, as is a type of
    /// [`Ty::Unknown`], which no checked plan has.
    pub fn program(&self, addr_of: &dyn Fn(&str) -> Addr, values: &Values) -> Program {
        lower(self, addr_of, values)
    }
}

/// What one entry of `emit` asks for.
#[derive(Clone, Debug)]
pub struct TypedAggregate {
    pub function: Aggregate,
    /// What is aggregated; `None` for `count()`. Integers come as i64 for `sum` and `mean`, f32 as f64. Where it is null
    /// there is nothing to aggregate.
    pub argument: Option<Typed>,
    /// The type of the result over at least one record: optional where every argument may have been null.
    pub ty: Ty,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Aggregate {
    Count,
    Sum,
    Mean,
    Min,
    Max,
    /// The share of records for which the argument is true.
    Share,
    First,
    Last,
}

impl Aggregate {
    pub const ALL: [Aggregate; 8] = [
        Aggregate::Count,
        Aggregate::Sum,
        Aggregate::Mean,
        Aggregate::Min,
        Aggregate::Max,
        Aggregate::Share,
        Aggregate::First,
        Aggregate::Last,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Aggregate::Count => "count",
            Aggregate::Sum => "sum",
            Aggregate::Mean => "mean",
            Aggregate::Min => "min",
            Aggregate::Max => "max",
            Aggregate::Share => "share",
            Aggregate::First => "first",
            Aggregate::Last => "last",
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub op: Op,
    pub ty: Ty,
    pub part: Part,
}

impl Node {
    pub fn new(op: Op, ty: Ty, part: Part) -> Node {
        Node { op, ty, part }
    }

    /// Stands where a mistake was reported.
    pub fn unknown(part: Part) -> Node {
        Node::new(Op::Null, Ty::Unknown, part)
    }
}

pub(crate) type Two = Box<[Node; 2]>;

#[derive(Clone, Debug)]
pub(crate) enum Op {
    Null,
    Const(Scalar),
    /// By its place in [`Typed::columns`].
    Column(usize),
    Var(String),
    Field(Box<Node>, usize),
    Index(Two),
    List(Vec<Node>),
    /// The value of what was compared with null before; a fault where it is absent all the same, which is never
    /// seen: the comparison decides such rows.
    Present(Box<Node>),
    IsNull(Box<Node>),
    Not(Box<Node>),
    And(Two),
    Or(Two),
    /// Condition, value if true, value if false.
    Choice(Box<[Node; 3]>),
    Coalesce(Two),
    /// Sides of one type, or two numbers that are compared exactly.
    Compare(Compare, Two),
    /// Sides in one form.
    Arith(Arith, Two),
    Concat(Two),
    Negate(Box<Node>),
    Abs(Box<Node>),
    Find(Find, Two),
    Size(Box<Node>),
    In(Two),
    InList(Box<Node>, String),
    Calendar(Calendar, Zone, Box<Node>),
    Cast(Cast, Box<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compare {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arith {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Find {
    Contains,
    StartsWith,
    EndsWith,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Calendar {
    Hours,
    /// 0 is Sunday.
    DayOfWeek,
}

#[derive(Clone, Debug)]
pub(crate) enum Zone {
    /// Seconds east of UTC.
    Offset(i64),
    Named(TimeZone),
}

/// From the form of one type to that of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cast {
    /// Another type in the same form.
    Same,
    I64ToU64,
    U64ToI64,
    /// Times 10 to this power.
    Scale(u8),
    /// Divided by 10 to this power, towards zero.
    Unscale(u8),
    F32ToI64,
    F64ToI64,
    /// Nanoseconds to whole seconds, down.
    TimeToSeconds,
    SecondsToTime,
    I64ToF64,
    U64ToF64,
    /// Divided by 10 to this power.
    DecimalToF64(u8),
    F32ToF64,
    TextToI64,
    TextToF64,
    TextToTime,
    TextToDuration,
    ToText,
}

/// The form in which values of a type are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Bool,
    I64,
    U64,
    F32,
    F64,
    Text,
    /// Lists and structs: never computed, only looked into and handed on.
    Nested,
}

impl Form {
    pub fn of(ty: &Ty) -> Form {
        match ty.inner() {
            Ty::Bool => Form::Bool,
            Ty::U64 => Form::U64,
            Ty::F32 => Form::F32,
            Ty::F64 => Form::F64,
            Ty::String | Ty::Bytes | Ty::Zones => Form::Text,
            Ty::List(_) | Ty::Struct(_) => Form::Nested,
            Ty::Unknown => panic!("an expression with an unknown type was run; its plan had errors"),
            _ => Form::I64,
        }
    }
}
