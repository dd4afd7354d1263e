//! The local log: bytes that were synced are there after a crash, in order, whole, or the log says why not.
//!
//! It is the commit point of a pipeline's epochs. It knows nothing of what its entries mean. Beside the log,
//! in the same directory, lie *blobs* (named images that are replaced as a whole) and, where the engine wants
//! one, a *mark* (words in shared memory that outlive a killed process).
//!
//! # Promises
//!
//! - One process holds the directory ([`Log::open`] locks it, and [`Held::take`] before anything in it is used).
//! - After [`Log::sync`] returned, everything appended before it survives a power cut. Rolling to a new
//!   segment syncs the old one, so only the newest segment can end in a torn write.
//! - A torn write is cut off when the log is opened; damage to what was synced is refused. The two are told
//!   apart by what each entry says was durable when it was written: when a whole entry says so of an earlier
//!   one that does not verify, that one was not torn. The last synced group has no such witness: damage there
//!   reads as a torn write.
//! - A write that fails (a full disk) leaves the log as it was before. A sync that fails ends the log's use:
//!   the system may have dropped the pages. Opening it again writes the entries without a witness once more,
//!   since the page cache may show what the disk never got.
//!
//! # Files (version 1, numbers in little endian, checksums are CRC-32)
//!
//! | file | what it is |
//! |---|---|
//! | `lock` | held by the process whose id it contains |
//! | `SEQUENCE.log` | a segment, named by its first entry in 20 digits |
//! | `NAME.blob` | a blob |
//! | `….partial` | being written; removed on open |
//!
//! | segment header | bytes | |
//! |---|---|---|
//! | magic | 7 | `FBAYLOG` |
//! | version | 1 | 1 |
//! | first | 8 | sequence of the first entry; the log's first is 1 |
//! | salt | 8 | random; part of every entry's header checksum, so that no payload can pass for an entry |
//! | checksum | 4 | of the 24 bytes before |
//!
//! | entry | bytes | |
//! |---|---|---|
//! | length | 4 | of the payload |
//! | payload checksum | 4 | |
//! | sequence | 8 | one more than the entry before |
//! | durable | 8 | entries below this sequence were synced when this one was written |
//! | header checksum | 4 | of the salt and the 24 bytes before |
//! | payload | length | |
//!
//! | blob | bytes | |
//! |---|---|---|
//! | magic, version | 8 | `FBAYBLB`, 1 |
//! | length | 8 | of the payload |
//! | payload checksum | 4 | |
//! | header checksum | 4 | of the name and the 20 bytes before |
//! | payload | length | |

mod error;
mod format;

mod disk;
pub mod folders;
mod lock;
pub mod testing;

mod blob;
mod entries;
mod log;
mod recovery;
mod segment;
mod held;

pub mod mark;

pub use entries::{Entries, Entry};
pub use error::LogError;
pub use held::Held;
pub use log::{Log, Options};
pub use recovery::Recovered;
