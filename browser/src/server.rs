//! One page on the loopback address, and what was asked for.

use anyhow::{Context, Result};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// Serves a page at `/` and nothing else, until the process ends.
#[derive(Debug)]
pub struct Server {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts to serve a page.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start(page: String) -> Result<Server> {
        let listener = TcpListener::bind("127.0.0.1:0").context("no port is free")?;
        let address = format!("http://{}/", listener.local_addr()?);
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        let page: Arc<str> = page.into();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (page, log) = (Arc::clone(&page), Arc::clone(&log));
                // Browsers open connections ahead of need, which must not hold up the others.
                std::thread::spawn(move || answer(&stream, &page, &log));
            }
        });
        Ok(Server { address, requests })
    }

    /// The address of the page.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The paths that were asked for so far.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn answer(mut stream: &TcpStream, page: &str, log: &Mutex<Vec<String>>) -> Option<()> {
    let mut lines = BufReader::new(stream).lines();
    let path = lines.next()?.ok()?.split(' ').nth(1)?.to_owned();
    while !lines.next()?.ok()?.is_empty() {}
    let (status, body) = if path == "/" { ("200 OK", page) } else { ("404 Not Found", "") };
    log.lock().unwrap_or_else(PoisonError::into_inner).push(path);
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .ok()
}
