//! Names without the parts that every deploy changes: hosts, pods, dates, numbers.
//!
//! A name is cut at `/`, `-`, `_` and `.`. A part stands for any when it is digits alone, a hash, or has a digit or
//! looks like the random end of a pod's name and no capture of the other side has it. `api-7d9f8b6c5-x2x4z.pb.gz` and
//! `api-5c6b8f9d7-k8qlw.pb.gz` are both `api-*.pb.gz`.

use rustc_hash::FxHashSet;

/// The letters of generated names in Kubernetes (`k8s.io/apimachinery`, `util/rand`): no vowels, so no words.
const POD_LETTERS: &str = "bcdfghjklmnpqrstvwxz2456789";
const POD_LENGTH: usize = 5;
/// Hexadecimal digits from which on they are a hash and no word.
const HASH_LENGTH: usize = 8;

/// The parts of all names of one side.
#[derive(Debug, Default)]
pub(super) struct Parts<'a>(FxHashSet<&'a str>);

impl<'a> Parts<'a> {
    pub(super) fn new(names: impl Iterator<Item = &'a str>) -> Parts<'a> {
        Parts(names.flat_map(parts).filter(|part| may_vary(part)).collect())
    }

    /// The name with `*` for what varies; `others` are the parts of the other side.
    pub(super) fn pooled(name: &str, others: &Parts<'_>) -> String {
        let mut pooled = String::with_capacity(name.len());
        let mut rest = name;
        while !rest.is_empty() {
            let end = rest.find(is_separator).unwrap_or(rest.len());
            let part = &rest[..end];
            let varies = always_varies(part) || may_vary(part) && !others.0.contains(part);
            if varies {
                // What varies in a row is one.
                if pooled.ends_with("*-") || pooled.ends_with("*_") || pooled.ends_with("*.") {
                    pooled.pop();
                } else {
                    pooled.push('*');
                }
            } else {
                pooled.push_str(part);
            }
            let separator = rest[end..].chars().next();
            pooled.extend(separator);
            rest = &rest[end + separator.map_or(0, char::len_utf8)..];
        }
        pooled
    }
}

fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split(is_separator).filter(|part| !part.is_empty())
}

fn is_separator(character: char) -> bool {
    matches!(character, '/' | '-' | '_' | '.')
}

fn always_varies(part: &str) -> bool {
    let has = |is: fn(&char) -> bool| part.chars().any(|character| is(&character));
    let all = |is: fn(&char) -> bool| !part.is_empty() && part.chars().all(|character| is(&character));
    let is_hash = part.len() >= HASH_LENGTH && all(char::is_ascii_hexdigit) && has(char::is_ascii_digit);
    is_hash || all(char::is_ascii_digit)
}

fn may_vary(part: &str) -> bool {
    let is_pod = part.len() == POD_LENGTH && part.chars().all(|letter| POD_LETTERS.contains(letter));
    is_pod || part.contains(|character: char| character.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pooled(name: &str, others: &[&str]) -> String {
        Parts::pooled(name, &Parts::new(others.iter().copied()))
    }

    #[test]
    fn what_every_deploy_changes_is_left_out() {
        for (name, expected) in [
            ("api-7d9f8b6c5-x2x4z.pb.gz", "api-*.pb.gz"),
            ("api-5c6b8f9d7-kbqlw.pb.gz", "api-*.pb.gz"),
            ("api/host17/2026-11-28T03.pb.gz", "api/*/*.pb.gz"),
            ("web_10.0.3.7_cpu.folded", "web_*_cpu.folded"),
            ("api/cpu.pb.gz", "api/cpu.pb.gz"),
            ("deadbeef/x", "deadbeef/x"),
            ("deadbee5/x", "*/x"),
            ("", ""),
            ("-", "-"),
        ] {
            assert_eq!(pooled(name, &[]), expected, "{name}");
        }
    }

    #[test]
    fn what_both_sides_have_is_kept() {
        assert_eq!(pooled("s3/h1.pb", &["s3/h2.pb"]), "s3/*.pb");
        assert_eq!(pooled("s3/4.pb", &["s3/4.pb"]), "s3/*.pb", "a number alone tells nothing");
        assert_eq!(pooled("v2-api", &["v2-web"]), "v2-api");
    }
}
