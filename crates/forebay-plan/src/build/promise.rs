//! What the plan promises, and why it holds.

use forebay_spec::pipeline::Guarantee;

use crate::delivery::{drops, is_live, repeats, repeats_yet, strength, strongest, wish};
use crate::graph::Entry;
use crate::plan::DeliveryPlan;
use crate::resolve::Resolved;

/// What a sink is promised: what was asked for, or else the strongest.
pub(super) fn given(resolved: &Resolved<'_>, at: usize) -> Guarantee {
    match resolved.graph.nodes[at].entry {
        Entry::Sink(sink) => wish(resolved, sink).map_or(strongest(resolved, at), |asked| asked.value),
        _ => Guarantee::BestEffort,
    }
}

/// What holds for every sink.
pub(super) fn delivery(resolved: &Resolved<'_>) -> DeliveryPlan {
    let sinks = || {
        (0..resolved.graph.nodes.len()).filter(|at| matches!(resolved.graph.nodes[*at].entry, Entry::Sink(_)))
    };
    let weakest = |guarantees: &mut dyn Iterator<Item = Guarantee>| guarantees.min_by_key(|g| strength(*g));
    let guarantee = weakest(&mut sinks().map(|at| given(resolved, at))).unwrap_or(Guarantee::ExactlyOnce);
    let best = weakest(&mut sinks().map(|at| strongest(resolved, at))).unwrap_or(Guarantee::ExactlyOnce);
    let mut proof = proof(resolved, best);
    if strength(guarantee) < strength(best) {
        proof = format!(
            "asked for in the file; what is done is what {best} takes, since less would save nothing here: {proof}"
        );
    }
    DeliveryPlan { guarantee, proof, commit_every_ns: resolved.pipeline.delivery.commit_every.value }
}

fn proof(resolved: &Resolved<'_>, best: Guarantee) -> String {
    let named = |wanted: &dyn Fn(usize) -> bool| {
        let names = (0..resolved.graph.nodes.len())
            .filter(|at| wanted(*at))
            .map(|at| resolved.graph.nodes[at].name());
        names.collect::<Vec<_>>().join(", ")
    };
    let sources = |at: usize| matches!(resolved.graph.nodes[at].entry, Entry::Source(_));
    match best {
        Guarantee::BestEffort => {
            let live = named(&|at| sources(at) && is_live(resolved, at));
            format!(
                "records of {live} cannot be read again, and results wait for their commit in memory alone"
            )
        }
        Guarantee::AtLeastOnce => {
            let repeating = named(&|at| repeats(resolved, at) || repeats_yet(resolved, at));
            format!(
                "what {repeating} showed cannot be taken back when an epoch is done once more; the rest counts once"
            )
        }
        Guarantee::ResultsOnce => {
            let dropping = named(&|at| sources(at) && drops(resolved, at));
            format!(
                "what was published is committed with the positions behind it and not published again; late records of {dropping} are dropped"
            )
        }
        Guarantee::ExactlyOnce => {
            let is_stage = |at: usize| matches!(resolved.graph.nodes[at].entry, Entry::Stage(_));
            let keyed = named(&|at| is_stage(at) && resolved.checked[at].keys.is_some());
            let state =
                if keyed.is_empty() { String::new() } else { format!(", the state changes of {keyed}") };
            let sinks = named(&|at| matches!(resolved.graph.nodes[at].entry, Entry::Sink(_)));
            format!(
                "the positions of {}{state} and the lengths of what {sinks} wrote are one entry of the local log; after a restart all go back to the last one",
                named(&sources)
            )
        }
    }
}
