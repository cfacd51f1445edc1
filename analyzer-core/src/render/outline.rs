//! Call trees on a terminal: of a whole capture, and of a function between its callers and callees.

use super::figures::printable;
use super::screen::{Ink, Screen, pad_left, shorten, wrap};
use crate::outline::{Entry, Limits, Line, Outline, outline};
use crate::peek::{Reach, Sandwich};
use crate::report::units;
use crate::single::Single;
use crate::tree::{CallTree, ROOT};
use regex::bytes::Regex;
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

/// Names of functions that have so much themselves stand out, in percent.
const MUCH_PCT: f64 = 5.0;

/// What has less is not worth a figure, in percent.
const LITTLE_PCT: f64 = 0.05;

/// Narrower screens have no room for words beside names.
const WORDS_BESIDE: usize = 72;

/// Shorter pieces of names say nothing.
const LEAST_PIECE: usize = 12;

/// Names are not cut shorter than this for the sake of figures.
const LEAST_NAMES: usize = 40;

/// What of a tree is printed.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// At most so many lines.
    pub most: usize,
    /// Callees of less than this share are put together.
    pub least_share: f64,
}

/// Prints the call tree of a capture.
///
/// # Errors
/// When `out` fails.
pub fn tree(single: &Single, shown: Shown, screen: Screen, out: &mut dyn Write) -> io::Result<()> {
    let whole = single.tree.total[ROOT].value.after;
    let least = shown.least_share * whole as f64;
    let limits = Limits { most: shown.most, least, depth: usize::MAX };
    let Outline { lines, left } = outline(&single.tree, &single.children, limits);
    let printer = Printer::new(single, screen, whole, &[&lines]);
    writeln!(out, "{}", screen.paint(printer.heading().trim_end(), Ink::Faint))?;
    let mut branches = Branches::default();
    for line in &lines {
        branches.enter(line);
        writeln!(out, "{}", printer.line(line, &branches, Direction::Callees))?;
    }
    if left > 0 {
        let share = 100.0 * shown.least_share;
        let left = units::count(left as f64);
        footer(
            &format!("{left} more of {share} % or more are part of smaller; -n shows more lines"),
            screen,
            out,
        )?;
    }
    Ok(())
}

fn footer(text: &str, screen: Screen, out: &mut dyn Write) -> io::Result<()> {
    for line in wrap(text, screen.width) {
        writeln!(out, "{}", screen.paint(line, Ink::Faint))?;
    }
    Ok(())
}

/// Prints functions of a name between their callers and callees.
///
/// # Errors
/// When `out` fails.
pub fn peek(
    single: &Single,
    (pattern, reach): (&Regex, Reach),
    shown: Shown,
    screen: Screen,
    out: &mut dyn Write,
) -> io::Result<()> {
    let matching = single.matching(pattern);
    for (at, &key) in matching.iter().take(shown.most).enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        sandwich(single, &single.sandwich(key, reach), (reach, shown), screen, out)?;
    }
    if matching.len() > shown.most {
        let more = units::many((matching.len() - shown.most) as u64, "more matching function");
        writeln!(out)?;
        footer(&format!("{more}; -n shows as many as it is given"), screen, out)?;
    }
    Ok(())
}

fn sandwich(
    single: &Single,
    sandwich: &Sandwich,
    (reach, shown): (Reach, Shown),
    screen: Screen,
    out: &mut dyn Write,
) -> io::Result<()> {
    let whole = sandwich.callees.total[ROOT].value.after;
    let least = shown.least_share * whole as f64;
    let depth = if reach == Reach::Direct { 1 } else { usize::MAX };
    let limits = Limits { most: shown.most, least, depth };
    let of = |tree: &CallTree| outline(tree, &tree.children(), limits).lines;
    let (callers, mut callees) = (of(&sandwich.callers), of(&sandwich.callees));
    // The function's own value stands in its own line.
    callees.retain(|line| line.entry != Entry::Root);
    if let Some(last) = callees.iter_mut().rfind(|line| line.depth == 0) {
        last.is_last = true;
    }
    let own = sandwich.callees.own[ROOT].value.after;
    let entry = Entry::Chain(vec![sandwich.key as u32]);
    let itself = Line { entry, depth: 0, is_last: true, is_only: false, own, total: whole, folded: None };

    let printer = Printer::new(single, screen, whole, &[&callers, &callees, std::slice::from_ref(&itself)]);
    writeln!(out, "{}", screen.paint(printer.heading().trim_end(), Ink::Faint))?;
    let mut branches = Branches::rooted();
    let mut above = Vec::new();
    for line in &callers {
        branches.enter(line);
        above.push(printer.line(line, &branches, Direction::Callers));
    }
    for line in above.iter().rev() {
        writeln!(out, "{line}")?;
    }
    writeln!(out, "{}", printer.function(&itself, sandwich))?;
    let mut branches = Branches::rooted();
    for line in &callees {
        branches.enter(line);
        writeln!(out, "{}", printer.line(line, &branches, Direction::Callees))?;
    }
    Ok(())
}

