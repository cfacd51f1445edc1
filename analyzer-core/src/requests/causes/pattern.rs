//! The patterns, and where a request shows one.

use analyzer_formats::SpanId;

/// A known way of being slow, or of looking faster than one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Pattern {
    /// The same call again and again below one parent, one after another: N+1.
    RepeatedCalls,
    /// The same question again and again.
    MissingCache,
    /// Calls that ran side by side run one after another.
    Serialised,
    /// A call is made again because it failed.
    Retries,
    /// A span says that it waits for a connection of a pool.
    PoolWait,
    /// Time passes before a call is made, while others make theirs.
    WaitBeforeCall,
    /// A span says that it waits for a lock.
    LockWait,
}

impl Pattern {
    /// The stable code.
    pub(super) fn code(self) -> &'static str {
        match self {
            Pattern::RepeatedCalls => "n_plus_one",
            Pattern::MissingCache => "missing_cache",
            Pattern::Serialised => "serialised",
            Pattern::Retries => "retries",
            Pattern::PoolWait | Pattern::WaitBeforeCall => "pool_wait",
            Pattern::LockWait => "lock_wait",
        }
    }

    /// The frame whose time it takes: who waits for a free connection or a lock does so in its own time.
    pub(super) fn frame(self, subject: Subject) -> u32 {
        match self {
            Pattern::PoolWait | Pattern::LockWait | Pattern::WaitBeforeCall => subject.caller,
            _ => subject.called,
        }
    }
}

/// What a pattern is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Subject {
    /// The operation that calls or waits, a number of [`Frames`](crate::spans::Frames).
    pub(super) caller: u32,
    /// What it calls or waits for.
    pub(super) called: u32,
    /// The statement, a number of [`Statements`](super::statements::Statements), where there is one.
    pub(super) statement: Option<u32>,
}

/// Where a request shows a pattern.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Occurrence {
    /// The pattern.
    pub(super) pattern: Pattern,
    /// What it is about.
    pub(super) subject: Subject,
    /// How many calls are part of it.
    pub(super) calls: u32,
    /// What it takes on the critical path of the request, nanoseconds.
    pub(super) path_ns: i64,
    /// How the request would be without it, for [`replay`](super::replay).
    pub(super) without: Vec<Edit>,
}

/// One thing that would be different.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    /// A span, with all below it, takes so many nanoseconds in all.
    Takes(SpanId, i64),
    /// A span starts so many nanoseconds sooner after what it waits for.
    Sooner(SpanId, i64),
}
