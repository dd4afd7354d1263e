//! The nodes of a plan as the engine reads them.

use forebay_spec::pipeline::{ColumnSpec, Declared, Sensitive, Sink, Slo, Source, WhenLate};
use forebay_types::{Addr, Schema};

use super::lanes::Lanes;
use super::layout::{LaidInput, Layout};
use super::{id, output, promise};
use crate::graph::{Entry, Link, Out};
use crate::plan::*;
use crate::resolve::{Checked, Resolved, Write};

pub(super) fn build(resolved: Resolved<'_>, layout: Layout, lanes: &Lanes) -> Option<Vec<PlanNode>> {
    let mut readers = Readers::new(&resolved);
    let ends: Vec<_> = (0..resolved.graph.nodes.len())
        .map(|at| match resolved.graph.nodes[at].entry {
            Entry::Source(node) => (Some(source(&resolved, &layout, node, at)), None),
            Entry::Sink(node) => (None, Some(sink(&resolved, &layout, node, at))),
            Entry::Stage(_) => (None, None),
        })
        .collect();
    let Resolved { graph, checked, .. } = resolved;
    let mut nodes = Vec::with_capacity(graph.nodes.len());
    let laid = layout.inputs.into_iter().zip(layout.outputs);
    for ((at, (node, checked)), ((inputs, outputs), (source, sink))) in
        graph.nodes.into_iter().zip(checked).enumerate().zip(laid.zip(ends))
    {
        let body = node.body();
        // A sink that writes from one place has no use for its key here.
        let is_keyed = matches!(node.entry, Entry::Stage(_)) || lanes.nodes[at].spread == Spread::Keyed;
        let keys = keys(&checked, &inputs).filter(|_| is_keyed);
        let Checked { mut filter, models, .. } = checked;
        let inputs = node.ports.iter().zip(inputs).map(|(port, laid)| {
            let (port, laid) = (port.as_ref()?, laid?);
            let feed = |(link, project): (&Link, Option<Vec<Addr>>)| Feed {
                node: id(link.from),
                output: output(link.output),
                project,
            };
            let from = port.links.iter().zip(laid.projects).map(feed).collect();
            Some(PlanInput { from, schema: laid.laid.schema, reads: laid.reads, filter: filter.take() })
        });
        nodes.push(PlanNode {
            id: id(at),
            name: node.name().to_string(),
            kind: body.kind?,
            config: body.config.clone()?,
            inputs: inputs.collect(),
            outputs: outputs
                .into_iter()
                .zip(std::mem::take(&mut readers.outputs[at]))
                .map(|(laid, readers)| PlanOutput {
                    schema: laid.all.schema,
                    adds: laid.adds,
                    unread: laid.unread,
                    groups: laid.all.groups,
                    readers,
                })
                .collect(),
            rejected: std::mem::take(&mut readers.rejected[at]),
            behind: std::mem::take(&mut readers.behind[at]),
            keys,
            segment: lanes.nodes[at].segment,
            renamed_from: match node.entry {
                Entry::Stage(stage) => stage.renamed_from.as_ref().map(|name| name.value.clone()),
                _ => None,
            },
            skip_late: matches!(node.entry, Entry::Stage(stage) if stage.on_late.value == WhenLate::Skip),
            source,
            sink,
            models,
            span: body.span,
        });
    }
    Some(nodes)
}

/// Who reads what, turned around.
struct Readers {
    outputs: Vec<Vec<Vec<Reader>>>,
    rejected: Vec<Vec<Reader>>,
    behind: Vec<Vec<Reader>>,
}

impl Readers {
    fn new(resolved: &Resolved<'_>) -> Readers {
        let count = resolved.graph.nodes.len();
        let outputs =
            resolved.checked.iter().map(|checked| vec![Vec::new(); checked.outputs.len()]).collect();
        let mut readers =
            Readers { outputs, rejected: vec![Vec::new(); count], behind: vec![Vec::new(); count] };
        for (at, node) in resolved.graph.nodes.iter().enumerate() {
            for (port, links) in node.ports.iter().enumerate() {
                for (feed, link) in links.iter().flat_map(|port| &port.links).enumerate() {
                    let reader = Reader { node: id(at), port, feed };
                    match link.output {
                        Out::Port(output) => readers.outputs[link.from][output].push(reader),
                        Out::Rejected => readers.rejected[link.from].push(reader),
                        Out::Behind => readers.behind[link.from].push(reader),
                        Out::Unknown => {}
                    }
                }
            }
        }
        readers
    }
}

