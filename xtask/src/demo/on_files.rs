//! The demo from files to files, as fast as they can be read.

use std::thread;

use forebay_testkit::card::{CHARGEBACKS, TRANSACTIONS};
use forebay_types::unit::count;

use super::engine::Engine;
use super::show::Show;
use super::{Desk, LOOK_EVERY, PIPELINE, plan};
use crate::failure::Failure;
use crate::shell;

pub fn run(desk: &Desk) -> Result<(), Failure> {
    let arguments = arguments(desk);
    let mut engine = Engine::start(desk, PIPELINE, &arguments, None)?;
    let mut show = Show::begin(&desk.truth, desk.out.join("scored.jsonl"))?;
    let ended = loop {
        // The end is looked for first, so that what was written before it is read after it.
        let ended = engine.ended()?;
        let more = show.read()?;
        desk.go_on()?;
        match ended {
            Some(ended) if !more => break ended,
            _ if show.is_due() => show.line(engine.look())?,
            _ if more => {}
            _ => thread::sleep(LOOK_EVERY),
        }
    };
    show.end(engine.last_look()?)?;
    let ledger = engine.ledger(ended)?;
    report(desk, &show, &ledger, &arguments)
}

/// Files in place of the topics.
fn arguments(desk: &Desk) -> Vec<String> {
    let words = [
        "--from",
        &format!("tx={}", desk.generated(TRANSACTIONS)),
        "--from",
        &format!("chargebacks={}", desk.generated(CHARGEBACKS)),
        "--to",
        &format!("*={}/", shell::shown(&desk.out).display()),
        "--set",
        "scale=one",
    ];
    words.map(String::from).to_vec()
}

fn report(desk: &Desk, show: &Show<'_>, ledger: &str, arguments: &[String]) -> Result<(), Failure> {
    let (went_in, came_out) = (desk.truth.transactions(), show.alerts().records());
    let (scored, dead) = (desk.result("scored.jsonl"), desk.result("dead.jsonl"));
    if went_in != came_out {
        return Err(Failure::Fault(format!(
            "{} transactions went in and {} came out scored; {dead} says why\n{ledger}",
            count(went_in),
            count(came_out)
        )));
    }
    let width = scored.len().max(dead.len());
    tell!(
        "
p50 and p99 are those of the last ten seconds, from the arrival of a record to its being written to the sink, as fast as the
files can be read. Who reads the output sees it with the commit that follows.

{ledger}
{}

  {scored:width$}   every transaction with score, decision and rule
  {dead:width$}   what could not be processed, with reason and origin

Try next:
  grep '\"decision\":\"review\"' {scored} | head -3
  cargo xtask demo --seed 2
  cargo xtask demo --kafka
  {forebay} kinds window_features
  {forebay} validate tests/corpus/several-in-one-file.yaml
  {}
",
        show.quality(),
        plan(&desk.forebay, arguments),
        forebay = shell::shown(&desk.forebay).display(),
    )
}
