//! A consumer that is a member of a group, polled by one thread.

use std::ptr::{NonNull, null_mut};
use std::sync::Arc;

use rdkafka_sys as sys;

use super::client::Client;
use super::error::KafkaError;
use super::list::{List, Place};
use super::message::Message;

pub struct Consumer {
    client: Arc<Client>,
    queue: NonNull<sys::rd_kafka_queue_t>,
}

// SAFETY: the queue is librdkafka's and may be used by any thread.
unsafe impl Send for Consumer {}
// SAFETY: as above.
unsafe impl Sync for Consumer {}

impl Consumer {
    /// Takes the consumer's events from now on.
    pub fn new(client: Arc<Client>) -> Consumer {
        // SAFETY: the client is a consumer; what it tells goes to its consumer queue, which is there for every consumer.
        let queue = unsafe {
            sys::rd_kafka_poll_set_consumer(client.as_ptr());
            sys::rd_kafka_queue_get_consumer(client.as_ptr())
        };
        Consumer { client, queue: NonNull::new(queue).expect("a consumer has a queue") }
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn queue(&self) -> *mut sys::rd_kafka_queue_t {
        self.queue.as_ptr()
    }

    /// Waits for the first message and takes what is there, `max` at most; calls the listener meanwhile.
    pub fn poll(&self, timeout_ms: i32, max: usize, scratch: &mut Scratch, mut each: impl FnMut(Message)) {
        if self.take(max, scratch, &mut each) > 0 || timeout_ms == 0 {
            return;
        }
        // SAFETY: the queue lives as long as `self`; a message that comes is ours to destroy.
        let first = unsafe { sys::rd_kafka_consume_queue(self.queue.as_ptr(), timeout_ms) };
        if let Some(first) = NonNull::new(first) {
            // SAFETY: as above.
            each(unsafe { Message::own(first) });
            self.take(max, scratch, &mut each);
        }
    }

    /// Takes what is there. Given time, the call would wait for all that it may give.
    fn take(&self, max: usize, scratch: &mut Scratch, each: &mut impl FnMut(Message)) -> usize {
        scratch.0.resize(max, null_mut());
        // SAFETY: `scratch` takes `max` pointers; those that were written are messages that are ours to destroy.
        unsafe {
            let count =
                sys::rd_kafka_consume_batch_queue(self.queue.as_ptr(), 0, scratch.0.as_mut_ptr(), max);
            let count = usize::try_from(count).unwrap_or(0);
            let messages = scratch.0[..count].iter().filter_map(|message| NonNull::new(*message));
            messages.for_each(|message| each(Message::own(message)));
            count
        }
    }

    /// Ends a [`poll`](Self::poll) that waits in another thread.
    pub fn wake(&self) {
        // SAFETY: the queue lives as long as `self`.
        unsafe { sys::rd_kafka_queue_yield(self.queue.as_ptr()) };
    }

    pub fn subscribe(&self, topic: &str) -> Result<(), KafkaError> {
        let list = List::of(&[Place::new(topic, -1, 0)]);
        // SAFETY: the list is valid during the call, which copies it.
        KafkaError::check(unsafe { sys::rd_kafka_subscribe(self.client.as_ptr(), list.as_ptr()) })
    }

    /// Leaves the group: its partitions go to others at once, which are told through a rebalance.
    pub fn unsubscribe(&self) {
        // SAFETY: no condition.
        unsafe { sys::rd_kafka_unsubscribe(self.client.as_ptr()) };
    }

    /// Reads these partitions without a group, each from its offset.
    pub fn assign_alone(&self, places: &[Place]) -> Result<(), KafkaError> {
        let list = List::of(places);
        // SAFETY: the list is valid during the call, which copies it.
        KafkaError::check(unsafe { sys::rd_kafka_assign(self.client.as_ptr(), list.as_ptr()) })
    }

    /// Takes partitions on, each from its offset.
    pub fn assign(&self, places: &[Place]) -> Result<(), KafkaError> {
        let list = List::of(places);
        // SAFETY: the list is valid during the call, which copies it.
        KafkaError::take(unsafe { sys::rd_kafka_incremental_assign(self.client.as_ptr(), list.as_ptr()) })
    }

    pub fn unassign(&self, places: &[Place]) -> Result<(), KafkaError> {
        let list = List::of(places);
        // SAFETY: the list is valid during the call, which copies it.
        KafkaError::take(unsafe { sys::rd_kafka_incremental_unassign(self.client.as_ptr(), list.as_ptr()) })
    }

    /// Whether others have the partitions already, so that nothing can be committed of them any more.
    pub fn has_lost_assignment(&self) -> bool {
        // SAFETY: no condition.
        unsafe { sys::rd_kafka_assignment_lost(self.client.as_ptr()) != 0 }
    }

    pub fn seek(&self, place: &Place, timeout_ms: i32) -> Result<(), KafkaError> {
        let list = List::of(std::slice::from_ref(place));
        // SAFETY: the list is valid during the call.
        KafkaError::take(unsafe {
            sys::rd_kafka_seek_partitions(self.client.as_ptr(), list.as_ptr(), timeout_ms)
        })?;
        list.places().into_iter().find_map(|place| place.error).map_or(Ok(()), Err)
    }

    pub fn pause(&self, places: &[Place]) -> Result<(), KafkaError> {
        let list = List::of(places);
        // SAFETY: the list is valid during the call.
        KafkaError::check(unsafe { sys::rd_kafka_pause_partitions(self.client.as_ptr(), list.as_ptr()) })
    }

    pub fn resume(&self, places: &[Place]) -> Result<(), KafkaError> {
        let list = List::of(places);
        // SAFETY: the list is valid during the call.
        KafkaError::check(unsafe { sys::rd_kafka_resume_partitions(self.client.as_ptr(), list.as_ptr()) })
    }

    /// Writes offsets to the group; waits for the answer where it is not `async`.
    pub fn commit(&self, places: &[Place], is_async: bool) -> Result<(), KafkaError> {
        let list = List::of(places);
        // SAFETY: the list is valid during the call, which copies it where it is done later.
        KafkaError::check(unsafe {
            sys::rd_kafka_commit(self.client.as_ptr(), list.as_ptr(), i32::from(is_async))
        })
    }

    /// The group's offsets: negative where there is none.
    pub fn committed(&self, places: &[Place], timeout_ms: i32) -> Result<Vec<Place>, KafkaError> {
        let list = List::of(places);
        // SAFETY: the list is valid during the call.
        KafkaError::check(unsafe {
            sys::rd_kafka_committed(self.client.as_ptr(), list.as_ptr(), timeout_ms)
        })?;
        Ok(list.places())
    }

    /// The first offsets at or after a time, in milliseconds since 1970 where the offsets stand; the end where there is none.
    pub fn at_times(&self, places: &[Place], timeout_ms: i32) -> Result<Vec<Place>, KafkaError> {
        let list = List::of(places);
        // SAFETY: the list is valid during the call.
        KafkaError::check(unsafe {
            sys::rd_kafka_offsets_for_times(self.client.as_ptr(), list.as_ptr(), timeout_ms)
        })?;
        Ok(list.places())
    }

    /// Leaves the group and ends what is under way. Blocks for a moment.
    pub fn close(&self) {
        // SAFETY: no condition; a rebalance that it brings goes to the listener.
        unsafe { sys::rd_kafka_consumer_close(self.client.as_ptr()) };
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        // SAFETY: it was given to us to destroy, and is destroyed once; the client is still there.
        unsafe { sys::rd_kafka_queue_destroy(self.queue.as_ptr()) };
    }
}

/// Memory for [`Consumer::poll`], for one thread.
#[derive(Default)]
pub struct Scratch(Vec<*mut sys::rd_kafka_message_t>);

// SAFETY: between two polls nothing is read through the pointers.
unsafe impl Send for Scratch {}
