//! A client: a consumer or a producer, with its configuration and what it tells.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr::NonNull;
use std::sync::Arc;

use rdkafka_sys as sys;

use super::error::{ErrorCode, KafkaError};
use super::event::{Deliveries, Queue};
use super::list::{Place, c_text, places};

/// What a client tells. Calls come on the thread that polls, errors on others too, and must not wait.
pub trait Listener: Send + Sync + 'static {
    /// Something that concerns the client as a whole: no broker answers, the login is refused.
    fn error(&self, error: KafkaError);

    /// Partitions are to be taken on, or given up.
    fn rebalance(&self, _assign: bool, _places: Vec<Place>) {}

    /// Messages of one batch were written, or will not be.
    fn delivered(&self, _deliveries: Deliveries<'_>) {}
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Consumer,
    Producer,
}

/// Events of one poll: whoever polls has other things to do as well.
const POLL_EVENTS: usize = 256;

/// A configuration that becomes a client.
pub struct Conf(NonNull<sys::rd_kafka_conf_t>);

impl Conf {
    pub fn new() -> Conf {
        // SAFETY: no condition; it gives a configuration or, without memory, aborts.
        let conf = unsafe { sys::rd_kafka_conf_new() };
        Conf(NonNull::new(conf).expect("a configuration"))
    }

    /// Sets a property; what the library says of a value that it does not take may hold the value.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let mut said = [0 as c_char; 512];
        let (name, value) = (c_text(name), c_text(value));
        // SAFETY: both texts end with a zero and are copied, `said` takes as many bytes as it has.
        let done = unsafe {
            sys::rd_kafka_conf_set(
                self.0.as_ptr(),
                name.as_ptr(),
                value.as_ptr(),
                said.as_mut_ptr(),
                said.len(),
            )
        };
        match done {
            sys::rd_kafka_conf_res_t::RD_KAFKA_CONF_OK => Ok(()),
            _ => Err(text_of(&said)),
        }
    }
}

impl Drop for Conf {
    fn drop(&mut self) {
        // SAFETY: a configuration that became a client was forgotten and does not come here.
        unsafe { sys::rd_kafka_conf_destroy(self.0.as_ptr()) };
    }
}

fn text_of(said: &[c_char]) -> String {
    // SAFETY: librdkafka ends what it writes with a zero, and the buffer was all zeros before.
    unsafe { CStr::from_ptr(said.as_ptr()) }.to_string_lossy().into_owned()
}

pub struct Client {
    rk: NonNull<sys::rd_kafka_t>,
    /// What is polled, until the client goes.
    main: Option<Queue>,
    /// What callbacks get: it has to live as long as the client.
    listener: *mut Arc<dyn Listener>,
}

// SAFETY: librdkafka's handles may be used by any thread, several at once; the listener is Send and Sync.
unsafe impl Send for Client {}
// SAFETY: as above.
unsafe impl Sync for Client {}

impl Client {
    pub fn new(role: Role, conf: Conf, listener: Arc<dyn Listener>) -> Result<Arc<Client>, String> {
        let listener = Box::into_raw(Box::new(listener));
        let mut said = [0 as c_char; 512];
        let kind = match role {
            Role::Consumer => sys::rd_kafka_type_t::RD_KAFKA_CONSUMER,
            Role::Producer => sys::rd_kafka_type_t::RD_KAFKA_PRODUCER,
        };
        // SAFETY: the configuration is ours until it becomes the client, which then owns it (it is forgotten below). The
        // callbacks get `listener`, which is freed after the client alone.
        let rk = unsafe {
            let conf = conf.0.as_ptr();
            sys::rd_kafka_conf_set_opaque(conf, listener.cast());
            sys::rd_kafka_conf_set_log_cb(conf, Some(on_log));
            match role {
                Role::Consumer => {
                    sys::rd_kafka_conf_set_error_cb(conf, Some(on_error));
                    sys::rd_kafka_conf_set_rebalance_cb(conf, Some(on_rebalance));
                }
                // One event for a batch of answers costs less than a call for each; errors are events too then.
                Role::Producer => {
                    let events = sys::RD_KAFKA_EVENT_DR | sys::RD_KAFKA_EVENT_ERROR;
                    sys::rd_kafka_conf_set_events(conf, events);
                }
            }
            sys::rd_kafka_new(kind, conf, said.as_mut_ptr(), said.len())
        };
        let Some(rk) = NonNull::new(rk) else {
            // SAFETY: there is no client that would use it.
            drop(unsafe { Box::from_raw(listener) });
            return Err(text_of(&said));
        };
        std::mem::forget(conf);
        // SAFETY: the client was made, and the queue that it gives is ours.
        let main = Some(unsafe { Queue::own(sys::rd_kafka_queue_get_main(rk.as_ptr())) });
        Ok(Arc::new(Client { rk, main, listener }))
    }

    pub(super) fn as_ptr(&self) -> *mut sys::rd_kafka_t {
        self.rk.as_ptr()
    }

