//! One tab of the browser.

use crate::chromium::Chromium;
use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// How long a page may take to load on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs in every page before its own scripts.
const WATCH: &str = "window.violations = [];
addEventListener('securitypolicyviolation', (event) =>
    window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));";

/// What checks ask the page for, by way of its documented hook.
const SHORTHANDS: &str = "
    const { page, tree } = plateau;
    const count = (mark) => tree.mark.filter((other) => other === mark).length;
    Object.defineProperty(plateau, 'graph', { get: () => page.graph, configurable: true });
    Object.assign(plateau, {
        nodes: tree.nodes,
        sums: { before: tree.totalBefore[0], after: tree.totalAfter[0] },
        marks: { grew: count(1), shrank: count(2) },
        state() {
            const { zoom, selected, mode, onlyChanged, query, matches } = page.graph;
            return { zoom, selected, mode, onlyChanged, query, matches: matches.length, name: page.name };
        },
        timeToDraw() {
            const begin = performance.now();
            page.graph.drawNow();
            page.graph.painter.context.getImageData(0, 0, 1, 1);
            return performance.now() - begin;
        },
    });";

/// A tab with cookies, storage and permissions of its own, closed when dropped.
#[derive(Debug)]
pub struct Page<'a> {
    chromium: &'a Chromium,
    context: String,
    session: String,
    events: Receiver<Value>,
    seen: Vec<Value>,
}

/// What a page is shown on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Media {
    /// CSS pixels.
    pub width: u32,
    /// CSS pixels.
    pub height: u32,
    /// Whether the reader prefers dark colours.
    pub dark: bool,
    /// Whether the reader prefers that nothing moves.
    pub still: bool,
}

impl Default for Media {
    fn default() -> Self {
        Media { width: 1280, height: 900, dark: false, still: true }
    }
}

/// Whether a page may run scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// It may.
    On,
    /// It may not.
    Off,
}

