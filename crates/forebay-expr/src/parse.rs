//! Tokens into a tree: a Pratt parser. Operators of other languages are said to be mistakes and read as what they
//! mean, so that one run shows the rest of the mistakes too; any other mistake ends the reading.

use forebay_types::code;

use crate::mistake::{Mistakes, Part};
use crate::token::{Token, tokens};
use crate::tree::{Binary, Expr, ExprKind};

/// Deeper trees are refused: whoever walks one may use the stack.
const MAX_DEPTH: usize = 100;

/// `None` when the text does not read, which was said.
pub(crate) fn parse(mistakes: &mut Mistakes) -> Option<Expr> {
    let tokens = tokens(mistakes)?;
    let mut parser = Parser { tokens, at: 0, depth: 0, mistakes };
    if *parser.peek() == Token::End {
        let part = Part { start: 0, end: parser.mistakes.text().len() };
        parser.mistakes.error(
            &code::EXPR_SYNTAX,
            part,
            "the expression is empty",
            "write one, such as `amount > 500.00`",
        );
        return None;
    }
    let expr = parser.expression(0)?;
    if *parser.peek() != Token::End {
        return parser.left_over();
    }
    Some(expr)
}

struct Parser<'p, 'a> {
    tokens: Vec<(Token, Part)>,
    at: usize,
    /// Of the calls that are open now.
    depth: usize,
    mistakes: &'p mut Mistakes<'a>,
}

