//! The least that a program can do with librdkafka to bring messages from one topic to another: the limit that the bench
//! measures the source and the sink against. No pipeline comes here.

use std::ptr::null_mut;
use std::sync::atomic::{AtomicUsize, Ordering};

use rdkafka_sys as sys;

use super::consumer::Consumer;
use super::error::{ErrorCode, KafkaError};
use super::producer::Producer;

const POLL_MS: i32 = 100;
const POLL_MESSAGES: usize = 4096;

/// Takes what comes and sends it on with its key, for ever. `under_way` is counted down by the producer's listener; where it
/// has come to `most`, answers are waited for.
pub fn copy(from: &Consumer, to: &Producer, under_way: &AtomicUsize, most: usize) -> KafkaError {
    let mut messages = vec![null_mut::<sys::rd_kafka_message_t>(); POLL_MESSAGES];
    loop {
        // SAFETY: `messages` takes so many pointers; those that were written are messages that are ours until they are destroyed,
        // once, below. The producer copies value and key during the call.
        unsafe {
            let (room, len) = (messages.as_mut_ptr(), messages.len());
            let count = sys::rd_kafka_consume_batch_queue(from.queue(), POLL_MS, room, len);
            for message in &messages[..usize::try_from(count).unwrap_or(0)] {
                let inner = &**message;
                let mut is_taken = true;
                if inner.err == ErrorCode::RD_KAFKA_RESP_ERR_NO_ERROR {
                    let (value, key) = ((inner.payload, inner.len), (inner.key, inner.key_len));
                    let (any, copied) = (-1, sys::RD_KAFKA_MSG_F_COPY);
                    let none = null_mut();
                    let topic = to.topic();
                    is_taken =
                        sys::rd_kafka_produce(topic, any, copied, value.0, value.1, key.0, key.1, none) == 0;
                    under_way.fetch_add(1, Ordering::Relaxed);
                }
                sys::rd_kafka_message_destroy(*message);
                if !is_taken {
                    return KafkaError::of(sys::rd_kafka_last_error());
                }
            }
        }
        to.poll(0);
        while under_way.load(Ordering::Relaxed) >= most {
            to.poll(1);
        }
    }
}
