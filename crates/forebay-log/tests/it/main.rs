//! The log as its users see it: files in a directory, before and after things went wrong.

mod scratch;

mod damage;
mod kill;
mod model;
mod refusal;
mod round_trip;
