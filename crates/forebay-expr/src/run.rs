//! Running: registers, the steps that fill them, and the loops over rows.
//!
//! Every step writes the register with its own number and reads registers with smaller ones, columns and
//! constants. Loops run over all rows of the hull; what a row that was not selected gives is never looked at.

mod calendar;
mod cast;
mod compare;
mod frame;
mod lanes;
mod logic;
mod member;
mod nested;
mod number;
mod step;
mod text;

pub(crate) use calendar::ZoneCache;
pub(crate) use frame::{Absent, Data, Frame, Hop, Reg, RegId, SiteId, Source, SourceId, Val};
pub(crate) use lanes::Arg;
pub(crate) use logic::settle;
pub(crate) use step::{Sites, Step};
