//! Text inside HTML and SVG: nothing from a capture is markup, and nothing in it is invisible.

use std::fmt::{self, Display, Formatter, Write};

/// Text for an element or a quoted attribute of HTML or XML.
///
/// Markup characters become entities. Control and bidi characters, which would hide or reorder what stands beside
/// them and which XML 1.0 partly forbids, are shown as `\u{..}`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a>(pub &'a str);

impl Display for Text<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => out.write_str("&amp;")?,
                '<' => out.write_str("&lt;")?,
                '>' => out.write_str("&gt;")?,
                '"' => out.write_str("&quot;")?,
                '\'' => out.write_str("&#39;")?,
                _ if is_hidden(character) => write!(out, "{}", character.escape_unicode())?,
                _ => out.write_char(character)?,
            }
        }
        Ok(())
    }
}

/// The text with control and bidi characters shown as `\u{..}`, without any markup.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_hidden(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Whether a character is not seen, or changes how others are seen.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{180e}'
            // Zero width, direction marks, line separators, embeddings, overrides and isolates.
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            // No characters: XML 1.0, section 2.2 forbids them.
            | '\u{fffe}' | '\u{ffff}'
            | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup_and_nothing_is_invisible() {
        let hostile = "</script>\"'&\0\u{1b}[31m\u{202e}]]>\u{ffff}";
        assert_eq!(
            Text(hostile).to_string(),
            "&lt;/script&gt;&quot;&#39;&amp;\\u{0}\\u{1b}[31m\\u{202e}]]&gt;\\u{ffff}"
        );
        assert_eq!(visible("a\u{202e}b\n"), "a\\u{202e}b\\u{a}");
        assert_eq!(visible("größe 日本 ::<T>"), "größe 日本 ::<T>");
    }
}
