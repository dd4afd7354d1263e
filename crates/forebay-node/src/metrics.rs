//! Metrics as text of OpenMetrics, and of Prometheus for whoever does not ask for that. Nothing is kept here: each scrape
//! reads the counters that the engine keeps anyway.
//!
//! Names say what is counted, with its unit last. Counters of streams are as of the last commit, those of nodes as they
//! happen: after an epoch was undone, nodes have counted its records twice and streams have not.

mod prometheus;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use forebay_exec::{Here, NodeStatus, StreamStatus};
use hdrhistogram::Histogram;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

use crate::ListStatus;
use crate::status::{Phase, Status, View};

/// Upper bounds of the latency buckets in nanoseconds, at 1, 2 and 5 of each decade from 10 µs to 50 s.
const BUCKETS_NS: [u64; 21] = {
    let mut bounds = [0; 21];
    let (mut at, mut decade) = (0, 10_000);
    while at < bounds.len() {
        bounds[at] = decade;
        bounds[at + 1] = 2 * decade;
        bounds[at + 2] = 5 * decade;
        at += 3;
        decade *= 10;
    }
    bounds
};

/// The two formats, which name counters differently in their comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Prometheus,
    OpenMetrics,
}

const OPEN_METRICS: &str = "application/openmetrics-text";

impl Format {
    /// OpenMetrics for whoever names it, and not as what is refused (`q=0`); everyone reads the other one.
    pub fn accepted<'a>(accept: impl Iterator<Item = &'a str>) -> Format {
        let is_named = |one: &str| {
            let mut parts = one.split(';').map(|part| part.trim().to_ascii_lowercase());
            let is_it = parts.next().is_some_and(|name| name == OPEN_METRICS);
            let weight = parts.find_map(|part| part.strip_prefix("q=").map(str::to_string));
            is_it && weight.is_none_or(|weight| weight.parse() != Ok(0.0))
        };
        let named = accept.flat_map(|accept| accept.split(',')).any(is_named);
        if named { Format::OpenMetrics } else { Format::Prometheus }
    }

    pub fn content_type(self) -> String {
        match self {
            Format::Prometheus => "text/plain; version=0.0.4; charset=utf-8".into(),
            Format::OpenMetrics => format!("{OPEN_METRICS}; version=1.0.0; charset=utf-8"),
        }
    }
}

/// Everything that can be counted of these pipelines.
pub(crate) fn text(views: &[Arc<View>], format: Format) -> String {
    let mut registry = Registry::default();
    let looks = views.iter().map(|view| (view.clone(), view.status())).collect();
    registry.register_collector(Box::new(Looks { looks }));
    let mut out = String::new();
    text::encode(&mut out, &registry).expect("a string takes everything");
    match format {
        Format::OpenMetrics => out,
        Format::Prometheus => prometheus::from_open_metrics(&out),
    }
}

type Labels<'a> = Vec<(&'static str, Cow<'a, str>)>;

#[derive(Debug)]
struct Looks {
    looks: Vec<(Arc<View>, Status)>,
}

impl Collector for Looks {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.build(&mut encoder)?;
        self.pipelines(&mut encoder)?;
        self.streams(&mut encoder)?;
        self.nodes(&mut encoder)?;
        self.latencies(&mut encoder)?;
        self.lists(&mut encoder)
    }
}

impl Looks {
    fn build(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let mut info =
            encoder.encode_descriptor("forebay_build", "The version of Forebay", None, MetricType::Info)?;
        info.encode_info(&[("version", env!("CARGO_PKG_VERSION"))])
    }

    fn pipelines(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let looks = || self.looks.iter().map(|(view, status)| (label(view), status));
        gauges(
            encoder,
            "forebay_running",
            "1 while the pipeline is at work",
            None,
            looks().map(|(l, s)| (l, is_at_work(s))),
        )?;
        let waiting = looks().map(|(l, s)| (l, f64::from(s.phase == Phase::Waiting)));
        gauges(encoder, "forebay_waiting", "1 while something that is needed is away", None, waiting)?;
        let paused = looks().map(|(l, s)| (l, f64::from(s.phase == Phase::Paused)));
        gauges(encoder, "forebay_paused", "1 while it takes in nothing, as somebody wants", None, paused)?;
        let every = looks().map(|(l, _)| l).zip(&self.looks);
        let every = every.map(|(l, (view, _))| (l, view.commit_every.as_secs_f64()));
        let help = "How often the pipeline commits";
        gauges(encoder, "forebay_commit_interval", help, Some(&Unit::Seconds), every)?;
        counters(
            encoder,
            "forebay_committed_epochs",
            "Epochs committed by this process",
            looks().map(|(l, s)| (l, s.epochs)),
        )?;
        counters(
            encoder,
            "forebay_aborted_epochs",
            "Times set back to the last commit",
            looks().map(|(l, s)| (l, s.aborts)),
        )
    }

