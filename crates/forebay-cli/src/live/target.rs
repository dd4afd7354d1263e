//! What a verb is about: `[NAMESPACE/]NAME[.NODE[.PORT]]`.

use std::fmt;
use std::str::FromStr;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// With or without its namespace.
    pub pipeline: String,
    pub node: Option<String>,
    pub port: Option<String>,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Target, String> {
        let mut parts = text.split('.').map(str::to_string);
        let target =
            Target { pipeline: parts.next().unwrap_or_default(), node: parts.next(), port: parts.next() };
        let names = target.pipeline.split('/').chain(target.node.as_deref()).chain(target.port.as_deref());
        let is_well = names.clone().all(|name| !name.is_empty()) && names.count() <= 4;
        if is_well && parts.next().is_none() && target.pipeline.split('/').count() <= 2 {
            Ok(target)
        } else {
            Err("write [NAMESPACE/]NAME, with .NODE or .NODE.PORT behind it where an output is meant".into())
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pipeline)?;
        self.node.iter().chain(&self.port).try_for_each(|part| write!(f, ".{part}"))
    }
}

impl Target {
    /// Whether this is the name of a pipeline, `NAMESPACE/NAME`.
    pub fn means(&self, pipeline: &str) -> bool {
        match self.pipeline.contains('/') {
            true => self.pipeline == pipeline,
            false => pipeline.rsplit('/').next() == Some(&self.pipeline),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_pipeline_a_node_and_a_port() {
        let check = |text: &str, expect: Option<(&str, Option<&str>, Option<&str>)>| {
            let target: Option<Target> = text.parse().ok();
            let parts = target.as_ref().map(|t| (t.pipeline.as_str(), t.node.as_deref(), t.port.as_deref()));
            assert_eq!(parts, expect, "{text}");
            assert_eq!(target.map_or(text.to_string(), |target| target.to_string()), text);
        };
        check("pay", Some(("pay", None, None)));
        check("team/pay.decide", Some(("team/pay", Some("decide"), None)));
        check("pay.decide.review", Some(("pay", Some("decide"), Some("review"))));
        for wrong in ["", ".", "pay.", "/pay", "team/", "a/b/c", "pay.a.b.c", "pay..b"] {
            check(wrong, None);
        }
    }

    #[test]
    fn a_namespace_may_be_left_out() {
        let means = |text: &str, pipeline: &str| text.parse::<Target>().expect("a target").means(pipeline);
        assert!(means("pay", "team/pay") && means("team/pay", "team/pay") && means("pay.tx", "team/pay"));
        assert!(!means("pay", "team/pay2") && !means("other/pay", "team/pay") && !means("team", "team/pay"));
    }
}
