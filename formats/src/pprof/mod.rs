//! pprof: protobuf messages of `profile.proto` (google/pprof, `proto/profile.proto`), as Go, Rust, Java, .NET,
//! parca and others write them, plain or compressed.
//!
//! A profile is tables that refer to each other by id, in any order in the file:
//!
//! ```text
//! sample_type*  sample*(location ids leaf first, one value per sample type, labels)
//! location*(mapping, address, lines innermost first)  function*  mapping*  string_table*  ...
//! ```
//!
//! ```text
//! blocks -> parts (decoded in parallel, while the file is unpacked)      tables -> frames of locations
//!           samples as columns, stacks as a tree of location numbers  ->  one forest of stacks, rows
//! ```
//!
//! Every sample record becomes one row.

mod blocks;
mod columns;
mod ids;
mod legacy;
mod load;
mod merge;
mod messages;
mod names;
mod part;
mod prune;
mod recognise;
mod record;
mod samples;
mod tables;
mod trie;
mod wire;
mod write;

use crate::{
    Confidence, Content, Format, Notes, ProfileBuilder, ReadErrorKind, ReadOptions, Recognition, Unpacker,
};
use blocks::Parts;
pub(crate) use legacy::legacy;
use load::{Loader, is_whole};
use part::Part;
pub use write::write;

/// pprof protobuf.
pub struct Pprof;

impl Format for Pprof {
    fn name(&self) -> &'static str {
        "pprof"
    }

    fn description(&self) -> &'static str {
        "pprof protobuf: Go, Rust, Java, .NET, Python profilers, parca, gperftools with `pprof -proto`"
    }

    fn recognise(&self, head: &[u8]) -> Option<Recognition> {
        recognise::recognise(head).map(|why| Recognition { confidence: Confidence::Possible, why })
    }

    fn read(&self, input: &[u8], options: &ReadOptions, notes: &mut Notes) -> Result<Content, ReadErrorKind> {
        load(blocks::plain(input, options), notes)
    }

    fn read_packed(
        &self,
        input: &mut Unpacker<'_>,
        options: &ReadOptions,
        notes: &mut Notes,
    ) -> Option<Result<Content, ReadErrorKind>> {
        Some(blocks::packed(input, options, notes).and_then(|parts| load(parts, notes)))
    }
}

/// `cat a.pb.gz b.pb.gz`: profiles that are whole in their members are added up. Members that are parts of one
/// message are read as that message.
fn load(parts: Parts, notes: &mut Notes) -> Result<Content, ReadErrorKind> {
    let Parts { parts, bytes, members } = parts;
    if members.len() < 2 || !are_whole(&parts, &members) {
        return Ok(Content::Profile(Loader::new(parts, bytes, bytes)?.load(notes)?.finish()));
    }
    let text = "whole profile in a gzip member of its own; the members are added up";
    notes.count("pprof_members", crate::NoteKind::Caveat, text, members.len() as u64);
    let mut whole: Option<ProfileBuilder> = None;
    let (mut parts, mut start) = (parts.into_iter(), 0);
    for end in members {
        let member = parts.by_ref().take(end - start).collect();
        start = end;
        let next = Loader::new(member, bytes, bytes)?.load(notes)?;
        let Some(whole) = &mut whole else {
            whole = Some(next);
            continue;
        };
        let start_ns = [whole.meta.start_ns, next.meta.start_ns].into_iter().flatten().min();
        let duration_ns = match (whole.meta.duration_ns, next.meta.duration_ns) {
            (Some(ours), Some(theirs)) => Some(ours.saturating_add(theirs)),
            (ours, theirs) => ours.or(theirs),
        };
        whole.absorb(next);
        (whole.meta.start_ns, whole.meta.duration_ns) = (start_ns, duration_ns);
    }
    Ok(Content::Profile(whole.unwrap_or_default().finish()))
}

/// Whether each member is a profile of its own, with its own sample types and strings.
fn are_whole(parts: &[Part], ends: &[usize]) -> bool {
    let starts = std::iter::once(0).chain(ends.iter().copied());
    starts.zip(ends).all(|(start, &end)| is_whole(&parts[start..end]))
}

#[cfg(test)]
mod tests;