    /// Waits for the first event of a producer, and calls the listener with those that have come.
    pub fn poll(&self, timeout_ms: i32) {
        let Some(main) = &self.main else { return };
        // SAFETY: the listener lives as long as the client.
        let listener = unsafe { listener(self.listener.cast()) };
        let mut wait_ms = timeout_ms;
        for _ in 0..POLL_EVENTS {
            let Some(event) = main.poll(wait_ms) else { return };
            wait_ms = 0;
            match event.kind() {
                sys::RD_KAFKA_EVENT_DR => listener.delivered(Deliveries(&event)),
                _ => {
                    let error = event.error().map(|error| self.cause(error));
                    error.into_iter().for_each(|error| listener.error(error));
                }
            }
        }
    }

    /// What is behind an error that a client does not recover from: `fatal: ` stands before its text.
    fn cause(&self, error: KafkaError) -> KafkaError {
        match error.code {
            // SAFETY: the client is valid.
            ErrorCode::RD_KAFKA_RESP_ERR__FATAL => unsafe { fatal(self.as_ptr()) },
            _ => error,
        }
    }

    /// The first and the next offset of a partition, asked of the broker.
    pub fn bounds(&self, topic: &str, partition: i32, timeout_ms: i32) -> Result<(i64, i64), KafkaError> {
        let (topic, mut low, mut high) = (c_text(topic), 0, 0);
        // SAFETY: the name ends with a zero, and both numbers are written to during the call only.
        KafkaError::check(unsafe {
            sys::rd_kafka_query_watermark_offsets(
                self.as_ptr(),
                topic.as_ptr(),
                partition,
                &mut low,
                &mut high,
                timeout_ms,
            )
        })?;
        Ok((low, high))
    }

    /// The next offset of a partition as of the last fetch, where one is known.
    pub fn known_end(&self, topic: &str, partition: i32) -> Option<i64> {
        let (topic, mut low, mut high) = (c_text(topic), 0, 0);
        // SAFETY: as in `bounds`.
        let found = unsafe {
            sys::rd_kafka_get_watermark_offsets(self.as_ptr(), topic.as_ptr(), partition, &mut low, &mut high)
        };
        (found == ErrorCode::RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0).then_some(high)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.main = None;
        // SAFETY: nobody else holds the client. No callback runs after it is destroyed, so the listener can go.
        unsafe {
            sys::rd_kafka_destroy(self.rk.as_ptr());
            drop(Box::from_raw(self.listener));
        }
    }
}

/// # Safety
/// `opaque` is the listener of a living client.
unsafe fn listener<'a>(opaque: *mut c_void) -> &'a Arc<dyn Listener> {
    // SAFETY: `Client` set it and frees it last.
    unsafe { &*opaque.cast::<Arc<dyn Listener>>() }
}

unsafe extern "C" fn on_error(
    rk: *mut sys::rd_kafka_t,
    code: c_int,
    reason: *const c_char,
    opaque: *mut c_void,
) {
    // SAFETY: librdkafka passes one of its codes, a text that ends with a zero or null, and our opaque.
    unsafe {
        let mut error = KafkaError::of(std::mem::transmute::<c_int, ErrorCode>(code));
        if error.code == ErrorCode::RD_KAFKA_RESP_ERR__FATAL {
            error = fatal(rk);
        } else if !reason.is_null() {
            error.text = CStr::from_ptr(reason).to_string_lossy().into_owned();
        }
        listener(opaque).error(error);
    }
}

/// Why a client cannot go on.
///
/// # Safety
/// The client is valid.
unsafe fn fatal(rk: *mut sys::rd_kafka_t) -> KafkaError {
    let mut said = [0 as c_char; 512];
    // SAFETY: the client is valid, and `said` takes as many bytes as it has.
    let code = unsafe { sys::rd_kafka_fatal_error(rk, said.as_mut_ptr(), said.len()) };
    KafkaError { code, text: format!("fatal: {}", text_of(&said)) }
}

/// What it would log it also reports, but for connections that the other side closes: where one is closed before anything was
/// answered that tells most.
unsafe extern "C" fn on_log(
    rk: *const sys::rd_kafka_t,
    level: c_int,
    what: *const c_char,
    text: *const c_char,
) {
    const INFO: c_int = 6;
    const WARNING: c_int = 4;
    // SAFETY: both texts end with a zero; the client is there as long as it logs, and its opaque is ours.
    unsafe {
        let opaque = sys::rd_kafka_opaque(rk);
        if (WARNING..=INFO).contains(&level) && CStr::from_ptr(what) == c"FAIL" && !opaque.is_null() {
            let text = CStr::from_ptr(text).to_string_lossy();
            // The thread comes first.
            let text = text.split_once("]: ").map_or(&*text, |(_, text)| text);
            let code = ErrorCode::RD_KAFKA_RESP_ERR__TRANSPORT;
            listener(opaque).error(KafkaError { code, text: text.to_string() });
        }
    }
}

unsafe extern "C" fn on_rebalance(
    _: *mut sys::rd_kafka_t,
    code: ErrorCode,
    list: *mut sys::rd_kafka_topic_partition_list_t,
    opaque: *mut c_void,
) {
    let assign = code == ErrorCode::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    // SAFETY: the list is valid during the call, the opaque is ours.
    unsafe { listener(opaque).rebalance(assign, places(list)) };
}
