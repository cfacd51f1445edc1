//! Both sides of one folder: two versions, or two dates.

use super::named::{KeyValue, Named, Role};
use super::template::is_hash;
use std::collections::{BTreeMap, BTreeSet};

/// Positions of the captures of before and of after among those of one folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sides {
    /// What chose them, in words.
    pub text: String,
    /// The keys that chose them.
    pub keys: Vec<String>,
    /// The captures of before, in their order.
    pub before: Vec<usize>,
    /// The captures of after, in their order.
    pub after: Vec<usize>,
}

/// How Hive calls the folder of what has no value of a key.
const NO_VALUE: &str = "__HIVE_DEFAULT_PARTITION__";
/// Keys that choose the sides where nothing was asked for, the first that has several values.
const SIDES: &[&str] = &["version", "date", "dt", "ds"];

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
        "the {key}s {found} do not say which is the older; choose the sides with --before-key {key}=VALUE and \
         --after-key {key}=VALUE"
    )]
    NoOrder {
        /// The key.
        key: String,
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

/// The sides of one folder: those that were asked for, else of each group the last two versions, else the last two dates.
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
    let Some((before, after)) = wanted else { return last_two(captures) };
    for KeyValue { key, value } in [before, after] {
        let known = values(captures, key);
        if !known.contains(&value.as_str()) {
            let (key, value) = (key.clone(), value.clone());
            return Err(PairingError::NoSuchValue { key, value, known: list(&known) });
        }
    }
    let with = |wanted: &KeyValue| -> Vec<usize> {
        let is_in = |&at: &usize| captures[at].value(&wanted.key) == Some(&wanted.value);
        (0..captures.len()).filter(is_in).collect()
    };
    let text = format!("{}={} with {}={}", before.key, before.value, after.key, after.value);
    let keys = if before.key == after.key {
        vec![after.key.clone()]
    } else {
        vec![before.key.clone(), after.key.clone()]
    };
    Ok(Sides { text, keys, before: with(before), after: with(after) })
}

/// The last two values of the first key that has several: of each group of captures by itself, as each service has
/// versions of its own.
fn last_two(captures: &[Named]) -> Result<Sides, PairingError> {
    let mut disordered = None;
    for key in SIDES {
        let mut groups: BTreeMap<Vec<&str>, BTreeSet<&str>> = BTreeMap::new();
        for capture in captures {
            if let Some(value) = capture.value(key).filter(|value| *value != NO_VALUE) {
                groups.entry(capture.values(Role::Group, &[key])).or_default().insert(value);
            }
        }
        groups.retain(|_, values| values.len() >= 2);
        let of_groups: Option<BTreeMap<_, _>> = groups
            .iter()
            .map(|(group, values)| {
                let ordered = in_order(values.iter().copied().collect(), key)?;
                Some((group, [ordered[ordered.len() - 2], ordered[ordered.len() - 1]].map(str::to_owned)))
            })
            .collect();
        let Some(of_groups) = of_groups else {
            disordered.get_or_insert(((*key).to_owned(), list(&values(captures, key))));
            continue;
        };
        let Some(first) = of_groups.values().next() else { continue };
        let on_side = |side: usize| -> Vec<usize> {
            let is_in = |&at: &usize| {
                let capture: &Named = &captures[at];
                let chosen = of_groups.get(&capture.values(Role::Group, &[key]));
                chosen.is_some_and(|chosen| capture.value(key) == Some(&chosen[side]))
            };
            (0..captures.len()).filter(is_in).collect()
        };
        let text = match of_groups.values().all(|chosen| chosen == first) {
            true => format!("{key}={} with {key}={}", first[0], first[1]),
            false => format!("of each group the last {key} with the one before it"),
        };
        return Ok(Sides { text, keys: vec![(*key).to_owned()], before: on_side(0), after: on_side(1) });
    }
    Err(match disordered {
        Some((key, found)) => PairingError::NoOrder { key, found },
        None => PairingError::OneValue {
            found: ["version", "date"]
                .map(|key| format!("{key} {}", list(&values(captures, key))))
                .join(", "),
        },
    })
}

