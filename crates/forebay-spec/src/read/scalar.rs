//! Shapes of one value: numbers, names, quantities, words, paths.

use super::fill::Filled;
use super::name::{is_label, is_name, is_output, label_help, name_help, output_help};
use super::number::{digits, integer};
use super::{At, Reader};
use crate::literal;
use crate::yaml::{Plain, Tree, shorten};
use forebay_types::code::{self, Code};
use forebay_types::nearest::nearest;
use forebay_types::shape::{Access, Names, Shape};
use forebay_types::ty::{TyError, type_names};
use forebay_types::unit::{self, UnitError};
use forebay_types::value::Text;
use forebay_types::{Diagnostic, Node, Span, Ty, Value};

impl Reader<'_> {
    pub(super) fn scalar(&mut self, shape: &'static Shape, tree: &Tree, at: At<'_>) -> Option<Node> {
        let span = tree.span;
        let Some(scalar) = tree.scalar() else {
            self.wrong_type(tree, &shape.noun(), at);
            return None;
        };
        let filled = self.fill(scalar, span, shape, at)?;
        if filled.later {
            return Some(Node { value: Value::Text(filled.into_text()), span });
        }
        if at.secret {
            let message = format!("`{}` is secret, and its value stands in the file", at.name);
            self.error(
                &code::LITERAL_SECRET,
                span,
                message,
                "write `\"${secret:NAME}\"` and set FOREBAY_SECRET_NAME on the host",
            );
            return None;
        }
        let value = match shape {
            Shape::Bool => self.bool(&filled, tree, at)?,
            Shape::Int { min, max } => self.int(&filled, (*min, *max), tree, at)?,
            Shape::Float { min, max } => self.float(&filled, (*min, *max), tree, at)?,
            Shape::Plain => self.plain(filled, span)?,
            // A quantity may be a number to YAML (`0`, a share of 0.5), an expression may be anything.
            Shape::Duration
            | Shape::NamedDuration
            | Shape::Size
            | Shape::Rate
            | Shape::Share
            | Shape::Level => self.quantity(shape, filled, span, at)?,
            Shape::Expr => Value::Text(filled.into_text()),
            _ => self.text(shape, filled, tree, at)?,
        };
        Some(Node { value, span })
    }

    fn bool(&mut self, filled: &Filled, tree: &Tree, at: At<'_>) -> Option<Value> {
        match (filled.plain, filled.text.as_str()) {
            (Some(Plain::Bool(value)), _) => Some(Value::Bool(value)),
            (None, text @ ("true" | "false")) => {
                self.quoted(tree.span, text, at);
                None
            }
            _ => {
                self.wrong_type(tree, "true or false", at);
                None
            }
        }
    }

    fn quoted(&mut self, span: Span, text: &str, at: At<'_>) {
        let message = format!("`{}`: the quotes make `{text}` a text", at.name);
        self.error(&code::QUOTED_VALUE, span, message, format!("write `{text}` without quotes"));
    }

    /// The number that stands there without quotes; `None` after a report.
    fn number<'t>(&mut self, filled: &'t Filled, shape: &str, tree: &Tree, at: At<'_>) -> Option<&'t str> {
        match filled.plain {
            Some(Plain::Number) => Some(&filled.text),
            None if crate::yaml::plain(&filled.text) == Plain::Number => {
                self.quoted(tree.span, &filled.text, at);
                None
            }
            _ => {
                self.wrong_type(tree, shape, at);
                None
            }
        }
    }

    fn int(&mut self, filled: &Filled, (min, max): (i64, i64), tree: &Tree, at: At<'_>) -> Option<Value> {
        let noun = Shape::Int { min, max }.noun();
        let text = self.number(filled, &noun, tree, at)?;
        let Some(value) = integer(text) else {
            self.wrong_type(tree, &noun, at);
            return None;
        };
        match i64::try_from(value) {
            Ok(value) if (min..=max).contains(&value) => Some(Value::Int(value)),
            _ => {
                self.out_of_range(text, &noun, tree.span, at);
                None
            }
        }
    }

    fn float(&mut self, filled: &Filled, (min, max): (f64, f64), tree: &Tree, at: At<'_>) -> Option<Value> {
        let noun = Shape::Float { min, max }.noun();
        let text = self.number(filled, &noun, tree, at)?;
        let value =
            digits(text).and_then(|digits| digits.parse::<f64>().ok()).filter(|value| value.is_finite());
        match value {
            Some(value) if (min..=max).contains(&value) => Some(Value::Float(value)),
            Some(_) => {
                self.out_of_range(text, &noun, tree.span, at);
                None
            }
            None => {
                self.error(
                    &code::NOT_FINITE,
                    tree.span,
                    format!("`{}`: {text} is no finite number", at.name),
                    format!("expected {noun}"),
                );
                None
            }
        }
    }

    fn out_of_range(&mut self, number: &str, noun: &str, span: Span, at: At<'_>) {
        let message = format!("`{}`: {number} is out of range", at.name);
        self.error(&code::OUT_OF_RANGE, span, message, format!("write {noun}"));
    }

    fn plain(&mut self, filled: Filled, span: Span) -> Option<Value> {
        let is_text = matches!(filled.plain, Some(Plain::Text | Plain::Unclear) | None);
        let Some(rest) = filled.text.strip_prefix('=').filter(|_| is_text) else {
            return self.literal(filled, span);
        };
        let expression = rest.trim_start();
        let skipped = filled.text.len() - expression.len();
        let verbatim = filled.verbatim.map(|from| from.part(skipped, filled.text.len()));
        if expression.trim().is_empty() {
            self.error(
                &code::EMPTY,
                span,
                "there is no expression behind `=`",
                "write one, or a plain value without `=`",
            );
            return None;
        }
        Some(Value::Expr(Text { text: expression.to_string(), verbatim }))
    }

    fn quantity(&mut self, shape: &Shape, filled: Filled, span: Span, at: At<'_>) -> Option<Value> {
        let text = filled.text.trim();
        let value = match shape {
            Shape::Duration => unit::parse_duration(text).map(Value::Duration),
            Shape::NamedDuration => unit::parse_duration(text).map(|_| {
                let verbatim = filled.verbatim.filter(|_| text == filled.text);
                Value::Text(Text { text: text.into(), verbatim })
            }),
            Shape::Size => unit::parse_size(text).map(Value::Size),
            Shape::Rate => unit::parse_rate(text).map(Value::Rate),
            Shape::Share => unit::parse_share(text).map(Value::Share),
            _ => unit::parse_level(text).map(Value::Level),
        };
        value
            .map_err(|UnitError { why, suggest }| {
                let (text, noun) = (shorten(text), shape.noun());
                let what = noun.split(" such as").next().unwrap_or(&noun);
                let message = format!("`{}`: `{text}` is not {what}: {why}", at.name);
                let help = match (suggest, units(shape, &text)) {
                    (Some(right), _) => format!("write `{right}`"),
                    (None, Some(units)) => {
                        format!("write {units} right behind the number, whichever is meant")
                    }
                    (None, None) => format!("write {noun}"),
                };
                self.error(&code::UNIT, span, message, help);
            })
            .ok()
    }

    /// Everything that is a text to YAML.
    fn text(&mut self, shape: &Shape, filled: Filled, tree: &Tree, at: At<'_>) -> Option<Value> {
        let span = tree.span;
        if matches!(filled.plain, Some(Plain::Bool(_) | Plain::Number)) && !self.pasted(tree) {
            let message = format!("`{}`: expected {}, found {}", at.name, shape.noun(), tree.found());
            let help = format!("write `\"{}\"` if the text is meant", shorten(&filled.text));
            self.error(&code::WRONG_TYPE, span, message, help);
            return None;
        }
        let text = filled.text.as_str();
        if text.is_empty() && !matches!(shape, Shape::Text) {
            self.error(
                &code::EMPTY,
                span,
                format!("`{}` is an empty text", at.name),
                format!("expected {}", shape.noun()),
            );
            return None;
        }
        match shape {
            Shape::Name => self.pattern(is_name(text), &code::NAME, text, name_help(text), shape, span)?,
            Shape::Label => {
                self.pattern(is_label(text), &code::LABEL, text, label_help(text), shape, span)?
            }
            Shape::Output => {
                self.pattern(is_output(text), &code::OUTPUT, text, output_help(text), shape, span)?
            }
            Shape::Ref(names) => self.reference(*names, text, span)?,
            Shape::Word(words) => self.word(words, text, span, at)?,
            Shape::Ty => return Some(Value::Ty(self.ty(&filled, span))),
            Shape::Time => return self.time(text, span, at),
            Shape::Date => self.date(text, span, at)?,
            Shape::Path(Access::Read) => return Some(Value::Text(self.resolved(filled, span))),
            _ => {}
        }
        Some(Value::Text(filled.into_text()))
    }

    /// Whether a var was filled in, which then may look like a number where a text is wanted.
    fn pasted(&self, tree: &Tree) -> bool {
        tree.scalar().is_some_and(|scalar| scalar.text.contains("${"))
    }

    fn pattern(
        &mut self,
        ok: bool,
        code: &'static Code,
        text: &str,
        help: String,
        shape: &Shape,
        span: Span,
    ) -> Option<()> {
        if !ok {
            let message = format!("`{}` is not {}", shorten(text), shape.noun());
            self.error(code, span, message, help);
        }
        ok.then_some(())
    }

    fn reference(&mut self, names: Names, text: &str, span: Span) -> Option<()> {
        let (name, version) = text.split_once('@').unwrap_or((text, "1"));
        match names {
            Names::Node => {
                return self.pattern(is_name(text), &code::NAME, text, name_help(text), &Shape::Name, span);
            }
            Names::Model => {
                let ok = is_label(name) && !version.is_empty() && !version.contains(char::is_whitespace);
                let help = match is_label(name) {
                    true => format!("write `{name}`, or `{name}@VERSION`"),
                    false => label_help(name),
                };
                return self.pattern(ok, &code::LABEL, text, help, &Shape::Ref(Names::Model), span);
            }
            Names::Connection | Names::Pop => {}
        }
        self.pattern(is_label(text), &code::LABEL, text, label_help(text), &Shape::Label, span)?;
        let known = self.known;
        let Some(known) = known.names(names).filter(|known| !known.contains(&text)) else { return Some(()) };
        let (code, folder) = match names {
            Names::Connection => (&code::UNKNOWN_CONNECTION, "connections"),
            _ => (&code::UNKNOWN_POP, "pops"),
        };
        let message = format!("there is no {} `{text}`", names.noun());
        let help = match nearest(text, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "it is described in `configs/{folder}/{text}.yaml`, in the nearest `configs/` upwards of the pipeline"
            ),
        };
        self.error(code, span, message, help);
        Some(())
    }

    fn word(
        &mut self,
        words: &[(&'static str, &'static str)],
        text: &str,
        span: Span,
        at: At<'_>,
    ) -> Option<()> {
        if words.iter().any(|(word, _)| *word == text) {
            return Some(());
        }
        let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        let message = format!("`{}`: `{}` is none of its words", at.name, shorten(text));
        let help = match nearest(text, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`? It takes {}", known.join(", ")),
            None => format!("it takes {}", known.join(", ")),
        };
        self.error(&code::WORD, span, message, help);
        None
    }

    /// A column type; `Ty::Unknown` after a report, so that what follows from it is not reported again.
    fn ty(&mut self, filled: &Filled, span: Span) -> Ty {
        Ty::parse(&filled.text).unwrap_or_else(|TyError { part, why }| {
            // The part at fault is a piece of the text.
            let at = filled.text.find(&part).filter(|_| filled.verbatim.is_some());
            let place = at.zip(filled.verbatim).map_or(span, |(at, from)| from.part(at, at + part.len()));
            let text = shorten(&filled.text);
            let message = if text == part {
                format!("`{text}` is no column type: {why}")
            } else {
                format!("`{text}` is no column type: `{part}`: {why}")
            };
            let diagnostic = Diagnostic::error(&code::COLUMN_TYPE, place, message);
            let near = usual_type(&part).or_else(|| nearest(&part, type_names()));
            self.report.push(match near {
                Some("decimal") if part == "decimal" => diagnostic.help("write `decimal(2)` for two digits"),
                Some("list" | "optional") if matches!(part.as_str(), "list" | "optional") => {
                    diagnostic.help(format!("write `{part}(string)`, or with another type"))
                }
                Some(near) if near == part => diagnostic.help(format!("write `{near}` alone")),
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic.help(format!("types are {}", type_names().collect::<Vec<_>>().join(", "))),
            });
            Ty::Unknown
        })
    }

    fn time(&mut self, text: &str, span: Span, at: At<'_>) -> Option<Value> {
        let time = literal::time(text);
        if time.is_none() {
            let message =
                format!("`{}`: `{}` is no time with a zone, from 1677 to 2262", at.name, shorten(text));
            self.error(&code::DATE, span, message, "write it as RFC 3339 says: `\"2026-01-31T12:00:00Z\"`");
        }
        time.map(Value::Time)
    }

    fn date(&mut self, text: &str, span: Span, at: At<'_>) -> Option<()> {
        let ok = literal::is_date(text);
        if !ok {
            let message = format!("`{}`: `{}` is no date", at.name, shorten(text));
            self.error(&code::DATE, span, message, "write year, month and day: `\"2026-01-31\"`");
        }
        ok.then_some(())
    }

    fn resolved(&mut self, filled: Filled, span: Span) -> Text {
        let text = self.path(&filled.text, span);
        let verbatim = filled.verbatim.filter(|_| text == filled.text);
        Text { text, verbatim }
    }
}

