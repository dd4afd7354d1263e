//! A plan for programs: what `plan --json` prints. Names are those of the file; bytes and nanoseconds carry their unit
//! in the key.

use forebay_types::Schema;
use serde_json::{Value, json};

use crate::plan::*;
use crate::text::shown;

pub fn json(plan: &Plan) -> Value {
    json!({
        "pipeline": plan.name,
        "lanes": plan.lanes,
        "shards": plan.shards,
        "scale": plan.scale.word(),
        "max_batch": plan.max_batch,
        "credits": plan.credits,
        "delivery": {
            "guarantee": plan.delivery.guarantee.word(),
            "proof": plan.delivery.proof,
            "commit_every_ns": plan.delivery.commit_every_ns,
        },
        "breaker": plan.breaker.map(|breaker| json!({
            "share": breaker.share,
            "over_ns": breaker.over_ns,
            "least": breaker.least,
        })),
        "nodes": plan.nodes.iter().map(|node| self::node(plan, node)).collect::<Vec<_>>(),
        "exchanges": plan.exchanges.iter().map(|exchange| self::exchange(plan, exchange)).collect::<Vec<_>>(),
        "copies": plan.copies.iter().map(copy).collect::<Vec<_>>(),
        "memory": plan.memory.iter().map(memory).collect::<Vec<_>>(),
    })
}

fn node(plan: &Plan, node: &PlanNode) -> Value {
    let input = |(port, input): (usize, &Option<PlanInput>)| {
        let input = input.as_ref()?;
        let from: Vec<String> = input.from.iter().map(|feed| output(plan, feed.node, feed.output)).collect();
        let reads = names(&input.reads);
        let (port, columns) = (node.kind.inputs[port].name, columns(&input.schema));
        Some(json!({ "port": port, "from": from, "reads": reads, "columns": columns }))
    };
    let key = |keys: &Vec<KeyColumn>, input: &Option<PlanInput>| -> Vec<String> {
        let columns = input.iter().flat_map(|input| &input.schema.columns);
        columns
            .filter(|column| keys.iter().any(|key| key.addr == column.addr))
            .map(|c| c.name.clone())
            .collect()
    };
    let outputs = node.kind.outputs.iter().zip(&node.outputs).map(|(port, output)| {
        json!({
            "port": port.name,
            "columns": columns(&output.schema),
            "makes": columns(&output.adds),
            "unread": names(&output.unread),
        })
    });
    json!({
        "name": node.name,
        "role": node.kind.role.noun(),
        "kind": node.kind.name,
        "place": "host",
        "segment": node.segment,
        "spread": match plan.segments[node.segment].spread {
            Spread::One => "one",
            Spread::Keyed => "keyed",
            Spread::Streams => "streams",
        },
        "key": node.keys.as_ref().and_then(|keys| Some(key(keys.first()?, node.inputs.first()?))),
        "inputs": node.inputs.iter().enumerate().filter_map(input).collect::<Vec<_>>(),
        "outputs": outputs.collect::<Vec<_>>(),
        "models": node.models,
        "guarantee": node.sink.as_ref().map(|sink| sink.guarantee.word()),
        "deadline_ns": node.source.as_ref().and_then(|source| Some(source.slo?.deadline_ns)),
    })
}

fn output(plan: &Plan, node: forebay_types::id::NodeId, output: Output) -> String {
    let node = &plan.nodes[usize::from(node.0)];
    match output {
        Output::Rejected => format!("{}.rejected", node.name),
        Output::Behind => format!("{}.behind", node.name),
        Output::Port(port) if node.kind.outputs[port].name.is_empty() => node.name.clone(),
        Output::Port(port) => format!("{}.{}", node.name, node.kind.outputs[port].name),
    }
}

fn names(schema: &Schema) -> Vec<&str> {
    schema.names().map(shown).collect()
}

fn columns(schema: &Schema) -> Vec<Value> {
    let column = schema.columns.iter().map(|column| match column.sensitive {
        true => json!({ "name": shown(&column.name), "type": column.ty.to_string(), "sensitive": true }),
        false => json!({ "name": shown(&column.name), "type": column.ty.to_string() }),
    });
    column.collect()
}

fn exchange(plan: &Plan, exchange: &Exchange) -> Value {
    let to = &plan.nodes[usize::from(exchange.to.node.0)];
    json!({
        "from": output(plan, exchange.from, exchange.output),
        "to": to.name,
        "port": to.kind.inputs[exchange.to.port].name,
        "how": match exchange.how { Route::ByKey => "by_key", Route::ToOne => "to_one", Route::Same => "same" },
        "copied_bytes_per_record": exchange.copied_bytes,
        "columns": exchange.columns.names().map(shown).collect::<Vec<_>>(),
    })
}

fn copy(copy: &Copy) -> Value {
    json!({ "at": copy.at, "what": copy.what, "bytes_per_record": copy.bytes_per_record })
}

fn memory(line: &MemoryLine) -> Value {
    json!({ "what": line.what, "bytes": line.bytes, "reason": line.reason, "for_each": line.each })
}
