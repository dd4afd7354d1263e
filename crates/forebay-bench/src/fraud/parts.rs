//! Single nodes, made from a plan as the engine makes them.

use forebay_node::Registry;
use forebay_plan::Plan;
use forebay_plan::plan::PlanNode;
use forebay_stage::testing::build;
use forebay_stage::types::Schema;
use forebay_stage::{Build, Declared, Fault, Make, Stage};

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
        format: source.map(|source| source.format).unwrap_or_default(),
        extra: source.map(|source| source.extra).unwrap_or_default(),
        declared: &declared,
        keep_raw: source.is_some_and(|source| source.keep_raw),
        ..build(&node.config, &inputs, &outputs)
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
