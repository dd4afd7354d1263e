//! Where a partition goes on: what this pipeline committed, what the group says, or where the file says to begin.
//!
//! A pipeline that is alone (`scale: one`) knows best itself: its state belongs to its own positions, and the group's are there
//! for others to see. Where several processes share the partitions, whoever had one last wrote the group's position; what this
//! process committed counts where it is later, which is so after a crash between the two.

use forebay_stage::Fault;
use forebay_stage::Position;
use forebay_stage::types::code;

/// `start` of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    Earliest,
    Latest,
    /// Nanoseconds since 1970.
    At(i64),
}

impl Start {
    pub fn parse(text: &str) -> Option<Start> {
        match text {
            "earliest" => Some(Start::Earliest),
            "latest" => Some(Start::Latest),
            time => {
                let time: jiff::Timestamp = time.parse().ok()?;
                i64::try_from(time.as_nanosecond()).ok().map(Start::At)
            }
        }
    }
}

/// What is known of a partition when it is taken on.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Committed by this pipeline, in its state directory.
    pub saved: Option<i64>,
    /// Committed to the group.
    pub group: Option<i64>,
    /// The first message that is there, and the one that will be written next.
    pub low: i64,
    pub high: i64,
    /// What `start` comes to.
    pub start: i64,
}

/// How the source treats what it finds.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// No other process reads for this pipeline.
    pub alone: bool,
    /// What was committed is forgotten: the first partitions that are taken begin at `start`.
    pub fresh: bool,
    /// Messages that were deleted before they were read are counted and left behind.
    pub skip_lost: bool,
}

/// The offset to go on from, and how many messages were lost before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begin {
    pub offset: i64,
    pub lost: u64,
}

/// Works it out; `place` names the partition in messages.
pub fn begin(known: Known, manner: Manner, place: &str) -> Result<Begin, Fault> {
    let Known { saved, group, low, high, start } = known;
    let from = match (manner.alone, manner.fresh) {
        (_, true) if saved.is_none() => start,
        (true, _) => match (saved, group) {
            (Some(saved), _) => saved,
            (None, None) => start,
            (None, Some(group)) => return Err(without_state(place, group)),
        },
        (false, _) => saved.max(group).unwrap_or(start),
    };
    if from > high {
        let message = format!(
            "{place} ends at {high}, and {from} was to come next: it was cut or made anew; begin anew with --fresh"
        );
        return Err(Fault::stream(&code::STREAM_REPLACED, message));
    }
    let lost = u64::try_from(low - from).unwrap_or(0);
    if lost > 0 && !manner.skip_lost {
        return Err(lost_fault(place, from, low));
    }
    Ok(Begin { offset: from.max(low), lost })
}

/// Messages from `from` up to `low` are gone.
pub fn lost_fault(place: &str, from: i64, low: i64) -> Fault {
    let message = format!(
        "{place}: {} messages ({from} to {}) were deleted before they were read, and the oldest that is left is {low}; `on_lost: \
         skip` at the source goes on there and counts them as dropped",
        low - from,
        low - 1
    );
    Fault::stream(&code::KAFKA_LOST, message)
}

fn without_state(place: &str, group: i64) -> Fault {
    let message = format!(
        "{place}: the group goes on at {group}, and the state that belongs to it is not here: give the pipeline its state \
         (--state), another `group`, or begin anew with --fresh"
    );
    Fault::fatal(&code::KAFKA_GROUP, message)
}

/// Offsets as positions: the number of a record is its offset.
pub fn position(offset: i64) -> Position {
    let at = u64::try_from(offset).unwrap_or(0);
    Position { seq: at, offset: at }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_knows_best_where_a_partition_goes_on() {
        let alone = Manner { alone: true, fresh: false, skip_lost: false };
        let check = |manner: Manner, saved: Option<i64>, group: Option<i64>, expect: &str| {
            let known = Known { saved, group, low: 10, high: 100, start: 10 };
            let found = match begin(known, manner, "topic `t`, partition 1") {
                Ok(Begin { offset, lost }) => format!("{offset} lost {lost}"),
                Err(fault) => fault.to_string(),
            };
            assert!(found.starts_with(expect), "{found}");
        };
        check(alone, None, None, "10 lost 0");
        check(alone, Some(40), Some(70), "40 lost 0");
        check(
            alone,
            None,
            Some(70),
            "[FB0877] topic `t`, partition 1: the group goes on at 70, and the state",
        );
        check(Manner { fresh: true, ..alone }, None, Some(70), "10 lost 0");
        let shared = Manner { alone: false, ..alone };
        check(shared, Some(40), Some(70), "70 lost 0");
        check(shared, Some(80), Some(70), "80 lost 0");
        check(shared, None, Some(70), "70 lost 0");
        check(Manner { fresh: true, ..shared }, None, Some(70), "10 lost 0");
        check(shared, Some(100), None, "100 lost 0");
        check(
            shared,
            Some(101),
            None,
            "[FB0804] topic `t`, partition 1 ends at 100, and 101 was to come next",
        );
        check(
            shared,
            Some(4),
            None,
            "[FB0875] topic `t`, partition 1: 6 messages (4 to 9) were deleted before",
        );
        check(Manner { skip_lost: true, ..shared }, Some(4), None, "10 lost 6");
    }

    #[test]
    fn a_start_is_a_word_or_a_time() {
        assert_eq!(Start::parse("earliest"), Some(Start::Earliest));
        assert_eq!(Start::parse("latest"), Some(Start::Latest));
        assert_eq!(Start::parse("1970-01-01T00:00:01Z"), Some(Start::At(1_000_000_000)));
        assert_eq!(Start::parse("1970-01-01"), None);
    }
}
