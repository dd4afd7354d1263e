//! Kinds and helpers for the tests of this crate.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use forebay_spec::{Configs, Loaded, Loader, MemoryLoader, Options, configs_folder, read_pipeline};
use forebay_types::kind::{Check, Facts, InPort, Kind, MAIN, ONE, OutPort, Role};
use forebay_types::shape::{Access, Field, Need, Shape};
use forebay_types::{Files, Report};

const RULE: &[Field] = &[
    Field::required("name", Shape::Name, "Its name."),
    Field::required("when", Shape::Expr, "When it matches."),
    Field::required("set", Shape::Map(&Shape::Plain), "What it sets."),
];

const fn kind(name: &'static str, role: Role, fields: &'static [Field]) -> Kind {
    let (inputs, outputs): (&[InPort], &[OutPort]) = match role {
        Role::Source => (&[], ONE),
        Role::Stage => (MAIN, ONE),
        Role::Sink => (MAIN, &[]),
    };
    let check: fn(&mut Check<'_>) = |_| {};
    Kind {
        name,
        role,
        summary: "A kind.",
        doc: "",
        fields,
        inputs,
        outputs,
        facts: Facts::NONE,
        example: "",
        check,
    }
}

pub static FILE_SOURCE: Kind = kind(
    "file",
    Role::Source,
    &[
        Field::required("path", Shape::Path(Access::Read), "What to read."),
        Field::optional("rate", Shape::Rate, "At what pace."),
        Field::optional("track", Shape::Int { min: 0, max: 255 }, "Which track.").per_stream(),
        Field::default("level", Shape::Level, "-60dB", "How loud."),
        Field::default("chunk", Shape::Size, "64KiB", "How much at once."),
    ],
);
pub static FILE_SINK: Kind = kind(
    "file",
    Role::Sink,
    &[
        Field::required("path", Shape::Path(Access::Write), "What to write."),
        Field::optional("rotate", Shape::Duration, "When to begin a new file."),
        Field::optional("password", Shape::Text, "To lock it.").secret(),
    ],
);
pub static SET: Kind = kind(
    "set",
    Role::Stage,
    &[Field { need: Need::Required, ..Field::required("", Shape::Map(&Shape::Plain), "Columns.") }],
);
pub static RULES: Kind = kind(
    "rules",
    Role::Stage,
    &[
        Field::optional("first", Shape::List(&Shape::Record(RULE)), "Rules."),
        Field::optional("else", Shape::Map(&Shape::Plain), "Otherwise."),
    ],
);
pub static INFER: Kind = kind("infer", Role::Stage, &[Field::required("model", Shape::Text, "The model.")]);

pub const KINDS: &[&Kind] = &[&FILE_SOURCE, &FILE_SINK, &SET, &RULES, &INFER];

/// What a reading gave.
pub struct Outcome {
    pub loaded: Option<Loaded>,
    pub configs: Configs,
    pub report: Report,
    pub files: Files,
}

impl Outcome {
    pub fn codes(&self) -> Vec<&'static str> {
        let mut codes: Vec<_> = self.report.diagnostics.iter().map(|d| d.code.id).collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    /// Each mistake on a line: code, line, column, what the place covers, message, help.
    pub fn lines(&self) -> String {
        let mut out = String::new();
        for d in &self.report.diagnostics {
            let at = self.files.position(d.span);
            let help = d.help.as_ref().map_or(String::new(), |help| format!(" ({help})"));
            let covered = self.files.slice(d.span).split('\n').next().unwrap_or("");
            out.push_str(&format!(
                "{} {}:{} `{covered}` {}{help}\n",
                d.code.id, at.line, at.column, d.message
            ));
        }
        out
    }

    pub fn loaded(&self) -> &Loaded {
        self.loaded.as_ref().unwrap_or_else(|| panic!("{}", self.report.render(&self.files, false)))
    }
}

pub fn read(loader: &MemoryLoader, path: &str, options: &Options) -> Outcome {
    let mut files = Files::default();
    let mut report = Report::default();
    let configs = match configs_folder(loader, path) {
        Some(folder) => Configs::read(&mut files, loader, &folder, &mut report),
        None => Configs::default(),
    };
    let loader: &dyn Loader = loader;
    let loaded = read_pipeline(&mut files, loader, path, KINDS, &configs, options, &mut report);
    report.diagnostics.extend(loaded.iter().flat_map(|loaded| loaded.test_mistakes.iter().cloned()));
    report.sort();
    Outcome { loaded, configs, report, files }
}

/// A whole file of what stands under `spec`.
pub fn whole(spec: &str) -> String {
    if spec.starts_with("apiVersion") {
        return spec.to_string();
    }
    let spec: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    format!("apiVersion: forebay.dev/v1alpha1\nkind: Pipeline\nmetadata: {{ name: test }}\nspec:\n{spec}")
}

/// Reads what stands under `spec`.
pub fn read_spec(spec: &str) -> Outcome {
    read(&MemoryLoader::default().with("test.yaml", &whole(spec)), "test.yaml", &Options::default())
}

pub const TX: &str = "sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }\n";
pub const OUT: &str = "sinks: { out: { input: tx, file: { path: out.jsonl } } }\n";
