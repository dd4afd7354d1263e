//! What a bench asks of the machine: to stay on one core, what time work took there, and a folder to work in.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

use crate::failure::Failure;

/// Keeps this thread, and those that it starts from now on, on one core; gives its number. It is the last one that the
/// process may use: the first ones get most of the machine's own work.
pub fn stay_on_one_core() -> Result<usize, Failure> {
    let allowed = sched_getaffinity(None).map_err(Failure::doing("find out which cores there are"))?;
    let last = (0..CpuSet::MAX_CPU).rev().find(|core| allowed.is_set(*core));
    let core = last.ok_or_else(|| Failure::new("this process may use no core"))?;
    let mut one = CpuSet::new();
    one.set(core);
    sched_setaffinity(None, &one).map_err(Failure::doing(format!("stay on core {core}")))?;
    Ok(core)
}

/// Time on a core, of all threads of this process.
pub fn process_time() -> Duration {
    time_of(ClockId::ProcessCPUTime)
}

/// Time on a core, of this thread.
pub fn thread_time() -> Duration {
    time_of(ClockId::ThreadCPUTime)
}

fn time_of(clock: ClockId) -> Duration {
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}

/// Time on a core, of the threads of this process with this name; none once they have ended.
pub fn time_of_threads(name: &str) -> Option<Duration> {
    let threads = fs::read_dir("/proc/self/task").ok()?.flatten();
    let of = |thread: &Path| {
        let is_it = fs::read_to_string(thread.join("comm")).ok()?.trim_end() == name;
        let schedstat = is_it.then(|| fs::read_to_string(thread.join("schedstat")).ok())??;
        schedstat.split(' ').next()?.parse().ok().map(Duration::from_nanos)
    };
    threads.filter_map(|thread| of(&thread.path())).reduce(|a, b| a + b)
}

/// The root of the repository.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}

/// A folder for what a bench makes and reads again, on the disk that builds are on.
pub fn folder(name: &str) -> Result<PathBuf, Failure> {
    let program = std::env::current_exe().map_err(Failure::doing("find the program's own place"))?;
    let target = program.ancestors().nth(2).unwrap_or(Path::new("target"));
    let folder = target.join("bench").join(name);
    fs::create_dir_all(&folder).map_err(Failure::doing(format!("make {}", folder.display())))?;
    Ok(folder)
}

/// An empty folder there.
pub fn empty_folder(name: &str) -> Result<PathBuf, Failure> {
    let folder = folder(name)?;
    fs::remove_dir_all(&folder).map_err(Failure::doing(format!("empty {}", folder.display())))?;
    self::folder(name)
}
