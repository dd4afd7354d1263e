//! Crates that are there in two versions: built twice, and two types of one name. Some cannot be helped for a while.

use std::collections::BTreeMap;

use crate::failure::Failure;
use crate::metadata::Metadata;

/// Names of crates that may be there more than once, and why. An entry that no longer holds is an error too.
const KNOWN: &[(&str, &str)] =
    &[("syn", "a macro of rdkafka-sys, for which there is no newer version, needs syn 2")];

pub fn check(metadata: &Metadata) -> Result<Vec<String>, Failure> {
    Ok(against(
        KNOWN,
        metadata.packages.iter().map(|package| (package.name.as_str(), package.version.as_str())),
    ))
}

fn against<'p>(known: &[(&str, &str)], packages: impl Iterator<Item = (&'p str, &'p str)>) -> Vec<String> {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, version) in packages {
        versions.entry(name).or_default().push(version);
    }
    versions.retain(|_, versions| versions.len() > 1);
    let is_known = |name: &str| known.iter().any(|(known, _)| *known == name);
    let mut wrong: Vec<String> = versions
        .iter()
        .filter(|(name, _)| !is_known(name))
        .map(|(name, versions)| {
            format!("`{name}` is there as {}: `cargo tree -d` shows why", versions.join(" and "))
        })
        .collect();
    let stale = known.iter().filter(|(name, _)| !versions.contains_key(name));
    wrong.extend(
        stale.map(|(name, _)| format!("`{name}` is there once: take it off the list of known duplicates")),
    );
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_version_needs_a_reason_and_a_reason_a_second_version() {
        let packages = || [("a", "1.0.0"), ("b", "1.0.0"), ("a", "2.0.0")].into_iter();
        assert_eq!(against(&[], packages()), ["`a` is there as 1.0.0 and 2.0.0: `cargo tree -d` shows why"]);
        assert_eq!(against(&[("a", "because")], packages()), Vec::<String>::new());
        assert_eq!(
            against(&[("a", "because"), ("b", "because")], packages()),
            ["`b` is there once: take it off the list of known duplicates"]
        );
    }
}
