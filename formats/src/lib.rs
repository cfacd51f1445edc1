//! Reads archived profiles and traces into one model, and writes that model back.
//!
//! [`read_path`] takes a file, recognises its format by its bytes, and gives a [`Capture`]: either a
//! [`Profile`] (stacks with values) or [`Traces`] (spans), with [`Notes`] that count everything that was left
//! out. Readers run in parallel over chunks cut by bytes, so identifiers, notes and order are those of a
//! sequential read on any number of threads.
//!
//! ```
//! use analyzer_formats::{Content, ReadOptions, read_bytes};
//!
//! let capture = read_bytes("example", b"main;work 3\nmain;idle 1\n", &ReadOptions::default())?;
//! let Content::Profile(profile) = &capture.content else { panic!("folded stacks are a profile") };
//! assert_eq!(profile.series[0].sum(0), 4);
//! # Ok::<(), analyzer_formats::ReadError>(())
//! ```

pub mod archive;
mod capture;
mod chunk;
pub mod console;
mod error;
pub mod folded;
mod format;
mod input;
mod interner;
pub mod jaeger;
mod json;
mod memory;
mod module;
mod note;
pub mod otlp;
mod overlap;
pub mod perf_script;
pub mod pprof;
mod profile;
mod progress;
pub mod speedscope;
mod trace;
mod trace_json;
mod unpack;
pub mod zipkin;

pub use capture::{Capture, Content, Source};
pub use error::{At, Flaw, ReadError, ReadErrorKind};
pub use format::{
    Confidence, FORMATS, Format, Pipes, ReadOptions, Recognition, format_named, read_bytes, read_path,
    read_stdin,
};
pub use note::{Note, NoteKind, Notes, Place};
pub use overlap::{Blocks, write_overlapped};
pub use profile::{
    Frame, FrameId, FrameKind, Function, FunctionId, Label, LabelSetId, LabelSets, LabelValue, Mapping,
    MappingId, Moment, Profile, ProfileBuilder, ProfileMeta, Samples, Series, SeriesId, Stack, StackId,
    StringId, Strings, Thread, ThreadId, Timeline, ValueType,
};
pub use progress::Progress;
pub use trace::{
    Link, NewSpan, Process, ProcessId, Reference, ReferenceKind, SpanId, SpanKind, Spans, Tag, TagId,
    TagValue, Tags, Trace, TraceId, Traces, TracesBuilder,
};
pub use unpack::{Container, More, Unpacker};
