//! Too much was rejected.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0885",
    title: "too much was rejected",
    text: "\
More than the share of a source's records that `breaker` in `spec` allows (5% over 1m, of at least 100 records, where nothing is said) was
rejected. The pipeline takes in nothing more, so that the dead letters do not fill with what one mistake brought about: a producer that
changed its format, a model that is away, a schema that does not fit. Nothing is lost: what was taken in is committed, and the rest is
still where it came from.

A pipeline with a source that does not end (Kafka) is `tripped`: it waits. Mend the cause, then `forebay resume PIPELINE` lets it go on; so
does a restart. A pipeline whose sources all end (files) ends with exit code 1, and the next run goes on behind what is committed.
`breaker: { share: 20%, over: 5m, least: 1000 }` allows for more, and `breaker: none` for everything.",
    examples: &[],
};
