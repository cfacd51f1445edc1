//! Writes a profile as speedscope JSON.
//!
//! speedscope shows one profile of a file at a time and has a menu of them. So every value type is a profile of its
//! own, and, where samples are known one by one, every thread of it, its samples in the order of time. A weight is
//! the value of a sample, or of a row where samples are not known.

use super::thread::{self, ThreadName};
use crate::folded::{self, FrameText, Values};
use crate::{Frame, Profile, SeriesId, StackId, StringId};
use rustc_hash::FxHashMap;
use std::io::{self, Write};

/// Every value type of a profile, in the order of its series and columns.
#[must_use]
pub fn all_values(profile: &Profile) -> Vec<(SeriesId, Values)> {
    let series = profile.series.iter().enumerate();
    let columns = series.flat_map(|(index, series)| {
        let id = SeriesId::new(index);
        (0..series.value_types.len()).map(move |column| (id, Values::Column(column)))
    });
    columns.collect()
}

/// Writes values of a profile; speedscope opens with those of `parts[active]`.
///
/// Frames at several lines of a function are one with [`FrameText::Function`]. JSON holds Unicode only: bytes of
/// names that are not UTF-8 become `U+FFFD`, and the result says how many names that changed.
///
/// # Errors
/// When `out` fails.
pub fn write(
    profile: &Profile,
    parts: &[(SeriesId, Values)],
    active: usize,
    text: FrameText,
    out: &mut impl Write,
) -> io::Result<usize> {
    let entries: Vec<Entries<'_>> =
        parts.iter().map(|&(series, of)| Entries::new(profile, series, of)).collect();
    let menu: Vec<(usize, Group)> = entries
        .iter()
        .enumerate()
        .flat_map(|(part, entries)| entries.groups().into_iter().map(move |group| (part, group)))
        .collect();
    let mut writer = Writer { profile, out, lossy: vec![false; profile.strings.len()] };
    write!(
        writer.out,
        "{{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\"exporter\":\"plateau@{}\"",
        env!("CARGO_PKG_VERSION")
    )?;
    if let Some(first) = menu.iter().position(|(part, _)| *part == active) {
        write!(writer.out, ",\"activeProfileIndex\":{first}")?;
    }
    let numbers = writer.frames(text)?;
    write!(writer.out, ",\n\"profiles\":[")?;
    for (index, (part, group)) in menu.iter().enumerate() {
        write!(writer.out, "{}", if index > 0 { ",\n" } else { "\n" })?;
        writer.profile(&entries[*part], group, &numbers, parts.len() > 1)?;
    }
    writeln!(writer.out, "\n]}}")?;
    Ok(writer.lossy.iter().filter(|&&lossy| lossy).count())
}

/// The samples of a series, one by one where they are known, else its rows.
struct Entries<'a> {
    profile: &'a Profile,
    series: SeriesId,
    values: Values,
    is_timeline: bool,
}

/// What becomes one profile of the file: the thread, and the entries on it.
struct Group {
    thread: Option<usize>,
    entries: Vec<usize>,
}

/// How many samples an entry stands for.
enum Count {
    Unknown,
    One,
    Rows(Vec<u64>),
}

impl<'a> Entries<'a> {
    fn new(profile: &'a Profile, series: SeriesId, values: Values) -> Entries<'a> {
        let of = &profile.series[series.index()];
        // A timeline is of one column, and stands for the rows if it has all that went into them.
        let timeline = of.samples.timeline.as_ref().filter(|_| of.value_types.len() == 1);
        let is_timeline = timeline.is_some_and(|timeline| timeline.rows.len() as u64 == of.records);
        Entries { profile, series, values, is_timeline }
    }

    fn samples(&self) -> &'a crate::Samples {
        &self.profile.series[self.series.index()].samples
    }

