//! Keys of a capture by its path: what a pattern names, or the `key=value` folders of Hive.
//!
//! | in a pattern | matches |
//! |---|---|
//! | `{host}` | one character or more but `/`, the longest that fits; the value of the key |
//! | `{_}` | the same, and forgotten |
//! | `*` | any characters but `/` |
//! | `**` | any characters; as a whole part of the path also none |
//! | `{{`, `}}` | a brace |
//!
//! A pattern describes the whole name of a capture within its folder.

use regex::Regex;

/// Keys and values of one capture, in the order of its path.
pub type Keys = Vec<(String, String)>;

/// A pattern for the paths of captures.
#[derive(Clone, Debug)]
pub struct PathPattern {
    text: String,
    regex: Regex,
    /// The key of each group.
    keys: Vec<String>,
}

/// What is wrong with a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("character {character} of \"{pattern}\": expected {expected}, found {found}")]
pub struct PatternError {
    pattern: String,
    /// From 1.
    character: usize,
    expected: &'static str,
    found: String,
}

impl PathPattern {
    /// The pattern of this text.
    ///
    /// ```
    /// use analyzer_core::batch::PathPattern;
    ///
    /// let pattern = PathPattern::new("{service}/{date}/{host}-{_}.pb.gz")?;
    /// let keys = pattern.keys("api/2026-11-28/web-3-1764288000.pb.gz").expect("a match");
    /// let host = ("host".to_owned(), "web-3".to_owned());
    /// assert_eq!((keys.len(), &keys[2]), (3, &host));
    /// # Ok::<(), analyzer_core::batch::PatternError>(())
    /// ```
    ///
    /// # Errors
    /// When a brace is not closed, a key has no name or is named twice, or no key is named.
    pub fn new(text: &str) -> Result<PathPattern, PatternError> {
        let characters: Vec<char> = text.chars().collect();
        let error = |at: usize, expected: &'static str| PatternError {
            pattern: text.to_owned(),
            character: at + 1,
            expected,
            found: characters.get(at).map_or_else(|| "the end".to_owned(), |found| format!("'{found}'")),
        };
        let (mut regex, mut keys, mut at) = (r"(?s)\A".to_owned(), Vec::new(), 0);
        while at < characters.len() {
            let next = characters.get(at + 1).copied();
            match characters[at] {
                brace @ ('{' | '}') if next == Some(brace) => {
                    regex.push_str(&regex::escape(&brace.to_string()));
                    at += 2;
                }
                '{' => {
                    let length = characters[at..].iter().position(|&character| character == '}');
                    let Some(length) = length else {
                        return Err(error(characters.len(), "a } that ends the key"));
                    };
                    let key: String = characters[at + 1..at + length].iter().collect();
                    let is_name = |character: char| character == '_' || character.is_ascii_alphanumeric();
                    if let Some(bad) = key.chars().position(|character| !is_name(character)) {
                        return Err(error(at + 1 + bad, "a letter, a digit or _ in the name of a key"));
                    }
                    if key.is_empty() {
                        return Err(error(at + 1, "the name of a key, such as {host}, or {_} to forget it"));
                    }
                    if keys.contains(&key) {
                        return Err(error(at + 1, "a key that was not named before"));
                    }
                    if key == "_" {
                        regex.push_str("[^/]+");
                    } else {
                        regex.push_str("([^/]+)");
                        keys.push(key);
                    }
                    at += length + 1;
                }
                '}' => return Err(error(at, "a { before it, or }} for a brace")),
                '*' if next == Some('*') => {
                    let begins = at == 0 || characters[at - 1] == '/';
                    if begins && characters.get(at + 2) == Some(&'/') {
                        regex.push_str("(?:.*/)?");
                        at += 3;
                    } else {
                        regex.push_str(".*");
                        at += 2;
                    }
                }
                '*' => {
                    regex.push_str("[^/]*");
                    at += 1;
                }
                other => {
                    regex.push_str(&regex::escape(&other.to_string()));
                    at += 1;
                }
            }
        }
        if keys.is_empty() {
            return Err(error(characters.len(), "a key, such as {service} or {host}"));
        }
        regex.push_str(r"\z");
        let too_long = |_| error(0, "a shorter pattern");
        Ok(PathPattern { text: text.to_owned(), regex: Regex::new(&regex).map_err(too_long)?, keys })
    }

    /// The pattern as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The keys of a capture of this name; `None` where the pattern does not describe it.
    #[must_use]
    pub fn keys(&self, name: &str) -> Option<Keys> {
        let groups = self.regex.captures(name)?;
        let values = groups.iter().skip(1).flatten().map(|value| value.as_str().to_owned());
        Some(self.keys.iter().cloned().zip(values).collect())
    }
}

