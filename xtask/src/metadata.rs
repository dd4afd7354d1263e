//! What `cargo metadata` says about this workspace: its own packages and all they depend on, as built on Linux.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::failure::Failure;
use crate::shell;

pub struct Metadata {
    pub packages: Vec<Package>,
    /// Package ids → the ids that they are built with, without dev-dependencies.
    graph: BTreeMap<String, BTreeSet<String>>,
}

pub struct Package {
    pub id: String,
    pub name: String,
    pub version: String,
    pub licence: Option<String>,
    /// Whether it is ours.
    pub member: bool,
    /// Whether it is an example: ours, and written as a user would.
    pub example: bool,
    /// The foreign library that it links, if it does.
    pub links: Option<String>,
    /// Names of packages that it depends on, without dev-dependencies.
    pub dependencies: BTreeSet<String>,
}

/// Where the project runs, and so where it is checked.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

impl Metadata {
    pub fn read() -> Result<Metadata, Failure> {
        let mut cargo = shell::cargo(["metadata", "--format-version=1", "--filter-platform", PLATFORM]);
        Metadata::parse(&shell::output(&mut cargo)?)
            .ok_or_else(|| Failure::Fault("`cargo metadata` wrote something else than was expected".into()))
    }

    fn parse(text: &str) -> Option<Metadata> {
        let root: Value = serde_json::from_str(text).ok()?;
        let members: Option<BTreeSet<&str>> =
            root["workspace_members"].as_array()?.iter().map(Value::as_str).collect();
        let members = members?;
        let packages = root["packages"].as_array()?.iter().map(|value| Package::parse(value, &members));
        let nodes = root["resolve"]["nodes"].as_array()?;
        let graph = nodes.iter().map(|node| {
            let built_with = node["deps"].as_array()?.iter().filter(|dep| is_built(dep));
            let ids = built_with.map(|dep| dep["pkg"].as_str().map(String::from)).collect::<Option<_>>()?;
            Some((node["id"].as_str()?.to_string(), ids))
        });
        Some(Metadata { packages: packages.collect::<Option<_>>()?, graph: graph.collect::<Option<_>>()? })
    }

    /// Our own packages.
    pub fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.member)
    }

    /// Everything that a package is built with, itself included.
    pub fn built_with(&self, package: &Package) -> Vec<&Package> {
        let (mut seen, mut open) = (BTreeSet::new(), vec![package.id.as_str()]);
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                open.extend(self.graph.get(id).into_iter().flatten().map(String::as_str));
            }
        }
        self.packages.iter().filter(|package| seen.contains(package.id.as_str())).collect()
    }
}

/// Whether a dependency counts in a build that is no test.
fn is_built(dep: &Value) -> bool {
    let kinds = dep["dep_kinds"].as_array();
    kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind["kind"] != "dev"))
}

impl Package {
    fn parse(value: &Value, members: &BTreeSet<&str>) -> Option<Package> {
        let text = |name: &str| value[name].as_str().map(String::from);
        let dependencies = value["dependencies"].as_array()?.iter().filter(|dep| dep["kind"] != "dev");
        let id = text("id")?;
        let manifest = text("manifest_path")?;
        Some(Package {
            example: Path::new(&manifest).starts_with(shell::root().join("examples")),
            member: members.contains(id.as_str()),
            id,
            name: text("name")?,
            version: text("version")?,
            licence: text("license"),
            links: text("links"),
            dependencies: dependencies
                .map(|dep| dep["name"].as_str().map(String::from))
                .collect::<Option<_>>()?,
        })
    }
}
