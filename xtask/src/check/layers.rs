//! Which crate may see which: the table of crates in ARCHITECTURE.md against the manifests. Dev-dependencies are free.
//! Examples stand in no table; what a user writes against is all that they may see.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::failure::Failure;
use crate::metadata::{Metadata, Package};
use crate::shell;

/// What the author of a stage depends on.
const FOR_USERS: &str = "forebay-stage";

/// A row of the table.
struct Row<'t> {
    layer: &'t str,
    /// What the last column names, by package name.
    sees: Vec<String>,
}

pub fn check(metadata: &Metadata) -> Result<Vec<String>, Failure> {
    let path = shell::root().join("ARCHITECTURE.md");
    let text = fs::read_to_string(&path).map_err(Failure::io("read ARCHITECTURE.md"))?;
    let table = table(&text);
    let mut wrong = against(&table, metadata.members());
    for package in metadata.members().filter(|package| is_pure(&table, &package.name)) {
        for other in metadata.built_with(package) {
            if let Some(library) = &other.links {
                wrong.push(format!(
                    "`{}` is pure and yet built with {library}, the foreign library of `{}`",
                    package.name, other.name
                ));
            }
            if other.name == "tokio" {
                wrong.push(format!("`{}` is pure and yet built with tokio", package.name));
            }
        }
    }
    Ok(wrong)
}

fn is_pure(table: &BTreeMap<&str, Row<'_>>, name: &str) -> bool {
    table.get(name).is_some_and(|row| row.layer == "pure")
}

/// Rows of the table that has a column `may see`, by crate.
fn table(text: &str) -> BTreeMap<&str, Row<'_>> {
    let lines = text.lines().skip_while(|line| !line.contains("| may see |")).skip(2);
    let rows: Vec<[&str; 4]> = lines
        .map_while(|line| {
            let cells: Vec<&str> =
                line.strip_prefix('|')?.strip_suffix('|')?.split('|').map(str::trim).collect();
            cells.try_into().ok()
        })
        .collect();
    let names: Vec<&str> = rows.iter().map(|[_, name, ..]| name.trim_matches('`')).collect();
    let full = |short: &str| {
        let prefixed = format!("forebay-{short}");
        if names.contains(&prefixed.as_str()) { prefixed } else { short.to_string() }
    };
    let short_names = |sees: &str| {
        let names = sees.split(',').map(str::trim).filter(|short| !short.is_empty());
        names.map(full).collect()
    };
    let rows = rows.iter().map(|&[layer, _, _, sees]| Row { layer, sees: short_names(sees) });
    names.iter().copied().zip(rows).collect()
}

/// Where crates and table differ.
fn against<'p>(table: &BTreeMap<&str, Row<'_>>, packages: impl Iterator<Item = &'p Package>) -> Vec<String> {
    let packages: Vec<&Package> = packages.collect();
    let ours: BTreeSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let mut wrong = Vec::new();
    for package in &packages {
        let name = package.name.as_str();
        if package.example {
            let seen = package.dependencies.iter().filter(|other| ours.contains(other.as_str()));
            wrong.extend(seen.filter(|other| *other != FOR_USERS).map(|other| {
                format!(
                    "the example `{name}` depends on `{other}`, and users write against `{FOR_USERS}` alone"
                )
            }));
            continue;
        }
        if !table.contains_key(name) {
            wrong.push(format!("`{name}` has no row in the table of crates in ARCHITECTURE.md"));
            continue;
        }
        let allowed = reach(table, name);
        let seen = package.dependencies.iter().map(String::as_str).filter(|other| ours.contains(other));
        for other in seen.filter(|other| !allowed.contains(other)) {
            wrong.push(format!("`{name}` depends on `{other}`, which ARCHITECTURE.md does not let it see"));
        }
    }
    for (name, row) in table {
        if !ours.contains(name) {
            wrong.push(format!("ARCHITECTURE.md has a row for `{name}`, which does not exist"));
        }
        for other in row.sees.iter().filter(|other| !table.contains_key(other.as_str())) {
            wrong.push(format!("ARCHITECTURE.md lets `{name}` see `{other}`, which has no row"));
        }
        if reach(table, name).contains(name) {
            wrong.push(format!("ARCHITECTURE.md lets `{name}` see itself through what it may see"));
        }
    }
    wrong
}

