//! Single nodes, made from a plan as the engine makes them.

use std::path::Path;
use std::sync::Arc;

use forebay_node::Registry;
use forebay_plan::Plan;
use forebay_plan::plan::PlanNode;
use forebay_stage::expr::Values;
use forebay_stage::types::Schema;
use forebay_stage::types::kind::Scope;
use forebay_stage::{Build, Declared, Fault, Make, ModelFile, ModelFiles, Shards, Stage};

use crate::failure::Failure;

/// A node of a plan by its name.
pub fn node<'p>(plan: &'p Plan, name: &str) -> Result<&'p PlanNode, Failure> {
    let node = plan.nodes.iter().find(|node| node.name == name);
    node.ok_or_else(|| Failure::new(format!("the plan has no node `{name}`")))
}

/// Makes a stage that needs no model, var or list.
pub fn stage(registry: &Registry, node: &PlanNode) -> Result<Box<dyn Stage>, Failure> {
    match registry.factory(node.kind).map(|factory| factory.make) {
        Some(Make::Stage(make)) => with_build(node, make),
        _ => Err(Failure::new(format!("`{}` is no stage", node.name))),
    }
}

fn with_build<T>(node: &PlanNode, make: fn(&Build<'_>) -> Result<T, Fault>) -> Result<T, Failure> {
    let inputs: Vec<Option<Schema>> =
        node.inputs.iter().map(|input| input.as_ref().map(|input| input.schema.clone())).collect();
    let outputs: Vec<Schema> = node.outputs.iter().map(|output| output.adds.clone()).collect();
    let source = node.source.as_ref();
    let declared: Vec<Declared> = source.iter().flat_map(|source| &source.declared).map(declared).collect();
    let made = make(&Build {
        node: node.id,
        name: &node.name,
        base: Path::new(""),
        config: &node.config,
        format: source.map(|source| source.format).unwrap_or_default(),
        extra: source.map(|source| source.extra).unwrap_or_default(),
        inputs: &inputs,
        outputs: &outputs,
        declared: &declared,
        columns: &[],
        streams: &Arc::default(),
        model: None,
        scope: &Scope::default(),
        values: &Values::default(),
        models: &NoModels,
        shards: Shards::ALL,
        keep_raw: source.is_some_and(|source| source.keep_raw),
    });
    made.map_err(Failure::doing(format!("make `{}`", node.name)))
}

fn declared(plan: &forebay_plan::plan::DeclaredPlan) -> Declared {
    Declared {
        from: plan.from.clone(),
        name: plan.name.clone(),
        ty: plan.ty.clone(),
        default: plan.default.clone(),
        sensitive: plan.sensitive,
        slot: plan.slot,
    }
}

struct NoModels;

impl ModelFiles for NoModels {
    fn file(&self, name: &str) -> Result<ModelFile, Fault> {
        panic!("a node with the model `{name}` is not made by itself")
    }
}
