//! `forebay run` against a real Apache Kafka: what comes in goes out, whatever happens in between.

#[path = "../it/desk.rs"]
#[allow(dead_code, reason = "the helpers of all tests of the binary")]
mod desk;
mod stand;

mod passing;
mod secured;
mod rights;
mod live;
mod disturbed;
mod moved;
mod consumers;