fn keys(checked: &Checked, inputs: &[Option<LaidInput>]) -> Option<Vec<Vec<KeyColumn>>> {
    let keys = checked.keys.as_ref()?;
    let of_input = |(names, input): (&Vec<String>, &Option<LaidInput>)| {
        let columns = names.iter().filter_map(|name| input.as_ref()?.laid.schema.get(name));
        columns.map(|column| KeyColumn { addr: column.addr, ty: column.ty.clone() }).collect()
    };
    Some(keys.iter().zip(inputs).map(of_input).collect())
}

fn source(resolved: &Resolved<'_>, layout: &Layout, source: &Source, at: usize) -> SourcePlan {
    let adds = layout.outputs[at].first().map(|output| &output.adds);
    let slot = |name: &str| adds?.get(name).map(|column| usize::from(column.addr.column));
    let declared = match &source.schema {
        Some(Declared::Columns { columns, .. }) => columns.as_slice(),
        _ => &[],
    };
    let declared = declared.iter().map(|column: &ColumnSpec| DeclaredPlan {
        name: column.name.value.clone(),
        from: column.from.as_ref().unwrap_or(&column.name).value.clone(),
        ty: column.ty.clone(),
        default: column.default.clone(),
        sensitive: column.sensitive,
        slot: slot(&column.name.value),
    });
    let event_time = source.event_time.as_ref().and_then(|time| {
        Some(EventTimePlan {
            addr: adds?.get(&time.column.value)?.addr,
            out_of_order_ns: time.out_of_order.value,
            idle_after_ns: time.idle_after.value,
            max_ahead_ns: time.max_ahead.value,
        })
    });
    SourcePlan {
        declared: declared.collect(),
        format: source.format.value,
        extra: source.extra.value,
        event_time,
        slo: resolved.slo(at).map(slo),
        keep_raw: keep_raw(resolved, at),
        // What ends is merged by time; what does not would make others wait for it, and is free.
        merge_group: usize::from(!source.body.kind.is_some_and(|kind| kind.facts.ends)),
    }
}

fn slo(slo: &Slo) -> SloPlan {
    SloPlan {
        deadline_ns: slo.deadline.value,
        from: slo.from.value,
        objective: slo.objective,
        on_late: slo.on_late.value,
    }
}

fn sink(resolved: &Resolved<'_>, layout: &Layout, sink: &Sink, at: usize) -> SinkPlan {
    let none = Schema::default();
    let input = layout.inputs[at].first().and_then(Option::as_ref).map_or(&none, |input| &input.laid.schema);
    let columns = resolved.checked[at].writes.iter().filter_map(|write| match write {
        Write::Own(own) => Some(SinkColumn::Own(own)),
        Write::Column(name) => input.get(name).map(|column| SinkColumn::Column {
            name: column.name.clone(),
            ty: column.ty.clone(),
            addr: column.addr,
            sensitive: column.sensitive,
        }),
    });
    SinkPlan {
        format: sink.format.value,
        columns: columns.collect(),
        guarantee: promise::given(resolved, at),
        sensitive: sink.sensitive.value,
        dead_letters: resolved.graph.nodes[at].takes_dead_letters(),
    }
}

/// Whether original bytes of a source's records may be wanted: somebody writes the `bytes` of records rejected behind it,
/// and they hold nothing sensitive or the sink says that this is well.
fn keep_raw(resolved: &Resolved<'_>, source: usize) -> bool {
    let Entry::Source(_) = resolved.graph.nodes[source].entry else { return false };
    let sensitive =
        resolved.checked[source].outputs.iter().flat_map(|output| &output.columns).any(|c| c.sensitive);
    resolved.graph.nodes.iter().enumerate().any(|(at, node)| {
        let dead =
            |link: &Link| link.output == Out::Rejected && resolved.origins[link.from].contains(&source);
        let wanted = match node.entry {
            Entry::Sink(sink) => {
                let writes_bytes = resolved.checked[at].writes.contains(&Write::Column("bytes".into()));
                writes_bytes && (!sensitive || sink.sensitive.value == Sensitive::Keep)
            }
            _ => !sensitive,
        };
        wanted && node.links().any(dead)
    })
}
