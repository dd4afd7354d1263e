//! Text into tokens, each with its part of the text.

use forebay_types::code;
use forebay_types::unit::parse_duration;

use crate::mistake::{Mistakes, Part};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    Int(String),
    Float(String),
    Text(String),
    Name(String),
    Sign(&'static str),
    End,
}

/// Longest first. Some are of other languages: the parser says what they are called here.
const SIGNS: &[&str] = &[
    "===", "!==", "==", "!=", "<=", ">=", "<>", "&&", "||", "**", "??", "<", ">", "=", "!", "&", "|", "+",
    "-", "*", "/", "%", "^", "?", ":", "(", ")", "[", "]", "{", "}", ".", ",",
];

/// All tokens, the last of them `End`; `None` when the text has something in it that is none.
pub(crate) fn tokens(mistakes: &mut Mistakes) -> Option<Vec<(Token, Part)>> {
    let text = mistakes.text();
    let mut lexer = Lexer { text, at: 0, mistakes };
    let mut out = Vec::new();
    loop {
        lexer.skip_space();
        let start = lexer.at;
        let token = lexer.token()?;
        let last = token == Token::End;
        out.push((token, Part { start, end: lexer.at }));
        if last {
            return Some(out);
        }
    }
}

struct Lexer<'l, 'a> {
    text: &'a str,
    at: usize,
    mistakes: &'l mut Mistakes<'a>,
}

impl<'a> Lexer<'_, 'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Takes what `want` says yes to.
    fn take(&mut self, want: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !want(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn skip_space(&mut self) {
        self.take(char::is_whitespace);
    }

    fn token(&mut self) -> Option<Token> {
        let rest = self.rest();
        let mut chars = rest.chars();
        let Some(first) = chars.next() else { return Some(Token::End) };
        match first {
            '0'..='9' => self.number(),
            '.' if chars.next().is_some_and(|c| c.is_ascii_digit()) => self.number(),
            '\'' | '"' => self.quoted(first),
            c if c.is_alphabetic() || c == '_' => Some(Token::Name(self.take(is_name).to_string())),
            _ => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                Some(sign) => {
                    self.at += sign.len();
                    Some(Token::Sign(sign))
                }
                None => self.stray(first),
            },
        }
    }

    fn stray(&mut self, first: char) -> Option<Token> {
        let part = Part { start: self.at, end: self.at + first.len_utf8() };
        let help = match first {
            '‘' | '’' | '“' | '”' | '`' | '´' => "a text stands in straight quotes: 'text'".into(),
            '$' => "`${…}` stands in plain values; an expression says `vars.NAME`".into(),
            '#' | '@' | ';' | '\\' => {
                format!("take it out, or put the text that it belongs to in quotes: '{first}…'")
            }
            _ => "expressions are made of names, numbers, texts in quotes and the signs of CEL".to_string(),
        };
        self.mistakes.error(&code::EXPR_SYNTAX, part, format!("`{first}` is no part of an expression"), help);
        None
    }

    fn number(&mut self) -> Option<Token> {
        let start = self.at;
        self.take(|c| c.is_ascii_digit());
        let mut float = false;
        if self.rest().starts_with('.') && self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) {
            float = true;
            self.at += 1;
            self.take(|c| c.is_ascii_digit());
        }
        if self.rest().starts_with(['e', 'E']) {
            let digits = self.rest()[1..].trim_start_matches(['+', '-']);
            if digits.starts_with(|c: char| c.is_ascii_digit()) && self.rest().len() - digits.len() <= 2 {
                float = true;
                self.at = self.text.len() - digits.len();
                self.take(|c| c.is_ascii_digit());
            }
        }
        let digits = &self.text[start..self.at];
        let more = self.take(is_name);
        if !more.is_empty() {
            return self.bad_number(start, digits, more);
        }
        let digits = digits.to_string();
        Some(if float { Token::Float(digits) } else { Token::Int(digits) })
    }

    fn bad_number(&mut self, start: usize, digits: &str, more: &str) -> Option<Token> {
        let part = Part { start, end: self.at };
        let written = &self.text[start..self.at];
        let help = if parse_duration(written).is_ok() {
            format!("a duration is written `duration('{written}')`")
        } else if written.contains('_') {
            format!("write the digits without `_`: {}", written.replace('_', ""))
        } else if matches!(more, "u" | "U" | "f" | "F" | "L" | "l" | "d") {
            format!("a number takes its type from what stands beside it: write {digits}")
        } else {
            "numbers are decimal digits, and a name begins with a letter".to_string()
        };
        self.mistakes.error(&code::EXPR_SYNTAX, part, format!("`{written}` is no number"), help);
        None
    }

    fn quoted(&mut self, quote: char) -> Option<Token> {
        let start = self.at;
        self.at += 1;
        let mut out = String::new();
        loop {
            let Some(c) = self.rest().chars().next() else {
                let part = Part { start, end: self.at };
                let help = format!("close the text with {quote}, or write \\{quote} for the sign itself");
                self.mistakes.error(&code::EXPR_UNCLOSED, part, "the text has no closing quote", help);
                return None;
            };
            self.at += c.len_utf8();
            match c {
                '\\' => out.push(self.escape()?),
                c if c == quote => return Some(Token::Text(out)),
                c => out.push(c),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let start = self.at - 1;
        let next = self.rest().chars().next();
        self.at += next.map_or(0, char::len_utf8);
        let known = match next {
            Some('n') => Some('\n'),
            Some('r') => Some('\r'),
            Some('t') => Some('\t'),
            Some(c @ ('\\' | '\'' | '"')) => Some(c),
            Some('u') => {
                let digits =
                    self.rest().get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
                self.at += digits.map_or(0, str::len);
                digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32)
            }
            _ => None,
        };
        if known.is_none() {
            let part = Part { start, end: self.at };
            let message = format!("`{}` is no escape", &self.text[start..self.at]);
            let help = "known are \\n \\r \\t \\\\ \\' \\\" and \\u with four hex digits; a backslash itself is \\\\";
            self.mistakes.error(&code::EXPR_SYNTAX, part, message, help);
        }
        known
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
