//! What an expression means, row by row and without haste: the measure for programs. It shares the reading and writing of
//! texts with them and nothing else.

use std::cmp::Ordering;

use forebay_types::Ty;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use super::table::{Shown, V, columns};
use crate::fault::{Cause, Site};
use crate::scalar::{read_duration, read_time};
use crate::typed::{Arith, Calendar, Cast, Compare, Find, Form, Node, Op, Typed, Zone};
use crate::{Scalar, Values};

/// Code and text of a fault.
pub type Failed = (&'static str, String);

pub struct Oracle<'o> {
    pub typed: &'o Typed,
    pub values: &'o Values,
    pub row: &'o [V],
}

impl Oracle<'_> {
    pub fn result(&self) -> Result<V, Failed> {
        self.eval(&self.typed.root)
    }

    fn fail<T>(&self, node: &Node, cause: Cause) -> Result<T, Failed> {
        let site = Site::new(cause, &self.typed.text[node.part.start..node.part.end]);
        Err((site.code.id, site.text.into()))
    }

    fn eval(&self, node: &Node) -> Result<V, Failed> {
        Ok(match &node.op {
            Op::Null => V::Null,
            Op::Const(value) => of_scalar(value),
            Op::Var(name) => of_scalar(self.values.var(name)),
            Op::Column(index) => {
                let name = &self.typed.columns[*index];
                self.row[columns().iter().position(|(known, ..)| known == name).unwrap()].clone()
            }
            Op::Field(of, index) => match self.eval(of)? {
                V::Struct(fields) => fields[*index].clone(),
                other => panic!("{other:?} has no fields"),
            },
            Op::Index(two) => match (self.eval(&two[0])?, self.eval(&two[1])?) {
                (V::List(items), V::I64(at)) => match usize::try_from(at).ok().and_then(|at| items.get(at)) {
                    Some(item) => item.clone(),
                    None => return self.fail(node, Cause::Index),
                },
                other => panic!("{other:?} have no items"),
            },
            Op::List(items) => V::List(items.iter().map(|item| self.eval(item)).collect::<Result<_, _>>()?),
            Op::Present(of) => match self.eval(of)? {
                V::Null | V::Missing => return self.fail(node, Cause::Null),
                value => value,
            },
            Op::IsNull(of) => V::Bool(self.eval(of)?.is_absent()),
            Op::Not(of) => V::Bool(!self.bool(of)?),
            Op::And(two) => V::Bool(self.decide(two, false)?),
            Op::Or(two) => V::Bool(self.decide(two, true)?),
            Op::Choice(three) => {
                let [test, yes, no] = three.as_ref();
                if self.bool(test)? { self.eval(yes)? } else { self.eval(no)? }
            }
            Op::Coalesce(two) => match self.eval(&two[0])? {
                V::Null | V::Missing => self.eval(&two[1])?,
                value => value,
            },
            Op::Compare(compare, two) => {
                let order = order(&self.eval(&two[0])?, &two[0].ty, &self.eval(&two[1])?, &two[1].ty);
                V::Bool(match compare {
                    Compare::Eq => order == Some(Ordering::Equal),
                    Compare::Ne => order != Some(Ordering::Equal),
                    Compare::Lt => order == Some(Ordering::Less),
                    Compare::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
                    Compare::Gt => order == Some(Ordering::Greater),
                    Compare::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
                })
            }
            Op::Arith(arith, two) => self.arith(node, *arith, self.eval(&two[0])?, self.eval(&two[1])?)?,
            Op::Concat(two) => match (self.eval(&two[0])?, self.eval(&two[1])?) {
                (V::Text(a), V::Text(b)) if a.len() + b.len() <= 1 << 20 => V::Text([a, b].concat()),
                _ => return self.fail(node, Cause::TooLong),
            },
            Op::Negate(of) => self.sign(node, of, |value| -value, |value| -value)?,
            Op::Abs(of) => self.sign(node, of, i128::abs, f64::abs)?,
            Op::Find(find, two) => {
                let (text, what) = (self.string(&two[0])?, self.string(&two[1])?);
                V::Bool(match find {
                    Find::Contains => text.contains(&what),
                    Find::StartsWith => text.starts_with(&what),
                    Find::EndsWith => text.ends_with(&what),
                })
            }
            Op::Size(of) => V::I64(match (self.eval(of)?, &of.ty) {
                (V::List(items), _) => items.len() as i64,
                (V::Text(text), Ty::String) => String::from_utf8(text).unwrap().chars().count() as i64,
                (V::Text(bytes), _) => bytes.len() as i64,
                other => panic!("{other:?} has no size"),
            }),
            Op::In(two) => match (self.eval(&two[0])?, self.eval(&two[1])?, &two[1].ty) {
                (needle, V::List(items), Ty::List(ty)) => {
                    let equal =
                        |item: &V| order(&needle, &two[0].ty, item, ty.inner()) == Some(Ordering::Equal);
                    V::Bool(items.iter().any(|item| !item.is_absent() && equal(item)))
                }
                other => panic!("{other:?} is no list"),
            },
            Op::InList(needle, name) => {
                let members = self.values.list(name).members();
                V::Bool(match self.eval(needle)? {
                    V::I64(value) => members.has_i64(value),
                    V::U64(value) => members.has_u64(value),
                    V::Text(text) => members.has_text(&text),
                    other => panic!("{other:?} is looked for"),
                })
            }
            Op::Calendar(calendar, zone, of) => {
                let zone = match zone {
                    Zone::Offset(seconds) => TimeZone::fixed(Offset::from_seconds(*seconds as i32).unwrap()),
                    Zone::Named(zone) => zone.clone(),
                };
                let time = Timestamp::from_nanosecond(self.integer(of)?).unwrap().to_zoned(zone);
                V::I64(match calendar {
                    Calendar::Hours => time.hour().into(),
                    Calendar::DayOfWeek => time.weekday().to_sunday_zero_offset().into(),
                })
            }
            Op::Cast(cast, of) => match self.eval(of)? {
                absent if absent.is_absent() => absent,
                value => self.cast(node, *cast, &of.ty, value)?,
            },
        })
    }

    fn bool(&self, node: &Node) -> Result<bool, Failed> {
        match self.eval(node)? {
            V::Bool(value) => Ok(value),
            other => panic!("{other:?} is no condition"),
        }
    }

    fn string(&self, node: &Node) -> Result<String, Failed> {
        match self.eval(node)? {
            V::Text(text) => Ok(String::from_utf8(text).unwrap()),
            other => panic!("{other:?} is no text"),
        }
    }

    fn integer(&self, node: &Node) -> Result<i128, Failed> {
        Ok(integer(&self.eval(node)?).unwrap())
    }

    /// `&&` for `false`, `||` for `true`: one side that says it is enough.
    fn decide(&self, two: &[Node; 2], enough: bool) -> Result<bool, Failed> {
        match (self.bool(&two[0]), self.bool(&two[1])) {
            (Ok(side), _) | (_, Ok(side)) if side == enough => Ok(enough),
            (_, Ok(side)) if side == enough => Ok(enough),
            (Err(failed), _) | (_, Err(failed)) => Err(failed),
            _ => Ok(!enough),
        }
    }

    /// An exact integer as a value of the node's form.
    fn fit(&self, node: &Node, value: i128) -> Result<V, Failed> {
        let fitted = match Form::of(&node.ty) {
            Form::U64 => u64::try_from(value).map(V::U64),
            _ => i64::try_from(value).map(V::I64),
        };
        fitted.or_else(|_| self.fail(node, Cause::Overflow))
    }

    fn arith(&self, node: &Node, arith: Arith, a: V, b: V) -> Result<V, Failed> {
        macro_rules! float {
            ($a:expr, $b:expr) => {
                match arith {
                    Arith::Add => $a + $b,
                    Arith::Sub => $a - $b,
                    Arith::Mul => $a * $b,
                    Arith::Div => $a / $b,
                    Arith::Rem => panic!("the rest of floats"),
                }
            };
        }
        match (&a, &b) {
            (V::F32(a), V::F32(b)) => return Ok(V::F32(float!(a, b))),
            (V::F64(a), V::F64(b)) => return Ok(V::F64(float!(a, b))),
            _ => {}
        }
        let (a, b) = (integer(&a).unwrap(), integer(&b).unwrap());
        match arith {
            Arith::Add => self.fit(node, a + b),
            Arith::Sub => self.fit(node, a - b),
            Arith::Mul => self.fit(node, a.saturating_mul(b)),
            Arith::Div | Arith::Rem if b == 0 => self.fail(node, Cause::DivisionByZero),
            Arith::Div => self.fit(node, a / b),
            Arith::Rem => self.fit(node, a % b),
        }
    }

    fn sign(
        &self,
        node: &Node,
        of: &Node,
        whole: fn(i128) -> i128,
        float: fn(f64) -> f64,
    ) -> Result<V, Failed> {
        match self.eval(of)? {
            V::F32(value) => Ok(V::F32(float(value.into()) as f32)),
            V::F64(value) => Ok(V::F64(float(value))),
            value => self.fit(node, whole(integer(&value).unwrap())),
        }
    }

    fn cast(&self, node: &Node, cast: Cast, from: &Ty, value: V) -> Result<V, Failed> {
        let failed = || self.fail(node, Cause::Conversion);
        let whole =
            |value: f64| if value.is_nan() { None } else { i64::try_from(value.trunc() as i128).ok() };
        let read = |read: &dyn Fn(&str) -> Option<V>| match &value {
            V::Text(text) => std::str::from_utf8(text).ok().and_then(read).map_or_else(failed, Ok),
            other => panic!("{other:?} is no text"),
        };
        match (cast, &value) {
            (Cast::Same, _) => Ok(value),
            (Cast::I64ToU64 | Cast::U64ToI64, _) => self.fit(node, integer(&value).unwrap()),
            (Cast::Scale(scale), V::I64(value)) => {
                self.fit(node, i128::from(*value) * 10i128.pow(scale.into()))
            }
            (Cast::Unscale(scale), V::I64(value)) => Ok(V::I64(value / 10i64.pow(scale.into()))),
            (Cast::F32ToI64, V::F32(value)) => whole((*value).into()).map_or_else(failed, |v| Ok(V::I64(v))),
            (Cast::F64ToI64, V::F64(value)) => whole(*value).map_or_else(failed, |v| Ok(V::I64(v))),
            (Cast::TimeToSeconds, V::I64(value)) => Ok(V::I64(value.div_euclid(1_000_000_000))),
            (Cast::SecondsToTime, V::I64(value)) => {
                value.checked_mul(1_000_000_000).map_or_else(failed, |v| Ok(V::I64(v)))
            }
            (Cast::I64ToF64, V::I64(value)) => Ok(V::F64(*value as f64)),
            (Cast::U64ToF64, V::U64(value)) => Ok(V::F64(*value as f64)),
            (Cast::F32ToF64, V::F32(value)) => Ok(V::F64((*value).into())),
            (Cast::DecimalToF64(scale), V::I64(value)) => {
                Ok(V::F64(format!("{value}e-{scale}").parse().unwrap()))
            }
            (Cast::TextToI64, _) => read(&|text| text.parse().ok().map(V::I64)),
            (Cast::TextToF64, _) => read(&|text| text.parse().ok().map(V::F64)),
            (Cast::TextToTime, _) => read(&|text| read_time(text).ok().map(V::I64)),
            (Cast::TextToDuration, _) => read(&|text| read_duration(text).ok().map(V::I64)),
            (Cast::ToText, V::Text(bytes)) if std::str::from_utf8(bytes).is_err() => failed(),
            (Cast::ToText, V::Text(_)) => Ok(value),
            (Cast::ToText, V::I64(days)) if *from == Ty::Date && days.abs() > 2_932_896 => failed(),
            (Cast::ToText, _) => Ok(V::text(&Shown(&value, from).to_string())),
            (cast, value) => panic!("{cast:?} of {value:?}"),
        }
    }
}

