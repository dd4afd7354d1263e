//! A stream as three files: what the pipeline reads, and what it is judged by.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use super::{Event, Generator, Scenario};

pub const TRANSACTIONS: &str = "transactions.jsonl";
pub const CHARGEBACKS: &str = "chargebacks.jsonl";
pub const TRUTH: &str = "truth.jsonl";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub transactions: u64,
    pub chargebacks: u64,
    /// In the order of `Scenario::ALL`.
    pub frauds: [u64; Scenario::ALL.len()],
}

/// Writes everything that the generator yields into `folder`, which is made where it is missing. Files that are
/// there are replaced.
pub fn write(generator: Generator, folder: &Path) -> io::Result<Summary> {
    fs::create_dir_all(folder)?;
    let mut transactions = Lines::create(&folder.join(TRANSACTIONS))?;
    let mut chargebacks = Lines::create(&folder.join(CHARGEBACKS))?;
    let mut truth = Lines::create(&folder.join(TRUTH))?;
    let mut summary = Summary::default();
    for event in generator {
        match event {
            Event::Transaction(transaction) => {
                summary.count(transaction.fraud);
                transactions.add(|out| transaction.write_json(out))?;
                truth.add(|out| transaction.write_truth(out))?;
            }
            Event::Chargeback(chargeback) => {
                summary.chargebacks += 1;
                chargebacks.add(|out| chargeback.write_json(out))?;
            }
        }
    }
    for lines in [&mut transactions, &mut chargebacks, &mut truth] {
        lines.flush()?;
    }
    Ok(summary)
}

impl Summary {
    fn count(&mut self, fraud: Option<Scenario>) {
        self.transactions += 1;
        if let Some(scenario) = fraud {
            self.frauds[scenario as usize] += 1;
        }
    }
}

/// A file that is written in large pieces.
struct Lines {
    file: File,
    pending: Vec<u8>,
}

const PIECE_BYTES: usize = 256 * 1024;

impl Lines {
    fn create(path: &Path) -> io::Result<Lines> {
        let file = File::create(path).map_err(|error| {
            io::Error::new(error.kind(), format!("cannot write {}: {error}", path.display()))
        })?;
        Ok(Lines { file, pending: Vec::with_capacity(PIECE_BYTES + 1_024) })
    }

    fn add(&mut self, line: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        line(&mut self.pending);
        if self.pending.len() >= PIECE_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.pending)?;
        self.pending.clear();
        Ok(())
    }
}