/// The keys of `service=api/date=2026-11-28/host=h1/cpu.pb.gz`, and what is left of the name; `None` where no folder
/// has one. Of a key that stands there twice the last value counts, as in Hive.
#[must_use]
pub fn hive_keys(name: &str) -> Option<(Keys, String)> {
    let parts: Vec<&str> = name.split('/').collect();
    let (file, folders) = parts.split_last()?;
    let (mut keys, mut rest) = (Keys::new(), Vec::new());
    for folder in folders {
        match folder.split_once('=').filter(|(key, value)| !key.is_empty() && !value.is_empty()) {
            Some((key, value)) => {
                keys.retain(|(known, _)| known != key);
                keys.push((key.to_owned(), value.to_owned()));
            }
            None => rest.push(*folder),
        }
    }
    rest.push(file);
    (!keys.is_empty()).then(|| (keys, rest.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(pattern: &str, name: &str) -> Option<Vec<String>> {
        let keys = PathPattern::new(pattern).unwrap().keys(name)?;
        Some(keys.into_iter().map(|(key, value)| format!("{key}={value}")).collect())
    }

    #[test]
    fn keys_are_taken_from_whole_names() {
        let of = |pattern, name| keys(pattern, name).map(|keys| keys.join(" "));
        assert_eq!(of("{service}/{host}.pb.gz", "api/h1.pb.gz").as_deref(), Some("service=api host=h1"));
        assert_eq!(of("{service}/{host}.pb.gz", "api/eu/h1.pb.gz"), None);
        assert_eq!(of("{service}/{host}.pb.gz", "api/h1.pb.gz.bak"), None);
        assert_eq!(of("{service}/{host}.pb.gz", "api/h1xpb.gz"), None, "a dot is a dot");
        // The longest that fits: hosts have dashes, times have none.
        assert_eq!(of("{host}-{ts}", "web-3-1764").as_deref(), Some("host=web-3 ts=1764"));
        assert_eq!(of("**/{host}", "h1").as_deref(), Some("host=h1"));
        assert_eq!(of("**/{host}", "a/b/h1").as_deref(), Some("host=h1"));
        assert_eq!(of("{service}/**", "api/a/b").as_deref(), Some("service=api"));
        assert_eq!(of("{service}*", "api/a"), None);
        assert_eq!(of("{{{host}}}", "{h1}").as_deref(), Some("host=h1"));
        assert_eq!(of("{_}/{größe}".replace("größe", "g").as_str(), "ü\n/x").as_deref(), Some("g=x"));
    }

    #[test]
    fn errors_say_where() {
        let error = |pattern: &str| PathPattern::new(pattern).unwrap_err().to_string();
        let expect = [
            ("{service}/{host", "character 16", "}"),
            ("{service}/{}", "character 12", "the name of a key"),
            ("ü/{ho st}", "character 6", "a letter"),
            ("{a}/{a}", "character 6", "not named before"),
            ("a}/{b}", "character 2", "}}"),
            ("*/x.pb.gz", "character 10", "a key"),
            ("", "character 1", "a key"),
        ];
        for (pattern, place, words) in expect {
            let text = error(pattern);
            assert!(text.starts_with(place) && text.contains(words), "{pattern}: {text}");
        }
    }

    #[test]
    fn hive_folders() {
        let (keys, rest) = hive_keys("prod/service=api/host=a=b/cpu/1.pb.gz").unwrap();
        assert_eq!(keys, [("service".to_owned(), "api".to_owned()), ("host".to_owned(), "a=b".to_owned())]);
        assert_eq!(rest, "prod/cpu/1.pb.gz");
        assert_eq!(hive_keys("a=1/a=2/x").unwrap().0, [("a".to_owned(), "2".to_owned())]);
        assert!(hive_keys("service/x=1.pb.gz").is_none(), "a file is no folder");
        assert!(hive_keys("=/x").is_none() && hive_keys("").is_none());
    }
}
