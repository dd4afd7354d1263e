//! `set`: adds columns, plain values or expressions.

use forebay_stage::batch::{Batch, Builder};
use forebay_stage::expr::{Names, Program, Scalar};
use forebay_stage::types::kind::{Check, Facts, Kind, MAIN, ONE, Role, Scope};
use forebay_stage::types::shape::{Field, Shape};
use forebay_stage::types::value::Entry;
use forebay_stage::types::{Column, Diagnostic, Report, Schema, Span, Ty, code};
use forebay_stage::{Build, Cx, Factory, Fault, Make, Stage};

use crate::value::{self, Given};

pub const FACTORY: Factory = Factory { kind: &KIND, make: Make::Stage(make) };

pub static KIND: Kind = Kind {
    name: "set",
    role: Role::Stage,
    summary: "Adds columns: plain values, or expressions over the columns that are there.",
    doc: "\
A value is plain (`5` is i64, `1.5` f64, `review` a string, `true` a bool) unless it begins with `=`; what follows is an expression,
and the column has its type. All columns of one `set` are worked out from the stage's input, as a map has no order: what builds on
another goes into a `set` behind it. An expression that fails for a record (overflow, division by zero) rejects the record. A
column that nobody reads is not worked out.",
    fields: &[Field::required("", Shape::Map(&Shape::Plain), "NAME: VALUE or NAME: \"= EXPRESSION\", a column each.")],
    inputs: MAIN,
    outputs: ONE,
    facts: Facts { adds: true, ..Facts::NONE },
    example: "\
input: tx
set: { night: \"= ts.getHours('UTC') <= 6\", channel: card }
",
    check,
};

fn check(check: &mut Check<'_>) {
    let main = check.main();
    let mut columns = Vec::new();
    for entry in check.config.map("") {
        let given = column(entry, check.config.map(""), &main, check.scope, check.report);
        let ty = given.as_ref().map_or(Ty::Unknown, |(ty, _)| ty.clone());
        columns.push(Column::new(&entry.key, ty, entry.key_span));
        if let Some((_, Given::Expr(typed))) = given {
            check.read(0, typed.columns().iter().map(String::as_str));
        }
    }
    check.gives(columns);
}

/// One column, as far as it is right.
fn column(
    entry: &Entry,
    all: &[Entry],
    main: &Schema,
    scope: &Scope,
    report: &mut Report,
) -> Option<(Ty, Given)> {
    let mut columns = main.clone();
    for other in all {
        // One that is there already is that of the input, and an error of its own.
        let _ = columns.add(Column::new(&other.key, Ty::Unknown, Span::NONE));
    }
    let (ty, given) = value::read(&entry.node, &Names { columns: &columns, scope }, None, report)?;
    let Given::Expr(typed) = &given else { return Some((ty, given)) };
    let own = |name: &&String| main.get(name).is_none() && all.iter().any(|other| other.key == **name);
    let Some(read) = typed.columns().iter().find(own) else { return Some((ty, given)) };
    let message = format!("`{}` reads `{read}`, which the same `set` adds", entry.key);
    let help = format!("move `{}` into a `set` of its own behind this one", entry.key);
    let first = all.iter().find(|other| other.key == *read).map_or(Span::NONE, |other| other.key_span);
    let diagnostic = Diagnostic::error(&code::SET_READS_ITSELF, entry.node.span, message).help(help);
    report.push(diagnostic.also(first, "added here"));
    None
}

fn make(build: &Build<'_>) -> Result<Box<dyn Stage>, Fault> {
    let main = build.inputs.first().cloned().flatten().unwrap_or_default();
    let added = build.outputs.first().cloned().unwrap_or_default();
    let addr = |name: &str| main.get(name).expect("a column that is read is carried").addr;
    let all = build.config.map("");
    let columns = added.columns.iter().map(|wanted| {
        let entry = all.iter().find(|entry| entry.key == wanted.name).expect("a planned column is known");
        let mut report = Report::default();
        let (ty, given) =
            column(entry, all, &main, build.scope, &mut report).expect("a planned expression is right");
        let source = match given {
            Given::Plain(value) => Source::Plain(value),
            Given::Expr(typed) => Source::Program(Box::new(typed.program(&addr, build.values))),
        };
        (source, ty)
    });
    let columns: Vec<(Source, Ty)> = columns.collect();
    let builder = Builder::new(columns.iter().map(|(_, ty)| ty));
    Ok(Box::new(Set { columns, builder, rejected: Vec::new() }))
}

struct Set {
    columns: Vec<(Source, Ty)>,
    builder: Builder,
    /// Rows of the hull that an expression failed for.
    rejected: Vec<bool>,
}

enum Source {
    Plain(Scalar),
    Program(Box<Program>),
}

impl Stage for Set {
    fn push(&mut self, cx: &mut Cx<'_>, _port: usize, batch: &Batch) -> Result<(), Fault> {
        let hull = batch.rows().hull();
        self.rejected.clear();
        self.rejected.resize(hull.len(), false);
        self.builder.begin();
        for (at, (source, ty)) in self.columns.iter_mut().enumerate() {
            let out = self.builder.col(at);
            match source {
                Source::Plain(value) => {
                    out.pad(hull.start);
                    hull.clone().for_each(|_| value::push(out, ty, value));
                    out.pad(batch.header().rows() - hull.end);
                }
                Source::Program(program) => {
                    let output = program.eval(batch);
                    output.write(out);
                    for fault in output.faults() {
                        if !std::mem::replace(&mut self.rejected[fault.row - hull.start], true) {
                            cx.reject(batch, fault.row, fault.code, fault.text);
                        }
                    }
                }
            }
        }
        let columns = self.builder.finish();
        let kept = cx.filter(batch.rows(), |row| !self.rejected[row - hull.start]);
        if !kept.is_empty() {
            cx.add(kept, columns);
        }
        Ok(())
    }
}
