//! The parser's complaints in our words: what is wrong, in terms of what one sees, and what to do.

use forebay_types::code::{self, Code};

/// Code, message and cure of a syntax error. `info` is the parser's text, `line` the text from the start of
/// the line to where it stopped, `next` the character that stands there.
pub(super) fn explain(info: &str, line: &str, next: Option<char>) -> (&'static Code, String, &'static str) {
    let has = |part: &str| info.contains(part);
    if has("tab") || line.chars().take_while(|c| c.is_whitespace()).any(|c| c == '\t') {
        return (
            &code::TAB,
            "a tab indents this line".into(),
            "YAML is indented with spaces only: write two for a level",
        );
    }
    if has("unexpected end of stream") || has("unexpected eof") {
        return (
            &code::UNCLOSED,
            "a quoted text begins here and does not end".into(),
            "add the closing quote",
        );
    }
    if has("quoted scalar") && has("indentation") {
        let message = "a quoted text begins here and does not end before the next field".into();
        return (&code::UNCLOSED, message, "add the closing quote");
    }
    if has("misplaced bracket") {
        return (
            &code::UNCLOSED,
            "a bracket is closed that was not opened".into(),
            "remove it, or open it before",
        );
    }
    if has("in flow") || has("flow mapping") || has("flow sequence") || has("illegal placement of ':'") {
        return flow(next);
    }
    if has("node content") {
        let message = match next {
            None => "the file ends before the value does".into(),
            Some(c) => format!("a value is expected before `{c}`"),
        };
        return (&code::UNCLOSED, message, "close every `[` and `{`, and quote a text that holds one");
    }
    if has("escape") || has("hexadecimal") {
        let message = "a double-quoted text holds an escape that YAML does not know".into();
        return (
            &code::ESCAPE,
            message,
            "write `\\\\` for a backslash, or use single quotes, in which nothing is escaped",
        );
    }
    if has("unknown anchor") {
        return (
            &code::ALIAS,
            "this alias names an anchor that is not set before".into(),
            "write `&NAME` where it is defined",
        );
    }
    if has("unexpected character") || has("cannot start with") {
        let message = format!("a text without quotes cannot begin with `{}`", next.unwrap_or('-'));
        return (&code::QUOTES_NEEDED, message, "put the text in double quotes");
    }
    if has("mapping values are not allowed") {
        let message = "a second `: ` on a line, or a field that is indented below a value".into();
        return (
            &code::QUOTES_NEEDED,
            message,
            "put a text that holds `: ` in double quotes; give fields of one map one indentation",
        );
    }
    if has("trailing content") {
        let message = "something stands behind a quoted text".into();
        return (&code::QUOTES_NEEDED, message, "put all of the text inside the quotes");
    }
    if has("indentation")
        || has("document start")
        || has("document-start")
        || has("did not find expected key")
        || has("'-' indicator")
    {
        let message = "this line is indented as nothing before it is".into();
        return (
            &code::INDENTATION,
            message,
            "the fields of one map, and the items of one list, begin in the same column",
        );
    }
    if has("block sequence entries") {
        let message = "a list item `-` cannot begin here".into();
        return (&code::INDENTATION, message, "begin the list on a line of its own, or write it as `[a, b]`");
    }
    if has("simple key") {
        return (&code::SYNTAX, "a `:` is missing after this key".into(), "write `key: value`");
    }
    if has("recursion") {
        return (&code::TOO_DEEP, "lists and maps stand too deep in each other".into(), "flatten the file");
    }
    (
        &code::SYNTAX,
        format!("this is not YAML: {info}"),
        "compare it with the lines around; `forebay new` writes a file that is right",
    )
}

fn flow(next: Option<char>) -> (&'static Code, String, &'static str) {
    let message = match next {
        Some(':') => "a `:` stands where `,` or a closing bracket is expected".into(),
        Some(c) if !c.is_whitespace() => format!("`{c}` stands where `,` or a closing bracket is expected"),
        _ => "`,` or a closing bracket is missing".into(),
    };
    (
        &code::UNCLOSED,
        message,
        "inside `{ }` and `[ ]` a text that holds any of , : # ? [ ] { } has to be in double quotes",
    )
}
