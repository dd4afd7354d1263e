//! The kind `rules`.

mod common;

use common::{check, check_runs, said};

const DECIDE: &str = "\
rules:
  first:
    - { name: blocked, when: \"terminal in [9]\", set: { decision: decline } }
    - { name: model, when: \"coalesce(score, 0.0) >= vars.limit\", set: { decision: review, weight: \"= score\" } }
    - { name: no_time, when: \"score == null && amount > 500.00\", set: { decision: review } }
  else: { decision: approve, weight: 0.0 }";

#[test]
fn the_first_rule_that_matches_counts() {
    check(
        DECIDE,
        "terminal: u64, score: optional(f64), amount: decimal(2)",
        "terminal | score | amount
         9        | 0.9   | 1.00
         1        | 0.75  | 1.00
         1        | null  | 500.01
         1        | null  | 500.00",
        "terminal | score | amount | decision | weight | rule
         9        | 0.9   | 1.00   | decline  | null   | blocked
         1        | 0.75  | 1.00   | review   | 0.75   | model
         1        | null  | 500.01 | review   | null   | no_time
         1        | null  | 500.00 | approve  | 0      | null",
    );
}

#[test]
fn all_rules_that_match_count_and_later_ones_overwrite() {
    check(
        "rules:
  all:
    - { name: large, when: n > 10, set: { level: 1, why: size } }
    - { name: even, when: n % 2 == 0, set: { level: \"= n\" } }
  else: { level: 0 }",
        "n: i64",
        "n\n11\n12\n2\n1",
        "n  | level | why  | rule
         11 | 1     | size | [large]
         12 | 12    | size | [large, even]
         2  | 2     | null | [even]
         1  | 0     | null | null",
    );
}

#[test]
fn only_rules_that_are_reached_can_reject() {
    check(
        "rules:
  first:
    - { name: zero, when: n == 0, set: { d: 0 } }
    - { name: odd, when: 6 / n == 2, set: { d: \"= 10 / (n - 3)\" } }
  else: { d: \"= 12 / (n * (n - 4))\" }",
        "n: i64",
        "n\n0\n3\n4\n6",
        "n | d | rule
         0 | 0 | zero
         6 | 1 | null
         1: [FB0721] `10 / (n - 3)`: the divisor is zero
         2: [FB0721] `12 / (n * (n - 4))`: the divisor is zero",
    );
    check(
        "rules: { first: [{ name: a, when: 6 / n > 1, set: { d: x } }, { name: b, when: n == 0, set: { d: z } }] }",
        "n: i64",
        "n\n0\n2",
        "n | d | rule
         2 | x | a
         0: [FB0721] `6 / n`: the divisor is zero",
    );
}

#[test]
fn mistakes_are_pointed_at() {
    let said =
        |rules: &str| said(&format!("rules: {rules}"), "n: i64, amount: decimal(2), l: list(i64)", None);
    assert_eq!(
        said("{ first: [{ name: a, when: n > 1, set: { d: x } }], else: { d: z } }"),
        "d: string, rule: optional(string)"
    );
    assert_eq!(
        said("{ all: [{ name: a, when: n > 1, set: { d: \"= amount\" } }], else: { d: \"= 0.00\", e: 1 } }"),
        "d: decimal(2), e: optional(i64), rule: optional(list(string))"
    );
    let form = "write first: [...] for the first rule that matches, or all: [...] for every one";
    assert_eq!(said("{ else: { d: x } }"), format!("FB0548 at ``: there is no rule | {form}"));
    let both = said("{ first: [{ name: a, when: n > 1 }], all: [{ name: a, when: n > 1 }] }");
    assert!(
        both.starts_with("FB0548 at `[{ name: a, when: n > 1 }]`: `first` and `all` stand here together"),
        "{both}"
    );
    assert_eq!(
        said("{ first: [{ name: a, when: n > 1 }, { name: a, when: n > 2 }] }"),
        "FB0549 at `a`: a rule `a` is there already | give each rule its own name"
    );
    assert_eq!(
        said("{ first: [{ name: a, when: n > 1, set: { d: 1 } }], else: { d: 0.5 } }"),
        "FB0550 at `d`: the column `d` is i64 before and f64 here | give every branch a value of one type, such as 1.0 beside 0.5"
    );
    assert_eq!(
        said("{ first: [{ name: a, when: n > 1, set: { d: \"= l\" } }] }"),
        "FB0550 at `d`: the column `d` is list(i64) | rules set numbers, texts, bools and times"
    );
    assert!(said("{ first: [{ name: a, when: n > 1, set: { rule: x } }] }").starts_with("FB0551 at `rule`"));
    assert!(said("{ first: [{ name: a, when: n + 1, set: { d: x } }] }").starts_with("FB0412 at `n + 1`"));
    assert!(said("{ first: [{ name: a, when: n > 1, set: { d: null } }] }").starts_with("FB0547 at `null`"));
}

#[test]
fn rows_beside_those_that_are_worked_on_change_nothing() {
    let columns = "terminal: u64, score: optional(f64), amount: decimal(2)";
    let table =
        "terminal | score | amount\n1 | null | 1.00\n9 | 0.9 | 1.00\n1 | 0.75 | 1.00\n1 | null | 500.01";
    check_runs(DECIDE, columns, table);
    let all = "rules:
  all:
    - { name: large, when: n > 10, set: { level: 1, why: size } }
    - { name: even, when: n % 2 == 0, set: { why: \"= text\" } }
  else: { level: 0 }";
    check_runs(all, "n: i64, text: string", "n | text\n11 | a\n12 | b\n2 | c\n1 | d");
}