impl Filled {
    pub(super) fn into_text(self) -> Text {
        Text { text: self.text, verbatim: self.verbatim }
    }
}

/// The usual units of a quantity, where a number lacks one that cannot be guessed.
fn units(shape: &Shape, text: &str) -> Option<&'static str> {
    let lacks = text.ends_with(|c: char| c.is_ascii_digit());
    match shape {
        _ if !lacks => None,
        Shape::Duration => Some("ms, s, m, h or d"),
        Shape::NamedDuration => Some("s, m, h or d"),
        Shape::Size => Some("kB, MB, KiB or MiB"),
        _ => None,
    }
}

/// What other languages call our types.
fn usual_type(part: &str) -> Option<&'static str> {
    Some(match part.to_ascii_lowercase().as_str() {
        "int" | "integer" | "long" | "bigint" | "int64" => "i64",
        "int32" => "i32",
        "uint" | "uint64" | "ulong" => "u64",
        "uint32" => "u32",
        "float" | "float32" => "f32",
        "double" | "number" | "float64" | "real" => "f64",
        "str" | "text" | "varchar" | "utf8" => "string",
        "boolean" => "bool",
        "datetime" | "time" => "timestamp",
        "binary" | "blob" => "bytes",
        "array" => "list",
        _ => return None,
    })
}
