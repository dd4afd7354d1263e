//! Texts with parts that are filled in later: `${secret:N}`, `${stream:COLUMN}`, `${time:FORMAT}`, `${var:N}`.
//! `$${` is the text `${`. Whoever reads such a field (a path, a password) takes it apart here, so that all
//! agree on what a part is.

use std::ops::Range;

/// A piece of a text; the range is its bytes in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    Text(&'a str),
    /// `${SCHEME:NAME}`.
    Ref {
        scheme: &'a str,
        name: &'a str,
        at: Range<usize>,
    },
    /// `${` without the rest.
    Broken {
        at: Range<usize>,
    },
}

/// The pieces of a text, in order.
pub fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut from = 0;
    while let Some(found) = text[from..].find("${") {
        let open = from + found;
        if text[..open].ends_with('$') && open > from {
            // `$${`: what stands before both signs, then the escaped two as text.
            push_text(&mut parts, &text[from..open - 1]);
            push_text(&mut parts, &text[open..open + 2]);
            from = open + 2;
            continue;
        }
        push_text(&mut parts, &text[from..open]);
        let Some(length) = text[open..].find('}') else {
            parts.push(Part::Broken { at: open..text.len() });
            return parts;
        };
        let at = open..open + length + 1;
        match text[open + 2..at.end - 1].split_once(':') {
            Some((scheme, name)) if !name.is_empty() => {
                parts.push(Part::Ref { scheme, name, at: at.clone() })
            }
            _ => parts.push(Part::Broken { at: at.clone() }),
        }
        from = at.end;
    }
    push_text(&mut parts, &text[from..]);
    parts
}

fn push_text<'a>(parts: &mut Vec<Part<'a>>, text: &'a str) {
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
}

/// A text that reads back as itself.
pub fn escape(text: &str) -> String {
    text.replace("${", "$${")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        let shown: Vec<String> = parts(text)
            .into_iter()
            .map(|part| match part {
                Part::Text(text) => text.to_string(),
                Part::Ref { scheme, name, at } => format!("<{scheme}|{name}|{}>", &text[at]),
                Part::Broken { at } => format!("<!{}>", &text[at]),
            })
            .collect();
        assert_eq!(shown.join(" "), expect);
    }

    #[test]
    fn parts_escapes_and_broken_ones() {
        check("a/${time:%Y}.x", "a/ <time|%Y|${time:%Y}> .x");
        check("${var:a}${var:b}", "<var|a|${var:a}> <var|b|${var:b}>");
        check("cost $${var:a} $5", "cost  ${ var:a} $5");
        check("${HOME} ${x", "<!${HOME}>   <!${x>");
        check("", "");
    }

    #[test]
    fn what_is_escaped_reads_as_text() {
        let text = "a ${var:x} b";
        let escaped = escape(text);
        let back: String = parts(&escaped)
            .iter()
            .map(|part| match part {
                Part::Text(text) => *text,
                _ => "?",
            })
            .collect();
        assert_eq!(back, text);
    }
}
