//! Lists of topics, partitions and offsets, as most calls take and give them.

use std::ffi::{CStr, CString};
use std::slice;

use rdkafka_sys as sys;

use super::error::KafkaError;

/// A partition with an offset, perhaps an error of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    pub error: Option<KafkaError>,
}

impl Place {
    pub fn new(topic: &str, partition: i32, offset: i64) -> Place {
        Place { topic: topic.into(), partition, offset, error: None }
    }
}

/// A list of librdkafka's own.
pub(super) struct List(*mut sys::rd_kafka_topic_partition_list_t);

impl List {
    pub fn of(places: &[Place]) -> List {
        // SAFETY: the list takes copies of the names, which end with a zero; what `add` gives is an element of it.
        unsafe {
            let list = sys::rd_kafka_topic_partition_list_new(places.len() as i32);
            for place in places {
                let name = c_text(&place.topic);
                let element = sys::rd_kafka_topic_partition_list_add(list, name.as_ptr(), place.partition);
                (*element).offset = place.offset;
            }
            List(list)
        }
    }

    pub fn as_ptr(&self) -> *mut sys::rd_kafka_topic_partition_list_t {
        self.0
    }

    pub fn places(&self) -> Vec<Place> {
        // SAFETY: the list is valid for as long as `self` is.
        unsafe { places(self.0) }
    }
}

impl Drop for List {
    fn drop(&mut self) {
        // SAFETY: it was made by `of`, and is destroyed once.
        unsafe { sys::rd_kafka_topic_partition_list_destroy(self.0) };
    }
}

/// What stands in a list.
///
/// # Safety
/// The list is valid during the call.
pub(super) unsafe fn places(list: *const sys::rd_kafka_topic_partition_list_t) -> Vec<Place> {
    // SAFETY: of a valid list, `elems` are `cnt` elements (null where there are none), and their names end with a zero.
    unsafe {
        let count = (*list).cnt as usize;
        if count == 0 {
            return Vec::new();
        }
        let of = |element: &sys::rd_kafka_topic_partition_t| Place {
            topic: CStr::from_ptr(element.topic).to_string_lossy().into_owned(),
            partition: element.partition,
            offset: element.offset,
            error: KafkaError::check(element.err).err(),
        };
        slice::from_raw_parts((*list).elems, count).iter().map(of).collect()
    }
}

/// A text for C; what stands behind a zero byte in it is cut off, which no name of Kafka's has.
pub(super) fn c_text(text: &str) -> CString {
    CString::new(text.split('\0').next().unwrap_or_default()).unwrap_or_default()
}
