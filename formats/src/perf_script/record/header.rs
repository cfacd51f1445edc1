//! The first line of a sample: `comm pid/tid [cpu] time: period event: payload`.

use super::{is_blank, is_number, number, token, trim_end, trim_start};
use memchr::memchr;

/// The first line of a sample, or of a `PERF_RECORD_*` side event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Header<'a> {
    /// The thread's name; empty when the capture has none.
    pub comm: &'a [u8],
    /// Process id, where it is printed beside that of the thread.
    pub pid: Option<u32>,
    /// Thread id; the process id where only that is printed.
    pub tid: Option<u32>,
    /// Time of the sample in nanoseconds on the capture's own clock.
    pub time_ns: Option<u64>,
    /// The weight of the sample, as digits.
    pub period: Option<&'a [u8]>,
    /// The event with its modifiers: `cycles:u`, `sched:sched_switch`.
    pub event: &'a [u8],
    /// What follows the event: a tracepoint's payload or, in single-line layouts, the frame.
    pub rest: &'a [u8],
}

/// Parses a header line, trimmed at its end. `None` when the line is not one.
pub(in super::super) fn header(line: &[u8]) -> Option<Header<'_>> {
    // Every header has a colon before a blank or at its end; most frame lines have none.
    if !memchr::memchr_iter(b':', line).any(|at| line.get(at + 1).is_none_or(|&next| is_blank(next))) {
        return None;
    }
    let line = trim_start(line);
    header_with_time(line).or_else(|| header_without_time(line)).or_else(|| header_of_event(line))
}

/// Thread name (at most 16 bytes, padded), ids, cpu and flags stand in the first so many bytes of a header.
const PREFIX: usize = 128;

/// A header is easiest to find from its time: a token `seconds.fraction:`.
fn header_with_time(line: &[u8]) -> Option<Header<'_>> {
    let mut start = 0;
    while start < line.len().min(PREFIX) {
        let (word, rest) = token(&line[start..]);
        let after = line.len() - rest.len();
        if let Some(time_ns) = time(word)
            && let Some((comm, thread)) = thread_before(&line[..start])
            && let Some(Tail { period, event, rest }) = tail(rest)
        {
            let (pid, tid) = (thread.and_then(|(pid, _)| pid), thread.map(|(_, tid)| tid));
            return Some(Header { comm, pid, tid, time_ns: Some(time_ns), period, event, rest });
        }
        start = after;
    }
    None
}

/// Without a time: `comm pid[/tid] [cpu] period event:`. The first reading that fits is taken.
fn header_without_time(line: &[u8]) -> Option<Header<'_>> {
    let mut start = 0;
    while start < line.len().min(PREFIX) {
        let (word, rest) = token(&line[start..]);
        let after = line.len() - rest.len();
        let rest = if is_cpu(token(rest).0) { token(rest).1 } else { rest };
        if start > 0
            && let Some((pid, tid)) = thread_id(word)
            && let Some(Tail { period, event, rest }) = tail(rest)
            // A time is no event, and nothing is none.
            && !event.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
            && (event.contains(&b'/') || !event.iter().copied().any(is_blank))
        {
            let comm = trim_end(&line[..start]);
            return Some(Header { comm, pid, tid: Some(tid), time_ns: None, period, event, rest });
        }
        start = after;
    }
    None
}

/// The event alone, with its period or without: `cycles:` or `100 cycles:`, and nothing behind it.
fn header_of_event(line: &[u8]) -> Option<Header<'_>> {
    let (first, rest) = token(line);
    let (period, event) = if is_number(first) { (Some(first), token(rest)) } else { (None, (first, rest)) };
    let event = event.0.strip_suffix(b":").filter(|_| event.1.is_empty())?;
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-:/=,.".contains(byte);
    if event.is_empty() || !event.iter().all(is_name) {
        return None;
    }
    Some(Header { comm: b"", pid: None, tid: None, time_ns: None, period, event, rest: b"" })
}

