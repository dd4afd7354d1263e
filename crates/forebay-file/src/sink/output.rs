//! One file that a sink writes. Its name on the disk says what is in it (see [`Stage`]); a name is given only after
//! the commit that makes it true, and whatever a crash left half-way is finished by [`recover`].

use std::fs::File;

use forebay_log::folders::Folders;
use forebay_stage::Fault;
use forebay_stage::types::{Epoch, code};

use super::disk::{Created, Disk};
use super::entry::{Item, Stage};

pub(crate) struct Output {
    /// The path of the complete file.
    name: String,
    /// What would be committed of it now.
    pub item: Item,
    pub stage: Stage,
    /// `None` when it has the name of a complete file.
    file: Option<File>,
    /// The epochs that sealed its first record and its end.
    begun: Option<Epoch>,
    completed: Option<Epoch>,
    /// Written since the last seal.
    written: bool,
    /// A write failed half-way: what the file holds is not what was meant.
    torn: bool,
    /// What lay under its name is still in it.
    stale: bool,
    /// Folders that were made for it, until something in it is sealed.
    folders: Folders,
}

impl Output {
    /// File `number` of a sink, which is not there yet. One of the same name of which this state knows nothing is not
    /// touched, and what a crash left under its first name stays until something is written: the pipeline may be kept from
    /// starting, and that may be another state's.
    pub fn create(disk: &Disk, name: String, number: u64, begins: i64) -> Result<Output, Fault> {
        refuse_existing(disk, &name)?;
        let stage = Stage::New(number);
        let Created { file, is_found, folders } = disk.create(&stage.path(&name))?;
        let item = Item { number, begins, length: 0, text: 0, complete: false };
        let output = Output {
            name,
            item,
            stage,
            file: Some(file),
            begun: None,
            completed: None,
            written: false,
            torn: false,
            stale: is_found,
            folders,
        };
        // Who held that name until now has renamed it.
        refuse_existing(disk, &output.name)?;
        Ok(output)
    }

    /// What is committed of a file.
    fn committed_as(name: String, item: Item, stage: Stage, file: Option<File>) -> Output {
        // The commit is an old one, whatever its number was.
        let (begun, completed) = (Some(Epoch(0)), item.complete.then_some(Epoch(0)));
        let (written, torn, stale) = (false, false, false);
        Output {
            name,
            item,
            stage,
            file,
            begun,
            completed,
            written,
            torn,
            stale,
            folders: Folders::default(),
        }
    }

    pub fn path(&self) -> String {
        self.stage.path(&self.name)
    }

    /// Goes on with a complete file: until it is complete again it has the name of one that is not.
    pub fn reopen(&mut self, disk: &Disk) -> Result<(), Fault> {
        let path = self.path();
        let file = match self.file.take() {
            Some(file) => file,
            None if !disk.is_there(&path) => return Err(gone(&self.name, &self.item, false)),
            None => disk.open(&path)?,
        };
        let file = self.file.insert(file);
        if self.stage == Stage::Complete {
            check_length(disk, &path, self.item.length, |found, length| found == length)?;
            disk.rename(file, &path, &Stage::Partial.path(&self.name))?;
            self.stage = Stage::Partial;
            // After a power cut the longer file must not have the name of the complete one.
            disk.sync_folder(&self.name)?;
        }
        self.item.complete = false;
        self.completed = None;
        Ok(())
    }

    /// Writes a block that stands for `text` bytes of text.
    pub fn write(&mut self, disk: &Disk, block: &[u8], text: usize) -> Result<(), Fault> {
        self.refuse_torn()?;
        self.clear(disk)?;
        let path = self.path();
        let file = self.file.as_ref().expect("a file that is written is open");
        let written = disk.write(file, &path, block);
        self.torn = written.is_err();
        written?;
        self.written = true;
        self.item.length += block.len() as u64;
        self.item.text += text as u64;
        Ok(())
    }

    /// Says that what was written until now belongs to an epoch. Gives a handle to sync, where there is something
    /// to sync, and whether the file's name has to be synced too.
    pub fn seal(&mut self, disk: &Disk, epoch: Epoch) -> Result<Option<(File, bool)>, Fault> {
        self.refuse_torn()?;
        self.clear(disk)?;
        if let Some(file) = &self.file {
            disk.check_named(file, &self.path())?;
        }
        let first = self.begun.is_none();
        self.begun.get_or_insert(epoch);
        self.folders.keep();
        if self.item.complete {
            self.completed.get_or_insert(epoch);
        }
        let file = match &self.file {
            Some(file) if self.written || first => file,
            _ => return Ok(None),
        };
        let clone = file.try_clone().map_err(|error| {
            Fault::away(&code::OUTPUT_UNWRITABLE, format!("`{}` cannot be sealed: {error}", self.path()))
        })?;
        self.written = false;
        Ok(Some((clone, self.is_new())))
    }

    /// Empties a new file of what lay under its name, which was never committed.
    fn clear(&mut self, disk: &Disk) -> Result<(), Fault> {
        if let (true, Some(file)) = (self.stale, &self.file) {
            disk.truncate(file, &self.path(), 0)?;
            self.stale = false;
        }
        Ok(())
    }

    fn refuse_torn(&self) -> Result<(), Fault> {
        if !self.torn {
            return Ok(());
        }
        let message = format!("a write to `{}` failed, and was not taken back yet", self.path());
        Err(Fault::away(&code::OUTPUT_UNWRITABLE, message))
    }

