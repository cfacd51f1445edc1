//! What is said of a side as a whole: its files, when and how long they were recorded, what their readers noted.

use super::build::round;
use super::{NoteRow, Summary};
use crate::account::{Account, places_of};
use crate::sides::{Part, Sides};
use analyzer_formats::{NoteKind, Profile};

/// What a side is made of; its figures are left to the caller.
pub(super) fn summary(parts: &[Part<'_>], name: String) -> Summary {
    let account = Account::of(parts.iter().map(|part| part.capture));
    let digests = parts.iter().map(|part| part.capture.source.digest.as_deref()).collect::<Option<Vec<_>>>();
    let more = if parts.len() > 1 { format!(" and {} more", parts.len() - 1) } else { String::new() };
    Summary {
        files: parts.iter().map(|part| part.capture.source.name.clone()).collect(),
        name: name + &more,
        digest: digests.map(|digests| match digests[..] {
            [digest] => digest.to_owned(),
            // Of several captures the digest of their digests.
            _ => blake3::hash(digests.join("\n").as_bytes()).to_hex().to_string(),
        }),
        build_id: main_build_id(&parts[0].profile),
        samples: None,
        captures: parts.len(),
        value: 0.0,
        start: parts.iter().filter_map(|part| part.profile.meta.start_ns).min().and_then(rfc3339),
        duration_ns: None,
        left_out_pct: round(account.left_out_pct()),
        records: account.records,
        account: account.sentence(),
    }
}

pub(super) fn note_rows(sides: &Sides<'_>, wanted: fn(NoteKind) -> bool) -> Vec<NoteRow> {
    let before = sides.before.iter().map(|part| ("before", part));
    let parts = before.chain(sides.after.iter().map(|part| ("after", part)));
    let rows = parts.flat_map(|(side, part)| {
        let notes = part.capture.notes.iter().filter(move |note| wanted(note.kind));
        notes.map(move |note| NoteRow {
            side,
            code: note.code,
            count: note.count,
            first: places_of(note),
            text: note.to_string(),
        })
    });
    rows.collect()
}

fn main_build_id(profile: &Profile) -> Option<String> {
    let id = profile.mappings.first()?.build_id?;
    Some(profile.strings.text(id).into_owned()).filter(|id| !id.is_empty())
}

/// The shortest ends of two paths that tell them apart.
pub(super) fn side_names(before: &str, after: &str) -> (String, String) {
    let tail = |path: &str, parts: usize| {
        let all: Vec<&str> = path.split('/').collect();
        all[all.len().saturating_sub(parts)..].join("/")
    };
    let longest = before.split('/').count().max(after.split('/').count());
    let parts = (1..=longest).find(|&parts| tail(before, parts) != tail(after, parts)).unwrap_or(1);
    (tail(before, parts), tail(after, parts))
}

fn rfc3339(start_ns: i64) -> Option<String> {
    jiff::Timestamp::from_nanosecond(i128::from(start_ns)).ok().map(|start| start.to_string())
}
