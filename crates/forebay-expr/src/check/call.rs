//! Functions: `f(a, b)`, or `a.f(b)`, which is the same.

use forebay_types::nearest::nearest;
use forebay_types::{TimeForm, Ty, code};
use jiff::tz::TimeZone;

use super::Checker;
use crate::mistake::Part;
use crate::scalar::{Scalar, read_duration, read_time};
use crate::tree::{Expr, ExprKind};
use crate::typed::{Aggregate, Calendar, Cast, Find, Form, Node, Op, Zone};

/// Name, number of arguments at least and at most, how it is written.
const FUNCTIONS: &[(&str, usize, usize, &str)] = &[
    ("abs", 1, 1, "abs(x)"),
    ("coalesce", 2, usize::MAX, "coalesce(x, default)"),
    ("contains", 2, 2, "text.contains('part')"),
    ("double", 1, 1, "double(x)"),
    ("duration", 1, 1, "duration('90s')"),
    ("endsWith", 2, 2, "text.endsWith('end')"),
    ("getDayOfWeek", 1, 2, "time.getDayOfWeek('UTC')"),
    ("getHours", 1, 2, "time.getHours('UTC')"),
    ("int", 1, 1, "int(x)"),
    ("size", 1, 1, "size(x)"),
    ("startsWith", 2, 2, "text.startsWith('begin')"),
    ("string", 1, 1, "string(x)"),
    ("timestamp", 1, 1, "timestamp('2026-01-31T12:00:00Z')"),
];

/// What functions are called elsewhere.
const ELSEWHERE: &[(&str, &str)] = &[
    ("len", "size"),
    ("length", "size"),
    ("float", "double"),
    ("str", "string"),
    ("to_string", "string"),
    ("integer", "int"),
    ("ifnull", "coalesce"),
    ("nvl", "coalesce"),
    ("hour", "getHours"),
    ("dayofweek", "getDayOfWeek"),
    ("weekday", "getDayOfWeek"),
    ("includes", "contains"),
    ("starts_with", "startsWith"),
    ("ends_with", "endsWith"),
];

pub(crate) fn is_function(name: &str) -> bool {
    FUNCTIONS.iter().any(|(known, ..)| *known == name)
}

impl Checker<'_, '_> {
    pub(super) fn call(
        &mut self,
        name: &str,
        name_part: Part,
        method: bool,
        args: &[Expr],
        part: Part,
        hint: Option<&Ty>,
    ) -> Node {
        let Some((_, least, most, usage)) = FUNCTIONS.iter().find(|(known, ..)| *known == name) else {
            self.no_such_function(name, name_part, method, args);
            return Node::unknown(part);
        };
        if args.len() < *least || args.len() > *most {
            // What stands before the dot of a method is no value in its brackets.
            let inside = |count: usize| count - usize::from(method);
            let (least, count) = (inside(*least), inside(args.len()));
            let wanted = match *most {
                usize::MAX => format!("at least {least}"),
                most if inside(most) == least => least.to_string(),
                most => format!("{least} or {}", inside(most)),
            };
            let values = if wanted == "1" { "value" } else { "values" };
            let message = format!("`{name}` takes {wanted} {values} in its brackets, not {count}");
            self.mistakes.error(&code::EXPR_ARGUMENTS, part, message, format!("write `{usage}`"));
            return Node::unknown(part);
        }
        match name {
            "coalesce" => self.coalesce(args, part, hint),
            "abs" => self.abs(&args[0], part),
            "contains" => self.find(Find::Contains, name, args, part),
            "startsWith" => self.find(Find::StartsWith, name, args, part),
            "endsWith" => self.find(Find::EndsWith, name, args, part),
            "getHours" => self.calendar(Calendar::Hours, name, args, part),
            "getDayOfWeek" => self.calendar(Calendar::DayOfWeek, name, args, part),
            "size" => self.size(&args[0], part),
            "duration" => self.duration(&args[0], part),
            "timestamp" => self.timestamp(&args[0], part),
            "int" => self.int(&args[0], part),
            "double" => self.double(&args[0], part),
            _ => self.string(&args[0], part),
        }
    }

