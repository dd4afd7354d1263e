//! Stages over tables of records: `set`, `rules` and `window_features`.

mod value;
mod set;
mod rules;
mod window_features;
mod window;

use forebay_stage::Factory;

/// The kinds of this crate.
pub fn factories() -> Vec<Factory> {
    vec![set::FACTORY, rules::FACTORY, window_features::FACTORY]
}
