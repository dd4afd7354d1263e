//! A producer: messages in, answers to the listener.

use std::ffi::c_void;
use std::ptr::{NonNull, null_mut};
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
    /// Name and value of each header; names end with a zero.
    pub headers: &'a [(&'a [u8], &'a [u8])],
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

    /// Takes a message to send. The answer comes through the listener, unless the message is not taken.
    pub fn send(&self, message: &Outgoing<'_>) -> Result<(), KafkaError> {
        let headers = Headers::of(message.headers);
        let bytes = |part, bytes: &[u8]| mem(part, bytes.as_ptr().cast_mut().cast(), bytes.len());
        let none = |part| mem(part, null_mut(), 0);
        let mut parts = [
            one(Part::RD_KAFKA_VTYPE_RKT, |u| u.rkt = self.topic.as_ptr()),
            one(Part::RD_KAFKA_VTYPE_MSGFLAGS, |u| u.i = sys::RD_KAFKA_MSG_F_COPY),
            one(Part::RD_KAFKA_VTYPE_TIMESTAMP, |u| u.i64_ = message.timestamp_ms),
            one(Part::RD_KAFKA_VTYPE_OPAQUE, |u| u.ptr = message.opaque as *mut c_void),
            message.value.map_or(none(Part::RD_KAFKA_VTYPE_VALUE), |v| bytes(Part::RD_KAFKA_VTYPE_VALUE, v)),
            message.key.map_or(none(Part::RD_KAFKA_VTYPE_KEY), |k| bytes(Part::RD_KAFKA_VTYPE_KEY, k)),
            one(Part::RD_KAFKA_VTYPE_END, |_| {}),
        ];
        let mut count = parts.len() - 1;
        if let Some(headers) = &headers {
            parts[count] = one(Part::RD_KAFKA_VTYPE_HEADERS, |u| u.headers = headers.0.as_ptr());
            count += 1;
        }
        // SAFETY: each part holds what its type says; key and value are copied during the call, as the flag asks; the headers
        // become the message's where it is taken, and stay ours where it is not.
        let sent =
            KafkaError::take(unsafe { sys::rd_kafka_produceva(self.client.as_ptr(), parts.as_ptr(), count) });
        if sent.is_ok() {
            std::mem::forget(headers);
        }
        sent
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

/// A part of a message that holds what `set` puts there.
fn one(part: Part, set: impl FnOnce(&mut sys::rd_kafka_vu_s__bindgen_ty_1)) -> sys::rd_kafka_vu_t {
    let mut u = sys::rd_kafka_vu_s__bindgen_ty_1 { _pad: [0; 64] };
    set(&mut u);
    sys::rd_kafka_vu_t { vtype: part, u }
}

fn mem(part: Part, ptr: *mut c_void, size: usize) -> sys::rd_kafka_vu_t {
    one(part, |u| u.mem = sys::rd_kafka_vu_s__bindgen_ty_1__bindgen_ty_1 { ptr, size })
}

struct Headers(NonNull<sys::rd_kafka_headers_t>);

impl Headers {
    fn of(headers: &[(&[u8], &[u8])]) -> Option<Headers> {
        if headers.is_empty() {
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
