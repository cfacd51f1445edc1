//! Text that fits a terminal: cut in the middle, wrapped and padded by the columns it takes.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What a terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Columns.
    pub width: usize,
    /// Whether texts may be coloured.
    pub color: bool,
    /// Whether lines are drawn with box-drawing characters, and not with ASCII.
    pub boxes: bool,
}

/// How a text stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// It does not.
    Plain,
    /// It weighs most.
    Bold,
    /// What grew.
    Grew,
    /// What shrank.
    Shrank,
    /// It is beside the point.
    Faint,
}

impl Screen {
    /// A text in a colour, where the screen has colours.
    #[must_use]
    pub fn paint(&self, text: &str, ink: Ink) -> String {
        paint(text, ink, self.color)
    }
}

pub(super) fn paint(text: &str, ink: Ink, color: bool) -> String {
    let code = match ink {
        _ if !color || text.is_empty() => return text.to_owned(),
        Ink::Plain => return text.to_owned(),
        Ink::Bold => "1",
        Ink::Grew => "33",
        Ink::Shrank => "34",
        Ink::Faint => "2",
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}

/// Cuts a text in its middle, where names differ least.
#[must_use]
pub fn shorten(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    if width < 4 {
        return String::new();
    }
    let keep = width - 2;
    let head = take_width(text.chars(), keep / 2);
    let tail = take_width(text.chars().rev(), keep - keep / 2);
    // A mark that joined the letter before it would join the dots.
    let tail: String = tail.chars().rev().skip_while(|c| c.width() == Some(0)).collect();
    format!("{head}..{tail}")
}

/// The first characters, of at most `width` columns. Those that take none are no more than a few for each that does.
fn take_width(chars: impl Iterator<Item = char>, width: usize) -> String {
    let mut text = String::new();
    for c in chars.take(4 * width) {
        text.push(c);
        if text.width() > width {
            text.pop();
            break;
        }
    }
    text
}

/// A text and blanks up to `width` columns.
#[must_use]
pub fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// Blanks up to `width` columns and a text.
#[must_use]
pub fn pad_left(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(text.width())))
}

/// Lines of at most `width` columns, broken at blanks; a word that is longer is broken where the line ends.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while rest.width() > width {
        let mut columns = 0;
        let mut blank = None;
        let mut end = rest.len();
        for (at, c) in rest.char_indices() {
            columns += c.width().unwrap_or(0);
            if columns > width {
                end = at;
                break;
            }
            if c == ' ' && at > 0 {
                blank = Some(at);
            }
        }
        // The blank may stand where the line ends.
        let blank = if rest[end..].starts_with(' ') { Some(end) } else { blank };
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let cut = blank.unwrap_or(end.max(first));
        lines.push(rest[..cut].trim_end());
        rest = rest[cut..].trim_start();
    }
    lines.push(rest);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_lose_their_middle() {
        assert_eq!(shorten("alpha::beta::gamma", 10), "alph..amma");
        assert_eq!(shorten("short", 10), "short");
    }

    #[test]
    fn text_wraps_at_blanks() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("immeasurable", 5), ["immea", "surab", "le"]);
        assert_eq!(wrap("of immeasurable", 5), ["of", "immea", "surab", "le"]);
    }

    #[test]
    fn wide_and_combining_characters_take_the_columns_they_take() {
        let names = [
            "解析オブジェクト::解析する関数",
            "e\u{301}te\u{301}::e\u{301}cole::e\u{301}le\u{300}ve",
            "a👩‍🔬b🦀🦀🦀🦀c",
            "🇩🇪🇫🇷🇯🇵🇧🇷",
        ];
        for name in names {
            for width in 4..40 {
                let short = shorten(name, width);
                assert!(short.width() <= width, "{short} in {width}");
                assert_eq!(pad(&short, width).width(), width);
                for line in wrap(name, width) {
                    assert!(line.width() <= width, "{line} in {width}");
                }
            }
        }
        assert_eq!(shorten("解析オブジェクト", 10), "解析..クト");
        assert_eq!(shorten(&"\u{301}".repeat(1_000_000).replacen('\u{301}', "abcdefgh", 1), 6), "ab..");
    }
}
