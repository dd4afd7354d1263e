//! Licences of everything that is built, against a list of those that are allowed.

use crate::failure::Failure;
use crate::metadata::Metadata;

/// Allowed licences, by their SPDX names, and why each may be in a program under Apache-2.0.
const ALLOWED: &[(&str, &str)] = &[
    ("Apache-2.0", "our own"),
    ("MIT", "asks for its notice only"),
    ("BSD-2-Clause", "asks for its notice only"),
    ("BSD-3-Clause", "asks for its notice, and not to advertise with its authors"),
    ("ISC", "MIT in fewer words"),
    ("Zlib", "asks not to claim authorship"),
    ("BSL-1.0", "asks for its notice, in source only"),
    ("Unicode-3.0", "tables of the Unicode standard; asks for its notice only"),
];

pub fn check(metadata: &Metadata) -> Result<Vec<String>, Failure> {
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let label = format!("{} {}", package.name, package.version);
        match &package.licence {
            None => wrong.push(format!("{label} states no licence")),
            Some(licence) if !is_allowed(licence) => {
                wrong.push(format!("{label} is under `{licence}`, which is not allowed"));
            }
            Some(_) => {}
        }
    }
    Ok(wrong)
}

/// Whether an SPDX expression can be met by allowed licences alone. A text that is none is not allowed.
fn is_allowed(expression: &str) -> bool {
    // Before SPDX, crates wrote `/` for OR.
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = &words[..];
    any(&mut rest) == Some(true) && rest.is_empty()
}

/// `x OR y`, which binds less than AND. `None` where there is no expression.
fn any(words: &mut &[&str]) -> Option<bool> {
    let mut met = all(words)?;
    while take(words, "OR") {
        met |= all(words)?;
    }
    Some(met)
}

fn all(words: &mut &[&str]) -> Option<bool> {
    let mut met = one(words)?;
    while take(words, "AND") {
        met &= one(words)?;
    }
    Some(met)
}

fn one(words: &mut &[&str]) -> Option<bool> {
    if take(words, "(") {
        let met = any(words)?;
        return take(words, ")").then_some(met);
    }
    let (name, rest) = words.split_first()?;
    if ["AND", "OR", "WITH", ")"].contains(name) {
        return None;
    }
    *words = rest;
    if take(words, "WITH") {
        // An exception gives more freedom than the licence alone.
        let (_, rest) = words.split_first()?;
        *words = rest;
    }
    Some(ALLOWED.iter().any(|(allowed, _)| allowed == name))
}

fn take(words: &mut &[&str], word: &str) -> bool {
    match words.split_first() {
        Some((first, rest)) if *first == word => {
            *words = rest;
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_met_by_allowed_licences_or_not() {
        for allowed in [
            "MIT",
            "MIT OR GPL-3.0",
            "Unlicense/MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "GPL-2.0 AND MIT OR Zlib",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert!(is_allowed(allowed), "{allowed}");
        }
        for refused in [
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "(MIT OR Zlib) AND GPL-3.0",
            "",
            "MIT OR",
            "(MIT",
            "MIT Zlib",
            "AND",
        ] {
            assert!(!is_allowed(refused), "{refused}");
        }
    }
}
