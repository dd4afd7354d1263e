//! The file operations that have to be right for data to be durable, in one place; faults of
//! [`testing`](crate::testing) strike here.
//!
//! Invariant: a name that is visible after a crash, other than `….partial`, names a file whose content was
//! synced before it got that name.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IoSlice, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use crate::LogError;
use crate::folders::Folders;
use crate::testing::Faults;

/// What a file is called while it is written.
pub const PARTIAL: &str = "partial";

#[derive(Clone, Debug, Default)]
pub struct Disk {
    faults: Option<Faults>,
}

impl Disk {
    pub fn new(faults: Option<Faults>) -> Disk {
        Disk { faults }
    }

    /// Makes `path` with this content, as a whole or not at all, over what had the name before. The file
    /// comes back open for reading and appending.
    pub fn publish(&self, path: &Path, header: &[u8], parts: &[&[u8]]) -> Result<File, LogError> {
        let partial = partial_path(path);
        self.remove_if_there(&partial)?;
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create_new(true)
            .open(&partial)
            .map_err(|e| LogError::write(&partial, total(header, parts), e))?;
        let written = self
            .append(&file, header, parts)
            .map_err(|e| LogError::write(path, total(header, parts), e))
            .and_then(|()| self.sync(&file, &partial))
            .and_then(|()| fs::rename(&partial, path).map_err(|e| LogError::io("rename", &partial, e)));
        if let Err(error) = written {
            // The first error is the one to tell; what cannot be removed now is removed on open.
            let _ = self.remove(&partial);
            return Err(error);
        }
        self.sync_dir(path.parent().unwrap_or(Path::new(".")))?;
        Ok(file)
    }

    /// Writes header and parts at the end of a file that was opened for appending. On failure some of it may
    /// be there.
    pub fn append(&self, file: &File, header: &[u8], parts: &[&[u8]]) -> io::Result<()> {
        let mut all = std::iter::once(header).chain(parts.iter().copied()).filter(|part| !part.is_empty());
        let mut slices = [IoSlice::new(&[]); 16];
        loop {
            let mut count = 0;
            for (slice, part) in slices.iter_mut().zip(all.by_ref()) {
                *slice = IoSlice::new(part);
                count += 1;
            }
            if count == 0 {
                return Ok(());
            }
            self.append_slices(file, &mut slices[..count])?;
        }
    }

    /// Writes the bytes of `range` again where they are, so that the next sync has to bring them to the disk.
    pub fn rewrite(&self, file: &File, range: std::ops::Range<u64>) -> io::Result<()> {
        let mut chunk = vec![0; 256 << 10];
        let mut at = range.start;
        while at < range.end {
            let bytes = (range.end - at).min(chunk.len() as u64) as usize;
            file.read_exact_at(&mut chunk[..bytes], at)?;
            let allowed = self.allowed(bytes, false)?;
            file.write_all_at(&chunk[..allowed], at)?;
            at += allowed as u64;
        }
        Ok(())
    }

    pub fn truncate(&self, file: &File, bytes: u64) -> io::Result<()> {
        let before = file.metadata()?.len();
        if let Some(faults) = &self.faults {
            faults.truncate()?;
            faults.freed(before.saturating_sub(bytes));
        }
        file.set_len(bytes)
    }

    /// Content and size are durable after it.
    pub fn sync(&self, file: &File, path: &Path) -> Result<(), LogError> {
        self.sync_faults()
            .and_then(|()| file.sync_data())
            .map_err(|e| LogError::SyncFailed { path: path.to_path_buf(), why: e.to_string() })
    }

    /// Names in `dir` are durable after it.
    pub fn sync_dir(&self, dir: &Path) -> Result<(), LogError> {
        let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
        self.sync_names(dir).map_err(|e| LogError::SyncFailed { path: dir.to_path_buf(), why: e.to_string() })
    }

    fn sync_names(&self, dir: &Path) -> io::Result<()> {
        self.sync_faults().and_then(|()| File::open(dir)?.sync_all())
    }

    /// Makes `dir` and what is missing above it, until something is begun there.
    pub fn make_dir(&self, dir: &Path) -> Result<Folders, LogError> {
        let folders = Folders::make(dir).map_err(|e| LogError::io("make the directory", dir, e))?;
        folders
            .sync(|parent| self.sync_names(parent))
            .map_err(|e| LogError::SyncFailed { path: dir.to_path_buf(), why: e.to_string() })?;
        Ok(folders)
    }

    pub fn remove(&self, path: &Path) -> Result<(), LogError> {
        let bytes = fs::metadata(path).map_or(0, |meta| meta.len());
        fs::remove_file(path).map_err(|e| LogError::io("remove", path, e))?;
        if let Some(faults) = &self.faults {
            faults.freed(bytes);
        }
        Ok(())
    }

    pub fn remove_if_there(&self, path: &Path) -> Result<bool, LogError> {
        match self.remove(path) {
            Ok(()) => Ok(true),
            Err(LogError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(other) => Err(other),
        }
    }

    fn append_slices(&self, mut file: &File, mut slices: &mut [IoSlice<'_>]) -> io::Result<()> {
        while let Some(first) = slices.first() {
            let bytes = slices.iter().map(|slice| slice.len()).sum();
            let allowed = self.allowed(bytes, true)?;
            let wrote = if allowed == bytes {
                file.write_vectored(slices)
            } else {
                file.write(&first[..allowed.min(first.len())])
            };
            match wrote {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(bytes) => IoSlice::advance_slices(&mut slices, bytes),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn allowed(&self, bytes: usize, fresh: bool) -> io::Result<usize> {
        self.faults.as_ref().map_or(Ok(bytes), |faults| faults.write(bytes, fresh))
    }

    fn sync_faults(&self) -> io::Result<()> {
        self.faults.as_ref().map_or(Ok(()), |faults| faults.sync())
    }
}

/// Files directly in `dir` whose names end in `.EXTENSION`, as (stem, path), by name. Names that are no text
/// are none of ours.
pub fn files(dir: &Path, extension: &str) -> Result<Vec<(String, PathBuf)>, LogError> {
    let read = |e| LogError::io("read the directory", dir, e);
    let mut found = Vec::new();
    for item in fs::read_dir(dir).map_err(read)? {
        let path = item.map_err(read)?.path();
        if path.extension().is_some_and(|ext| ext == extension)
            && let Some(stem) = path.file_stem().and_then(|stem| stem.to_str())
        {
            found.push((stem.to_string(), path));
        }
    }
    found.sort();
    Ok(found)
}

/// Bytes of header and parts together.
pub fn total(header: &[u8], parts: &[&[u8]]) -> u64 {
    header.len() as u64 + parts.iter().map(|part| part.len() as u64).sum::<u64>()
}

fn partial_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(".");
    name.push(PARTIAL);
    PathBuf::from(name)
}