/// The values of a key, in their order where they have one.
fn values<'a>(captures: &'a [Named], key: &str) -> Vec<&'a str> {
    let all: BTreeSet<&str> = captures.iter().filter_map(|capture| capture.value(key)).collect();
    let all: Vec<&str> = all.into_iter().collect();
    in_order(all.clone(), key).unwrap_or(all)
}

fn list(values: &[&str]) -> String {
    match values {
        [] => "in no path".to_owned(),
        _ => values.iter().rev().take(10).rev().copied().collect::<Vec<_>>().join(", "),
    }
}

/// The values of a key in their order, or not where nothing tells it: names of branches, hashes of commits, dates in words.
fn in_order<'a>(mut values: Vec<&'a str>, key: &str) -> Option<Vec<&'a str>> {
    if key == "version" {
        values.sort_by(|one, other| version(one).cmp(&version(other)).then(one.cmp(other)));
        return values.iter().all(|value| tells_age(value)).then_some(values);
    }
    values.sort_unstable();
    is_calendar(&values).then_some(values)
}

/// Whether dates order as their texts do: all in one form, of which the year, or a single number, is first.
fn is_calendar(dates: &[&str]) -> bool {
    let form = |date: &str| -> String {
        date.chars().map(|character| if character.is_ascii_digit() { '0' } else { character }).collect()
    };
    let Some(first) = dates.first().map(|date| form(date)) else { return true };
    let year = first.chars().take_while(|&character| character == '0').count();
    dates.iter().all(|date| form(date) == first) && (year == 4 || year == first.len() && year > 0)
}

/// Whether a version says by itself whether it is older than another.
fn tells_age(version: &str) -> bool {
    !is_hash(version) && version.contains(|digit: char| digit.is_ascii_digit())
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
        assert_eq!(in_order(shuffled, "version").unwrap(), ordered);
        let sides = |names: &[&str]| sides_by_key(&named(names), None);
        let error = sides(&["version=7d9f8b6/x", "version=a1b2c3d/x"]).unwrap_err().to_string();
        assert!(error.starts_with("the versions 7d9f8b6, a1b2c3d do not say"), "{error}");
        assert!(matches!(sides(&["version=blue/x", "version=green/x"]), Err(PairingError::NoOrder { .. })));
        let dates = |one: &str, other: &str| sides(&[&format!("date={one}/x"), &format!("date={other}/x")]);
        for (one, other) in [
            ("21-11-2026", "02-12-2026"),
            ("Nov-21", "Dec-05"),
            ("20261121", "2026-11-28"),
            ("today", "yesterday"),
        ] {
            assert!(matches!(dates(one, other), Err(PairingError::NoOrder { .. })), "{one} {other}");
        }
        for (one, other) in
            [("2026-11-21", "2026-12-05"), ("2026-11-21T05", "2026-11-21T22"), ("1764000000", "1764003600")]
        {
            assert_eq!(dates(other, one).unwrap().before, [1], "{one} {other}");
        }
        let null =
            sides(&["date=2026-11-21/x", "date=__HIVE_DEFAULT_PARTITION__/x", "date=2026-11-28/x"]).unwrap();
        assert_eq!((null.before, null.after), (vec![0], vec![2]));
        let dated = sides(&["date=2/version=7d9f8b6/x", "date=1/version=a1b2c3d/x"]).unwrap();
        assert_eq!((dated.before, dated.after), (vec![1], vec![0]));
    }

    #[test]
    fn each_service_has_versions_of_its_own() {
        let names =
            ["api/version=1.3", "api/version=1.4", "web/version=7.1", "web/version=7.2", "new/version=1"];
        let captures = named(&names.map(|name| format!("service={name}/x")).each_ref().map(String::as_str));
        let sides = sides_by_key(&captures, None).unwrap();
        assert_eq!((sides.before, sides.after), (vec![0, 2], vec![1, 3]));
        assert_eq!(sides.text, "of each group the last version with the one before it");
    }
}
