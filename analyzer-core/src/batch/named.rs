//! A capture by its name, and what its keys mean for pairing.

use super::pattern::{Keys, PathPattern, hive_keys};

/// Keys that tell captures of one side apart in time: no part of a pair's name.
const TIMES: &[&str] =
    &["date", "dt", "ds", "year", "month", "day", "hour", "minute", "ts", "time", "timestamp", "datetime"];
/// Keys that tell sides apart: no part of a pair's name either.
const RELEASES: &[&str] = &["version", "build", "commit", "release"];
/// Keys that tell replicates apart.
const HOSTS: &[&str] = &[
    "host",
    "hostname",
    "pod",
    "pod_name",
    "instance",
    "instance_id",
    "node",
    "node_name",
    "container",
    "container_id",
    "machine",
    "server",
];

/// A capture by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The name within its folder, `/` between the parts.
    pub name: String,
    /// Its keys, of a pattern or of Hive folders.
    pub keys: Option<Keys>,
    /// What of the name is no key: the rest of a name in Hive folders, and nothing with a pattern.
    pub rest: String,
}

/// A key and its value, such as `version=1.4`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyValue {
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
}

/// What a key tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Time,
    Release,
    Host,
    /// What belongs together: a service, a region, a kind of profile.
    Group,
}

impl Named {
    /// A capture with the keys of its Hive folders, where it is in such.
    #[must_use]
    pub fn new(name: String) -> Named {
        match hive_keys(&name) {
            Some((keys, rest)) => Named { name, keys: Some(keys), rest },
            None => Named { rest: name.clone(), keys: None, name },
        }
    }

    /// A capture with the keys of a pattern; without any where the pattern does not describe its name.
    #[must_use]
    pub fn matched(name: String, pattern: &PathPattern) -> Named {
        Named { keys: pattern.keys(&name), name, rest: String::new() }
    }

    /// Whether its path is what was expected of it: a pattern may not describe it.
    pub(super) fn is_described(&self) -> bool {
        self.keys.is_some() || !self.rest.is_empty()
    }

    pub(super) fn value(&self, key: &str) -> Option<&str> {
        let (_, value) = self.keys.iter().flatten().find(|(known, _)| known == key)?;
        Some(value)
    }

    /// The values of its keys of this role, but for the keys `apart`, in the order of its path.
    pub(super) fn values(&self, of: Role, apart: &[&str]) -> Vec<&str> {
        let is_wanted = |key: &str| role(key) == of && !apart.contains(&key);
        let keys = self.keys.iter().flatten().filter(|(key, _)| is_wanted(key));
        keys.map(|(_, value)| value.as_str()).collect()
    }
}

fn role(key: &str) -> Role {
    [(TIMES, Role::Time), (RELEASES, Role::Release), (HOSTS, Role::Host)]
        .into_iter()
        .find(|(keys, _)| keys.contains(&key))
        .map_or(Role::Group, |(_, role)| role)
}
