//! ONNX Runtime by itself, on the very values that the model gets in the pipeline, as tensors that are ready.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use forebay_node::Models;
use forebay_onnx::{Session, Values};
use forebay_plan::plan::SinkColumn;
use forebay_stage::ModelFile;
use serde_json::Value;

use super::engine::{Pipeline, SCORED};
use super::parts;
use super::stream::Stream;
use crate::failure::Failure;

const MODEL: &str = "card-fraud@3";
const PASSES: usize = 3;

/// What ONNX Runtime needs for all transactions with so many in a call; the best of some passes.
pub fn model(stream: &Stream, rows_a_call: usize) -> Result<(Duration, u64), Failure> {
    let pipeline = Pipeline::load(stream, &[])?;
    let models = Models::new(pipeline.loaded().configs(&pipeline.loaded().pipelines[0]));
    let models = models.map_err(Failure::doing("find the models"))?;
    let model = models.find(MODEL).map_err(Failure::doing("find the model"))?;
    let file = ModelFile { card: model.card.clone().into(), path: model.path };
    let columns: Vec<&str> = file.card.inputs[0].columns.iter().map(|column| column.name.as_str()).collect();
    let rows = inputs(&pipeline, stream, &columns)?;
    let failed = || Failure::doing("run the model");
    let mut session = Session::open(&file, &[0]).map_err(failed())?;
    let mut best = Duration::MAX;
    for _ in 0..PASSES {
        let began = Instant::now();
        for call in rows.chunks(columns.len() * rows_a_call) {
            session.run(call.len() / columns.len(), &[Values::F32(call)]).map_err(failed())?;
        }
        best = best.min(began.elapsed());
    }
    Ok((best, (rows.len() / columns.len()) as u64))
}

/// What the model is given in the pipeline, row after row: its columns, written beside the results.
fn inputs(pipeline: &Pipeline, stream: &Stream, columns: &[&str]) -> Result<Vec<f32>, Failure> {
    let sink = parts::node(pipeline.plan(), SCORED)?.sink.as_ref();
    let mut written: Vec<&str> = sink.iter().flat_map(|sink| &sink.columns).map(name).collect();
    let more: Vec<&str> = columns.iter().copied().filter(|column| !written.contains(column)).collect();
    written.extend(more);
    let pipeline = Pipeline::load(stream, &[format!("sinks.{SCORED}.columns=[{}]", written.join(", "))])?;
    pipeline.run(None)?;
    let path = pipeline.scored();
    let failed = || Failure::doing(format!("read {}", path.display()));
    let mut rows = Vec::new();
    for line in BufReader::new(File::open(&path).map_err(failed())?).lines() {
        let line = line.map_err(failed())?;
        let record: Value = serde_json::from_str(&line).map_err(Failure::doing("parse what was written"))?;
        for column in columns {
            rows.push(number(&record[column]).ok_or_else(|| {
                Failure::new(format!("`{column}` is {} in {}", record[column], path.display()))
            })?);
        }
    }
    Ok(rows)
}

fn name(column: &SinkColumn) -> &str {
    match column {
        SinkColumn::Column { name, .. } => name,
        SinkColumn::Own(name) => name,
    }
}

fn number(value: &Value) -> Option<f32> {
    match value {
        Value::Bool(truth) => Some(f32::from(u8::from(*truth))),
        value => value.as_f64().map(|number| number as f32),
    }
}
