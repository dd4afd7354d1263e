//! Aggregates: one entry of `emit`, `AGG(EXPR)`. What is aggregated may be null: such a record has nothing to add, as in SQL.

use forebay_types::nearest::nearest;
use forebay_types::value::Text;
use forebay_types::{Report, Span, Ty, code};

use super::{Checker, Names};
use crate::mistake::Mistakes;
use crate::parse::parse;
use crate::tree::{Expr, ExprKind};
use crate::typed::{Aggregate, Form, Node, TypedAggregate};

/// Reads and checks one aggregate. `None` when there are errors, all of which are in the report.
pub fn compile_aggregate(
    text: &Text,
    span: Span,
    names: &Names,
    report: &mut Report,
) -> Option<TypedAggregate> {
    let mut mistakes = Mistakes::new(text, span, report);
    let expr = parse(&mut mistakes)?;
    let (function, arg) = aggregate(&expr, &mut mistakes)?;
    let Some(arg) = arg else {
        return (!mistakes.failed).then_some(TypedAggregate { function, argument: None, ty: Ty::I64 });
    };
    let mut checker = Checker::new(*names, &mut mistakes);
    let root = checker.argument(function, arg);
    let ty = match function {
        Aggregate::Count => Ty::I64,
        Aggregate::Mean | Aggregate::Share => Ty::F64,
        Aggregate::Sum => root.ty.inner().clone(),
        Aggregate::Min | Aggregate::Max | Aggregate::First | Aggregate::Last => root.ty.clone(),
    };
    checker.typed(root).map(|argument| TypedAggregate { function, argument: Some(argument), ty })
}

fn aggregate<'e>(expr: &'e Expr, mistakes: &mut Mistakes) -> Option<(Aggregate, Option<&'e Expr>)> {
    let all = || Aggregate::ALL.map(Aggregate::name).join(", ");
    let ExprKind::Call { name, name_part, method: false, args } = &expr.kind else {
        let help =
            format!("write one of {} with brackets, and compute with its result in a `set` after it", all());
        mistakes.error(
            &code::EXPR_AGGREGATE,
            expr.part,
            "an entry of `emit` is one aggregate and nothing else",
            help,
        );
        return None;
    };
    let Some(function) = Aggregate::ALL.into_iter().find(|aggregate| aggregate.name() == name) else {
        let near = if matches!(name.as_str(), "avg" | "average") { Some("mean") } else { None };
        let near = near.or_else(|| nearest(name, Aggregate::ALL.map(Aggregate::name)));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the aggregates are {}", all()),
        };
        mistakes.error(&code::EXPR_AGGREGATE, *name_part, format!("there is no aggregate `{name}`"), help);
        return None;
    };
    let wanted = usize::from(function != Aggregate::Count);
    if args.len() != wanted {
        let help = match function {
            Aggregate::Count => {
                "write `count()`; the part that meets a condition is `share(x > 0)`".to_string()
            }
            Aggregate::Share => "write `share(x > 0)`".to_string(),
            _ => format!("write `{name}(amount)`"),
        };
        let values = if wanted == 1 { "value" } else { "values" };
        let message = format!("`{name}` takes {wanted} {values} in its brackets, not {}", args.len());
        mistakes.error(&code::EXPR_ARGUMENTS, expr.part, message, help);
        return None;
    }
    Some((function, args.first()))
}

impl Checker<'_, '_> {
    /// What is aggregated, in the type in which it is.
    fn argument(&mut self, function: Aggregate, arg: &Expr) -> Node {
        if function == Aggregate::Share {
            let node = self.check(arg, Some(&Ty::Bool));
            return self.is_condition(node, "what `share` counts");
        }
        let node = self.check(arg, None);
        let ty = node.ty.inner().clone();
        let fine = match function {
            Aggregate::Sum => ty.is_number() || ty == Ty::Duration,
            Aggregate::Mean => ty.is_number(),
            Aggregate::Min | Aggregate::Max => {
                !matches!(ty, Ty::Bool | Ty::List(_) | Ty::Struct(_) | Ty::Zones)
            }
            _ => ty == Ty::Unknown || Form::of(&ty) != Form::Nested,
        };
        if !fine && ty != Ty::Unknown {
            let message = format!("`{}` does not work on {ty}", function.name());
            let help = match (function, &ty) {
                (Aggregate::Sum | Aggregate::Mean, Ty::Bool) => {
                    "the part of records for which it is true is `share(…)`"
                }
                (Aggregate::Sum | Aggregate::Mean, _) => "it takes numbers",
                (Aggregate::Min | Aggregate::Max, _) => "it takes numbers, times, durations and texts",
                _ => "it takes a simple value, not a list or struct",
            };
            return self.operand_error(arg.part, message, help);
        }
        match (function, &ty) {
            (Aggregate::Sum | Aggregate::Mean, Ty::F32) => self.widen(node, &Ty::F64),
            (Aggregate::Sum | Aggregate::Mean, ty) if ty.is_integer() => self.widen(node, &Ty::I64),
            _ => node,
        }
    }
}
