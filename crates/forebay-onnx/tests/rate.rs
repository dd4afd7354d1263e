//! How fast a model runs through the stage, and how fast alone on ready tensors:
//! `cargo test --release -p forebay-onnx --test rate -- --ignored --nocapture`.
//! `FOREBAY_TEST_MODEL` names the file of a model with an input `input` of f32 [n, 15] and an output `score`
//! of f32 [n, 1]; without it, the project's own.

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{Made, card, make};
use forebay_onnx::{Session, Values};
use forebay_stage::batch::Batch;
use forebay_stage::types::card::Batching;
use forebay_stage::{Cx, ModelFile, Outbox, testing};

const COLUMNS: &str = "amount: decimal(2), night: bool, weekend: bool, c_n_1: i64, c_n_7: i64, c_n_30: i64, c_avg_1: f64, \
                       c_avg_7: f64, c_avg_30: f64, t_n_1: i64, t_n_7: i64, t_n_30: i64, t_risk_1: f64, t_risk_7: f64, \
                       t_risk_30: f64";

const WIDTH: usize = 15;

/// Rows of a round: too many for a branch predictor to know them by heart, few enough to stay in the cache as one
/// batch, which was just made, would.
const ROWS: usize = 1 << 11;

/// The fastest of many rounds of each, in turns: on a machine that does other things too, the one that was disturbed
/// least.
fn fastest(mut one: impl FnMut(), mut other: impl FnMut()) -> (Duration, Duration) {
    let timed = |round: &mut dyn FnMut()| {
        let start = Instant::now();
        round();
        start.elapsed()
    };
    let until = Instant::now() + Duration::from_secs(3);
    let mut best = (Duration::MAX, Duration::MAX);
    while Instant::now() < until {
        best = (best.0.min(timed(&mut one)), best.1.min(timed(&mut other)));
    }
    best
}

/// A row of plausible features, different for each row.
fn row(index: usize) -> [f64; WIDTH] {
    let vary = |factor: usize, modulo: usize| (index * factor % modulo) as f64;
    let (n, avg, risk) = (vary(7, 11), vary(7919, 9973) / 100.0, vary(31, 101) / 100.0);
    let amount = vary(104_729, 25_013) / 100.0;
    [
        amount,
        vary(1, 2),
        vary(3, 2),
        n,
        n * 5.0,
        n * 20.0,
        avg,
        avg,
        avg,
        n,
        n * 3.0,
        n * 9.0,
        risk,
        risk,
        risk,
    ]
}

/// The row as a line of a table over `COLUMNS`.
fn line(index: usize) -> String {
    let texts = row(index).into_iter().enumerate().map(|(at, value)| match at {
        0 => format!("{value:.2}"),
        1 | 2 => (value != 0.0).to_string(),
        _ => value.to_string(),
    });
    texts.collect::<Vec<_>>().join(" | ")
}

#[test]
#[ignore = "takes seconds, and says something only in release"]
fn rate() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs/models/files/card-fraud.onnx");
    let path = std::env::var_os("FOREBAY_TEST_MODEL").map_or(own, PathBuf::from);
    if !path.is_file() {
        println!("skipped: {} is not there", path.display());
        return;
    }
    let names: Vec<&str> =
        COLUMNS.split(", ").map(|column| column.split(':').next().unwrap().trim()).collect();
    let lines = format!("in input f32 [n,{WIDTH}] {}\nout score f32 [n,1] score", names.join(" "));
    let card = card("fraud", Batching::Invariant, &path, &lines);
    println!("{:>6} {:>14} {:>14} {:>9}", "rows", "alone, rows/s", "stage, rows/s", "overhead");
    for rows in [1, 64, 256, 1024] {
        let Made { mut stage, columns, .. } = make(card.clone(), "model: fraud", COLUMNS).unwrap();
        let file = ModelFile { card: Arc::new(card.clone()), path: path.clone() };
        let mut session = Session::open(&file, &[0]).unwrap();
        let ready: Vec<f32> = (0..ROWS).flat_map(row).map(|value| value as f32).collect();
        let batch = |first: usize| {
            let table: String = (first..first + rows).map(|index| format!("\n{}", line(index))).collect();
            testing::batch(&columns, &format!("{}{table}", names.join(" | ")), 1)
        };
        let batches: Vec<Batch> = (0..ROWS).step_by(rows).map(batch).collect();
        let mut outbox = Outbox::default();
        let alone = || {
            for part in ready.chunks(rows * WIDTH) {
                std::hint::black_box(session.run(rows, &[Values::F32(part)]).unwrap().get(0));
            }
        };
        let staged = || {
            for batch in &batches {
                stage.push(&mut Cx::new(0, &mut outbox), 0, batch).unwrap();
                assert_eq!(outbox.added().map(|group| group.cols()[0].fixed::<f32>().len()), Some(rows));
                outbox.clear();
            }
        };
        let (alone, staged) = fastest(alone, staged);
        let rate = |time: Duration| ROWS as f64 / time.as_secs_f64();
        let overhead = 100.0 * (staged.as_secs_f64() / alone.as_secs_f64() - 1.0);
        println!("{rows:>6} {:>14.0} {:>14.0} {overhead:>8.1}%", rate(alone), rate(staged));
    }
}
