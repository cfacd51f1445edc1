//! Names of profiles: the thread that was sampled, as py-spy writes it, `Process 12 Thread 34 "worker"`.

use std::borrow::Cow;

/// What the name of a profile says of its thread.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct ThreadName<'a> {
    pub name: Cow<'a, [u8]>,
    pub pid: Option<u32>,
    pub tid: Option<u32>,
}

impl<'a> ThreadName<'a> {
    /// What tells it from other threads: its number, or else its name.
    pub(super) fn identity(self) -> ThreadName<'a> {
        let name = if self.tid.is_some() { Cow::Borrowed(&b""[..]) } else { self.name };
        ThreadName { name, ..self }
    }
}

/// Takes a name apart; one of another shape is the thread's name as it stands.
pub(super) fn parse(text: Cow<'_, [u8]>) -> ThreadName<'_> {
    let (pid, rest) = number(&text, b"Process ");
    let (tid, rest) = number(rest, b"Thread ");
    let quoted = rest.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    match quoted {
        Some(name) if pid.is_some() || tid.is_some() => {
            ThreadName { name: Cow::Owned(name.to_vec()), pid, tid }
        }
        _ => ThreadName { name: text, pid: None, tid: None },
    }
}

/// The number after `word`, and what follows it and a blank.
fn number<'a>(text: &'a [u8], word: &[u8]) -> (Option<u32>, &'a [u8]) {
    let parts = text.strip_prefix(word).and_then(|rest| {
        let blank = memchr::memchr(b' ', rest)?;
        let digits = std::str::from_utf8(&rest[..blank]).ok()?;
        Some((digits.parse().ok()?, &rest[blank + 1..]))
    });
    parts.map_or((None, text), |(number, rest)| (Some(number), rest))
}

/// The name that [`parse`] takes apart.
pub(super) fn format(thread: &ThreadName<'_>) -> Vec<u8> {
    let mut text = Vec::new();
    for (word, number) in [("Process", thread.pid), ("Thread", thread.tid)] {
        if let Some(number) = number {
            text.extend(format!("{word} {number} ").bytes());
        }
    }
    if text.is_empty() { thread.name.to_vec() } else { [&text, &b"\""[..], &thread.name, b"\""].concat() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart_and_put_together() {
        for (text, name, pid, tid) in [
            ("Thread 25929 \"\"", "", None, Some(25_929)),
            ("Process 3 Thread 4 \"a \"b\"\"", "a \"b\"", Some(3), Some(4)),
            ("Process 3 \"main\"", "main", Some(3), None),
            ("simple.txt", "simple.txt", None, None),
            ("Thread pool", "Thread pool", None, None),
            ("Thread 140703 (main)", "Thread 140703 (main)", None, None),
        ] {
            let thread = parse(text.as_bytes().into());
            assert_eq!(thread, ThreadName { name: name.as_bytes().into(), pid, tid }, "{text}");
            assert_eq!(format(&thread), text.as_bytes());
        }
    }
}
