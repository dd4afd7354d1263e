//! Files in and out, with real files in temporary folders.

mod support;

mod kinds;
mod many;
mod reading;
mod seeking;
mod pace;

mod exactly_once;
mod rotation;
mod writing;
