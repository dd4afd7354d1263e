//! Fields that nobody declared: who carries them, and who writes them.

use forebay_types::format::EXTRA;
use forebay_types::{Addr, Severity};

use super::{Options, run, validate};
use crate::plan::{Plan, SinkColumn};

/// Sources `a` and `c` keep what nobody declared, `b` does not.
fn plan(lanes: u32, rest: &str) -> Plan {
    let source = |name: &str, extra: &str| {
        format!(
            "  {name}: {{ file: {{ path: {name} }}, schema: {{ id: u64, ts: timestamp }}, event_time: ts{extra} }}\n"
        )
    };
    let sources = [source("a", ", extra: keep"), source("b", ""), source("c", ", extra: keep")].concat();
    run(&format!("sources:\n{sources}{rest}"), &Options { lanes, ..Options::default() }).plan()
}

/// The sinks that write undeclared fields.
fn writers(plan: &Plan) -> Vec<&str> {
    let writes = |columns: &[SinkColumn]| {
        columns
            .iter()
            .any(|column| matches!(column, SinkColumn::Column { name, sensitive: true, .. } if name == EXTRA))
    };
    let sinks = plan.nodes.iter().filter(|node| node.sink.as_ref().is_some_and(|sink| writes(&sink.columns)));
    sinks.map(|node| node.name.as_str()).collect()
}

/// Whether a source makes the column of undeclared fields.
fn keeps(plan: &Plan, source: &str) -> bool {
    let node = plan.nodes.iter().find(|node| node.name == source).unwrap();
    node.outputs[0].adds.get(EXTRA).is_some()
}

#[test]
fn sinks_of_the_format_write_them_unless_they_name_their_columns() {
    let rest = "sinks: { out: { input: a, file: { path: o } }, some: { input: a, columns: [id], file: { path: s } }, b: { input: b, file: { path: b2 } }, cs: { input: c, columns: [id], file: { path: c2 } } }";
    let rest = rest.replace(" b: {", " other: {");
    let plan = plan(1, &rest);
    assert_eq!(writers(&plan), ["out"]);
    assert!(keeps(&plan, "a") && !keeps(&plan, "b") && !keeps(&plan, "c"), "c keeps what nobody reads");
}

#[test]
fn they_come_through_stages_exchanges_and_unions() {
    let rest = "stages:
  both: { input: [a, b], where: id > 1, set: { x: 1 } }
  seen: { input: both, window_features: { by: id, windows: [1h], emit: { times: count() } } }
sinks:
  out: { input: seen, file: { path: o } }
  behind: { input: seen.behind, file: { path: p } }
  dead: { input: rejected, file: { path: d } }
  plain: { input: c, file: { path: c2 } }";
    for lanes in [1, 2] {
        let plan = plan(lanes, rest);
        assert_eq!(writers(&plan), ["out", "behind", "plain"], "{lanes} lanes");
        let both = plan.nodes.iter().find(|node| node.name == "both").unwrap();
        let input = both.inputs[0].as_ref().unwrap();
        let at = input.schema.columns.iter().position(|column| column.name == EXTRA).unwrap();
        let places: Vec<_> = input.from.iter().map(|feed| feed.project.as_ref().unwrap()[at]).collect();
        assert_eq!(places[1], Addr::NOWHERE, "`b` has none");
        assert_ne!(places[0], Addr::NOWHERE);
        let crossing = plan.exchanges.iter().filter(|exchange| exchange.columns.get(EXTRA).is_some());
        assert_eq!(crossing.count(), if lanes == 1 { 0 } else { 3 });
        assert!(crate::explain(&plan).contains("(undeclared fields) (sensitive)"));
    }
}

#[test]
fn what_is_kept_for_nobody_is_a_warning() {
    let check = |sinks: &str, expect: &[&str]| {
        let spec = format!(
            "sources: {{ a: {{ file: {{ path: a }}, schema: {{ id: u64 }}, extra: keep }} }}\nsinks: {{ {sinks}, dead: {{ input: rejected, file: {{ path: d }} }} }}"
        );
        assert_eq!(validate(&spec).codes(Severity::Warning), expect, "{sinks}");
    };
    check("out: { input: a, file: { path: o } }", &[]);
    check("out: { input: a, columns: [id], file: { path: o } }", &["FB0333"]);
    check("out: { input: a, format: csv, file: { path: o } }", &["FB0333"]);
}
