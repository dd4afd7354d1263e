//! What tests, benches and the demo need and no pipeline does: a reproducible stream of card transactions with
//! labelled fraud, the measures by which a fraud model is judged, and a real Kafka.
//!
//! Of the stream everything is a function of a seed, with the same bytes on every platform: chance is integer arithmetic
//! throughout (`random`), and no float takes part in what the generator decides.

pub mod broker;
pub mod card;
pub mod metrics;
pub mod random;
