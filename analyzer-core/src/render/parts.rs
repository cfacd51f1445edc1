//! Parts of a report on requests on a terminal: tables whose names are never cut where there is room below them, and lists of
//! sentences.

use super::figures::printable;
use super::requests::{List, Part, Table};
use super::screen::{self, Ink, pad, pad_left, shorten, wrap};
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

/// Columns give way before names have less room than this beside them.
const LEAST_NAME: usize = 24;
/// A name of its own lines has at most so many of them.
const MOST_LINES: usize = 3;
/// Deeper rows of a tree are not indented further.
const MOST_INDENT: usize = 24;

/// Writes one part.
pub(super) fn draw(part: &Part, width: usize, color: bool, out: &mut dyn Write) -> io::Result<()> {
    match part {
        Part::Table(table) => draw_table(table, width, color, out),
        Part::List(list) => draw_list(list, width, color, out),
    }
}

/// Not every terminal has the arrow.
fn ascii(text: &str) -> String {
    printable(&text.replace('\u{2192}', "->"))
}

fn title(text: &str, width: usize, color: bool, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out)?;
    for line in wrap(text, width) {
        writeln!(out, "{}", screen::paint(line, Ink::Bold, color))?;
    }
    Ok(())
}

fn note(note: Option<&String>, width: usize, out: &mut dyn Write) -> io::Result<()> {
    note.iter().flat_map(|note| wrap(note, width)).try_for_each(|line| writeln!(out, "{line}"))
}

fn draw_list(list: &List, width: usize, color: bool, out: &mut dyn Write) -> io::Result<()> {
    title(list.title, width, color, out)?;
    let room = width.saturating_sub(4).max(8);
    for (number, (sentence, figures)) in list.items.iter().enumerate() {
        for (line, text) in wrap(&ascii(sentence), room).into_iter().enumerate() {
            let head = if line == 0 { format!("{:>2}  ", number + 1) } else { "    ".to_owned() };
            writeln!(out, "{head}{text}")?;
        }
        for text in wrap(&ascii(figures), room) {
            writeln!(out, "    {}", screen::paint(text, Ink::Faint, color))?;
        }
    }
    note(list.note.as_ref(), width, out)
}

/// A table of figures. The last columns give way where the screen is narrow, down to the least; names that do not fit
/// beside the figures get lines of their own above them.
fn draw_table(table: &Table, width: usize, color: bool, out: &mut dyn Write) -> io::Result<()> {
    title(table.title, width, color, out)?;
    for line in wrap(&ascii(table.of.as_deref().unwrap_or_default()), width)
        .into_iter()
        .filter(|line| !line.is_empty())
    {
        writeln!(out, "{line}")?;
    }
    // Columns that say nothing in any row are left out.
    let is_told = |column: &usize| table.rows.iter().any(|row| !row[*column].is_empty());
    let mut columns: Vec<usize> = (1..table.heads.len()).filter(is_told).collect();
    let width_of = |column: usize| {
        let cells = table.rows.iter().map(|row| ascii(&row[column]).width());
        cells.max().unwrap_or(0).max(table.heads[column].width())
    };
    let taken = |columns: &[usize]| columns.iter().map(|&column| width_of(column) + 2).sum::<usize>();
    while columns.last().is_some_and(|&column| column >= table.least) && taken(&columns) + LEAST_NAME > width
    {
        columns.pop();
    }
    let names: Vec<String> =
        table.rows.iter().enumerate().map(|(at, row)| indented(table, at, &row[0], width)).collect();
    let figures = taken(&columns);
    if figures + 4 > width {
        return stacked(table, &columns, width, color, out);
    }
    let widest = names.iter().map(|name| name.width()).max().unwrap_or(0).max(table.heads[0].width());
    let room = widest.min(width - figures);
    let line = |name: &str, text: &dyn Fn(usize) -> String| {
        let others = columns.iter().map(|&column| format!("  {}", pad_left(&text(column), width_of(column))));
        std::iter::once(pad(name, room)).chain(others).collect::<String>().trim_end().to_owned()
    };
    let head = line(&shorten(table.heads[0], room), &|column| table.heads[column].to_owned());
    writeln!(out, "{}", screen::paint(&head, Ink::Faint, color))?;
    for (row, name) in table.rows.iter().zip(&names) {
        if name.width() <= room {
            writeln!(out, "{}", line(name, &|column| ascii(&row[column])))?;
            continue;
        }
        own_lines(name, width, out)?;
        writeln!(out, "{}", line("", &|column| ascii(&row[column])))?;
    }
    note(table.note.as_ref(), width, out)
}

