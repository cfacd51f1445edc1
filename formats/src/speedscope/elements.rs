//! The elements of an array one by one.

use crate::json::{BrokenJson, Cursor};

/// The elements of an array, until it ends or its bytes stop being JSON.
pub(super) struct Elements<'a> {
    cursor: Cursor<'a>,
    first: bool,
    ended: bool,
    /// Where the bytes stop being JSON.
    pub broken: Option<BrokenJson>,
}

impl<'a> Elements<'a> {
    /// Those of the array at `start`; none where there is no array.
    pub(super) fn of(input: &'a [u8], start: Option<usize>) -> Elements<'a> {
        let cursor = Cursor::new(input, start.map_or(input.len(), |bracket| bracket + 1));
        Elements { cursor, first: true, ended: start.is_none(), broken: None }
    }

    /// Reads the next element with `read`; its offset and what that gave. `None` after the last.
    #[inline]
    pub(super) fn next<T>(
        &mut self,
        read: impl FnOnce(&mut Cursor<'a>) -> Result<T, BrokenJson>,
    ) -> Option<(usize, T)> {
        if self.ended {
            return None;
        }
        let element = || -> Result<Option<(usize, T)>, BrokenJson> {
            if !self.cursor.element(&mut self.first)? {
                return Ok(None);
            }
            let byte = self.cursor.at;
            Ok(Some((byte, read(&mut self.cursor)?)))
        };
        let next = element().unwrap_or_else(|broken| {
            self.broken = Some(broken);
            None
        });
        self.ended = next.is_none();
        next
    }

    /// Whether the array was read to its end.
    pub(super) fn is_whole(&self) -> bool {
        self.ended && self.broken.is_none()
    }
}
