//! What a record takes, and what a plan promises.

use forebay_spec::pipeline::Guarantee;
use forebay_types::{Column, Schema, Span, Ty};

use super::{Options, run};
use crate::text::row_bytes;

#[test]
fn a_row_is_the_sum_of_its_columns() {
    let bytes = |types: &[&str]| {
        let columns = types.iter().map(|ty| Column::new("a", Ty::parse(ty).unwrap(), Span::NONE));
        row_bytes(&Schema::of(columns.collect()))
    };
    assert_eq!(bytes(&["u64", "bool", "date"]), 13);
    assert_eq!(bytes(&["string"]), 20);
    assert_eq!(bytes(&["optional(string)"]), 21);
    assert_eq!(bytes(&["list(string)"]), 84);
}

fn promised(extra: &str, sink: &str, source: &str) -> (Guarantee, String) {
    let spec = format!(
        "{extra}\nsources: {{ s: {{ {source} }} }}\nsinks: {{ out: {{ input: {sink}, file: {{ path: o, rotate: 1h }}, columns: [_seq] }} }}"
    );
    let plan = run(&spec, &Options::default()).plan();
    (plan.delivery.guarantee, plan.delivery.proof)
}

#[test]
fn the_strongest_guarantee_is_given_where_none_is_asked_for() {
    let (file, live) = ("file: { path: i }, schema: { a: i64 }", "media: { streams: c }");
    let drop = "slo: { deadline: 1s, from: arrival, on_late: drop }";
    assert_eq!(promised("", "s", file).0, Guarantee::ExactlyOnce);
    assert_eq!(promised(drop, "s", file).0, Guarantee::ResultsOnce);
    assert_eq!(promised("", "s.status", live).0, Guarantee::BestEffort);
    assert_eq!(promised("", "s", "file: { path: '-' }, schema: { a: i64 }").0, Guarantee::BestEffort);
    let (weak, proof) = promised("delivery: at_least_once", "s", file);
    assert_eq!(weak, Guarantee::AtLeastOnce);
    assert!(proof.starts_with("asked for in the file"), "{proof}");
}
