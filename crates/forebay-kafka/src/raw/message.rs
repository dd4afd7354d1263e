//! A message that was fetched. Its bytes lie in the response that it came in, and are borrowed from there.

use std::ffi::CStr;
use std::ptr::{NonNull, null, null_mut};
use std::slice;

use rdkafka_sys as sys;

use super::error::{ErrorCode, KafkaError};

pub struct Message(NonNull<sys::rd_kafka_message_t>);

// SAFETY: a message is owned by one holder at a time, and librdkafka lets any thread read and destroy it.
unsafe impl Send for Message {}

impl Message {
    /// # Safety
    /// The pointer is a message that librdkafka gave to the caller to destroy, and that nobody else holds.
    pub(super) unsafe fn own(message: NonNull<sys::rd_kafka_message_t>) -> Message {
        Message(message)
    }

    fn inner(&self) -> &sys::rd_kafka_message_t {
        // SAFETY: the message is valid until it is destroyed in `drop`.
        unsafe { self.0.as_ref() }
    }

    pub fn partition(&self) -> i32 {
        self.inner().partition
    }

    pub fn offset(&self) -> i64 {
        self.inner().offset
    }

    /// `None` for a message without a value.
    pub fn value(&self) -> Option<&[u8]> {
        let inner = self.inner();
        // SAFETY: `payload` is null, or `len` bytes that live as long as the message.
        (!inner.payload.is_null()).then(|| unsafe { slice::from_raw_parts(inner.payload.cast(), inner.len) })
    }

    pub fn key(&self) -> Option<&[u8]> {
        let inner = self.inner();
        // SAFETY: `key` is null, or `key_len` bytes that live as long as the message.
        (!inner.key.is_null()).then(|| unsafe { slice::from_raw_parts(inner.key.cast(), inner.key_len) })
    }

    /// Name and value of each header, in order.
    pub fn headers(&self) -> Vec<(String, Vec<u8>)> {
        let (mut headers, mut found) = (null_mut(), Vec::new());
        // SAFETY: the headers belong to the message; names end with a zero, and a value is null or as long as it says.
        unsafe {
            if sys::rd_kafka_message_headers(self.0.as_ptr(), &mut headers)
                != ErrorCode::RD_KAFKA_RESP_ERR_NO_ERROR
            {
                return found;
            }
            let (mut name, mut value, mut size) = (null(), null(), 0);
            while sys::rd_kafka_header_get_all(headers, found.len(), &mut name, &mut value, &mut size)
                == ErrorCode::RD_KAFKA_RESP_ERR_NO_ERROR
            {
                let bytes =
                    if value.is_null() { &[] } else { slice::from_raw_parts(value.cast::<u8>(), size) };
                found.push((CStr::from_ptr(name).to_string_lossy().into_owned(), bytes.to_vec()));
            }
        }
        found
    }

    /// Bytes of key and value.
    pub fn size(&self) -> usize {
        self.inner().len + self.inner().key_len
    }

    /// Milliseconds since 1970, where the topic has timestamps.
    pub fn timestamp_ms(&self) -> Option<i64> {
        let mut kind = sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: the message is valid, and `kind` is written to during the call only.
        let at = unsafe { sys::rd_kafka_message_timestamp(self.0.as_ptr(), &mut kind) };
        (kind != sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && at >= 0).then_some(at)
    }

    /// What went wrong with the partition, where the message stands for that.
    pub fn error(&self) -> Option<KafkaError> {
        let code = self.inner().err;
        let text = match (code, self.value()) {
            (ErrorCode::RD_KAFKA_RESP_ERR_NO_ERROR, _) => return None,
            (_, Some(text)) => String::from_utf8_lossy(text).into_owned(),
            (code, None) => KafkaError::of(code).text,
        };
        Some(KafkaError { code, text })
    }

    pub fn is_error(&self) -> bool {
        self.inner().err != ErrorCode::RD_KAFKA_RESP_ERR_NO_ERROR
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        // SAFETY: it was given to us to destroy, and is destroyed once.
        unsafe { sys::rd_kafka_message_destroy(self.0.as_ptr()) };
    }
}
