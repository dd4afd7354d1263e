//! `${…}` inside values: vars are filled in before a value is typed, the rest is checked and stays until it can
//! be known (a secret on the host, a stream when it opens, a time when a file is begun).

use super::{At, Reader};
use crate::yaml::{Plain, Scalar, plain};
use forebay_types::Span;
use forebay_types::code;
use forebay_types::nearest::nearest;
use forebay_types::shape::{Access, Shape};
use forebay_types::template::{Part, escape, parts};

/// A scalar with its vars filled in.
pub(super) struct Filled {
    pub text: String,
    pub verbatim: Option<Span>,
    /// What it is to YAML; after a var was filled in, what it would be without quotes.
    pub plain: Option<Plain>,
    /// It holds a part that is filled in later, so its type cannot be seen yet.
    pub later: bool,
}

const SCHEMES: &[&str] = &["secret", "var", "stream", "time"];

impl Reader<'_> {
    pub(super) fn fill(&mut self, scalar: &Scalar, span: Span, shape: &Shape, at: At<'_>) -> Option<Filled> {
        let as_written = Filled {
            text: scalar.text.clone(),
            verbatim: scalar.verbatim,
            plain: scalar.plain,
            later: false,
        };
        if !scalar.text.contains("${") {
            return Some(as_written);
        }
        let expression = matches!(shape, Shape::Expr)
            || matches!(shape, Shape::Plain) && scalar.text.trim_start().starts_with('=');
        // Fields with parts that are filled in later keep the escape `$${` for whoever fills them in.
        let keeps = at.secret || at.per_stream || matches!(shape, Shape::Path(Access::Write));
        let mut text = String::new();
        let (mut ok, mut later, mut pasted) = (true, false, false);
        for part in parts(&scalar.text) {
            match part {
                Part::Text("${") if keeps => text.push_str("$${"),
                Part::Text(part) => text.push_str(part),
                Part::Broken { at: range } => {
                    let place = place(scalar, span, &range);
                    self.broken(&scalar.text[range], place);
                    ok = false;
                }
                Part::Ref { scheme, name, at: range } => {
                    let place = place(scalar, span, &range);
                    if expression {
                        self.in_expression(scheme, name, place);
                        ok = false;
                    } else if scheme == "var" {
                        match self.var(name, place) {
                            Some(value) if keeps => text.push_str(&escape(&value)),
                            Some(value) => text.push_str(&value),
                            None => ok = false,
                        }
                        pasted = true;
                    } else {
                        ok &= self.may_stay(scheme, name, place, shape, at);
                        text.push_str(&scalar.text[range]);
                        later = true;
                    }
                }
            }
        }
        if !ok {
            return None;
        }
        let verbatim = scalar.verbatim.filter(|_| !pasted && text == scalar.text);
        let plain = if pasted { Some(plain(&text)) } else { scalar.plain };
        Some(Filled { text, verbatim, plain, later })
    }

    fn var(&mut self, name: &str, span: Span) -> Option<String> {
        match self.vars.get(name) {
            Some(Some(text)) => Some(text.clone()),
            Some(None) => {
                let message = format!("the var `{name}` has no single value that could stand here");
                self.error(
                    &code::UNKNOWN_VAR,
                    span,
                    message,
                    "give it a text, a number or a bool as `default`",
                );
                None
            }
            None => {
                let names: Vec<String> = self.vars.keys().cloned().collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                self.unknown(&code::UNKNOWN_VAR, span, format!("there is no var `{name}`"), name, &names);
                None
            }
        }
    }

    fn broken(&mut self, text: &str, span: Span) {
        let help = match text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
            Some(inner) if !inner.is_empty() && !inner.contains(':') => {
                format!("write `${{var:{inner}}}` for a var; the environment is not read. `$${{` is the text `${{`")
            }
            _ => "it is `${secret:N}`, `${var:N}`, `${stream:COLUMN}` or `${time:FORMAT}`; `$${` is the text `${`".into(),
        };
        self.error(&code::PLACEHOLDER, span, format!("`{text}` names nothing that can be filled in"), help);
    }

    fn in_expression(&mut self, scheme: &str, name: &str, span: Span) {
        let help = match scheme {
            "var" => format!("write `vars.{name}`, which is typed"),
            "stream" => format!("write `{name}`: the columns of a stream are columns of its records"),
            _ => "declare what it depends on as a var and write `vars.NAME`".into(),
        };
        self.error(&code::PLACEHOLDER_IN_EXPRESSION, span, "nothing is pasted into an expression", help);
    }

    /// Whether `${secret:…}`, `${stream:…}` or `${time:…}` may stand in this field.
    fn may_stay(&mut self, scheme: &str, name: &str, span: Span, shape: &Shape, at: At<'_>) -> bool {
        let field = at.name;
        match scheme {
            "secret" if at.secret => true,
            "secret" => {
                let message = format!("`{field}` takes no secret: what it holds is printed and logged");
                self.error(
                    &code::SECRET_PLACE,
                    span,
                    message,
                    "secrets stand in fields marked secret: `forebay kinds NAME` shows them",
                );
                false
            }
            "stream" if at.per_stream => true,
            "stream" => {
                let message = format!("`{field}` is one value for all streams");
                self.error(
                    &code::STREAM_PLACE,
                    span,
                    message,
                    "`${stream:…}` stands in fields marked per stream: `forebay kinds NAME` shows them",
                );
                false
            }
            "time" if matches!(shape, Shape::Path(Access::Write)) => self.time_format(name, span),
            "time" => {
                let message = format!("`{field}` has no time");
                self.error(&code::TIME_PLACE, span, message, "`${time:FORMAT}` stands in paths that are written, and is the time at which a file begins");
                false
            }
            other => {
                let known = nearest(other, SCHEMES.iter().copied());
                let help = known.map_or("there is secret, var, stream and time".into(), |near| {
                    format!("did you mean `${{{near}:{name}}}`?")
                });
                self.error(&code::PLACEHOLDER, span, format!("`${{{other}:…}}` does not exist"), help);
                false
            }
        }
    }

    fn time_format(&mut self, format: &str, span: Span) -> bool {
        let example = jiff::Timestamp::UNIX_EPOCH.to_zoned(jiff::tz::TimeZone::UTC);
        match jiff::fmt::strtime::format(format, &example) {
            Ok(_) if format.contains('%') => true,
            _ => {
                let help = "it is made of %Y %m %d %H %M %S and text, such as `%Y-%m-%dT%H`";
                self.error(&code::TIME_FORMAT, span, format!("`{format}` is no format of a time"), help);
                false
            }
        }
    }
}

fn place(scalar: &Scalar, whole: Span, range: &std::ops::Range<usize>) -> Span {
    scalar.verbatim.map_or(whole, |from| from.part(range.start, range.end))
}
