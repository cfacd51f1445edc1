//! The browser process, and messages to and from it.

use crate::page::Page;
use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long an answer may take on a busy machine before it counts as none.
const PATIENCE: Duration = Duration::from_secs(120);

/// Opens the pipe as the descriptors that Chromium expects, and takes its profile away when it has ended.
const LAUNCH: &str = r#"profile=$1; shift; "$@" "--user-data-dir=$profile" 3<&0 4>&1 </dev/null >/dev/null 2>&1; rm -rf "$profile""#;

const OPTIONS: [&str; 11] = [
    "--headless",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
];

/// A running browser. It ends when this is dropped, or when the process that started it ends.
#[derive(Debug)]
pub struct Chromium {
    input: Mutex<ChildStdin>,
    next: AtomicU64,
    routes: Arc<Mutex<Routes>>,
}

/// Who waits for what.
#[derive(Debug, Default)]
struct Routes {
    answers: HashMap<u64, Sender<Value>>,
    events: HashMap<String, Sender<Value>>,
    has_ended: bool,
}

/// The browser that all tests of a process share; says so when there is none.
///
/// # Panics
/// When `CHROMIUM` names a browser that does not start.
pub fn shared() -> Option<&'static Chromium> {
    static SHARED: LazyLock<Option<Chromium>> = LazyLock::new(|| {
        if let Some(named) = std::env::var_os("CHROMIUM") {
            let named = PathBuf::from(named);
            return Some(
                Chromium::start(&named).unwrap_or_else(|error| panic!("{}: {error:#}", named.display())),
            );
        }
        let Some(program) = on_path() else {
            crate::say("skipped: no Chromium on the path (Debian: chromium); CHROMIUM can name it");
            return None;
        };
        Chromium::start(&program)
            .inspect_err(|error| {
                crate::say(&format!("skipped: {} does not start: {error:#}", program.display()))
            })
            .ok()
    });
    SHARED.as_ref()
}

/// A browser that can be started by its name.
fn on_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|file| file.is_file())
}

impl Chromium {
    /// Starts a browser.
    ///
    /// # Errors
    /// When it does not start or does not answer.
    pub fn start(program: &Path) -> Result<Chromium> {
        let stamp = std::time::UNIX_EPOCH.elapsed().context("the clock is before 1970")?.as_nanos();
        let profile = std::env::temp_dir().join(format!("plateau-chromium-{}-{stamp}", std::process::id()));
        let mut shell = Command::new("sh")
            .args(["-c", LAUNCH, "sh"])
            .arg(&profile)
            .arg(program)
            .args(OPTIONS)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("sh does not start")?;
        let input = shell.stdin.take().context("standard input is a pipe")?;
        let output = shell.stdout.take().context("standard output is a pipe")?;
        let routes = Arc::new(Mutex::new(Routes::default()));
        let readers = Arc::clone(&routes);
        std::thread::spawn(move || {
            route(output, &readers);
            // Collects the exit status, so that no dead process is left behind.
            let _ = shell.wait();
        });
        let chromium = Chromium { input: Mutex::new(input), next: AtomicU64::new(1), routes };
        chromium.call(None, "Browser.getVersion", json!({}))?;
        Ok(chromium)
    }

    /// Opens a tab with cookies, storage and permissions of its own.
    ///
    /// # Errors
    /// When the browser has ended.
    pub fn page(&self) -> Result<Page<'_>> {
        Page::new(self)
    }

    /// The name and version of the browser.
    ///
    /// # Errors
    /// When the browser has ended.
    pub fn version(&self) -> Result<String> {
        let version = self.call(None, "Browser.getVersion", json!({}))?;
        Ok(version["product"].as_str().unwrap_or_default().to_owned())
    }

    /// Sends a command and waits for its result.
    pub(crate) fn call(&self, session: Option<&str>, method: &str, params: Value) -> Result<Value> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = channel();
        {
            let mut routes = lock(&self.routes);
            if routes.has_ended {
                bail!("{method}: the browser has ended");
            }
            routes.answers.insert(id, sender);
        }
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        lock(&self.input).write_all(&bytes).with_context(|| format!("{method}: the browser has ended"))?;
        let mut answer = answer.recv_timeout(PATIENCE).map_err(|_| anyhow!("{method}: no answer"))?;
        if let Some(error) = answer.get("error") {
            bail!("{method}: {error}");
        }
        Ok(answer["result"].take())
    }

    /// The events of a session from now on.
    pub(crate) fn events(&self, session: &str) -> Receiver<Value> {
        let (sender, events) = channel();
        lock(&self.routes).events.insert(session.to_owned(), sender);
        events
    }

    /// No more events of a session.
    pub(crate) fn forget(&self, session: &str) {
        lock(&self.routes).events.remove(session);
    }
}

/// Hands every message to whom it is for, until there are no more.
fn route(output: ChildStdout, routes: &Mutex<Routes>) {
    let mut output = BufReader::new(output);
    let mut bytes = Vec::new();
    while output.read_until(0, &mut bytes).is_ok_and(|length| length > 0) {
        bytes.pop_if(|last| *last == 0);
        let message: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        bytes.clear();
        let mut routes = lock(routes);
        // Who no longer listens has no need of it.
        if let Some(id) = message["id"].as_u64() {
            if let Some(sender) = routes.answers.remove(&id) {
                let _ = sender.send(message);
            }
        } else if let Some(sender) =
            message["sessionId"].as_str().and_then(|session| routes.events.get(session))
        {
            let _ = sender.send(message);
        }
    }
    let mut routes = lock(routes);
    routes.has_ended = true;
    routes.answers.clear();
    routes.events.clear();
}

/// A test that failed while it held the lock does not make others fail.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
