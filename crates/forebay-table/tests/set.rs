//! The kind `set`.

mod common;

use common::{check, check_runs, said};

#[test]
fn plain_values_and_expressions_become_columns() {
    check(
        "set: { night: \"= hour <= 6\", five: 5, half: 1.5, who: card, sure: true, twice: \"= name + name\" }",
        "hour: i64, name: string",
        "hour | name
         3    | a
         12   | b",
        "hour | name | night | five | half | who  | sure | twice
         3    | a    | true  | 5    | 1.5  | card | true | aa
         12   | b    | false | 5    | 1.5  | card | true | bb",
    );
    check(
        "set: { limit: \"= vars.limit\", maybe: \"= note\" }",
        "note: optional(string)",
        "note\nx\nnull\n-",
        "note | limit | maybe
         x    | 0.5   | x
         null | 0.5   | null
         -    | 0.5   | -",
    );
}

#[test]
fn a_record_without_a_result_is_rejected_once() {
    check(
        "set: { a: \"= 10 / n\", b: \"= 20 / n\" }",
        "n: i64",
        "n\n5\n0\n2",
        "n | a | b
         5 | 2 | 4
         2 | 5 | 10
         1: [FB0721] `10 / n`: the divisor is zero",
    );
}

#[test]
fn mistakes_are_pointed_at() {
    let said = |stage: &str| said(stage, "n: i64", None);
    assert_eq!(said("set: { a: 1, b: \"= n + 1\" }"), "a: i64, b: i64");
    assert_eq!(
        said("set: { a: \"= n + 1\", b: \"= a + 1\" }"),
        "FB0546 at `\"= a + 1\"`: `b` reads `a`, which the same `set` adds | move `b` into a `set` of its own behind this one"
    );
    assert_eq!(
        said("set: { a: null }"),
        "FB0547 at `null`: this value has no type | write a number, a text, true or false"
    );
    assert!(said("set: { a: \"= m\" }").starts_with("FB0405 at `m`"));
}

#[test]
fn rows_beside_those_that_are_worked_on_change_nothing() {
    check_runs(
        "set: { a: 5, b: card, c: \"= n + 1\", d: \"= t\" }",
        "n: i64, t: string",
        "n | t\n1 | x\n2 | y\n3 | z",
    );
}