impl Parser<'_, '_> {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].0
    }

    fn part(&self) -> Part {
        self.tokens[self.at].1
    }

    fn next(&mut self) -> (Token, Part) {
        let token = self.tokens[self.at].clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn eat(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Token::Sign(s) if *s == sign);
        if found {
            self.next();
        }
        found
    }

    fn node(&mut self, kind: ExprKind, part: Part) -> Option<Expr> {
        let expr = Expr::new(kind, part);
        if expr.depth > MAX_DEPTH { self.too_deep(part) } else { Some(expr) }
    }

    fn too_deep<T>(&mut self, part: Part) -> Option<T> {
        let message = format!("the expression is nested more than {MAX_DEPTH} deep");
        let help =
            "compute parts of it in a `set` before; a long chain of `==` with `||` is `x in [a, b, c]`";
        self.mistakes.error(&code::EXPR_DEPTH, part, message, help);
        None
    }

    fn foreign(&mut self, part: Part, help: &str) {
        let written = self.mistakes.source(part);
        self.mistakes.error(&code::EXPR_OPERATOR, part, format!("`{written}` is no operator here"), help);
    }

    /// An expression whose operators bind at least as strongly as `power`; 1 and less take in `?:`.
    fn expression(&mut self, power: u8) -> Option<Expr> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.too_deep(self.part());
        }
        let mut left = self.unary()?;
        while let Some((op, tokens)) = self.operator(power) {
            self.at += tokens;
            let right = self.expression(op.power() + 1)?;
            let part = left.part.to(right.part);
            left = self.node(ExprKind::Binary(op, Box::new(left), Box::new(right)), part)?;
        }
        if power <= 1 && self.eat("?") {
            left = self.choice(left)?;
        }
        self.depth -= 1;
        Some(left)
    }

    fn choice(&mut self, condition: Expr) -> Option<Expr> {
        let yes = self.expression(1)?;
        if !self.eat(":") {
            let help = "a choice is `CONDITION ? IF_TRUE : IF_FALSE`";
            return self.unexpected("`:` and the value for the other case", help);
        }
        let no = self.expression(1)?;
        let part = condition.part.to(no.part);
        self.node(ExprKind::Choice(Box::new(condition), Box::new(yes), Box::new(no)), part)
    }

    /// The operator that comes next if it binds strongly enough, and how many tokens it is. One of another language is
    /// an error and read as what it means.
    fn operator(&mut self, power: u8) -> Option<(Binary, usize)> {
        let part = self.part();
        let word = |parser: &Self, ahead: usize, word: &str| matches!(parser.tokens.get(parser.at + ahead), Some((Token::Name(name), _)) if name.eq_ignore_ascii_case(word));
        let (op, tokens, help) = match self.peek() {
            Token::Sign(sign) => match Binary::from_sign(sign) {
                Some(op) => (op, 1, None),
                None => match *sign {
                    "=" => (Binary::Eq, 1, Some("comparing is `==`")),
                    "===" => (Binary::Eq, 1, Some("comparing is `==`")),
                    "<>" | "!==" => (Binary::Ne, 1, Some("unequal is `!=`")),
                    "&" => (Binary::And, 1, Some("and is `&&`")),
                    "|" => (Binary::Or, 1, Some("or is `||`")),
                    _ => return None,
                },
            },
            Token::Name(name) if name == "in" => (Binary::In, 1, None),
            Token::Name(_) if word(self, 0, "in") => (Binary::In, 1, Some("write `in`")),
            Token::Name(_) if word(self, 0, "and") => (Binary::And, 1, Some("and is `&&`")),
            Token::Name(_) if word(self, 0, "or") => (Binary::Or, 1, Some("or is `||`")),
            Token::Name(_) if word(self, 0, "mod") => (Binary::Rem, 1, Some("the rest of a division is `%`")),
            Token::Name(_) if word(self, 0, "is") && word(self, 1, "not") => {
                (Binary::Ne, 2, Some("unequal is `!=`, also for null"))
            }
            Token::Name(_) if word(self, 0, "is") => {
                (Binary::Eq, 1, Some("comparing is `==`, also for null"))
            }
            _ => return None,
        };
        if op.power() < power {
            return None;
        }
        if let Some(help) = help {
            let last = self.tokens[self.at + tokens - 1].1;
            self.foreign(part.to(last), help);
        }
        Some((op, tokens))
    }

    fn unary(&mut self) -> Option<Expr> {
        let start = self.part();
        let minus = match self.peek() {
            Token::Sign("!") => false,
            Token::Sign("-") => true,
            Token::Name(name) if name.eq_ignore_ascii_case("not") => {
                self.foreign(start, "not is `!`, and `!(…)` around a comparison");
                false
            }
            _ => return self.postfix(),
        };
        self.next();
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.too_deep(start);
        }
        let of = self.unary()?;
        self.depth -= 1;
        let part = start.to(of.part);
        let of = Box::new(of);
        self.node(if minus { ExprKind::Negate(of) } else { ExprKind::Not(of) }, part)
    }

    fn postfix(&mut self) -> Option<Expr> {
        let mut expr = self.primary()?;
        loop {
            let open = self.part();
            if self.eat(".") {
                let (token, name_part) = self.next();
                let Token::Name(name) = token else {
                    self.at -= usize::from(token != Token::End);
                    return self.unexpected(
                        "the name of a field or function after `.`",
                        "write `x.field` or `x.size()`",
                    );
                };
                let open = self.part();
                if self.eat("(") {
                    let mut args = vec![expr];
                    let close = self.items(open, ")", &mut args)?;
                    let part = args[0].part.to(close);
                    expr = self.node(ExprKind::Call { name, name_part, method: true, args }, part)?;
                } else {
                    let part = expr.part.to(name_part);
                    expr = self.node(ExprKind::Field { of: Box::new(expr), name, name_part }, part)?;
                }
            } else if self.eat("[") {
                let at = self.expression(0)?;
                let close = self.close(open, "]")?;
                let part = expr.part.to(close);
                expr = self.node(ExprKind::Index { of: Box::new(expr), at: Box::new(at) }, part)?;
            } else {
                return Some(expr);
            }
        }
    }

    fn primary(&mut self) -> Option<Expr> {
        let (token, part) = self.next();
        let kind = match token {
            Token::Int(digits) => ExprKind::Int(digits),
            Token::Float(digits) => ExprKind::Float(digits),
            Token::Text(text) => ExprKind::Text(text),
            Token::Name(name) => return self.name(name, part),
            Token::Sign("(") => {
                let inner = self.expression(0)?;
                let close = self.close(part, ")")?;
                return Some(Expr { part: part.to(close), ..inner });
            }
            Token::Sign("[") => {
                let mut items = Vec::new();
                let close = self.items(part, "]", &mut items)?;
                return self.node(ExprKind::List(items), part.to(close));
            }
            token => {
                self.at -= usize::from(token != Token::End);
                return self.no_value();
            }
        };
        self.node(kind, part)
    }

    fn name(&mut self, name: String, part: Part) -> Option<Expr> {
        let open = self.part();
        let kind = match name.as_str() {
            "true" => ExprKind::Bool(true),
            "false" => ExprKind::Bool(false),
            "null" => ExprKind::Null,
            _ if self.eat("(") => {
                let mut args = Vec::new();
                let close = self.items(open, ")", &mut args)?;
                return self
                    .node(ExprKind::Call { name, name_part: part, method: false, args }, part.to(close));
            }
            _ => ExprKind::Name(name),
        };
        self.node(kind, part)
    }

    /// Items with commas between them up to `close`, whose place is given back.
    fn items(&mut self, open: Part, close: &'static str, items: &mut Vec<Expr>) -> Option<Part> {
        let at = self.part();
        if self.eat(close) {
            return Some(at);
        }
        loop {
            items.push(self.expression(0)?);
            if !self.eat(",") {
                return self.close(open, close);
            }
        }
    }

    fn close(&mut self, open: Part, close: &'static str) -> Option<Part> {
        let part = self.part();
        if self.eat(close) {
            return Some(part);
        }
        match self.peek() {
            Token::End | Token::Sign(")" | "]" | "}") => {
                let sign = self.mistakes.source(open);
                let message = format!("`{sign}` is not closed");
                self.mistakes.error(
                    &code::EXPR_UNCLOSED,
                    open,
                    message,
                    format!("the closing `{close}` is missing"),
                );
                None
            }
            _ => self.left_over(),
        }
    }

    /// A token where a value has to begin.
    fn no_value(&mut self) -> Option<Expr> {
        let part = self.part();
        let written = self.mistakes.source(part);
        let (message, help) = match self.peek() {
            Token::End => (
                "the expression ends where a value is expected".into(),
                "the last operator has no right side",
            ),
            Token::Sign(")" | "]") => (
                format!("a value is expected before `{written}`"),
                "add it, or take the comma or operator out",
            ),
            Token::Sign("{") => {
                ("there are no maps and structs in expressions".into(), "a list is written [a, b]")
            }
            _ => (format!("`{written}` has no left side"), "an operator stands between two values"),
        };
        self.mistakes.error(&code::EXPR_SYNTAX, part, message, help);
        None
    }

    fn unexpected<T>(&mut self, wanted: &str, help: &str) -> Option<T> {
        let part = self.part();
        let message = match self.peek() {
            Token::End => format!("the expression ends where {wanted} is expected"),
            _ => format!("{wanted} is expected here, not `{}`", self.mistakes.source(part)),
        };
        self.mistakes.error(&code::EXPR_SYNTAX, part, message, help);
        None
    }

    /// A token after a complete expression.
    fn left_over<T>(&mut self) -> Option<T> {
        let part = self.part();
        let written = self.mistakes.source(part);
        match self.peek() {
            Token::Sign(")" | "]" | "}") => {
                let help =
                    format!("take it out, or open it with `{}`", if written == ")" { "(" } else { "[" });
                self.mistakes.error(&code::EXPR_UNCLOSED, part, format!("`{written}` closes nothing"), help);
            }
            Token::Sign("^" | "**") => self.foreign(part, "there is no power; multiply: `x * x`"),
            Token::Sign("??") => self.foreign(part, "a default for null is `coalesce(x, default)`"),
            Token::Sign(":") => {
                let help = "a choice is `CONDITION ? IF_TRUE : IF_FALSE`";
                self.mistakes.error(&code::EXPR_SYNTAX, part, "`:` stands here without `?`", help);
            }
            Token::Name(name) if crate::check::is_function(name) => {
                let help = format!("a function takes its arguments in brackets: `x.{name}(…)`");
                self.mistakes.error(&code::EXPR_SYNTAX, part, format!("`{written}` is no operator"), help);
            }
            _ => {
                let message = format!("an operator is missing before `{written}`");
                let help = "two values stand side by side; conditions are joined by `&&` or `||`";
                self.mistakes.error(&code::EXPR_SYNTAX, part, message, help);
            }
        }
        None
    }
}
