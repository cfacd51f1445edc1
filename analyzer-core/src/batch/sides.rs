//! Both sides of one folder: two versions, or two dates.

use super::named::{KeyValue, Named};
use std::collections::BTreeSet;

/// Positions of the captures of before and of after among those of one folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sides {
    /// Key and value of before.
    pub before_key: KeyValue,
    /// Key and value of after.
    pub after_key: KeyValue,
    /// The captures of before.
    pub before: Vec<usize>,
    /// The captures of after.
    pub after: Vec<usize>,
}

/// Why captures of one folder have no sides.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PairingError {
    /// No capture has keys.
    #[error(
        "one folder holds both sides only where paths tell them apart; name two folders, or say how paths are made, such \
         as --path-pattern '{{service}}/{{version}}/{{host}}.pb.gz'"
    )]
    NoKeys,
    /// There are not two versions, nor two dates.
    #[error(
        "expected two values at least of the key version or date among the captures, found {found}; choose the sides with \
         --before-key KEY=VALUE and --after-key KEY=VALUE"
    )]
    OneValue {
        /// The values there are.
        found: String,
    },
    /// Nothing tells which of the versions is the older.
    #[error(
        "the versions {found} do not say which is the older; choose the sides with --before-key version=VALUE and \
         --after-key version=VALUE"
    )]
    NoOrder {
        /// The values there are.
        found: String,
    },
    /// A key was asked for that no capture has.
    #[error("no capture has {key}={value}; {key} is {known}")]
    NoSuchValue {
        /// The key.
        key: String,
        /// The value that was asked for.
        value: String,
        /// The values there are.
        known: String,
    },
}

/// The sides of one folder: those that were asked for, else the last two versions, else the last two dates.
///
/// # Errors
/// When no capture has keys, there are not two values, or none has the wanted one.
pub fn sides_by_key(
    captures: &[Named],
    wanted: Option<(&KeyValue, &KeyValue)>,
) -> Result<Sides, PairingError> {
    if captures.iter().all(|capture| capture.keys.is_none()) {
        return Err(PairingError::NoKeys);
    }
    let values = |key: &str| -> Vec<&str> {
        let all: BTreeSet<&str> = captures.iter().filter_map(|capture| capture.value(key)).collect();
        let all: Vec<&str> = all.into_iter().collect();
        in_order(all.clone(), key == "version").unwrap_or(all)
    };
    let list = |values: &[&str]| match values {
        [] => "in no path".to_owned(),
        _ => values.iter().rev().take(10).rev().copied().collect::<Vec<_>>().join(", "),
    };
    let (before_key, after_key) = match wanted {
        Some((before, after)) => {
            for KeyValue { key, value } in [before, after] {
                let known = values(key);
                if !known.contains(&value.as_str()) {
                    let (key, value) = (key.clone(), value.clone());
                    return Err(PairingError::NoSuchValue { key, value, known: list(&known) });
                }
            }
            (before.clone(), after.clone())
        }
        None => {
            let found = ["version", "date"].map(|key| (key, values(key)));
            let is_ordered =
                |key: &str, values: &[&str]| in_order(values.to_vec(), key == "version").is_some();
            let several = || found.iter().filter(|(_, values)| values.len() >= 2);
            let Some((key, values)) = several().find(|(key, values)| is_ordered(key, values)) else {
                return Err(match several().next() {
                    Some((_, versions)) => PairingError::NoOrder { found: list(versions) },
                    None => PairingError::OneValue {
                        found: found.map(|(key, values)| format!("{key} {}", list(&values))).join(", "),
                    },
                });
            };
            let last = |from_end: usize| KeyValue {
                key: (*key).to_owned(),
                value: values[values.len() - from_end].to_owned(),
            };
            (last(2), last(1))
        }
    };
    let with = |wanted: &KeyValue| -> Vec<usize> {
        let is_in = |&at: &usize| captures[at].value(&wanted.key) == Some(&wanted.value);
        (0..captures.len()).filter(is_in).collect()
    };
    let (before, after) = (with(&before_key), with(&after_key));
    Ok(Sides { before_key, after_key, before, after })
}

/// Values in their order, or not where nothing tells it: names of branches, hashes of commits.
fn in_order(mut values: Vec<&str>, is_version: bool) -> Option<Vec<&str>> {
    if is_version && values.iter().any(|value| !is_ordered(value)) {
        return None;
    }
    values.sort_by(|one, other| {
        let order =
            if is_version { version(one).cmp(&version(other)) } else { natural(one).cmp(&natural(other)) };
        order.then(one.cmp(other))
    });
    Some(values)
}