/// `12.345678:` in nanoseconds.
fn time(word: &[u8]) -> Option<u64> {
    let word = word.strip_suffix(b":")?;
    let dot = memchr(b'.', word)?;
    let (seconds, fraction) = (&word[..dot], &word[dot + 1..]);
    if !is_number(seconds) || !is_number(fraction) || fraction.len() > 9 {
        return None;
    }
    let scale = 10u64.pow(9 - fraction.len() as u32);
    number(seconds)?.checked_mul(1_000_000_000)?.checked_add(number(fraction)? * scale)
}

fn is_cpu(word: &[u8]) -> bool {
    word.strip_prefix(b"[").and_then(|word| word.strip_suffix(b"]")).is_some_and(is_number)
}

/// Process, where it is known, and thread.
type Ids = (Option<u32>, u32);

/// `1234` or `1233/1234`: process, where there are two, and thread. perf prints -1 for an unknown one.
fn thread_id(word: &[u8]) -> Option<Ids> {
    // Out of range and -1 alike become the largest id.
    let id = |word: &[u8]| {
        let id = if is_number(word) { number(word) } else { None };
        id.and_then(|id| u32::try_from(id).ok()).unwrap_or(u32::MAX)
    };
    match memchr(b'/', word) {
        Some(slash) if is_id(&word[..slash]) && is_id(&word[slash + 1..]) => {
            Some((Some(id(&word[..slash])), id(&word[slash + 1..])))
        }
        None if is_id(word) => Some((None, id(word))),
        _ => None,
    }
}

fn is_id(word: &[u8]) -> bool {
    is_number(word.strip_prefix(b"-").unwrap_or(word))
}

/// What stands before the time, read from the right: `comm pid/tid [cpu]`, each of which may be absent.
fn thread_before(line: &[u8]) -> Option<(&[u8], Option<Ids>)> {
    let line = trim_end(line);
    let (before, last) = last_token(line);
    // Between cpu and time newer perfs may print a column of flags such as `d.h.`; it is no thread.
    let (before, last) = if is_cpu(last) { last_token(before) } else { (before, last) };
    match thread_id(last) {
        Some(thread) => Some((before, Some(thread))),
        None if last.is_empty() => Some((before, None)),
        None => {
            let (before, cpu) = last_token(before);
            let (before, thread) = if is_cpu(cpu) { last_token(before) } else { (before, cpu) };
            match thread_id(thread) {
                Some(thread) => Some((before, Some(thread))),
                // No thread: the comm alone, if it can be one.
                None if line.len() <= 16 => Some((line, None)),
                None => None,
            }
        }
    }
}

/// The last token of a line, and what stands before it without trailing blanks.
fn last_token(line: &[u8]) -> (&[u8], &[u8]) {
    let start = line.iter().rposition(|&byte| is_blank(byte)).map_or(0, |at| at + 1);
    (trim_end(&line[..start]), &line[start..])
}

/// What follows the time: `period event: rest`.
struct Tail<'a> {
    period: Option<&'a [u8]>,
    event: &'a [u8],
    rest: &'a [u8],
}

