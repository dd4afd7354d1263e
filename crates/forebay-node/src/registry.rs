//! The kinds that come with Forebay: the one place where they come together.

use forebay_stage::{Factory, Registry};

/// The kinds with the ways to make them; a binary with stages of its own puts them behind these.
pub fn factories() -> Vec<Factory> {
    [
        forebay_file::factories(),
        forebay_kafka::factories(),
        forebay_table::factories(),
        forebay_onnx::factories(),
    ]
    .concat()
}

pub fn registry() -> Registry {
    Registry::new(factories())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_fit_the_grammar_and_each_other() {
        assert_eq!(forebay_spec::misfits(&registry().kinds()), Vec::<String>::new());
    }

    #[test]
    fn no_kind_that_is_there_comes_later() {
        let registry = registry();
        let mut kinds = registry.kinds().into_iter();
        assert!(kinds.all(|kind| !forebay_spec::later(kind.role).contains(&kind.name)));
    }

    #[test]
    fn every_kind_is_there() {
        let registry = registry();
        let mut names: Vec<_> = registry.kinds().iter().map(|kind| (kind.role.noun(), kind.name)).collect();
        names.sort_unstable();
        let expect = [
            ("sink", "file"),
            ("sink", "kafka"),
            ("source", "file"),
            ("source", "kafka"),
            ("stage", "infer"),
            ("stage", "rules"),
            ("stage", "set"),
            ("stage", "window_features"),
        ];
        assert_eq!(names, expect);
    }
}