/// Whether a version says by itself whether it is older than another.
fn is_ordered(version: &str) -> bool {
    let is_hash = version.len() >= 7
        && version.chars().all(|digit| digit.is_ascii_hexdigit())
        && version.contains(|digit: char| digit.is_ascii_alphabetic());
    !is_hash && version.contains(|digit: char| digit.is_ascii_digit())
}

/// Words for what comes before the release that it is named after.
const BEFORE_RELEASE: &[&str] = &[
    "a",
    "alpha",
    "b",
    "beta",
    "c",
    "canary",
    "dev",
    "ea",
    "m",
    "milestone",
    "nightly",
    "pre",
    "preview",
    "rc",
    "snapshot",
];

/// What orders versions: their numbers; then candidates of a release before it, and what is added to it behind it.
fn version(text: &str) -> (Natural, u8, Natural) {
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let end =
        text.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(text.len());
    let numbers = text[..end].trim_end_matches('.');
    let rest = text[end..].trim_start_matches(['-', '_', '.', '+']);
    let word = rest.find(|letter: char| !letter.is_ascii_alphabetic()).map_or(rest, |end| &rest[..end]);
    let stage = match word {
        _ if rest.is_empty() => 1,
        word if BEFORE_RELEASE.contains(&word.to_ascii_lowercase().as_str()) => 0,
        _ => 2,
    };
    (natural(numbers), stage, natural(rest))
}

/// A text in which numbers compare as numbers.
type Natural = Vec<(u64, String)>;

/// `1.10` is after `1.9`.
fn natural(text: &str) -> Natural {
    let mut parts = vec![(0, String::new())];
    let mut digits = String::new();
    for character in text.chars().chain(['\0']) {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        if !digits.is_empty() {
            // Longer numbers than that are no versions; they compare as the largest and then by their text.
            parts.push((digits.parse().unwrap_or(u64::MAX), String::new()));
            digits.clear();
        }
        if let Some((_, text)) = parts.last_mut() {
            text.push(character);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> Vec<Named> {
        names.iter().map(|name| Named::new((*name).to_owned())).collect()
    }

    #[test]
    fn one_folder_has_the_last_two_versions_as_sides() {
        let names = ["service=a/version=1.9/x", "service=a/version=1.10/x", "service=a/version=1.2/x"];
        let captures = named(&names);
        let sides = sides_by_key(&captures, None).unwrap();
        assert_eq!((sides.before, sides.after), (vec![0], vec![1]));
        let key = |value: &str| KeyValue { key: "version".to_owned(), value: value.to_owned() };
        let sides = sides_by_key(&captures, Some((&key("1.2"), &key("1.9")))).unwrap();
        assert_eq!((sides.before, sides.after), (vec![2], vec![0]));
        let error = sides_by_key(&captures, Some((&key("1.2"), &key("3")))).unwrap_err().to_string();
        assert_eq!(error, "no capture has version=3; version is 1.2, 1.9, 1.10");
        assert!(matches!(sides_by_key(&named(&["a"]), None), Err(PairingError::NoKeys)));
        let error = sides_by_key(&captures[..1], None).unwrap_err().to_string();
        assert!(error.contains("version 1.9, date in no path"), "{error}");
    }

    #[test]
    fn versions_are_ordered_as_they_were_released() {
        let ordered = [
            "v1.2",
            "1.4-alpha",
            "1.4.rc1",
            "1.4-rc2",
            "1.4-rc10",
            "1.4",
            "1.4-2",
            "1.4-hotfix",
            "1.4.1",
            "1.10",
            "2026.11",
            "20261128",
        ];
        let mut shuffled = ordered.to_vec();
        shuffled.reverse();
        assert_eq!(in_order(shuffled, true).unwrap(), ordered);
        let sides = |names: &[&str]| sides_by_key(&named(names), None);
        let error = sides(&["version=7d9f8b6/x", "version=a1b2c3d/x"]).unwrap_err().to_string();
        assert!(error.starts_with("the versions 7d9f8b6, a1b2c3d do not say"), "{error}");
        assert!(matches!(sides(&["version=blue/x", "version=green/x"]), Err(PairingError::NoOrder { .. })));
        let dated = sides(&["date=2/version=7d9f8b6/x", "date=1/version=a1b2c3d/x"]).unwrap();
        assert_eq!((dated.before, dated.after), (vec![1], vec![0]));
    }
}
