//! `forebay model pull|ls|show|verify`: cards in `configs/models/`, and their files on this machine.

use std::fs;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use forebay_node::{Error, Model, Models, Progress, RUNTIME, Step, load_configs};
use forebay_types::card::{Batching, Card, Dim, Tensor};
use forebay_types::unit::{SizeText, number_of};
use serde_json::{Value, json};

use crate::args::{self, ModelVerb};
use crate::diagnostics;
use crate::exit::Exit;
use crate::output::{Paint, print, refuse, say};
use crate::table::table;

pub fn run(args: &args::Model) -> Exit {
    let (ModelVerb::Pull(names) | ModelVerb::Ls(names) | ModelVerb::Show(names) | ModelVerb::Verify(names)) =
        &args.verb;
    let (configs, files, report) = load_configs(names.configs.as_deref());
    diagnostics::show(&report, &files);
    let worst = diagnostics::exit(&report, &files, false);
    let models = match Models::new(&configs) {
        Ok(models) => models,
        Err(error) => return refuse(&error).max(worst),
    };
    let chosen = match choose(&models, &names.names) {
        Ok(chosen) => chosen,
        // The call names what is not there.
        Err(error) => return refuse(&error).max(Exit::Usage).max(worst),
    };
    if chosen.is_empty() && !names.json && worst == Exit::Good {
        say(&match &configs.folder {
            Some(folder) => format!("there are no cards of models in {folder}/models\n"),
            None => format!(
                "there are no cards of models: there is no `configs/` here or above\n  {} name one with --configs DIR\n",
                Paint::stderr().cyan("help:")
            ),
        });
    }
    let done = match &args.verb {
        ModelVerb::Pull(_) => pull(&models, &chosen, names.json),
        ModelVerb::Ls(_) => list(&models, &chosen, names.json),
        ModelVerb::Show(_) => show(&chosen, names.json),
        ModelVerb::Verify(_) => verify(&models, &chosen, names.json),
    };
    done.max(worst)
}

/// The models that are named, or all.
fn choose<'a>(models: &Models<'a>, names: &[String]) -> Result<Vec<Model<'a>>, Error> {
    match names.is_empty() {
        true => Ok(models.all().collect()),
        false => names.iter().map(|name| models.find(name)).collect(),
    }
}

fn pull(models: &Models<'_>, chosen: &[Model<'_>], json: bool) -> Exit {
    let mut bar = Bar::default();
    let mut worst = Exit::Good;
    let mut pulled: Vec<Value> = Vec::new();
    let mut take = |label: String, path: Result<PathBuf, Error>, bar: &mut Bar| {
        bar.clear();
        match path {
            Ok(path) if json => pulled.push(json!({ "name": label, "file": path })),
            Ok(path) => print(&format!("{label}: {}\n", path.display())),
            Err(error) => worst = worst.max(refuse(&error)),
        }
    };
    let runtime = models.pull_runtime(&mut |progress| bar.show(&progress));
    take(runtime_label(), runtime, &mut bar);
    for model in chosen {
        let path = models.pull(model, &mut |progress| bar.show(&progress));
        take(model.card.label(), path, &mut bar);
    }
    if json {
        print(&format!("{:#}\n", Value::Array(pulled)));
    }
    worst
}

/// What every model needs to run, as it is called beside them.
fn runtime_label() -> String {
    format!("ONNX Runtime {}", RUNTIME.version)
}

fn runtime_json(runtime: &Result<PathBuf, Error>) -> Value {
    json!({
        "name": "ONNX Runtime",
        "version": RUNTIME.version,
        "file": runtime.as_ref().ok(),
        "error": runtime.as_ref().err().map(error_json),
    })
}

fn error_json(error: &Error) -> Value {
    json!({ "code": error.code.id, "message": error.message })
}

/// What a pull is doing, on one line of a terminal that is written again and again.
#[derive(Default)]
struct Bar {
    shown: Option<Instant>,
}

impl Bar {
    fn show(&mut self, progress: &Progress<'_>) {
        let soon = self.shown.is_some_and(|shown| shown.elapsed() < Duration::from_millis(100));
        if soon || !std::io::stderr().is_terminal() {
            return;
        }
        self.shown = Some(Instant::now());
        let step = match progress.step {
            Step::Waiting => "another process is fetching it".to_string(),
            Step::Fetching { bytes } => format!("fetched {}", SizeText(bytes)),
            Step::Unpacking => "unpacking".to_string(),
            Step::Checking => "working out its digest".to_string(),
        };
        say(&format!("\r\x1b[2K{}: {step} …", progress.what));
    }

    fn clear(&mut self) {
        if self.shown.take().is_some() {
            say("\r\x1b[2K");
        }
    }
}