    /// Gives the file the name that a commit makes true.
    pub fn committed(&mut self, disk: &Disk, epoch: Epoch) -> Result<(), Fault> {
        let in_it = |sealed: Option<Epoch>| sealed.is_some_and(|sealed| sealed <= epoch);
        if in_it(self.completed) {
            self.become_stage(disk, Stage::Complete)
        } else if in_it(self.begun) && self.is_new() {
            self.become_stage(disk, Stage::Partial)
        } else {
            Ok(())
        }
    }

    fn become_stage(&mut self, disk: &Disk, stage: Stage) -> Result<(), Fault> {
        if self.stage == stage {
            return Ok(());
        }
        let to = stage.path(&self.name);
        let file = self.file.as_ref().expect("a file that is not complete is open");
        disk.rename(file, &self.path(), &to)?;
        self.stage = stage;
        // Once the state forgets that this name was pending, it has to be there after a power cut.
        if stage == Stage::Complete {
            self.file = None;
            disk.sync_folder(&to)?;
        }
        Ok(())
    }

    /// Nothing in it is committed, or its name does not say so yet.
    fn is_new(&self) -> bool {
        matches!(self.stage, Stage::New(_))
    }

    /// Takes away a file of which nothing was committed.
    pub fn forget(mut self, disk: &Disk) -> Result<(), Fault> {
        match self.file.take() {
            Some(file) if self.is_new() => disk.remove(&file, &self.path()),
            _ => Ok(()),
        }
    }
}

impl Drop for Output {
    /// A new file of which nothing was sealed goes with its writer, and then the folders that were made for it and hold no
    /// other; what it found stays. Where it cannot be removed the next one takes it over.
    fn drop(&mut self) {
        if let Some(file) = &self.file
            && self.is_new()
            && self.begun.is_none()
            && !self.stale
        {
            let _ = Disk::default().remove(file, &self.path());
        }
    }
}

/// Refuses to write where somebody else's file is.
fn refuse_existing(disk: &Disk, name: &str) -> Result<(), Fault> {
    if disk.is_special(name) {
        return Err(special(name));
    }
    let paths = [Stage::Complete.path(name), Stage::Partial.path(name)];
    paths.iter().find(|path| disk.is_there(path)).map_or(Ok(()), |path| Err(disk.exists(path)))
}

fn special(path: &str) -> Fault {
    let message = format!(
        "`{path}` is a folder, a device or a pipe, and what is written there cannot be taken back after a fault; name a \
         file, or write to standard output, `--to NAME=-`, and lead that where it shall go"
    );
    Fault::fatal(&code::OUTPUT_UNWRITABLE, message)
}

/// Brings a file to what was committed of it, with the name that this has. `held` is what this process still has of it.
/// `None` for a complete one before the newest that was taken away, as one may.
pub(crate) fn recover(
    disk: &Disk,
    name: String,
    item: Item,
    newest: bool,
    held: Option<Output>,
) -> Result<Option<Output>, Fault> {
    let path_of = |stage: Stage| stage.path(&name);
    let is_there = |stage: Stage| disk.is_there(&path_of(stage));
    let is_complete = is_there(Stage::Complete);
    if item.complete && is_complete {
        check_length(disk, &name, item.length, |found, length| found == length || !newest)?;
        return Ok(Some(Output::committed_as(name, item, Stage::Complete, None)));
    }
    let new = Stage::New(item.number);
    // Names change in one step: of two files that could be ours, the one with the later name is another's.
    let stage = match (is_there(Stage::Partial), is_there(new)) {
        (true, true) => return Err(disk.taken(&path_of(new), &path_of(Stage::Partial))),
        (true, false) => Stage::Partial,
        (false, true) => new,
        (false, false) if item.complete && !newest => return Ok(None),
        // With nothing in it nothing is lost.
        (false, false) if item.text == 0 => {
            return Output::create(disk, name, item.number, item.begins).map(Some);
        }
        (false, false) => return Err(gone(&name, &item, is_complete)),
    };
    let path = path_of(stage);
    if is_complete {
        return Err(disk.taken(&path, &name));
    }
    let file = match held.and_then(|mut output| output.file.take()) {
        Some(file) => file,
        None => disk.open(&path)?,
    };
    disk.check_named(&file, &path)?;
    check_length(disk, &path, item.length, |found, length| found >= length)?;
    disk.truncate(&file, &path, item.length)?;
    let mut output = Output::committed_as(name, item, stage, Some(file));
    output.committed(disk, Epoch(0))?;
    Ok(Some(output))
}

fn check_length(disk: &Disk, path: &str, length: u64, good: impl Fn(u64, u64) -> bool) -> Result<(), Fault> {
    let found = disk.length(path)?.unwrap_or_default();
    if good(found, length) {
        return Ok(());
    }
    let message = format!(
        "`{path}` has {found} bytes, and {length} are committed: somebody changed it, or the disk lost what was \
         synced. Put it back, or move it away and begin anew with --fresh"
    );
    Err(Fault::fatal(&code::OUTPUT_DAMAGED, message))
}

fn gone(name: &str, item: &Item, is_complete: bool) -> Fault {
    let what = if item.number == 1 { "everything so far" } else { "what came last" };
    let message = match (item.complete, is_complete) {
        (true, _) => format!(
            "{what} was published into `{name}` already, and that file is gone: put it back, and a run goes on behind it; \
             or do it all again with --fresh"
        ),
        (false, is_complete) => format!(
            "`{}` is gone, and {} bytes of it are committed{}. Put it back, or begin anew with --fresh",
            Stage::Partial.path(name),
            item.length,
            if is_complete { format!("; `{name}` is there: rename it back") } else { String::new() },
        ),
    };
    Fault::fatal(&code::OUTPUT_DAMAGED, message)
}
