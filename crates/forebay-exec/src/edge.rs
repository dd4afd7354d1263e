//! The bounded way from one lane to another. What crosses is a parcel: everything that one round of one segment
//! has for the other, with the barrier where one follows. A free place is the credit: the sender looks for one on
//! each edge before it starts the round. Empty parcels travel back, so that nothing is allocated.

use std::sync::atomic::Ordering;

use forebay_batch::Batch;
use forebay_sched::epochs::Generation;
use forebay_types::Epoch;
use rtrb::{Consumer, Producer, RingBuffer};

use crate::park::Waker;
use crate::steps::Passed;

/// What a round sends along one edge.
#[derive(Debug, Default)]
pub struct Parcel {
    pub generation: Generation,
    pub round: u64,
    /// Batches with the exchange (an index into the plan) that each one takes.
    pub batches: Vec<(u16, Batch)>,
    pub barrier: Option<Barrier>,
}

/// Ends an epoch behind the round that carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Barrier {
    pub epoch: Epoch,
    /// Stages give out what they still hold: no more input in this run.
    pub drain: bool,
    /// Every source has ended: outputs are complete.
    pub complete: bool,
}

/// Batches of a round that a parcel has room for without growing.
const EXCHANGES: usize = 4;
/// The sending end.
pub struct Sender {
    full: Producer<Parcel>,
    empty: Consumer<Parcel>,
    receiver: Waker,
}

/// The receiving end.
pub struct Receiver {
    full: Consumer<Parcel>,
    empty: Producer<Parcel>,
    sender: Waker,
    /// Where the sender may leave rounds out.
    passed: Option<Passed>,
}

/// Makes an edge on which so many rounds may be at once; the wakers are those of the lanes at its ends. A sender
/// that leaves out rounds in which it has nothing says in `passed` how far it is.
pub fn edge(credits: usize, sender: Waker, receiver: Waker, passed: Option<Passed>) -> (Sender, Receiver) {
    let (full_in, full_out) = RingBuffer::new(credits);
    // Those on the way, and the ones that sender and receiver hold: all there will ever be.
    let (mut empty_in, empty_out) = RingBuffer::new(credits + 2);
    while empty_in.push(Parcel { batches: Vec::with_capacity(EXCHANGES), ..Parcel::default() }).is_ok() {}
    (
        Sender { full: full_in, empty: empty_out, receiver },
        Receiver { full: full_out, empty: empty_in, sender, passed },
    )
}

impl Sender {
    /// Whether a round may start that sends along this edge.
    pub fn has_room(&self) -> bool {
        self.full.slots() > 0
    }

    /// An empty parcel, used before where there is one.
    pub fn blank(&mut self) -> Parcel {
        self.empty.pop().unwrap_or_default()
    }

    /// Sends; room was looked for before.
    pub fn send(&mut self, parcel: Parcel) {
        self.full.push(parcel).expect("room on the edge was reserved before the round");
        self.receiver.wake();
    }
}

impl Receiver {
    pub fn peek(&self) -> Option<&Parcel> {
        self.full.peek().ok()
    }

    /// Whether it is known what a round has.
    pub fn knows(&self, round: u64) -> bool {
        self.peek().is_some() || self.has_passed(round)
    }

    fn has_passed(&self, round: u64) -> bool {
        self.passed.as_ref().is_some_and(|passed| passed.load(Ordering::Acquire) > round)
    }

    /// The parcel of a round of which it is known what it has; none where the sender left it out.
    pub fn take_of(&mut self, round: u64) -> Option<Parcel> {
        // What was sent lies here when it is known that the sender is past it.
        let is_here = self.peek().is_some_and(|parcel| parcel.round == round);
        debug_assert!(is_here || self.passed.is_some(), "a round is missing");
        if is_here { self.take() } else { None }
    }

    /// Takes the next parcel.
    pub fn take(&mut self) -> Option<Parcel> {
        let parcel = self.full.pop().ok()?;
        self.sender.wake();
        Some(parcel)
    }

    /// Gives an emptied parcel back.
    pub fn give_back(&mut self, mut parcel: Parcel) {
        parcel.batches.clear();
        parcel.barrier = None;
        let _ = self.empty.push(parcel);
    }

    /// Makes the lane at the other end look again, for something that is not on the edge.
    pub fn wake_sender(&self) {
        self.sender.insist();
    }

    /// Throws away what belongs to an older generation.
    pub fn discard_before(&mut self, generation: Generation) {
        while self.peek().is_some_and(|parcel| parcel.generation < generation) {
            if let Some(parcel) = self.take() {
                self.give_back(parcel);
            }
        }
    }

    /// Where the queue stands, for the metrics.
    pub fn depth(&self) -> usize {
        self.full.slots()
    }
}