/// What a crate may depend on: those in its row, and what they may depend on.
fn reach<'t>(table: &'t BTreeMap<&str, Row<'_>>, name: &str) -> BTreeSet<&'t str> {
    let row = |name: &str| table.get(name).map_or(&[][..], |row| &row.sees).iter().map(String::as_str);
    let (mut seen, mut open) = (BTreeSet::new(), row(name).collect::<Vec<_>>());
    while let Some(next) = open.pop() {
        if seen.insert(next) {
            open.extend(row(next));
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "
| layer | crate | one line | may see |
|---|---|---|---|
| pure | `forebay-types` | words | |
| pure | `forebay-spec` | files | types |
| runtime | `forebay-exec` | lanes | spec |
| tools | `xtask` | this | testkit |
| tools | `forebay-testkit` | helpers | |

Text after it.
";

    /// Crates as `name: dependency dependency`, a line each.
    #[track_caller]
    fn check(table_text: &str, crates: &str, expect: &[&str]) {
        let package = |line: &str| {
            let (name, dependencies) = line.split_once(':').unwrap();
            Package {
                id: name.to_string(),
                name: name.to_string(),
                version: String::new(),
                licence: None,
                member: true,
                example: name.starts_with("own-"),
                links: None,
                dependencies: dependencies.split_whitespace().map(String::from).collect(),
            }
        };
        let packages: Vec<Package> = crates.lines().map(package).collect();
        assert_eq!(against(&table(table_text), packages.iter()), expect);
    }

    const GOOD: &str = "forebay-types:
forebay-spec: forebay-types serde_json
forebay-exec: forebay-spec forebay-types
xtask: forebay-testkit
forebay-testkit:";

    #[test]
    fn what_the_table_allows_is_allowed() {
        check(TABLE, GOOD, &[]);
    }

    #[test]
    fn what_it_does_not_allow_is_named() {
        let up = GOOD.replace("forebay-types:\n", "forebay-types: forebay-spec\n");
        check(
            TABLE,
            &up,
            &["`forebay-types` depends on `forebay-spec`, which ARCHITECTURE.md does not let it see"],
        );
        let more = format!("{GOOD}\nforebay-new:");
        check(TABLE, &more, &["`forebay-new` has no row in the table of crates in ARCHITECTURE.md"]);
        let fewer = GOOD.replace("xtask: forebay-testkit\n", "");
        check(TABLE, &fewer, &["ARCHITECTURE.md has a row for `xtask`, which does not exist"]);
    }

    #[test]
    fn an_example_sees_what_users_see() {
        let stage = TABLE.replace(
            "| tools | `xtask`",
            "| runtime | `forebay-stage` | stages | types |\n| tools | `xtask`",
        );
        let crates = format!("{GOOD}\nforebay-stage: forebay-types\nown-stage: forebay-stage serde");
        check(&stage, &crates, &[]);
        let more = crates.replace("forebay-stage serde", "forebay-stage forebay-exec");
        let expect = "the example `own-stage` depends on `forebay-exec`, and users write against `forebay-stage` alone";
        check(&stage, &more, &[expect]);
    }

    #[test]
    fn a_table_that_makes_no_sense_is_named() {
        let unknown = TABLE.replace("| this | testkit |", "| this | testkid |");
        let crates = GOOD.replace("xtask: forebay-testkit", "xtask:");
        check(&unknown, &crates, &["ARCHITECTURE.md lets `xtask` see `testkid`, which has no row"]);
        let circle = TABLE.replace("| words | |", "| words | spec |");
        check(
            &circle,
            GOOD,
            &[
                "ARCHITECTURE.md lets `forebay-spec` see itself through what it may see",
                "ARCHITECTURE.md lets `forebay-types` see itself through what it may see",
            ],
        );
    }
}
