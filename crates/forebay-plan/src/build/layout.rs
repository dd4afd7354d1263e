//! Where each column lies in the batches of an edge.
//!
//! A node that makes its own rows starts with group 0; one that adds columns puts one group behind those of its main
//! input, also when nobody reads any of it. Where rows are gathered, or where the outputs of a union are laid out in
//! different ways, the input has one single group with what is needed, in the order of its first output.

use forebay_types::{Addr, Column, Schema};

use super::lanes::Lanes;
use super::live::{Live, Names};
use super::{id, output};
use crate::graph::{Entry, Link, Out};
use crate::plan::{Exchange, Reader, Route};
use crate::resolve::{Resolved, extra};
use crate::{rejected_schema, text};

/// Columns with their addresses, and how many groups a batch of them has.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Laid {
    pub schema: Schema,
    pub groups: u16,
}

pub(crate) struct LaidInput {
    pub laid: Laid,
    /// Those of its columns that the node itself reads.
    pub reads: Schema,
    /// For each link where the input's columns lie in its batches, where that differs.
    pub projects: Vec<Option<Vec<Addr>>>,
    /// For each link the columns that cross when it is an exchange.
    pub crossing: Vec<Schema>,
}

pub(crate) struct LaidOutput {
    pub all: Laid,
    /// The group that the node builds.
    pub adds: Schema,
    /// What the node could add and nobody reads.
    pub unread: Schema,
}

pub(crate) struct Layout {
    pub inputs: Vec<Vec<Option<LaidInput>>>,
    pub outputs: Vec<Vec<LaidOutput>>,
}

impl Layout {
    pub fn new(resolved: &Resolved<'_>, lanes: &Lanes, live: &Live) -> Layout {
        let mut layout = Layout { inputs: Vec::new(), outputs: Vec::new() };
        for at in 0..resolved.graph.nodes.len() {
            let ports = 0..resolved.graph.nodes[at].ports.len();
            let inputs = ports.map(|port| layout.input(resolved, lanes, live, at, port)).collect();
            layout.inputs.push(inputs);
            let outputs = layout.node_outputs(resolved, live, at);
            layout.outputs.push(outputs);
        }
        layout
    }

    /// What comes over a link, as its sender lays it out.
    fn sent(&self, link: &Link) -> Laid {
        let inputs = &self.inputs[link.from];
        match link.output {
            Out::Port(port) => self.outputs[link.from][port].all.clone(),
            Out::Behind => match inputs.first().and_then(Option::as_ref) {
                Some(main) => main.laid.clone(),
                None => Laid { schema: Schema::default(), groups: 0 },
            },
            Out::Rejected | Out::Unknown => Laid { schema: rejected_schema(), groups: 1 },
        }
    }

    fn input(
        &self,
        resolved: &Resolved<'_>,
        lanes: &Lanes,
        live: &Live,
        at: usize,
        port: usize,
    ) -> Option<LaidInput> {
        let links = &resolved.graph.nodes[at].ports[port].as_ref()?.links;
        let sent: Vec<Laid> = links.iter().map(|link| self.sent(link)).collect();
        let gathers = |link: usize| matches!(lanes.route(at, port, link), Some(Route::ByKey | Route::ToOne));
        let first = sent.first()?;
        if !(0..links.len()).any(gathers) && sent.iter().all(|laid| same_layout(laid, first)) {
            let crossing = vec![first.schema.clone(); links.len()];
            let reads = read(&first.schema, &live.reads[at][port]);
            return Some(LaidInput {
                laid: first.clone(),
                reads,
                projects: vec![None; links.len()],
                crossing,
            });
        }
        let all = resolved.checked[at].inputs[port].as_ref()?;
        let rejected = links.iter().any(|link| link.output == Out::Rejected);
        let needed = |column: &&Column| rejected || live.inputs[at][port].contains(&column.name);
        let extra = extra::column();
        let carries_extra = sent.iter().any(|laid| laid.schema.get(&extra.name).is_some());
        let all = all.columns.iter().chain(carries_extra.then_some(&extra));
        let schema = own_group(all.filter(needed).cloned(), 0);
        let found = |laid: &Laid| -> Vec<Addr> {
            schema
                .columns
                .iter()
                .map(|column| laid.schema.get(&column.name).map_or(Addr::NOWHERE, |c| c.addr))
                .collect()
        };
        let places: Vec<Vec<Addr>> = sent.iter().map(found).collect();
        let crossing = places.iter().map(|places| Schema::of(at_places(&schema, places))).collect();
        let projects =
            places.into_iter().enumerate().map(|(link, places)| (!gathers(link)).then_some(places)).collect();
        let reads = read(&schema, &live.reads[at][port]);
        Some(LaidInput { laid: Laid { schema, groups: 1 }, reads, projects, crossing })
    }

