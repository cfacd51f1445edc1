//! What the time of a request is spent on: an operation's own work, the way from one service to another, or a callee
//! that writes no spans of its own.
//!
//! A span that stands for the caller's side of a call is on the critical path, beside its children, while the request
//! or the answer travels, waits in a queue, or waits for the callee to begin. That time is neither the caller's work
//! nor the callee's: it is `net:caller -> callee`. Without it a slow network between two healthy services is not found.

use super::children::Children;
use super::names::group_name;
use analyzer_formats::{SpanId, SpanKind, StringId, TagValue, Traces};
use rustc_hash::FxHashMap;
use std::net::IpAddr;

/// What time can be spent on, by what it is called.
#[derive(Clone, Debug, Default)]
pub struct Frames {
    names: Vec<Frame>,
    known: FxHashMap<String, u32>,
}

/// One thing that time can be spent on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// `service: operation`, `net:caller -> callee` or `remote:callee: operation`.
    pub name: String,
    /// The service, that of the caller for the other two.
    pub service: String,
    /// Which of the three.
    pub kind: FrameKind,
}

/// What a frame stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// Work of an operation.
    Work,
    /// The way between two services.
    Edge,
    /// A callee without spans.
    Remote,
}

/// The frames of every span of one capture.
#[derive(Clone, Debug)]
pub struct SpanFrames {
    /// That of the span's operation.
    pub work: Vec<u32>,
    /// That which the span's own time on the critical path belongs to.
    pub path: Vec<u32>,
}

impl Frames {
    /// A frame by its number.
    #[must_use]
    pub fn get(&self, frame: u32) -> &Frame {
        &self.names[frame as usize]
    }

    /// All of them, by number.
    pub fn iter(&self) -> impl Iterator<Item = &Frame> {
        self.names.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    fn intern(&mut self, name: String, service: &str, kind: FrameKind) -> u32 {
        if let Some(&frame) = self.known.get(&name) {
            return frame;
        }
        let frame = self.names.len() as u32;
        self.known.insert(name.clone(), frame);
        self.names.push(Frame { name, service: service.to_owned(), kind });
        frame
    }

    /// The frames of the spans of a capture.
    pub fn add(&mut self, traces: &Traces, children: &Children) -> SpanFrames {
        let spans = &traces.spans;
        let mut adding =
            Adding { frames: self, traces, work: FxHashMap::default(), edges: FxHashMap::default() };
        let work: Vec<u32> = (0..spans.len()).map(|at| adding.work(SpanId::new(at))).collect();
        let path =
            (0..spans.len()).map(|at| adding.path(SpanId::new(at), children).unwrap_or(work[at])).collect();
        SpanFrames { work, path }
    }
}

/// Frames of one capture, with what is known of its strings.
struct Adding<'a> {
    frames: &'a mut Frames,
    traces: &'a Traces,
    work: FxHashMap<(StringId, StringId), u32>,
    edges: FxHashMap<(StringId, StringId), u32>,
}

impl Adding<'_> {
    fn service(&self, span: SpanId) -> StringId {
        self.traces.processes[self.traces.spans.process[span.index()].index()].service
    }

    fn text(&self, id: StringId) -> String {
        String::from_utf8_lossy(self.traces.strings.get(id)).into_owned()
    }

    fn work(&mut self, span: SpanId) -> u32 {
        let key = (self.service(span), self.traces.spans.operation[span.index()]);
        if let Some(&frame) = self.work.get(&key) {
            return frame;
        }
        let service = self.text(key.0);
        let operation = operation(self.traces, span);
        let frame = self.frames.intern(format!("{service}: {operation}"), &service, FrameKind::Work);
        self.work.insert(key, frame);
        frame
    }

    /// Where the time of a caller's span belongs; none for a span that works itself.
    fn path(&mut self, span: SpanId, children: &Children) -> Option<u32> {
        let spans = &self.traces.spans;
        let kind = spans.kind[span.index()];
        let below = children.get(span);
        let service = self.service(span);
        let callee = below.iter().map(|&child| self.service(child)).find(|&other| other != service);
        let is_said = matches!(kind, SpanKind::Client | SpanKind::Producer);
        match callee {
            Some(callee) if is_said || (kind == SpanKind::Unspecified && below.len() == 1) => {
                if let Some(&frame) = self.edges.get(&(service, callee)) {
                    return Some(frame);
                }
                let (from, to) = (self.text(service), self.text(callee));
                let frame = self.frames.intern(format!("net:{from} -> {to}"), &from, FrameKind::Edge);
                self.edges.insert((service, callee), frame);
                Some(frame)
            }
            None if is_said && below.is_empty() => {
                let peer = peer(self.traces, span)?;
                let operation = operation(self.traces, span);
                let service = self.text(service);
                Some(self.frames.intern(format!("remote:{peer}: {operation}"), &service, FrameKind::Remote))
            }
            _ => None,
        }
    }
}