/// The period may be absent, and so may the event at the end of a line.
fn tail(line: &[u8]) -> Option<Tail<'_>> {
    let (word, after) = token(line);
    let (period, line) = if is_number(word) { (Some(word), after) } else { (None, line) };
    if line.is_empty() {
        return Some(Tail { period, event: b"", rest: b"" });
    }
    if line.starts_with(b"PERF_RECORD_") {
        let end = line
            .iter()
            .position(|&byte| !(byte == b'_' || byte.is_ascii_alphanumeric()))
            .unwrap_or(line.len());
        return Some(Tail { period, event: &line[..end], rest: trim_start(&line[end..]) });
    }
    // `cpu/event=0x3c,name=My Event/` holds blanks and colons between its slashes.
    let slashes = memchr(b'/', line).filter(|&open| line[..open].iter().all(|&byte| !is_blank(byte)));
    let from =
        slashes.and_then(|open| memchr(b'/', &line[open + 1..]).map(|close| open + 1 + close)).unwrap_or(0);
    let end = memchr::memchr_iter(b':', &line[from..])
        .map(|at| from + at)
        .find(|&at| line.get(at + 1).is_none_or(|&next| is_blank(next)))?;
    Some(Tail { period, event: &line[..end], rest: trim_start(&line[end + 1..]) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(line: &str) -> (String, Option<u32>, Option<u64>, Option<String>, String, String) {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let header = header(trim_end(line.as_bytes())).unwrap_or_else(|| panic!("no header: {line}"));
        (
            text(header.comm),
            header.tid,
            header.time_ns,
            header.period.map(text),
            text(header.event),
            text(header.rest),
        )
    }

    #[test]
    fn headers_in_all_layouts() {
        let cases = [
            ("perf 10447 [000] 346832.330193:          1 cycles: ", "perf", 10447, Some("1"), "cycles", ""),
            ("perf 10447/10448 [000] 346832.330193: cycles:u: ", "perf", 10448, None, "cycles:u", ""),
            ("perf 10447 cycles: ", "perf", 10447, None, "cycles", ""),
            ("java 19983/19984 [003] cycles:", "java", 19984, None, "cycles", ""),
            (
                "my app 42 7 20190/20191  1509.194990:    1003009   cpu-clock: ",
                "my app 42 7",
                20191,
                Some("1003009"),
                "cpu-clock",
                "",
            ),
            (
                "  V8 WorkerThread 25607 4794564.109216:    107 cycles:uppp:",
                "V8 WorkerThread",
                25607,
                Some("107"),
                "cycles:uppp",
                "",
            ),
            (
                "sh 1 [001] 2.000000: sched:sched_switch: prev_comm=a b: 1",
                "sh",
                1,
                None,
                "sched:sched_switch",
                "prev_comm=a b: 1",
            ),
            (
                "sh 1 2.5: 7 cpu/event=0x3c,name=My: Event/u: ",
                "sh",
                1,
                Some("7"),
                "cpu/event=0x3c,name=My: Event/u",
                "",
            ),
            (
                "simple\t10/11\t[002]\t3.000001:\t9\tcpu-cycles:u:",
                "simple",
                11,
                Some("9"),
                "cpu-cycles:u",
                "",
            ),
            (
                "x 14170 346637.62: PERF_RECORD_EXIT(1:1):(2:2)",
                "x",
                14170,
                None,
                "PERF_RECORD_EXIT",
                "(1:1):(2:2)",
            ),
            (":-1 -1 [000] 1.0: 5 cycles: ", ":-1", u32::MAX, Some("5"), "cycles", ""),
            ("a 1 [000] d.h. 1.0: 5 cycles: ", "a", 1, Some("5"), "cycles", ""),
        ];
        for (line, comm, tid, period, event, rest) in cases {
            let (c, t, _, p, e, r) = fields(line);
            assert_eq!((&*c, t, p.as_deref(), &*e, &*r), (comm, Some(tid), period, event, rest), "{line}");
        }
        assert_eq!(fields("a 1 1.000000002: 5 cycles:").2, Some(1_000_000_002));
        assert_eq!(fields("10447 [000] 1.5: 5 cycles:").0, "");
        assert_eq!(fields("     cycles:u: ").4, "cycles:u");
        assert_eq!(fields("  100 cycles: ").3.as_deref(), Some("100"));
    }

    #[test]
    fn frames_are_no_headers() {
        for line in ["\t7f00 a::b (c)", "\t7f00 RegExp: x (y)", "ffffffff8103d0ca x ([kernel.kallsyms])"] {
            assert_eq!(header(line.as_bytes()), None, "{line}");
        }
    }
}
