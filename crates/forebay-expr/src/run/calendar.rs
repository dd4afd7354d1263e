//! Hours and days of the week. A day of UTC, and of any fixed offset, is integer arithmetic; a zone by name is too,
//! between two of its transitions.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::frame::{Data, Frame, Reg};
use super::lanes::{Arg, map1};
use crate::typed::{Calendar, Zone};

const SECOND: i64 = 1_000_000_000;

/// A zone, and the last span of time whose offset was looked up.
pub(crate) enum ZoneCache {
    Offset(i64),
    Named { zone: TimeZone, span: Span },
}

/// Nanoseconds `from..to` in which a zone has one offset, in seconds.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    from: i64,
    to: i64,
    offset: i64,
}

impl ZoneCache {
    pub fn new(zone: &Zone) -> ZoneCache {
        match zone {
            Zone::Offset(seconds) => ZoneCache::Offset(*seconds),
            Zone::Named(zone) => {
                ZoneCache::Named { zone: zone.clone(), span: Span { from: 0, to: 0, offset: 0 } }
            }
        }
    }
}

pub(super) fn calendar(frame: &Frame, out: &mut Reg, what: Calendar, zone: &mut ZoneCache, of: &Data) {
    let (rows, times, out) = (frame.rows(), frame.lane::<i64>(of), &mut out.i64s);
    match (what, zone) {
        // All hours of 64-bit nanoseconds fit 32 bits, in which a rest costs half.
        (Calendar::Hours, ZoneCache::Offset(0)) => {
            map1(rows, times, out, |time| (time.div_euclid(3600 * SECOND) as i32).rem_euclid(24).into())
        }
        (Calendar::DayOfWeek, ZoneCache::Offset(0)) => {
            map1(rows, times, out, |time| (time.div_euclid(86_400 * SECOND) as i32 + 4).rem_euclid(7).into())
        }
        (_, ZoneCache::Offset(offset)) => {
            let offset = *offset;
            map1(rows, times, out, |time| of_local(what, time, offset));
        }
        (_, ZoneCache::Named { zone, span }) => named(rows, times, out, what, zone, span),
    }
}

fn named(rows: usize, times: Arg<i64>, out: &mut Vec<i64>, what: Calendar, zone: &TimeZone, span: &mut Span) {
    out.clear();
    out.extend((0..rows).map(|row| {
        let time = times.get(row);
        if time < span.from || time >= span.to {
            *span = span_at(zone, time);
        }
        of_local(what, time, span.offset)
    }));
}

#[inline]
fn of_local(what: Calendar, time: i64, offset: i64) -> i64 {
    let seconds = time.div_euclid(SECOND) + offset;
    match what {
        Calendar::Hours => seconds.div_euclid(3600).rem_euclid(24),
        // The first day of 1970 was a Thursday.
        Calendar::DayOfWeek => (seconds.div_euclid(86_400) + 4).rem_euclid(7),
    }
}

/// The span between two transitions that holds a time.
fn span_at(zone: &TimeZone, time: i64) -> Span {
    let at =
        |time: i128| Timestamp::from_nanosecond(time).expect("nanoseconds in 64 bits are in jiff's range");
    let nanos = |time: Timestamp| time.as_nanosecond().clamp(i64::MIN.into(), i64::MAX.into()) as i64;
    // Transitions before are strictly before, so the next nanosecond takes in one at the time itself.
    let from = zone.preceding(at(i128::from(time) + 1)).next().map_or(i64::MIN, |t| nanos(t.timestamp()));
    let to = zone.following(at(time.into())).next().map_or(i64::MAX, |t| nanos(t.timestamp()));
    Span { from, to, offset: zone.to_offset(at(time.into())).seconds().into() }
}
