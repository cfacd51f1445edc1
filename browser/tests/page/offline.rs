//! The page asks for nothing, breaks none of its own rules and says nothing on the console.

use crate::{Open, changed};
use browser::{Server, shared};

#[test]
fn a_page_is_one_request_and_no_fault() {
    let Some(mut open) = Open::new(&changed()) else { return };
    open.keys(&["1", "/"]);
    assert_eq!(open.server.requests(), ["/"]);
    assert_eq!(open.page.requests(), [open.server.address()]);
    open.is_quiet();
}

#[test]
fn a_page_opened_as_a_file_asks_for_nothing_else() {
    let Some(chromium) = shared() else { return };
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("offline");
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let file = folder.join("report.html");
    std::fs::write(&file, browser::html(&changed())).expect("the file can be written");
    let address = format!("file://{}", file.display());
    let mut page = chromium.page().expect("a tab opens");
    page.open(&address).expect("the page loads");
    page.ready().expect("the graph can be explored");
    assert_eq!(page.requests(), [address]);
    assert_eq!(page.faults().expect("the browser runs"), [] as [String; 0]);
}

/// The two tests above can fail.
#[test]
fn a_page_that_is_not_quiet_is_found_out() {
    let Some(chromium) = shared() else { return };
    let hostile = "<!DOCTYPE html><meta http-equiv=\"Content-Security-Policy\" content=\"script-src 'none'\">\
                   <img src=/picture onerror=alert(1)>";
    let server = Server::start(hostile.to_owned()).expect("the page is served");
    let mut page = chromium.page().expect("a tab opens");
    page.open(server.address()).expect("the page loads");
    assert!(page.requests().len() >= 2, "{:?}", page.requests());
    assert!(server.requests().iter().any(|path| path == "/picture"), "{:?}", server.requests());
    let faults = page.faults().expect("the browser runs");
    assert!(faults.iter().any(|fault| fault.starts_with("policy: ")), "{faults:?}");
    assert!(faults.iter().any(|fault| fault.starts_with("log: ")), "{faults:?}");
}
