//! What tests, benches and the demo need and no pipeline does: a reproducible stream of card transactions with
//! labelled fraud, and the measures by which a fraud model is judged.
//!
//! Everything here is a function of a seed, with the same bytes on every platform: chance is integer arithmetic
//! throughout (`random`), and no float takes part in what the generator decides.

pub mod card;
pub mod metrics;
pub mod random;