/// An operation without what differs from request to request.
pub(crate) fn operation(traces: &Traces, span: SpanId) -> String {
    let operation = traces.strings.get(traces.spans.operation[span.index()]);
    String::from_utf8_lossy(&group_name(operation)).into_owned()
}

/// The text of the first of these tags that a span has.
pub(crate) fn tag(traces: &Traces, span: SpanId, keys: &[&str]) -> Option<String> {
    keys.iter()
        .find_map(|key| {
            let tag = traces.tags_of(span).find(|tag| traces.strings.get(tag.key) == key.as_bytes())?;
            Some(match tag.value {
                TagValue::Text(text) => String::from_utf8_lossy(traces.strings.get(text)).into_owned(),
                TagValue::Int(number) => number.to_string(),
                TagValue::Float(number) => number.to_string(),
                TagValue::Bool(value) => value.to_string(),
            })
        })
        .filter(|text| !text.is_empty())
}

/// Who answers a call, by the tags of the caller; addresses of machines differ between captures and are left out.
fn peer(traces: &Traces, span: SpanId) -> Option<String> {
    const ADDRESS: [&str; 5] =
        ["server.address", "net.peer.name", "network.peer.address", "peer.hostname", "peer.address"];
    if let Some(service) = tag(traces, span, &["peer.service"]) {
        return Some(service);
    }
    let address = tag(traces, span, &ADDRESS).and_then(|address| {
        let host = address.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok());
        let host = host.map_or(address.as_str(), |(host, _)| host);
        host.parse::<IpAddr>().is_err().then(|| host.to_owned())
    });
    let database = tag(traces, span, &["db.system.name", "db.system", "db.type"]);
    let messages = tag(traces, span, &["messaging.system"]);
    match (database.or(messages), address) {
        (Some(system), Some(address)) => Some(format!("{system}@{address}")),
        (Some(system), None) => Some(system),
        (None, Some(address)) => Some(address),
        (None, None) => tag(traces, span, &["rpc.service"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spans::request_testing::{Span, spans};

    fn names(list: &[Span<'_>]) -> Vec<String> {
        let traces = spans(list);
        let mut frames = Frames::default();
        let of = frames.add(&traces, &Children::of(&traces));
        of.path.iter().map(|&frame| frames.get(frame).name.clone()).collect()
    }

    #[test]
    fn time_between_services_is_neither_ones() {
        let client = Span { kind: SpanKind::Client, ..Span::new("b", "a", "shop", "call", 10, 90) };
        let server = Span { kind: SpanKind::Server, ..Span::new("c", "b", "cart", "GET /cart/17", 20, 80) };
        let root = Span::new("a", "", "shop", "GET /", 0, 100);
        assert_eq!(
            names(&[root, client, server]),
            ["shop: GET /", "net:shop -> cart", "cart: GET /cart/{id}"]
        );
        // Without kinds: one child, in another service, tells a caller; a server is none.
        let plain = |span| Span { kind: SpanKind::Unspecified, ..span };
        assert_eq!(names(&[root, plain(client), plain(server)])[1], "net:shop -> cart");
        let serves = Span { kind: SpanKind::Server, ..client };
        assert_eq!(names(&[root, serves, server])[1], "shop: call");
        let local = Span::new("d", "b", "shop", "retry", 30, 40);
        assert_eq!(names(&[root, plain(client), plain(server), local])[1], "shop: call");
    }

    #[test]
    fn callees_without_spans_are_named_by_tags() {
        let call = |tags| {
            let call = Span { kind: SpanKind::Client, tags, ..Span::new("a", "", "shop", "SELECT t", 0, 9) };
            names(&[call]).remove(0)
        };
        assert_eq!(call(&[("peer.service", "pay")]), "remote:pay: SELECT t");
        assert_eq!(
            call(&[("db.system", "mysql"), ("net.peer.name", "db.local:3306")]),
            "remote:mysql@db.local: SELECT t"
        );
        assert_eq!(
            call(&[("db.system.name", "mysql"), ("server.address", "10.0.0.7")]),
            "remote:mysql: SELECT t"
        );
        assert_eq!(call(&[("rpc.service", "Cart")]), "remote:Cart: SELECT t");
        assert_eq!(call(&[]), "shop: SELECT t");
    }
}