fn list(models: &Models<'_>, chosen: &[Model<'_>], json: bool) -> Exit {
    let runtime = models.runtime();
    if json {
        let all = chosen.iter().map(as_json).chain([runtime_json(&runtime)]);
        print(&format!("{:#}\n", all.collect::<Value>()));
        return Exit::Good;
    }
    let mut rows = vec![["model", "file", "licence", "source"].map(str::to_string).to_vec()];
    rows.extend(chosen.iter().map(|model| {
        let size = model.bytes.map_or("not here".into(), |bytes| SizeText(bytes).to_string());
        vec![model.card.label(), size, model.card.licence.clone(), model.origin()]
    }));
    let (here, source) = match &runtime {
        Ok(path) => {
            (fs::metadata(path).map_or("?".into(), |file| SizeText(file.len()).to_string()), RUNTIME.origin())
        }
        Err(_) => ("not here".into(), "`forebay model pull` brings it; no model runs without it".into()),
    };
    rows.push(vec![runtime_label(), here, "MIT".into(), source]);
    print(&table(&rows, &[1]));
    Exit::Good
}

fn show(chosen: &[Model<'_>], json: bool) -> Exit {
    if json {
        print(&format!("{:#}\n", chosen.iter().map(as_json).collect::<Value>()));
        return Exit::Good;
    }
    let paint = Paint::stdout();
    let texts: Vec<String> = chosen.iter().map(|model| card_text(model, paint)).collect();
    print(&texts.join("\n"));
    Exit::Good
}

fn card_text(model: &Model<'_>, paint: Paint) -> String {
    let card = model.card;
    let here = match model.bytes {
        Some(bytes) => format!("{} ({})", model.path.display(), SizeText(bytes)),
        None => format!("not here; `forebay model pull {}` brings it", card.label()),
    };
    let mut rows = vec![
        vec!["file".into(), here],
        vec!["source".into(), model.origin()],
        vec!["sha256".into(), card.sha256.clone()],
        vec!["licence".into(), card.licence.clone()],
        vec!["batch".into(), batching(card.batch)],
    ];
    rows.extend(card.inputs.iter().map(|tensor| vec!["reads".into(), tensor_text(tensor)]));
    rows.extend(card.outputs.iter().map(|tensor| vec!["gives".into(), tensor_text(tensor)]));
    format!("{}\n{}", paint.bold(&card.label()), table(&rows, &[]))
}

fn batching(batch: Batching) -> String {
    match batch {
        Batching::Invariant => "the same bits at any batch size".into(),
        Batching::Tolerance(within) => format!("within {within} at any batch size"),
        Batching::One => "one record a call".into(),
    }
}

fn tensor_text(tensor: &Tensor) -> String {
    let columns = tensor.columns.iter().map(|column| match column.null {
        Some(null) => format!("{} (null is {null})", column.name),
        None => column.name.clone(),
    });
    let columns: Vec<_> = columns.collect();
    format!("{} {}[{}]: {}", tensor.name, tensor.ty, dims(tensor), columns.join(", "))
}

fn dims(tensor: &Tensor) -> String {
    let dim = |dim: &Dim| match dim {
        Dim::Any(name) => name.clone(),
        Dim::Fixed(size) => size.to_string(),
    };
    tensor.dims.iter().map(dim).collect::<Vec<_>>().join(", ")
}

fn verify(models: &Models<'_>, chosen: &[Model<'_>], json: bool) -> Exit {
    let mut worst = Exit::Good;
    let mut rows: Vec<Value> = Vec::new();
    let checked = chosen.iter().map(|model| (model.card.label(), models.verify(model)));
    // What no model runs without is a part of the answer.
    for (label, checked) in checked.chain([(runtime_label(), models.runtime())]) {
        if json {
            let wrong = checked.as_ref().err().map(error_json);
            rows.push(json!({ "model": label, "file": checked.as_ref().ok(), "good": wrong.is_none(), "error": wrong }));
            worst = worst.max(checked.as_ref().err().map_or(Exit::Good, Exit::of));
        } else {
            match checked {
                Ok(path) => print(&format!("{label}: good, {}\n", path.display())),
                Err(error) => worst = worst.max(refuse(&error)),
            }
        }
    }
    if json {
        print(&format!("{:#}\n", Value::Array(rows)));
    } else if worst == Exit::Good && !chosen.is_empty() {
        let models = number_of(chosen.len(), "model");
        say(&format!("{models} and ONNX Runtime checked: each file has its digest\n"));
    }
    worst
}

fn as_json(model: &Model<'_>) -> Value {
    let card: &Card = model.card;
    let tensor = |tensor: &Tensor| {
        json!({
            "tensor": tensor.name,
            "type": tensor.ty.to_string(),
            "dims": dims(tensor),
            "columns": tensor.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(),
        })
    };
    json!({
        "name": card.name,
        "version": card.version,
        "file": model.path,
        "bytes": model.bytes,
        "source": model.origin(),
        "sha256": card.sha256,
        "licence": card.licence,
        "batch": batching(card.batch),
        "inputs": card.inputs.iter().map(tensor).collect::<Vec<_>>(),
        "outputs": card.outputs.iter().map(tensor).collect::<Vec<_>>(),
    })
}
