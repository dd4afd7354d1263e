//! Plans of one pipeline with two keys, at one and at two lanes, and what always holds for a plan.

use forebay_types::Schema;

use super::{Options, run};
use crate::plan::{Output, Plan, Route, SinkColumn, Spread};
use crate::{explain, json, summary};

const TWO_KEYS: &str = "
vars: { least: { type: f32, default: 0.5 } }
slo: { deadline: 200ms, from: arrival }
sources:
  tx:
    file: { path: tx.jsonl }
    schema: { id: string, customer: { type: u64, sensitive: true }, terminal: u64, amount: decimal(2), note: string, ts: timestamp(ms) }
    event_time: ts
  back: { file: { path: back.jsonl }, schema: { id: string, terminal: u64, fraud: bool, ts: timestamp }, event_time: ts }
stages:
  tagged: { input: tx, set: { x: \"= amount * 2\", z: 1 } }
  customers: { input: tagged, window_features: { by: customer, windows: [1d, 7d], emit: { seen: count() } } }
  again: { input: customers, window_features: { by: customer, windows: [1h], emit: { m: mean(amount) } } }
  terminals:
    input: { main: again, labels: back }
    window_features: { by: terminal, windows: [1d], emit: { t: count() } }
  score: { input: terminals, on_late: skip, score: { model: card-fraud, reads: [amount, seen_1d, t_1d] } }
sinks:
  out: { input: score, where: \"coalesce(score, 1.0) > vars.least\", columns: [id, customer, x, _late], file: { path: out.jsonl } }
  dead: { input: rejected, file: { path: dead.jsonl } }
  behind: { input: terminals.behind, columns: [id, ts], file: { path: behind.jsonl } }
";

fn lanes(lanes: u32) -> Options {
    Options { lanes, models: vec![("card-fraud".into(), 900_000)], ..Options::default() }
}

#[test]
fn explained_on_one_lane() {
    insta::assert_snapshot!(explain(&run(TWO_KEYS, &lanes(1)).plan()));
}

#[test]
fn explained_on_two_lanes() {
    insta::assert_snapshot!(explain(&run(TWO_KEYS, &lanes(2)).plan()));
}

const FROM_TOPICS: &str = "
scale: one
sources:
  tx: { kafka: { connection: c, topic: t, key: card, start: earliest }, schema: { card: u64, terminal: u64 } }
stages:
  tagged: { input: tx, set: { x: 1 } }
  cards: { input: tagged, window_features: { by: card, windows: [1d], emit: { seen: count() } } }
sinks:
  plain: { input: tagged, kafka: { connection: c, topic: plain, key: terminal } }
  by_card: { input: cards, kafka: { connection: c, topic: by-card, key: card } }
  by_terminal: { input: cards, kafka: { connection: c, topic: by-terminal, key: terminal } }
  without: { input: cards, kafka: { connection: c, topic: without } }
  file: { input: tagged, file: { path: 'out-${time:%Y-%m-%dT%H}.jsonl', rotate: 1h } }
  dead: { input: rejected, kafka: { connection: c, topic: dead, key: node } }
";

/// Where the nodes of [`FROM_TOPICS`] are, each with how its input comes to it.
#[test]
fn streams_and_what_is_written_are_spread_where_no_order_is_lost() {
    let plan = run(FROM_TOPICS, &Options { lanes: 2, ..Options::default() }).plan();
    let place = |name: &str| {
        let node = plan.nodes.iter().find(|node| node.name == name).unwrap();
        let routes = plan.exchanges.iter().filter(|exchange| exchange.to.node == node.id);
        let routes: Vec<_> = routes.map(|exchange| format!("{:?}", exchange.how)).collect();
        format!("{:?} {}", plan.segments[node.segment].spread, routes.join("+"))
    };
    let expected = [
        ("tx", "Streams "),
        ("tagged", "Streams "),
        ("cards", "Keyed ByKey"),
        // Rows of one stream stay in order, whatever the key is.
        ("plain", "Streams "),
        // They lie by this key already, and these do not.
        ("by_card", "Keyed "),
        ("by_terminal", "Keyed ByKey"),
        ("without", "Keyed "),
        ("file", "One ToOne"),
    ];
    for (name, expected) in expected {
        assert_eq!(place(name), expected, "{name}");
    }
    assert!(place("dead").starts_with("One ToOne"), "{}", place("dead"));
    let with_file =
        FROM_TOPICS.replace("sources:", "sources:\n  f: { file: { path: f.jsonl }, schema: { card: u64 } }");
    let plan = run(&with_file, &Options { lanes: 2, ..Options::default() }).plan();
    assert_eq!(plan.segments[0].spread, Spread::One, "streams of files have an order");
}

#[test]
fn in_short_and_for_programs() {
    let plan = run(TWO_KEYS, &lanes(2)).plan();
    insta::assert_snapshot!(format!("{}\n{:#}", summary(&plan), json(&plan)));
}

#[test]
fn what_nobody_reads_is_not_carried() {
    let plan = run(TWO_KEYS, &lanes(1)).plan();
    let made = |name: &str| {
        let node = plan.nodes.iter().find(|node| node.name == name).unwrap();
        node.outputs[0].adds.names().map(String::from).collect::<Vec<_>>()
    };
    assert_eq!(made("tx"), ["id", "customer", "terminal", "amount", "ts"], "`note` is declared and not read");
    assert_eq!(made("tagged"), ["x"]);
    assert_eq!(made("customers"), ["seen_1d"]);
    assert_eq!(made("again"), Vec::<String>::new());
    let note = plan.nodes[0].source.as_ref().unwrap().declared.iter().find(|c| c.name == "note").unwrap();
    assert_eq!(note.slot, None);
}

#[test]
fn the_same_key_stays_where_it_is() {
    let plan = run(TWO_KEYS, &lanes(2)).plan();
    let at = |name: &str| plan.nodes.iter().position(|node| node.name == name).unwrap();
    let routes = |to: &str| -> Vec<Route> {
        let to = at(to);
        plan.exchanges.iter().filter(|e| usize::from(e.to.node.0) == to).map(|e| e.how).collect()
    };
    assert_eq!(routes("customers"), [Route::ByKey]);
    assert_eq!(routes("again"), [], "it has the key of the node before it");
    assert_eq!(routes("terminals"), [Route::ByKey, Route::ByKey]);
    assert_eq!(routes("score"), [], "it stays where its input is");
    assert_eq!(routes("out"), [Route::ToOne]);
    assert_eq!(routes("behind"), [Route::ToOne]);
}

#[test]
fn plans_hold_together_at_any_number_of_lanes() {
    for spec in [TWO_KEYS, SPLIT, UNION] {
        for number in 1..4 {
            let plan = run(spec, &lanes(number)).plan();
            topological(&plan);
            addresses(&plan);
            segments(&plan);
            readers(&plan);
        }
    }
}

/// A node with two outputs and rows of its own, behind a key.
const SPLIT: &str = "
sources: { tx: { file: { path: tx.jsonl }, schema: { key: u64, ts: timestamp }, event_time: ts } }
stages:
  a: { input: tx, window_features: { by: key, windows: [1d], emit: { seen: count() } } }
  halves: { input: a, split: {} }
  b: { input: halves.left, window_features: { by: key, windows: [1d], emit: { m: count() } } }
  joined: { input: [halves.left, halves.right], set: { x: 1 } }
sinks:
  out: { input: b, file: { path: out.jsonl } }
  more: { input: [joined], file: { path: more.jsonl } }
";

/// Outputs with equal columns in different places.
const UNION: &str = "
sources:
  one: { file: { path: one.jsonl }, schema: { id: string, x: i64, key: u64, ts: timestamp }, event_time: ts }
  two: { file: { path: two.jsonl }, schema: { key: u64, id: string, ts: timestamp }, event_time: ts }
stages:
  added: { input: two, set: { x: 1 } }
  both: { input: [one, added], window_features: { by: key, windows: [1d], emit: { seen: count() } } }
sinks:
  out: { input: [one, added], columns: [x, id], file: { path: out.jsonl } }
  seen: { input: both, columns: [id, seen_1d, x], file: { path: seen.jsonl } }
";

#[test]
fn a_union_brings_its_feeds_to_one_layout() {
    let plan = run(UNION, &lanes(1)).plan();
    let out = plan.nodes.iter().find(|node| node.name == "out").unwrap();
    let input = out.inputs[0].as_ref().unwrap();
    let places: Vec<String> = input
        .from
        .iter()
        .map(|feed| {
            let addrs = feed.project.iter().flatten().map(|addr| format!("{}.{}", addr.group, addr.column));
            addrs.collect::<Vec<_>>().join(" ")
        })
        .collect();
    assert_eq!(input.schema.names().collect::<Vec<_>>(), ["id", "x"]);
    assert_eq!(
        places,
        ["0.0 0.1", "0.1 1.0"],
        "`one` has both in its own group, `added` adds x to those of `two`"
    );
}

#[test]
fn feeds_with_different_numbers_of_groups_are_brought_together() {
    let spec = "
sources:
  one: { file: { path: one.jsonl }, schema: { id: string, x: i64 } }
  two: { file: { path: two.jsonl }, schema: { id: string } }
stages:
  added: { input: two, set: { x: 1 } }
  both: { input: [one, added], set: { z: 1 } }
sinks: { out: { input: both, columns: [id, z], file: { path: out.jsonl } } }
";
    let plan = run(spec, &lanes(1)).plan();
    let both = plan.nodes.iter().find(|node| node.name == "both").unwrap();
    let projected = both.inputs[0].as_ref().unwrap().from.iter().all(|feed| feed.project.is_some());
    assert!(projected, "`id` is in the same place, the group of `z` would not be");
    assert_eq!(both.outputs[0].adds.columns[0].addr.group, 1);
}

#[test]
fn original_bytes_of_sensitive_records_are_kept_where_a_sink_says_so() {
    let keeps = |sensitive: bool, sink: &str| {
        let spec = format!(
            "sources: {{ tx: {{ file: {{ path: i }}, schema: {{ id: {{ type: string, sensitive: {sensitive} }} }} }} }}
sinks:
  out: {{ input: tx, file: {{ path: o }} }}
  dead: {{ input: rejected, {sink} file: {{ path: d }} }}"
        );
        run(&spec, &lanes(1)).plan().nodes[0].source.as_ref().unwrap().keep_raw
    };
    assert!(keeps(false, ""));
    assert!(!keeps(true, ""));
    assert!(keeps(true, "sensitive: keep,"));
    assert!(!keeps(false, "columns: [code, reason],"), "nobody writes them");
}

fn topological(plan: &Plan) {
    for (at, node) in plan.nodes.iter().enumerate() {
        assert_eq!(usize::from(node.id.0), at);
        assert!(node.inputs.iter().flatten().flat_map(|input| &input.from).all(|feed| feed.node < node.id));
    }
}

/// What a node finds on an input lies where its feed, an exchange or a projection puts it.
fn addresses(plan: &Plan) {
    for node in &plan.nodes {
        for (port, input) in node.inputs.iter().enumerate() {
            let Some(input) = input else { continue };
            for (at, feed) in input.from.iter().enumerate() {
                let from = &plan.nodes[usize::from(feed.node.0)];
                let sent = match feed.output {
                    Output::Port(port) => from.outputs[port].schema.clone(),
                    Output::Behind => from.inputs[0].as_ref().unwrap().schema.clone(),
                    Output::Rejected => crate::rejected_schema(),
                };
                let reader = crate::plan::Reader { node: node.id, port, feed: at };
                let exchange = plan.exchanges.iter().find(|exchange| exchange.to == reader);
                let gathered = exchange.filter(|exchange| exchange.how != Route::Same);
                let places: Vec<_> = match (&feed.project, gathered) {
                    (Some(_), Some(_)) => panic!("{}: gathered and projected", node.name),
                    (Some(project), None) => project.clone(),
                    (None, Some(exchange)) => {
                        exchange.columns.columns.iter().map(|column| column.addr).collect()
                    }
                    (None, None) => input.schema.columns.iter().map(|column| column.addr).collect(),
                };
                for (column, place) in input.schema.columns.iter().zip(&places) {
                    let there = sent.columns.iter().find(|sent| sent.addr == *place);
                    assert_eq!(there.map(|c| &c.name), Some(&column.name), "{} ← {}", node.name, from.name);
                }
                assert_eq!(places.len(), input.schema.columns.len());
            }
            unique(&input.schema);
            let reads = input.filter.iter().flat_map(|filter| filter.columns());
            reads.for_each(|name| assert!(input.schema.get(name).is_some(), "{}: {name}", node.name));
        }
        for output in &node.outputs {
            unique(&output.schema);
            for column in &output.adds.columns {
                assert_eq!(output.schema.get(&column.name).map(|c| c.addr), Some(column.addr));
            }
        }
        for column in node.sink.iter().flat_map(|sink| &sink.columns) {
            if let SinkColumn::Column { name, addr, .. } = column {
                assert_eq!(node.inputs[0].as_ref().unwrap().schema.get(name).unwrap().addr, *addr);
            }
        }
    }
}

fn unique(schema: &Schema) {
    for (at, column) in schema.columns.iter().enumerate() {
        assert!(
            schema.columns[..at].iter().all(|other| other.addr != column.addr && other.name != column.name)
        );
    }
}

/// Segments have no cycles, every edge between two is an exchange and no other is; keyed ones have several lanes.
fn segments(plan: &Plan) {
    let mut edges = 0;
    for node in &plan.nodes {
        assert!(plan.segments[node.segment].nodes.contains(&node.id));
        for (port, input) in node.inputs.iter().enumerate() {
            for (at, feed) in input.iter().flat_map(|input| &input.from).enumerate() {
                let from = plan.nodes[usize::from(feed.node.0)].segment;
                let reader = crate::plan::Reader { node: node.id, port, feed: at };
                let exchanges: Vec<_> =
                    plan.exchanges.iter().filter(|exchange| exchange.to == reader).collect();
                assert_eq!(exchanges.len(), usize::from(from != node.segment), "{}", node.name);
                assert!(from <= node.segment, "segments are in order");
                for exchange in exchanges {
                    let (a, b) = (plan.segments[from].spread, plan.segments[node.segment].spread);
                    match exchange.how {
                        Route::ByKey => assert!(b == Spread::Keyed && node.keys.is_some()),
                        Route::ToOne => assert!(a != Spread::One && b == Spread::One),
                        Route::Same => assert!(a == b && exchange.copied_bytes == 0),
                    }
                    edges += 1;
                }
            }
        }
    }
    assert_eq!(edges, plan.exchanges.len());
    assert!(plan.lanes > 1 || plan.segments.len() == 1);
}

fn readers(plan: &Plan) {
    let of = |output: &Output, node: &crate::plan::PlanNode| match output {
        Output::Port(port) => node.outputs[*port].readers.clone(),
        Output::Rejected => node.rejected.clone(),
        Output::Behind => node.behind.clone(),
    };
    for node in &plan.nodes {
        for (port, input) in node.inputs.iter().enumerate() {
            for (feed, from) in input.iter().flat_map(|input| &input.from).enumerate() {
                let readers = of(&from.output, &plan.nodes[usize::from(from.node.0)]);
                assert!(readers.contains(&crate::plan::Reader { node: node.id, port, feed }));
            }
        }
    }
}
