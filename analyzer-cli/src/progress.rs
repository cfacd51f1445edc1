//! How far reading is, on standard error: where that is a terminal, and when it takes longer than a moment.
//!
//! Readers count bytes, and one thread looks at the numbers now and then. The line is gone before anything else is
//! said: the last file that was being read waits for it.

use crate::output;
use analyzer_core::report::units;
use analyzer_formats::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Who reads faster is not told.
const AFTER: Duration = Duration::from_millis(300);
const EVERY: Duration = Duration::from_millis(100);

/// What is being read.
static FILES: Mutex<Files> =
    Mutex::new(Files { files: Vec::new(), first: 0, expected: 1, open: 0, line: None });

struct Files {
    files: Vec<File>,
    /// The first of them since the line was begun.
    first: usize,
    /// How many will be read.
    expected: usize,
    /// How many are being read.
    open: usize,
    /// What draws the line, and how it is told to end.
    line: Option<(Sender<()>, JoinHandle<()>)>,
}

struct File {
    name: String,
    progress: Arc<Progress>,
    is_done: bool,
}

fn files() -> MutexGuard<'static, Files> {
    // What a thread that panicked left is drawn at worst.
    FILES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says how many files will be read.
pub(crate) fn expect(number: usize) {
    files().expected = number;
}

/// A file that is being read, until this is dropped.
pub(crate) struct Watched {
    index: usize,
}

/// Shows how far reading is; `None` where no one would see it.
pub(crate) fn watch(path: &Path, quiet: bool) -> Option<(Watched, Arc<Progress>)> {
    if quiet || !io::stderr().is_terminal() {
        return None;
    }
    let progress = Arc::new(Progress::default());
    let name = output::shown(&path.display().to_string());
    let mut files = files();
    files.files.push(File { name, progress: Arc::clone(&progress), is_done: false });
    files.open += 1;
    if files.line.is_none() {
        files.first = files.files.len() - 1;
        let (end, ended) = mpsc::channel();
        // Without the thread there is no line, and reading goes on.
        let thread = std::thread::Builder::new().name("progress".to_owned()).spawn(move || draw(&ended));
        files.line = thread.ok().map(|thread| (end, thread));
    }
    Some((Watched { index: files.files.len() - 1 }, progress))
}

impl Drop for Watched {
    fn drop(&mut self) {
        let mut files = files();
        files.files[self.index].is_done = true;
        files.open -= 1;
        let line = if files.open == 0 { files.line.take() } else { None };
        drop(files);
        if let Some((end, thread)) = line {
            drop(end);
            // Once it has ended the line is gone. If it panicked there is nothing to wait for.
            let _ = thread.join();
        }
    }
}

/// Draws until the other end is dropped.
fn draw(ended: &mpsc::Receiver<()>) {
    let start = Instant::now();
    if !matches!(ended.recv_timeout(AFTER), Err(RecvTimeoutError::Timeout)) {
        return;
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{msg}") {
        bar.set_style(style);
    }
    loop {
        bar.set_message(files().text(start.elapsed()));
        if !matches!(ended.recv_timeout(EVERY), Err(RecvTimeoutError::Timeout)) {
            bar.finish_and_clear();
            return;
        }
    }
}

impl Files {
    /// `reading 1 of 2, before.perf.txt: 24.00 MiB of 95.37 MiB, 80.00 MiB/s`: the first file that is not done, and the
    /// bytes of those that are being read or were since the line was begun.
    fn text(&self, elapsed: Duration) -> String {
        let sum = |bytes: fn(&Progress) -> u64| -> f64 {
            self.files[self.first..].iter().map(|file| bytes(&file.progress) as f64).sum()
        };
        let current = self.files.iter().position(|file| !file.is_done).unwrap_or(0);
        let name = self.files.get(current).map_or("", |file| &file.name);
        let of = self.expected.max(self.files.len());
        let number = if of > 1 { format!("{} of {of}, ", current + 1) } else { String::new() };
        let (done, total) = (sum(Progress::read_bytes), sum(Progress::total_bytes));
        let bytes = |bytes: f64| units::value(bytes, "bytes");
        let much = match total > 0.0 {
            true => {
                let rate = bytes(done / elapsed.as_secs_f64().max(1e-3));
                format!(": {} of {}, {rate}/s", units::beside(done, total, "bytes"), bytes(total))
            }
            // Of a pipe no one knows.
            false => String::new(),
        };
        format!("reading {number}{name}{much}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use analyzer_formats::{ReadOptions, read_bytes};

    #[test]
    fn the_line_says_which_file_and_how_much() {
        let file = |name: &str, text: &str, is_done| {
            let progress = Arc::new(Progress::default());
            if !text.is_empty() {
                let options = ReadOptions { progress: Some(Arc::clone(&progress)), ..ReadOptions::default() };
                read_bytes(name, text.as_bytes(), &options).unwrap();
            }
            File { name: name.to_owned(), progress, is_done }
        };
        let text = "main;work 3\n".repeat(1024);
        let mut files =
            Files { files: vec![file("-", "", false)], first: 0, expected: 1, open: 1, line: None };
        assert_eq!(files.text(Duration::from_secs(1)), "reading -");
        files.files = vec![file("a", &text, true), file("b", &text, false)];
        files.expected = 3;
        let line = "reading 2 of 3, b: 24.00 KiB of 24.00 KiB, 12.00 KiB/s";
        assert_eq!(files.text(Duration::from_secs(2)), line);
        // Another line, begun when the first file was done.
        files.first = 1;
        let line = "reading 2 of 3, b: 12.00 KiB of 12.00 KiB, 6.00 KiB/s";
        assert_eq!(files.text(Duration::from_secs(2)), line);
    }
}
