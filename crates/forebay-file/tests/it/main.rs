//! Files in and out, with real files in temporary folders.

mod support;

mod kinds;
mod reading;
mod seeking;
mod pace;

mod exactly_once;
mod rotation;
mod writing;
