//! Evented profiles: the time between two events goes to the calls that are open.

use super::elements::Elements;
use super::load::{DocumentLoader, FRAME, Flaw, TOO_LARGE, Target};
use super::record::{self, EventKind, ProfileRecord};
use crate::StackId;

const EVENT: Flaw = ("event_unread", "events that lack type O or C, frame or time, left out");
const UNOPENED: Flaw = ("close_unmatched", "events that end a call that has not begun, left out");
const CLOSED: &str = "calls that end before calls they made; those are taken to end with them";
const BACKWARDS: &str = "events earlier than the event before them, taken to be at its time";
const OPEN: &str = "profiles that end inside calls, which are taken to end with the profile";

impl DocumentLoader<'_> {
    /// Reads the events of a profile: the time between two of them goes to the calls that are open.
    pub(super) fn evented(&mut self, profile: &ProfileRecord<'_>, target: &Target) {
        let mut events = Elements::of(self.input, profile.events);
        let mut open: Vec<(usize, StackId)> = Vec::new();
        let mut last = None;
        let [start, end] = [profile.start, profile.end]
            .map(|bound| bound.and_then(|bound| bound.fixed(target.precision.places)));
        if let (Some(start), Some(end)) = (start, end)
            && target.precision.is_time
        {
            let (first, latest) = self.span_ns.unwrap_or((start, end));
            self.span_ns = Some((first.min(start), latest.max(end)));
        }
        while let Some((byte, event)) = events.next(record::event) {
            let (Some(kind), Some(index), Some(at)) = (event.kind, event.frame, event.at) else {
                self.left_out(EVENT, 1, byte);
                continue;
            };
            let Some(&frame) = self.frames.get(index) else {
                self.left_out(FRAME, 1, byte);
                continue;
            };
            let Some(mut at) = self.fixed(at, target.precision, byte) else {
                self.left_out(TOO_LARGE, 1, byte);
                continue;
            };
            let found = &self.input[byte..];
            if last.is_some_and(|last| at < last) {
                self.loaded.notes.damaged("time_backwards", BACKWARDS, byte, found);
                at = last.unwrap_or(at);
            }
            if kind == EventKind::Close && self.calls[index] == 0 {
                self.left_out(UNOPENED, 1, byte);
                continue;
            }
            self.elapse(target, &open, last, at, byte);
            last = Some(at);
            let top = open.last().copied();
            if kind == EventKind::Open {
                open.push((index, self.loaded.builder.stack(top.map(|(_, stack)| stack), frame)));
                self.calls[index] += 1;
                continue;
            }
            if top.is_some_and(|(top, _)| top != index) {
                self.loaded.notes.damaged("calls_unclosed", CLOSED, byte, found);
            }
            while let Some((closed, _)) = open.pop() {
                self.calls[closed] -= 1;
                if closed == index {
                    break;
                }
            }
        }
        if !open.is_empty() && events.is_whole() {
            self.loaded.notes.caveat("calls_open", OPEN, profile.byte, &self.input[profile.byte..]);
            if let Some(end) = end {
                self.elapse(target, &open, last, end, profile.byte);
            }
        }
        for (index, _) in open {
            self.calls[index] = 0;
        }
        self.end(events.broken);
    }

    /// Gives the time from the last event to this one to the calls that are open.
    fn elapse(
        &mut self,
        target: &Target,
        open: &[(usize, StackId)],
        last: Option<i64>,
        at: i64,
        byte: usize,
    ) {
        let (Some(&(_, stack)), Some(last)) = (open.last(), last) else { return };
        match at.checked_sub(last) {
            Some(value) if value <= 0 => {}
            Some(value) => {
                let time = if target.precision.is_time { last } else { 0 };
                self.add(target, Some(stack), None, value, time);
            }
            None => self.left_out(TOO_LARGE, 1, byte),
        }
    }
}
