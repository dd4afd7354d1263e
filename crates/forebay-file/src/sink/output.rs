//! One file that a sink writes. Its name on the disk says what is in it (see [`Stage`]); a name is given only after
//! the commit that makes it true, and whatever a crash left half-way is finished by [`recover`].

use std::fs::File;

use forebay_stage::Fault;
use forebay_stage::types::{Epoch, code};

use super::disk::Disk;
use super::entry::{Item, Stage};

pub(crate) struct Output {
    /// The path of the complete file.
    pub name: String,
    number: u64,
    pub stage: Stage,
    /// `None` when it has the name of a complete file.
    file: Option<File>,
    pub length: u64,
    /// Bytes of text, which are more where the file is packed.
    pub text: u64,
    /// No record follows.
    pub complete: bool,
    /// The epochs that sealed its first record and its end.
    begun: Option<Epoch>,
    completed: Option<Epoch>,
    /// Written since the last seal.
    written: bool,
    /// A write failed half-way: what the file holds is not what was meant.
    torn: bool,
}

impl Output {
    /// A file that is not there yet. One of the same name of which this state knows nothing is not touched.
    pub fn create(disk: &Disk, name: String, number: u64) -> Result<Output, Fault> {
        refuse_existing(disk, &name)?;
        let stage = Stage::New(number);
        // What lies under the name of a new file was never committed.
        let file = Some(disk.create(&stage.path(&name))?);
        let (begun, completed) = (None, None);
        let (length, text, complete, written, torn) = (0, 0, false, false, false);
        Ok(Output { name, number, stage, file, length, text, complete, begun, completed, written, torn })
    }

    /// What is committed of a file.
    fn committed_as(item: &Item, stage: Stage, file: Option<File>) -> Output {
        let Item { name, number, length, text, complete } = item.clone();
        // The commit is an old one, whatever its number was.
        let (begun, completed) = (Some(Epoch(0)), complete.then_some(Epoch(0)));
        let (written, torn) = (false, false);
        Output { name, number, stage, file, length, text, complete, begun, completed, written, torn }
    }

    pub fn path(&self) -> String {
        self.stage.path(&self.name)
    }

    pub fn item(&self) -> Item {
        let Output { number, length, text, complete, .. } = *self;
        Item { name: self.name.clone(), number, length, text, complete }
    }

    /// Goes on with a complete file: until it is complete again it has the name of one that is not.
    pub fn reopen(&mut self, disk: &Disk) -> Result<(), Fault> {
        if self.file.is_none() {
            let path = self.path();
            let file = disk.open(&path)?;
            check_length(&file, &path, self.length, |found, length| found == length)?;
            self.file = Some(file);
        }
        if self.stage == Stage::Complete {
            disk.rename(&self.path(), &Stage::Partial.path(&self.name))?;
            self.stage = Stage::Partial;
            // After a power cut the longer file must not have the name of the complete one.
            disk.sync_folder(&self.name).map_err(after_rename)?;
        }
        self.complete = false;
        self.completed = None;
        Ok(())
    }

    /// Writes a block that stands for `text` bytes of text.
    pub fn write(&mut self, disk: &Disk, block: &[u8], text: usize) -> Result<(), Fault> {
        self.refuse_torn()?;
        let path = self.path();
        let file = self.file.as_ref().expect("a file that is written is open");
        let written = disk.write(file, &path, block);
        self.torn = written.is_err();
        written?;
        self.written = true;
        self.length += block.len() as u64;
        self.text += text as u64;
        Ok(())
    }

    /// Says that what was written until now belongs to an epoch. Gives a handle to sync, where there is something
    /// to sync, and whether the file's name has to be synced too.
    pub fn seal(&mut self, epoch: Epoch) -> Result<Option<(File, bool)>, Fault> {
        self.refuse_torn()?;
        let first = self.begun.is_none();
        self.begun.get_or_insert(epoch);
        if self.complete {
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
        if disk.is_there(&to) {
            return Err(exists(&to));
        }
        disk.rename(&self.path(), &to)?;
        self.stage = stage;
        // Once the state forgets that this name was pending, it has to be there after a power cut.
        if stage == Stage::Complete {
            self.file = None;
            disk.sync_folder(&to).map_err(after_rename)?;
        }
        Ok(())
    }

    /// Nothing in it is committed, or its name does not say so yet.
    pub fn is_new(&self) -> bool {
        matches!(self.stage, Stage::New(_))
    }

    pub fn is(&self, item: &Item) -> bool {
        self.number == item.number
    }
}

/// Refuses to write where somebody else's file is.
pub(crate) fn refuse_existing(disk: &Disk, name: &str) -> Result<(), Fault> {
    let paths = [Stage::Complete.path(name), Stage::Partial.path(name)];
    paths.iter().find(|path| disk.is_there(path)).map_or(Ok(()), |path| Err(exists(path)))
}

fn after_rename(error: std::io::Error) -> Fault {
    Fault::away(&code::OUTPUT_UNWRITABLE, format!("after a rename, {error}"))
}

fn exists(path: &str) -> Fault {
    let message = format!(
        "`{path}` exists already, and nothing is overwritten; move it away or remove it, write to another path, or go \
         on with the state that it belongs to (--state DIR, without --fresh)"
    );
    Fault::fatal(&code::OUTPUT_EXISTS, message)
}

/// Brings a file to what was committed of it, with the name that this has. `held` is what this process still has of
/// it. `None` for a complete file that was taken away, as one may.
pub(crate) fn recover(disk: &Disk, item: &Item, held: Option<Output>) -> Result<Option<Output>, Fault> {
    let held = held.and_then(|output| output.file);
    let is_there = |stage: &Stage| disk.is_there(&stage.path(&item.name));
    let Some(stage) = [Stage::Partial, Stage::New(item.number)].into_iter().find(is_there) else {
        return match (item.complete, is_there(&Stage::Complete)) {
            (true, false) => Ok(None),
            (true, true) => Ok(Some(Output::committed_as(item, Stage::Complete, None))),
            (false, there) => Err(gone(item, there)),
        };
    };
    let path = stage.path(&item.name);
    let file = match held {
        Some(file) => file,
        None => disk.open(&path)?,
    };
    check_length(&file, &path, item.length, |found, length| found >= length)?;
    disk.truncate(&file, &path, item.length)?;
    let mut output = Output::committed_as(item, stage, Some(file));
    output.committed(disk, Epoch(0))?;
    Ok(Some(output))
}

fn check_length(file: &File, path: &str, length: u64, good: impl Fn(u64, u64) -> bool) -> Result<(), Fault> {
    let found = file.metadata().map(|metadata| metadata.len()).map_err(|error| {
        Fault::away(&code::OUTPUT_UNWRITABLE, format!("the length of `{path}` cannot be read: {error}"))
    })?;
    if good(found, length) {
        return Ok(());
    }
    let message = format!(
        "`{path}` has {found} bytes, and {length} are committed: somebody changed it, or the disk lost what was \
         synced. Put it back, or move it away and begin anew with --fresh"
    );
    Err(Fault::fatal(&code::OUTPUT_DAMAGED, message))
}

fn gone(item: &Item, complete_is_there: bool) -> Fault {
    let path = Stage::Partial.path(&item.name);
    let found =
        if complete_is_there { format!("; `{}` is there: rename it back", item.name) } else { String::new() };
    let message = format!(
        "`{path}` is gone, and {} bytes of it are committed{found}. Put it back, or begin anew with --fresh",
        item.length
    );
    Fault::fatal(&code::OUTPUT_DAMAGED, message)
}
