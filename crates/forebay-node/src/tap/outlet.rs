//! What can be tapped: the outputs of every node, with the columns that are carried there.

use std::sync::Arc;

use forebay_plan::plan::{Output, Plan, PlanNode};
use forebay_types::format::EXTRA;
use forebay_types::nearest::nearest;
use forebay_types::{Addr, Column, Schema, code};
use serde_json::{Value, json};

use crate::Error;

/// One output of a node.
#[derive(Debug)]
pub(crate) struct Outlet {
    pub node: String,
    /// Empty for the one that is the node itself.
    pub port: String,
    pub output: Output,
    /// What is carried there.
    pub columns: Vec<Column>,
    /// What the node could add, and nobody reads.
    unread: Vec<String>,
    /// Original bytes may hold something sensitive.
    pub hides_bytes: bool,
    /// For a sink: what it reads.
    reads: Option<String>,
}

/// Everything that a pipeline has to tap.
pub(crate) fn outlets(plan: &Plan) -> Vec<Arc<Outlet>> {
    let sources = plan.nodes.iter().filter(|node| node.source.is_some());
    let mut declared = sources.clone().flat_map(|node| node.source.iter().flat_map(|s| &s.declared));
    let mut made = sources.flat_map(|node| &node.outputs).flat_map(|output| &output.schema.columns);
    let hides_bytes = declared.any(|column| column.sensitive) || made.any(|column| column.sensitive);
    plan.nodes.iter().flat_map(|node| of_node(plan, node, hides_bytes)).map(Arc::new).collect()
}

fn of_node(plan: &Plan, node: &PlanNode, hides_bytes: bool) -> Vec<Outlet> {
    let reads = node.inputs.iter().flatten().flat_map(|input| &input.from).next();
    let reads =
        reads.filter(|_| node.sink.is_some()).map(|feed| plan.nodes[usize::from(feed.node.0)].name.clone());
    let outlet = |port: &str, output: Output, schema: Option<&Schema>, unread: Option<&Schema>| Outlet {
        node: node.name.clone(),
        port: port.to_string(),
        output,
        columns: schema.into_iter().flat_map(carried).cloned().collect(),
        unread: unread.into_iter().flat_map(Schema::names).map(|name| shown(name).to_string()).collect(),
        hides_bytes,
        reads: reads.clone(),
    };
    let ports = node.kind.outputs.iter().zip(&node.outputs).enumerate();
    let mut outlets: Vec<Outlet> = ports
        .map(|(at, (port, output))| {
            outlet(port.name, Output::Port(at), Some(&output.schema), Some(&output.unread))
        })
        .collect();
    outlets.push(outlet("rejected", Output::Rejected, None, None));
    if let Some(Some(main)) = node.inputs.first().filter(|_| node.kind.facts.keyed) {
        outlets.push(outlet("behind", Output::Behind, Some(&main.schema), None));
    }
    outlets
}

fn carried(schema: &Schema) -> impl Iterator<Item = &Column> {
    schema.columns.iter().filter(|column| column.addr != Addr::NOWHERE)
}

/// The name of a column; that of the undeclared fields is empty.
pub(super) fn shown(name: &str) -> &str {
    if name == EXTRA { "(undeclared fields)" } else { name }
}

impl Outlet {
    #[cfg(test)]
    pub fn of_test(node: &str, output: Output) -> Outlet {
        let (node, port) = (node.to_string(), String::new());
        Outlet {
            node,
            port,
            output,
            columns: Vec::new(),
            unread: Vec::new(),
            hides_bytes: false,
            reads: None,
        }
    }

    /// `NODE` or `NODE.PORT`.
    pub fn name(&self) -> String {
        match self.port.as_str() {
            "" => self.node.clone(),
            port => format!("{}.{port}", self.node),
        }
    }

    /// What is said of it before the first record.
    pub fn head(&self, pipeline: &str, rate: f64) -> Value {
        let names = |of: fn(&Column) -> bool| -> Vec<&str> {
            self.columns.iter().filter(|column| of(column)).map(|column| shown(&column.name)).collect()
        };
        json!({
            "pipeline": pipeline,
            "output": self.name(),
            "carries": names(|_| true),
            "sensitive": names(|column| column.sensitive),
            "unread": self.unread,
            "rate": rate,
        })
    }

    /// The output of that name; without a port the node's own, or its only one.
    pub fn find<'o>(
        outlets: &'o [Arc<Outlet>],
        pipeline: &str,
        node: &str,
        port: Option<&str>,
    ) -> Result<&'o Arc<Outlet>, Error> {
        let of_node: Vec<&Arc<Outlet>> = outlets.iter().filter(|outlet| outlet.node == node).collect();
        let is_own = |outlet: &&&Arc<Outlet>| matches!(outlet.output, Output::Port(_));
        let found = match port {
            Some(port) => of_node.iter().find(|outlet| outlet.port == port),
            None => {
                let mut own = of_node.iter().filter(is_own);
                let alone = of_node.iter().filter(is_own).count() == 1;
                own.find(|outlet| outlet.port.is_empty() || alone)
            }
        };
        found
            .copied()
            .ok_or_else(|| Error::new(&code::NO_OUTLET, missing(outlets, &of_node, pipeline, node, port)))
    }
}

/// What there is instead.
fn missing(
    outlets: &[Arc<Outlet>],
    of_node: &[&Arc<Outlet>],
    pipeline: &str,
    node: &str,
    port: Option<&str>,
) -> String {
    let list = |names: &[String]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let all: Vec<String> = outlets.iter().map(|outlet| outlet.name()).collect();
    let own: Vec<String> = of_node.iter().map(|outlet| outlet.name()).collect();
    let Some(first) = of_node.first() else {
        let near = nearest(node, outlets.iter().map(|outlet| outlet.node.as_str()));
        let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        return format!("{pipeline} has no node `{node}`{near}\n  it has {}", list(&all));
    };
    match (port, &first.reads) {
        (None, Some(reads)) => {
            format!(
                "`{node}` is a sink and hands nothing on: tap what it reads, `{reads}`, or {}",
                list(&own)
            )
        }
        (None, None) => format!("`{node}` has several outputs: tap one of {}", list(&own)),
        (Some(port), _) => {
            let near = nearest(port, of_node.iter().map(|outlet| outlet.port.as_str()));
            let near = near.map_or(String::new(), |near| format!("; did you mean `{node}.{near}`?"));
            format!("`{node}` has no output `{port}`{near}\n  it has {}", list(&own))
        }
    }
}
