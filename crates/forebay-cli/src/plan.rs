//! `forebay plan FILE…`: what would run, worked out before anything does.

use forebay_node::{Goal, Loaded, Registry, load};
use forebay_spec::{Around, resolved};
use serde_json::Value;

use crate::args::Plan;
use crate::diagnostics;
use crate::exit::Exit;
use crate::output::print;

pub fn run(args: &Plan, registry: &Registry) -> Exit {
    let options = forebay_plan::Options { lanes: args.lanes.lanes, ..forebay_plan::Options::default() };
    let loaded = load(registry, &args.files.files, &args.files.options(), &Goal::Plan(options));
    if args.files.json {
        let mut value = diagnostics::json(&loaded.report, &loaded.files);
        let plans = loaded.pipelines.iter().filter_map(|file| file.plan.as_ref());
        value["plans"] = plans.map(forebay_plan::json).collect::<Value>();
        print(&format!("{value:#}\n"));
    } else {
        diagnostics::show(&loaded.report, &loaded.files);
        print(&text(args, &loaded));
        if !loaded.report.diagnostics.is_empty() {
            diagnostics::sum(&loaded.report, args.files.files.len());
        }
    }
    diagnostics::exit(&loaded.report, &loaded.files, args.files.deny_warnings())
}

fn text(args: &Plan, loaded: &Loaded) -> String {
    let here = std::env::current_dir().map_or(String::new(), |here| here.to_string_lossy().into_owned());
    let of_file = |file: &forebay_node::PipelineFile| {
        if args.resolved {
            // What a file says can be shown even where it cannot run.
            let sinks = file.plan.iter().flat_map(|plan| &plan.nodes);
            let guarantees: Vec<_> =
                sinks.filter_map(|node| Some((node.name.clone(), node.sink.as_ref()?.guarantee))).collect();
            let around = Around { here: &here, guarantees: &guarantees };
            return file.spec.as_ref().map(|spec| resolved(spec, &around));
        }
        file.plan.as_ref().map(|plan| match args.explain {
            true => forebay_plan::explain(plan),
            false => forebay_plan::summary(plan),
        })
    };
    let texts: Vec<String> = loaded.pipelines.iter().filter_map(of_file).collect();
    texts.join(if args.resolved { "---\n" } else { "\n" })
}
