//! The models of a `configs/`: their cards, and whether their files are on this machine. A pipeline finds its models here
//! and fetches none; `forebay model pull` does that.

use std::fs;
use std::path::PathBuf;

use forebay_onnx::{LocalModels, Progress, Store, from_package};
use forebay_spec::Configs;
use forebay_types::card::{Card, Source};
use forebay_types::code;
use forebay_types::kind::{Models as _, NoCard};

use crate::Error;

/// Cards with the store of their files.
pub struct Models<'a> {
    configs: &'a Configs,
    store: Store,
}

/// A model as `forebay model ls` shows it.
#[derive(Debug)]
pub struct Model<'a> {
    pub card: &'a Card,
    /// Where its file lies or would lie.
    pub path: PathBuf,
    /// The size of the file, when it is there.
    pub bytes: Option<u64>,
}

impl<'a> Models<'a> {
    pub fn new(configs: &'a Configs) -> Result<Models<'a>, Error> {
        let root = Store::default_root().ok_or_else(|| {
            let why = "there is no place for the files of models: set FOREBAY_CACHE to a directory, or HOME";
            Error::new(&code::MODEL_CACHE, why)
        })?;
        Ok(Models { configs, store: Store::new(root) })
    }

    /// Bytes of the files that are here, by the label of the card; for the memory sum of a plan.
    pub fn sizes(configs: &Configs) -> Vec<(String, u64)> {
        let Ok(models) = Models::new(configs) else { return Vec::new() };
        models.all().filter_map(|model| Some((model.card.label(), model.bytes?))).collect()
    }

    /// Every model that has a card in order.
    pub fn all(&self) -> impl Iterator<Item = Model<'a>> + '_ {
        self.configs.cards().map(|card| self.model(card))
    }

    /// The model that `NAME` or `NAME@VERSION` stands for.
    pub fn find(&self, name: &str) -> Result<Model<'a>, Error> {
        let configs: &'a Configs = self.configs;
        configs.card(name).map(|card| self.model(card)).map_err(|why| self.no_card(name, why))
    }

    fn no_card(&self, name: &str, why: NoCard) -> Error {
        let message = match why {
            NoCard::Unknown { near: Some(near) } => {
                format!("there is no model `{name}`; did you mean `{near}`?")
            }
            NoCard::Unknown { near: None } => match &self.configs.folder {
                Some(folder) => format!(
                    "there is no model `{name}` in {folder}/models; `forebay model ls` lists those there are"
                ),
                None => format!(
                    "there is no model `{name}`, because there is no `configs/` here or above; name one with --configs DIR"
                ),
            },
            NoCard::Version { known } => {
                format!(
                    "which version of `{name}` is meant cannot be told; write one of {}",
                    known.join(", ")
                )
            }
            NoCard::Broken => format!("the card of `{name}` is in error; `forebay validate` says why"),
        };
        Error::new(&code::MODEL_UNKNOWN, message)
    }

    fn model(&self, card: &'a Card) -> Model<'a> {
        let path = self.store.path(card);
        let bytes = fs::metadata(&path).ok().filter(fs::Metadata::is_file).map(|metadata| metadata.len());
        Model { card, path, bytes }
    }

    /// Brings a model's file onto this machine, unless a good one is there.
    pub fn pull(&self, model: &Model<'_>, progress: &mut dyn FnMut(Progress<'_>)) -> Result<PathBuf, Error> {
        Ok(self.store.pull(model.card, progress)?)
    }

    /// Brings ONNX Runtime onto this machine, unless it is there.
    pub fn pull_runtime(&self, progress: &mut dyn FnMut(Progress<'_>)) -> Result<PathBuf, Error> {
        Ok(self.store.runtime(progress)?)
    }

    /// ONNX Runtime, where it is here and whole.
    pub fn runtime(&self) -> Result<PathBuf, Error> {
        Ok(self.store.find_runtime()?)
    }

    /// Works out the digest of a model's file.
    pub fn verify(&self, model: &Model<'_>) -> Result<PathBuf, Error> {
        Ok(self.store.verify(model.card)?)
    }

    /// Loads ONNX Runtime into this process, once; it has to be here already.
    pub(crate) fn load_runtime(&self) -> Result<(), Error> {
        Ok(forebay_onnx::load(&self.runtime()?)?)
    }

    pub(crate) fn files(&self) -> LocalModels<'_> {
        LocalModels { cards: self.configs, store: &self.store }
    }
}

impl Model<'_> {
    /// Where the file comes from, in words.
    pub fn origin(&self) -> String {
        match &self.card.source {
            Source::Package { name, version, member } => from_package(name, version, member),
            Source::File(_) => format!("the file {}", self.path.display()),
        }
    }
}
