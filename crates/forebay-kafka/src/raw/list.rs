//! Lists of topics, partitions and offsets, as most calls take and give them.

use std::ffi::{CStr, CString};
use std::ptr::{copy_nonoverlapping, null_mut};
use std::slice;

use rdkafka_sys as sys;

use super::error::KafkaError;

/// A partition with an offset, perhaps an error of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    /// What stands beside an offset that is committed to a group, in the words of whoever committed it.
    pub note: String,
    pub error: Option<KafkaError>,
}

impl Place {
    pub fn new(topic: &str, partition: i32, offset: i64) -> Place {
        Place { topic: topic.into(), partition, offset, note: String::new(), error: None }
    }
}

/// A list of librdkafka's own.
pub(super) struct List(*mut sys::rd_kafka_topic_partition_list_t);

impl List {
    pub fn of(places: &[Place]) -> List {
        // SAFETY: the list takes copies of the names, which end with a zero; what `add` gives is an element of it. A note is as
        // long as it was made, and becomes the element's.
        unsafe {
            let list = sys::rd_kafka_topic_partition_list_new(places.len() as i32);
            for place in places {
                let name = c_text(&place.topic);
                let element = sys::rd_kafka_topic_partition_list_add(list, name.as_ptr(), place.partition);
                (*element).offset = place.offset;
                if !place.note.is_empty() {
                    // The list frees it with its own allocator, which asks for no client.
                    let note = sys::rd_kafka_mem_malloc(null_mut(), place.note.len());
                    copy_nonoverlapping(place.note.as_ptr(), note.cast(), place.note.len());
                    ((*element).metadata, (*element).metadata_size) = (note, place.note.len());
                }
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
    // SAFETY: of a valid list, `elems` are `cnt` elements (null where there are none), their names end with a zero, and their notes
    // are null or as long as they say.
    unsafe {
        let count = (*list).cnt as usize;
        if count == 0 {
            return Vec::new();
        }
        let of = |element: &sys::rd_kafka_topic_partition_t| Place {
            topic: CStr::from_ptr(element.topic).to_string_lossy().into_owned(),
            partition: element.partition,
            offset: element.offset,
            note: match element.metadata.is_null() {
                true => String::new(),
                false => {
                    let note = slice::from_raw_parts(element.metadata.cast(), element.metadata_size);
                    String::from_utf8_lossy(note).into_owned()
                }
            },
            error: KafkaError::check(element.err).err(),
        };
        slice::from_raw_parts((*list).elems, count).iter().map(of).collect()
    }
}

/// A text for C; what stands behind a zero byte in it is cut off, which no name of Kafka's has.
pub(super) fn c_text(text: &str) -> CString {
    CString::new(text.split('\0').next().unwrap_or_default()).unwrap_or_default()
}
