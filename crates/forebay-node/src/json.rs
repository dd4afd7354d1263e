//! What a pipeline shows of itself, for programs: the same forms in `/pipelines`, in logs and at the end of a run.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use forebay_exec::Here;
use serde_json::{Map, Value, json};

use crate::status::{Latency, Line, Status, View};

/// Everything about a pipeline at work. Latencies are those of the last ten seconds, up to the sink: whoever reads the output
/// sees a record with the commit that follows, mostly within `commit_every_ns`. `/metrics` has all of them.
pub(crate) fn pipeline(view: &View) -> Value {
    let status = view.status();
    json!({
        "pipeline": view.pipeline,
        "pid": view.pid,
        "file": view.path,
        "state": view.state.display().to_string(),
        "phase": status.phase.word(),
        "ended": status.phase.is_over(),
        "why": status.why,
        "elapsed_seconds": status.elapsed.as_secs_f64(),
        "epochs": status.epochs,
        "aborts": status.aborts,
        "committed": status.committed,
        "per_second": status.per_second,
        "latency_to_sink_ns": status.latency.map(latency),
        "commit_every_ns": view.commit_every.as_nanos() as u64,
        "ledger": ledger(&status, usize::MAX),
        "warnings": status.warnings.iter().map(|(node, warning)| {
            json!({ "node": node, "code": warning.code.id, "text": warning.text, "count": warning.count })
        }).collect::<Value>(),
        "nodes": nodes(view, &status),
        "lists": lists(view),
        "plan": view.plan,
    })
}

/// How far a pipeline is with its end; `ended` once nothing of it is left, and `is_last` where nothing else of the run is either.
pub(crate) fn end(view: &View, is_gone: bool, is_last: bool) -> Value {
    let status = view.status();
    json!({
        "pipeline": view.pipeline,
        "phase": status.phase.word(),
        "why": status.why,
        "in_flight": status.in_flight(),
        "ended": is_gone,
        "is_last": is_last,
        "seconds": status.elapsed.as_secs_f64(),
        "committed": status.committed,
        "ledger": ledger(&status, if is_gone { usize::MAX } else { 0 }),
    })
}

/// The account: the sum, so many streams at most, and by node what its deadlines did to records. Reasons stand inside their
/// fates.
pub fn ledger(status: &Status, most: usize) -> Value {
    let ledger = status.ledger();
    let streams = ledger.foremost(most);
    json!({
        "total": account(&ledger.total()),
        "streams": streams.iter().map(|stream| line(stream)).collect::<Value>(),
        "more_streams": ledger.lines.len() - streams.len(),
        "skipped": counts(&status.skipped),
        "late": counts(&status.late),
    })
}

fn counts(by_node: &[(String, u64)]) -> Value {
    Value::Object(by_node.iter().map(|(node, count)| (node.clone(), json!(count))).collect())
}

fn line(line: &Line) -> Value {
    let mut value = json!({ "source": line.source, "stream": line.stream, "here": line.here.word() });
    if let Some(lag) = line.lag {
        value["lag"] = lag.into();
    }
    if let Here::Failed(why) = &line.here {
        value["why"] = why.as_str().into();
    }
    if let (Value::Object(value), Value::Object(account)) = (&mut value, account(line)) {
        value.extend(account);
    }
    value
}

fn account(line: &Line) -> Value {
    let reasons = |fate: &str| {
        let of = line.ends.iter().filter(|((of, _), _)| of == fate);
        Value::Object(of.map(|((_, reason), count)| (reason.clone(), json!(count))).collect::<Map<_, _>>())
    };
    json!({
        "in": line.taken,
        "published": line.ended("published"),
        "absorbed": reasons("absorbed"),
        "rejected": reasons("rejected"),
        "dropped": reasons("dropped"),
        "in_flight": line.in_flight,
    })
}

fn latency(of: Latency) -> Value {
    json!({ "p50": of.p50, "p99": of.p99, "max": of.max })
}

fn nodes(view: &View, status: &Status) -> Value {
    let node = |node: &forebay_exec::NodeStatus| {
        let metrics = &node.metrics;
        json!({
            "node": &*node.name,
            "kind": node.kind,
            "lane": node.lane,
            "records_in": metrics.records_in.get(),
            "records_out": metrics.records_out.get(),
            "batches": metrics.batches.get(),
            "absorbed": metrics.absorbed.get(),
            "rejected": metrics.rejected.get(),
            "dropped": metrics.dropped.get(),
            "skipped": metrics.skipped.get(),
            "late": metrics.late.get(),
            "failed_calls": metrics.failed_calls.get(),
            "busy_ns": metrics.busy_ns.get(),
            "queue_rounds": metrics.queue.get(),
            "state_keys": metrics.state_keys.get(),
            "state_bytes": metrics.state_bytes.get(),
            "latency_to_sink_ns": status.latencies.get(&*node.name).copied().map(latency),
        })
    };
    view.nodes().iter().map(node).collect()
}

fn lists(view: &View) -> Value {
    let list = |list: &std::sync::Arc<crate::ListStatus>| {
        json!({
            "list": list.name,
            "file": list.file,
            "members": list.members.load(Ordering::Relaxed),
            "reloads": list.reloads.load(Ordering::Relaxed),
            "failures": list.failures.load(Ordering::Relaxed),
            "wrong": *list.wrong.lock().unwrap_or_else(PoisonError::into_inner),
        })
    };
    view.lists.iter().map(list).collect()
}
