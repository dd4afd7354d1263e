//! The border to librdkafka: every call into it, and nothing else. What comes back are values that free themselves, and
//! errors with a code and the library's own words.
//!
//! Invariants: a client outlives everything that was made from it (consumers and producers hold it, and whoever keeps messages keeps
//! their consumer as well); a callback never panics and never waits; a message belongs to whoever holds its `Message`.

#![allow(unsafe_code, reason = "the calls of librdkafka, each with its SAFETY")]

mod admin;
mod bare;
mod client;
mod consumer;
mod error;
mod event;
mod list;
mod message;
mod producer;

pub use admin::{NewTopic, TopicFacts};
pub use bare::copy;
pub use client::{Client, Conf, Listener, Role};
pub use consumer::{Consumer, Scratch};
pub use error::{ErrorCode, KafkaError};
pub use event::{Deliveries, Delivery};
pub use list::Place;
pub use message::Message;
pub use producer::{Outgoing, Producer};