    fn timeline(&self) -> Option<&'a crate::Timeline> {
        self.samples().timeline.as_ref().filter(|_| self.is_timeline)
    }

    /// The entries by thread, in the order of time.
    fn groups(&self) -> Vec<Group> {
        let Some(timeline) = self.timeline() else {
            return vec![Group { thread: None, entries: (0..self.samples().len()).collect() }];
        };
        let mut groups: Vec<Group> = Vec::new();
        let mut known: FxHashMap<Option<usize>, usize> = FxHashMap::default();
        for (entry, thread) in timeline.threads.iter().enumerate() {
            let thread = thread.map(|thread| thread.index());
            let group = *known.entry(thread).or_insert_with(|| {
                groups.push(Group { thread, entries: Vec::new() });
                groups.len() - 1
            });
            groups[group].entries.push(entry);
        }
        for group in &mut groups {
            group.entries.sort_by_key(|&entry| timeline.times_ns[entry]);
        }
        groups
    }

    fn stack(&self, entry: usize) -> Option<StackId> {
        let row = self.timeline().map_or(entry, |timeline| timeline.rows[entry] as usize);
        self.samples().stacks[row]
    }

    fn value(&self, entry: usize) -> i128 {
        match (self.values, self.timeline()) {
            (Values::Counts, Some(_)) => 1,
            (Values::Counts, None) => {
                self.samples().counts.as_ref().map_or(0, |counts| i128::from(counts[entry]))
            }
            (_, Some(timeline)) => i128::from(timeline.values[entry]),
            (Values::Column(column) | Values::Stored(column), None) => {
                i128::from(self.samples().values[column][entry])
            }
        }
    }

    /// The name and the unit of the values, and their decimal places.
    fn meaning(&self) -> (std::borrow::Cow<'a, str>, std::borrow::Cow<'a, str>, u8) {
        let of = &self.profile.series[self.series.index()];
        let text = |id: StringId| self.profile.strings.text(id);
        match self.values {
            Values::Counts => ("samples".into(), "count".into(), 0),
            Values::Column(column) | Values::Stored(column) => {
                let value_type = of.value_types[column];
                let decimals = if self.values == Values::Column(column) { value_type.decimals } else { 0 };
                (text(value_type.name), text(value_type.unit), decimals)
            }
        }
    }

    fn counts(&self) -> Count {
        let of = &self.profile.series[self.series.index()];
        let (Values::Column(this) | Values::Stored(this)) = self.values else { return Count::Unknown };
        if let Some(counts) = &of.samples.counts {
            return if self.is_timeline { Count::One } else { Count::Rows(counts.clone()) };
        }
        let column = of.value_types.iter().position(|value_type| self.profile.counts_samples(value_type));
        let counts = column.filter(|&column| column != this).and_then(|column| {
            of.samples.values[column].iter().map(|&count| u64::try_from(count).ok()).collect()
        });
        counts.map_or(Count::Unknown, Count::Rows)
    }
}

struct Writer<'a, W: Write> {
    profile: &'a Profile,
    out: &'a mut W,
    /// Names that JSON cannot hold as they are.
    lossy: Vec<bool>,
}

