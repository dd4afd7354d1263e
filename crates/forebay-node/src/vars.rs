//! The values of vars as expressions want them.

use forebay_expr::Scalar;
use forebay_plan::plan::VarPlan;
use forebay_types::value::Node;
use forebay_types::{TimeForm, Ty, Value, code};

use crate::Error;

/// The value of a var, which was checked against its type.
pub(crate) fn scalar(var: &VarPlan) -> Result<Scalar, Error> {
    let read = match (&var.value.value, var.ty.inner()) {
        (Value::Number(digits), Ty::Timestamp(form)) => time(digits, *form),
        _ => text(&var.value).map_or(Ok(Scalar::Null), |text| Scalar::read(&var.ty, &text)),
    };
    read.map_err(|why| {
        let message = format!(
            "the var `{}` has no value that can be used: {why}; give it one with --set vars.{}=…",
            var.name, var.name
        );
        Error::new(&code::WRONG_TYPE, message)
    })
}

/// The value as it was written; `None` for null.
fn text(node: &Node) -> Option<String> {
    match &node.value {
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(digits) => Some(digits.clone()),
        Value::Text(text) => Some(text.text.clone()),
        _ => None,
    }
}

/// A timestamp that is a number in the unit of its form.
fn time(digits: &str, form: TimeForm) -> Result<Scalar, String> {
    let nanos = digits.parse::<i64>().ok().and_then(|value| value.checked_mul(form.nanos()));
    nanos.map(Scalar::I64).ok_or_else(|| format!("`{digits}` is no time between 1678 and 2262"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use forebay_types::Span;
    use forebay_types::value::Text;

    fn check(ty: &str, value: Value, expect: Scalar) {
        let node = Node { value, span: Span::NONE };
        let var = VarPlan { name: "v".into(), ty: Ty::parse(ty).unwrap(), value: node };
        assert_eq!(scalar(&var).unwrap(), expect, "{ty}");
    }

    #[test]
    fn values_have_the_form_of_their_type() {
        let number = |digits: &str| Value::Number(digits.into());
        let text = |text: &str| Value::Text(Text { text: text.into(), verbatim: None });
        check("f64", number("0.9"), Scalar::F64(0.9));
        check("decimal(2)", number("500"), Scalar::I64(50_000));
        check("u64", number("7"), Scalar::U64(7));
        check("timestamp(ms)", number("1500"), Scalar::I64(1_500_000_000));
        check("timestamp", text("1970-01-01T00:00:02Z"), Scalar::I64(2_000_000_000));
        check("duration", text("5s"), Scalar::I64(5_000_000_000));
        check("string", text("CH"), Scalar::text("CH"));
        check("bool", Value::Bool(true), Scalar::Bool(true));
        check("optional(i64)", Value::Null, Scalar::Null);
    }
}
