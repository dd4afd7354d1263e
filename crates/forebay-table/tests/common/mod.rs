//! Helpers of this crate's tests: a stage as it stands in a pipeline file, its columns and records as text.

#![allow(dead_code, reason = "each test binary uses its own part")]

use forebay_spec::{Configs, MemoryLoader, Options, read_pipeline};
use forebay_stage::batch::{Batch, Rows};
use forebay_stage::expr::{Scalar, Values};
use forebay_stage::testing::{self, Called};
use forebay_stage::types::kind::{Answer, Check, Facts, MAIN, NoModels, ONE, Role, Scope};
use forebay_stage::types::{Addr, Files, Kind, Record, Report, Schema, Span, Ty};
use forebay_stage::{Build, Make, Shards, Stage};
use forebay_table::factories;

static SOURCE: Kind = Kind { outputs: ONE, ..end("given", Role::Source) };
static SINK: Kind = Kind { inputs: MAIN, ..end("taken", Role::Sink) };

const fn end(name: &'static str, role: Role) -> Kind {
    Kind {
        name,
        role,
        summary: "",
        doc: "",
        fields: &[],
        inputs: &[],
        outputs: &[],
        facts: Facts::NONE,
        example: "",
        check: |_| {},
    }
}

/// A stage as in `set: { a: 1 }`, read from a file.
pub struct Written {
    pub kind: &'static Kind,
    pub config: Record,
    pub files: Files,
}

pub fn written(stage: &str) -> Written {
    let lines = stage.trim_end().lines().map(|line| format!("      {line}\n")).collect::<String>();
    let text = format!(
        "apiVersion: forebay.dev/v1alpha1\nkind: Pipeline\nmetadata: {{ name: test }}\nspec:\n  sources:\n    tx: {{ given: {{}}, schema: \
         {{ a: i64 }} }}\n  stages:\n    it:\n      input: tx\n{lines}  sinks:\n    out: {{ input: it, taken: {{}} }}\n"
    );
    let kinds: Vec<&'static Kind> =
        factories().iter().map(|factory| factory.kind).chain([&SOURCE, &SINK]).collect();
    let loader = MemoryLoader::default().with("test.yaml", &text);
    let (mut files, mut report) = (Files::default(), Report::default());
    let loaded = read_pipeline(
        &mut files,
        &loader,
        "test.yaml",
        &kinds,
        &Configs::default(),
        &Options::default(),
        &mut report,
    );
    assert_eq!(report.errors(), 0, "{}", report.render(&files, false));
    let body = loaded.expect("a pipeline").pipeline.stages.remove(0).body;
    Written { kind: body.kind.expect("a known kind"), config: body.config.expect("a right config"), files }
}

/// `vars.limit` and `lists.blocked` of the tests.
pub fn scope() -> Scope {
    Scope { vars: vec![("limit".into(), Ty::F64)], lists: Vec::new() }
}

pub fn check_kind(written: &Written, inputs: &[Option<Schema>]) -> (Report, Answer) {
    let (scope, mut report) = (scope(), Report::default());
    let mut check = Check {
        name: "it",
        span: Span::NONE,
        config: &written.config,
        inputs,
        scope: &scope,
        models: &NoModels,
        report: &mut report,
        answer: Answer::default(),
    };
    (written.kind.check)(&mut check);
    let answer = check.answer;
    (report, answer)
}

/// What the check says to a stage over these columns: its mistakes, or the columns that it adds.
pub fn said(stage: &str, main: &str, labels: Option<&str>) -> String {
    let written = written(stage);
    let inputs = [Some(testing::schema(main)), labels.map(testing::schema)];
    let (mut report, answer) = check_kind(&written, &inputs);
    report.sort();
    if report.diagnostics.is_empty() {
        let columns =
            answer.outputs[0].columns.iter().map(|column| format!("{}: {}", column.name, column.ty));
        return columns.collect::<Vec<_>>().join(", ");
    }
    let lines = report.diagnostics.iter().map(|d| {
        let help = d.help.as_ref().map_or(String::new(), |help| format!(" | {help}"));
        format!("{} at `{}`: {}{help}", d.code.id, written.files.slice(d.span), d.message)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A stage that was checked and made.
pub struct Made {
    pub stage: Box<dyn Stage>,
    pub main: Schema,
    pub labels: Option<Schema>,
    /// The columns of `main` and those added.
    pub all: Schema,
    seq: u64,
}

impl Made {
    pub fn new(stage: &str, main: &str, labels: Option<&str>, shards: Shards) -> Made {
        let main = testing::schema(main);
        let labels = labels.map(testing::schema);
        let written = written(stage);
        let inputs = [Some(main.clone()), labels.clone()];
        let (report, answer) = check_kind(&written, &inputs);
        assert!(report.diagnostics.is_empty(), "{}", report.render(&written.files, false));
        let mut outputs = answer.outputs;
        for (index, column) in outputs[0].columns.iter_mut().enumerate() {
            column.addr = Addr { group: 1, column: index as u16 };
        }
        let values = Values::default().with_var("limit", Scalar::F64(0.5));
        let scope = scope();
        let parts = testing::build(&written.config, &inputs, &outputs);
        let build = Build { scope: &scope, values: &values, shards, ..parts };
        let factory = factories().into_iter().find(|factory| factory.kind.name == written.kind.name).unwrap();
        let Make::Stage(make) = factory.make else { panic!("all kinds here are stages") };
        let mut all = main.clone();
        all.columns.extend(outputs[0].columns.clone());
        Made { stage: make(&build).unwrap_or_else(|fault| panic!("{fault}")), main, labels, all, seq: 0 }
    }

    /// Pushes a table into an input and gives what came out: emitted rows, then rejected and absorbed ones.
    pub fn push(&mut self, port: usize, table: &str) -> String {
        let schema = if port == 0 { &self.main } else { self.labels.as_ref().expect("labels") };
        let batch = testing::batch(schema, table, self.seq);
        self.seq += batch.len() as u64;
        self.push_batch(port, batch)
    }

    pub fn push_batch(&mut self, port: usize, batch: Batch) -> String {
        let Called { emitted, rejected, absorbed } = testing::push_into(self.stage.as_mut(), port, batch);
        let tables = emitted.iter().map(|(_, batch)| testing::table(batch, &self.all));
        tables.chain(rejected).chain(absorbed).collect::<Vec<_>>().join("\n")
    }
}

/// Runs a stage over one table. Runs of blanks count as one on both sides.
pub fn check(stage: &str, columns: &str, table: &str, expect: &str) {
    let mut made = Made::new(stage, columns, None, Shards::ALL);
    assert_eq!(trim(&made.push(0, table)), trim(expect), "{stage}");
}

/// Runs a stage that keeps nothing over every run of rows of one batch: each gives what it gave among all of them.
pub fn check_runs(stage: &str, columns: &str, table: &str) {
    let mut made = Made::new(stage, columns, None, Shards::ALL);
    let batch = testing::batch(&made.main, table, 0);
    let all = made.push_batch(0, batch.clone());
    let all: Vec<&str> = all.lines().collect();
    for (from, to) in (0..batch.len()).flat_map(|from| (from + 1..=batch.len()).map(move |to| (from, to))) {
        let run = made.push_batch(0, batch.clone().select(Rows::Range(from as u32, to as u32)));
        let expect: Vec<&str> = [&all[..1], &all[from + 1..=to]].concat();
        assert_eq!(run.lines().collect::<Vec<_>>(), expect, "rows {from}..{to} of {stage}");
    }
}

pub fn trim(text: &str) -> String {
    let lines = text.trim().lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n")
}
