//! The sha256 of files.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::Error;

/// Whether a file has the digest that it should have.
pub fn check(path: &Path, what: &str, wanted: &str, cure: &str) -> Result<(), Error> {
    let found = of(path)?;
    if found == wanted {
        return Ok(());
    }
    let (what, path) = (what.to_string(), path.to_path_buf());
    Err(Error::Digest { what, path, wanted: wanted.into(), found, cure: cure.into() })
}

/// In lower-case hexadecimal digits.
fn of(path: &Path) -> Result<String, Error> {
    let mut file = File::open(path).map_err(Error::io("open", path))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 256 << 10];
    loop {
        let length = file.read(&mut buffer).map_err(Error::io("read", path))?;
        if length == 0 {
            break;
        }
        hash.update(&buffer[..length]);
    }
    let mut text = String::with_capacity(64);
    hash.finalize().iter().for_each(|byte| write!(text, "{byte:02x}").expect("a string takes everything"));
    Ok(text)
}
