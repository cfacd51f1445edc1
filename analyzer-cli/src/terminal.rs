//! What standard output can show: how wide it is, whether in colour, with which characters.

use crate::args::Color;
use analyzer_core::render::screen::Screen;
use std::env;
use std::io::{self, IsTerminal};

/// The width of what goes to a file or a pipe.
const WIDTH_ELSEWHERE: usize = 120;

/// Narrower screens get lines of this width: there is no room for a name.
const LEAST_WIDTH: usize = 20;

/// What standard output can show.
pub(crate) fn screen(color: Color) -> Screen {
    let stdout = io::stdout();
    let color = match color {
        Color::Always => true,
        Color::Never => false,
        // Knows NO_COLOR, CLICOLOR, CLICOLOR_FORCE and TERM=dumb.
        Color::Auto => anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never,
    };
    let size = terminal_size::terminal_size_of(&stdout).map(|(width, _)| usize::from(width.0));
    let is_terminal = stdout.is_terminal();
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    // Whoever sets COLUMNS knows better than the terminal, or has none.
    let columns = variable("COLUMNS").and_then(|columns| columns.parse().ok()).filter(|&columns| columns > 0);
    let width = columns.or(size.filter(|&width| is_terminal && width > 0)).unwrap_or(WIDTH_ELSEWHERE);
    Screen { width: width.max(LEAST_WIDTH), color, boxes: has_boxes(variable, is_terminal) }
}

/// Whether box-drawing characters are shown as such: the locale says otherwise, or a terminal is known not to.
fn has_boxes(variable: impl Fn(&str) -> Option<String>, is_terminal: bool) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(&variable);
    let is_utf8 = locale.is_none_or(|locale| {
        let locale = locale.to_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    });
    let is_plain = is_terminal && variable("TERM").is_some_and(|term| term == "dumb" || term == "linux");
    is_utf8 && !is_plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_for_utf8() {
        let with = |pairs: &[(&str, &str)], is_terminal| {
            let get = |name: &str| {
                pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            };
            has_boxes(get, is_terminal)
        };
        assert!(with(&[], true));
        assert!(with(&[("LANG", "de_DE.UTF-8")], true));
        assert!(with(&[("LC_ALL", "C.utf8"), ("LANG", "C")], true));
        assert!(!with(&[("LANG", "C")], true));
        assert!(!with(&[("LC_CTYPE", "de_DE.ISO-8859-1"), ("LANG", "de_DE.UTF-8")], false));
        assert!(!with(&[("TERM", "dumb")], true));
        assert!(!with(&[("TERM", "linux")], true));
        assert!(with(&[("TERM", "dumb")], false));
    }
}
