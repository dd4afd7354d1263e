//! The transactions: a million of the project's own generator, made once and used again.

use std::fs;
use std::path::PathBuf;

use forebay_testkit::card::{CHARGEBACKS, Config, Generator, TRANSACTIONS, write};

use crate::failure::Failure;
use crate::machine;

/// Gives a little more than a million transactions with the generator's other defaults.
const CUSTOMERS: u32 = 5_500;

/// Where the stream lies.
pub struct Stream {
    folder: PathBuf,
}

impl Stream {
    /// `--from` for each source of the pipeline.
    pub fn from(&self) -> Vec<String> {
        let path = |name: &str| self.folder.join(name).display().to_string();
        vec![format!("tx={}", path(TRANSACTIONS)), format!("chargebacks={}", path(CHARGEBACKS))]
    }
}

pub fn make() -> Result<Stream, Failure> {
    let config = Config { customers: CUSTOMERS, ..Config::default() };
    let Config { seed, days, customers, terminals, .. } = &config;
    let name = format!("seed{seed}-{days}days-{customers}customers-{terminals}terminals");
    let folder = machine::folder("streams")?.join(name);
    if !folder.is_dir() {
        eprintln!("making the transactions");
        let generator = Generator::new(config).map_err(Failure::doing("make the transactions"))?;
        // Whole or not there: what is interrupted leaves nothing that looks like a stream.
        let partial = folder.with_extension("partial");
        write(generator, &partial).map_err(Failure::doing(format!("write {}", partial.display())))?;
        fs::rename(&partial, &folder).map_err(Failure::doing(format!("rename {}", partial.display())))?;
    }
    Ok(Stream { folder })
}