impl<W: Write> Writer<'_, W> {
    /// Writes the frames; gives the number of each.
    fn frames(&mut self, text: FrameText) -> io::Result<Vec<usize>> {
        write!(self.out, ",\n\"shared\":{{\"frames\":[")?;
        // Name, suffix, file and line make a frame of the file.
        let mut known = FxHashMap::default();
        let mut numbers = Vec::with_capacity(self.profile.frames.len());
        for frame in &self.profile.frames {
            let function = self.profile.function(frame.function);
            let line = if text == FrameText::Line { frame.line } else { 0 };
            let suffix = folded::suffix(frame.kind);
            let next = known.len();
            let number = *known.entry((function.name, suffix, function.file, line)).or_insert(next);
            numbers.push(number);
            if number == next {
                write!(self.out, "{}", if number > 0 { ",\n" } else { "\n" })?;
                self.frame(frame, suffix.unwrap_or_default(), line)?;
            }
        }
        write!(self.out, "\n]}}")?;
        Ok(numbers)
    }

    fn frame(&mut self, frame: &Frame, suffix: &[u8], line: u32) -> io::Result<()> {
        let function = self.profile.function(frame.function);
        let name = format!("{}{}", self.text(function.name), String::from_utf8_lossy(suffix));
        write!(self.out, "{{\"name\":")?;
        self.string(&name)?;
        if let Some(file) = function.file {
            write!(self.out, ",\"file\":")?;
            let file = self.text(file);
            self.string(&file)?;
        }
        if line > 0 {
            write!(self.out, ",\"line\":{line}")?;
        }
        write!(self.out, "}}")
    }

    fn profile(
        &mut self,
        entries: &Entries<'_>,
        group: &Group,
        numbers: &[usize],
        is_one_of_many: bool,
    ) -> io::Result<()> {
        let (value, unit, decimals) = entries.meaning();
        let thread = group.thread.map(|thread| self.profile.threads[thread]);
        let thread = thread.map(|thread| (self.text(thread.name), thread.pid, thread.tid));
        let name = match &thread {
            None => value.to_string(),
            Some((name, pid, tid)) => {
                let name = ThreadName { name: name.as_bytes().into(), pid: *pid, tid: *tid };
                let name = String::from_utf8_lossy(&thread::format(&name)).into_owned();
                if is_one_of_many { format!("{name} ({value})") } else { name }
            }
        };
        write!(self.out, "{{\"type\":\"sampled\",\"name\":")?;
        self.string(&name)?;
        write!(self.out, ",\"unit\":\"{}\",\"valueName\":", unit_in_file(&unit))?;
        self.string(&value)?;
        write!(self.out, ",\"valueUnit\":")?;
        self.string(&unit)?;
        write!(self.out, ",\"thread\":")?;
        match &thread {
            None => write!(self.out, "null")?,
            Some((name, pid, tid)) => {
                write!(self.out, "{{\"name\":")?;
                self.string(name)?;
                for (key, number) in [("pid", pid), ("tid", tid)] {
                    if let Some(number) = number {
                        write!(self.out, ",\"{key}\":{number}")?;
                    }
                }
                write!(self.out, "}}")?;
            }
        }
        let sum: i128 = group.entries.iter().map(|&entry| entries.value(entry)).sum();
        write!(self.out, ",\"startValue\":0,\"endValue\":")?;
        folded::write_decimal(self.out, sum, decimals)?;
        self.list("samples", &group.entries, |out, &entry, frames| {
            frames.clear();
            frames
                .extend(entries.profile.frames_of(entries.stack(entry)).map(|frame| numbers[frame.index()]));
            write!(out, "[")?;
            for (depth, number) in frames.iter().rev().enumerate() {
                write!(out, "{}{number}", if depth > 0 { "," } else { "" })?;
            }
            write!(out, "]")
        })?;
        self.list("weights", &group.entries, |out, &entry, _| {
            folded::write_decimal(out, entries.value(entry), decimals)
        })?;
        match entries.counts() {
            Count::Unknown => write!(self.out, ",\"counts\":null")?,
            Count::One => write!(self.out, ",\"counts\":1")?,
            Count::Rows(counts) => {
                self.list("counts", &group.entries, |out, &entry, _| write!(out, "{}", counts[entry]))?;
            }
        }
        write!(self.out, "}}")
    }

    fn list(
        &mut self,
        key: &str,
        entries: &[usize],
        mut write: impl FnMut(&mut W, &usize, &mut Vec<usize>) -> io::Result<()>,
    ) -> io::Result<()> {
        write!(self.out, ",\"{key}\":[")?;
        let mut scratch = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            if index > 0 {
                self.out.write_all(b",")?;
            }
            write(self.out, entry, &mut scratch)?;
        }
        self.out.write_all(b"]")
    }

    /// A string as Unicode, and a mark where it is none.
    fn text(&mut self, id: StringId) -> String {
        let text = self.profile.strings.get(id);
        self.lossy[id.index()] |= std::str::from_utf8(text).is_err();
        String::from_utf8_lossy(text).into_owned()
    }

    fn string(&mut self, text: &str) -> io::Result<()> {
        serde_json::to_writer(&mut *self.out, text).map_err(io::Error::from)
    }
}

/// speedscope's unit for values of a unit.
fn unit_in_file(unit: &str) -> &'static str {
    match unit {
        "nanoseconds" | "ns" => "nanoseconds",
        "microseconds" | "us" => "microseconds",
        "milliseconds" | "ms" => "milliseconds",
        "seconds" | "s" => "seconds",
        "bytes" | "byte" => "bytes",
        _ => "none",
    }
}
