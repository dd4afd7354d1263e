//! Names: what they are made of, and how to write what is none.

/// `[a-z][a-z0-9_]*`.
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// A DNS label.
pub(super) fn is_label(text: &str) -> bool {
    let ok = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    !text.is_empty()
        && text.len() <= 63
        && text.bytes().all(|b| ok(b) || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

pub(super) fn is_output(text: &str) -> bool {
    match text.split_once('.') {
        Some((node, port)) => is_name(node) && is_name(port),
        None => is_name(text),
    }
}

/// How to write what is no name.
pub(crate) fn name_help(text: &str) -> String {
    match suggest_name(text, '_') {
        name if is_name(&name) => format!("write `{name}`"),
        _ => "it begins with a letter from a to z".into(),
    }
}

/// How to write what names no output.
pub(super) fn output_help(text: &str) -> String {
    match text.split(',').map(str::trim).collect::<Vec<_>>() {
        parts if parts.len() > 1 && parts.iter().all(|part| is_output(part)) => {
            format!("several outputs stand in a list: `[{}]`", parts.join(", "))
        }
        _ => match text.split_once('.') {
            Some((node, port)) => {
                let [node, port] = [node, port].map(|part| suggest_name(part, '_'));
                if is_name(&node) && is_name(&port) {
                    format!("write `{node}.{port}`")
                } else {
                    "write NAME or NAME.PORT".to_string()
                }
            }
            None => name_help(text),
        },
    }
}

pub(super) fn label_help(text: &str) -> String {
    match suggest_name(text, '-') {
        label if is_label(&label) => format!("write `{label}`"),
        _ => "it is made of letters from a to z, digits and `-`".into(),
    }
}

/// The name that was probably meant: `TxIn` is `tx_in`.
fn suggest_name(text: &str, join: char) -> String {
    let mut name = String::new();
    for c in text.chars() {
        if c.is_ascii_uppercase()
            && name.chars().last().is_some_and(|last| last.is_ascii_lowercase() || last.is_ascii_digit())
        {
            name.push(join);
        }
        match c {
            c if c.is_ascii_alphanumeric() => name.push(c.to_ascii_lowercase()),
            _ if !name.is_empty() && !name.ends_with(join) => name.push(join),
            _ => {}
        }
    }
    let name = name.trim_end_matches(join).trim_start_matches(|c: char| c.is_ascii_digit() && join == '_');
    name.chars().take(63).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_suggested_for_what_is_none() {
        for (text, expect) in [
            ("TxIn", "write `tx_in`"),
            ("scored-tx", "write `scored_tx`"),
            ("3d model", "write `d_model`"),
            ("ÄÖ", "it begins with a letter from a to z"),
        ] {
            assert!(!is_name(text));
            assert_eq!(name_help(text), expect);
        }
        assert_eq!(label_help("Card_Fraud"), "write `card-fraud`");
        assert!(
            is_label("a-1")
                && !is_label("-a")
                && !is_label(&"a".repeat(64))
                && is_output("a.b")
                && !is_output("a.b.c")
        );
    }
}
