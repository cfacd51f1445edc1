//! The HTML report in a real browser, or not at all where there is none.

mod explore;
mod hostile;
mod looks;
mod offline;
mod requests;
mod sandwich;
mod single;
mod values;

use analyzer_core::report::Report;
use browser::{Page, Server, capture, html, report, shared};

/// A pair with growth, shrinkage, something new and something gone.
const BEFORE: &str = "main;serve;parse 40000\nmain;serve;parse;copy 5000\nmain;serve;render 30000\nmain;serve;old 9000\n\
                      main;idle_work 20000\nmain 300\n";
const AFTER: &str = "main;serve;parse 52000\nmain;serve;parse;copy 5000\nmain;serve;render 22000\nmain;serve;fresh 8000\n\
                     main;idle_work 20000\nmain 300\n";

fn changed() -> Report {
    report(&capture("before.folded", BEFORE), &capture("after.folded", AFTER))
}

fn pair(before: impl AsRef<[u8]>, after: impl AsRef<[u8]>) -> Report {
    report(&capture("before.folded", before), &capture("after.folded", after))
}

/// A page that is served, opened and ready to be explored.
struct Open {
    page: Page<'static>,
    server: Server,
}

impl Open {
    /// Opens the page of a report, if there is a browser.
    fn new(report: &Report) -> Option<Open> {
        Open::at(report, "")
    }

    /// Opens it in the state that the address tells.
    fn at(report: &Report, hash: &str) -> Option<Open> {
        Open::page(html(report), hash)
    }

    /// Opens a page.
    fn page(page_text: String, hash: &str) -> Option<Open> {
        let mut page = shared()?.page().expect("a tab opens");
        let server = Server::start(page_text).expect("the page is served");
        page.open(&format!("{}{hash}", server.address())).expect("the page loads");
        page.ready().expect("the graph can be explored");
        Some(Open { page, server })
    }

    /// The value of an expression. `p` is the documented hook of the page.
    #[track_caller]
    fn value(&self, expression: &str) -> serde_json::Value {
        let expression = format!("(({{ plateau: p }}) => {expression})(window)");
        self.page.value(&expression).unwrap_or_else(|error| panic!("{error:#}"))
    }

    #[track_caller]
    fn text(&self, expression: &str) -> String {
        let value = self.value(expression);
        value.as_str().unwrap_or_else(|| panic!("{expression}: {value}")).to_owned()
    }

    #[track_caller]
    fn number(&self, expression: &str) -> f64 {
        let value = self.value(expression);
        value.as_f64().unwrap_or_else(|| panic!("{expression}: {value}"))
    }

    /// Runs a script and waits until what follows of it is drawn.
    #[track_caller]
    fn run(&self, script: &str) {
        let frame = "await new Promise(requestAnimationFrame); await new Promise(requestAnimationFrame)";
        self.page.run(&format!("{script}; {frame}")).unwrap_or_else(|error| panic!("{error:#}"));
    }

    /// Waits until something holds that does not happen at once.
    #[track_caller]
    fn until(&self, condition: &str) {
        self.run(&format!("while (!({condition})) await new Promise(requestAnimationFrame)"));
    }

    /// Presses keys one after another.
    #[track_caller]
    fn keys(&self, keys: &[&str]) {
        for key in keys {
            self.page.key(key).unwrap_or_else(|error| panic!("{error:#}"));
        }
        self.run("");
    }

    /// The name of a node that an expression gives.
    #[track_caller]
    fn name(&self, node: &str) -> String {
        self.text(&format!("p.tree.names[p.tree.name[{node}]]"))
    }

    /// The first node of a name.
    #[track_caller]
    fn node(&self, name: &str) -> f64 {
        self.number(&format!("p.tree.name.indexOf(p.tree.names.indexOf({name:?}))"))
    }

    /// How many pixels of the canvas are of a colour rather than grey.
    #[track_caller]
    fn coloured(&self) -> f64 {
        self.run("plateau.graph.drawNow()");
        self.number(
            "(() => {
                const { canvas } = p.graph.painter;
                // A copy to read from: the browser warns of reading a canvas that is drawn to.
                const probe = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
                probe.drawImage(canvas, 0, 0);
                const { data } = probe.getImageData(0, 0, canvas.width, canvas.height);
                let coloured = 0;
                for (let i = 0; i < data.length; i += 4) {
                    const rgb = [data[i], data[i + 1], data[i + 2]];
                    if (data[i + 3] > 0 && Math.max(...rgb) - Math.min(...rgb) > 24) coloured++;
                }
                return coloured;
            })()",
        )
    }

    /// Asserts that the page did nothing that a report must not do.
    #[track_caller]
    fn is_quiet(&mut self) {
        assert_eq!(self.page.faults().expect("the browser runs"), [] as [String; 0]);
    }
}