/// Which way a tree grows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    /// Downwards, to what is called.
    Callees,
    /// Upwards, to what calls.
    Callers,
}

impl Direction {
    /// What stands between the functions of a chain.
    fn separator(self) -> &'static str {
        match self {
            Direction::Callees => " > ",
            Direction::Callers => " < ",
        }
    }
}

/// The lines drawn in front of an entry. An only callee stands below its caller and goes on where a chain ends; others
/// branch off, one level further in.
#[derive(Default)]
struct Branches {
    /// Of every level, whether nothing follows on it.
    is_last: Vec<bool>,
    /// Of the line being printed and those that it is part of, the level that the next lines branch off.
    level: Vec<usize>,
    /// Whether lines of the first level branch off something.
    is_rooted: bool,
    /// Whether the line goes on where a chain ended.
    goes_on: bool,
}

impl Branches {
    /// Those of lines that branch off a line before them.
    fn rooted() -> Branches {
        Branches { is_rooted: true, ..Branches::default() }
    }

    fn enter(&mut self, line: &Line) {
        self.level.truncate(line.depth);
        let level = self.level.last().map_or(usize::from(self.is_rooted), |level| level + 1);
        self.is_last.truncate(level.saturating_sub(1));
        if level > 0 {
            self.is_last.push(line.is_last);
        }
        self.goes_on = line.is_only;
        self.level.push(if line.is_only { level - 1 } else { level });
    }

    /// What leads to an entry, in at most `room` columns: where there are more levels, how many are left out.
    fn drawn(&self, direction: Direction, room: usize, boxes: bool) -> String {
        let [through, end, fork] = match (boxes, direction) {
            (true, Direction::Callees) => ["│ ", "└ ", "├ "],
            (true, Direction::Callers) => ["│ ", "┌ ", "├ "],
            (false, Direction::Callees) => ["| ", "` ", "|-"],
            (false, Direction::Callers) => ["| ", ", ", "|-"],
        };
        let levels = &self.is_last;
        let fits = 2 * levels.len() <= room;
        let kept = if fits { levels.len() } else { room.saturating_sub(8) / 2 };
        let (out, kept) = levels.split_at(levels.len() - kept);
        let mut text = if fits { String::new() } else { format!("{}.. ", out.len()) };
        for (at, &is_last) in kept.iter().enumerate() {
            text += match (at + 1 == kept.len(), is_last) {
                (true, _) if self.goes_on => &direction.separator()[1..],
                (true, true) => end,
                (true, false) => fork,
                (false, true) => "  ",
                (false, false) => through,
            };
        }
        text
    }
}

/// The columns of figures, as many as leave room for names.
struct Printer<'a> {
    single: &'a Single,
    screen: Screen,
    /// What is 100 %.
    whole: i128,
    /// The largest value, whose unit all have.
    largest: f64,
    /// Columns of a value, and whether totals and own values have one; their percentages stand beside.
    value_width: usize,
    has_total: bool,
    has_own: bool,
    has_own_pct: bool,
}

/// Columns of `100.0 %`.
const PCT: usize = 7;