    fn node_outputs(&self, resolved: &Resolved<'_>, live: &Live, at: usize) -> Vec<LaidOutput> {
        let checked = &resolved.checked[at];
        let adds = resolved.graph.nodes[at].body().kind.is_some_and(|kind| kind.facts.adds);
        let main = self.inputs[at].first().and_then(Option::as_ref).filter(|_| adds);
        let groups = main.map_or(0, |main| main.laid.groups);
        let is_source = matches!(resolved.graph.nodes[at].entry, Entry::Source(_));
        let extra = checked.extra.filter(|_| is_source).map(|_| extra::column());
        let outputs = checked.own.iter().zip(&live.outputs[at]).map(|(own, wanted)| {
            let is_wanted = |column: &&Column| wanted.contains(&column.name);
            let unread = own.columns.iter().filter(|column| !is_wanted(column)).cloned().collect();
            let own = own_group(own.columns.iter().chain(&extra).filter(is_wanted).cloned(), groups);
            let passed =
                main.into_iter().flat_map(|main| main.laid.schema.columns.iter().filter(is_wanted).cloned());
            let all = Schema::of(passed.chain(own.columns.iter().cloned()).collect());
            LaidOutput {
                all: Laid { schema: all, groups: groups + 1 },
                adds: own,
                unread: Schema::of(unread),
            }
        });
        outputs.collect()
    }

    pub fn exchanges(&self, resolved: &Resolved<'_>, lanes: &Lanes) -> Vec<Exchange> {
        let mut exchanges = Vec::new();
        for (at, node) in resolved.graph.nodes.iter().enumerate() {
            for (i, port) in node.ports.iter().enumerate() {
                for (j, link) in port.iter().flat_map(|port| &port.links).enumerate() {
                    let (Some(how), Some(input)) = (lanes.route(at, i, j), &self.inputs[at][i]) else {
                        continue;
                    };
                    let columns = input.crossing[j].clone();
                    let copied_bytes = if how == Route::Same { 0 } else { text::row_bytes(&columns) };
                    let to = Reader { node: id(at), port: i, feed: j };
                    exchanges.push(Exchange {
                        from: id(link.from),
                        output: output(link.output),
                        to,
                        how,
                        copied_bytes,
                        columns,
                    });
                }
            }
        }
        exchanges
    }
}

fn read(schema: &Schema, names: &Names) -> Schema {
    Schema::of(schema.columns.iter().filter(|column| names.contains(&column.name)).cloned().collect())
}

/// The same columns, sensitive or not, in the same places.
fn same_layout(a: &Laid, b: &Laid) -> bool {
    let place = |column: &Column| (column.name.clone(), column.addr);
    a.groups == b.groups && a.schema.columns.iter().map(place).eq(b.schema.columns.iter().map(place))
}

fn own_group(columns: impl Iterator<Item = Column>, group: u16) -> Schema {
    let placed =
        columns.enumerate().map(|(at, column)| Column { addr: Addr { group, column: at as u16 }, ..column });
    Schema::of(placed.collect())
}

fn at_places(schema: &Schema, places: &[Addr]) -> Vec<Column> {
    schema.columns.iter().zip(places).map(|(column, addr)| Column { addr: *addr, ..column.clone() }).collect()
}
