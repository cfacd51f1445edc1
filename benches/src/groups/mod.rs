//! The groups of tasks, one for each format.

mod folded;
mod jaeger;
mod perf_script;
mod pprof;

use crate::task::Task;
use crate::tools::Tools;
use anyhow::Result;
use std::path::PathBuf;

/// What the tasks of a run have in common.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The programs.
    pub tools: Tools,
    /// Folder of made inputs.
    pub cache: PathBuf,
    /// Folder of outputs, on the same disk.
    pub scratch: PathBuf,
    /// Size of an input in 10^6 bytes.
    pub megabytes: u64,
}

/// Makes the inputs of a group and says what is to be run over them.
pub type Tasks = fn(&Setting) -> Result<Vec<Task>>;

/// All groups by name.
pub const GROUPS: [(&str, Tasks); 4] = [
    ("perf-script", perf_script::tasks),
    ("folded", folded::tasks),
    ("pprof", pprof::tasks),
    ("jaeger", jaeger::tasks),
];
