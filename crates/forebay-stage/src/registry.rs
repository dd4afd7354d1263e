//! Which kinds there are: one explicit list, put together by whoever assembles a binary.

use forebay_types::Kind;

use crate::{Build, Fault, Sink, Source, Stage};

/// A kind with the way to make it.
#[derive(Clone, Copy)]
pub struct Factory {
    pub kind: &'static Kind,
    pub make: Make,
}

#[derive(Clone, Copy)]
pub enum Make {
    Source(fn(&Build<'_>) -> Result<Box<dyn Source>, Fault>),
    Stage(fn(&Build<'_>) -> Result<Box<dyn Stage>, Fault>),
    Sink(fn(&Build<'_>) -> Result<Box<dyn Sink>, Fault>),
}

/// The kinds that a binary knows.
#[derive(Clone, Default)]
pub struct Registry {
    factories: Vec<Factory>,
}

impl Registry {
    /// Names must differ; two of the same name are a programming error.
    pub fn new(factories: impl IntoIterator<Item = Factory>) -> Registry {
        let factories: Vec<Factory> = factories.into_iter().collect();
        for (i, factory) in factories.iter().enumerate() {
            let twice = factories[..i]
                .iter()
                .any(|f| f.kind.name == factory.kind.name && f.kind.role == factory.kind.role);
            assert!(!twice, "the kind `{}` is registered twice", factory.kind.name);
        }
        Registry { factories }
    }

    pub fn kinds(&self) -> Vec<&'static Kind> {
        self.factories.iter().map(|factory| factory.kind).collect()
    }

    /// The way to make a kind of this registry.
    pub fn factory(&self, kind: &Kind) -> Option<&Factory> {
        self.factories.iter().find(|f| f.kind.name == kind.name && f.kind.role == kind.role)
    }
}
