//! Where `plateau` and its rivals are.
//!
//! inferno is installed by cargo when it is absent, in a fixed version; Go, jq, Python and the Perl scripts are used when
//! they are there.

use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The version of inferno that is measured.
pub const INFERNO: &str = "0.12.8";

/// The programs of a run.
#[derive(Clone, Debug)]
pub struct Tools {
    /// Built by [`Tools::find`].
    pub plateau: PathBuf,
    /// Installed by [`Tools::find`] when absent.
    pub collapse_perf: Option<PathBuf>,
    /// Of the same package.
    pub diff_folded: Option<PathBuf>,
    /// The Perl original of the former.
    pub stackcollapse_perl: Option<PathBuf>,
    /// The Perl original of the latter.
    pub difffolded_perl: Option<PathBuf>,
    /// The program that `go tool pprof` runs: run itself, so that its memory is seen.
    pub pprof: Option<PathBuf>,
    /// jq.
    pub jq: Option<PathBuf>,
    /// The interpreter itself, no wrapper of a version manager.
    pub python: Option<PathBuf>,
    /// What each said its version is; absent ones say so.
    pub versions: Vec<(String, String)>,
}

impl Tools {
    /// Builds `plateau`, installs inferno under `target` unless the folder `RIVALS_BIN` names has it, and
    /// looks for the others.
    ///
    /// # Errors
    /// When `plateau` cannot be built.
    pub fn find(target: &Path) -> Result<Tools> {
        let plateau = build_plateau(target)?;
        let rivals = inferno(target);
        let inferno = |name: &str| Some(rivals.join(name)).filter(|path| path.is_file());
        let asked = |program: &str, arguments: &[&str]| {
            let path = in_path(program)?;
            said(&path, arguments).map(PathBuf::from).filter(|path| path.is_file())
        };
        let mut tools = Tools {
            plateau,
            collapse_perf: inferno("inferno-collapse-perf"),
            diff_folded: inferno("inferno-diff-folded"),
            stackcollapse_perl: in_path("stackcollapse-perf.pl"),
            difffolded_perl: in_path("difffolded.pl"),
            pprof: asked("go", &["tool", "-n", "pprof"]),
            jq: in_path("jq"),
            python: asked("python3", &["-c", "import sys; print(sys.executable)"]),
            versions: Vec::new(),
        };
        tools.versions = tools.versions();
        Ok(tools)
    }

    fn versions(&self) -> Vec<(String, String)> {
        let version = |path: Option<&Path>, arguments: &[&str]| match path {
            Some(path) => said(path, arguments).unwrap_or_else(|| "present".to_owned()),
            None => "absent".to_owned(),
        };
        // Its programs do not tell.
        let inferno = match (&self.collapse_perf, std::env::var_os("RIVALS_BIN")) {
            (None, _) => "absent",
            (Some(_), Some(_)) => {
                "of the folder RIVALS_BIN names, taken for the version that README.md tells"
            }
            (Some(_), None) => INFERNO,
        };
        let go = self.pprof.as_ref().and_then(|_| in_path("go"));
        [
            ("plateau", version(Some(&self.plateau), &["--version"])),
            ("inferno", inferno.to_owned()),
            ("stackcollapse-perf.pl", version(self.stackcollapse_perl.as_deref(), &["--version"])),
            ("difffolded.pl", version(self.difffolded_perl.as_deref(), &["--version"])),
            ("go tool pprof", version(go.as_deref(), &["version"])),
            ("jq", version(self.jq.as_deref(), &["--version"])),
            ("python3", version(self.python.as_deref(), &["--version"])),
        ]
        .map(|(name, version)| (name.to_owned(), version))
        .into()
    }
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Builds the command in the release profile that this program was built in; its messages are seen.
fn build_plateau(target: &Path) -> Result<PathBuf> {
    let mut build = cargo();
    build.args(["build", "--release", "-p", "analyzer-cli", "--target-dir"]).arg(target);
    build.current_dir(env!("CARGO_MANIFEST_DIR"));
    if !build.status().context("cargo")?.success() {
        bail!("plateau does not build");
    }
    Ok(target.join("release").join(format!("plateau{}", std::env::consts::EXE_SUFFIX)))
}

/// The folder of inferno's programs: the one `RIVALS_BIN` names, or else one below `target`, where they are installed;
/// without them, when they cannot be.
#[must_use]
pub fn inferno(target: &Path) -> PathBuf {
    if let Some(folder) = std::env::var_os("RIVALS_BIN") {
        return folder.into();
    }
    let root = target.join("rivals");
    let bin = root.join("bin");
    if !bin.join("inferno-collapse-perf").is_file() {
        // A failure is told by cargo here and as "absent" in the tables.
        let _ = cargo()
            .args(["install", "inferno", "--version", INFERNO, "--locked", "--root"])
            .arg(&root)
            .status();
    }
    bin
}

fn in_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// The first line of a program's output; nothing when it fails.
fn said(program: impl AsRef<OsStr>, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.lines().next().unwrap_or("").to_owned())
}

/// Memory that a new process can have without swapping, where the system tells it: `MemAvailable`, proc(5).
#[must_use]
pub fn available_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}
