//! Takes out of the pipeline of a test what nothing that can be seen depends on, so that it need not even run here.

use std::collections::BTreeSet;

use forebay_spec::pipeline::{Body, Input, OutputRef, Pipeline};

/// Leaves what the sinks read and what leads to it, and the nodes in `also`.
pub(super) fn keep_needed(pipeline: &mut Pipeline, also: Vec<String>) {
    let needed = needed(pipeline, also);
    let is_needed = |body: &Body| needed.contains(&body.name.value);
    let Pipeline { sources, stages, sinks, .. } = pipeline;
    let names = sources.iter().map(|source| &source.body).chain(stages.iter().map(|stage| &stage.body));
    let gone: BTreeSet<String> =
        names.filter(|body| !is_needed(body)).map(|body| body.name.value.clone()).collect();
    let cut = |inputs: &mut Vec<Input>| {
        inputs.iter_mut().for_each(|input| input.from.retain(|output| !gone.contains(&output.node)));
        inputs.retain(|input| !input.from.is_empty());
    };
    sources.retain(|source| is_needed(&source.body));
    stages.retain(|stage| is_needed(&stage.body));
    stages.iter_mut().for_each(|stage| cut(&mut stage.inputs));
    sinks.iter_mut().for_each(|sink| cut(&mut sink.inputs));
    sinks.retain(|sink| !sink.inputs.is_empty());
}

fn needed(pipeline: &Pipeline, also: Vec<String>) -> BTreeSet<String> {
    let mut open = also;
    open.extend(pipeline.sinks.iter().flat_map(|sink| upstream(&sink.inputs)));
    let mut needed = BTreeSet::new();
    while let Some(name) = open.pop() {
        let stage = pipeline.stages.iter().find(|stage| stage.body.name.value == name);
        if needed.insert(name) {
            open.extend(stage.iter().flat_map(|stage| upstream(&stage.inputs)));
        }
    }
    needed
}

/// The nodes that inputs read, but for what is rejected: nobody runs a stage to see that.
fn upstream(inputs: &[Input]) -> impl Iterator<Item = String> {
    let outputs = inputs.iter().flat_map(|input| &input.from).filter(|output| !is_rejected(output));
    outputs.map(|output| output.node.clone())
}

pub(super) fn is_rejected(output: &OutputRef) -> bool {
    output.port == "rejected" || output.node == "rejected"
}