/// A name with what stands before it in a tree.
fn indented(table: &Table, at: usize, name: &str, width: usize) -> String {
    let depth = table.depths.get(at).map_or(0, |&depth| depth as usize);
    format!("{}{}", " ".repeat((2 * depth).min(MOST_INDENT).min(width / 3)), ascii(name))
}

/// A name that has lines of its own.
fn own_lines(name: &str, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let indent: String = name.chars().take_while(|&c| c == ' ').collect();
    let room = width.saturating_sub(indent.len()).max(4);
    // A name of 64 KB is cut in its middle.
    let name = shorten(name.trim_start(), MOST_LINES * room);
    wrap(&name, room).into_iter().try_for_each(|line| writeln!(out, "{indent}{line}"))
}

/// Each figure on a line, where even the least columns do not fit side by side.
fn stacked(
    table: &Table,
    columns: &[usize],
    width: usize,
    color: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (at, row) in table.rows.iter().enumerate() {
        own_lines(&indented(table, at, &row[0], width), width, out)?;
        for &column in columns.iter().filter(|&&column| !row[column].is_empty()) {
            let text = format!("{}: {}", table.heads[column], ascii(&row[column]));
            for text in wrap(&text, width.saturating_sub(4).max(8)) {
                writeln!(out, "    {}", screen::paint(text, Ink::Faint, color))?;
            }
        }
    }
    note(table.note.as_ref(), width, out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(table: &Table, width: usize) -> String {
        let mut out = Vec::new();
        draw(&Part::Table(table.clone()), width, false, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn table(name: &str) -> Table {
        let row = |name: &str| {
            ["", "0.19 \u{2192} 5.22 ms", "+5.03 ms [4.59, 5.47 ms]", "0.20 \u{2192} 5.59 (+5.04 ms)"]
                .iter()
                .enumerate()
                .map(|(at, text)| if at == 0 { name.to_owned() } else { (*text).to_owned() })
                .collect()
        };
        Table {
            title: "What it waited for",
            heads: vec!["where", "per request", "change", "calls per request"],
            rows: vec![row("orders: GET /"), row(name)],
            least: 3,
            ..Table::default()
        }
    }

    #[test]
    fn eighty_columns_show_name_and_change_whole() {
        let name = "remote:sqlite: SELECT bookstore.order_items";
        let text = drawn(&table(name), 80);
        assert!(text.contains(name), "{text}");
        assert!(text.contains("+5.03 ms [4.59, 5.47 ms]"), "{text}");
        assert!(!text.contains("calls per request"), "{text}");
        assert!(drawn(&table(name), 140).contains("5.59 (+5.04 ms)"));
    }

    #[test]
    fn no_screen_is_exceeded() {
        let long = format!("remote:{}", "x y".repeat(20_000));
        for name in ["short", "解析する関数::オブジェクト::長い名前の関数::解析する関数", &long]
        {
            for width in [20, 40, 60, 80, 120] {
                let text = drawn(&table(name), width);
                for line in text.lines() {
                    assert!(line.width() <= width, "{} in {width}: {line}", line.width());
                }
                assert!(text.contains("5.47"), "{width}: {text}");
                assert!(text.lines().count() < 40, "{width}");
            }
        }
    }
}
