//! Helpers of this crate's tests: cards as text, configurations, a stage that was checked and made.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};

use forebay_onnx::{Store, factories};
use forebay_stage::testing::{self, Called};
use forebay_stage::types::card::{Batching, Card, Dim, Source, Tensor, TensorColumn};
use forebay_stage::types::kind::{Answer, Check, Models, NoCard, Scope};
use forebay_stage::types::nearest::nearest;
use forebay_stage::types::value::{Entry, Text};
use forebay_stage::types::{Addr, Node, Record, Report, Schema, Span, Ty, Value};
use forebay_stage::{Build, Fault, Make, ModelFile, ModelFiles, Stage};

/// A model of this crate's tests.
pub fn model(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models").join(name)
}

/// Loads ONNX Runtime from the machine's own store; the first time ever it is fetched.
pub fn runtime() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let store = Store::new(Store::default_root().expect("HOME is set"));
        let library = store.runtime(&mut |_| {}).unwrap_or_else(|error| panic!("{error}"));
        forebay_onnx::load(&library).unwrap_or_else(|error| panic!("{error}"));
    });
}

/// A card from lines such as `in x f32 [n,3] a b=0 c`, `out y f32 [n,2] - score`: the columns are the elements in
/// order, `=` gives the stand-in for null, `-` leaves an element out.
pub fn card(name: &str, batch: Batching, path: &Path, lines: &str) -> Card {
    let mut card = Card {
        name: name.into(),
        version: Some("1".into()),
        source: Source::File(path.display().to_string()),
        sha256: String::new(),
        licence: "Apache-2.0".into(),
        batch,
        inputs: Vec::new(),
        outputs: Vec::new(),
        span: Span::NONE,
    };
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split(' ').collect();
        let [side, name, ty, dims, columns @ ..] = &words[..] else { panic!("`{line}` is no tensor") };
        let dims = dims.trim_matches(['[', ']']).split(',').map(|dim| match dim.parse() {
            Ok(size) => Dim::Fixed(size),
            Err(_) => Dim::Any(dim.into()),
        });
        let columns = columns.iter().enumerate().filter(|(_, column)| **column != "-").map(|(at, column)| {
            let (name, null) =
                column.split_once('=').map_or((*column, None), |(name, null)| (name, Some(null)));
            let null = null.map(|null| null.parse().expect("a stand-in is a number"));
            TensorColumn { name: name.into(), at, null, span: Span::NONE }
        });
        let (dims, columns) = (dims.collect(), columns.collect());
        let tensor = Tensor { name: name.to_string(), ty: Ty::parse(ty).unwrap(), dims, columns };
        if *side == "in" { card.inputs.push(tensor) } else { card.outputs.push(tensor) }
    }
    card
}

/// The model `sum` of the tests: three columns in, `total`, `log` and `whole` out.
pub fn sum() -> Card {
    let lines = "in x f32 [n,3] a b=0 c\nout y f32 [n,2] total log\nout whole i64 [n] whole";
    card("sum", Batching::Invariant, &model("sum.onnx"), lines)
}

/// Cards by name; several of one name are versions.
pub struct Cards(pub Vec<Card>);

impl Models for Cards {
    fn card(&self, name: &str) -> Result<&Card, NoCard> {
        let (base, version) =
            name.split_once('@').map_or((name, None), |(base, version)| (base, Some(version)));
        if base == "broken" {
            return Err(NoCard::Broken);
        }
        let named: Vec<&Card> = self.0.iter().filter(|card| card.name == base).collect();
        if named.is_empty() {
            let near = nearest(base, self.0.iter().map(|card| card.name.as_str())).map(str::to_string);
            return Err(NoCard::Unknown { near });
        }
        let fits: Vec<&&Card> =
            named.iter().filter(|card| version.is_none_or(|v| card.version.as_deref() == Some(v))).collect();
        match fits[..] {
            [card] => Ok(card),
            _ => Err(NoCard::Version { known: named.iter().map(|card| card.label()).collect() }),
        }
    }
}

impl ModelFiles for Cards {
    fn file(&self, name: &str) -> Result<ModelFile, Fault> {
        let card = self.card(name).expect("a card");
        let Source::File(path) = &card.source else { panic!("models of tests are files") };
        Ok(ModelFile { path: path.into(), card: Arc::new(card.clone()) })
    }
}

/// A configuration as it is written between the braces: `model: sum, as: x, with: { a: one }`.
pub fn config(text: &str) -> Record {
    let value = |text: &str| Value::Text(Text { text: text.trim().into(), verbatim: None });
    let node = |value| Node { value, span: Span::NONE };
    let (rest, with) = match text.split_once("with:") {
        Some((rest, with)) => (rest, Some(with.trim().trim_matches(['{', '}', ' ']))),
        None => (text, None),
    };
    let pairs = |text: &str| -> BTreeMap<String, String> {
        let pairs = text.split(',').filter_map(|pair| pair.split_once(':'));
        pairs.map(|(key, value)| (key.trim().to_string(), value.trim().to_string())).collect()
    };
    let fields = pairs(rest);
    let mut record = Record::default();
    for name in ["model", "as"] {
        if let Some(text) = fields.get(name) {
            record.fields.push((name, node(value(text))));
        }
    }
    if let Some(with) = with {
        let entry =
            |(key, text): (String, String)| Entry { key, key_span: Span::NONE, node: node(value(&text)) };
        record.fields.push(("with", node(Value::Map(pairs(with).into_iter().map(entry).collect()))));
    }
    record
}

/// What the check of `infer` says and answers.
pub fn check(cards: &Cards, infer: &str, columns: Schema) -> (Report, Answer) {
    let (config, scope, mut report) = (config(infer), Scope::default(), Report::default());
    let inputs = [Some(columns)];
    let mut check = Check {
        name: "score",
        span: Span::NONE,
        config: &config,
        inputs: &inputs,
        scope: &scope,
        models: cards,
        report: &mut report,
        answer: Answer::default(),
    };
    (factories()[0].kind.check)(&mut check);
    let answer = check.answer;
    (report, answer)
}

/// A stage with its columns before and after.
pub struct Made {
    pub stage: Box<dyn Stage>,
    pub columns: Schema,
    pub all: Schema,
}

/// Checks and makes a stage over columns written as `name: type, …`.
pub fn make(card: Card, infer: &str, columns: &str) -> Result<Made, Fault> {
    runtime();
    let (columns, cards) = (testing::schema(columns), Cards(vec![card]));
    let (report, answer) = check(&cards, infer, columns.clone());
    assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);
    let mut outputs = answer.outputs;
    for (index, column) in outputs[0].columns.iter_mut().enumerate() {
        column.addr = Addr { group: 1, column: index as u16 };
    }
    let (config, inputs) = (config(infer), [Some(columns.clone())]);
    let build = Build { models: &cards, ..testing::build(&config, &inputs, &outputs) };
    let Make::Stage(make) = factories()[0].make else { panic!("infer is a stage") };
    let mut all = columns.clone();
    all.columns.extend(outputs[0].columns.clone());
    Ok(Made { stage: make(&build)?, columns, all })
}

/// What came out, as a table of all columns; rejected records below it.
pub fn shown(called: &Called, all: &Schema) -> String {
    let mut lines: Vec<String> = called.emitted.iter().map(|(_, batch)| testing::table(batch, all)).collect();
    lines.extend(called.rejected.iter().map(|rejected| format!("rejected {rejected}")));
    lines.join("\n")
}