impl<'a> Page<'a> {
    pub(crate) fn new(chromium: &'a Chromium) -> Result<Page<'a>> {
        let text = |value: &Value, key: &str| {
            value[key].as_str().map(str::to_owned).with_context(|| format!("no {key} in {value}"))
        };
        let context = chromium.call(None, "Target.createBrowserContext", json!({}))?;
        let context = text(&context, "browserContextId")?;
        let target = json!({ "url": "about:blank", "browserContextId": context });
        let target = text(&chromium.call(None, "Target.createTarget", target)?, "targetId")?;
        let attach = json!({ "targetId": target, "flatten": true });
        let session = text(&chromium.call(None, "Target.attachToTarget", attach)?, "sessionId")?;
        let events = chromium.events(&session);
        let page = Page { chromium, context, session, events, seen: Vec::new() };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.call(&format!("{domain}.enable"), json!({}))?;
        }
        page.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH }))?;
        page.call("Emulation.setFocusEmulationEnabled", json!({ "enabled": true }))?;
        page.media(Media::default())?;
        Ok(page)
    }

    /// Sends a command of the protocol to this tab.
    ///
    /// # Errors
    /// When the browser refuses or has ended.
    pub fn call(&self, method: &str, params: Value) -> Result<Value> {
        self.chromium.call(Some(&self.session), method, params)
    }

    /// What the page is shown on from now on.
    ///
    /// # Errors
    /// When the browser has ended.
    pub fn media(&self, media: Media) -> Result<()> {
        let feature = |name: &str, value: &str| json!({ "name": name, "value": value });
        let size =
            json!({ "width": media.width, "height": media.height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size)?;
        let features = [
            feature("prefers-color-scheme", if media.dark { "dark" } else { "light" }),
            feature("prefers-reduced-motion", if media.still { "reduce" } else { "no-preference" }),
        ];
        self.call("Emulation.setEmulatedMedia", json!({ "features": features }))?;
        Ok(())
    }

    /// Whether pages opened from now on may run scripts.
    ///
    /// # Errors
    /// When the browser has ended.
    pub fn script(&self, script: Script) -> Result<()> {
        let disabled = json!({ "value": script == Script::Off });
        self.call("Emulation.setScriptExecutionDisabled", disabled).map(drop)
    }

    /// Lets the page write to the clipboard without asking.
    ///
    /// # Errors
    /// When the browser has ended.
    pub fn allow_clipboard(&self) -> Result<()> {
        let permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"];
        let grant = json!({ "permissions": permissions, "browserContextId": self.context });
        self.chromium.call(None, "Browser.grantPermissions", grant).map(drop)
    }

    /// Opens an address and waits until it is loaded.
    ///
    /// # Errors
    /// When it cannot be loaded.
    pub fn open(&mut self, address: &str) -> Result<()> {
        self.collect();
        let from = self.seen.len();
        let answer = self.call("Page.navigate", json!({ "url": address }))?;
        if let Some(error) = answer["errorText"].as_str() {
            bail!("{address}: {error}");
        }
        self.wait_for("Page.loadEventFired", from)
    }

    /// Loads the page again.
    ///
    /// # Errors
    /// When it cannot be loaded.
    pub fn reload(&mut self) -> Result<()> {
        self.collect();
        let from = self.seen.len();
        self.call("Page.reload", json!({}))?;
        self.wait_for("Page.loadEventFired", from)
    }

    /// Waits until the flame graph can be explored.
    ///
    /// # Errors
    /// When the page's scripts fail.
    pub fn ready(&self) -> Result<()> {
        self.run(&format!(
            "await window.plateau.ready; {SHORTHANDS} await new Promise(requestAnimationFrame)"
        ))
        .map(drop)
    }

    /// The value of a script expression, a promise's when it is settled.
    ///
    /// # Errors
    /// When it throws.
    pub fn value(&self, expression: &str) -> Result<Value> {
        let evaluate = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut answer = self.call("Runtime.evaluate", evaluate)?;
        if let Some(thrown) = answer.get("exceptionDetails") {
            bail!("{expression}: {}", thrown["exception"]["description"]);
        }
        Ok(answer["result"]["value"].take())
    }

    /// What a script returns; it may await.
    ///
    /// # Errors
    /// When it throws.
    pub fn run(&self, script: &str) -> Result<Value> {
        self.value(&format!("(async () => {{ {script} }})()"))
    }

    /// Presses and releases a key, by its name in scripts: `a`, `ArrowUp`, `Enter`.
    ///
    /// # Errors
    /// When the browser has ended.
    pub fn key(&self, key: &str) -> Result<()> {
        let (code, text) = match key {
            "Enter" => (13, "\r"),
            "Escape" => (27, ""),
            "Backspace" => (8, ""),
            "Tab" => (9, "\t"),
            "ArrowLeft" => (37, ""),
            "ArrowUp" => (38, ""),
            "ArrowRight" => (39, ""),
            "ArrowDown" => (40, ""),
            _ => (0, key),
        };
        let event = |kind: &str, text: &str| json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text });
        self.call("Input.dispatchKeyEvent", event("keyDown", text))?;
        self.call("Input.dispatchKeyEvent", event("keyUp", ""))?;
        Ok(())
    }

    /// Moves the pointer to a place in the view.
    ///
    /// # Errors
    /// When the browser has ended.
    pub fn point(&self, x: f64, y: f64) -> Result<()> {
        let event = json!({ "type": "mouseMoved", "x": x, "y": y });
        self.call("Input.dispatchMouseEvent", event).map(drop)
    }

    /// Clicks a place in the view.
    ///
    /// # Errors
    /// When the browser has ended.
    pub fn click(&self, x: f64, y: f64) -> Result<()> {
        self.point(x, y)?;
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event)?;
        }
        Ok(())
    }

    /// A picture of the whole page, in PNG.
    ///
    /// # Errors
    /// When the browser cannot take it.
    pub fn picture(&self) -> Result<Vec<u8>> {
        self.bytes("Page.captureScreenshot", json!({ "format": "png", "captureBeyondViewport": true }))
    }

    /// The page as printed, in PDF.
    ///
    /// # Errors
    /// When the browser cannot print it.
    pub fn print(&self) -> Result<Vec<u8>> {
        self.bytes("Page.printToPDF", json!({ "printBackground": true }))
    }

    fn bytes(&self, method: &str, params: Value) -> Result<Vec<u8>> {
        let answer = self.call(method, params)?;
        Ok(STANDARD.decode(answer["data"].as_str().context("no data")?)?)
    }

    /// What a page must not do and this one did since it was opened: errors, violations of its policy, dialogs.
    ///
    /// # Errors
    /// When the browser has ended.
    pub fn faults(&mut self) -> Result<Vec<String>> {
        let violations = self.value("window.violations")?;
        let mut faults: Vec<String> = violations
            .as_array()
            .into_iter()
            .flatten()
            .map(|violation| format!("policy: {violation}"))
            .collect();
        self.collect();
        for event in &self.seen {
            let params = &event["params"];
            match event["method"].as_str().unwrap_or_default() {
                "Log.entryAdded" => faults.push(format!("log: {}", params["entry"]["text"])),
                "Runtime.exceptionThrown" => {
                    faults.push(format!("exception: {}", params["exceptionDetails"]))
                }
                "Runtime.consoleAPICalled" => faults.push(format!("console: {}", params["args"])),
                "Page.javascriptDialogOpening" => faults.push(format!("dialog: {}", params["message"])),
                _ => {}
            }
        }
        Ok(faults)
    }

    /// The addresses that were asked for since the tab was opened, but those that hold their own data.
    #[must_use]
    pub fn requests(&mut self) -> Vec<String> {
        self.collect();
        let requests = self.seen.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        let addresses = requests.filter_map(|event| event["params"]["request"]["url"].as_str());
        addresses.filter(|address| !address.starts_with("data:")).map(str::to_owned).collect()
    }

    fn collect(&mut self) {
        self.seen.extend(self.events.try_iter());
    }

    /// Waits for an event after the first `from`.
    fn wait_for(&mut self, method: &str, from: usize) -> Result<()> {
        if self.seen[from..].iter().any(|event| event["method"] == method) {
            return Ok(());
        }
        loop {
            let event = self.events.recv_timeout(PATIENCE).with_context(|| format!("no {method}"))?;
            let is_it = event["method"] == method;
            self.seen.push(event);
            if is_it {
                return Ok(());
            }
        }
    }
}

impl Drop for Page<'_> {
    fn drop(&mut self) {
        self.chromium.forget(&self.session);
        // A browser that has ended has no tabs to close.
        let context = json!({ "browserContextId": self.context });
        let _ = self.chromium.call(None, "Target.disposeBrowserContext", context);
    }
}
