//! Events: what librdkafka puts into a queue for whoever polls it. The answer to a question is one, what a client says of its
//! connections is one, and so are the answers to a whole batch of messages that were sent.

use std::ffi::CStr;
use std::ptr::NonNull;

use rdkafka_sys as sys;

use super::client::Client;
use super::error::{ErrorCode, KafkaError};

/// A queue that is ours to destroy, before its client is.
pub(super) struct Queue(NonNull<sys::rd_kafka_queue_t>);

// SAFETY: a queue is librdkafka's and may be used by any thread, several at once.
unsafe impl Send for Queue {}
// SAFETY: as above.
unsafe impl Sync for Queue {}

impl Queue {
    /// An empty one, for answers.
    pub fn new(client: &Client) -> Queue {
        // SAFETY: no condition; the queue is ours.
        unsafe { Queue::own(sys::rd_kafka_queue_new(client.as_ptr())) }
    }

    /// # Safety
    /// The queue was given to the caller to destroy, and nobody else does.
    pub unsafe fn own(queue: *mut sys::rd_kafka_queue_t) -> Queue {
        Queue(NonNull::new(queue).expect("a queue"))
    }

    pub fn as_ptr(&self) -> *mut sys::rd_kafka_queue_t {
        self.0.as_ptr()
    }

    /// The next event, waited for this long at most.
    pub fn poll(&self, timeout_ms: i32) -> Option<Event> {
        // SAFETY: the queue lives as long as `self`; an event that comes is ours to destroy.
        NonNull::new(unsafe { sys::rd_kafka_queue_poll(self.as_ptr(), timeout_ms) }).map(Event)
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: it was given to us to destroy, and is destroyed once.
        unsafe { sys::rd_kafka_queue_destroy(self.as_ptr()) };
    }
}

pub(super) struct Event(NonNull<sys::rd_kafka_event_t>);

impl Event {
    pub fn as_ptr(&self) -> *mut sys::rd_kafka_event_t {
        self.0.as_ptr()
    }

    /// Which of the library's kinds it is.
    pub fn kind(&self) -> i32 {
        // SAFETY: the event is valid until it is destroyed.
        unsafe { sys::rd_kafka_event_type(self.as_ptr()) }
    }

    /// What went wrong, where something did.
    pub fn error(&self) -> Option<KafkaError> {
        // SAFETY: the event is valid; its text ends with a zero and lives as long as itself.
        unsafe {
            let code = sys::rd_kafka_event_error(self.as_ptr());
            if code == ErrorCode::RD_KAFKA_RESP_ERR_NO_ERROR {
                return None;
            }
            let text = CStr::from_ptr(sys::rd_kafka_event_error_string(self.as_ptr())).to_string_lossy();
            Some(KafkaError { code, text: text.into_owned() })
        }
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: it was given to us to destroy, and is destroyed once.
        unsafe { sys::rd_kafka_event_destroy(self.as_ptr()) };
    }
}

/// A message that was sent was written, or will not be.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// What it was sent with.
    pub opaque: u64,
    /// Bytes of key and value.
    pub bytes: usize,
    /// Why it will not be written.
    pub error: Option<KafkaError>,
}

/// The answers to the messages of one batch, in order.
pub struct Deliveries<'e>(pub(super) &'e Event);

impl Iterator for Deliveries<'_> {
    type Item = Delivery;

    fn next(&mut self) -> Option<Delivery> {
        // SAFETY: the event is valid; a message that it gives is so until the event is destroyed, which is borrowed here. An event
        // without messages gives none.
        let message = unsafe { sys::rd_kafka_event_message_next(self.0.as_ptr()).as_ref()? };
        Some(Delivery {
            opaque: message._private as u64,
            bytes: message.len + message.key_len,
            error: KafkaError::check(message.err).err(),
        })
    }
}
