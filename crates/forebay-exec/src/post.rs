//! What sources have to say, on its way to the lanes that have their streams. A source is heard by lane 0 alone; a stream is
//! on the lane that its number says, and what comes, goes and can be read again is told there.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use forebay_stage::Stream;

use crate::entry::StreamEntry;
use crate::park::Waker;

/// News of a stream. Sources go by their position.
pub enum News {
    /// With what was committed of it before this run.
    Opened {
        source: usize,
        stream: Box<Stream>,
        last: Option<StreamEntry>,
    },
    Closing {
        source: usize,
        stream: String,
    },
    Gone {
        source: usize,
        stream: String,
    },
}

/// The mailboxes of all lanes with sources.
pub struct Post {
    lanes: Vec<Mailbox>,
}

struct Mailbox {
    /// A source rang: it has news, or streams that had nothing have something.
    is_rung: AtomicBool,
    news: Mutex<VecDeque<News>>,
    waker: Waker,
}

impl Post {
    pub fn new(lanes: impl Iterator<Item = Waker>) -> Post {
        let lane = |waker| Mailbox { is_rung: AtomicBool::new(false), news: Mutex::default(), waker };
        Post { lanes: lanes.map(lane).collect() }
    }

    /// For everyone: whoever rings does not know whose stream it is.
    pub fn ring(&self) {
        self.lanes.iter().for_each(Mailbox::ring);
    }

    pub fn is_rung(&self, lane: usize) -> bool {
        self.lanes[lane].is_rung.load(Ordering::Acquire)
    }

    /// Whether it rang since this was asked last.
    pub fn take_ring(&self, lane: usize) -> bool {
        self.is_rung(lane) && self.lanes[lane].is_rung.swap(false, Ordering::AcqRel)
    }

    pub fn put(&self, lane: usize, news: News) {
        self.lanes[lane].news().push_back(news);
        self.lanes[lane].ring();
    }

    /// The oldest of what came for a lane.
    pub fn next(&self, lane: usize) -> Option<News> {
        self.lanes[lane].news().pop_front()
    }
}

impl Mailbox {
    fn ring(&self) {
        self.is_rung.store(true, Ordering::Release);
        self.waker.wake();
    }

    fn news(&self) -> MutexGuard<'_, VecDeque<News>> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
