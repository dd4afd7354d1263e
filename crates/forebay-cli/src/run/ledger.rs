//! The account at the end: a line for each stream, and the reasons of what was not published.

use std::collections::BTreeMap;

use forebay_node::{Line, Status, View};
use forebay_types::code;

use crate::output::Paint;
use crate::table::{count, table, time};

const FATES: [&str; 4] = ["published", "absorbed", "rejected", "dropped"];

/// So many streams have a line of their own.
const STREAMS: usize = 20;

pub fn text(view: &View, status: &Status) -> String {
    let paint = Paint::stdout();
    let ledger = status.ledger();
    let rate = match status.committed {
        0 => String::new(),
        committed => {
            let rate = committed as f64 / status.elapsed.as_secs_f64().max(1e-9);
            format!(", {} records/s", count(rate as u64))
        }
    };
    let (name, phase) = (paint.bold(&view.pipeline), status.phase.word());
    let mut out = format!("{name}: {phase} in {}{rate}\n", time(status.elapsed));
    if status.committed + status.in_flight() < status.taken() {
        let (committed, state) = (count(status.committed), view.state.display());
        out.push_str(&format!(
            "  the account of all runs with the state in {state}; this one committed {committed} records\n"
        ));
    }
    let mut rows =
        vec![["stream", "in"].into_iter().chain(FATES).chain(["in flight"]).map(String::from).collect()];
    let foremost = ledger.foremost(STREAMS);
    rows.extend(foremost.iter().map(|line| row(&format!("{} {}", line.source, line.stream), line)));
    if ledger.lines.len() > foremost.len() {
        rows.push(vec![format!("and {} more", count((ledger.lines.len() - foremost.len()) as u64))]);
    }
    if ledger.lines.len() != 1 {
        rows.push(row(&format!("all {} streams", count(ledger.lines.len() as u64)), &ledger.total()));
    }
    out.push_str(&table(&rows, &[1, 2, 3, 4, 5, 6]));
    let mut reasons = reasons(&ledger.total());
    reasons.extend(deadlines(status));
    out.push_str(&table(&reasons, &[1]));
    for line in ledger.lines.iter().filter(|line| line.imbalance != 0) {
        let name = paint.red("the ledger does not add up");
        out.push_str(&format!(
            "  {name}: {} {} lacks {}; that is a defect of Forebay\n",
            line.source, line.stream, line.imbalance
        ));
    }
    out
}

fn row(name: &str, line: &Line) -> Vec<String> {
    let fates = FATES.iter().map(|fate| count(line.ended(fate)));
    [name.to_string(), count(line.taken)].into_iter().chain(fates).chain([count(line.in_flight)]).collect()
}

/// Why records were absorbed, rejected or dropped; a code comes with its title.
fn reasons(total: &Line) -> Vec<Vec<String>> {
    let mut by_fate: BTreeMap<usize, Vec<Vec<String>>> = BTreeMap::new();
    for ((fate, reason), number) in &total.ends {
        let Some(at) = FATES.iter().position(|known| known == fate).filter(|at| *at > 0) else { continue };
        let title = code::find(reason).map_or(String::new(), |code| code.title.to_string());
        by_fate.entry(at).or_default().push(vec![fate.clone(), count(*number), reason.clone(), title]);
    }
    by_fate.into_values().flatten().collect()
}

/// What deadlines did to records, whatever their fate.
fn deadlines(status: &Status) -> Vec<Vec<String>> {
    let rows = |fate: &str, by_node: &[(String, u64)], what: &str| {
        let row = |(node, number): &(String, u64)| {
            vec![fate.to_string(), count(*number), node.clone(), what.to_string()]
        };
        by_node.iter().map(row).collect::<Vec<_>>()
    };
    let skipped = rows("skipped", &status.skipped, "left out, because there was no time before the deadline");
    skipped.into_iter().chain(rows("late", &status.late, "came there after the deadline")).collect()
}
