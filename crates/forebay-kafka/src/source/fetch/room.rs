//! Whether there is room for what is fetched.

use std::time::{Duration, Instant};

use super::super::partition::Buffered;

/// While fetching waits for room nothing of the group is heard; after this the partitions are paused and polling goes on. Not
/// sooner: librdkafka's thread does not wake when they are resumed, and fetches again up to a second later.
const PAUSE_AFTER: Duration = Duration::from_secs(1);

#[derive(Debug, PartialEq)]
pub enum Room {
    There,
    /// It is waited for, for so long at most.
    Awaited(Duration),
    /// It has been waited for too long.
    Wanting,
}

/// Since when room is waited for: from full to half full it is one wait, whatever wakes the thread meanwhile.
#[derive(Default)]
pub struct Wait(Option<Instant>);

impl Wait {
    pub fn look(&mut self, buffered: &Buffered, now: Instant) -> Room {
        let waits = match self.0 {
            Some(_) => !buffered.has_room(),
            None => buffered.is_full(),
        };
        if !waits {
            self.end();
            return Room::There;
        }
        let left = PAUSE_AFTER.saturating_sub(now - *self.0.get_or_insert(now));
        if left.is_zero() { Room::Wanting } else { Room::Awaited(left) }
    }

    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    pub fn end(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::partition::MOST_MESSAGES;
    use super::*;

    #[test]
    fn a_wait_ends_at_half_and_the_next_one_begins_anew() {
        let (buffered, mut wait, began) = (Buffered::default(), Wait::default(), Instant::now());
        let mut look = |after_ms| wait.look(&buffered, began + Duration::from_millis(after_ms));
        let left = |ms| Room::Awaited(Duration::from_millis(ms));
        buffered.add(MOST_MESSAGES - 1, 0);
        assert_eq!(look(0), Room::There);
        buffered.add(1, 0);
        assert_eq!(look(100), left(1_000));
        // Not full any more, and not half empty.
        buffered.take(10, 0);
        assert_eq!(look(800), left(300));
        buffered.take(MOST_MESSAGES / 2, 0);
        assert_eq!(look(900), Room::There);
        buffered.add(MOST_MESSAGES, 0);
        assert_eq!(look(1_500), left(1_000));
        assert_eq!(look(2_499), left(1));
        assert_eq!(look(2_500), Room::Wanting);
    }
}
