//! The text format of Prometheus (0.0.4) from that of OpenMetrics. Samples are the same lines; what stands above them differs:
//! a family is named as its samples are, with `_total` and `_info`, an `info` is a gauge, and there are no units and no end mark.

use std::fmt::Write;

/// Each family begins with `# HELP` and `# TYPE`, in this order, as the encoder writes them.
pub fn from_open_metrics(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut help = None;
    for line in text.lines() {
        if let Some(named) = line.strip_prefix("# HELP ") {
            help = named.split_once(' ');
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
        {
            let (suffix, kind) = match kind {
                "counter" => ("_total", kind),
                "info" => ("_info", "gauge"),
                "unknown" => ("", "untyped"),
                _ => ("", kind),
            };
            if let Some((_, help)) = help.take() {
                let _ = writeln!(out, "# HELP {name}{suffix} {help}");
            }
            let _ = writeln!(out, "# TYPE {name}{suffix} {kind}");
        } else if !line.starts_with('#') {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::*;

    #[test]
    fn families_are_named_as_their_samples_are() {
        let open = "\
# HELP a_build The version
# TYPE a_build info
a_build_info{version=\"1\"} 1
# HELP a_busy_seconds Time at work
# TYPE a_busy_seconds counter
# UNIT a_busy_seconds seconds
a_busy_seconds_total{node=\"# x\"} 1.5
# HELP a_latency_seconds From there to here
# TYPE a_latency_seconds histogram
# UNIT a_latency_seconds seconds
a_latency_seconds_bucket{le=\"+Inf\"} 2
# EOF
";
        let plain = "\
# HELP a_build_info The version
# TYPE a_build_info gauge
a_build_info{version=\"1\"} 1
# HELP a_busy_seconds_total Time at work
# TYPE a_busy_seconds_total counter
a_busy_seconds_total{node=\"# x\"} 1.5
# HELP a_latency_seconds From there to here
# TYPE a_latency_seconds histogram
a_latency_seconds_bucket{le=\"+Inf\"} 2
";
        assert_eq!(from_open_metrics(open), plain);
    }

    #[test]
    fn open_metrics_are_for_whoever_names_them() {
        let check = |accept: &[&str], expect: Format| {
            assert_eq!(Format::accepted(accept.iter().copied()), expect, "{accept:?}");
        };
        check(&[], Format::Prometheus);
        check(&["*/*"], Format::Prometheus);
        check(&["text/html, text/plain;version=0.0.4;q=0.3"], Format::Prometheus);
        check(&["Application/OpenMetrics-Text;version=1.0.0;q=0.5,*/*;q=0.1"], Format::OpenMetrics);
        check(&["text/plain", "application/openmetrics-text"], Format::OpenMetrics);
        check(&["application/openmetrics-text; version=1.0.0; Q=0.0, text/plain"], Format::Prometheus);
        check(&["application/openmetrics-textual"], Format::Prometheus);
    }
}
