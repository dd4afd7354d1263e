//! A producer: messages in, answers to the listener.

use std::ffi::{c_int, c_void};
use std::ptr::{NonNull, null, null_mut};
use std::sync::Arc;

use rdkafka_sys as sys;
use sys::rd_kafka_vtype_t as Part;

use super::client::Client;
use super::error::{ErrorCode, KafkaError};
use super::list::c_text;

pub struct Producer {
    client: Arc<Client>,
    topic: NonNull<sys::rd_kafka_topic_t>,
}

// SAFETY: librdkafka's handles may be used by any thread, several at once.
unsafe impl Send for Producer {}
// SAFETY: as above.
unsafe impl Sync for Producer {}

/// A message to be sent. What it borrows is copied.
pub struct Outgoing<'a> {
    pub key: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
    /// Milliseconds since 1970.
    pub timestamp_ms: i64,
    /// Comes back with the answer.
    pub opaque: u64,
}

impl Producer {
    /// For one topic.
    pub fn new(client: Arc<Client>, topic: &str) -> Result<Producer, KafkaError> {
        let name = c_text(topic);
        // SAFETY: the name ends with a zero and is copied; without a configuration the client's own holds.
        let topic = unsafe { sys::rd_kafka_topic_new(client.as_ptr(), name.as_ptr(), null_mut()) };
        match NonNull::new(topic) {
            Some(topic) => Ok(Producer { client, topic }),
            // SAFETY: no condition.
            None => Err(KafkaError::of(unsafe { sys::rd_kafka_last_error() })),
        }
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn topic(&self) -> *mut sys::rd_kafka_topic_t {
        self.topic.as_ptr()
    }

    /// Takes a message to send, with name and value of each of its headers; names end with a zero. The answer comes through the
    /// listener, unless the message is not taken.
    pub fn send<'h>(
        &self,
        message: &Outgoing<'_>,
        headers: impl ExactSizeIterator<Item = (&'h [u8], &'h [u8])>,
    ) -> Result<(), KafkaError> {
        let headers = Headers::of(headers);
        let parts = |bytes: Option<&[u8]>| bytes.map_or((null(), 0), |bytes| (bytes.as_ptr(), bytes.len()));
        let ((value, value_len), (key, key_len)) = (parts(message.value), parts(message.key));
        // SAFETY: each part is followed by what its type asks for, and an end stands last; key and value are copied during the
        // call, as the flag asks, and none where they are null; headers become the message's where it is taken, and stay ours
        // where it is not. The call that takes an array wants 72 bytes a part.
        let code = unsafe {
            sys::rd_kafka_producev(
                self.client.as_ptr(),
                Part::RD_KAFKA_VTYPE_RKT as u32,
                self.topic.as_ptr(),
                Part::RD_KAFKA_VTYPE_MSGFLAGS as u32,
                sys::RD_KAFKA_MSG_F_COPY as c_int,
                Part::RD_KAFKA_VTYPE_TIMESTAMP as u32,
                message.timestamp_ms,
                Part::RD_KAFKA_VTYPE_OPAQUE as u32,
                message.opaque as *mut c_void,
                Part::RD_KAFKA_VTYPE_VALUE as u32,
                value,
                value_len,
                Part::RD_KAFKA_VTYPE_KEY as u32,
                key,
                key_len,
                Part::RD_KAFKA_VTYPE_HEADERS as u32,
                headers.as_ref().map_or(null_mut(), |headers| headers.0.as_ptr()),
                Part::RD_KAFKA_VTYPE_END as u32,
            )
        };
        KafkaError::check(code)?;
        std::mem::forget(headers);
        Ok(())
    }

    /// Calls the listener with what has come, after at most this time.
    pub fn poll(&self, timeout_ms: i32) {
        self.client.poll(timeout_ms);
    }

    /// Forgets what was taken and not written: for the end of a process that does not wait for it. The answers come by
    /// [`poll`](Self::poll).
    pub fn purge(&self) {
        let everything = sys::RD_KAFKA_PURGE_F_QUEUE | sys::RD_KAFKA_PURGE_F_INFLIGHT;
        // SAFETY: no condition.
        unsafe { sys::rd_kafka_purge(self.client.as_ptr(), everything) };
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        // SAFETY: it was given to us to destroy, and is destroyed once; the client is still there.
        unsafe { sys::rd_kafka_topic_destroy(self.topic.as_ptr()) };
    }
}

struct Headers(NonNull<sys::rd_kafka_headers_t>);

impl Headers {
    fn of<'h>(headers: impl ExactSizeIterator<Item = (&'h [u8], &'h [u8])>) -> Option<Headers> {
        if headers.len() == 0 {
            return None;
        }
        // SAFETY: names and values are copied, with the lengths that are given; names end with a zero, which does not count.
        unsafe {
            let made = Headers(NonNull::new(sys::rd_kafka_headers_new(headers.len()))?);
            for (name, value) in headers {
                let name_len = name.len().saturating_sub(1) as isize;
                let (name, len) = (name.as_ptr().cast(), value.len() as isize);
                let added =
                    sys::rd_kafka_header_add(made.0.as_ptr(), name, name_len, value.as_ptr().cast(), len);
                debug_assert_eq!(added, ErrorCode::RD_KAFKA_RESP_ERR_NO_ERROR);
            }
            Some(made)
        }
    }
}

impl Drop for Headers {
    fn drop(&mut self) {
        // SAFETY: headers that became a message's were forgotten and do not come here.
        unsafe { sys::rd_kafka_headers_destroy(self.0.as_ptr()) };
    }
}