    fn streams(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let streams = || {
            self.looks
                .iter()
                .flat_map(|(view, status)| status.streams.iter().map(|s| (of_stream(view, s), s)))
        };
        counters(
            encoder,
            "forebay_source_records",
            "Records taken in",
            streams().map(|(l, s)| (l, s.taken)),
        )?;
        let ends = streams().flat_map(|(labels, stream)| {
            stream.committed.ends.iter().map(move |(fate, reason, count)| {
                let end = [("fate", fate.into()), ("reason", reason.into())];
                (labels.iter().cloned().chain(end).collect::<Labels<'_>>(), *count)
            })
        });
        counters(encoder, "forebay_ended_records", "Records that have ended, by fate and reason", ends)?;
        let in_flight = streams().map(|(l, s)| (l, s.in_flight() as f64));
        gauges(encoder, "forebay_in_flight_records", "Records taken in and not committed", None, in_flight)?;
        let lags = streams().filter_map(|(l, s)| Some((l, s.lag.as_ref()?.load(Ordering::Relaxed) as f64)));
        let help = "Records that are there and were not read";
        gauges(encoder, "forebay_source_lag_records", help, None, lags)?;
        let open = streams().map(|(l, s)| (l, f64::from(s.here == Here::Open)));
        gauges(encoder, "forebay_source_open", "1 while this process reads the stream", None, open)?;
        let failed = streams().map(|(l, s)| (l, f64::from(matches!(s.here, Here::Failed(_)))));
        let help = "1 where the stream cannot go on, while others do";
        gauges(encoder, "forebay_source_failed", help, None, failed)?;
        let help = "What the ledger's equation lacks; anything but 0 is a defect";
        gauges(
            encoder,
            "forebay_imbalance_records",
            help,
            None,
            streams().map(|(l, s)| (l, s.imbalance() as f64)),
        )
    }

    fn nodes(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let looks = || {
            self.looks
                .iter()
                .flat_map(|(view, _)| view.nodes().iter().map(move |n| (of_node(view, n), view, n)))
        };
        let of = |what: fn(&NodeStatus) -> u64| looks().map(move |(labels, _, node)| (labels, what(node)));
        counters(
            encoder,
            "forebay_node_input_records",
            "Records that came in",
            of(|n| n.metrics.records_in.get()),
        )?;
        counters(
            encoder,
            "forebay_node_output_records",
            "Records that went out",
            of(|n| n.metrics.records_out.get()),
        )?;
        counters(encoder, "forebay_node_batches", "Batches that came in", of(|n| n.metrics.batches.get()))?;
        let fill = looks().map(|(labels, view, node)| (labels, fill(view, node)));
        let help = "Mean size of a batch as a share of the largest";
        gauges(encoder, "forebay_node_batch_fill", help, Some(&Unit::Other("ratio".into())), fill)?;
        let queue = of(|n| n.metrics.queue.get()).map(|(labels, rounds)| (labels, rounds as f64));
        gauges(encoder, "forebay_node_queue_rounds", "Rounds that wait in front of the node", None, queue)?;
        let help = "Time at work";
        let mut busy = encoder.encode_descriptor(
            "forebay_node_busy",
            help,
            Some(&Unit::Seconds),
            MetricType::Counter,
        )?;
        for (labels, _, node) in looks() {
            let seconds = node.metrics.busy_ns.get() as f64 / 1e9;
            busy.encode_family(&labels)?.encode_counter::<NoLabelSet, _, f64>(&seconds, None)?;
        }
        let fates = looks().flat_map(|(labels, _, node)| {
            let m = &node.metrics;
            let fates = [
                ("absorbed", m.absorbed.get()),
                ("rejected", m.rejected.get()),
                ("dropped", m.dropped.get()),
            ];
            fates.map(|(fate, count)| {
                (labels.iter().cloned().chain([("fate", fate.into())]).collect::<Labels<'_>>(), count)
            })
        });
        counters(encoder, "forebay_node_ended_records", "Records that ended in the node", fates)?;
        let help = "Time that the node has waited for something outside";
        let mut waited = encoder.encode_descriptor(
            "forebay_node_waited",
            help,
            Some(&Unit::Seconds),
            MetricType::Counter,
        )?;
        for (view, _) in &self.looks {
            for (node, condition) in &view.shared.conditions {
                let labels: Labels<'_> = vec![("pipeline", (&view.pipeline).into()), ("node", node.into())];
                let seconds = condition.waited().as_secs_f64();
                waited.encode_family(&labels)?.encode_counter::<NoLabelSet, _, f64>(&seconds, None)?;
            }
        }
        let help = "Records that the node was left out for, because there was no time";
        counters(encoder, "forebay_node_skipped_records", help, of(|n| n.metrics.skipped.get()))?;
        let help = "Records that came to the sink past their deadline";
        counters(encoder, "forebay_node_late_records", help, of(|n| n.metrics.late.get()))?;
        let help = "Calls that failed and were repeated on halves";
        counters(encoder, "forebay_node_failed_calls", help, of(|n| n.metrics.failed_calls.get()))?;
        let keys = of(|n| n.metrics.state_keys.get()).map(|(labels, keys)| (labels, keys as f64));
        gauges(encoder, "forebay_node_state_keys", "Keys in the node's state", None, keys)?;
        let bytes = of(|n| n.metrics.state_bytes.get()).map(|(labels, bytes)| (labels, bytes as f64));
        gauges(encoder, "forebay_node_state", "Size of the node's state", Some(&Unit::Bytes), bytes)
    }

    fn latencies(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "From the arrival of a record to its being written to the sink; readers of the output see it with the commit that follows, mostly within forebay_commit_interval_seconds";
        let unit = Some(&Unit::Seconds);
        let mut family = encoder.encode_descriptor("forebay_latency", help, unit, MetricType::Histogram)?;
        for (view, _) in &self.looks {
            for (sink, latency) in &view.shared.latencies {
                let labels: Labels<'_> = vec![("pipeline", (&view.pipeline).into()), ("node", sink.into())];
                histogram(family.encode_family(&labels)?, &latency.snapshot())?;
            }
        }
        let help = "From the time that a record was written where it comes from (its Kafka timestamp) to its being written to the sink";
        let mut family =
            encoder.encode_descriptor("forebay_end_to_end", help, unit, MetricType::Histogram)?;
        for (view, _) in &self.looks {
            for (sink, age) in &view.shared.ages {
                let labels: Labels<'_> = vec![("pipeline", (&view.pipeline).into()), ("node", sink.into())];
                histogram(family.encode_family(&labels)?, &age.snapshot())?;
            }
        }
        Ok(())
    }

    fn lists(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let lists = || {
            self.looks.iter().flat_map(|(view, _)| view.lists.iter().map(|list| (of_list(view, list), list)))
        };
        let members = lists().map(|(labels, list)| (labels, list.members.load(Ordering::Relaxed) as f64));
        gauges(encoder, "forebay_list_members", "Values in a list", None, members)?;
        let reloads = lists().flat_map(|(labels, list)| {
            let results = [("taken", &list.reloads), ("failed", &list.failures)];
            results.map(|(result, count)| {
                let labels: Labels<'_> = labels.iter().cloned().chain([("result", result.into())]).collect();
                (labels, count.load(Ordering::Relaxed))
            })
        });
        counters(
            encoder,
            "forebay_list_reloads",
            "New versions of a list's file, by whether they could be read",
            reloads,
        )
    }
}

fn label(view: &View) -> Labels<'_> {
    vec![("pipeline", (&view.pipeline).into())]
}

fn of_stream<'a>(view: &'a View, stream: &'a StreamStatus) -> Labels<'a> {
    vec![
        ("pipeline", (&view.pipeline).into()),
        ("node", (&stream.source).into()),
        ("stream", (&stream.stream).into()),
    ]
}

fn of_node<'a>(view: &'a View, node: &'a NodeStatus) -> Labels<'a> {
    vec![
        ("pipeline", (&view.pipeline).into()),
        ("node", Cow::Borrowed(&*node.name)),
        ("kind", node.kind.into()),
        ("lane", node.lane.to_string().into()),
    ]
}

fn of_list<'a>(view: &'a View, list: &'a ListStatus) -> Labels<'a> {
    vec![("pipeline", (&view.pipeline).into()), ("list", (&list.name).into())]
}

fn is_at_work(status: &Status) -> f64 {
    f64::from(matches!(status.phase, Phase::Running | Phase::Paused | Phase::Waiting | Phase::Draining))
}

fn fill(view: &View, node: &NodeStatus) -> f64 {
    let most = node.metrics.batches.get() * u64::from(view.max_batch);
    if most == 0 { 0.0 } else { node.metrics.records_in.get() as f64 / most as f64 }
}

fn counters<'a>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    values: impl Iterator<Item = (Labels<'a>, u64)>,
) -> fmt::Result {
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (labels, value) in values {
        family.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&value, None)?;
    }
    Ok(())
}

fn gauges<'a>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    unit: Option<&Unit>,
    values: impl Iterator<Item = (Labels<'a>, f64)>,
) -> fmt::Result {
    let mut family = encoder.encode_descriptor(name, help, unit, MetricType::Gauge)?;
    for (labels, value) in values {
        family.encode_family(&labels)?.encode_gauge(&value)?;
    }
    Ok(())
}

fn histogram(mut encoder: MetricEncoder<'_>, from: &Histogram<u64>) -> fmt::Result {
    let mut buckets: Vec<(f64, u64)> = BUCKETS_NS.iter().map(|bound| (*bound as f64 / 1e9, 0)).collect();
    buckets.push((f64::INFINITY, 0));
    let mut sum = 0.0;
    for value in from.iter_recorded() {
        let nanos = value.value_iterated_to();
        let at = BUCKETS_NS.partition_point(|bound| *bound < nanos);
        buckets[at].1 += value.count_at_value();
        sum += nanos as f64 / 1e9 * value.count_at_value() as f64;
    }
    encoder.encode_histogram::<NoLabelSet>(sum, from.len(), &buckets, None)
}