    fn no_such_function(&mut self, name: &str, name_part: Part, method: bool, args: &[Expr]) {
        if Aggregate::ALL.iter().any(|aggregate| aggregate.name() == name) {
            let message = format!("`{name}` is an aggregate, and this is about one record");
            let help = "aggregates stand in `emit`, alone: `emit: { total: sum(amount) }`";
            self.mistakes.error(&code::EXPR_AGGREGATE, name_part, message, help);
            return;
        }
        let column = self.names.columns.get(name).is_some();
        let elsewhere =
            ELSEWHERE.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, here)| *here);
        let near = elsewhere.or_else(|| nearest(name, FUNCTIONS.iter().map(|(known, ..)| *known)));
        let help = match near {
            _ if column && !method => format!("`{name}` is a column and takes no brackets"),
            Some(near) => format!("did you mean `{near}`?"),
            None if name == "has" => {
                let of = args.first().map_or("x", |arg| self.mistakes.source(arg.part));
                format!("write `{of} != null`")
            }
            None => {
                let all: Vec<&str> = FUNCTIONS.iter().map(|(known, ..)| *known).collect();
                format!("the functions are {}", all.join(", "))
            }
        };
        self.mistakes.error(&code::EXPR_FUNCTION, name_part, format!("there is no function `{name}`"), help);
        // What is wrong inside the brackets is wrong whatever the function is.
        args.iter().for_each(|arg| drop(self.check(arg, None)));
    }

    fn argument_error(&mut self, name: &str, wanted: &str, node: &Node, help: impl Into<String>) -> Node {
        if node.ty != Ty::Unknown {
            let message = format!("`{name}` takes {wanted}, and {} is {}", self.called(node), node.ty);
            self.mistakes.error(&code::EXPR_OPERAND, node.part, message, help);
        }
        Node::unknown(node.part)
    }

    fn abs(&mut self, arg: &Expr, part: Part) -> Node {
        let node = self.value(arg, None);
        match &node.ty {
            Ty::U64 => Node { part, ..node },
            ty if ty.is_integer() => {
                let node = self.widen(node, &Ty::I64);
                Node::new(Op::Abs(Box::new(node)), Ty::I64, part)
            }
            ty if ty.is_number() || *ty == Ty::Duration => {
                let ty = ty.clone();
                Node::new(Op::Abs(Box::new(node)), ty, part)
            }
            _ => self.argument_error("abs", "a number or a duration", &node, "take `abs` away"),
        }
    }

    fn find(&mut self, find: Find, name: &str, args: &[Expr], part: Part) -> Node {
        let [text, what] = [&args[0], &args[1]].map(|arg| self.value(arg, None));
        for node in [&text, &what] {
            if !matches!(node.ty, Ty::String | Ty::Unknown) {
                let help = match &text.ty {
                    Ty::List(_) if find == Find::Contains => format!(
                        "an item of a list is `{} in {}`",
                        self.mistakes.source(what.part),
                        self.mistakes.source(text.part)
                    ),
                    ty if ty.is_number() => format!("write `string({})`", self.mistakes.source(node.part)),
                    _ => format!("write `text.{name}('…')`"),
                };
                return self.argument_error(name, "two texts", node, help);
            }
        }
        if text.ty == Ty::Unknown || what.ty == Ty::Unknown {
            return Node::new(Op::Null, Ty::Bool, part);
        }
        Node::new(Op::Find(find, Box::new([text, what])), Ty::Bool, part)
    }

    fn calendar(&mut self, calendar: Calendar, name: &str, args: &[Expr], part: Part) -> Node {
        let time = self.value(&args[0], None);
        let zone = args.get(1).map_or(Some(Zone::Offset(0)), |arg| self.zone(arg, name));
        match (&time.ty, zone) {
            (Ty::Timestamp(_), Some(zone)) => {
                Node::new(Op::Calendar(calendar, zone, Box::new(time)), Ty::I64, part)
            }
            (Ty::Timestamp(_), None) => Node::unknown(part),
            (ty, _) => {
                let source = self.mistakes.source(time.part);
                let help = match ty {
                    Ty::String => format!("write `timestamp({source}).{name}('UTC')`"),
                    _ => {
                        "the column has to be declared as `timestamp`, or `timestamp(ms)` for a number".into()
                    }
                };
                self.argument_error(name, "a timestamp", &time, help)
            }
        }
    }

    /// UTC, an offset such as +02:00, or a name of the time zone database.
    fn zone(&mut self, arg: &Expr, name: &str) -> Option<Zone> {
        let help = format!(
            "write 'UTC', an offset such as '+02:00' or a zone such as 'Europe/Zurich': `t.{name}('UTC')`"
        );
        let ExprKind::Text(text) = &arg.kind else {
            self.mistakes.error(&code::EXPR_TEXT, arg.part, "a time zone is a text in quotes", help);
            return None;
        };
        if matches!(text.as_str(), "UTC" | "Z") {
            return Some(Zone::Offset(0));
        }
        if let Some(seconds) = offset(text) {
            return Some(Zone::Offset(seconds));
        }
        match TimeZone::get(text) {
            Ok(zone) => Some(Zone::Named(zone)),
            Err(_) => {
                self.mistakes.error(
                    &code::EXPR_TEXT,
                    arg.part,
                    format!("there is no time zone '{text}'"),
                    help,
                );
                None
            }
        }
    }

    fn size(&mut self, arg: &Expr, part: Part) -> Node {
        let node = self.value(arg, None);
        match &node.ty {
            Ty::String | Ty::Bytes | Ty::List(_) => Node::new(Op::Size(Box::new(node)), Ty::I64, part),
            _ => self.argument_error("size", "a text, bytes or a list", &node, "only these have a size"),
        }
    }

    fn duration(&mut self, arg: &Expr, part: Part) -> Node {
        if let ExprKind::Text(text) = &arg.kind {
            return self.constant(read_duration(text), Ty::Duration, [arg.part, part]);
        }
        let node = self.value(arg, None);
        match node.ty {
            Ty::String => Node::new(Op::Cast(Cast::TextToDuration, Box::new(node)), Ty::Duration, part),
            _ => self.argument_error("duration", "a text", &node, "write `duration('90s')`"),
        }
    }

    fn timestamp(&mut self, arg: &Expr, part: Part) -> Node {
        let ty = Ty::Timestamp(TimeForm::Rfc3339);
        if let ExprKind::Text(text) = &arg.kind {
            return self.constant(read_time(text), ty, [arg.part, part]);
        }
        let node = self.value(arg, None);
        match &node.ty {
            Ty::String => Node::new(Op::Cast(Cast::TextToTime, Box::new(node)), ty, part),
            from if from.is_integer() => {
                let node = self.widen(node, &Ty::I64);
                Node::new(Op::Cast(Cast::SecondsToTime, Box::new(node)), ty, part)
            }
            _ => {
                let help = "write `timestamp('2026-01-31T12:00:00Z')`";
                self.argument_error("timestamp", "a text or seconds since 1970", &node, help)
            }
        }
    }

    /// What a literal text says.
    fn constant(&mut self, read: Result<i64, String>, ty: Ty, [text, whole]: [Part; 2]) -> Node {
        match read {
            Ok(value) => Node::new(Op::Const(Scalar::I64(value)), ty, whole),
            Err(why) => {
                let help = match ty {
                    Ty::Duration => "units are ns us ms s m h d: duration('1h30m')",
                    _ => "write year, month, day, time and zone: timestamp('2026-01-31T12:00:00+01:00')",
                };
                self.mistakes.error(&code::EXPR_TEXT, text, why, help);
                Node::unknown(whole)
            }
        }
    }

    fn int(&mut self, arg: &Expr, part: Part) -> Node {
        let node = self.value(arg, None);
        let cast = match &node.ty {
            ty if ty.is_integer() => return Node { part, ..self.widen(node, &Ty::I64) },
            Ty::F32 => Cast::F32ToI64,
            Ty::F64 => Cast::F64ToI64,
            Ty::Decimal(scale) => Cast::Unscale(*scale),
            Ty::String => Cast::TextToI64,
            Ty::Timestamp(_) => Cast::TimeToSeconds,
            ty => {
                let help = match ty {
                    Ty::Bool => "write `x ? 1 : 0`",
                    Ty::Duration => "compare durations with each other: `x > duration('90s')`",
                    _ => "take `int` away",
                };
                return self.argument_error("int", "a number, a text or a time", &node, help);
            }
        };
        Node::new(Op::Cast(cast, Box::new(node)), Ty::I64, part)
    }

    fn double(&mut self, arg: &Expr, part: Part) -> Node {
        let node = self.value(arg, None);
        let cast = match &node.ty {
            Ty::F64 => return Node { part, ..node },
            Ty::F32 => Cast::F32ToF64,
            Ty::Decimal(scale) => Cast::DecimalToF64(*scale),
            Ty::String => Cast::TextToF64,
            ty if ty.is_number() => match Form::of(ty) {
                Form::U64 => Cast::U64ToF64,
                _ => Cast::I64ToF64,
            },
            ty => {
                let help = if *ty == Ty::Bool { "write `x ? 1.0 : 0.0`" } else { "take `double` away" };
                return self.argument_error("double", "a number or a text", &node, help);
            }
        };
        Node::new(Op::Cast(cast, Box::new(node)), Ty::F64, part)
    }

    fn string(&mut self, arg: &Expr, part: Part) -> Node {
        let node = self.value(arg, None);
        match &node.ty {
            Ty::String => Node { part, ..node },
            Ty::List(_) | Ty::Struct(_) | Ty::Zones | Ty::Unknown => {
                self.argument_error("string", "a simple value", &node, "write its items or fields one by one")
            }
            _ => Node::new(Op::Cast(Cast::ToText, Box::new(node)), Ty::String, part),
        }
    }
}

/// Seconds of `+02:00` or `-03:30`.
fn offset(text: &str) -> Option<i64> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let two = |digits: &str| (digits.len() == 2).then(|| digits.parse::<u8>().ok())?.map(i64::from);
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 3600 + minutes * 60))
}
