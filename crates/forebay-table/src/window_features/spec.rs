//! What the configuration of a stage means, given its columns: read once for the check and once more to make
//! the stage.

use std::collections::HashSet;

use forebay_stage::expr::{Aggregate, Names, Typed, TypedAggregate, compile_aggregate};
use forebay_stage::key::can_be_key;
use forebay_stage::types::kind::Scope;
use forebay_stage::types::unit::parse_duration;
use forebay_stage::types::value::{Entry, Node};
use forebay_stage::types::{Column, Diagnostic, Record, Report, Schema, Span, Ty, code};

use crate::value;
use crate::window::{Form, KeyForm, Layout, Word};

/// A configuration, as far as it was right.
pub struct Spec {
    pub by: Vec<String>,
    pub windows: Vec<Window>,
    pub delay_ns: i64,
    /// The different aggregated expressions: those over columns of `main`, then those over labels.
    pub words: Vec<WordSpec>,
    pub emits: Vec<Emit>,
    pub labels: Option<LabelSpec>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// As it is written.
    pub text: String,
    pub length_ns: i64,
}

pub struct WordSpec {
    pub typed: Typed,
    pub from_labels: bool,
    pub form: Form,
    /// The text of the expression, by which equal ones are known.
    text: String,
}

pub struct Emit {
    pub name: String,
    /// `None` where it is in error.
    pub what: Option<Aggregated>,
}

pub struct Aggregated {
    pub function: Aggregate,
    /// Index into the words; `None` for `count()`.
    pub word: Option<usize>,
    pub ty: Ty,
}

pub struct LabelSpec {
    pub by: String,
    /// Label columns with their type and the value of those that are not known.
    pub unknown: Vec<(String, Ty, Node)>,
}

/// A column that the stage can add.
pub struct Output<'a> {
    pub name: String,
    pub emit: &'a str,
    pub what: Option<&'a Aggregated>,
    pub window: usize,
    pub ty: Ty,
}

impl Spec {
    /// All columns, emit by emit.
    pub fn outputs(&self) -> impl Iterator<Item = Output<'_>> {
        self.emits.iter().flat_map(move |emit| {
            self.windows.iter().enumerate().map(move |(window, Window { text, .. })| Output {
                name: format!("{}_{text}", emit.name),
                emit: &emit.name,
                what: emit.what.as_ref(),
                window,
                ty: emit.what.as_ref().map_or(Ty::Unknown, |what| self.column_type(what)),
            })
        })
    }

    fn column_type(&self, what: &Aggregated) -> Ty {
        let has_values = match what.function {
            Aggregate::Count | Aggregate::Sum | Aggregate::Share => true,
            _ => {
                self.delay_ns == 0 && what.word.is_none_or(|word| !self.words[word].typed.ty().is_optional())
            }
        };
        if has_values { what.ty.inner().clone() } else { what.ty.clone().optional() }
    }

    /// How the state is laid out for keys of these types; `wanted` says which aggregates of a word somebody reads.
    pub fn layout(&self, key: &[Ty], wanted: impl Fn(usize, Aggregate) -> bool) -> Layout {
        let text = key.iter().any(|ty| matches!(ty, Ty::String | Ty::Bytes));
        let words = self.words.iter().enumerate().map(|(at, word)| {
            let any = |functions: &[Aggregate]| functions.iter().any(|function| wanted(at, *function));
            Word {
                form: word.form,
                optional: word.typed.ty().is_optional(),
                summed: any(&[Aggregate::Sum, Aggregate::Mean, Aggregate::Share]),
                least: any(&[Aggregate::Min]),
                greatest: any(&[Aggregate::Max]),
            }
        });
        Layout::new(
            if text { KeyForm::Text } else { KeyForm::Words(key.len()) },
            self.windows.iter().map(|window| window.length_ns).collect(),
            self.delay_ns,
            words.collect(),
            self.words.iter().filter(|word| !word.from_labels).count(),
            self.labels.is_some(),
        )
    }
}

/// Reads a configuration and reports what is wrong with it.
pub struct Reading<'a> {
    pub config: &'a Record,
    pub main: &'a Schema,
    pub labels: Option<&'a Schema>,
    pub scope: &'a Scope,
    pub report: &'a mut Report,
}

