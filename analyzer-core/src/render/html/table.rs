//! Tables of the sections on requests: in a narrow window each row is a block, and every figure says what it is.

use super::requests::ids;
use super::sections::path;
use crate::render::markup::{Text, visible};
use crate::render::svg::fit;
use std::io::{self, Write};

/// Columns of a name.
const COLUMNS: usize = 500;
/// The deepest step to the right; the style has a class for each.
const DEEPEST: u32 = 12;

/// A table with a heading.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) heads: Vec<String>,
    pub(super) rows: Vec<Vec<Cell>>,
    /// What stands below it.
    pub(super) note: Option<String>,
}

/// One cell.
#[derive(Debug)]
pub(super) enum Cell {
    /// The number of a row and the class of its colours.
    Number(Option<u32>, &'static str),
    /// A name, and the way to it from the root.
    Name { name: String, path: Vec<String> },
    /// A name below others.
    Nested(u32, String),
    /// A figure, and what else there is to say of it.
    Figure(String, Option<String>),
    /// The figure that matters, and its interval.
    Strong(String, Option<String>),
    /// Words.
    Words(String),
    /// Ids of traces.
    Ids(Vec<String>),
}

impl Cell {
    pub(super) fn number(number: Option<u32>, class: &'static str) -> Cell {
        Cell::Number(number, class)
    }

    pub(super) fn name(name: &str) -> Cell {
        Cell::Name { name: name.to_owned(), path: Vec::new() }
    }

    pub(super) fn figure(text: String) -> Cell {
        Cell::Figure(text, None)
    }

    fn is_left(&self) -> bool {
        matches!(self, Cell::Number(..) | Cell::Name { .. } | Cell::Nested(..) | Cell::Words(_))
    }

    fn write(&self, head: &str, out: &mut dyn Write) -> io::Result<()> {
        let head = Text(head);
        match self {
            Cell::Number(number, class) => {
                write!(out, "<td class=\"n\">")?;
                if let Some(number) = number {
                    write!(out, "<span class=\"disc {class}\">{number}</span>")?;
                }
            }
            Cell::Name { name, path: way } => {
                write!(out, "<td class=\"function\"><span class=\"name\">{}</span>", shown(name))?;
                if let [.., above, _] = way.as_slice() {
                    write!(
                        out,
                        "<details><summary>below {}</summary><ol class=\"path\">",
                        Text(&fit(&visible(above), COLUMNS))
                    )?;
                    let way: Vec<String> = way.iter().map(|name| fit(&visible(name), COLUMNS)).collect();
                    path(&way, out)?;
                    write!(out, "</ol></details>")?;
                }
            }
            Cell::Nested(depth, name) => write!(
                out,
                "<td class=\"function\"><span class=\"name step-{}\">{}</span>",
                depth.min(&DEEPEST),
                shown(name)
            )?,
            Cell::Figure(text, more) => {
                write!(out, "<td class=\"r\" data-head=\"{head}\">{}", figure(text))?;
                below(more, out)?;
            }
            Cell::Strong(text, more) => {
                write!(out, "<td class=\"r\" data-head=\"{head}\"><b>{}</b>", figure(text))?;
                below(more, out)?;
            }
            Cell::Words(text) => {
                write!(out, "<td data-head=\"{head}\">{}", Text(&fit(&visible(text), COLUMNS)))?;
            }
            Cell::Ids(list) => {
                write!(out, "<td class=\"r ids\" data-head=\"{head}\">")?;
                ids(list, out)?;
            }
        }
        write!(out, "</td>")
    }
}

/// What stands below a figure.
fn below(more: &Option<String>, out: &mut dyn Write) -> io::Result<()> {
    more.iter().try_for_each(|more| write!(out, "<span class=\"where\">{}</span>", figure(more)))
}

/// A figure, which breaks before an arrow or an interval only.
fn figure(text: &str) -> String {
    let whole = Text(text).to_string().replace(' ', "\u{a0}");
    whole.replace("\u{a0}\u{2192}", " \u{2192}").replace("\u{a0}[", " [")
}

/// A name as it is shown.
fn shown(name: &str) -> String {
    Text(&fit(&visible(name), COLUMNS)).to_string()
}

impl Table {
    /// Writes the table, unless it has no rows.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let Some(first) = self.rows.first() else { return Ok(()) };
        let id = self.id;
        writeln!(
            out,
            "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{}</h2>\n<table class=\"plateaus figures\">\n<thead><tr>",
            self.title
        )?;
        for (head, cell) in self.heads.iter().zip(first) {
            let class = if cell.is_left() { "" } else { " class=\"r\"" };
            write!(out, "<th scope=\"col\"{class}>{}</th>", Text(head))?;
        }
        writeln!(out, "</tr></thead>\n<tbody>")?;
        for row in &self.rows {
            write!(out, "<tr>")?;
            row.iter().zip(&self.heads).try_for_each(|(cell, head)| cell.write(head, out))?;
            writeln!(out, "</tr>")?;
        }
        writeln!(out, "</tbody>\n</table>")?;
        self.note.iter().try_for_each(|note| writeln!(out, "<p class=\"quiet\">{}</p>", Text(note)))?;
        writeln!(out, "</section>")
    }
}
