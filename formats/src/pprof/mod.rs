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
//! Reading is a walk over the top level that keeps where records stand, then strings, mappings, functions and
//! locations, then the samples in parallel. Every sample record becomes one row.

mod ids;
mod legacy;
mod load;
mod messages;
mod names;
mod prune;
mod recognise;
mod record;
mod samples;
mod tables;
mod wire;
mod write;

use crate::{Confidence, Content, Format, Notes, ReadErrorKind, ReadOptions, Recognition};
pub(crate) use legacy::legacy;
use wire::Message;
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

    fn read(
        &self,
        input: &[u8],
        _options: &ReadOptions,
        notes: &mut Notes,
    ) -> Result<Content, ReadErrorKind> {
        let builder = load::load(Message { bytes: input, at: 0 }, notes)?;
        Ok(Content::Profile(builder.finish()))
    }

    /// `cat a.pb.gz b.pb.gz`: profiles that are whole in their members are added up. Members that are parts of
    /// one message are read as that message.
    fn read_members(
        &self,
        input: &[u8],
        ends: &[usize],
        options: &ReadOptions,
        notes: &mut Notes,
    ) -> Result<Content, ReadErrorKind> {
        let mut start = 0;
        let mut members = Vec::with_capacity(ends.len());
        for &end in ends {
            members.push(Message { bytes: &input[start..end], at: start });
            start = end;
        }
        members.retain(|member| !member.bytes.is_empty());
        if members.len() < 2 || !members.iter().all(|&member| load::is_whole(member)) {
            return self.read(input, options, notes);
        }
        let text = "whole profile in a gzip member of its own; the members are added up";
        notes.count("pprof_members", crate::NoteKind::Caveat, text, members.len() as u64);
        let mut whole = load::load(members[0], notes)?;
        for &member in &members[1..] {
            let next = load::load(member, notes)?;
            let start_ns = [whole.meta.start_ns, next.meta.start_ns].into_iter().flatten().min();
            let duration_ns = match (whole.meta.duration_ns, next.meta.duration_ns) {
                (Some(ours), Some(theirs)) => Some(ours.saturating_add(theirs)),
                (ours, theirs) => ours.or(theirs),
            };
            whole.absorb(next);
            (whole.meta.start_ns, whole.meta.duration_ns) = (start_ns, duration_ns);
        }
        Ok(Content::Profile(whole.finish()))
    }
}

#[cfg(test)]
mod tests;