fn of_scalar(value: &Scalar) -> V {
    match value {
        Scalar::Null => V::Null,
        Scalar::Bool(value) => V::Bool(*value),
        Scalar::I64(value) => V::I64(*value),
        Scalar::U64(value) => V::U64(*value),
        Scalar::F32(value) => V::F32(*value),
        Scalar::F64(value) => V::F64(*value),
        Scalar::Text(value) => V::Text(value.to_vec()),
    }
}

fn integer(value: &V) -> Option<i128> {
    match value {
        V::I64(value) => Some((*value).into()),
        V::U64(value) => Some((*value).into()),
        _ => None,
    }
}

/// Numbers of any two types are compared as what they are.
fn order(a: &V, a_ty: &Ty, b: &V, b_ty: &Ty) -> Option<Ordering> {
    let scale = |ty: &Ty| if let Ty::Decimal(scale) = ty { u32::from(*scale) } else { 0 };
    match (a, b) {
        (V::Bool(a), V::Bool(b)) => a.partial_cmp(b),
        (V::F32(a), V::F32(b)) => a.partial_cmp(b),
        (V::F64(a), V::F64(b)) => a.partial_cmp(b),
        (V::Text(a), V::Text(b)) => a.partial_cmp(b),
        _ => {
            let (a, b) = (integer(a).unwrap(), integer(b).unwrap());
            (a * 10i128.pow(scale(b_ty))).partial_cmp(&(b * 10i128.pow(scale(a_ty))))
        }
    }
}
