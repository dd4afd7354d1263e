//! `forebay validate FILE…`: everything that is wrong with the files by themselves, in one run. With `--live` also what is
//! wrong with what they name: whether it is there, and may be used.

use forebay_node::{Goal, Live, Needed, Registry, live, load};
use serde_json::{Value, json};

use crate::args::Validate;
use crate::diagnostics;
use crate::exit::Exit;
use crate::output::print;
use crate::table::table;

pub fn run(args: &Validate, registry: &Registry) -> Exit {
    let files = &args.files;
    let mut loaded = load(registry, &files.files, &files.options(), &Goal::Check);
    let mut exit = diagnostics::exit(&loaded.report, &loaded.files, files.deny_warnings());
    let mut found = None;
    if args.live {
        let Live { mut report, is_away, is_wrong, found: here } = live(&loaded);
        if is_wrong {
            exit = exit.max(Exit::Fault);
        }
        if is_away {
            exit = exit.max(Exit::Away);
        }
        loaded.report.diagnostics.append(&mut report.diagnostics);
        found = Some(here);
    }
    if files.json {
        let mut value = diagnostics::json(&loaded.report, &loaded.files);
        if let Some(found) = &found {
            value["live"] = found.iter().map(as_json).collect();
        }
        print(&format!("{value:#}\n"));
    } else {
        diagnostics::show(&loaded.report, &loaded.files);
        if let Some(found) = found.filter(|found| !found.is_empty()) {
            print(&table(&rows(&found), &[]));
        }
        diagnostics::sum(&loaded.report, files.files.len());
    }
    exit
}

fn rows(found: &[Needed]) -> Vec<Vec<String>> {
    let head = ["pipeline", "node", "needs", "found"].map(str::to_string).to_vec();
    let row = |here: &Needed| {
        let node = if here.node.is_empty() { "-" } else { &here.node };
        vec![here.pipeline.clone(), node.to_string(), here.what.clone(), here.is.clone()]
    };
    [head].into_iter().chain(found.iter().map(row)).collect()
}

fn as_json(here: &Needed) -> Value {
    let node = (!here.node.is_empty()).then_some(&here.node);
    json!({ "pipeline": here.pipeline, "node": node, "needs": here.what, "found": here.is })
}
