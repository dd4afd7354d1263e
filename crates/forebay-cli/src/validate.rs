//! `forebay validate FILE…`: everything that is wrong with the files by themselves, in one run.

use forebay_node::{Goal, Registry, load};

use crate::args::Files;
use crate::diagnostics;
use crate::exit::Exit;
use crate::output::print;

pub fn run(args: &Files, registry: &Registry) -> Exit {
    let loaded = load(registry, &args.files, &args.options(), &Goal::Check);
    if args.json {
        print(&format!("{:#}\n", diagnostics::json(&loaded.report, &loaded.files)));
    } else {
        diagnostics::show(&loaded.report, &loaded.files);
        diagnostics::sum(&loaded.report, args.files.len());
    }
    diagnostics::exit(&loaded.report, &loaded.files, args.deny_warnings())
}
