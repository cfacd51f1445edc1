//! The HTML report in a real browser: headless Chromium over its debugging pipe.
//!
//! | file | holds |
//! |---|---|
//! | `chromium.rs` | the process; messages of its protocol to and from it |
//! | `page.rs` | one tab: open, run scripts, press keys, take pictures, print |
//! | `server.rs` | a page on the loopback address, and what was asked for |
//! | `hostile.rs` | a report whose every name is an attack |
//! | `reports.rs` | reports from folded text and from the corpus |
//! | `requests.rs` | reports and pages of requests |
//!
//! The protocol is that of <https://chromedevtools.github.io/devtools-protocol/>: JSON messages, each ended by a zero
//! byte, on file descriptors 3 and 4. It needs neither a port nor a driver, and the browser ends when the pipe does.

mod chromium;
mod hostile;
mod page;
mod reports;
mod requests;
mod server;

pub use chromium::{Chromium, shared};
pub use hostile::{Names, hostile};
pub use page::{Media, Page, Script};
pub use reports::{Pair, capture, corpus, html, html_of_one, report};
pub use requests::{html_of_traces, requests};
pub use server::Server;

use std::io::Write;
use std::path::{Path, PathBuf};

/// The folder of the project.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is in the project's folder")
}

/// A file of an npm package below `target/npm`, where `.ci/run` installs what only checks need.
#[must_use]
pub fn npm(path: &str) -> Option<PathBuf> {
    let file = root().join("target/npm/node_modules").join(path);
    if !file.is_file() {
        say(&format!("skipped: {path} is not in target/npm; browser/npm/install puts it there"));
        return None;
    }
    Some(file)
}

/// Says a line even of a test that passes, whose output the test harness keeps to itself.
pub(crate) fn say(line: &str) {
    // Where standard error is closed nobody reads it.
    let _ = writeln!(std::io::stderr(), "{line}");
}
