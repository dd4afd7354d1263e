//! `rules`: decides by conditions, and says which one it was.

mod spec;
mod stage;

use forebay_stage::types::kind::{Check, Facts, Kind, MAIN, ONE, Role};
use forebay_stage::types::shape::{Field, Shape};
use forebay_stage::{Factory, Make};

use spec::Reading;

pub const FACTORY: Factory = Factory { kind: &KIND, make: Make::Stage(stage::make) };

/// The column that says which rule it was.
const RULE: &str = "rule";

pub static KIND: Kind = Kind {
    name: "rules",
    role: Role::Stage,
    summary: "Sets columns by the first rule that matches, or by all of them, and says which it was.",
    doc: "\
`first:` goes through its rules in order and takes the first whose condition is true; `all:` takes every one, where a later rule overwrites
what an earlier one set. A record that no rule matches gets what `else` sets. The stage adds all columns that any of them sets, in the
order of the file, and `rule`: the name of the rule that matched, with `all:` a list of names; null after `else`.

Values are those of `set`: plain, or an expression behind `=`. A column has one type; where some branch leaves it unset, or there is no
`else`, it is optional and null there. With `first:` a condition that fails for a record (overflow, division by zero) rejects it only if
no rule before it matched, and a value only if its rule is taken.",
    fields: &[
        Field::optional("first", Shape::List(&Shape::Record(RULE_FIELDS)), "Rules, of which the first that matches counts."),
        Field::optional("all", Shape::List(&Shape::Record(RULE_FIELDS)), "Rules, of which all that match count."),
        Field::optional("else", Shape::Map(&Shape::Plain), "COLUMN: VALUE for records that no rule matches."),
    ],
    inputs: MAIN,
    outputs: ONE,
    facts: Facts { adds: true, ..Facts::NONE },
    example: "\
input: score
rules:
  first:
    - { name: model, when: \"coalesce(score, 0.0) >= 0.9\", set: { decision: review } }
    - { name: large, when: amount > 500.00, set: { decision: review } }
  else: { decision: approve }
",
    check,
};

const RULE_FIELDS: &[Field] = &[
    Field::required("name", Shape::Text, "What the column `rule` says; each name once."),
    Field::required("when", Shape::Expr, "The condition."),
    Field::optional("set", Shape::Map(&Shape::Plain), "COLUMN: VALUE or COLUMN: \"= EXPRESSION\"."),
];

fn check(check: &mut Check<'_>) {
    let main = check.main();
    let mut reading = Reading {
        config: check.config,
        main: &main,
        scope: check.scope,
        span: check.span,
        report: check.report,
    };
    let spec = reading.read();
    let reads: Vec<String> = spec.reads().cloned().collect();
    check.read(0, reads.iter().map(String::as_str));
    check.gives(spec.columns(check.span));
}