impl<'a> Printer<'a> {
    fn new(single: &'a Single, screen: Screen, whole: i128, lines: &[&[Line]]) -> Printer<'a> {
        let values = || lines.iter().copied().flatten().flat_map(|line| [line.total, line.own]);
        let largest = values().map(|value| single.in_unit(value).abs()).fold(0.0, f64::max);
        let unit = printable(&single.about.unit);
        let widths = values().map(|value| units::beside(single.in_unit(value), largest, &unit).width());
        let value_width = widths.max().unwrap_or(0).max("total".len());
        let mut printer = Printer {
            single,
            screen,
            whole,
            largest,
            value_width,
            has_total: true,
            has_own: true,
            has_own_pct: true,
        };
        // What is least missed gives way first.
        for gives_way in [Self::without_own, Self::without_total, Self::without_own_pct] {
            if printer.names() < LEAST_NAMES {
                gives_way(&mut printer);
            }
        }
        printer
    }

    fn without_own(&mut self) {
        self.has_own = false;
    }

    fn without_total(&mut self) {
        self.has_total = false;
    }

    fn without_own_pct(&mut self) {
        // Two percentages fit most screens.
        self.has_own_pct = self.screen.width >= LEAST_NAMES + 10;
    }

    /// Columns left for names.
    fn names(&self) -> usize {
        let value = |is_there: bool| if is_there { self.value_width + 1 } else { 0 };
        let own = if self.has_own_pct { PCT + 2 } else { 0 };
        self.screen.width.saturating_sub(value(self.has_total) + PCT + 2 + value(self.has_own) + own)
    }

    fn heading(&self) -> String {
        let column = |text: &str, has_value: bool| match has_value {
            true => format!("{}{}", pad_left(text, self.value_width), " ".repeat(PCT + 3)),
            false => pad_left(text, PCT) + "  ",
        };
        let own = if self.has_own_pct { column("self", self.has_own) } else { String::new() };
        format!("{}{own}", column("total", self.has_total))
    }

    /// The figures of a line; an own value of next to nothing is left blank.
    fn figures(&self, line: &Line, has_own: bool) -> String {
        let cell = |value: Option<i128>, has_value: bool| {
            let unit = printable(&self.single.about.unit);
            let text = value
                .map_or_else(String::new, |v| units::beside(self.single.in_unit(v), self.largest, &unit));
            let pct = value.map_or_else(String::new, |v| format!("{:.1} %", self.percent(v)));
            let text = if has_value { pad_left(&text, self.value_width) + " " } else { String::new() };
            format!("{text}{}  ", pad_left(&pct, PCT))
        };
        let own = Some(line.own).filter(|&own| has_own && self.percent(own).abs() >= LITTLE_PCT);
        let own = if self.has_own_pct { cell(own, self.has_own) } else { String::new() };
        format!("{}{own}", cell(Some(line.total), self.has_total))
    }

    fn percent(&self, value: i128) -> f64 {
        if self.whole == 0 { 0.0 } else { 100.0 * value as f64 / self.whole as f64 }
    }

    fn line(&self, line: &Line, branches: &Branches, direction: Direction) -> String {
        let is_chain = matches!(line.entry, Entry::Chain(_));
        let figures = self.figures(line, is_chain && direction == Direction::Callees);
        let drawn = branches.drawn(direction, self.names() * 2 / 5, self.screen.boxes);
        let beside = match line.folded {
            Some((number, sum)) if self.percent(sum).abs() >= LITTLE_PCT => {
                let word = if self.screen.width < WORDS_BESIDE { "" } else { " smaller" };
                format!("  +{}{word} {:.1} %", units::count(number as f64), self.percent(sum))
            }
            _ => String::new(),
        };
        let room = self.names().saturating_sub(drawn.width() + beside.width());
        let (name, ink) = match (&line.entry, direction) {
            (Entry::Chain(keys), _) => {
                let is_much = direction == Direction::Callees && self.percent(line.own) >= MUCH_PCT;
                (self.chain(keys, direction.separator(), room), if is_much { Ink::Bold } else { Ink::Plain })
            }
            (Entry::Folded(number), _) => (format!("{} smaller", units::count(*number as f64)), Ink::Faint),
            (Entry::Root, Direction::Callees) => ("(no stack)".to_owned(), Ink::Faint),
            (Entry::Root, Direction::Callers) => ("(no caller)".to_owned(), Ink::Faint),
        };
        let name = self.screen.paint(&shorten(&name, room), ink);
        format!(
            "{figures}{}{name}{}",
            self.screen.paint(&drawn, Ink::Faint),
            self.screen.paint(&beside, Ink::Faint)
        )
    }

    /// The line of the function that the others are around.
    fn function(&self, line: &Line, sandwich: &Sandwich) -> String {
        let share = self.single.about.percent(self.single.in_unit(line.total));
        let mut about = format!("  ({share:.1} % of all");
        if sandwich.recursive != 0 {
            about += &format!(", recursive in {:.1} % of it", self.percent(sandwich.recursive));
        }
        about += ")";
        let room = self.names();
        let about = if about.width() + LEAST_NAMES / 2 <= room { about } else { String::new() };
        let name = shorten(&printable(&self.single.name(sandwich.key)), room - about.width());
        format!("{}{}{about}", self.figures(line, true), self.screen.paint(&name, Ink::Bold))
    }

    /// The names of a chain in `room` columns: the last, then the first, then those before the last; how many are left
    /// out between.
    fn chain(&self, keys: &[u32], separator: &str, room: usize) -> String {
        let name = |at: usize| printable(&self.single.name(keys[at] as usize));
        let count = keys.len();
        let mut tail = name(count - 1);
        if count == 1 {
            return tail;
        }
        let gap = |left: usize| match left {
            0 => separator.to_owned(),
            _ => format!("{separator}..{left}..{separator}"),
        };
        let first = name(0);
        let for_first = room.saturating_sub(gap(count - 2).width() + tail.width());
        if for_first < first.width().min(LEAST_PIECE) {
            let left_out = format!("..{}..{separator}", count - 1);
            return format!("{left_out}{}", shorten(&tail, room.saturating_sub(left_out.width())));
        }
        let head = shorten(&first, for_first);
        let mut left = count - 2;
        while left > 0 {
            let longer = format!("{}{separator}{tail}", name(left));
            if head.width() + gap(left - 1).width() + longer.width() > room {
                break;
            }
            tail = longer;
            left -= 1;
        }
        format!("{head}{}{tail}", gap(left))
    }
}

#[cfg(test)]
mod tests;
