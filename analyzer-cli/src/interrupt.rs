//! A run that is ended from outside leaves no half output and no temporary file.
//!
//! Ctrl-C and `kill` end the process as they always do, so a shell sees 130 and 143, but after the temporary files
//! are removed. A file that outgrows the limit of `ulimit -f` is an ordinary error of writing.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tempfile::NamedTempFile;

/// The temporary files there are. Whoever makes or moves one holds the lock meanwhile.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn lock() -> MutexGuard<'static, Vec<PathBuf>> {
    // No invariant spans two elements, so a panic elsewhere does not spoil the list.
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes a temporary file that is removed when the process is interrupted.
pub(crate) fn unfinished(make: impl FnOnce() -> io::Result<NamedTempFile>) -> io::Result<NamedTempFile> {
    watch()?;
    let mut files = lock();
    let file = make()?;
    files.push(file.path().to_owned());
    Ok(file)
}

/// Moves a finished file to its place.
pub(crate) fn finish(file: NamedTempFile, place: &Path) -> io::Result<()> {
    let mut files = lock();
    let path = file.path().to_owned();
    file.persist(place).map_err(|error| error.error)?;
    files.retain(|unfinished| *unfinished != path);
    Ok(())
}

/// Makes a write past the limit of `ulimit -f` fail instead of ending the process.
pub(crate) fn let_writes_fail() {
    #[cfg(unix)]
    // That a handler is there is all it takes; without it the process ends where it would have failed.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, std::sync::Arc::default());
}

/// Starts the thread that waits for signals, once. Before there is a temporary file none is needed.
#[cfg(unix)]
fn watch() -> io::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    static STARTED: Mutex<bool> = Mutex::new(false);

    let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    if *started {
        return Ok(());
    }
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        if let Some(signal) = signals.forever().next() {
            // The lock is held to the end, so that no file is made or moved any more.
            let files = lock();
            for file in files.iter() {
                // A file that cannot be removed cannot be helped.
                let _ = std::fs::remove_file(file);
            }
            let _ = signal_hook::low_level::emulate_default_handler(signal);
            std::process::abort();
        }
    })?;
    *started = true;
    Ok(())
}

#[cfg(not(unix))]
fn watch() -> io::Result<()> {
    Ok(())
}