impl Reading<'_> {
    pub fn read(&mut self) -> Spec {
        let by: Vec<String> = self.config.list("by").iter().map(|node| node.str().to_string()).collect();
        self.check_key();
        let mut spec = Spec {
            by,
            windows: self.windows(),
            delay_ns: self.config.duration("delay").unwrap_or(0),
            words: Vec::new(),
            emits: Vec::new(),
            labels: self.label_spec(),
        };
        self.emits(&mut spec);
        spec
    }

    fn error(&mut self, diagnostic: Diagnostic) {
        self.report.push(diagnostic);
    }

    fn check_key(&mut self) {
        for node in self.config.list("by") {
            self.key_column(node, self.main, "main");
            if let Some(labels) = self.labels {
                self.key_column(node, labels, "labels");
            }
        }
    }

    /// A column that has to be there and can be a key.
    fn key_column(&mut self, node: &Node, schema: &Schema, input: &str) {
        let Some(column) = self.column(node.str(), node.span, schema, input) else { return };
        if column.ty == Ty::Unknown || can_be_key(&column.ty) {
            return;
        }
        let help = match &column.ty {
            Ty::Optional(inner) if can_be_key(inner) => {
                format!(
                    "make one without null before: set: {{ {0}_or_none: \"= coalesce({0}, …)\" }}",
                    column.name
                )
            }
            Ty::F32 | Ty::F64 => {
                "take a whole number, a decimal or a text: equal in print is not equal in floats".into()
            }
            _ => "a key is a whole number, a decimal, a text, a bool or a time".into(),
        };
        let message = format!("`{}` is {} and cannot be a key", column.name, column.ty);
        self.error(Diagnostic::error(&code::KEY_COLUMN, node.span, message).help(help));
    }

    fn column<'s>(&mut self, name: &str, span: Span, schema: &'s Schema, input: &str) -> Option<&'s Column> {
        let column = schema.get(name);
        if column.is_none() && !schema.open {
            let message = format!("the input `{input}` has no column `{name}`");
            self.error(Diagnostic::error(&code::UNKNOWN_COLUMN, span, message).meant(name, schema.names()));
        }
        column
    }

    fn windows(&mut self) -> Vec<Window> {
        let mut windows: Vec<Window> = Vec::new();
        if self.config.list("windows").is_empty() {
            let message = "no window: at least one is needed";
            self.error(
                Diagnostic::error(&code::WINDOW, self.config.span("windows"), message)
                    .help("write windows: [1d]"),
            );
        }
        for node in self.config.list("windows") {
            let text = node.str().to_string();
            // What is no duration at all was reported when the file was read.
            let Ok(length_ns) = parse_duration(&text) else { continue };
            let twice = windows.iter().any(|window| window.text == text);
            let (why, help) = if length_ns == 0 {
                ("a window of no length holds nothing".to_string(), "write how long it is: 1d")
            } else if twice {
                (format!("`{text}` stands here twice"), "leave one of them out")
            } else if text.contains(|c: char| !c.is_ascii_alphanumeric()) {
                let why =
                    "a window is part of column names, so it is written in whole numbers without spaces";
                (why.to_string(), "write 90m for 1.5h")
            } else {
                windows.push(Window { text, length_ns });
                continue;
            };
            let diagnostic = Diagnostic::error(&code::WINDOW, node.span, format!("no window: {why}"));
            self.error(diagnostic.help(help));
        }
        windows
    }

    fn label_spec(&mut self) -> Option<LabelSpec> {
        let config = self.config.record("labels")?;
        let by = config.get("by")?;
        self.key_column(by, self.main, "main");
        if let Some(labels) = self.labels {
            self.key_column(by, labels, "labels");
            self.same_type(by, labels);
        }
        let unknown = config.map("unknown").iter().map(|entry| self.label_column(entry)).collect();
        Some(LabelSpec { by: by.str().to_string(), unknown })
    }

    fn same_type(&mut self, by: &Node, labels: &Schema) {
        let types = [self.main, labels].map(|schema| schema.get(by.str()).map(|column| column.ty.clone()));
        if let [Some(main), Some(label)] = types
            && !main.fits(&label)
        {
            let message = format!("`{}` is {main} in `main` and {label} in `labels`", by.str());
            self.error(
                Diagnostic::error(&code::LABEL_COLUMN, by.span, message)
                    .help("declare both with one type, so that a label finds its record"),
            );
        }
    }

    fn label_column(&mut self, entry: &Entry) -> (String, Ty, Node) {
        let name = &entry.key;
        let answer = |ty: Ty| (name.clone(), ty, entry.node.clone());
        let Some(labels) = self.labels else { return answer(Ty::Unknown) };
        let Some(column) = self.column(name, entry.key_span, labels, "labels") else {
            return answer(Ty::Unknown);
        };
        let ty = column.ty.clone();
        let problem = if self.main.get(name).is_some() {
            Some((
                "is a column of `main` too, so nobody could tell which is meant".to_string(),
                "rename one of them",
            ))
        } else if ty != Ty::Unknown && ty != Ty::Bool && !ty.is_number() {
            Some((
                format!("is {ty}; labels are numbers and bools"),
                "turn it into a number or bool before, with `set`",
            ))
        } else if let Err(why) = value::literal(&entry.node, &ty) {
            Some((format!("is {ty}, and this is none: {why}"), "write a value of the column's type"))
        } else {
            None
        };
        match problem {
            None => answer(ty),
            Some((why, help)) => {
                let message = format!("the label column `{name}` {why}");
                self.error(Diagnostic::error(&code::LABEL_COLUMN, entry.node.span, message).help(help));
                answer(Ty::Unknown)
            }
        }
    }

    fn emits(&mut self, spec: &mut Spec) {
        let mut all = self.main.clone();
        for (name, ty, _) in spec.labels.iter().flat_map(|labels| &labels.unknown) {
            // One that is in `main` too was reported, and is that of `main` from here on.
            let _ = all.add(Column::new(name, ty.clone(), Span::NONE));
        }
        let labels: HashSet<String> = match &spec.labels {
            Some(labels) => labels.unknown.iter().map(|(name, ..)| name.clone()).collect(),
            None => HashSet::new(),
        };
        let mut words = Vec::new();
        for entry in self.config.map("emit") {
            let what = self.emit(entry, &all, &labels, &mut words);
            spec.emits.push(Emit { name: entry.key.clone(), what });
        }
        // Label words stand last; a stable sort keeps the rest in the order of the file.
        let mut order: Vec<usize> = (0..words.len()).collect();
        order.sort_by_key(|at| words[*at].from_labels);
        words.sort_by_key(|word: &WordSpec| word.from_labels);
        for what in spec.emits.iter_mut().filter_map(|emit| emit.what.as_mut()) {
            what.word = what
                .word
                .map(|word| order.iter().position(|at| *at == word).expect("every word has a place"));
        }
        spec.words = words;
    }

    fn emit(
        &mut self,
        entry: &Entry,
        all: &Schema,
        labels: &HashSet<String>,
        words: &mut Vec<WordSpec>,
    ) -> Option<Aggregated> {
        let text = entry.node.text()?;
        let names = Names { columns: all, scope: self.scope };
        let TypedAggregate { function, argument, ty } =
            compile_aggregate(text, entry.node.span, &names, self.report)?;
        let Some(typed) = argument else { return Some(Aggregated { function, word: None, ty }) };
        let Some(form) = form_of(typed.ty()) else {
            if *typed.ty() != Ty::Unknown {
                let message = format!("windows keep numbers, bools and times, and this is {}", typed.ty());
                let help =
                    "count what you look for with `share(x == …)`, or keep a number that stands for it";
                self.error(Diagnostic::error(&code::AGGREGATE_TYPE, entry.node.span, message).help(help));
            }
            return None;
        };
        let of_labels = typed.columns().iter().filter(|name| labels.contains(*name)).count();
        if of_labels > 0 && of_labels < typed.columns().len() {
            let column =
                typed.columns().iter().find(|name| labels.contains(*name)).map_or("", String::as_str);
            let message =
                format!("`{column}` comes with labels, and the rest of the expression with records");
            let help = "aggregate them apart: one `emit` over columns of `main`, one over label columns";
            self.error(Diagnostic::error(&code::LABELS_MIXED, entry.node.span, message).help(help));
            return None;
        }
        let source = inside(&text.text);
        let same = |word: &WordSpec| word.text == source && word.typed.ty() == typed.ty();
        let word = words.iter().position(same).unwrap_or_else(|| {
            words.push(WordSpec { typed, from_labels: of_labels > 0, form, text: source });
            words.len() - 1
        });
        Some(Aggregated { function, word: Some(word), ty })
    }
}

/// What stands between the outer brackets, without blanks at the ends.
fn inside(text: &str) -> String {
    let start = text.find('(').map_or(0, |at| at + 1);
    let end = text.rfind(')').unwrap_or(text.len()).max(start);
    text[start..end].trim().to_string()
}

fn form_of(ty: &Ty) -> Option<Form> {
    Some(match ty.inner() {
        Ty::Bool => Form::Flag,
        Ty::U64 => Form::Uint,
        Ty::F32 | Ty::F64 => Form::Float,
        Ty::Decimal(_) | Ty::Timestamp(_) | Ty::Date | Ty::Duration => Form::Int,
        integer if integer.is_integer() => Form::Int,
        _ => return None,
    })
}
