//! The running stage: conditions over whole columns, then for each column which branch gives it, then the values.

use forebay_stage::batch::{Batch, Builder, ColMut, Presence};
use forebay_stage::expr::{Output, Program, Scalar};
use forebay_stage::types::{Addr, Report, Ty};
use forebay_stage::{Build, Cx, Fault, Stage};
use smallvec::SmallVec;

use super::RULE;
use super::spec::{Reading, RuleColumn, Spec};
use crate::value::{self, Given};

pub fn make(build: &Build<'_>) -> Result<Box<dyn Stage>, Fault> {
    let main = build.inputs.first().cloned().flatten().unwrap_or_default();
    let mut report = Report::default();
    let mut reading = Reading {
        config: build.config,
        main: &main,
        scope: build.scope,
        span: forebay_stage::types::Span::NONE,
        report: &mut report,
    };
    let spec = reading.read();
    assert_eq!(report.errors(), 0, "`{}` was planned and is in error: {:?}", build.name, report.diagnostics);
    let addr = |name: &str| main.get(name).expect("a column that is read is carried").addr;
    let added = build.outputs.first().cloned().unwrap_or_default();
    let outs = added.columns.iter().map(|wanted| {
        match spec.columns.iter().find(|column| column.name == wanted.name) {
            Some(column) => Out::Column(Picked::new(column, &addr, build)),
            None if wanted.name == RULE => Out::Rule,
            None => panic!("`{}` was planned to add `{}`, which no rule sets", build.name, wanted.name),
        }
    });
    let outs = outs.collect();
    let builder = Builder::new(added.columns.iter().map(|column| &column.ty));
    Ok(Box::new(Rules::new(spec, outs, builder, &addr, build)))
}

struct Rules {
    all: bool,
    names: Vec<String>,
    conditions: Vec<Program>,
    outs: Vec<Out>,
    builder: Builder,
    /// For each row of the hull the branch that is taken, from 0 (the last is `else`); with `all` the last rule that matched.
    taken: Vec<u16>,
    /// With `all`: rule by rule, which rows it matched.
    matched: Vec<Vec<u8>>,
    rejected: Vec<bool>,
}

/// What the stage adds.
enum Out {
    Rule,
    Column(Picked),
}

/// A column whose values come from branches.
struct Picked {
    ty: Ty,
    /// By branch.
    branches: Vec<Option<Source>>,
    /// For each row of the hull the branch that gives its value.
    picks: Vec<u16>,
}

enum Source {
    Plain(Scalar),
    Program(Box<Program>),
}

/// Nobody has decided yet, or nobody gives a value.
const NOBODY: u16 = u16::MAX;

impl Rules {
    fn new(
        spec: Spec,
        outs: Vec<Out>,
        builder: Builder,
        addr: &dyn Fn(&str) -> Addr,
        build: &Build<'_>,
    ) -> Rules {
        let conditions = spec.rules.iter().map(|rule| {
            let when = rule.when.as_ref().expect("a planned condition is right");
            when.program(addr, build.values)
        });
        Rules {
            all: spec.all,
            conditions: conditions.collect(),
            matched: spec.rules.iter().map(|_| Vec::new()).collect(),
            names: spec.rules.into_iter().map(|rule| rule.name).collect(),
            outs,
            builder,
            taken: Vec::new(),
            rejected: Vec::new(),
        }
    }

    /// Works the conditions out.
    fn decide(&mut self, cx: &mut Cx<'_>, batch: &Batch) {
        let hull = batch.rows().hull();
        self.rejected.clear();
        self.rejected.resize(hull.len(), false);
        self.taken.clear();
        self.taken.resize(hull.len(), NOBODY);
        let mut open = hull.len();
        for (rule, condition) in self.conditions.iter_mut().enumerate() {
            if open == 0 {
                break;
            }
            let output = condition.eval(batch);
            for fault in output.faults() {
                let at = fault.row - hull.start;
                let reached = self.all || self.taken[at] == NOBODY;
                if reached && !std::mem::replace(&mut self.rejected[at], true) {
                    cx.reject(batch, fault.row, fault.code, fault.text);
                }
            }
            let bools = output.bools();
            if self.all {
                self.matched[rule].clear();
                self.matched[rule].extend_from_slice(bools);
                for (taken, yes) in self.taken.iter_mut().zip(bools) {
                    *taken = if *yes != 0 { rule as u16 } else { *taken };
                }
            } else {
                open = 0;
                for (taken, yes) in self.taken.iter_mut().zip(bools) {
                    *taken = if *taken == NOBODY && *yes != 0 { rule as u16 } else { *taken };
                    open += usize::from(*taken == NOBODY);
                }
            }
        }
        let otherwise = self.names.len() as u16;
        self.taken.iter_mut().for_each(|taken| *taken = if *taken == NOBODY { otherwise } else { *taken });
    }

