//! The models that a pipeline runs, as files of a store. Nothing is fetched here: a pipeline that starts tells what
//! is missing instead of loading it behind the user's back.

use std::sync::Arc;

use forebay_stage::types::code;
use forebay_stage::types::kind::{Models, NoCard};
use forebay_stage::{Fault, ModelFile, ModelFiles};

use super::Store;

/// Cards, and the store that has their files.
pub struct LocalModels<'a> {
    pub cards: &'a dyn Models,
    pub store: &'a Store,
}

impl ModelFiles for LocalModels<'_> {
    /// The file with its digest checked.
    fn file(&self, name: &str) -> Result<ModelFile, Fault> {
        let card = self.cards.card(name).map_err(|why| match why {
            NoCard::Version { known } => Fault::fatal(
                &code::MODEL_VERSION,
                format!(
                    "there is no one version of the model `{name}`: the versions are {}",
                    known.join(", ")
                ),
            ),
            NoCard::Unknown { .. } | NoCard::Broken => Fault::fatal(
                &code::MODEL_UNKNOWN,
                format!("the model `{name}` has no card that could be read"),
            ),
        })?;
        let path = self.store.verify(card)?;
        Ok(ModelFile { card: Arc::new(card.clone()), path })
    }
}
