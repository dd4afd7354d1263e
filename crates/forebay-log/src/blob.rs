//! Blobs: named byte strings beside the log that are replaced as a whole, for state images.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::LogError;
use crate::disk::{self, Disk};
use crate::format::{BLOB_HEADER_BYTES, BlobHeader, checksum};

const EXTENSION: &str = "blob";
const NAME_BYTES_MAX: usize = 200;

pub fn put(disk: &Disk, dir: &Path, name: &str, parts: &[&[u8]]) -> Result<(), LogError> {
    let header = BlobHeader { length: disk::total(&[], parts), payload_checksum: checksum(parts) };
    disk.publish(&path(dir, name)?, &header.encode(name), parts).map(drop)
}

pub fn get(dir: &Path, name: &str) -> Result<Option<Vec<u8>>, LogError> {
    let path = path(dir, name)?;
    let read = |e| LogError::io("read", &path, e);
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(read(error)),
    };
    let length = file.metadata().map_err(read)?.len();
    if length < BLOB_HEADER_BYTES as u64 {
        return Err(LogError::corrupt(&path, 0, "it is shorter than a blob header"));
    }
    let mut bytes = [0; BLOB_HEADER_BYTES];
    file.read_exact(&mut bytes).map_err(read)?;
    let header = BlobHeader::decode(&bytes, name).map_err(|no| no.at(&path, "blob"))?;
    let there = length - BLOB_HEADER_BYTES as u64;
    if there != header.length {
        let why = format!("it should hold {} bytes and holds {there}", header.length);
        return Err(LogError::corrupt(&path, BLOB_HEADER_BYTES as u64, why));
    }
    let mut payload = Vec::with_capacity(there as usize);
    file.read_to_end(&mut payload).map_err(read)?;
    if checksum(&[&payload]) != header.payload_checksum {
        return Err(LogError::corrupt(&path, BLOB_HEADER_BYTES as u64, "its payload fails its checksum"));
    }
    Ok(Some(payload))
}

pub fn list(dir: &Path) -> Result<Vec<String>, LogError> {
    Ok(disk::files(dir, EXTENSION)?.into_iter().map(|(name, _)| name).collect())
}

pub fn remove(disk: &Disk, dir: &Path, name: &str) -> Result<bool, LogError> {
    let removed = disk.remove_if_there(&path(dir, name)?)?;
    if removed {
        disk.sync_dir(dir)?;
    }
    Ok(removed)
}

/// Names are file names, so they are kept to what is one everywhere.
fn path(dir: &Path, name: &str) -> Result<PathBuf, LogError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.starts_with('.') || !name.bytes().all(fits) {
        let what = format!(
            "`{name}` cannot name a blob: 1 to {NAME_BYTES_MAX} letters, digits, `.`, `_` and `-`, \
             and no `.` first"
        );
        return Err(LogError::Unfit { what });
    }
    Ok(dir.join(format!("{name}.{EXTENSION}")))
}