    /// Says for each row which branch gives a column.
    fn pick(&mut self, column: usize) {
        let Out::Column(Picked { branches, picks, .. }) = &mut self.outs[column] else { return };
        let sets = |branch: usize| branches[branch].is_some();
        picks.clear();
        if !self.all {
            let of = |taken: &u16| if sets(usize::from(*taken)) { *taken } else { NOBODY };
            picks.extend(self.taken.iter().map(of));
            return;
        }
        let otherwise = self.names.len();
        let last = if sets(otherwise) { otherwise as u16 } else { NOBODY };
        picks.extend(
            self.taken.iter().map(|taken| if usize::from(*taken) == otherwise { last } else { NOBODY }),
        );
        for (rule, matched) in self.matched.iter().enumerate().filter(|(rule, _)| sets(*rule)) {
            picks
                .iter_mut()
                .zip(matched)
                .for_each(|(pick, yes)| *pick = if *yes != 0 { rule as u16 } else { *pick });
        }
    }

    fn write_rule(&mut self, at: usize, batch: &Batch) {
        let hull = batch.rows().hull();
        let out = self.builder.col(at);
        out.pad(hull.start);
        for (row, taken) in self.taken.iter().map(|taken| usize::from(*taken)).enumerate() {
            if taken == self.names.len() {
                out.push_absent(Presence::Null);
            } else if self.all {
                let names = self.names.iter().zip(&self.matched).filter(|(_, matched)| matched[row] != 0);
                names.for_each(|(name, _)| out.items().push_str(name));
                out.end_list();
            } else {
                out.push_str(&self.names[taken]);
            }
        }
        out.pad(batch.header().rows() - hull.end);
    }
}

impl Stage for Rules {
    fn push(&mut self, cx: &mut Cx<'_>, _port: usize, batch: &Batch) -> Result<(), Fault> {
        self.decide(cx, batch);
        self.builder.begin();
        for at in 0..self.outs.len() {
            self.pick(at);
            match &mut self.outs[at] {
                Out::Rule => self.write_rule(at, batch),
                Out::Column(picked) => picked.write(cx, batch, self.builder.col(at), &mut self.rejected),
            }
        }
        let columns = self.builder.finish();
        let start = batch.rows().hull().start;
        let kept = cx.filter(batch.rows(), |row| !self.rejected[row - start]);
        if !kept.is_empty() {
            cx.add(kept, columns);
        }
        Ok(())
    }
}

impl Picked {
    fn new(column: &RuleColumn, addr: &dyn Fn(&str) -> Addr, build: &Build<'_>) -> Picked {
        let source = |given: &Given| match given {
            Given::Plain(value) => Source::Plain(value.clone()),
            Given::Expr(typed) => Source::Program(Box::new(typed.program(addr, build.values))),
        };
        let branches = column.branches.iter().map(|given| given.as_ref().map(source)).collect();
        Picked { ty: column.ty.clone(), branches, picks: Vec::new() }
    }

    /// Works the values out, where somebody picked them, and writes the column.
    fn write(&mut self, cx: &mut Cx<'_>, batch: &Batch, out: &mut ColMut, rejected: &mut [bool]) {
        let hull = batch.rows().hull();
        let mut values: SmallVec<[Value<'_>; 8]> = SmallVec::new();
        for (branch, source) in self.branches.iter_mut().enumerate() {
            values.push(match source {
                Some(Source::Plain(value)) => Value::Plain(value),
                Some(Source::Program(program)) if self.picks.contains(&(branch as u16)) => {
                    let output = program.eval(batch);
                    for fault in output.faults() {
                        let at = fault.row - hull.start;
                        if usize::from(self.picks[at]) == branch
                            && !std::mem::replace(&mut rejected[at], true)
                        {
                            cx.reject(batch, fault.row, fault.code, fault.text);
                        }
                    }
                    Value::Output(output)
                }
                _ => Value::Nothing,
            });
        }
        out.pad(hull.start);
        for (row, pick) in hull.clone().zip(&self.picks) {
            match values.get(usize::from(*pick)) {
                Some(Value::Plain(value)) => value::push(out, &self.ty, value),
                Some(Value::Output(output)) => push(out, &self.ty, output, row, row - hull.start),
                Some(Value::Nothing) | None => out.push_absent(Presence::Null),
            }
        }
        out.pad(batch.header().rows() - hull.end);
    }
}

enum Value<'a> {
    Plain(&'a Scalar),
    Output(Output<'a>),
    Nothing,
}

fn push(out: &mut ColMut, ty: &Ty, output: &Output<'_>, row: usize, at: usize) {
    if output.absent().is_some_and(|absent| absent[at] != 0) {
        return out.push_absent(Presence::Null);
    }
    match ty.inner() {
        Ty::Bool => out.push(output.bools()[at]),
        Ty::U64 => out.push(output.u64s()[at]),
        Ty::F32 => out.push(output.f32s()[at]),
        Ty::F64 => out.push(output.f64s()[at]),
        Ty::String | Ty::Bytes => out.push_bytes(output.text(row)),
        Ty::I8 => out.push(output.i64s()[at] as i8),
        Ty::I16 => out.push(output.i64s()[at] as i16),
        Ty::I32 | Ty::Date => out.push(output.i64s()[at] as i32),
        Ty::U8 => out.push(output.i64s()[at] as u8),
        Ty::U16 => out.push(output.i64s()[at] as u16),
        Ty::U32 => out.push(output.i64s()[at] as u32),
        _ => out.push(output.i64s()[at]),
    }
}
