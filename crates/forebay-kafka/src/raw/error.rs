//! Errors of librdkafka and of brokers: a code, and words.

use std::ffi::CStr;
use std::fmt;

use rdkafka_sys as sys;

pub use sys::rd_kafka_resp_err_t as ErrorCode;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KafkaError {
    pub code: ErrorCode,
    pub text: String,
}

impl KafkaError {
    /// In the library's own words for its code.
    pub fn of(code: ErrorCode) -> KafkaError {
        // SAFETY: the text is static, ends with a zero, and is there for every code.
        let text = unsafe { CStr::from_ptr(sys::rd_kafka_err2str(code)) };
        KafkaError { code, text: text.to_string_lossy().into_owned() }
    }

    /// The answer of a call that gives a code.
    pub fn check(code: ErrorCode) -> Result<(), KafkaError> {
        match code {
            ErrorCode::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
            code => Err(KafkaError::of(code)),
        }
    }

    /// The answer of a call that gives an error to be freed, or null.
    pub(super) fn take(error: *mut sys::rd_kafka_error_t) -> Result<(), KafkaError> {
        if error.is_null() {
            return Ok(());
        }
        // SAFETY: an error that a call gave is valid until it is destroyed, which happens once, here; its text ends with a zero.
        unsafe {
            let code = sys::rd_kafka_error_code(error);
            let text = CStr::from_ptr(sys::rd_kafka_error_string(error)).to_string_lossy().into_owned();
            sys::rd_kafka_error_destroy(error);
            Err(KafkaError { code, text })
        }
    }
}

impl fmt::Display for KafkaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for KafkaError {}
