//! Exit codes and how failures are printed.

use crate::output;
use analyzer_core::{CompareError, FoldedDiffError};
use std::io::Write;
use std::process::ExitCode;

/// Usage, reading or writing failed.
const FAILED: u8 = 2;
/// The captures cannot be compared, or do not tell enough.
const NOT_COMPARABLE: u8 = 3;

/// How a command ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It did what it was asked.
    Done,
    /// Growth was found and `--exit-code` asked to say so, or it is above a budget.
    Grew,
    /// It cannot be told whether anything grew above its budget, and that was to be taken for a failure.
    Inconclusive,
    /// More files of a batch could not be read, or pairs not be compared, than may be; the results are written.
    TooManyFailed { failed: u64, most: u64 },
}

/// The exit code of a command; a failure is printed in one line.
pub(crate) fn code(outcome: anyhow::Result<Outcome>) -> ExitCode {
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Grew) => ExitCode::from(1),
        Ok(Outcome::Inconclusive) => ExitCode::from(NOT_COMPARABLE),
        Ok(Outcome::TooManyFailed { failed, most }) => {
            let what = if failed == 1 { "file or pair" } else { "files or pairs" };
            output::warn(&format!("{failed} {what} failed, and --max-failed allows {most}"));
            ExitCode::from(NOT_COMPARABLE)
        }
        Err(error) => {
            // If standard error is closed there is no one left to tell.
            let _ = writeln!(anstream::stderr(), "plateau: {}", output::shown(&format!("{error:#}")));
            ExitCode::from(if is_not_comparable(&error) { NOT_COMPARABLE } else { FAILED })
        }
    }
}

fn is_not_comparable(error: &anyhow::Error) -> bool {
    let compare = error.downcast_ref::<CompareError>().or_else(|| match error.downcast_ref() {
        Some(FoldedDiffError::Compare(compare)) => Some(compare),
        _ => None,
    });
    use CompareError::{DifferentKinds, NoCommonValueType, NotComparable};
    matches!(compare, Some(DifferentKinds { .. } | NotComparable { .. } | NoCommonValueType { .. }))
}
